/**
 * From images to tokens, one for each patch, frame and set of bands.
 *
 * Source: allenai/olmoearth_pretrain, `nn/flexi_patch_embed.py`.
 *
 * @module
 */

import type { Weights } from "@rsembed/models/checkpoint";
import {
  bicubicMatrix,
  linear,
  patchEmbedding,
  resizeSquares,
  takeLinear,
} from "@rsembed/models/layers";
import { batch, concat, type Float, relu, reshape, split, transpose } from "@rsembed/models/onnx";
import type { OlmoearthConfig } from "./config.ts";

/** Names of the modalities in keys. */
export const modalityKeys = { s1: "sentinel1", s2: "sentinel2_l2a" } as const;

/** Number and side of patches. */
export interface PatchSides {
  readonly frames: number;
  /** Patches in a row or column. */
  readonly side: number;
  /** Side of a patch of the image, px. */
  readonly patchPx: number;
}

/** Images resized so that a patch has the side of the kernels: (..., S, S) to (..., S', S'). */
function toBasePatches(images: Float, { side, patchPx }: PatchSides, basePatchPx: number): Float {
  if (patchPx === basePatchPx) return images;
  const resize = bicubicMatrix({ from: side * patchPx, to: side * basePatchPx, antialias: true });
  return resizeSquares(images, resize);
}

/** An MLP on each pixel, of as many layers as there are keys, none at all included: (..., C) to (..., C'). */
function pixelLayers(pixels: Float, weights: Weights): Float {
  let x = pixels;
  for (let i = 0;; i += 2) {
    const layer = weights.under(`pixel_proj.${i}.`);
    const outputs = layer.shapeOf("weight")?.[0];
    if (outputs === undefined) return x;
    x = relu(linear(x, takeLinear(layer, { inputs: Number(x.shape.at(-1)), outputs })));
  }
}

/** Tokens of one set of bands: (N T, C, S', S') to (N T, h w, D). */
function embedBands(
  images: Float,
  { weights, config, side }: { weights: Weights; config: OlmoearthConfig; side: number },
): Float {
  const { width, basePatchPx: p, linearPatches } = config;
  const [places, channels] = images.shape;
  const bands = Number(channels);
  const proj = weights.under("proj.");
  if (!linearPatches) {
    return patchEmbedding(images, {
      kernel: proj.take("weight", [width, bands, p, p]),
      bias: proj.take("bias", [width]),
    });
  }
  const cut = reshape(images, [places!, bands, side, p, side, p]);
  const pixels = pixelLayers(transpose(cut, [0, 2, 4, 3, 5, 1]), weights);
  const inputs = p * p * Number(pixels.shape.at(-1));
  const patches = reshape(pixels, [places!, side * side, inputs]);
  return linear(patches, takeLinear(proj, { inputs, outputs: width }));
}

/**
 * A token for each patch, frame and set of bands: (N, T, C, S, S) to (N, h, w, T, sets, D).
 *
 * @param weights Under `encoder.`
 */
export function embedPatches(
  image: Float,
  { weights, config, modality, sides }: {
    readonly weights: Weights;
    readonly config: OlmoearthConfig;
    readonly modality: "s1" | "s2";
    readonly sides: PatchSides;
  },
): Float {
  const { frames, side } = sides;
  const sizes = config.bandSets[modality];
  const resized = toBasePatches(image, sides, config.basePatchPx);
  const key = modalityKeys[modality];
  const tokens = split(resized, { axis: 2, sizes }).map((bands, i) => {
    const sidePx = side * config.basePatchPx;
    const embedded = embedBands(reshape(bands, [batch(frames), sizes[i]!, sidePx, sidePx]), {
      weights: weights.under(`patch_embeddings.per_modality_embeddings.${key}.${key}__${i}.`),
      config,
      side,
    });
    return reshape(embedded, [batch(), frames, side, side, 1, config.width]);
  });
  return transpose(concat(tokens, { axis: 4 }), [0, 2, 3, 1, 4, 5]);
}
