/**
 * The encoder, for Sentinel-2, as a graph.
 *
 * The upstream encoder masks what an input lacks and drops masked tokens before its blocks. Here only the
 * tokens of Sentinel-2 are built, so there is nothing to mask.
 *
 * Source: Tseng et al. 2025, arXiv 2502.09356; `single_file_galileo.py` of nasaharvest/galileo.
 *
 * @module
 */

import { type Checkpoint, sliceRows, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import {
  asMatrix,
  layerNorm,
  linear,
  resizeKernel,
  sinCos2d,
  takeLayerNorm,
  timmBlocks,
} from "@rsembed/models/layers";
import {
  add,
  batch,
  concat,
  type Float,
  type Graph,
  graph,
  input,
  reduceMean,
  reshape,
  split,
  transpose,
  type Value,
} from "@rsembed/models/onnx";
import { frameEncodings, placeEncodings } from "../_graph/quarter_encodings.ts";
import type { InputShapes } from "../embedder.ts";
import type { GalileoConfig } from "./config.ts";

/** What decides the graph. */
export interface GalileoGraphConfig extends GalileoConfig {
  readonly patchSizePx: number;
  /** Normalise the tokens after the last block. */
  readonly exitNorm: boolean;
}

/** Sentinel-2's channel groups in the order of its bands, and how many bands each has. */
const groups = [
  { name: "S2_RGB", bands: 3 },
  { name: "S2_Red_Edge", bands: 3 },
  { name: "S2_NIR_10m", bands: 1 },
  { name: "S2_NIR_20m", bands: 1 },
  { name: "S2_SWIR", bands: 2 },
] as const;
const bandCount = 10;
/** Row of the first of them among the seven groups that have channel embeddings. */
const firstGroup = 1;
const groupCount = 7;

/** Keys of inputs other than Sentinel-2. */
const otherInputs: readonly RegExp[] = [
  /^(sp|t|st)_channel_embed$/,
  /^space_time_embed\.(S1|NDVI)\.proj\.(weight|bias)$/,
  /^space_embed\.(SRTM|DW|WC)\.proj\.(weight|bias)$/,
  /^time_embed\.(ERA5|TC|VIIRS)\.(weight|bias)$/,
  /^static_embed\.(LS|location|DW_static|WC_static)\.(weight|bias)$/,
];
const exitNormKeys = /^norm\.(weight|bias)$/;

/** Input resolution over that which encodings count in, both 10 m. */
const resolutionRatio = 1;

/** Sides of the token array: (N, h, w, T, groups, D). */
interface Sides {
  readonly h: number;
  readonly w: number;
  readonly frames: number;
  readonly width: number;
}

/** A token for each patch, frame and group: (N, T, bands, S, S) to (N, h, w, T, groups, D). */
function embedPatches(
  s2: Float,
  { weights, config, sides }: { weights: Weights; config: GalileoGraphConfig; sides: Sides },
): Float {
  const { patchSizePx: p, maxPatchSize } = config;
  const { h, w, frames, width } = sides;
  const cut = reshape(s2, [batch(), frames, bandCount, h, p, w, p]);
  const patches = reshape(transpose(cut, [0, 3, 5, 1, 2, 4, 6]), [
    batch(h * w * frames),
    bandCount * p * p,
  ]);
  const parts = split(patches, { axis: 1, sizes: groups.map(({ bands }) => bands * p * p) });
  const tokens = groups.map(({ name, bands }, i) => {
    const stored = weights.under(`space_time_embed.${name}.proj.`);
    const kernel = stored.take("weight", [width, bands, maxPatchSize, maxPatchSize]);
    return linear(parts[i]!, {
      weight: asMatrix(resizeKernel(kernel, p)),
      bias: stored.take("bias", [width]),
    });
  });
  return reshape(concat(tokens, { axis: 1 }), [batch(), h, w, frames, groups.length, width]);
}

/**
 * What tells tokens apart, in four quarters of their width: the channel group, the frame's index, its month,
 * and the patch's place. Broadcast to (N, h, w, T, groups, D).
 */
function encodings(
  months: Value<"int64">,
  { weights, config, sides }: { weights: Weights; config: GalileoGraphConfig; sides: Sides },
): { readonly frame: Float; readonly place: Float } {
  const { h, w, frames, width } = sides;
  const quarter = width / 4;
  const channels = weights.take("s_t_channel_embed", [groupCount, quarter]);
  const positions = weights.take("pos_embed", [config.maxSequenceLength, quarter]);
  const frame = frameEncodings({
    months,
    groups: sliceRows(channels, firstGroup, firstGroup + groups.length),
    frames: sliceRows(positions, 0, frames),
    monthTable: weights.take("month_embed.weight", [12, quarter]),
  });
  const cells = sinCos2d({
    height: h,
    width: w,
    size: quarter,
    step: resolutionRatio * config.patchSizePx,
    exponents: 1 / 4,
  });
  return { frame, place: placeEncodings(cells, { height: h, width: w }) };
}

/**
 * The encoder for `s2` (N, T, 10, S, S), normalised, and `months` (N, T), 0 to 11. Its outputs: `tokens`
 * (N, h, w, T, 5, D); `pooled` (N, D), their mean; `grid` (N, D, h, w), the mean of each patch.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function galileoGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: GalileoGraphConfig,
): Graph {
  const {
    embeddingSize: width,
    depth,
    numHeads,
    mlpRatio,
    patchSizePx,
    maxSequenceLength,
    exitNorm,
  } = config;
  const [frames = 0, bands, height = 0, across] = shapes.s2 ?? [];
  const side = height / patchSizePx;
  if (
    checkpoint === null || bands !== bandCount || height !== across || !Number.isInteger(side) ||
    frames !== shapes.months?.[0] || frames > maxSequenceLength
  ) {
    throw new TypeError(
      `Cannot build Galileo for s2 of (${shapes.s2}) and months of (${shapes.months}): a checkpoint, ` +
        `(T, ${bandCount}, S, S) and (T) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { rename: (key) => key.replaceAll(".backbone", "") });
  const s2 = input("s2", { dtype: "float32", shape: [frames, bandCount, height, height] });
  const months = input("months", { dtype: "int64", shape: [frames] });
  const sides = { h: side, w: side, frames, width };

  const parts = { weights, config, sides };
  const { frame, place } = encodings(months, parts);
  const embedded = add(add(embedPatches(s2, parts), place), frame);
  const perPatch = frames * groups.length;
  let x = reshape(embedded, [batch(), side * side * perPatch, width]);
  x = timmBlocks(x, weights, {
    depth,
    width,
    heads: numHeads,
    hidden: width * mlpRatio,
    epsilon: 1e-5,
    qkvApart: true,
  });
  if (exitNorm) x = layerNorm(x, takeLayerNorm(weights.under("norm."), { width }));
  weights.finish(exitNorm ? otherInputs : [...otherInputs, exitNormKeys]);

  const cells = reduceMean(reshape(x, [batch(), side, side, perPatch, width]), { axes: [3] });
  const grid = transpose(cells, [0, 3, 1, 2]);
  return graph("galileo", {
    tokens: reshape(x, [batch(), side, side, frames, groups.length, width]),
    // cells have equally many tokens; and over the last axes the runtime sums in one order, whatever the batch size
    pooled: reduceMean(grid, { axes: [2, 3] }),
    grid,
  });
}
