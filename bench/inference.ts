/**
 * Inference and preparation of full-size models on random weights, as shares of a plain matrix product's
 * speed in the same run: absolute times of a shared machine mean little, ratios do.
 *
 * @module
 */

import {
  dayMs,
  formatDate,
  ndarray,
  northUpGrid,
  type Patch,
  pooled,
  resolveModel,
} from "@rsembed/core";
import { embedders } from "@rsembed/embedders";
import { randomCheckpoint } from "@rsembed/models/checkpoint";
import { encodeModel, graph, input, matMul, parameter, writeModel } from "@rsembed/models/onnx";
import { openSession, type Session, stackTensors } from "@rsembed/models/runtime";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyMapOf } from "../packages/embedders/_suite/key_maps.ts";

/** A model to measure, and what its encoder multiplies. */
interface Subject {
  readonly model: string;
  readonly variant: string;
  readonly frames: number;
  readonly batch: number;
  /** Encoder: tokens a place, width, blocks, hidden width of the MLP over width. */
  readonly encoder: { tokens: number; width: number; depth: number; mlpRatio: number } | null;
}

/** One line of the table. */
export interface InferenceFigure {
  readonly subject: string;
  readonly placesPerSecond: number;
  /** Share of the matrix product's speed; `null` where the model is no plain encoder. */
  readonly shareOfPeak: number | null;
  /** Preparation over inference, both for one batch. */
  readonly prepareShare: number;
}

const subjects: readonly Subject[] = [
  { model: "mosaiks", variant: "gaussian", frames: 1, batch: 8, encoder: null },
  {
    model: "galileo",
    variant: "nano",
    frames: 1,
    batch: 8,
    encoder: { tokens: 320, width: 128, depth: 4, mlpRatio: 4 },
  },
  {
    model: "galileo",
    variant: "base",
    frames: 1,
    batch: 4,
    encoder: { tokens: 320, width: 768, depth: 12, mlpRatio: 4 },
  },
  {
    model: "remoteclip",
    variant: "vit-b-32",
    frames: 1,
    batch: 8,
    encoder: { tokens: 50, width: 768, depth: 12, mlpRatio: 4 },
  },
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

/** Multiplications and additions of a transformer encoder for one place. */
function encoderOperations(
  { tokens, width, depth, mlpRatio }: NonNullable<Subject["encoder"]>,
): number {
  const linear = 2 * tokens * width ** 2 * (4 + 2 * mlpRatio);
  const attention = 4 * tokens ** 2 * width;
  return depth * (linear + attention);
}

function randomPatch(bands: readonly string[], frames: number): Patch {
  const side = 224;
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames, bands.length, side, side],
  });
  pixels.data.forEach((_, i) => pixels.data[i] = (i * 7919) % 5000);
  const start = Date.parse("2022-06-01");
  return {
    pixels,
    bands,
    times: Array.from({ length: frames }, (_, i) => ({
      start: formatDate(start + 30 * i * dayMs),
      end: formatDate(start + 30 * (i + 1) * dayMs),
    })),
    grid: northUpGrid({
      crs: "EPSG:32632",
      west: 5e5,
      north: 6e6,
      pixelSize: 10,
      width: side,
      height: side,
    }),
    valid: ndarray("uint8", {
      axes: ["t", "y", "x"],
      shape: [frames, side, side],
      data: new Uint8Array(frames * side * side).fill(1),
    }),
    provenance: { provider: "bench", source: "bench", items: [], notes: {} },
  };
}

async function measure(subject: Subject): Promise<{ infer: number; prepare: number }> {
  const { model: name, variant, frames, batch } = subject;
  const entry = embedders[name]!;
  const model = resolveModel(entry.card, { name, variant });
  const embedder = (await entry.load()).embedder(model);
  const patch = randomPatch(model.sensor.bands, frames);
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
    await writeModel(embedder.graph(shapes, keys && randomCheckpoint(keys, { seed: 1 })), path);
    session = await openSession(path, { device: "cpu" });
    const feeds = stackTensors(Array.from({ length: batch }, () => prepared));
    const outputs = embedder.outputs(pooled());
    await session.run(feeds, { outputs });
    const infer = await fastest(4, () => session!.run(feeds, { outputs }));
    return { infer, prepare };
  } finally {
    await session?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures every subject, each beside a matrix product measured just before it. */
export async function inferenceFigures(): Promise<InferenceFigure[]> {
  const figures: InferenceFigure[] = [];
  for (const subject of subjects) {
    const peak = await matrixPeak();
    const { infer, prepare } = await measure(subject);
    const { model, variant, batch, encoder } = subject;
    figures.push({
      subject: `${model} ${variant}, batch ${batch}`,
      placesPerSecond: batch / infer,
      shareOfPeak: encoder ? (batch * encoderOperations(encoder)) / infer / peak : null,
      prepareShare: prepare / infer,
    });
  }
  return figures;
}
