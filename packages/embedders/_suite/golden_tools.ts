/**
 * What reference cases run on: the families' adapters, the npz reader and the runtime.
 *
 * @module
 */

import { openCheckpoint } from "@rsembed/models/checkpoint";
import { writeModel } from "@rsembed/models/onnx";
import { openSession } from "@rsembed/models/runtime";
import { openNpz } from "@rsembed/writers/npz";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GoldenArray } from "./golden_case.ts";
import type { GoldenTools, RunGraph } from "./golden_run.ts";

async function readArrays(path: string): Promise<ReadonlyMap<string, GoldenArray>> {
  const file = await openNpz(path);
  try {
    const arrays = new Map<string, GoldenArray>();
    for (const key of file.keys) arrays.set(key, await file.read(key));
    return arrays;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

/** Runs a graph on the CPU from a temporary file. */
export const runGraph: RunGraph = async ({ embedder, shapes, checkpoint, feeds, outputs }) => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-golden-"));
  const weights = typeof checkpoint === "string" ? await openCheckpoint(checkpoint) : checkpoint;
  try {
    const path = join(folder, "model.onnx");
    await writeModel(embedder.graph(shapes, weights), path);
    const session = await openSession(path, { device: "cpu" });
    try {
      return await session.run(feeds, { outputs });
    } finally {
      await session[Symbol.asyncDispose]();
    }
  } finally {
    await weights?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
};

/** Everything that {@linkcode runGolden} needs. */
export const goldenTools: GoldenTools = {
  adapters: {
    anysat: async () => (await import("../anysat/golden.ts")).adapter,
    galileo: async () => (await import("../galileo/golden.ts")).adapter,
    prithvi: async () => (await import("../prithvi/golden.ts")).adapter,
    remoteclip: async () => (await import("../remoteclip/golden.ts")).adapter,
    satmae: async () => (await import("../satmae/golden.ts")).adapter,
    satmaepp: async () => (await import("../satmaepp/golden.ts")).adapter,
    scalemae: async () => (await import("../scalemae/golden.ts")).adapter,
    terrafm: async () => (await import("../terrafm/golden.ts")).adapter,
    dofa: async () => (await import("../dofa/golden.ts")).adapter,
    olmoearth: async () => (await import("../olmoearth/golden.ts")).adapter,
    fomo: async () => (await import("../fomo/golden.ts")).adapter,
    satvision: async () => (await import("../satvision/golden.ts")).adapter,
    terramind: async () => (await import("../terramind/golden.ts")).adapter,
    wildsat: async () => (await import("../wildsat/golden.ts")).adapter,
    agrifm: async () => (await import("../agrifm/golden.ts")).adapter,
    presto: async () => (await import("../presto/golden.ts")).adapter,
    clay: async () => (await import("../clay/golden.ts")).adapter,
    thor: async () => (await import("../thor/golden.ts")).adapter,
  },
  readArrays,
  openCheckpoint,
  runGraph,
};
