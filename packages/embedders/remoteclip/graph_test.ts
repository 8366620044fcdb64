import { isRsembedError, ndarray, resolveModel } from "@rsembed/core";
import { type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runGraph } from "../_suite/golden_tools.ts";
import { keyMapOf } from "../_suite/key_maps.ts";
import type { Tensors } from "../embedder.ts";
import { card } from "./card.ts";
import { remoteclipConfigs } from "./config.ts";
import { remoteclipGraph } from "./graph.ts";
import { remoteclipEmbedder } from "./mod.ts";

function keysOf(variant: string): KeyMap {
  const keys = keyMapOf(card.id, variant);
  assert(keys, `the keys of ${variant} are missing`);
  return keys;
}

const base = { ...remoteclipConfigs["vit-b-32"]!, activation: "gelu" } as const;

/** The keys of ViT-B/32, changed by `change`. */
function changed(change: (keys: Record<string, KeyMap["keys"][string]>) => void): KeyMap {
  const keys = { ...keysOf("vit-b-32").keys };
  change(keys);
  return { keys };
}

/** A tower of two layers with the shapes of ViT-B/32. */
const small = { ...base, layers: 2 };
const smallKeys = changed((keys) => {
  for (const key of Object.keys(keys)) {
    if (/visual.*resblocks\.([2-9]|1\d)\./.test(key)) delete keys[key];
  }
});

const outputs = ["tokens", "pooled", "grid", "projection"];

async function run(
  keys: KeyMap,
  { config, places = 1, sizePx = 224 }: { config: typeof base; places?: number; sizePx?: number },
): Promise<Tensors> {
  const image = ndarray("float32", {
    axes: ["n", "band", "y", "x"],
    shape: [places, 3, sizePx, sizePx],
  });
  for (let i = 0; i < image.data.length; i++) image.data[i] = Math.sin(i * 0.37);
  const embedder = remoteclipEmbedder(
    resolveModel(card, { name: card.id, options: { image_size: sizePx } }),
    config,
  );
  return await runGraph({
    embedder,
    shapes: { image: [3, sizePx, sizePx] },
    checkpoint: randomCheckpoint(keys),
    feeds: { image },
    outputs,
  });
}

for (const [variant, config] of Object.entries(remoteclipConfigs)) {
  test(`remoteclipGraph() runs ${variant} at full size, on random weights`, async () => {
    const { width, embedDim, imageSizePx, patchSizePx } = config;
    const given = await run(keysOf(variant), { config: { ...config, activation: "gelu" } });
    const side = imageSizePx / patchSizePx;
    assert.equal(card.variants[variant]?.dim, width);
    assert.deepEqual(outputs.map((name) => given[name]!.shape), [
      [1, side * side, width],
      [1, width],
      [1, width, side, side],
      [1, embedDim],
    ]);
    for (const { data } of Object.values(given)) {
      assert((data as Float32Array).every(Number.isFinite));
      assert(new Set(data as Float32Array).size > embedDim / 2);
    }
  });
}

test("remoteclipGraph() gives a place the same numbers in any batch", async () => {
  const one = await run(smallKeys, { config: small });
  const three = await run(smallKeys, { config: small, places: 3 });
  for (const name of outputs) {
    const alone = one[name]!.data;
    assert.deepEqual(three[name]!.data.slice(0, alone.length), alone);
  }
});

test("remoteclipGraph() takes images of other sizes, resizing its positions", async () => {
  const { grid } = await run(smallKeys, { config: small, sizePx: 96 });
  assert.deepEqual(grid!.shape, [1, 768, 3, 3]);
});

test("remoteclipGraph() takes the layouts of all publishers", () => {
  const { keys } = smallKeys;
  const renamed = (rename: (key: string) => string) => ({
    keys: Object.fromEntries(Object.entries(keys).map(([key, info]) => [rename(key), info])),
  });
  const shapes = { image: [3, 224, 224] };
  for (
    const layout of [
      renamed((key) => key),
      renamed((key) => key.replace("model.", "")),
      renamed((key) => key.replace("model.", "module.")),
      renamed((key) => `module.${key}`),
    ]
  ) {
    const { nodes } = remoteclipGraph(shapes, randomCheckpoint(layout), small);
    assert(nodes.length > 0);
  }
  // an image tower that was saved alone
  const { keys: visual } = renamed((key) => key);
  for (const key of Object.keys(visual)) if (!key.includes(".visual.")) delete visual[key];
  remoteclipGraph(shapes, randomCheckpoint({ keys: visual }), small);
});

test("remoteclipGraph() refuses checkpoints with other keys, naming them", () => {
  const shapes = { image: [3, 224, 224] };
  const block = "model.visual.transformer.resblocks.3";
  const cases: [RegExp, KeyMap][] = [
    [/resblocks\.3\.ln_1\.bias/, changed((keys) => delete keys[`${block}.ln_1.bias`])],
    [
      /resblocks\.12\.ls_1\.gamma/,
      changed((keys) => {
        keys["model.visual.transformer.resblocks.12.ls_1.gamma"] = {
          shape: [768],
          dtype: "float32",
        };
      }),
    ],
    [
      /visual\.proj/,
      changed((keys) => {
        keys["model.visual.proj"] = { shape: [768, 768], dtype: "float32" };
      }),
    ],
    [
      /model\.head\.weight/,
      changed((keys) => {
        keys["model.head.weight"] = { shape: [2, 768], dtype: "float32" };
      }),
    ],
  ];
  for (const [pattern, keys] of cases) {
    assert.throws(
      () => remoteclipGraph(shapes, randomCheckpoint(keys), base),
      (error) => isRsembedError(error, "corrupt") && pattern.test(error.message),
    );
  }
});

test("remoteclipGraph() refuses images that are not square, or no checkpoint", () => {
  const checkpoint = randomCheckpoint(smallKeys);
  for (const image of [[3, 224, 192], [4, 224, 224], [3, 225, 225]]) {
    assert.throws(
      () => remoteclipGraph({ image }, checkpoint, small),
      (error) => error instanceof TypeError || error instanceof RangeError,
    );
  }
  assert.throws(() => remoteclipGraph({ image: [3, 224, 224] }, null, small), TypeError);
});
