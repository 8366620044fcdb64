import assert from "node:assert/strict";
import { test } from "node:test";
import { isRsembedError, northUpGrid } from "@rsembed/core";
import { createRangeClient, type RangeClientOptions } from "../http/range_client.ts";
import { type FileFault, type FileServer, startFileServer } from "../http/testdata/file_server.ts";
import { type CogReader, createCogReader, levelFor } from "./cog.ts";
import { tinyCog } from "./testdata/tiny_cog.ts";

const grid = northUpGrid({
  crs: "EPSG:32632",
  west: 500_000,
  north: 6_300_000,
  pixelSize: 10,
  width: 500,
  height: 300,
});
// neighbours have nothing in common, so that tiles do not become small
const value = (column: number, row: number) =>
  1 + (Math.imul(column * 7919 + row * 104_729, 2_654_435_761) >>> 8) % 4001;
const bytes = tinyCog({ grid, type: "uint16", value, tile: 64, levels: 3, nodata: 0 });

interface Fixture {
  readonly server: FileServer;
  readonly href: string;
  readonly open: (options?: RangeClientOptions & { cacheBytes?: number }) => CogReader;
}

async function withServer(fn: (fixture: Fixture) => Promise<void>): Promise<void> {
  const server = await startFileServer();
  server.files.set("/a.tif", bytes);
  try {
    await fn({
      server,
      href: `${server.url}/a.tif`,
      open: ({ cacheBytes, ...options } = {}) =>
        createCogReader({ client: createRangeClient({ backoffMs: 1, ...options }), cacheBytes }),
    });
  } finally {
    await server.close();
  }
}

async function check(
  reader: CogReader,
  href: string,
  window = { x: 37, y: 21, width: 200, height: 90 },
) {
  const cog = await reader.open(href);
  const raster = await reader.read(cog, { level: cog.levels[0]!, window, bands: [0] });
  for (let y = 0; y < window.height; y++) {
    for (let x = 0; x < window.width; x++) {
      const at = y * window.width + x;
      if (raster.data[at] !== value(window.x + x, window.y + y)) assert.fail(`pixel ${x} ${y}`);
    }
  }
  assert(!raster.valid.includes(0));
}

test("a window costs one request for the tables and one for each run of neighbouring tiles", async () => {
  await withServer(async ({ server, href, open }) => {
    const reader = open();
    await check(reader, href, { x: 70, y: 70, width: 150, height: 50 });
    assert.equal(server.seen.length, 2);
    const asked = server.seen.map(({ range }) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range!)!;
      return Number(to) - Number(from) + 1;
    });
    assert.equal(asked[0], 16_384);
    assert(asked[1]! < bytes.length / 4, `${asked[1]} of ${bytes.length} bytes`);
  });
});

test("places that share tiles fetch each once, also at the same time", async () => {
  await withServer(async ({ server, href, open }) => {
    const reader = open();
    await Promise.all([
      check(reader, href, { x: 0, y: 0, width: 100, height: 60 }),
      check(reader, href, { x: 20, y: 10, width: 100, height: 50 }),
      check(reader, href, { x: 64, y: 0, width: 64, height: 64 }),
    ]);
    const before = server.seen.length;
    await check(reader, href, { x: 3, y: 3, width: 120, height: 60 });
    assert.equal(server.seen.length, before);
    assert.equal(before, 2);
    assert.equal(reader.cache.counts.made, 2);
  });
});

test("what does not fit into the cache is dropped, the oldest first, and read again", async () => {
  await withServer(async ({ server, href, open }) => {
    const reader = open({ cacheBytes: 2 * 64 * 64 * 2 });
    await check(reader, href, { x: 0, y: 0, width: 448, height: 64 });
    assert(reader.cache.counts.size <= 2 * 64 * 64 * 2);
    const before = server.seen.length;
    await check(reader, href, { x: 390, y: 0, width: 50, height: 64 });
    assert.equal(server.seen.length, before);
    await check(reader, href, { x: 0, y: 0, width: 64, height: 64 });
    assert.equal(server.seen.length, before + 1);
  });
});

test("the coarsest level with pixels no longer than the target's is taken", async () => {
  await withServer(async ({ href, open }) => {
    const cog = await open().open(href);
    assert.deepEqual(cog.levels.map((level) => level.grid.width), [500, 250, 125]);
    const scaled = (pixelSize: number) =>
      northUpGrid({
        crs: "EPSG:32632",
        west: 500_000,
        north: 6_300_000,
        pixelSize,
        width: 4,
        height: 4,
      });
    const widths = [5, 10, 15, 20, 39, 40, 500].map((scale) =>
      levelFor(cog, scaled(scale)).grid.width
    );
    assert.deepEqual(widths, [500, 500, 500, 250, 250, 125, 125]);
    assert.equal(cog.levels[2]!.grid.transform[0], 40);
  });
});

const faults: Readonly<Record<string, FileFault>> = {
  "an overrun host": { status: 429, headers: { "retry-after": "0" } },
  "a host that fails": { status: 503 },
  "a cut connection": { cutAfter: 10 },
  "bytes of elsewhere": { shift: 5 },
  "a damaged tile": { damage: (bytes) => bytes.map((byte, i) => i > 100 ? byte ^ 0xff : byte) },
};

for (const [name, fault] of Object.entries(faults)) {
  test(`a window is read again after ${name}`, async () => {
    await withServer(async ({ server, href, open }) => {
      const reader = open();
      await reader.open(href);
      server.faults.push(fault);
      await check(reader, href);
    });
  });
}

test("what cannot be read is said by kind, and tried again by the next", async () => {
  await withServer(async ({ server, href, open }) => {
    const cases: readonly [FileFault[], string, (e: unknown) => boolean][] = [
      [[], "/b.tif", (e) => isRsembedError(e, "not-found")],
      [[{ status: 403 }], "/a.tif", (e) => isRsembedError(e, "auth")],
      [[{ ignoreRange: true }], "/a.tif", (e) => isRsembedError(e, "unsupported")],
      [
        [{ status: 400 }],
        "/a.tif",
        (e) => isRsembedError(e, "unavailable") && e.facts.permanent === true,
      ],
      [[{ status: 500 }, { status: 500 }], "/a.tif", (e) => isRsembedError(e, "unavailable")],
      [[{ hang: true }, { hang: true }], "/a.tif", (e) => isRsembedError(e, "unavailable")],
      [[{ damage: () => new Uint8Array(16_384) }], "/a.tif", (e) => isRsembedError(e, "corrupt")],
    ];
    for (const [wrong, path, isExpected] of cases) {
      const reader = open({ maxRetries: 1, timeoutMs: 200 });
      server.faults.push(...wrong);
      await assert.rejects(reader.open(server.url + path), isExpected, path);
      server.faults.length = 0;
      if (path === "/a.tif") await check(reader, href);
    }
  });
});

test("a tile that stays damaged is an error with its file, and takes no others with it", async () => {
  await withServer(async ({ server, href, open }) => {
    const reader = open();
    const cog = await reader.open(href);
    const damaged = bytes.slice();
    const { offsets, lengths } = cog.levels[0]!.table;
    damaged.fill(0xff, offsets[0], offsets[0]! + lengths[0]!);
    server.files.set("/a.tif", damaged);
    const window = { x: 0, y: 0, width: 64, height: 64 };
    await assert.rejects(
      reader.read(cog, { level: cog.levels[0]!, window, bands: [0] }),
      (e) => isRsembedError(e, "corrupt") && e.facts.source === href,
    );
    await check(reader, href, { x: 128, y: 0, width: 64, height: 64 });
  });
});

test("whoever is stopped leaves what others wait for", async () => {
  await withServer(async ({ server, href, open }) => {
    const reader = open();
    await reader.open(href);
    server.faults.push({ delayMs: 60 });
    const stopping = new AbortController();
    const cog = await reader.open(href);
    const window = { x: 0, y: 0, width: 64, height: 64 };
    const part = { level: cog.levels[0]!, window, bands: [0] };
    const first = reader.read(cog, part, { signal: stopping.signal });
    const second = reader.read(cog, part);
    setTimeout(() => stopping.abort(new Error("enough")), 10);
    await assert.rejects(first, /^Error: enough$/);
    assert.equal((await second).data[0], value(0, 0));
    // and when the last has left, the next begins anew
    server.faults.push({ hang: true });
    const alone = new AbortController();
    const other = { ...part, window: { ...window, x: 200 } };
    const lonely = reader.read(cog, other, { signal: alone.signal });
    setTimeout(() => alone.abort(new Error("enough")), 10);
    await assert.rejects(lonely, /^Error: enough$/);
    assert.equal((await reader.read(cog, other)).data[0], value(200, 0));
  });
});

test("a host gets as many requests at once as are allowed, fewer once it is overrun", async () => {
  await withServer(async ({ server, href, open }) => {
    const reader = open({ maxConcurrent: 4 });
    const cog = await reader.open(href);
    for (let i = 0; i < 40; i++) server.faults.push({ delayMs: 5 });
    const windows = [0, 64, 128, 192, 256].flatMap((y) =>
      [0, 448].map((x) => ({ x, y, width: 20, height: 20 }))
    );
    await Promise.all(
      windows.map((window) => reader.read(cog, { level: cog.levels[0]!, window, bands: [0] })),
    );
    assert(server.peak.requests <= 4, `${server.peak.requests} at once`);
  });
});
