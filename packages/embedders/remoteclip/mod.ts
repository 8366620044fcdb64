/**
 * RemoteCLIP (Liu et al. 2024): embeddings of RGB images in, or beside, a space shared with text.
 *
 * @example What one embedding is made of
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/remoteclip";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, { name: "remoteclip", options: { pooled: "projection" } });
 * const embedder = family.embedder(model);
 * assert.deepEqual(embedder.outputs({ mode: "pooled", pooling: "mean" }), ["projection"]);
 * ```
 *
 * @module
 */

import { type ResolvedModel, RsembedError } from "@rsembed/core";
import type { Embedder, Family } from "../embedder.ts";
import { checkPatch } from "../_prepare/check.ts";
import { optionOf } from "../_prepare/options.ts";
import { card } from "./card.ts";
import { type RemoteclipConfig, remoteclipConfigs } from "./config.ts";
import { remoteclipGraph } from "./graph.ts";
import { toBytes } from "../_prepare/rgb_bytes.ts";
import { croppedGrid, normalizedImage } from "./prepare.ts";
import { type PooledKind, readRemoteclip, remoteclipOutput } from "./readout.ts";
import { remoteclipText } from "./text/mod.ts";

export { card } from "./card.ts";
export { type RemoteclipConfig, remoteclipConfigs, type RemoteclipTextConfig } from "./config.ts";

/** The kinds of activation. */
export type Activation = "gelu" | "quick_gelu";

/**
 * An embedder on an image tower of any size, published or not.
 *
 * @throws {RsembedError} `spec` where options do not fit together
 */
export function remoteclipEmbedder(model: ResolvedModel, config: RemoteclipConfig): Embedder {
  const { text: _, ...image } = config;
  const sizePx = optionOf(model, "image_size", "number");
  const pooled = optionOf(model, "pooled", "string") as PooledKind;
  const activation = optionOf(model, "activation", "string") as Activation;
  if (sizePx % config.patchSizePx !== 0) {
    throw new RsembedError(
      "spec",
      `Cannot use image_size=${sizePx} of ${model.name}: it is no multiple of the patch of ` +
        `${config.patchSizePx} px`,
      { facts: { field: "image_size", value: sizePx } },
    );
  }
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      return { image: normalizedImage(toBytes(patch.pixels), sizePx) };
    },
    graphConfig: { ...image, activation },
    graph: (shapes, checkpoint) => remoteclipGraph(shapes, checkpoint, { ...config, activation }),
    outputs: (output) => [remoteclipOutput(output, pooled)],
    readout: (outputs, output) => readRemoteclip(outputs, output, pooled),
    inputGrid: (grid) => croppedGrid(grid, sizePx),
    meta: (_, output) => ({
      activation,
      ...(output.mode === "pooled"
        ? { pooling: output.pooling === "mean" ? pooled : output.pooling }
        : {}),
    }),
  };
}

function configOf({ id, variant }: ResolvedModel): RemoteclipConfig {
  const config = remoteclipConfigs[variant];
  if (!config) throw new TypeError(`Cannot make ${id}: there is no variant ${variant}`);
  return config;
}

/** The family of `remoteclip`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder: (model) => remoteclipEmbedder(model, configOf(model)),
  text: (model) => remoteclipText(model, configOf(model)),
};
