/**
 * What the graph of every encoder with published weights must do, whatever is inside.
 *
 * @module
 */

import {
  isRsembedError,
  type ModelCard,
  type NdArray,
  ndarray,
  type OutputSpec,
  type ResolvedModel,
  resolveModel,
  sizeOf,
} from "@rsembed/core";
import { type KeyMap, randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Embedder, InputShapes, Tensors } from "../embedder.ts";
import { runGraph } from "./golden_tools.ts";
import { keyMapOf } from "./key_maps.ts";
import { testPatch } from "./patches.ts";

/** A family's encoders, and where their blocks are. */
export interface GraphSuiteOptions<C> {
  readonly card: ModelCard;
  /** By variant; each has a key map in `testdata`. */
  readonly configs: Readonly<Record<string, C>>;
  readonly embedder: (model: ResolvedModel, config: C) => Embedder;
  /** Cuts an encoder down to `depth` blocks: the rest differs by numbers alone. */
  readonly shallow: (config: C, depth: number) => C;
  /** Finds the number of the block that a key belongs to. @default `blocks.<number>.` */
  readonly block?: RegExp;
  /** The keys of an encoder that was cut down. @default those of blocks below `depth` */
  readonly shallowKeys?: (keys: KeyMap, depth: number) => KeyMap;
  /** Modalities that a variant is run on. @default that of the request */
  readonly modalities?: (variant: string) => readonly string[];
}

const readings: readonly OutputSpec[] = [
  { mode: "pooled", pooling: "mean" },
  { mode: "grid", orientation: "native" },
];

/** A key map without the blocks from `depth` on. */
export function shallowKeys(
  { keys }: KeyMap,
  depth: number,
  block: RegExp = /(?:^|\.)blocks\.(\d+)\./,
): KeyMap {
  return {
    keys: Object.fromEntries(
      Object.entries(keys).filter(([key]) => Number(block.exec(key)?.[1] ?? -1) < depth),
    ),
  };
}

function keysOf(card: ModelCard, variant: string): KeyMap {
  const keys = keyMapOf(card.id, variant);
  assert(keys, `the keys of ${variant} are missing`);
  return keys;
}

/** Inputs of several places, each with its own pixels; the first is always the same. */
function inputsOf(embedder: Embedder, places: number): { shapes: InputShapes; feeds: Tensors } {
  const times = embedder.frames({ start: "2022-06-01", end: "2022-09-01" });
  const { bands } = embedder.model.sensor;
  const prepared = Array.from(
    { length: places },
    (_, i) => embedder.prepare(testPatch({ bands, times, height: 40, width: 40, seed: i + 1 })),
  );
  const names = Object.keys(prepared[0]!);
  const shapes = Object.fromEntries(names.map((name) => [name, prepared[0]![name]!.shape]));
  const feeds = Object.fromEntries(names.map((name) => {
    const first = prepared[0]![name]! as NdArray;
    const shape = [places, ...first.shape];
    const axes: string[] = ["n", ...first.axes];
    const stacked = ndarray(first.dtype, { axes, shape });
    prepared.forEach((tensors, i) =>
      stacked.data.set((tensors[name] as NdArray).data, i * sizeOf(first.shape))
    );
    return [name, stacked];
  }));
  return { shapes, feeds };
}

/** Declares the tests. */
export function graphSuite<C>(options: GraphSuiteOptions<C>): void {
  const { card, configs, embedder: make, shallow, block } = options;
  const { shallowKeys: cut = (keys: KeyMap, depth: number) => shallowKeys(keys, depth, block) } =
    options;

  const cases = Object.entries(configs).flatMap(([variant, config]) => {
    const modalities = options.modalities?.(variant) ?? [null];
    return modalities.map((modality) => ({ variant, config, modality }));
  });
  const resolve = (variant: string, modality: string | null) =>
    resolveModel(card, { name: card.id, variant, ...(modality ? { modality } : {}) });

  for (const { variant, config, modality } of cases) {
    const label = modality ? `${variant} on ${modality}` : variant;

    test(`the graph of ${card.id} ${label} uses every key at full size`, () => {
      const embedder = make(resolve(variant, modality), config);
      const { shapes } = inputsOf(embedder, 1);
      const { outputs } = embedder.graph(shapes, randomCheckpoint(keysOf(card, variant)));
      const { dim, gridDim = dim } = card.variants[variant]!;
      for (const output of readings) {
        const [name] = embedder.outputs(output);
        const { shape } = outputs.find((candidate) => candidate.name === name)!;
        const wanted = output.mode === "grid" ? gridDim : dim;
        assert.equal(shape[1], wanted, `${name} has (${shape}), the card says ${wanted}`);
      }
    });

    test(`the graph of ${card.id} ${label} runs, a place alike in any batch`, async () => {
      const embedder = make(resolve(variant, modality), shallow(config, 2));
      const checkpoint = randomCheckpoint(cut(keysOf(card, variant), 2));
      const run = async (places: number): Promise<Tensors> => {
        const { shapes, feeds } = inputsOf(embedder, places);
        const outputs = [...new Set(readings.flatMap((output) => embedder.outputs(output)))];
        return await runGraph({ embedder, shapes, checkpoint, feeds, outputs });
      };
      const one = await run(1);
      const three = await run(3);
      for (const [name, { data, shape }] of Object.entries(one)) {
        const alone = data as Float32Array;
        assert(alone.every(Number.isFinite), `${name} is not finite`);
        assert(new Set(alone).size > sizeOf(shape) / 4, `${name} has few different values`);
        const batch = three[name]!.data as Float32Array;
        const differing = (place: number) =>
          alone.reduce((n, x, i) => batch[place * alone.length + i] === x ? n : n + 1, 0);
        assert.equal(differing(0), 0, `of ${alone.length} numbers of ${name}`);
        assert.notEqual(differing(1), 0, `${name} does not depend on the place`);
      }
    });
  }

  const { variant, config, modality } = cases[0]!;

  test(`the graph of ${card.id} refuses checkpoints with other keys, naming them`, () => {
    const embedder = make(resolve(variant, modality), config);
    const { shapes } = inputsOf(embedder, 1);
    const { keys } = keysOf(card, variant);
    const isNeeded = (key: string) => {
      const { [key]: _, ...others } = keys;
      try {
        embedder.graph(shapes, randomCheckpoint({ keys: others }));
        return false;
      } catch {
        return true;
      }
    };
    // of a second block; files may hold norms of other models too
    const some = Object.keys(keys)
      .filter((key) => /[._]1\..*(norm|ln).*\.weight$/.test(key))
      .find(isNeeded)!;
    assert(some, "no norm in a second block to take away");
    const { [some]: taken, ...without } = keys;
    // beside a key of its own, under whatever prefix all keys share
    const stranger = some.replace(/weight$/, "stranger");
    for (
      const [named, changed] of [
        [some, without],
        [some, { ...keys, [some]: { ...taken!, shape: [3] } }],
        [stranger, { ...keys, [stranger]: { shape: [2], dtype: "float32" } }],
      ] as const
    ) {
      assert.throws(
        () => embedder.graph(shapes, randomCheckpoint({ keys: changed as KeyMap["keys"] })),
        (error) => isRsembedError(error, "corrupt") && error.message.includes(named),
      );
    }
  });

  test(`the graph of ${card.id} refuses to be built without a checkpoint or for other inputs`, () => {
    const embedder = make(resolve(variant, modality), config);
    const { shapes } = inputsOf(embedder, 1);
    assert.throws(() => embedder.graph(shapes, null), TypeError);
    const checkpoint = randomCheckpoint({ keys: keysOf(card, variant).keys });
    assert.throws(() => embedder.graph({}, checkpoint), TypeError);
  });
}
