/**
 * The encoder of version 0 as a graph.
 *
 * Source: Clay-foundation/model, `src/model_clay.py` and `src/utils.py` at v0.0.1.
 *
 * @module
 */

import type { Checkpoint, Weights } from "@rsembed/models/checkpoint";
import {
  layerNorm,
  linear,
  meanOf,
  patchEmbedding,
  patchOutputs,
  takeLayerNorm,
  takeLinear,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  concat,
  type Float,
  floats,
  gather,
  type Graph,
  graph,
  input,
  int64s,
  reduceMax,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import { roundToHalf } from "../_prepare/round_to_half.ts";
import type { InputShapes } from "../embedder.ts";
import type { ClayV0Config } from "./config.ts";
import { clayTransformer, clayWeights } from "./graph.ts";

/** Bands of each group, by their place in a chip. */
export const chipGroups: readonly (readonly [name: string, bands: readonly number[]])[] = [
  ["rgb", [2, 1, 0]],
  ["rededge", [3, 4, 5, 7]],
  ["nir", [6]],
  ["swir", [8, 9]],
  ["sar", [10, 11]],
  ["dem", [12]],
];

/** Bands of a chip. */
export const chipBands = 13;

/** Keys that give no embedding. */
const leftovers: readonly RegExp[] = [/^(?!encoder\.)/];

/** Sines, then cosines, of a value at `count` frequencies, in half precision. */
function waves(value: number, count: number): number[] {
  const angles = Array.from({ length: count }, (_, k) => value * 10000 ** (-k / (count - 1)));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)].map(roundToHalf);
}

/** What tells place and group, (L, D): the patch's column and row, then the group. */
function positions(group: number, { side, width }: { side: number; width: number }): Float {
  const own = waves(group, width / 4);
  const values = Array.from({ length: side * side }, (_, cell) => [
    ...waves(cell % side, width / 8),
    ...waves(Math.floor(cell / side), width / 8),
    ...own,
  ]);
  return floats([side * side, width], values.flat());
}

function embedGroup(
  image: Float,
  weights: Weights,
  { bands, patchSizePx: p, width }: {
    bands: readonly number[];
    patchSizePx: number;
    width: number;
  },
): Float {
  const projection = weights.under("proj.");
  const patches = patchEmbedding(gather(image, int64s(bands), { axis: 1 }), {
    kernel: projection.take("weight", [width, bands.length, p, p]),
    bias: projection.take("bias", [width]),
  });
  return layerNorm(patches, takeLayerNorm(weights.under("norm."), { width }));
}

/**
 * The encoder for `image` (N, 13, S, S), normalised, `timestep` (N, 3) and `latlon` (N, 2). Its outputs: `tokens_in`
 * and `tokens` (N, 6 * h * w + 2, D), the patches of one group after another, the place and the time, before and
 * after the blocks; `pooled` (N, D), the mean of the patches; `grid` and `grid_max` (N, D, h, w), their mean and
 * maximum over the groups; `group` (N, 6, h, w, D), all of them.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function clayV0Graph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: ClayV0Config,
): Graph {
  const { imageSizePx, patchSizePx, width } = config;
  const shape = [chipBands, imageSizePx, imageSizePx];
  if (
    checkpoint === null || `${shapes.image}` !== `${shape}` || `${shapes.timestep}` !== "3" ||
    `${shapes.latlon}` !== "2"
  ) {
    throw new TypeError(
      `Cannot build Clay v0 for inputs of ${
        JSON.stringify(shapes)
      }: a checkpoint, an image of (${shape}), timestep of ` +
        "(3) and latlon of (2) are wanted",
    );
  }
  const all = clayWeights(checkpoint);
  const weights = all.under("encoder.");
  const image = input("image", { dtype: "float32", shape });
  const side = imageSizePx / patchSizePx;
  const cells = side * side;
  const groups = chipGroups.map(([name, bands], i) => {
    const own = weights.under(`patch_embedding.${name}.`);
    return add(
      embedGroup(image, own, { bands, patchSizePx, width }),
      positions(i, { side, width }),
    );
  });
  const fact = (name: string, layer: string, inputs: number) => {
    const values = input(name, { dtype: "float32", shape: [inputs] });
    const own = takeLinear(weights.under(`${layer}.`), { inputs, outputs: width });
    return reshape(linear(values, own), [batch(), 1, width]);
  };
  const place = fact("latlon", "latlon_embedding", 2);
  const time = fact("timestep", "time_embedding", 3);
  const tokens_in = concat([...groups, place, time], { axis: 1 });
  const tokens = clayTransformer(tokens_in, weights.under("transformer."), config);
  all.finish(leftovers);
  const count = chipGroups.length;
  const seen = slice(tokens, { axis: 1, start: 0, end: count * cells });
  const byGroup = chipGroups.map((_, i) =>
    slice(seen, { axis: 1, start: i * cells, end: (i + 1) * cells })
  );
  const byCell = transpose(reshape(seen, [batch(), count, cells, width]), [0, 3, 2, 1]);
  const most = reduceMax(byCell, { axes: [3] });
  return graph("clay-v0", {
    tokens_in,
    tokens,
    // cells have equally many tokens, so the mean of their means is that of all tokens
    ...patchOutputs(meanOf(byGroup), { height: side, width: side }),
    grid_max: reshape(most, [batch(), width, side, side]),
    group: reshape(seen, [batch(), count, side, side, width]),
  });
}
