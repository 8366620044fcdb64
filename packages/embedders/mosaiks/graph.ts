/**
 * Random convolutional features as a graph.
 *
 * Source: Rolf et al. 2021, Nature Communications 12, 4392; as `RCF` of torchgeo: `relu(conv(x) + bias)` and
 * `relu(-(conv(x) + bias))`, each averaged over the image.
 *
 * @module
 */

import type { LazyTensor } from "@rsembed/models/checkpoint";
import { type Matrix, transposeMatrix } from "@rsembed/models/layers";
import {
  add,
  batch,
  concat,
  conv,
  type Float,
  floats,
  type Graph,
  graph,
  input,
  matMul,
  parameter,
  relu,
  reshape,
  slice,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import { randomNormals } from "./filters.ts";

/** What decides the graph. */
export interface MosaiksGraphConfig {
  /** Length F of an embedding, even. */
  readonly features: number;
  /** Side of a filter, px. */
  readonly kernelSizePx: number;
  /** Added to the response of every filter. */
  readonly bias: number;
  /** A whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  /** Side of a cell of the grid, px, as nearly as whole cells allow. */
  readonly cellSizePx: number;
}

/** Responses of one image to aim at; more filters are run one group after another. */
const groupResponses = 2 ** 20;
/** Filters that are worth running together, whatever they hold. */
const smallestGroup = 32;
/** Most responses of one image held at once; a group with more is run one strip of rows after another. */
const stripResponses = 2 ** 22;

/** Number of cells along a side: whole ones, as near to the size wanted as can be. */
export function cellCount(sidePx: number, cellSizePx: number): number {
  return Math.max(1, Math.round(sidePx / cellSizePx));
}

/**
 * Weights that average responses along one axis, (responses, cells + 1): for each cell those that it covers,
 * by the length covered; last, all responses alike. A response belongs to the pixel in the middle of its
 * filter, and those at the edges also to the pixels that no filter is centred on.
 */
function averages(
  sidePx: number,
  { responses, cells }: { responses: number; cells: number },
): Matrix {
  const columns = cells + 1;
  const out = new Float64Array(responses * columns);
  const margin = (sidePx - responses) / 2;
  const length = sidePx / cells;
  for (let i = 0; i < responses; i++) {
    const start = i === 0 ? 0 : i + margin;
    const end = i === responses - 1 ? sidePx : i + 1 + margin;
    for (let cell = 0; cell < cells; cell++) {
      const covered = Math.min(end, (cell + 1) * length) - Math.max(start, cell * length);
      out[i * columns + cell] = Math.max(0, covered) / length;
    }
    out[i * columns + cells] = 1 / responses;
  }
  return { rows: responses, columns, data: out };
}

/** Strips of rows, as equal as can be, each of at most `mostRows`. */
function rowStrips(rows: number, mostRows: number): { start: number; end: number }[] {
  const count = Math.ceil(rows / Math.max(1, mostRows));
  const edge = (i: number) => Math.round((rows * i) / count);
  return Array.from({ length: count }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
}

/** Filters and their negatives, (features, bands, k, k). */
function filterBank(bands: number, config: MosaiksGraphConfig): () => Float32Array<ArrayBuffer> {
  const { features, kernelSizePx, seed } = config;
  let bank: Float32Array<ArrayBuffer> | null = null;
  return () => {
    if (bank) return bank;
    const half = randomNormals((features / 2) * bands * kernelSizePx ** 2, seed);
    bank = new Float32Array(2 * half.length);
    bank.set(half);
    bank.set(half.map((weight) => -weight), half.length);
    return bank;
  };
}

/**
 * The features of `image` (N, C, H, W). Outputs: `pooled` (N, F), the mean over all responses, of which first
 * half is that of the filters and the second that of their negatives; `grid` (N, F, h, w), the means of cells.
 *
 * @throws {RangeError} If the image is smaller than a filter, or the number of features is odd
 */
export function mosaiksGraph(shapes: InputShapes, config: MosaiksGraphConfig): Graph {
  const { features, kernelSizePx: k, bias, cellSizePx } = config;
  const [bands = 0, height = 0, width = 0] = shapes.image ?? [];
  if (features % 2 !== 0 || height < k || width < k) {
    throw new RangeError(
      `Cannot compute ${features} features of an image of (${shapes.image}): an even number, and an ` +
        `image of at least ${k} x ${k} px are wanted`,
    );
  }
  const image = input("image", { dtype: "float32", shape: [bands, height, width] });
  const rows = { responses: height - k + 1, cells: cellCount(height, cellSizePx) };
  const columns = { responses: width - k + 1, cells: cellCount(width, cellSizePx) };
  const matrix = ({ rows, columns, data }: Matrix) => floats([rows, columns], data);
  const down = matrix(transposeMatrix(averages(height, rows)));
  const across = matrix(averages(width, columns));

  const bank = filterBank(bands, config);
  const filterSize = bands * k * k;
  const groupSize = Math.max(
    smallestGroup,
    Math.floor(groupResponses / (rows.responses * columns.responses)),
  );
  const mostFilters = Math.min(groupSize, features);
  const strips = rowStrips(
    rows.responses,
    Math.floor(stripResponses / (mostFilters * columns.responses)),
  ).map(({ start, end }) => ({
    pixels: slice(image, { axis: 2, start, end: end + k - 1 }),
    down: slice(down, { axis: 1, start, end }),
  }));
  const means: Float[] = [];
  for (let start = 0; start < features; start += groupSize) {
    const count = Math.min(groupSize, features - start);
    const weight: LazyTensor = {
      shape: [count, bands, k, k],
      load: () => Promise.resolve(bank().slice(start * filterSize, (start + count) * filterSize)),
    };
    const biases = Float32Array.from(
      { length: count },
      (_, i) => start + i < features / 2 ? bias : -bias,
    );
    const filters = { weight: parameter(weight), bias: floats([count], biases) };
    const sums = strips.map(({ pixels, down }) =>
      matMul(down, matMul(relu(conv(pixels, filters)), across))
    );
    means.push(sums.reduce((sum, strip) => add(sum, strip)));
  }
  const all = concat(means, { axis: 1 });
  const last = (axis: number, cells: number) => ({ axis, start: cells, end: cells + 1 });
  const corner = slice(slice(all, last(2, rows.cells)), last(3, columns.cells));
  const cells = slice(all, { axis: 2, start: 0, end: rows.cells });
  return graph("mosaiks", {
    pooled: reshape(corner, [batch(), features]),
    grid: slice(cells, { axis: 3, start: 0, end: columns.cells }),
  });
}
