/**
 * Layers computed at conversion, in float64, where weights make other weights.
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import type { LazyTensor } from "../checkpoint/weights.ts";
import type { LinearWeights } from "./linear.ts";
import type { LayerNormWeights } from "./layer_norm.ts";
import { type Matrix, zeros } from "./matrix.ts";

/** A tensor as a matrix, its first axis the rows. */
export async function hostMatrix(tensor: LazyTensor, options: RunOptions = {}): Promise<Matrix> {
  const [rows = 1] = tensor.shape;
  const data = Float64Array.from(await tensor.load(options));
  return { rows, columns: data.length / rows, data };
}

/** Some rows of a matrix, `[start, end)`. */
export function hostRows({ columns, data }: Matrix, start: number, end: number): Matrix {
  return { rows: end - start, columns, data: data.slice(start * columns, end * columns) };
}

/** Matrices of equally many columns, one under another. */
export function hostStack(parts: readonly Matrix[]): Matrix {
  const out = zeros(parts.reduce((sum, { rows }) => sum + rows, 0), parts[0]!.columns);
  let at = 0;
  for (const { data } of parts) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
}

/** A function of each element. */
export function hostMap({ rows, columns, data }: Matrix, fn: (x: number) => number): Matrix {
  return { rows, columns, data: data.map(fn) };
}

/** `a + b`, elementwise. */
export function hostAdd(a: Matrix, b: Matrix): Matrix {
  if (a.rows !== b.rows || a.columns !== b.columns) {
    throw new RangeError(`Cannot add (${a.rows}, ${a.columns}) and (${b.rows}, ${b.columns})`);
  }
  return { ...a, data: a.data.map((x, i) => x + b.data[i]!) };
}

/** `x @ weight.T + bias`: (R, inputs) to (R, outputs). */
export async function hostLinear(
  x: Matrix,
  { weight, bias }: LinearWeights,
  options: RunOptions = {},
): Promise<Matrix> {
  const [outputs = 0, inputs = 0] = weight.shape;
  if (x.columns !== inputs) {
    throw new RangeError(`Cannot multiply (${x.rows}, ${x.columns}) by (${outputs}, ${inputs})`);
  }
  const w = await weight.load(options);
  const b = bias && await bias.load(options);
  const out = zeros(x.rows, outputs);
  for (let r = 0; r < x.rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let sum = b ? b[o]! : 0;
      for (let i = 0; i < inputs; i++) sum += x.data[r * inputs + i]! * w[o * inputs + i]!;
      out.data[r * outputs + o] = sum;
    }
  }
  return out;
}

/** Mean 0 and variance 1 of each row, then scale and shift. */
export async function hostLayerNorm(
  x: Matrix,
  { weight, bias, epsilon }: LayerNormWeights,
  options: RunOptions = {},
): Promise<Matrix> {
  const { rows, columns } = x;
  const [scale, shift] = [await weight.load(options), await bias.load(options)];
  const out = zeros(rows, columns);
  for (let r = 0; r < rows; r++) {
    const row = x.data.subarray(r * columns, (r + 1) * columns);
    const mean = row.reduce((sum, v) => sum + v, 0) / columns;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / columns;
    const factor = 1 / Math.sqrt(variance + epsilon);
    row.forEach((v, c) => {
      out.data[r * columns + c] = (v - mean) * factor * scale[c]! + shift[c]!;
    });
  }
  return out;
}

/**
 * `softmax(q k^T / sqrt(width of a head)) v` for each head, without the projection of the results.
 *
 * @param fused Queries, keys and values side by side, (L, 3 D)
 * @returns (L, D), the heads side by side
 */
export function hostAttention({ rows, columns, data }: Matrix, heads: number): Matrix {
  const width = columns / 3;
  const headWidth = width / heads;
  if (!Number.isInteger(headWidth)) {
    throw new RangeError(`Cannot attend with ${heads} heads of ${width} together`);
  }
  const out = zeros(rows, width);
  const products = new Float64Array(rows);
  for (let head = 0; head < heads; head++) {
    const from = head * headWidth;
    for (let q = 0; q < rows; q++) {
      for (let k = 0; k < rows; k++) {
        let sum = 0;
        for (let i = from; i < from + headWidth; i++) {
          sum += data[q * columns + i]! * data[k * columns + width + i]!;
        }
        products[k] = sum / Math.sqrt(headWidth);
      }
      const most = products.reduce((a, b) => Math.max(a, b));
      const weights = products.map((x) => Math.exp(x - most));
      const total = weights.reduce((a, b) => a + b);
      for (let i = from; i < from + headWidth; i++) {
        let sum = 0;
        for (let k = 0; k < rows; k++) sum += weights[k]! * data[k * columns + 2 * width + i]!;
        out.data[q * width + i] = sum / total;
      }
    }
  }
  return out;
}

/**
 * The error function, to the last digits of float64.
 *
 * Source: Abramowitz and Stegun 7.1.6, a series without cancellation.
 */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** GELU, exact. */
export function hostGelu(x: number): number {
  return x * (1 + erf(x / Math.SQRT2)) / 2;
}
