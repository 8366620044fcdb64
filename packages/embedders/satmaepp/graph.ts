/**
 * The encoders as graphs.
 *
 * Source: Noman et al. 2024, arXiv 2403.05419; rshf, `rshf/satmaepp/model.py`, and techmn/satmae_pp,
 * `models_mae_group_channels.py`.
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
  meanOf,
  patchEmbedding,
  patchOutputs,
  takeLayerNorm,
  timmBlocks,
  withClassToken,
} from "@rsembed/models/layers";
import {
  batch,
  concat,
  type Float,
  type Graph,
  graph,
  input,
  reduceMax,
  reshape,
  slice,
  transpose,
} from "@rsembed/models/onnx";
import { maeEncoder } from "../_graph/mae_encoder.ts";
import type { InputShapes } from "../embedder.ts";
import type { GroupConfig, RgbConfig, SatmaeppConfig } from "./config.ts";

/** Bands of each group, by their place in the input: B2 B3 B4 B8, B5 B6 B7 B8A, B11 B12. */
export const groups: readonly (readonly number[])[] = [[0, 1, 2, 6], [3, 4, 5, 7], [8, 9]];

/** The half that paints masked patches gives no embedding. */
const decoder: readonly RegExp[] = [/^decoder_/, /^mask_token$/, /^proj_up_/, /^up_block\d?\./];

/** The bands of a group, (N, C, S, S). */
function bandsOf(image: Float, bands: readonly number[]): Float {
  return concat(bands.map((band) => slice(image, { axis: 1, start: band, end: band + 1 })), {
    axis: 1,
  });
}

/**
 * Positions of all tokens, (1 + G * L, D): none for the class token; for a patch, that of its place, then that
 * of its group.
 */
function groupPositions(
  weights: Weights,
  { width, channelWidth, cells }: { width: number; channelWidth: number; cells: number },
): LazyTensor {
  const placeWidth = width - channelWidth;
  const places = weights.take("pos_embed", [1, 1 + cells, placeWidth]);
  const channels = weights.take("channel_embed", [1, groups.length, channelWidth]);
  return {
    shape: [1 + groups.length * cells, width],
    async load(options) {
      const [place, channel] = [await places.load(options), await channels.load(options)];
      const out = new Float32Array((1 + groups.length * cells) * width);
      for (let token = 0; token < groups.length * cells; token++) {
        const [group, cell] = [Math.floor(token / cells), token % cells];
        const at = (1 + token) * width;
        out.set(place.subarray((1 + cell) * placeWidth, (2 + cell) * placeWidth), at);
        const from = group * channelWidth;
        out.set(channel.subarray(from, from + channelWidth), at + placeWidth);
      }
      return out;
    },
  };
}

function rgbOutputs(image: Float, weights: Weights, config: RgbConfig): Record<string, Float> {
  const side = config.imageSizePx / config.patchSizePx;
  // torch's own epsilon, not the usual one of vision transformers
  const { tokens_in, tokens } = maeEncoder(image, { weights, config, epsilon: 1e-5 });
  return {
    tokens_in,
    tokens,
    ...patchOutputs(tokens, { prefix: 1, height: side, width: side }),
  };
}

function groupOutputs(image: Float, weights: Weights, config: GroupConfig): Record<string, Float> {
  const { imageSizePx, patchSizePx: p, width, depth, heads, channelWidth } = config;
  const epsilon = 1e-6;
  const side = imageSizePx / p;
  const cells = side * side;
  const patches = groups.map((bands, group) => {
    const projection = weights.under(`patch_embed.${group}.proj.`);
    return patchEmbedding(bandsOf(image, bands), {
      kernel: projection.take("weight", [width, bands.length, p, p]),
      bias: projection.take("bias", [width]),
    });
  });
  const tokens_in = withClassToken(concat(patches, { axis: 1 }), {
    token: weights.take("cls_token", [1, 1, width]),
    positions: groupPositions(weights, { width, channelWidth, cells }),
  });
  const seen = timmBlocks(tokens_in, weights, { depth, width, heads, epsilon });
  const tokens = layerNorm(seen, takeLayerNorm(weights.under("norm."), { width, epsilon }));
  const own = slice(tokens, { axis: 1, start: 1, end: 1 + groups.length * cells });
  const byGroup = groups.map((_, i) =>
    slice(own, { axis: 1, start: i * cells, end: (i + 1) * cells })
  );
  const byCell = transpose(reshape(own, [batch(), groups.length, cells, width]), [0, 3, 2, 1]);
  const most = reduceMax(byCell, { axes: [3] });
  return {
    tokens_in,
    tokens,
    // cells have equally many tokens, so the mean of their means is that of all tokens
    ...patchOutputs(meanOf(byGroup), { height: side, width: side }),
    grid_max: reshape(most, [batch(), width, side, side]),
  };
}

/**
 * The encoder for `image` (N, C, S, S). Its outputs: `tokens_in` and `tokens`, the class token first, before
 * and after the blocks; `pooled` (N, D), the mean of the patch tokens; `grid` (N, D, h, w). For ten bands the
 * tokens are those of one group after another, `grid` is their mean and `grid_max` their maximum.
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function satmaeppGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  config: SatmaeppConfig,
): Graph {
  const { kind, imageSizePx } = config;
  const shape = [kind === "rgb" ? 3 : 10, imageSizePx, imageSizePx];
  if (checkpoint === null || `${shapes.image}` !== `${shape}`) {
    throw new TypeError(
      `Cannot build SatMAE++ for images of (${shapes.image}): a checkpoint and (${shape}) are wanted`,
    );
  }
  const weights = weightsOf(checkpoint, { stripPrefixes: ["module."] });
  const image = input("image", { dtype: "float32", shape });
  const outputs = config.kind === "rgb"
    ? rgbOutputs(image, weights, config)
    : groupOutputs(image, weights, config);
  weights.finish(decoder);
  return graph("satmaepp", outputs);
}
