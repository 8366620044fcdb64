/**
 * The encoder, for Sentinel-2 or Sentinel-1, as a graph.
 *
 * The upstream encoder takes several sensors at once and masks what is missing. Here only the tokens of one are
 * built, so there is nothing to mask.
 *
 * Source: Herzog et al. 2025, arXiv 2511.13655; allenai/olmoearth_pretrain, `nn/flexi_vit.py`.
 *
 * @module
 */

import {
  type Checkpoint,
  type LazyTensor,
  type Weights,
  weightsOf,
} from "@rsembed/models/checkpoint";
import {
  layerNorm,
  sinCos1d,
  sinCos2d,
  takeLayerNorm,
  takeTimmBlock,
  transformerBlock,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  type Float,
  type Graph,
  graph,
  input,
  reduceMax,
  reduceMean,
  reshape,
  transpose,
  type Value,
} from "@rsembed/models/onnx";
import { frameEncodings, placeEncodings } from "../_graph/quarter_encodings.ts";
import type { InputShapes } from "../embedder.ts";
import type { OlmoearthConfig } from "./config.ts";
import { mostFrames } from "./frames.ts";
import { embedPatches, modalityKeys, type PatchSides } from "./patches.ts";
import { turnsOf } from "./turns.ts";

/** What decides the graph. */
export interface OlmoearthGraphConfig extends OlmoearthConfig {
  readonly patchPx: number;
  readonly modality: "s1" | "s2";
}

/** Pixels are taken to be as wide as those that encodings count in, both 10 m. */
const resolutionRatio = 1;

const otherModalities = [
  "landsat",
  "worldcover",
  "srtm",
  "openstreetmap_raster",
  "wri_canopy_height_map",
  "cdl",
  "worldcereal",
];

/** Keys that no image of this modality needs. */
function leftovers(modality: "s1" | "s2"): RegExp[] {
  const others = [...otherModalities, modalityKeys[modality === "s1" ? "s2" : "s1"]].join("|");
  return [
    // what pretraining had beside the encoder
    /^(decoder|target_encoder|supervision_head|register_distillation_head)\./,
    /^encoder\.project_and_aggregate\./,
    // a table of sines and cosines that some releases store and none needs
    /^encoder\.composite_encodings\.pos_embed$/,
    new RegExp(
      `^encoder\\.composite_encodings\\.per_modality_channel_embeddings\\.(${others})$`,
    ),
    new RegExp(`^encoder\\.patch_embeddings\\.per_modality_embeddings\\.(${others})\\.`),
  ];
}

/** Parts that layers of the graph are made of. */
interface Parts {
  /** Under `encoder.`. */
  readonly weights: Weights;
  readonly config: OlmoearthGraphConfig;
  readonly sides: PatchSides;
}

/**
 * What is added to tokens to tell them apart, in four quarters of their width: the set of bands, the frame's
 * index, its month, and the patch's place, the index and place only where attention does not tell them.
 */
function withEncodings(
  tokens: Float,
  months: Value<"int64">,
  { weights, config: { width, modality, bandSets, rotary }, sides }: Parts,
): Float {
  const { frames, side, patchPx } = sides;
  const own = weights.under("composite_encodings.");
  const quarter = width / 4;
  const sets = bandSets[modality].length;
  const key = `per_modality_channel_embeddings.${modalityKeys[modality]}`;
  const tables = {
    months,
    groups: own.take(key, [sets, quarter]),
    monthTable: own.take("month_embed.weight", [12, quarter]),
  };
  if (rotary) return add(tokens, frameEncodings(tables));
  const exponents = 1 / 4;
  const indices = Array.from({ length: frames }, (_, i) => i);
  const frameTable: LazyTensor = {
    shape: [frames, quarter],
    load: () => Promise.resolve(Float32Array.from(sinCos1d(indices, { size: quarter, exponents }))),
  };
  const cells = sinCos2d({
    height: side,
    width: side,
    size: quarter,
    step: resolutionRatio * patchPx,
    exponents,
  });
  const placed = add(tokens, placeEncodings(cells, { height: side, width: side }));
  return add(placed, frameEncodings({ ...tables, frames: frameTable }));
}

/** The blocks, then a norm: (N, L, D) to (N, L, D). */
function runBlocks(tokens: Float, days: Float | null, { weights, config, sides }: Parts): Float {
  const { width, depth, heads, mlpRatio, rotary } = config;
  let x = tokens;
  for (let i = 0; i < depth; i++) {
    const block = weights.under(`blocks.${i}.`);
    const options = takeTimmBlock(block, {
      width,
      heads,
      hidden: width * mlpRatio,
      epsilon: 1e-5,
      qkvApart: true,
    });
    if (rotary === null || days === null) {
      x = transformerBlock(x, options);
      continue;
    }
    const frequencies = block.take("attn.rope_mixed_freqs", [3, heads, width / heads / 2]);
    const rotation = turnsOf(frequencies, { days, scales: rotary, sides });
    x = transformerBlock(x, { ...options, attention: { ...options.attention, rotation } });
  }
  return layerNorm(x, takeLayerNorm(weights.under("norm."), { width }));
}

/** The number and side of patches, where the inputs go together. */
function sidesOf(shapes: InputShapes, config: OlmoearthGraphConfig): PatchSides | null {
  const [frames = 0, bands, height = 0, across] = shapes.image ?? [];
  const { modality, bandSets, rotary, patchPx } = config;
  const side = height / patchPx;
  const wanted = bandSets[modality].reduce((sum, count) => sum + count, 0);
  const fits = bands === wanted && height === across && Number.isInteger(side) &&
    shapes.image?.length === 4 && frames >= 1 && frames <= mostFrames &&
    `${shapes.months}` === `${frames}` && (rotary === null || `${shapes.days}` === `${frames}`);
  return fits ? { frames, side, patchPx } : null;
}

/**
 * The encoder for `image` (N, T, C, S, S), normalised, `months` (N, T), 0 to 11, and, for release 1.2, `days` (N,
 * T), those since the first frame. Its outputs: `patch_tokens`, `encoded_tokens` and `tokens` (N, h, w, T, sets,
 * D), before and after encodings are added and at the end; `pooled` (N, D), the mean of all; `grid` and
 * `grid_max` (N, D, h, w), the mean and the maximum of each patch.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function olmoearthGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: OlmoearthGraphConfig,
): Graph {
  const { width, modality, bandSets, rotary } = config;
  const sides = sidesOf(shapes, config);
  if (checkpoint === null || sides === null) {
    throw new TypeError(
      `Cannot build OlmoEarth for images of (${shapes.image}), months of (${shapes.months}) and days of ` +
        `(${shapes.days}): a checkpoint, (T, ${bandSets[modality].join(" + ")}, S, S), (T)` +
        `${rotary ? " and (T)" : ""} are wanted`,
    );
  }
  const weights = weightsOf(checkpoint);
  const { frames, side } = sides;
  const parts = { weights: weights.under("encoder."), config, sides };
  const image = input("image", { dtype: "float32", shape: shapes.image! });
  const months = input("months", { dtype: "int64", shape: [frames] });
  const days = rotary && input("days", { dtype: "float32", shape: [frames] });

  const patch_tokens = embedPatches(image, { ...parts, modality });
  const encoded_tokens = withEncodings(patch_tokens, months, parts);
  const perPatch = frames * bandSets[modality].length;
  const flat = reshape(encoded_tokens, [batch(), side * side * perPatch, width]);
  const seen = runBlocks(flat, days, parts);
  weights.finish(leftovers(modality));

  const perCell = reshape(seen, [batch(), side, side, perPatch, width]);
  const asGrid = (cells: Float) => transpose(cells, [0, 3, 1, 2]);
  const grid = asGrid(reduceMean(perCell, { axes: [3] }));
  return graph("olmoearth", {
    patch_tokens,
    encoded_tokens,
    tokens: reshape(seen, encoded_tokens.shape),
    // cells have equally many tokens; and over the last axes the runtime sums in one order, whatever the batch size
    pooled: reduceMean(grid, { axes: [2, 3] }),
    grid,
    grid_max: asGrid(reduceMax(perCell, { axes: [3] })),
  });
}
