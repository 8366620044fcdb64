/**
 * Exports beside their slowest stage alone: stages that overlap cost no more than the slowest of them.
 *
 * Fetching waits, as for a network; inference computes. Whichever is slower is to hide the other. What a format
 * compresses it compresses in the end, which nothing hides.
 *
 * Usage: deno run -A bench/stages.ts
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import {
  canonicalJson,
  exportDefaults,
  inputPrep,
  mapPool,
  type Patch,
  pointBuffer,
  pooled,
  type SensorSpec,
  type Spatial,
} from "@rsembed/core";
import { exportBatch, openModel } from "@rsembed/pipelines";
import { type Provider, providers } from "@rsembed/providers";
import { syntheticProvider } from "@rsembed/providers/synthetic";

/** What is exported. */
interface Subject {
  readonly name: string;
  readonly places: number;
  readonly model: string;
  /** Half the side of a place, metres. */
  readonly bufferM: number;
  /** Time that each fetch waits, milliseconds. */
  readonly latencyMs: number;
  readonly format: string;
  readonly savesInputs: boolean;
}

const subjects: readonly Subject[] = [
  {
    name: "a slow network",
    places: 640,
    model: "mosaiks?features=64",
    bufferM: 160,
    latencyMs: 60,
    format: "npz",
    savesInputs: false,
  },
  {
    name: "a slow model",
    places: 320,
    model: "mosaiks?features=512",
    bufferM: 480,
    latencyMs: 20,
    format: "npz",
    savesInputs: false,
  },
  {
    name: "both alike",
    places: 320,
    model: "mosaiks?features=256",
    bufferM: 480,
    latencyMs: 60,
    format: "netcdf",
    savesInputs: true,
  },
];

const temporal = { start: "2022-06-01", end: "2022-09-01" };

/** Imagery that was made before, behind a network: a processor that renders it is no part of an export. */
async function slowWorld(subject: Subject, sensor: SensorSpec): Promise<Provider> {
  const world = syntheticProvider({});
  const made = new Map<string, Patch>();
  for (const spatial of places(subject)) {
    made.set(canonicalJson(spatial), await world.fetch({ spatial, sensor, frames: [temporal] }));
  }
  return {
    ...world,
    async fetch({ spatial }, options) {
      await setTimeout(subject.latencyMs, undefined, { signal: options?.signal });
      return made.get(canonicalJson(spatial))!;
    },
  };
}

function* places({ places: count, bufferM }: Subject) {
  for (let i = 0; i < count; i++) {
    yield pointBuffer({ lon: 5 + i % 40 / 10, lat: 45 + Math.floor(i / 40) / 10, bufferM });
  }
}

/** Seconds that something takes. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

async function measure(subject: Subject): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rsembed-stages-"));
  const runner = await openModel(subject.model);
  const { sensor } = runner.embedder.model;
  const world = await slowWorld(subject, sensor);
  const synthetic = { ...providers["synthetic"]!, load: () => Promise.resolve(() => world) };
  const patches: Patch[] = [];
  const infer = async () => {
    const { chunkSize: batchSize } = exportDefaults;
    for (let start = 0; start < patches.length; start += batchSize) {
      const items = patches.slice(start, start + batchSize);
      await runner.run(items.map((patch) => ({ patch, output: pooled(), temporal: null })), {
        batchSize,
        inputPrep: inputPrep(),
      });
    }
  };
  const fetch = async () => {
    const one = (spatial: Spatial) => world.fetch({ spatial, sensor, frames: [temporal] });
    const concurrency = exportDefaults.numWorkers;
    for await (const patch of mapPool(places(subject), one, { concurrency })) patches.push(patch);
  };
  const whole = async () => {
    await exportBatch({
      spatials: [...places(subject)],
      models: [subject.model],
      temporal: { mode: "range", ...temporal },
      target: { layout: "combined", path: join(folder, "run"), names: null },
      format: subject.format,
      saveInputs: subject.savesInputs,
    }, { backend: "synthetic", providers: { synthetic } });
  };
  try {
    const fetchS = await timed(fetch);
    await infer(); // what is compiled is compiled
    const inferS = await timed(infer);
    const wholeS = await timed(whole);
    const slowest = Math.max(fetchS, inferS);
    console.log(
      `${subject.name.padEnd(16)} fetch ${fetchS.toFixed(2)} s, infer ${inferS.toFixed(2)} s, ` +
        `export ${wholeS.toFixed(2)} s: ${(wholeS / slowest).toFixed(2)} of the slowest stage`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const subject of subjects) await measure(subject);
process.exit(0);
