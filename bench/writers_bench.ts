/**
 * Writing vectors in each format, beside numpy, h5py and zarr-python where they are: MB/s and bytes of a vector.
 *
 * Usage: deno run -A bench/writers_bench.ts [PYTHON]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bytesOf, lookup, ndarray } from "@rsembed/core";
import { memoryDataset, writers } from "@rsembed/writers";

const places = 20_000, dim = 768;
const totalMb = places * dim * 4 / 1e6;
const python = Deno.args[0] ?? "python3";
const folder = mkdtempSync(join(tmpdir(), "rsembed-writers-"));

// numbers as embeddings have them: normal, so that little can be gained by packing
let state = 1;
const uniform = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
const normal = () =>
  Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
const all = ndarray("float32", { axes: ["place", "d"], shape: [places, dim] });
for (let i = 0; i < all.data.length; i++) all.data[i] = normal();
const where = { start: "2022-06-01", end: "2022-09-01", source: "x", items: [], grid: null };
const dataset = memoryDataset(
  Array.from({ length: places }, (_, index) => ({
    kind: "embedding" as const,
    model: "m",
    array: ndarray("float32", {
      axes: ["d"],
      shape: [dim],
      data: all.data.subarray(index * dim, (index + 1) * dim),
    }),
    place: {
      ...where,
      index,
      name: `p${index}`,
      footprint: [[9, 57], [9.01, 57], [9.01, 57.01], [9, 57.01]] as const,
      validFraction: 1,
    },
  })),
  {
    layout: "combined",
    placeCount: places,
    about: { createdBy: "bench", fingerprint: "", output: {}, models: [], quantization: null },
  },
);

try {
  const source = join(folder, "values.f32");
  writeFileSync(source, bytesOf(all));
  const script = fileURLToPath(new URL("writers_bench.py", import.meta.url));
  const { stdout } = spawnSync(python, [script, folder, source, String(places), String(dim)]);
  const theirs = new Map(
    `${stdout}`.trim().split("\n").map((line) => {
      const [name, seconds, bytes] = line.split(" ");
      return [name!, { seconds: Number(seconds), bytes: Number(bytes) }];
    }),
  );
  const names = { npz: "numpy", netcdf: "h5py, gzip 4", zarr: "zarr-python, gzip 5" };
  console.log(`${places} vectors of ${dim} float32, ${totalMb.toFixed(0)} MB; best of 3, synced`);
  for (const id of ["npz", "netcdf", "zarr", "geoparquet", "clay"]) {
    const { card, load } = lookup(writers, id, "format");
    const format = await load();
    let best = Infinity, bytes = 0;
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      const file = await format.write(join(folder, `ours${card.extensions[0]}`), dataset);
      best = Math.min(best, (performance.now() - start) / 1000);
      bytes = file.sizeBytes;
    }
    const other = theirs.get(id);
    const beside = other && Number.isFinite(other.seconds)
      ? `; ${names[id as keyof typeof names]} ${(totalMb / other.seconds).toFixed(0)} MB/s, ${
        (other.bytes / places).toFixed(0)
      } bytes: ${(best / other.seconds).toFixed(2)} times its time`
      : "";
    console.log(
      `  ${id.padEnd(10)} ${(totalMb / best).toFixed(0).padStart(4)} MB/s, ${
        (bytes / places).toFixed(0)
      } bytes a vector${beside}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
