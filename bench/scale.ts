/**
 * Exports of few and of many places, each in a process of its own: time a place, peak memory, and the time to
 * find a finished run finished. Memory is measured twice: as V8 likes it, which lets garbage lie, and told to keep
 * its heap small, which shows what is really held.
 *
 * Usage: deno run -A bench/scale.ts [MANY [FORMAT ...]]     (30000 places, all formats)
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { pointBuffer, type Spatial } from "@rsembed/core";
import { exportBatch } from "@rsembed/pipelines";

const few = 1000;
const formats = ["npz", "netcdf", "zarr", "geoparquet", "clay"];

/** What one process says of its export. */
interface Figures {
  readonly seconds: number;
  readonly peakMb: number;
  readonly againS: number;
}

async function* places(count: number): AsyncGenerator<Spatial> {
  for (let i = 0; i < count; i++) {
    yield pointBuffer({ lon: 5 + i % 400 / 100, lat: 45 + Math.floor(i / 400) / 100, bufferM: 40 });
  }
}

async function child(format: string, count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rsembed-scale-"));
  try {
    const run = async () => {
      const start = performance.now();
      const report = await exportBatch({
        spatials: places(count),
        models: ["mosaiks?features=64"],
        target: { layout: "combined", path: join(folder, "many"), names: null },
        format,
        saveInputs: false,
        resume: true,
      }, { backend: "synthetic" });
      if (report.okCount !== count) throw new Error(`${report.okCount} of ${count}`);
      return (performance.now() - start) / 1000;
    };
    const seconds = await run();
    const peakMb = process.resourceUsage().maxRSS / 1024;
    const againS = await run();
    console.log(JSON.stringify({ seconds, peakMb, againS } satisfies Figures));
  } finally {
    rmSync(folder, { recursive: true });
  }
  process.exit(0);
}

/** Makes V8 collect garbage sooner, at a price in time. */
const tidy = "--v8-flags=--optimize-for-size";

function measure(format: string, count: number, flags: readonly string[] = []): Figures {
  const script = fileURLToPath(import.meta.url);
  const args = ["run", "-A", ...flags, script, "child", format, String(count)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`${stderr}`);
  return JSON.parse(`${stdout}`.trim().split("\n").at(-1)!) as Figures;
}

const [first, ...rest] = Deno.args;
if (first === "child") await child(rest[0]!, Number(rest[1]));
const many = Number(first ?? 30_000);
for (const format of rest.length > 0 ? rest : formats) {
  const a = measure(format, few), b = measure(format, many);
  const [heldA, heldB] = [few, many].map((count) => measure(format, count, [tidy]).peakMb);
  const each = (figures: Figures, count: number) =>
    `${(1000 * figures.seconds / count).toFixed(2)} ms`;
  const peak = (from: number, to: number) =>
    `${from.toFixed(0)} -> ${to.toFixed(0)} MB (${((to / from - 1) * 100).toFixed(0)} % more)`;
  console.log(
    `${format.padEnd(10)} ${few} -> ${many} places: a place ${each(a, few)} -> ${
      each(b, many)
    }; peak ${peak(a.peakMb, b.peakMb)}, held ${peak(heldA!, heldB!)}; found finished in ${
      b.againS.toFixed(2)
    } s`,
  );
}
process.exit(0);
