/**
 * The encoder as a graph.
 *
 * Source: Szwarcman et al. 2024, arXiv 2412.02732; `prithvi_mae.py` of Prithvi-EO-2.0.
 *
 * @module
 */

import { type Checkpoint, mapTensor, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  layerNorm,
  patchEmbedding,
  takeLayerNorm,
  takeTimmBlock,
  transformerBlock,
  withClassToken,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  type Float,
  type Graph,
  graph,
  input,
  mul,
  parameter,
  reduceMax,
  reduceMean,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { PrithviConfig } from "./config.ts";
import { positionTable } from "./positions.ts";

/** Bands of the input. */
export const bandCount = 6;
/** Added to variances by all norms: torch's own, not the usual one of vision transformers. */
const epsilon = 1e-5;

/** Keys that give no embedding. */
const leftovers: readonly RegExp[] = [
  // the half that paints masked patches
  /^decoder\./,
  // the table for 4 frames of 224 px; that for the input at hand is computed
  /^encoder\.pos_embed$/,
];

/** Sides of the block of tokens: T, h, w. */
interface Sides {
  readonly frames: number;
  readonly height: number;
  readonly across: number;
}

/** A token for each patch of each frame: (N, T, 6, H, W) to (N, T, h * w, D). */
function embedPatches(
  image: Float,
  { weights, config, sides }: { weights: Weights; config: PrithviConfig; sides: Sides },
): Float {
  const { patchSizePx: p, width } = config;
  const { frames, height, across } = sides;
  const stored = weights.under("patch_embed.proj.");
  const kernel = stored.take("weight", [width, bandCount, 1, p, p]);
  const tokens = patchEmbedding(
    reshape(image, [batch(frames), bandCount, height * p, across * p]),
    {
      kernel: mapTensor(kernel, [width, bandCount, p, p], (data) => data),
      bias: stored.take("bias", [width]),
    },
  );
  return reshape(tokens, [batch(), frames, height * across, width]);
}

/** What dates and places add to the tokens of a frame, (N, T, 1, D). */
function embedCoordinates(
  weights: Weights,
  { frames, width }: { frames: number; width: number },
): Float {
  const scale = (name: string) => parameter(weights.take(`${name}_embed_enc.scale`, [1]));
  const time = input("time", { dtype: "float32", shape: [frames, width] });
  const location = input("location", { dtype: "float32", shape: [width] });
  const dates = mul(time, scale("temporal"));
  const place = mul(reshape(location, [batch(), 1, width]), scale("location"));
  return reshape(add(dates, place), [batch(), frames, 1, width]);
}

/**
 * The encoder for `image` (N, T, 6, H, W), scaled, and, where the encoder takes coordinates, `time` (N, T, D)
 * and `location` (N, D). Its outputs: `tokens_in` and `tokens` (N, 1 + T * h * w, D), a class token and the
 * patches before and after the blocks; `pooled` (N, D), the mean of the patches; `grid` and `grid_max`
 * (N, D, h, w), their mean and maximum over the frames.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function prithviGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: PrithviConfig,
): Graph {
  const { imageSizePx, patchSizePx, width, depth, heads, mlpRatio, coordinates } = config;
  const [frames = 0, , rows = 0, columns = 0] = shapes.image ?? [];
  const sides: Sides = { frames, height: rows / patchSizePx, across: columns / patchSizePx };
  const { height, across } = sides;
  const has = (name: string, ...wanted: number[]) => `${shapes[name]}` === `${wanted}`;
  if (
    checkpoint === null || !Number.isInteger(height) || !Number.isInteger(across) ||
    !has("image", frames, bandCount, rows, columns) ||
    (coordinates && !(has("time", frames, width) && has("location", width)))
  ) {
    const wanted = coordinates ? `, time of (T, ${width}) and location of (${width})` : "";
    throw new TypeError(
      `Cannot build Prithvi for inputs of ${JSON.stringify(shapes)}: a checkpoint, an image of ` +
        `(T, ${bandCount}, H, W) with sides that are multiples of ${patchSizePx}${wanted} are wanted`,
    );
  }
  const all = weightsOf(checkpoint);
  const weights = all.under("encoder.");
  const image = input("image", { dtype: "float32", shape: [frames, bandCount, rows, columns] });
  const patches = embedPatches(image, { weights, config, sides });
  const placed = coordinates ? add(patches, embedCoordinates(weights, { frames, width })) : patches;
  const count = frames * height * across;
  const side = imageSizePx / patchSizePx;
  const embedded = withClassToken(reshape(placed, [batch(), count, width]), {
    token: weights.take("cls_token", [1, 1, width]),
    positions: {
      shape: [1 + count, width],
      load: () => Promise.resolve(positionTable({ frames, cells: [height, across], side, width })),
    },
  });

  let x = embedded;
  for (let i = 0; i < depth; i++) {
    const hidden = width * mlpRatio;
    const options = { width, heads, hidden, epsilon };
    x = transformerBlock(x, takeTimmBlock(weights.under(`blocks.${i}.`), options));
  }
  const tokens = layerNorm(x, takeLayerNorm(weights.under("norm."), { width, epsilon }));
  all.finish(leftovers);

  const seen = slice(tokens, { axis: 1, start: 1, end: 1 + count });
  // over the last axis the runtime sums in one order, whatever the batch size
  const series = transpose(reshape(seen, [batch(), frames, height * across, width]), [0, 3, 2, 1]);
  const cells = (x: Float) => reshape(x, [batch(), width, height, across]);
  const grid = cells(reduceMean(series, { axes: [3] }));
  return graph("prithvi", {
    tokens_in: embedded,
    tokens,
    // cells have equally many tokens, so the mean of their means is that of all tokens
    pooled: reduceMean(grid, { axes: [2, 3] }),
    grid,
    grid_max: cells(reduceMax(series, { axes: [3] })),
  });
}
