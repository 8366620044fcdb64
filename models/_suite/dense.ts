/**
 * Layers by their formulas, on plain numbers in float64, to hold graphs against.
 *
 * @module
 */

import { assertClose, type Fed } from "./run_graph.ts";

export { assertClose };

/** Rows of numbers. */
export type Rows = readonly (readonly number[])[];

/** The rows of an array whose last axis has `width` values. */
export function rowsOf({ data, shape }: Fed): number[][] {
  const width = shape.at(-1)!;
  return Array.from(
    { length: data.length / width },
    (_, i) => [...data.subarray(i * width, (i + 1) * width)],
  );
}

/** `x @ weight.T + bias`. */
export function denseLinear(
  x: Rows,
  { weight, bias }: { weight: Fed; bias: Fed | null },
): number[][] {
  const w = rowsOf(weight);
  return x.map((row) =>
    w.map((column, i) => row.reduce((sum, v, k) => sum + v * column[k]!, bias ? bias.data[i]! : 0))
  );
}

/** Mean 0 and variance 1, then scale and shift. */
export function denseNorm(
  x: Rows,
  { weight, bias, epsilon }: { weight: Fed; bias: Fed; epsilon: number },
): number[][] {
  return x.map((row) => {
    const mean = row.reduce((sum, v) => sum + v, 0) / row.length;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
    return row.map((v, i) =>
      (v - mean) / Math.sqrt(variance + epsilon) * weight.data[i]! + bias.data[i]!
    );
  });
}

/** Attention of one place: what each token hears, all heads side by side. */
export function denseAttention(
  { q, k, v }: { q: Rows; k: Rows; v: Rows },
  { heads, scale, mask }: {
    heads: number;
    scale: number;
    mask?: (head: number, row: number, column: number) => number;
  },
): number[][] {
  const width = q[0]!.length / heads;
  return q.map((query, row) =>
    Array.from({ length: heads }, (_, head) => {
      const part = (values: readonly number[]) => values.slice(head * width, (head + 1) * width);
      const products = k.map((key, column) =>
        part(query).reduce((sum, x, i) => sum + x * part(key)[i]!, 0) * scale +
        (mask?.(head, row, column) ?? 0)
      );
      const powers = products.map(Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      return part(v[0]!).map((_, i) =>
        powers.reduce((sum, power, column) => sum + power / total * part(v[column]!)[i]!, 0)
      );
    }).flat()
  );
}

/** The error function, by its series. Source: Abramowitz and Stegun 7.1.6. */
export function denseErf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** `a + b`. */
export function denseAdd(a: Rows, b: Rows): number[][] {
  return a.map((row, i) => row.map((v, k) => v + b[i]![k]!));
}
