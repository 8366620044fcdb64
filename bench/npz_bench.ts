/**
 * Speed of `.npz` files, beside a plain file of the same bytes in the same run.
 *
 * @module
 */

import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ndarray } from "@rsembed/core";
import { memoryDataset, openArrayFile, writers } from "@rsembed/writers";
import { createNpz } from "@rsembed/writers/npz";

const places = 64_000;
const dim = 768;
const totalMb = places * dim * 4 / 1e6;

/** Seconds of the fastest of three runs. */
async function fastest(body: () => Promise<void>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    await body();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

const block = new Uint8Array(4 * 2 ** 20).fill(7);

/** The values, in blocks that are not made anew. */
function* blocks(): Generator<Uint8Array> {
  for (let left = places * dim * 4; left > 0; left -= block.length) {
    yield block.subarray(0, left);
  }
}

/** Figures in MB/s; a plain file is the reference. */
export async function npzBench(): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-bench-"));
  const path = join(folder, "a.npz");
  const format = await writers.npz.load();
  const bodies: Record<string, () => Promise<void>> = {
    "plain file, written and synced": async () => {
      const file = await open(join(folder, "plain"), "w");
      for (const bytes of blocks()) await file.write(bytes);
      await file.sync();
      await file.close();
    },
    "createNpz, one array": async () => {
      const file = await createNpz(path);
      await file.add("a", { dtype: "float32", shape: [places, dim], chunks: blocks() });
      await file.commit();
      await file[Symbol.asyncDispose]();
    },
    "a dataset of vectors": async () => {
      const array = ndarray("float32", { axes: ["d"], shape: [dim] });
      const where = { footprint: null, start: null, end: null, source: "", items: [], grid: null };
      const cells = Array.from({ length: places }, (_, index) => ({
        kind: "embedding" as const,
        model: "m",
        array,
        place: { ...where, index, name: `${index}`, validFraction: 1 },
      }));
      const about = { createdBy: "", fingerprint: "", output: {}, models: [], quantization: null };
      const options = { layout: "combined", placeCount: places, about } as const;
      await format.write(path, memoryDataset(cells, options));
    },
    "plain file, read": async () => {
      await readFile(join(folder, "plain"));
    },
    "openArrayFile, read and checked": async () => {
      const file = await openArrayFile(path);
      await file.read("embeddings__m");
      await file[Symbol.asyncDispose]();
    },
  };
  try {
    const figures: Record<string, number> = {};
    for (const [name, body] of Object.entries(bodies)) {
      figures[name] = totalMb / await fastest(body);
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  for (const [name, speed] of Object.entries(await npzBench())) {
    console.log(`${name.padEnd(38)} ${speed.toFixed(0).padStart(6)} MB/s`);
  }
}
