import { isRsembedError, ndarray, resolveModel } from "@rsembed/core";
import { type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runGraph } from "../_suite/golden_tools.ts";
import { keyMapOf } from "../_suite/key_maps.ts";
import type { Tensors } from "../embedder.ts";
import { card } from "./card.ts";
import { galileoConfigs } from "./config.ts";
import { galileoGraph } from "./graph.ts";
import { family } from "./mod.ts";

const shapes = { s2: [2, 10, 16, 16], months: [2] };
const nano = { ...galileoConfigs.nano!, patchSizePx: 8, exitNorm: true };

function keysOf(variant: string): KeyMap {
  const keys = keyMapOf(card.id, variant);
  assert(keys, `the keys of ${variant} are missing`);
  return keys;
}

/** The nano checkpoint's keys, changed by `change`. */
function changed(change: (keys: Record<string, KeyMap["keys"][string]>) => void): KeyMap {
  const keys = { ...keysOf("nano").keys };
  change(keys);
  return { keys };
}

/** Inputs of `places` places, the first always the same. */
function feeds(places: number): Tensors {
  const s2 = ndarray("float32", {
    axes: ["n", "t", "band", "y", "x"],
    shape: [places, ...shapes.s2 as [number, number, number, number]],
  });
  for (let i = 0; i < s2.data.length; i++) s2.data[i] = Math.sin(i * 0.37) / 2 + 0.5;
  const months = ndarray("int64", { axes: ["n", "t"], shape: [places, 2] });
  for (let i = 0; i < months.data.length; i++) months.data[i] = BigInt((3 + i) % 12);
  return { s2, months };
}

const outputs = ["tokens", "pooled", "grid"];

function run(variant: string, places: number): Promise<Tensors> {
  const embedder = family.embedder(
    resolveModel(card, { name: card.id, variant, options: { image_size: 16 } }),
  );
  const checkpoint = randomCheckpoint(keysOf(variant));
  return runGraph({ embedder, shapes, checkpoint, feeds: feeds(places), outputs });
}

for (const [variant, { dim }] of Object.entries(card.variants)) {
  test(`galileoGraph() runs ${variant} at full size, on random weights`, async () => {
    const given = await run(variant, 1);
    assert.deepEqual(outputs.map((name) => given[name]!.shape), [
      [1, 2, 2, 2, 5, dim],
      [1, dim],
      [1, dim, 2, 2],
    ]);
    for (const { data } of Object.values(given)) {
      assert((data as Float32Array).every(Number.isFinite));
      assert(new Set(data as Float32Array).size > dim / 2);
    }
  });
}

test("galileoGraph() gives a place the same numbers in any batch", async () => {
  const [one, three] = [await run("nano", 1), await run("nano", 3)];
  for (const name of outputs) {
    const alone = one[name]!.data;
    assert.deepEqual(three[name]!.data.slice(0, alone.length), alone);
  }
});

test("galileoGraph() takes keys with .backbone in them", () => {
  const keys = Object.fromEntries(
    Object.entries(keysOf("nano").keys).map((
      [key, info],
    ) => [key.replace(".", ".backbone."), info]),
  );
  galileoGraph(shapes, randomCheckpoint({ keys }), nano);
});

test("galileoGraph() refuses checkpoints with other keys, naming them", () => {
  const cases: [RegExp, KeyMap][] = [
    [/blocks\.2\.attn\.k\.bias/, changed((keys) => delete keys["blocks.2.attn.k.bias"])],
    [
      /blocks\.4\.norm1\.weight/,
      changed((keys) => {
        keys["blocks.4.norm1.weight"] = { shape: [128], dtype: "float32" };
      }),
    ],
    [
      /space_time_embed\.S3\.proj/,
      changed((keys) => {
        keys["space_time_embed.S3.proj.weight"] = { shape: [128, 1, 8, 8], dtype: "float32" };
      }),
    ],
    [
      /pos_embed/,
      changed((keys) => {
        keys.pos_embed = { shape: [12, 32], dtype: "float32" };
      }),
    ],
    [/norm\.weight/, changed((keys) => delete keys["norm.weight"])],
  ];
  for (const [pattern, keys] of cases) {
    assert.throws(
      () => galileoGraph(shapes, randomCheckpoint(keys), nano),
      (error) => isRsembedError(error, "corrupt") && pattern.test(error.message),
    );
  }
});

test("galileoGraph() needs no exit norm where none is wanted, and may find one", () => {
  const without = changed((keys) => {
    delete keys["norm.weight"];
    delete keys["norm.bias"];
  });
  const count = (keys: KeyMap, exitNorm: boolean) =>
    galileoGraph(shapes, randomCheckpoint(keys), { ...nano, exitNorm }).nodes
      .filter(({ op }) => op === "LayerNormalization").length;
  assert.equal(count(without, false), 8);
  assert.equal(count(keysOf("nano"), false), 8);
  assert.equal(count(keysOf("nano"), true), 9);
});

test("galileoGraph() refuses shapes that do not go together", () => {
  const checkpoint = randomCheckpoint(keysOf("nano"));
  for (
    const wrong of [
      { s2: [2, 9, 16, 16], months: [2] },
      { s2: [2, 10, 16, 24], months: [2] },
      { s2: [2, 10, 20, 20], months: [2] },
      { s2: [2, 10, 16, 16], months: [3] },
      { s2: [25, 10, 16, 16], months: [25] },
      {},
    ]
  ) {
    assert.throws(() => galileoGraph(wrong, checkpoint, nano), TypeError);
  }
  assert.throws(() => galileoGraph(shapes, null, nano), TypeError);
});
