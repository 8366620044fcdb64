import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { bytesOf, ndarray } from "@rsembed/core";
import { errno, fullDisk } from "./_suite/faulty_disk.ts";
import { inFolder, randoms } from "./_suite/fixtures.ts";
import { disk } from "./disk.ts";
import { createSpool, type Spool, type SpoolColumn } from "./spool.ts";
import type { Cell } from "./writer.ts";

const mebibyte = 2 ** 20;

function cell(index: number, length: number, model = "m"): Cell {
  const random = randoms(index + 1);
  const array = ndarray("uint8", { axes: ["d"], shape: [length] });
  for (let i = 0; i < length; i += 97) array.data[i] = random() * 256;
  return { index, kind: "embedding", model, array };
}

async function bytesAt(spool: Spool, column: SpoolColumn, rows: readonly number[]) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of spool.read(column, rows)) {
    assert(chunk.length <= 4 * mebibyte, "memory holds a block, not a column");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function assertSame(found: Uint8Array, wanted: Uint8Array): void {
  assert.equal(Buffer.compare(found, wanted), 0);
}

test("createSpool() gives back values small and large, in any order of rows", () =>
  inFolder(async (folder) => {
    const spool = await createSpool(join(folder, "run"), disk);
    const lengths = [10, 5 * mebibyte, 0, 3 * mebibyte, 3 * mebibyte, 7, 9 * mebibyte, 1];
    const cells = lengths.map((length, index) => cell(index, length));
    await spool.append(cells.slice(0, 5));
    await spool.append([cell(0, 3, "other")]);
    await spool.append(cells.slice(5));
    const [column, other] = spool.columns;
    assert.deepEqual(column!.indices, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(column!.shapes.map(([length]) => length), lengths);
    for (
      const rows of [[0, 1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1, 0], [3, 4, 0, 1], [2], []]
    ) {
      const wanted = Buffer.concat(rows.map((row) => bytesOf(cells[row]!.array)));
      assertSame(await bytesAt(spool, column!, rows), wanted);
    }
    assertSame(await bytesAt(spool, other!, [0]), bytesOf(cell(0, 3, "other").array));
    await spool[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  }));

test("createSpool() keeps all of a batch or none of it", () =>
  inFolder(async (folder) => {
    let failing = false;
    const moody = {
      ...disk,
      create: async (path: string) => {
        const file = await disk.create(path);
        return {
          ...file,
          write: (bytes: Uint8Array, position: number) =>
            failing && bytes.length === 5
              ? Promise.reject(errno("EIO"))
              : file.write(bytes, position),
        };
      },
    };
    const spool = await createSpool(join(folder, "run"), moody);
    await spool.append([cell(0, 4)]);
    failing = true;
    await assert.rejects(spool.append([cell(1, 4), cell(1, 5, "other")]));
    assert.equal(spool.columns.length, 1);
    assert.deepEqual(spool.columns[0]!.indices, [0]);
    failing = false;
    await spool.append([cell(2, 4), cell(1, 5, "other")]);
    assert.deepEqual(spool.columns[0]!.indices, [0, 2]);
    const wanted = Buffer.concat([cell(0, 4), cell(2, 4)].map(({ array }) => bytesOf(array)));
    assertSame(await bytesAt(spool, spool.columns[0]!, [0, 1]), wanted);
    await spool[Symbol.asyncDispose]();
  }));

test("createSpool() gives back the space of a column that is dropped", () =>
  inFolder(async (folder) => {
    const spool = await createSpool(join(folder, "run"), disk);
    await spool.append([cell(0, 4), cell(0, 4, "other")]);
    const inside = join(folder, (await readdir(folder))[0]!);
    assert.equal((await readdir(inside)).length, 2);
    await spool.drop(spool.columns[0]!);
    assert.equal((await readdir(inside)).length, 1);
    await spool[Symbol.asyncDispose]();
  }));

test("createSpool() says so when there is no room for a folder", () =>
  inFolder(async (folder) => {
    await assert.rejects(createSpool(join(folder, "run"), fullDisk(0)), /is full/);
  }));
