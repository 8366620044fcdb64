/**
 * Inference and preparation of full-size models on random weights, as shares of a plain matrix product's
 * speed in the same run: absolute times of a shared machine mean little, ratios do.
 *
 * @module
 */

import { ndarray, type OptionValue, pooled, resolveModel } from "@rsembed/core";
import { embedders } from "@rsembed/embedders";
import { randomCheckpoint } from "@rsembed/models/checkpoint";
import { encodeModel, graph, input, matMul, parameter, writeModel } from "@rsembed/models/onnx";
import { openSession, type Session, stackTensors } from "@rsembed/models/runtime";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyMapOf } from "../packages/embedders/_suite/key_maps.ts";
import { testPatch } from "../packages/embedders/_suite/patches.ts";

/** A model to measure. */
interface Subject {
  readonly model: string;
  readonly variant: string;
  readonly batch: number;
  /** Beyond the defaults. */
  readonly options?: Readonly<Record<string, OptionValue>>;
}

/** One line of the table. */
export interface InferenceFigure {
  readonly subject: string;
  /** Multiplications and additions for one place, in billions. */
  readonly operations: number;
  readonly placesPerSecond: number;
  /** Share of the speed of the matrix product. */
  readonly shareOfPeak: number;
  /** Preparation over inference, both for one batch. */
  readonly prepareShare: number;
}

/** Each family at full size; SatVision's only one, of 2.6 billion parameters, does not fit here. */
const subjects: readonly Subject[] = [
  { model: "mosaiks", variant: "gaussian", batch: 8 },
  { model: "presto", variant: "default", batch: 4 },
  { model: "galileo", variant: "nano", batch: 8 },
  { model: "galileo", variant: "base", batch: 4 },
  { model: "remoteclip", variant: "vit-b-32", batch: 8 },
  { model: "prithvi", variant: "100_tl", batch: 8 },
  { model: "prithvi", variant: "300_tl", batch: 4 },
  { model: "dofa", variant: "base", batch: 8 },
  { model: "terrafm", variant: "base", batch: 8 },
  { model: "terramind", variant: "base", batch: 8 },
  { model: "wildsat", variant: "vitb16", batch: 8 },
  { model: "wildsat", variant: "resnet50", batch: 8 },
  { model: "wildsat", variant: "swint", batch: 8 },
  { model: "satmae", variant: "large", batch: 4 },
  { model: "satmaepp", variant: "rgb", batch: 4 },
  { model: "satmaepp", variant: "s2_10b", batch: 4 },
  { model: "scalemae", variant: "large", batch: 4 },
  { model: "fomo", variant: "base", batch: 4 },
  { model: "clay", variant: "large", batch: 2 },
  { model: "clay", variant: "v0_1", batch: 4 },
  { model: "thor", variant: "base", batch: 2 },
  { model: "anysat", variant: "base", batch: 1 },
  { model: "agrifm", variant: "base", batch: 1 },
  { model: "olmoearth", variant: "base_v1_2", batch: 8, options: { image_size: 64 } },
];

/** Seconds of the fastest of several calls. */
async function fastest(times: number, fn: () => Promise<unknown> | unknown): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await fn();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

/** Floating-point operations a second of large matrix products, a row of them to hide what surrounds them. */
export async function matrixPeak(): Promise<number> {
  const side = 1024;
  const products = 12;
  const a = input("a", { dtype: "float32", shape: [side] });
  const b = parameter({
    shape: [side, side],
    load: () => Promise.resolve(new Float32Array(side * side).fill(1 / side)),
  });
  let y = a;
  for (let i = 0; i < products; i++) y = matMul(y, b);
  const session = await openSession(await encodeModel(graph("peak", { y })), { device: "cpu" });
  const feeds = { a: ndarray("float32", { axes: ["n", "c"], shape: [side, side] }) };
  const seconds = await fastest(6, () => session.run(feeds));
  await session[Symbol.asyncDispose]();
  return (2 * side ** 3 * products) / seconds;
}

/** Three months, as the model takes them: one composite or a series. */
const season = { start: "2022-06-01", end: "2022-09-01" };
const patchSidePx = 224;

interface Measured {
  readonly operations: number;
  readonly infer: number;
  readonly prepare: number;
}

async function measure({ model: name, variant, batch, options = {} }: Subject): Promise<Measured> {
  const entry = embedders[name]!;
  // some variants are bound to a kind of imagery
  const modality = entry.card.variants[variant]?.modalities?.[0];
  const model = resolveModel(entry.card, {
    name,
    variant,
    options,
    ...(modality ? { modality } : {}),
  });
  const embedder = (await entry.load()).embedder(model);
  const side = embedder.tileSizePx ?? patchSidePx;
  const patch = testPatch({
    bands: model.sensor.bands,
    times: embedder.frames(season),
    height: side,
    width: side,
  });
  const prepare = await fastest(3, () => {
    for (let i = 0; i < batch; i++) embedder.prepare(patch);
  });
  const prepared = embedder.prepare(patch);
  const shapes = Object.fromEntries(
    Object.entries(prepared).map(([key, { shape }]) => [key, shape]),
  );
  const keys = keyMapOf(name, variant);
  const folder = await mkdtemp(join(tmpdir(), "rsembed-bench-"));
  let session: Session | undefined;
  try {
    const path = join(folder, "model.onnx");
    const graph = embedder.graph(shapes, keys && randomCheckpoint(keys, { seed: 1 }));
    await writeModel(graph, path);
    session = await openSession(path, { device: "cpu" });
    const feeds = stackTensors(Array.from({ length: batch }, () => prepared));
    const outputs = embedder.outputs(pooled());
    await session.run(feeds, { outputs });
    const infer = await fastest(3, () => session!.run(feeds, { outputs }));
    return { operations: graph.operations, infer, prepare };
  } finally {
    await session?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures subjects, each beside a matrix product measured just before it. */
export async function* inferenceFigures(only: readonly string[]): AsyncGenerator<InferenceFigure> {
  for (const subject of subjects) {
    const { model, variant, batch } = subject;
    if (only.length > 0 && !only.includes(model)) continue;
    const peak = await matrixPeak();
    const { operations, infer, prepare } = await measure(subject);
    yield {
      subject: `${model} ${variant}, batch ${batch}`,
      operations: operations / 1e9,
      placesPerSecond: batch / infer,
      shareOfPeak: batch * operations / infer / peak,
      prepareShare: prepare / infer,
    };
  }
}
