import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pointBuffer, type Spatial } from "@rsembed/core";
import { type ProviderCatalog, providers as all } from "@rsembed/providers";
import { exportBatch } from "./export.ts";
import { curvePosition, inFetchOrder } from "./place_order.ts";

test("curvePosition() of neighbouring cells follow each other", () => {
  const cells = new Map<number, readonly [number, number]>();
  const step = [360 / 2 ** 16, 180 / 2 ** 16] as const;
  for (let x = 0; x < 32; x++) {
    for (let y = 0; y < 32; y++) {
      cells.set(
        curvePosition({ lon: -180 + (x + 0.5) * step[0], lat: -90 + (y + 0.5) * step[1] }),
        [x, y],
      );
    }
  }
  assert.equal(cells.size, 1024);
  for (let i = 1; i < 1024; i++) {
    const [[ax, ay], [bx, by]] = [cells.get(i - 1)!, cells.get(i)!];
    assert.equal(Math.abs(ax - bx) + Math.abs(ay - by), 1, `${i}`);
  }
});

test("inFetchOrder() gives every place once with its position, streams as they come", async () => {
  const places = Array.from(
    { length: 40 },
    (_, i) => pointBuffer({ lon: (i * 37) % 40, lat: (i * 11) % 30, bufferM: 100 }),
  );
  const numbered = [];
  for await (const one of inFetchOrder(places, places.length)) numbered.push(one);
  assert.deepEqual(numbered.map(({ index }) => index).sort((a, b) => a - b), [...places.keys()]);
  for (const { spatial, index } of numbered) assert.equal(spatial, places[index]);
  const streamed = [];
  for await (const { index } of inFetchOrder(places, null)) streamed.push(index);
  assert.deepEqual(streamed, [...places.keys()]);
});

test("exportBatch() fetches neighbours one after another, and writes rows in the order given", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-order-"));
  try {
    // two towns, in turns
    const places = Array.from(
      { length: 12 },
      (_, i) => pointBuffer({ lon: (i % 2 === 0 ? 9 : 70) + i / 1000, lat: 50, bufferM: 80 }),
    );
    const seen: number[] = [];
    const { synthetic } = all;
    const providers: ProviderCatalog = {
      synthetic: {
        ...synthetic!,
        load: async () => {
          const make = await synthetic!.load();
          return async (settings) => {
            const world = await make(settings);
            return {
              ...world,
              fetch(request, options) {
                if (request.spatial.kind === "point") seen.push(request.spatial.lon);
                return world.fetch(request, options);
              },
            };
          };
        },
      },
    };
    const run = async (spatials: readonly Spatial[] | AsyncIterable<Spatial>, name: string) => {
      const path = join(folder, name);
      await exportBatch({
        spatials,
        models: ["mosaiks?features=8"],
        target: { layout: "combined", path, names: null },
        saveInputs: false,
        numWorkers: 1,
        chunkSize: 3,
      }, { backend: "synthetic", providers });
      return await readFile(path);
    };
    const sorted = await run(places, "a.npz");
    const jumps = seen.slice(1).filter((lon, i) => Math.abs(lon - seen[i]!) > 10).length;
    assert.equal(jumps, 1);
    const streamed = await run(
      (async function* () {
        yield* places;
      })(),
      "b.npz",
    );
    assert.deepEqual(sorted, streamed);
  } finally {
    await rm(folder, { recursive: true });
  }
});
