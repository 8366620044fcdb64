/**
 * Relative positions in attention: how far a token lies from another is added to what it finds there.
 *
 * A token stands at a cell of a square grid, behind a class token that stands nowhere. Pairs of tokens fall
 * into buckets by their distance, and the first head's query says how much it wants each bucket: one map for
 * all heads.
 *
 * Source: Wu et al. 2021, arXiv 2107.14222; `irpe.py` of gastruc/AnySat, whose gather reads the first head
 * only.
 *
 * @module
 */

import { type LazyTensor, sliceRows } from "@rsembed/models/checkpoint";
import { linear, type LinearWeights } from "@rsembed/models/layers";
import { constant, type Float, gather, reshape, type Value } from "@rsembed/models/onnx";

/** Columns of a lookup table; the first three are of a kind of position that is not used. */
export const bucketCount = 8;
const nowhere = 7;

/**
 * The bucket of two cells: 3 for the same, then by their distance in cells, rounded: 1, 2 to 3, more.
 *
 * The piecewise logarithm of the paper's equation 18 takes no other values at the published constants
 * (1.9, 3.8, 15.2).
 */
function bucketOf(squaredDistance: number): number {
  const distance = Math.round(Math.sqrt(squaredDistance));
  return distance === 0 ? 3 : distance === 1 ? 4 : distance <= 3 ? 5 : 6;
}

/** The buckets of all pairs of tokens of a grid and a class token before them, (L, L) in C order. */
export function bucketsOf(side: number): Uint8Array {
  const cells = side * side;
  const tokens = 1 + cells;
  const buckets = new Uint8Array(tokens * tokens).fill(nowhere);
  for (let i = 0; i < cells; i++) {
    const [y, x] = [Math.floor(i / side), i % side];
    for (let j = 0; j < cells; j++) {
      const [dy, dx] = [Math.floor(j / side) - y, j % side - x];
      buckets[(1 + i) * tokens + 1 + j] = bucketOf(dy * dy + dx * dx);
    }
  }
  return buckets;
}

/** The product of a table's transpose and the query's weights, so that buckets come straight from tokens. */
function bucketWeights(query: LinearWeights, table: LazyTensor, scale: number): LinearWeights {
  const [, headWidth = 0, columns = 0] = table.shape;
  const product = (tensor: LazyTensor, size: number): LazyTensor => ({
    shape: [columns, ...tensor.shape.slice(1)],
    async load(options) {
      const values = await sliceRows(tensor, 0, headWidth).load(options);
      const wants = await table.load(options);
      const out = new Float64Array(columns * size);
      for (let bucket = 0; bucket < columns; bucket++) {
        for (let k = 0; k < headWidth; k++) {
          const factor = scale * wants[k * columns + bucket]!;
          for (let c = 0; c < size; c++) out[bucket * size + c]! += factor * values[k * size + c]!;
        }
      }
      return Float32Array.from(out);
    },
  });
  return {
    weight: product(query.weight, query.weight.shape[1]!),
    bias: query.bias && product(query.bias, 1),
  };
}

/**
 * Where the bias of each pair of tokens is found among those of all queries and buckets, (L, L). Made once for
 * all blocks, which then share what the graph stores of it.
 */
export function pairIndex(side: number): Value<"int64"> {
  const length = 1 + side * side;
  const data = BigInt64Array.from(
    bucketsOf(side),
    (bucket, at) => BigInt(Math.floor(at / length) * bucketCount + bucket),
  );
  return constant({ dtype: "int64", shape: [length, length], data });
}

/** Options of {@linkcode relativeBias}. */
export interface RelativeBiasOptions {
  /** That of the attention, all heads. */
  readonly query: LinearWeights;
  /** How much a query wants each bucket, (1, width of a head, 8). */
  readonly table: LazyTensor;
  /** Factor of the queries. */
  readonly scale: number;
  /** That of the tokens' grid. */
  readonly index: Value<"int64">;
}

/** What is added to the products of queries and keys of tokens (N, L, D): (N, 1, L, L). */
export function relativeBias(tokens: Float, options: RelativeBiasOptions): Float {
  const { query, table, scale, index } = options;
  const [places] = tokens.shape;
  const [length] = index.shape as readonly number[];
  const wanted = linear(tokens, bucketWeights(query, table, scale));
  const pairs = gather(reshape(wanted, [places!, length! * bucketCount]), index, { axis: 1 });
  return reshape(pairs, [places!, 1, length!, length!]);
}

/**
 * What is added to the products of keys and queries that no image changes, (L, L).
 *
 * @param queries (L, D), not scaled, of a class token and the cells of a grid with `side` rows and columns
 */
export function fixedBias(
  queries: LazyTensor,
  { table, side }: { table: LazyTensor; side: number },
): LazyTensor {
  const [length = 0, width = 0] = queries.shape;
  const [, headWidth = 0, columns = 0] = table.shape;
  return {
    shape: [length, length],
    async load(options) {
      const asked = await queries.load(options);
      const wants = await table.load(options);
      const wanted = new Float64Array(length * columns);
      for (let i = 0; i < length; i++) {
        for (let k = 0; k < headWidth; k++) {
          const value = asked[i * width + k]!;
          for (let bucket = 0; bucket < columns; bucket++) {
            wanted[i * columns + bucket]! += value * wants[k * columns + bucket]!;
          }
        }
      }
      return Float32Array.from(
        bucketsOf(side),
        (bucket, at) => wanted[Math.floor(at / length) * columns + bucket]!,
      );
    },
  };
}
