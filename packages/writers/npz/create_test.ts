import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inFolder, randoms } from "../_suite/fixtures.ts";
import type { ArraySink } from "../write_arrays.ts";
import { crc32, crc32Plain } from "../crc32.ts";
import { createNpz } from "./create.ts";
import { openNpz } from "./open.ts";
import { centralHeader, endRecords } from "./zip_records.ts";

/** Cuts bytes at random. */
async function* cut(bytes: Uint8Array, random: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const next = at + Math.floor(random() * 5000);
    yield await Promise.resolve(bytes.subarray(at, next));
    at = next;
  }
}

async function written(
  path: string,
  body: (file: ArraySink) => Promise<void>,
  compression: "store" | "deflate" = "store",
): Promise<Uint8Array> {
  const file = await createNpz(path, { compression });
  try {
    await body(file);
    const { sizeBytes } = await file.commit();
    const bytes = await readFile(path);
    assert.equal(bytes.length, sizeBytes);
    return bytes;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

for (const compression of ["store", "deflate"] as const) {
  test(`createNpz() gives the same bytes however values are cut (${compression})`, () =>
    inFolder(async (folder) => {
      const random = randoms(1);
      const bytes = Uint8Array.from({ length: 300_000 }, () => random() * 16);
      const header = { dtype: "uint16", shape: [150_000] } as const;
      const path = join(folder, "a.npz");
      const whole = await written(
        path,
        (file) => file.add("a", { ...header, chunks: [bytes] }),
        compression,
      );
      const pieces = await written(
        path,
        (file) => file.add("a", { ...header, chunks: cut(bytes, random) }),
        compression,
      );
      assert(Buffer.compare(pieces, whole) === 0);
      assert.equal(whole.length < bytes.length, compression === "deflate");
      const back = await openNpz(path);
      const { data } = await back.read("a");
      assert(Buffer.compare(new Uint8Array(data.buffer), bytes) === 0);
      await back[Symbol.asyncDispose]();
    }));

  test(`createNpz() refuses more or fewer bytes than the shape says (${compression})`, () =>
    inFolder(async (folder) => {
      for (const length of [0, 11, 13, 1000]) {
        const file = await createNpz(join(folder, "a.npz"), { compression });
        const chunks = [new Uint8Array(length)];
        const adding = file.add("a", { dtype: "float32", shape: [3], chunks });
        await assert.rejects(adding, RangeError);
        await assert.rejects(file.commit(), /earlier call failed/);
        await file[Symbol.asyncDispose]();
        assert.deepEqual(await readdir(folder), []);
      }
    }));

  test(`createNpz() passes on what the values throw (${compression})`, () =>
    inFolder(async (folder) => {
      const reason = new Error("no more");
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(new Uint8Array(4));
        throw reason;
      }
      const file = await createNpz(join(folder, "a.npz"), { compression });
      const adding = file.add("a", { dtype: "float32", shape: [3], chunks: failing() });
      await assert.rejects(adding, (error) => error === reason);
      await file[Symbol.asyncDispose]();
      assert.deepEqual(await readdir(folder), []);
    }));
}

test("createNpz() refuses names that are taken or no names", () =>
  inFolder(async (folder) => {
    const file = await createNpz(join(folder, "a.npz"));
    const array = { dtype: "uint8", shape: [1], chunks: [new Uint8Array(1)] } as const;
    await file.add("a", array);
    for (const name of ["a", "", "/a", "../a", "b/../a", "a\\b", "a\0"]) {
      await assert.rejects(file.add(name, array), TypeError, name);
    }
    await file.add("é/b", array);
    await file.commit();
    await file[Symbol.asyncDispose]();
    const back = await openNpz(join(folder, "a.npz"));
    assert.deepEqual(back.keys, ["a", "é/b"]);
    assert.deepEqual([...(await back.read("é/b")).data], [0]);
    await back[Symbol.asyncDispose]();
  }));

test("crc32Plain() agrees with the runtime's", () => {
  const random = randoms(2);
  const bytes = Uint8Array.from({ length: 1000 }, () => random() * 256);
  assert.equal(crc32Plain(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32Plain(bytes), crc32(bytes));
  for (const sum of [crc32, crc32Plain]) assert.equal(sum(new Uint8Array(0), 7), 7);
  assert.equal(crc32Plain(bytes.subarray(99), crc32Plain(bytes.subarray(0, 99))), crc32(bytes));
});

test("centralHeader() and endRecords() go over to zip64 at the limits of zip", () => {
  const name = new TextEncoder().encode("a.npy");
  const member = { name, method: 0, crc: 5, sizeBytes: 1, storedBytes: 1, offset: 0 };
  const limit = 2 ** 32 - 1;
  assert.equal(centralHeader({ ...member, offset: limit - 1 }).length, 46 + 5);
  const large = centralHeader({ ...member, sizeBytes: limit, offset: 2 ** 40 });
  assert.equal(large.length, 46 + 5 + 4 + 16);
  const view = new DataView(large.buffer);
  assert.deepEqual(
    [view.getUint32(20, true), view.getUint32(24, true), view.getUint32(42, true)],
    [1, limit, limit],
  );
  assert.equal(view.getBigUint64(51 + 4, true), BigInt(limit));
  assert.equal(view.getBigUint64(51 + 12, true), 2n ** 40n);
  const end = { count: 1, offset: 0, sizeBytes: 50 };
  assert.equal(endRecords({ ...end, count: 65534, offset: limit - 1 }).length, 22);
  for (const over of [{ count: 65535 }, { offset: limit }, { sizeBytes: limit }]) {
    assert.equal(endRecords({ ...end, ...over }).length, 22 + 56 + 20);
  }
});
