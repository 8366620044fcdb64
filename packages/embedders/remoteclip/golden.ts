/**
 * How the reference cases of RemoteCLIP name and shape things.
 *
 * @module
 */

import { ndarray, type OptionValue, type OutputSpec, resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { forEachPlace } from "../_suite/golden_run.ts";
import { card } from "./card.ts";
import { type RemoteclipConfig, remoteclipConfigs } from "./config.ts";
import { remoteclipEmbedder } from "./mod.ts";
import { toBytes } from "../_prepare/rgb_bytes.ts";

function configOf({ config }: GoldenCase): RemoteclipConfig {
  const known = remoteclipConfigs[card.defaultVariant]!;
  const vision = (config.vision_cfg ?? {}) as Readonly<Record<string, unknown>>;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    imageSizePx: number(vision.image_size, known.imageSizePx),
    patchSizePx: number(vision.patch_size, known.patchSizePx),
    width: number(vision.width, known.width),
    layers: number(vision.layers, known.layers),
    headWidth: number(vision.head_width, known.headWidth),
    embedDim: number(config.embed_dim, known.embedDim),
  };
}

function embedderOf(golden: GoldenCase, more: Record<string, OptionValue> = {}): Embedder {
  const activation = golden.config.quick_gelu === true ? "quick_gelu" : "gelu";
  const given = golden.options as Record<string, OptionValue>;
  const model = resolveModel(card, {
    name: card.id,
    options: { activation, ...given, ...more },
  });
  return remoteclipEmbedder(model, configOf(golden));
}

/** What preparation gives for `raw`, (3, H, W): the 8-bit image or the input of the tower. */
function prepareOne(raw: GoldenArray, kind: string, embedder: Embedder): GoldenArray {
  const patch = goldenPatch(raw, { bands: embedder.model.sensor.bands, times: [null] });
  if (kind === "prepared") return embedder.prepare(patch).image!;
  const { data, count, height, width } = toBytes(patch.pixels);
  return ndarray("uint8", { axes: ["band", "y", "x"], shape: [count, height, width], data });
}

/** Arrays `u8<suffix>` and `prepared<suffix>` of each `raw<suffix>`, alone or stacked. */
function preparationsOf(
  golden: GoldenCase,
  embedder: Embedder,
): Pick<GoldenPlan, "sources" | "prepared"> {
  const sources: string[] = [];
  const prepared: Record<string, () => GoldenArray> = {};
  for (const [name, raw] of golden.arrays) {
    const [, suffix] = /^raw(_.*)?$/.exec(name) ? [name, name.slice(3)] : [];
    if (suffix === undefined) continue;
    sources.push(name);
    for (const kind of ["u8", "prepared"]) {
      if (!golden.arrays.has(kind + suffix)) continue;
      prepared[kind + suffix] = () =>
        raw.shape.length === 4
          ? forEachPlace(raw, (place) => prepareOne(place, kind, embedder))
          : prepareOne(raw, kind, embedder);
    }
  }
  return { sources, prepared };
}

function outputOf(embedder: Embedder, output: OutputSpec): GoldenOutput {
  return {
    needs: embedder.outputs(output),
    read: (outputs) => embedder.readout(outputs, output),
  };
}

/** Lays RemoteCLIP's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind !== "encoder" && golden.kind !== "preprocess") {
    return { unsupported: `remoteclip has no cases of kind ${golden.kind}` };
  }
  const embedder = embedderOf(golden);
  const preparations = preparationsOf(golden, embedder);
  if (golden.kind === "preprocess") return { ...preparations, encoder: null };
  const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
  return {
    ...preparations,
    encoder: {
      embedder,
      feeds: { image: "prepared" },
      outputs: {
        tokens: { needs: ["tokens"], read: ({ tokens }) => tokens! },
        pooled_token_mean: outputOf(embedder, mean),
        pooled_token_max: outputOf(embedder, { mode: "pooled", pooling: "max" }),
        pooled_projection: outputOf(embedderOf(golden, { pooled: "projection" }), mean),
        grid: outputOf(embedder, { mode: "grid", orientation: "native" }),
      },
    },
  };
};
