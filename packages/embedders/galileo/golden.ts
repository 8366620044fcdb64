/**
 * How the reference cases of Galileo name and shape things.
 *
 * @module
 */

import { type OptionValue, resolveModel } from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { goldenPatch, windowOf } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenPlan } from "../_suite/golden_plan.ts";
import { forEachPlace } from "../_suite/golden_run.ts";
import { card } from "./card.ts";
import { type GalileoConfig, galileoConfigs } from "./config.ts";
import { galileoEmbedder } from "./mod.ts";

function configOf({ config }: GoldenCase): GalileoConfig {
  const number = (key: string, fallback: number) =>
    typeof config[key] === "number" ? config[key] : fallback;
  const known = galileoConfigs[card.defaultVariant]!;
  return {
    embeddingSize: number("embedding_size", known.embeddingSize),
    depth: number("depth", known.depth),
    numHeads: number("num_heads", known.numHeads),
    mlpRatio: number("mlp_ratio", known.mlpRatio),
    maxSequenceLength: number("max_sequence_length", known.maxSequenceLength),
    maxPatchSize: number("max_patch_size", known.maxPatchSize),
  };
}

function embedderOf(golden: GoldenCase, more: Record<string, OptionValue> = {}): Embedder {
  const { temporal: _, ...given } = golden.options as Record<string, OptionValue>;
  const model = resolveModel(card, { name: card.id, options: { ...given, ...more } });
  return galileoEmbedder(model, configOf(golden));
}

/** Arrays `prepared_<normalization>` of one `raw`, (T, C, H, W). */
function preparations(golden: GoldenCase): GoldenPlan {
  const raw = golden.arrays.get("raw");
  const prepared: Record<string, () => GoldenArray> = {};
  for (const name of golden.arrays.keys()) {
    if (raw === undefined || !name.startsWith("prepared")) continue;
    const [, normalization] = /^prepared_(.+)$/.exec(name) ?? [];
    prepared[name] = () => {
      // months are of no account here, and the case gives no dates
      const embedder = embedderOf(golden, {
        month: 1,
        ...(normalization ? { normalization } : {}),
      });
      const times = new Array<null>(raw.shape[0]!).fill(null);
      return embedder.prepare(goldenPatch(raw, { bands: embedder.model.sensor.bands, times })).s2!;
    };
  }
  return { sources: ["raw"], prepared, encoder: null };
}

function encoding(golden: GoldenCase): GoldenPlan {
  const embedder = embedderOf(golden);
  const { bands } = embedder.model.sensor;
  const window = windowOf(golden.options.temporal);
  const prepare = (input: "s2" | "months") => (): GoldenArray => {
    const raw = golden.arrays.get("raw");
    if (!raw) throw new Error("the case holds no raw input");
    return forEachPlace(raw, (place) => {
      const times = embedder.frames(window);
      return embedder.prepare(goldenPatch(place, { bands, times }))[input]!;
    });
  };
  return {
    sources: ["raw"],
    prepared: { prepared: prepare("s2"), months: prepare("months") },
    encoder: {
      embedder,
      feeds: { s2: "prepared", months: "months" },
      outputs: {
        tokens: { needs: ["tokens"], read: ({ tokens }) => tokens! },
        pooled: {
          needs: embedder.outputs({ mode: "pooled", pooling: "mean" }),
          read: (outputs) => embedder.readout(outputs, { mode: "pooled", pooling: "mean" }),
        },
        grid: {
          needs: embedder.outputs({ mode: "grid", orientation: "native" }),
          read: (outputs) => embedder.readout(outputs, { mode: "grid", orientation: "native" }),
        },
      },
    },
  };
}

/** Lays Galileo's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind === "encoder") return encoding(golden);
  if (golden.kind === "preprocess") return preparations(golden);
  return { unsupported: `galileo has no cases of kind ${golden.kind}` };
};
