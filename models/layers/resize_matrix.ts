/**
 * Resizing along one axis, as a matrix.
 *
 * @module
 */

import { type Matrix, zeros } from "./matrix.ts";

/** The cubic kernel of Keys 1981 with parameter `a`. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

function checkSides(from: number, to: number): void {
  for (const side of [from, to]) {
    if (!Number.isSafeInteger(side) || side < 1) {
      throw new RangeError(`Cannot resize ${from} samples to ${to}: at least one is wanted`);
    }
  }
}

/** Options of {@linkcode bicubicMatrix}. */
export interface BicubicOptions {
  /** Number of samples to resize from. */
  readonly from: number;
  /** Number of samples to resize to. */
  readonly to: number;
  /** Widen the kernel where samples become fewer, so that all of them count. */
  readonly antialias: boolean;
  /**
   * Whether the first and last samples keep their places, rather than the outer edges; not with antialias.
   *
   * @default false
   */
  readonly alignCorners?: boolean;
}

/**
 * Weights of bicubic resizing along one axis, (to, from), as `torch.nn.functional.interpolate` has them:
 * parameter a = -0.5 and renormalised at the edges with antialias, a = -0.75 and edges repeated without.
 *
 * Source: torch `UpSampleKernel.cpp`, `_compute_indices_weights_aa` and `get_cubic_upsample_coefficients`;
 * Keys 1981, "Cubic convolution interpolation for digital image processing".
 *
 * @example
 * ```ts
 * import { bicubicMatrix } from "@rsembed/models/layers";
 * import assert from "node:assert/strict";
 *
 * const { data } = bicubicMatrix({ from: 3, to: 3, antialias: true });
 * assert.deepEqual([...data], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
 * ```
 */
export function bicubicMatrix(options: BicubicOptions): Matrix {
  const { from, to, antialias, alignCorners = false } = options;
  if (antialias && alignCorners) {
    throw new RangeError("Cannot align corners with antialias: torch has no such resizing");
  }
  checkSides(from, to);
  const out = zeros(to, from);
  const scale = from / to;
  for (let row = 0; row < to; row++) {
    const centre = scale * (row + 0.5);
    const weights = out.data.subarray(row * from, (row + 1) * from);
    if (antialias) {
      const stretch = Math.max(scale, 1);
      const first = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
      const end = Math.min(from, Math.trunc(centre + 2 * stretch + 0.5));
      let sum = 0;
      for (let i = first; i < end; i++) {
        weights[i] = cubic((i + 0.5 - centre) / stretch, -0.5);
        sum += weights[i]!;
      }
      for (let i = first; i < end; i++) weights[i]! /= sum;
    } else {
      const source = alignCorners ? row * (from - 1) / Math.max(1, to - 1) : centre - 0.5;
      const base = Math.floor(source);
      for (let i = base - 1; i <= base + 2; i++) {
        weights[Math.min(from - 1, Math.max(0, i))]! += cubic(source - i, -0.75);
      }
    }
  }
  return out;
}

/**
 * Weights of bilinear resizing along one axis, (to, from), with half-pixel centres, edges repeated and no antialias:
 * `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`.
 *
 * @example
 * ```ts
 * import { bilinearMatrix } from "@rsembed/models/layers";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...bilinearMatrix(4, 2).data], [0.5, 0.5, 0, 0, 0, 0, 0.5, 0.5]);
 * ```
 *
 * @param from Number of samples to resize from
 * @param to Number of samples to resize to
 */
export function bilinearMatrix(from: number, to: number): Matrix {
  checkSides(from, to);
  const out = zeros(to, from);
  for (let row = 0; row < to; row++) {
    const source = Math.max(0, (row + 0.5) * from / to - 0.5);
    const low = Math.min(from - 1, Math.floor(source));
    out.data[row * from + low]! += 1 - (source - low);
    out.data[row * from + Math.min(from - 1, low + 1)]! += source - low;
  }
  return out;
}
