/**
 * Windows of cloud-optimised GeoTIFFs beside rasterio (GDAL), in one run; requests and bytes of places that
 * lie close together; a composite of many scenes.
 *
 * Usage: deno run -A bench/cog_bench.ts [PYTHON]
 *
 * Needs a Python with numpy and rasterio for the files and for the comparison, and says so where there is
 * none.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { pointBuffer, sensorSpec } from "@rsembed/core";
import { createRangeClient } from "../packages/providers/http/range_client.ts";
import { startFileServer } from "../packages/providers/http/testdata/file_server.ts";
import { s2Scene, startWorld } from "../packages/providers/stac/testdata/world.ts";
import { createCogReader } from "../packages/providers/tiff/cog.ts";
import { openGeoTiff } from "../packages/providers/tiff/geotiff.ts";

const python = Deno.args[0] ?? "python3";
const script = fileURLToPath(new URL("cog_bench.py", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rsembed-cog-"));
const codecs = ["DEFLATE", "LZW", "ZSTD"];
const windows = ["3000,4000,224", "3000,4000,2048"];

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(python, [script, ...args]);
  if (status === 3) {
    console.log(`skipped: ${stdout}`.trim());
    process.exit(0);
  }
  if (status !== 0) throw new Error(`${stderr}`);
  return `${stdout}`;
}

/** The same, while this process serves it. */
function runBeside(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [script, ...args]);
    let out = "";
    child.stdout.on("data", (chunk) => out += chunk);
    child.on("error", reject);
    child.on("close", () => resolve(out));
  });
}

function sumOf(data: Float32Array): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum;
}

try {
  run("make", folder);
  const theirs = new Map(
    run("read", folder, ...windows).trim().split("\n").map((line) => {
      const [codec, window, ms, sum] = line.split(" ");
      return [`${codec} ${window}`, { ms: Number(ms), sum: Number(sum) }];
    }),
  );
  console.log("Windows of a 10980 x 10980 uint16 file on disk, median of 5");
  for (const codec of codecs) {
    for (const text of windows) {
      const [x, y, side] = text.split(",").map(Number) as [number, number, number];
      const times: number[] = [];
      let sum = 0;
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        const file = await openGeoTiff(join(folder, `${codec}.tif`));
        const { data } = await file.read({ x, y, width: side, height: side }, [0]);
        await file.close();
        times.push(performance.now() - start);
        sum = sumOf(data);
      }
      const ms = times.sort((a, b) => a - b)[2]!;
      const other = theirs.get(`${codec} ${text}`)!;
      if (sum !== other.sum) throw new Error(`${codec}: ${sum}, not ${other.sum}`);
      console.log(
        `  ${codec.padEnd(8)} ${String(side).padStart(4)} px  ${ms.toFixed(1)} ms, rasterio ${
          other.ms.toFixed(1)
        } ms: ${(ms / other.ms).toFixed(2)} times`,
      );
    }
  }

  const server = await startFileServer();
  server.files.set("/a.tif", readFileSync(join(folder, "DEFLATE.tif")));
  const count = 400, side = 224;
  const client = createRangeClient();
  const reader = createCogReader({ client });
  const start = performance.now();
  const cog = await reader.open(`${server.url}/a.tif`);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const window = {
      x: 2000 + 64 * (i % 20),
      y: 3000 + 64 * Math.floor(i / 20),
      width: side,
      height: side,
    };
    total += sumOf((await reader.read(cog, { level: cog.levels[0]!, window, bands: [0] })).data);
  }
  const ours = performance.now() - start;
  const { requests, bytes } = client.traffic;
  const naive = { requests: 0, bytes: 0 };
  for (let i = 0; i < 20; i++) {
    const alone = createRangeClient();
    const single = createCogReader({ client: alone });
    const opened = await single.open(`${server.url}/a.tif`);
    const window = { x: 2000 + 64 * i, y: 3000 + 64 * i, width: side, height: side };
    await single.read(opened, { level: opened.levels[0]!, window, bands: [0] });
    naive.requests += alone.traffic.requests / 20;
    naive.bytes += alone.traffic.bytes / 20;
  }
  const before = server.seen.length;
  const answer = (await runBeside("dense", `${server.url}/a.tif`, `${count}`, `${side}`)).split(
    " ",
  );
  if (Number(answer[3]) !== total) throw new Error(`dense: ${total}, not ${answer[3]}`);
  console.log(`\n${count} places of ${side} px, 64 px apart, of one file over HTTP`);
  console.log(
    `  together ${(requests / count).toFixed(2)} requests and ${
      (bytes / count / 1024).toFixed(0)
    } KiB a place; each by itself ${naive.requests.toFixed(1)} and ${
      (naive.bytes / 1024).toFixed(0)
    } KiB`,
  );
  console.log(
    `  ${ours.toFixed(0)} ms, rasterio ${Number(answer[2]).toFixed(0)} ms with ${
      server.seen.length - before
    } requests: ${(ours / Number(answer[2])).toFixed(2)} times`,
  );
  await server.close();
} finally {
  rmSync(folder, { recursive: true });
}

// all bands of Sentinel-2 L2A, by the side of their pixels in those of 10 m
const factors = {
  B01: 6,
  B02: 1,
  B03: 1,
  B04: 1,
  B05: 2,
  B06: 2,
  B07: 2,
  B08: 1,
  B8A: 2,
  B09: 6,
  B11: 2,
  B12: 2,
};
const names = Object.keys(factors).map((name) => name.replace(/^B0/, "B"));
const scenes = Array.from({ length: 20 }, (_, i) => {
  const scene = s2Scene(`2022-06-${String(i + 1).padStart(2, "0")}`);
  const bands = Object.entries(factors).map(([name, factor], band) =>
    [name, {
      factor,
      value: (c: number, r: number) =>
        1100 + ((Math.imul(c * 7919 + r * 104_729 + band, 2_654_435_761) >>> 8) + 61 * i) % 3000,
    }] as const
  );
  return { ...scene, bands: { ...scene.bands, ...Object.fromEntries(bands) } };
});
const world = await startWorld({ planetary: scenes });
const request = (step: number) => ({
  spatial: pointBuffer({ lon: 9.795 + 0.004 * step, lat: 57.25, bufferM: 1280 }),
  sensor: sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands: names, cloudyPct: null }),
  frames: [{ start: "2022-06-01", end: "2022-07-01" }],
});
// the files are made when they are first asked for
await world.open().fetch(request(0));
const times = [];
for (let i = 0; i < 3; i++) {
  const start = performance.now();
  await world.open().fetch(request(0));
  times.push(performance.now() - start);
}
console.log(
  `\nA composite of 20 scenes x 12 bands x 256 px over HTTP, from nothing: ${
    times.sort((a, b) => a - b)[1]!.toFixed(0)
  } ms`,
);
const places = 8;
const together = world.open();
const start = performance.now();
for (let i = 0; i < places; i++) await together.fetch(request(i));
const { requests, bytes } = together.traffic();
const seconds = (performance.now() - start) / 1000;
const alone = world.open();
await alone.fetch(request(1));
console.log(
  `${places} such places beside each other: ${(1000 * seconds / places).toFixed(0)} ms, ${
    (requests / places).toFixed(0)
  } requests and ${
    (bytes / places / 1024).toFixed(0)
  } KiB a place; each by itself ${alone.traffic().requests} and ${
    (alone.traffic().bytes / 1024).toFixed(0)
  } KiB`,
);
await world.close();
process.exit(0);
