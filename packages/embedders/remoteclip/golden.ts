/**
 * How the reference cases of RemoteCLIP name and shape things.
 *
 * @module
 */

import {
  ndarray,
  type OptionValue,
  type OutputSpec,
  resolveModel,
  unitVector,
} from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { forEachPlace } from "../_suite/golden_run.ts";
import { card } from "./card.ts";
import { type RemoteclipConfig, remoteclipConfigs } from "./config.ts";
import { remoteclipEmbedder } from "./mod.ts";
import { toBytes } from "../_prepare/rgb_bytes.ts";
import { cleanText } from "./text/clean_text.ts";
import { remoteclipText, textInputs } from "./text/mod.ts";
import { readVocabulary, tokenizerOf } from "./text/tokenizer.ts";
import { fileURLToPath } from "node:url";

function configOf({ config }: GoldenCase): RemoteclipConfig {
  const known = remoteclipConfigs[card.defaultVariant]!;
  const vision = (config.vision_cfg ?? {}) as Readonly<Record<string, unknown>>;
  const text = (config.text_cfg ?? {}) as Readonly<Record<string, unknown>>;
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  return {
    imageSizePx: number(vision.image_size, known.imageSizePx),
    patchSizePx: number(vision.patch_size, known.patchSizePx),
    width: number(vision.width, known.width),
    layers: number(vision.layers, known.layers),
    headWidth: number(vision.head_width, known.headWidth),
    embedDim: number(config.embed_dim, known.embedDim),
    text: {
      width: number(text.width, known.text.width),
      layers: number(text.layers, known.text.layers),
      heads: number(text.heads, known.text.heads),
      contextLength: number(text.context_length, known.text.contextLength),
      vocabularySize: number(text.vocab_size, known.text.vocabularySize),
    },
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

/** The text tower, fed with stored tokens. */
function textPlan(golden: GoldenCase): GoldenPlan {
  const config = configOf(golden);
  const embedder = remoteclipText(resolveModel(card, { name: card.id }), config);
  const inputs = ({ data }: GoldenArray) => {
    // zeros that fill it up do not count
    const ids = Array.from(data as BigInt64Array, Number);
    return textInputs(ids.slice(0, ids.findLastIndex((id) => id !== 0) + 1), ids.length);
  };
  const read = (normalize: boolean): GoldenOutput => ({
    needs: ["text"],
    read: (outputs) =>
      normalize ? unitVector(embedder.readout(outputs)) : embedder.readout(outputs),
  });
  return {
    sources: ["token_ids"],
    prepared: {},
    encoder: {
      embedder,
      feeds: {
        ids: { from: "token_ids", read: (stored) => inputs(stored).ids! },
        last: { from: "token_ids", read: (stored) => inputs(stored).last! },
      },
      outputs: { text: read(false), text_normalized: read(true) },
    },
  };
}

/** Bytes of UTF-8 that were taken for letters of Windows-1252. */
function isMisdecoded(text: string): boolean {
  return /[\u00c3\u00e2][\u0080-\u00bf\u20ac\u2122]/.test(text);
}

/** The vocabulary beside the cases; the project does not hold it. */
const merges = new URL(
  "../../../../shared/weights/clip-bpe/bpe_simple_vocab_16e6.txt.gz",
  import.meta.url,
);

/** Texts and their tokens; what was decoded with the wrong encoding is not repaired here. */
function tokenizerPlan({ items, config }: GoldenCase): GoldenPlan {
  const length = Number(config.context_length);
  return {
    sources: [],
    prepared: {},
    encoder: null,
    checks: Object.fromEntries(items.map((item, i) => [
      `item ${i}`,
      async () => {
        const text = String(item.text);
        if (isMisdecoded(text)) return null;
        const cleaned = cleanText(text);
        if (cleaned !== item.cleaned) {
          return `${JSON.stringify(text)} becomes ${JSON.stringify(cleaned)}, not ${
            JSON.stringify(item.cleaned)
          }`;
        }
        const { ids, count } = tokenizerOf(await readVocabulary(fileURLToPath(merges)), length)(
          text,
        );
        return `${ids}` === `${item.ids}` && count === item.untruncated_count
          ? null
          : `${
            JSON.stringify(text)
          } has the tokens ${ids} of ${count}, not ${item.ids} of ${item.untruncated_count}`;
      },
    ])),
  };
}

/** Lays RemoteCLIP's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind === "text") return textPlan(golden);
  if (golden.kind === "tokenizer") return tokenizerPlan(golden);
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
