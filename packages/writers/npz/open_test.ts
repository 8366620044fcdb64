import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32, deflateRawSync } from "node:zlib";
import { bytesOf, type ErrorCode, isRsembedError } from "@rsembed/core";
import { inFolder } from "../_suite/fixtures.ts";
import { arraySha1 } from "../array_sha1.ts";
import type { ArrayFile } from "../writer.ts";
import { encodeNpyHeader } from "./npy_header.ts";
import { openNpz } from "./open.ts";
import { centralHeader, endRecords, localHeader, type Member, methods } from "./zip_records.ts";

const testdata = new URL("./testdata/", import.meta.url);

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, testdata));
}

async function jsonOf<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, testdata), "utf8"));
}

async function withNpz(path: string, body: (file: ArrayFile) => Promise<void>): Promise<void> {
  const file = await openNpz(path);
  try {
    await body(file);
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

interface PeerExport {
  readonly models: Record<
    string,
    {
      readonly [K in "embeddings" | "inputs"]: {
        readonly shape: number[];
        readonly sha256_f32le: string;
        readonly nan_rows: number[];
      } | null;
    }
  >;
}

for (const name of ["peer_gap", "peer_series"]) {
  test(`openNpz() reads what rs-embed wrote, as rs-embed reads it (${name})`, async () => {
    const { models } = await jsonOf<PeerExport>(`${name}.json`);
    await withNpz(pathOf(`${name}.npz`), async (file) => {
      let compared = 0;
      for (const [model, expected] of Object.entries(models)) {
        const m = model.replace("-", "_");
        for (
          const [kind, stackedKey, singleKey] of [
            ["embeddings", `embeddings__${m}`, `embedding__${m}__`],
            ["inputs", `inputs_bchw__${m}`, `input_chw__${m}__`],
          ] as const
        ) {
          const wanted = expected[kind];
          if (!wanted) continue;
          const bytes = new Uint8Array(4 * wanted.shape.reduce((n, side) => n * side, 1));
          const dense = file.keys.includes(stackedKey);
          if (dense) {
            const array = await file.read(stackedKey);
            assert.deepEqual(array.shape, wanted.shape);
            bytes.set(bytesOf(array));
          } else {
            new Float32Array(bytes.buffer).fill(NaN);
            const rowBytes = bytes.length / wanted.shape[0]!;
            for (const key of file.keys.filter((key) => key.startsWith(singleKey))) {
              bytes.set(bytesOf(await file.read(key)), Number(key.slice(-5)) * rowBytes);
            }
          }
          assert.equal(createHash("sha256").update(bytes).digest("hex"), wanted.sha256_f32le);
          compared++;
        }
      }
      assert(compared >= 2);
    });
  });
}

test("openNpz() and arraySha1() agree with the checksums of rs-embed's manifest", async () => {
  type Twin = { arrays: Record<string, { dtype: string; shape: number[]; sha1: string }> };
  const { arrays } = await jsonOf<Twin>("peer_item.json");
  await withNpz(pathOf("peer_item.npz"), async (file) => {
    assert.deepEqual([...file.keys].sort(), Object.keys(arrays).sort());
    for (const [key, { dtype, shape, sha1 }] of Object.entries(arrays)) {
      const array = await file.read(key);
      assert.deepEqual([array.dtype, array.shape], [dtype, shape]);
      assert.equal(arraySha1(array), sha1);
    }
  });
});

test("openNpz() reads an archive without arrays", async () => {
  await withNpz(pathOf("peer_empty.npz"), (file) => {
    assert.deepEqual(file.keys, []);
    return Promise.resolve();
  });
});

interface NumpyTwin {
  readonly arrays: Record<string, { dtype: string; shape: number[]; hex: string }>;
  readonly refused: string[];
}

test("openNpz() reads every dtype, byte order and axis order of numpy", async () => {
  const { arrays } = await jsonOf<NumpyTwin>("numpy.json");
  await withNpz(pathOf("numpy.npz"), async (file) => {
    assert(!file.keys.some((key) => key.startsWith("notes")), "only arrays are listed");
    for (const [key, { dtype, shape, hex }] of Object.entries(arrays)) {
      assert.deepEqual(await file.info(key), { dtype, shape }, key);
      const array = await file.read(key);
      assert.deepEqual(array.axes, shape.map((_, i) => `d${i}`));
      const found = [...bytesOf(array)].map((byte) => byte.toString(16).padStart(2, "0"));
      assert.equal(found.join(""), hex, key);
    }
  });
});

test("openNpz() refuses pickled objects, records, text, dates and complex numbers", async () => {
  const { refused } = await jsonOf<NumpyTwin>("numpy.json");
  await withNpz(pathOf("numpy.npz"), async (file) => {
    for (const key of refused) {
      for (const call of [() => file.read(key), () => file.info(key)]) {
        await assert.rejects(call, (error) => isRsembedError(error, "unsupported"), key);
      }
    }
  });
});

/** A member of a crafted archive; what is not given is as it should be. */
interface Crafted extends Partial<Omit<Member, "name">> {
  readonly name?: string;
  readonly data: Uint8Array;
  /** Of the local header, where it differs. */
  readonly localName?: string;
}

function npy(shape: readonly number[] = [3], values = Uint8Array.of(1, 2, 3)): Uint8Array {
  const header = encodeNpyHeader({ dtype: "uint8", shape });
  return Uint8Array.of(...header, ...values);
}

function craft(
  parts: readonly Crafted[],
  end: Partial<Parameters<typeof endRecords>[0]> = {},
): Uint8Array {
  const pieces: Uint8Array[] = [];
  const members: Member[] = [];
  let offset = 0;
  const push = (bytes: Uint8Array) => {
    pieces.push(bytes);
    offset += bytes.length;
  };
  for (const { name = "a.npy", localName = name, data, ...rest } of parts) {
    const member: Member = {
      method: methods.stored,
      crc: crc32(data),
      sizeBytes: data.length,
      storedBytes: data.length,
      offset,
      ...rest,
      name: new TextEncoder().encode(name),
    };
    members.push(member);
    push(localHeader({ ...member, name: new TextEncoder().encode(localName) }));
    push(data);
  }
  const start = offset;
  members.forEach((member) => push(centralHeader(member)));
  push(endRecords({ count: members.length, offset: start, sizeBytes: offset - start, ...end }));
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** Opens crafted bytes and reads all arrays. */
async function readCrafted(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const out: Record<string, number[]> = {};
  await inFolder(async (folder) => {
    const path = join(folder, "a.npz");
    await writeFile(path, bytes);
    await withNpz(path, async (file) => {
      for (const key of file.keys) out[key] = [...bytesOf(await file.read(key))];
    });
  });
  return out;
}

async function refuses(bytes: Uint8Array, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(readCrafted(bytes), (error) => {
    assert(isRsembedError(error, code), String(error));
    assert.match(error.message, message);
    return true;
  });
}

test("openNpz() reads an archive followed by a comment", async () => {
  const bytes = craft([{ data: npy() }]);
  bytes[bytes.length - 2] = 30;
  const comment = new Uint8Array(30).fill(0x50);
  assert.deepEqual(await readCrafted(Uint8Array.of(...bytes, ...comment)), { a: [1, 2, 3] });
});

test("openNpz() reads zip64 records in a small archive", async () => {
  const offset = localHeader({
    name: new Uint8Array(5),
    method: 0,
    crc: 0,
    sizeBytes: 0,
    storedBytes: 0,
  }).length + npy().length;
  const plain = craft([{ data: npy() }]);
  const sizeBytes = plain.length - 22 - offset;
  // the same values, written in the long form that more than 4 GiB would need
  const huge = endRecords({ count: 1, offset: 2 ** 33, sizeBytes });
  const view = new DataView(huge.buffer);
  view.setBigUint64(48, BigInt(offset), true);
  view.setBigUint64(56 + 8, BigInt(plain.length - 22), true);
  const bytes = Uint8Array.of(...plain.subarray(0, -22), ...huge);
  assert.deepEqual(await readCrafted(bytes), { a: [1, 2, 3] });
  view.setBigUint64(56 + 8, 2n ** 62n, true);
  await refuses(Uint8Array.of(...plain.subarray(0, -22), ...huge), "corrupt", /cut short/);
});

test("openNpz() refuses sizes that the file cannot hold, before making room", async () => {
  const data = npy();
  const huge = npy([2 ** 40], new Uint8Array(0));
  const claims: readonly [Crafted, RegExp][] = [
    [{ data, sizeBytes: 2 ** 45 }, /claims 35184372088832 bytes/],
    [{ data, sizeBytes: 2 ** 45, storedBytes: 2 ** 45 }, /reaches into/],
    [{ data: huge }, /its shape \(1099511627776\) needs/],
    [{ data: huge, sizeBytes: 128 + 2 ** 40 }, /claims/],
    [{ data: npy([2]) }, /3 bytes of values, its shape \(2\) needs 2/],
    [{ data: npy([4]) }, /its shape \(4\) needs 4/],
    [{ data, offset: 2 ** 40 }, /reaches into/],
    [{ data: data.subarray(0, 100) }, /cut short/],
    [{ data: data.subarray(0, 5) }, /too early/],
    [{ data: npy([2 ** 30, 2 ** 30], new Uint8Array(0)) }, /too large/],
  ];
  for (const [part, message] of claims) await refuses(craft([part]), "corrupt", message);
});

test("openNpz() refuses deflated members that claim or hold more than they may", async () => {
  const data = npy([1000], new Uint8Array(1000));
  const packed = deflateRawSync(data);
  const part = {
    data: packed,
    method: methods.deflated,
    crc: crc32(data),
    sizeBytes: data.length,
  };
  assert.equal((await readCrafted(craft([part])))["a"]!.length, 1000);
  const bomb = 2000 * packed.length;
  await refuses(craft([{ ...part, sizeBytes: bomb }]), "corrupt", /claims/);
  const longer = deflateRawSync(Uint8Array.of(...data, 0));
  await refuses(craft([{ ...part, data: longer }]), "corrupt", /more than/);
  await refuses(craft([{ ...part, data: packed.subarray(0, -3) }]), "corrupt", /damaged|early/);
  const noise = new Uint8Array(200).fill(0xff);
  await refuses(craft([{ ...part, data: noise }]), "corrupt", /damaged/);
});

test("openNpz() refuses directories that lie", async () => {
  const data = npy();
  const two = [{ data }, { name: "b.npy", data }];
  await refuses(craft([{ data }, { data }]), "corrupt", /"a.npy" twice/);
  await refuses(craft([{ data }, { name: "b.npy", data, offset: 0 }]), "corrupt", /reaches into/);
  await refuses(craft([{ data, localName: "b.npy" }]), "corrupt", /header of "a.npy"/);
  await refuses(craft(two, { count: 3 }), "corrupt", /directory/);
  await refuses(craft(two, { count: 2 ** 40 }), "corrupt", /directory/);
  await refuses(craft(two, { offset: 2 ** 40 }), "corrupt", /cut short/);
  await refuses(craft(two, { sizeBytes: 2 ** 31 }), "corrupt", /directory/);
  await refuses(craft([{ data, crc: 1 }]), "corrupt", /checksum/);
  await refuses(craft([{ data: new Uint8Array(200) }]), "corrupt", /no .npy array/);
});

test("openNpz() refuses other compressions and encryption", async () => {
  const data = npy();
  await refuses(craft([{ data, method: 12 }]), "unsupported", /method 12/);
  const encrypted = craft([{ data }]);
  const central = encrypted.length - 22 - 46 - 5;
  encrypted[central + 8]! |= 1;
  await refuses(encrypted, "unsupported", /encrypted/);
});
