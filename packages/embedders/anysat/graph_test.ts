import { isRsembedError, ndarray, resolveModel } from "@rsembed/core";
import { type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runGraph } from "../_suite/golden_tools.ts";
import { keyMapOf } from "../_suite/key_maps.ts";
import type { InputShapes, Tensors } from "../embedder.ts";
import { card } from "./card.ts";
import { type AnysatConfig, anysatConfigs } from "./config.ts";
import { anysatGraph } from "./graph.ts";
import { anysatEmbedder } from "./mod.ts";

const outputs = ["ltae", "tokens_in", "tokens", "tile", "patch", "pooled", "dense"];
const base = anysatConfigs.base!;
const { width } = base;
const keys = keyMapOf(card.id, "base")!;

/** The keys, changed by `change`. */
function changed(change: (keys: Record<string, KeyMap["keys"][string]>) => void): KeyMap {
  const copy = { ...keys.keys };
  change(copy);
  return { keys: copy };
}

/** An encoder of one block where the published one has six. */
const shallow: AnysatConfig = { ...base, spatialDepth: 1, depth: 1 };
const shallowKeys: KeyMap = {
  keys: Object.fromEntries(
    Object.entries(keys.keys)
      .filter(([key]) => !/^(blocks|spatial_encoder\.predictor_blocks)\.[1-5]\./.test(key))
      .map(([key, info]) => [key.replace(/^blocks\.6\./, "blocks.1."), info]),
  ),
};

/** Two dates of 2 x 2 patches. */
const shapesOf = (patchPx: number): InputShapes => ({
  s2: [2, 10, 2 * patchPx, 2 * patchPx],
  dates: [2],
});

/** Inputs of `places` places, the first always the same. */
function feedsOf({ s2: shape = [] }: InputShapes, places: number): Tensors {
  const axes = ["n", ...shape.map((_, i) => `d${i}`)];
  const s2 = ndarray("float32", { axes, shape: [places, ...shape] });
  for (let i = 0; i < s2.data.length; i++) s2.data[i] = Math.sin(i * 0.37);
  const dates = ndarray("int64", {
    axes: ["n", "t"],
    shape: [places, 2],
    data: BigInt64Array.from({ length: 2 * places }, (_, i) => BigInt(i * 57)),
  });
  return { s2, dates };
}

function run(
  map: KeyMap,
  { config, places = 1, patchPx = 2 }: { config: AnysatConfig; places?: number; patchPx?: number },
): Promise<Tensors> {
  const shapes = shapesOf(patchPx);
  const options = { patch_size_m: 10 * patchPx, image_size: 2 * patchPx };
  return runGraph({
    embedder: anysatEmbedder(resolveModel(card, { name: card.id, options }), config),
    shapes,
    checkpoint: randomCheckpoint(map),
    feeds: feedsOf(shapes, places),
    outputs,
  });
}

test("anysatGraph() runs base at full size, on random weights", async () => {
  const given = await run(keys, { config: base });
  assert.equal(card.variants.base?.dim, width);
  assert.equal(card.variants.base?.gridDim, 2 * width);
  assert.deepEqual(outputs.map((name) => given[name]!.shape), [
    [1, width, 4, 4],
    [1, 5, width],
    [1, 5, width],
    [1, width],
    [1, width, 2, 2],
    [1, width],
    [1, 2 * width, 4, 4],
  ]);
  for (const { data } of Object.values(given)) {
    assert((data as Float32Array).every(Number.isFinite));
    assert(new Set(data as Float32Array).size > width / 2);
  }
});

test("anysatGraph() gives a place the same numbers in any batch", async () => {
  for (const patchPx of [1, 3]) {
    const one = await run(shallowKeys, { config: shallow, patchPx });
    const three = await run(shallowKeys, { config: shallow, patchPx, places: 3 });
    for (const name of outputs) {
      const alone = one[name]!.data;
      assert.deepEqual(three[name]!.data.slice(0, alone.length), alone, name);
    }
  }
});

test("anysatGraph() has the parameters that the card states", () => {
  const counts = Object.entries(keys.keys)
    .filter(([key]) => !/^projector_(?!s2\.patch_embed\.)/.test(key))
    .map(([, { shape }]) => shape.reduce((n, side) => n * side, 1));
  assert.equal(counts.reduce((a, b) => a + b), card.variants.base!.parameters);
});

test("anysatGraph() refuses checkpoints with other keys, naming them", () => {
  const shape = { shape: [768], dtype: "float32" };
  const rpe = "spatial_encoder.predictor_blocks.2.attn.rpe_k.lookup_table_weight";
  const cases: [RegExp, KeyMap][] = [
    [/blocks\.2\.attn\.rpe_k/, changed((keys) => delete keys[rpe])],
    [
      /rpe_k.*\(1,12,64,8\)/,
      changed((keys) => keys[rpe] = { shape: [1, 12, 64, 8], dtype: "float32" }),
    ],
    [/blocks\.6\.attn\.q_learned/, changed((keys) => delete keys["blocks.6.attn.q_learned"])],
    [/blocks\.7\.norm1/, changed((keys) => keys["blocks.7.norm1.weight"] = shape)],
    [
      /projector_s2\.patch_embed\.in_norm/,
      changed((keys) => delete keys["projector_s2.patch_embed.in_norm.bias"]),
    ],
    [/head\.weight/, changed((keys) => keys["head.weight"] = shape)],
    [
      /projector_s2\.mlp/,
      changed((keys) => keys["projector_s2.mlp.0.weight"] = shape),
    ],
  ];
  for (const [pattern, map] of cases) {
    assert.throws(
      () => anysatGraph(shapesOf(2), randomCheckpoint(map), { ...base, patchSizePx: 2 }),
      (error) => isRsembedError(error, "corrupt") && pattern.test(error.message),
    );
  }
});

test("anysatGraph() needs no other sensor's keys", () => {
  const own = changed((keys) => {
    for (const key of Object.keys(keys)) {
      if (/^projector_(?!s2\.patch_)/.test(key)) delete keys[key];
    }
  });
  const { nodes } = anysatGraph(shapesOf(2), randomCheckpoint(own), { ...base, patchSizePx: 2 });
  assert(nodes.length > 0);
});

test("anysatGraph() refuses shapes that do not go together, or no checkpoint", () => {
  const checkpoint = randomCheckpoint(keys);
  const config = { ...base, patchSizePx: 2 };
  const shapes = shapesOf(2);
  for (
    const wrong of [
      {},
      { ...shapes, s2: [2, 9, 4, 4] },
      { ...shapes, s2: [10, 4, 4] },
      { ...shapes, s2: [2, 10, 4, 6] },
      { ...shapes, s2: [2, 10, 5, 5] },
      { ...shapes, dates: [3] },
      { s2: shapes.s2! },
    ]
  ) {
    assert.throws(() => anysatGraph(wrong, checkpoint, config), TypeError);
  }
  assert.throws(() => anysatGraph(shapes, null, config), TypeError);
});
