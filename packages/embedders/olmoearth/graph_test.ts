import { isRsembedError, resolveModel } from "@rsembed/core";
import { type Checkpoint, type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { graphSuite, shallowKeys } from "../_suite/graph_suite.ts";
import { keyMapOf } from "../_suite/key_maps.ts";
import { card } from "./card.ts";
import { olmoearthConfigs } from "./config.ts";
import { olmoearthGraph, type OlmoearthGraphConfig } from "./graph.ts";
import { olmoearthEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: olmoearthConfigs,
  // 4 x 4 patches, not 64 x 64: a graph of fewer parts
  embedder: (model, config) =>
    olmoearthEmbedder({ ...model, options: { ...model.options, image_size: 16 } }, config),
  shallow: (config, depth) => ({ ...config, depth }),
  modalities: () => ["s2", "s1"],
});

const shapes = { image: [2, 12, 8, 8], months: [2], days: [2] };

function configOf(variant: string, patchPx = 4): OlmoearthGraphConfig {
  return { ...olmoearthConfigs[variant]!, patchPx, modality: "s2" };
}

function keysOf(variant: string): Record<string, KeyMap["keys"][string]> {
  return { ...keyMapOf(card.id, variant)!.keys };
}

test("the card states the parameters of the encoders", () => {
  for (const [variant, { parameters }] of Object.entries(card.variants)) {
    const sizes = Object.entries(keysOf(variant))
      .filter(([key]) => key.startsWith("encoder.") && !key.endsWith(".pos_embed"))
      .map(([, { shape }]) => shape.reduce((n, side) => n * side, 1));
    assert.equal(sizes.reduce((a, b) => a + b), parameters, variant);
  }
});

test("olmoearthGraph() reads the encoder alone, not its copies, and one modality", async () => {
  const random = randomCheckpoint(shallowKeys({ keys: keysOf("nano_v1_2") }, 1));
  const read = new Set<string>();
  const watched: Checkpoint = {
    source: random.source,
    tensors: random.tensors,
    metadata: random.metadata,
    read: (name, options) => {
      read.add(name);
      return random.read(name, options);
    },
    [Symbol.asyncDispose]: () => random[Symbol.asyncDispose](),
  };
  const { initializers } = olmoearthGraph(shapes, watched, { ...configOf("nano_v1_2"), depth: 1 });
  for (const initializer of initializers) await initializer.load();
  assert(read.size > 20);
  for (const name of read) assert.match(name, /^encoder\.(?!.*(sentinel1|landsat))/);
});

test("olmoearthGraph() needs no keys of other modalities, of pretraining, nor the stored table", () => {
  const own = Object.entries(keysOf("nano")).filter(([key]) =>
    key.startsWith("encoder.") && !/project_and_aggregate|pos_embed/.test(key) &&
    (!/modality/.test(key) || /sentinel2_l2a/.test(key))
  );
  assert(own.length < Object.keys(keysOf("nano")).length / 2);
  olmoearthGraph(shapes, randomCheckpoint({ keys: Object.fromEntries(own) }), configOf("nano"));
});

test("olmoearthGraph() takes pixel layers as there are, and tells ones that are cut short", () => {
  const prefix = "encoder.patch_embeddings.per_modality_embeddings.sentinel2_l2a.sentinel2_l2a__0.";
  const build = (change: (keys: ReturnType<typeof keysOf>) => void) => {
    const keys = keysOf("nano_v1_1");
    change(keys);
    return olmoearthGraph(shapes, randomCheckpoint({ keys }), configOf("nano_v1_1")).nodes
      .filter(({ op }) => op === "Relu").length;
  };
  const float = (...shape: number[]) => ({ shape, dtype: "float32" });
  const without = (keys: ReturnType<typeof keysOf>) => {
    delete keys[`${prefix}pixel_proj.0.weight`];
    delete keys[`${prefix}pixel_proj.0.bias`];
  };
  assert.equal(build(() => {}), 1);
  assert.equal(build(without), 0);
  assert.equal(
    build((keys) => {
      keys[`${prefix}pixel_proj.2.weight`] = float(6, 12);
      keys[`${prefix}pixel_proj.2.bias`] = float(6);
      keys[`${prefix}proj.weight`] = float(128, 8 * 8 * 6);
    }),
    2,
  );
  assert.throws(
    () => build((keys) => delete keys[`${prefix}pixel_proj.0.weight`]),
    (error) => isRsembedError(error, "corrupt") && error.message.includes("pixel_proj.0.bias"),
  );
});

test("olmoearthGraph() refuses checkpoints of another generation", () => {
  const pairs = [["nano", "nano_v1_1"], ["nano_v1_1", "nano"], ["nano_v1_1", "nano_v1_2"], [
    "nano_v1_2",
    "nano_v1_1",
  ]] as const;
  for (const [stored, wanted] of pairs) {
    assert.throws(
      () => olmoearthGraph(shapes, randomCheckpoint({ keys: keysOf(stored) }), configOf(wanted)),
      (error) => isRsembedError(error, "corrupt"),
      `${stored} as ${wanted}`,
    );
  }
});

test("olmoearthGraph() refuses shapes that do not go together", () => {
  const checkpoint = randomCheckpoint({ keys: keysOf("nano_v1_2") });
  const config = configOf("nano_v1_2");
  for (
    const wrong of [
      { ...shapes, image: [2, 2, 8, 8] },
      { ...shapes, image: [2, 12, 8, 16] },
      { ...shapes, image: [2, 12, 10, 10] },
      { ...shapes, image: [12, 8, 8] },
      { ...shapes, months: [3] },
      { image: shapes.image, months: [2] },
      { image: [13, 12, 8, 8], months: [13], days: [13] },
    ]
  ) {
    assert.throws(() => olmoearthGraph(wrong, checkpoint, config), TypeError);
  }
});

test("a graph over many tokens stays small", () => {
  const model = resolveModel(card, { name: card.id });
  const embedder = olmoearthEmbedder(model, olmoearthConfigs.base_v1_2!);
  const { nodes } = embedder.graph(
    { image: [12, 12, 256, 256], months: [12], days: [12] },
    randomCheckpoint({ keys: keysOf("base_v1_2") }),
  );
  assert(nodes.length < 6000, `${nodes.length} nodes`);
});
