import { isRsembedError, ndarray, resolveModel } from "@rsembed/core";
import { type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runGraph } from "../_suite/golden_tools.ts";
import { keyMapOf } from "../_suite/key_maps.ts";
import type { InputShapes, Tensors } from "../embedder.ts";
import { card } from "./card.ts";
import { type PrithviConfig, prithviConfigs } from "./config.ts";
import { prithviGraph } from "./graph.ts";
import { prithviEmbedder } from "./mod.ts";

const outputs = ["tokens_in", "tokens", "pooled", "grid", "grid_max"];

function keysOf(variant: string): KeyMap {
  const keys = keyMapOf(card.id, variant);
  assert(keys, `the keys of ${variant} are missing`);
  return keys;
}

/** The keys of a variant, changed by `change`. */
function changed(
  variant: string,
  change: (keys: Record<string, KeyMap["keys"][string]>) => void,
): KeyMap {
  const keys = { ...keysOf(variant).keys };
  change(keys);
  return { keys };
}

/** The keys of a variant with fewer blocks. */
function shallow(variant: string, depth: number): KeyMap {
  return changed(variant, (keys) => {
    for (const key of Object.keys(keys)) {
      const [, block] = /^encoder\.blocks\.(\d+)\./.exec(key) ?? [];
      if (block !== undefined && Number(block) >= depth) delete keys[key];
    }
  });
}

/** Two frames of 2 x 3 patches. */
function shapesOf({ patchSizePx: p, width, coordinates }: PrithviConfig): InputShapes {
  const image = [2, 6, 2 * p, 3 * p];
  return coordinates ? { image, time: [2, width], location: [width] } : { image };
}

/** Inputs of `places` places, the first always the same. */
function feedsOf(shapes: InputShapes, places: number): Tensors {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const axes = ["n", ...shape.map((_, i) => `d${i}`)];
      const tensor = ndarray("float32", { axes, shape: [places, ...shape] });
      for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.sin(i * 0.37);
      return [name, tensor];
    }),
  );
}

function run(keys: KeyMap, config: PrithviConfig, places = 1): Promise<Tensors> {
  const shapes = shapesOf(config);
  return runGraph({
    embedder: prithviEmbedder(
      resolveModel(card, { name: card.id, options: { prep: "pad" } }),
      config,
    ),
    shapes,
    checkpoint: randomCheckpoint(keys),
    feeds: feedsOf(shapes, places),
    outputs,
  });
}

for (const [variant, config] of Object.entries(prithviConfigs)) {
  // the large ones differ from the small by their sizes alone: two of their blocks show them
  const isSmall = config.width <= 768;
  const depth = isSmall ? config.depth : 2;
  test(`prithviGraph() builds ${variant} at full size and runs ${depth} of its blocks`, async () => {
    const built = prithviGraph(shapesOf(config), randomCheckpoint(keysOf(variant)), config);
    const norms = built.nodes.filter(({ op }) => op === "LayerNormalization");
    assert.equal(norms.length, 2 * config.depth + 1);

    const { width } = config;
    assert.equal(card.variants[variant]?.dim, width);
    const given = await run(shallow(variant, depth), { ...config, depth });
    assert.deepEqual(outputs.map((name) => given[name]!.shape), [
      [1, 13, width],
      [1, 13, width],
      [1, width],
      [1, width, 2, 3],
      [1, width, 2, 3],
    ]);
    for (const { data } of Object.values(given)) {
      assert((data as Float32Array).every(Number.isFinite));
      assert(new Set(data as Float32Array).size > width / 2);
    }
  });
}

const tiny = prithviConfigs.tiny_tl!;

test("prithviGraph() gives a place the same numbers in any batch", async () => {
  const keys = keysOf("tiny_tl");
  const [one, three] = [await run(keys, tiny), await run(keys, tiny, 3)];
  for (const name of outputs) {
    const alone = one[name]!.data;
    assert.deepEqual(three[name]!.data.slice(0, alone.length), alone);
  }
});

test("prithviGraph() has the parameters that the card states", () => {
  for (const [variant, { parameters }] of Object.entries(card.variants)) {
    const counts = Object.entries(keysOf(variant).keys)
      .filter(([key]) => key.startsWith("encoder.") && key !== "encoder.pos_embed")
      .map(([, { shape }]) => shape.reduce((n, side) => n * side, 1));
    assert.equal(counts.reduce((a, b) => a + b), parameters);
  }
});

test("prithviGraph() refuses checkpoints with other keys, naming them", () => {
  const shape = { shape: [192], dtype: "float32" };
  const cases: [RegExp, PrithviConfig, KeyMap][] = [
    [
      /blocks\.2\.attn\.qkv\.bias/,
      tiny,
      changed("tiny_tl", (keys) => delete keys["encoder.blocks.2.attn.qkv.bias"]),
    ],
    [
      /blocks\.12\.norm1/,
      tiny,
      changed("tiny_tl", (keys) => keys["encoder.blocks.12.norm1.weight"] = shape),
    ],
    [/head\.weight/, tiny, changed("tiny_tl", (keys) => keys["head.weight"] = shape)],
    [/encoder\.cls_token/, tiny, changed("tiny_tl", (keys) => keys["encoder.cls_token"] = shape)],
    // a variant that is told nothing, and one that is, taken for each other
    [/temporal_embed_enc\.scale/, prithviConfigs["300_tl"]!, keysOf("300")],
    [/location_embed_enc\.scale/, prithviConfigs["300"]!, keysOf("300_tl")],
  ];
  for (const [pattern, config, keys] of cases) {
    assert.throws(
      () => prithviGraph(shapesOf(config), randomCheckpoint(keys), config),
      (error) => isRsembedError(error, "corrupt") && pattern.test(error.message),
    );
  }
});

test("prithviGraph() refuses shapes that do not go together, or no checkpoint", () => {
  const checkpoint = randomCheckpoint(keysOf("tiny_tl"));
  const shapes = shapesOf(tiny);
  for (
    const wrong of [
      {},
      { ...shapes, image: [2, 5, 32, 32] },
      { ...shapes, image: [6, 32, 32] },
      { ...shapes, image: [2, 6, 32, 40] },
      { ...shapes, image: [3, 6, 32, 32] },
      { ...shapes, location: [191] },
      { image: shapes.image! },
    ]
  ) {
    assert.throws(() => prithviGraph(wrong, checkpoint, tiny), TypeError);
  }
  assert.throws(() => prithviGraph(shapes, null, tiny), TypeError);
});
