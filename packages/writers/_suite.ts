/**
 * What every format must do, as tests that run on each entry of a catalog.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import {
  arrayKey,
  bytesOf,
  type CatalogEntry,
  isRsembedError,
  ndarray,
  RsembedError,
} from "@rsembed/core";
import { fullDisk, watchedDisk } from "./_faulty_disk.ts";
import { openArrayFile } from "./open_array_file.ts";
import type { AnyArray, Cell, CreateOptions, Format, FormatCard, WrittenFile } from "./writer.ts";

/** Numbers in [0, 1) that are the same in every run. */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls `body` with an empty folder that is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rsembed-writers-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A float32 array with values that tell `seed` and position. */
export function values(shape: readonly number[], seed = 0): AnyArray {
  const array = ndarray("float32", { axes: shape.map((_, i) => `d${i}`), shape });
  array.data.forEach((_, i) => array.data[i] = seed * 1000 + i + 0.5);
  return array;
}

function embedding(model: string, index: number, shape: readonly number[] = [4]): Cell {
  return { index, kind: "embedding", model, array: values(shape, index) };
}

function input(model: string, index: number, shape: readonly number[] = [2, 3, 3]): Cell {
  return { index, kind: "input", model, array: values(shape, 100 + index) };
}

/** All arrays of a file, as dtype, shape and bytes. */
async function contents(
  path: string,
): Promise<Record<string, { dtype: string; shape: readonly number[]; bytes: number[] }>> {
  const file = await openArrayFile(path);
  try {
    const out: Awaited<ReturnType<typeof contents>> = {};
    for (const key of file.keys) {
      const array = await file.read(key);
      const { dtype, shape } = array;
      assert.deepEqual(await file.info(key), { dtype, shape });
      out[key] = { dtype, shape, bytes: [...bytesOf(array)] };
    }
    return out;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

/** What {@linkcode contents} says of one array with a leading axis over others. */
function stacked(arrays: readonly AnyArray[]) {
  return {
    dtype: arrays[0]!.dtype,
    shape: [arrays.length, ...arrays[0]!.shape],
    bytes: arrays.flatMap((array) => [...bytesOf(array)]),
  };
}

function single({ dtype, shape, data }: AnyArray) {
  return { dtype, shape, bytes: [...bytesOf({ data })] };
}

/** Writes batches of cells to a file. */
async function writeAll(
  format: Format,
  path: string,
  { batches, ...options }: CreateOptions & { readonly batches: readonly (readonly Cell[])[] },
): Promise<WrittenFile> {
  const writer = await format.create(path, options);
  try {
    for (const batch of batches) await writer.write(batch);
    return await writer.commit();
  } finally {
    await writer[Symbol.asyncDispose]();
  }
}

/** Runs the tests of a format. */
export function formatSuite({ card, load }: CatalogEntry<FormatCard, Format>): void {
  const extension = card.extensions[0]!;
  const it = (
    name: string,
    body: (format: Format, path: string, folder: string) => Promise<void>,
  ) =>
    test(`${card.id}: ${name}`, () =>
      inFolder(async (folder) => body(await load(), join(folder, `run${extension}`), folder)));
  const combined = (placeCount: number | null) => ({ layout: "combined", placeCount }) as const;
  const perItem = { layout: "per_item", placeCount: 1 } as const;

  if (card.layouts.includes("combined")) {
    it("stacks embeddings when every place has one of one shape", async (format, path) => {
      const cells = [2, 0, 1].map((index) => embedding("toy-rgb", index, [2, 3, 4]));
      const written = await writeAll(format, path, {
        ...combined(3),
        batches: cells.map((cell) => [cell]),
      });
      const wanted = [0, 1, 2].map((index) => embedding("toy-rgb", index, [2, 3, 4]).array);
      assert.deepEqual(await contents(path), { embeddings__toy_rgb: stacked(wanted) });
      assert.deepEqual(written.columns, [{
        kind: "embedding",
        model: "toy-rgb",
        dtype: "float32",
        stacked: true,
        keys: ["embeddings__toy_rgb"],
        indices: [0, 1, 2],
        shape: [3, 2, 3, 4],
      }]);
      assert.equal(written.sizeBytes, (await readFile(path)).length);
    });

    it("keeps one embedding a place when a place is missing", async (format, path) => {
      const written = await writeAll(format, path, {
        ...combined(3),
        batches: [[embedding("m", 2), embedding("m", 0)]],
      });
      assert.deepEqual(await contents(path), {
        embedding__m__00000: single(embedding("m", 0).array),
        embedding__m__00002: single(embedding("m", 2).array),
      });
      assert.deepEqual(written.columns[0]!.indices, [0, 2]);
      assert.deepEqual(written.columns[0]!.keys, ["embedding__m__00000", "embedding__m__00002"]);
      assert.equal(written.columns[0]!.shape, null);
    });

    it("keeps one array a place when shapes differ", async (format, path) => {
      await writeAll(format, path, {
        ...combined(3),
        batches: [[
          ...[3, 4, 3].map((n, index) => embedding("m", index, [2, n, 3])),
          ...[3, 4, 3].map((n, index) => input("m", index, [2, n, 3])),
        ]],
      });
      assert.deepEqual(Object.keys(await contents(path)).sort(), [
        "embedding__m__00000",
        "embedding__m__00001",
        "embedding__m__00002",
        "input_chw__m__00000",
        "input_chw__m__00001",
        "input_chw__m__00002",
      ]);
    });

    it("stacks inputs of one shape though places are missing, and says which", async (f, path) => {
      const written = await writeAll(f, path, {
        ...combined(4),
        batches: [[input("m", 3), input("m", 1)]],
      });
      assert.deepEqual(await contents(path), {
        inputs_bchw__m: stacked([input("m", 1).array, input("m", 3).array]),
      });
      assert.deepEqual(written.columns[0]!.indices, [1, 3]);
      assert.deepEqual(written.columns[0]!.shape, [2, 2, 3, 3]);
    });

    it("gives the same bytes whatever the order and the batches", async (format, path, folder) => {
      const cells = ["b", "a"].flatMap((model) =>
        [0, 1, 2, 3, 4, 5].flatMap((index) => [
          ...(index === 2 && model === "a" ? [] : [embedding(model, index)]),
          input(model, index),
        ])
      );
      await writeAll(format, path, { ...combined(6), batches: [cells] });
      const wanted = await readFile(path);
      const random = randoms(7);
      for (let round = 0; round < 5; round++) {
        const shuffled = cells.map((cell) => ({ cell, rank: random() }))
          .sort((a, b) => a.rank - b.rank).map(({ cell }) => cell);
        const other = join(folder, `other${extension}`);
        const at = Math.floor(random() * cells.length);
        const batches = [shuffled.slice(0, at), [], shuffled.slice(at)];
        await writeAll(format, other, { ...combined(6), batches });
        assert.deepEqual(await readFile(other), wanted);
      }
    });

    it("gives back whatever it was given", async (format, path) => {
      const random = randoms(11);
      const below = (n: number) => Math.floor(random() * n);
      for (let round = 0; round < 20; round++) {
        const placeCount = 1 + below(9);
        const cells: Cell[] = [];
        const wanted: Record<string, unknown> = {};
        for (const model of ["first", "second-model"].slice(below(2))) {
          const gaps = random() < 0.4;
          const ragged = random() < 0.4;
          const dims = below(4);
          const column: Cell[] = [];
          for (let index = 0; index < placeCount; index++) {
            if (gaps && random() < 0.5) continue;
            const shape = Array.from({ length: dims }, (_, i) => 2 + i + (ragged ? below(2) : 0));
            column.push(embedding(model, index, shape));
          }
          cells.push(...column);
          const key = arrayKey(model);
          const shapes = new Set(column.map(({ array }) => String(array.shape)));
          if (column.length === placeCount && shapes.size === 1) {
            wanted[`embeddings__${key}`] = stacked(column.map(({ array }) => array));
          } else {
            for (const { index, array } of column) {
              wanted[`embedding__${key}__${String(index).padStart(5, "0")}`] = single(array);
            }
          }
        }
        cells.sort(() => random() - 0.5);
        const at = below(cells.length + 1);
        const batches = [cells.slice(0, at), cells.slice(at)];
        const written = await writeAll(format, path, { ...combined(placeCount), batches });
        const found = await contents(path);
        assert.deepEqual(found, wanted);
        assert.deepEqual(written.keys, Object.keys(wanted).sort());
      }
    });

    it("takes the number of places at the end when it was not known", async (format, path) => {
      for (const [placeCount, key] of [[2, "embeddings__m"], [3, "embedding__m__00000"]] as const) {
        const writer = await format.create(path, combined(null));
        await writer.write([embedding("m", 0), embedding("m", 1)]);
        const { keys } = await writer.commit({ placeCount });
        await writer[Symbol.asyncDispose]();
        assert.equal(keys[0], key);
      }
      const { keys } = await writeAll(format, path, {
        ...combined(null),
        batches: [[embedding("m", 1), embedding("m", 0)]],
      });
      assert.deepEqual(keys, ["embeddings__m"]);
    });

    it("refuses a place twice, beyond the count or of another dtype", async (format, path) => {
      const refuses = async (cells: readonly Cell[], error: typeof Error, message: RegExp) => {
        await assert.rejects(
          writeAll(format, path, { ...combined(3), batches: [cells] }),
          (thrown) => thrown instanceof error && message.test(thrown.message),
        );
      };
      await refuses([embedding("m", 1), embedding("m", 1)], TypeError, /already/);
      await refuses([embedding("m", 3)], RangeError, /3 places/);
      await refuses([embedding("m", -1)], RangeError, /from 0/);
      const bytes = ndarray("uint8", { axes: ["d"], shape: [4] });
      const other: Cell = { index: 1, kind: "embedding", model: "m", array: bytes };
      await refuses([embedding("m", 0), other], TypeError, /float32/);
      const odd = { ...embedding("m", 0), array: { ...values([4]), shape: [5] } };
      await refuses([odd], RangeError, /4 values/);
    });

    it("leaves nothing when the disk fills up at any moment", async (format, path, folder) => {
      const batches = [[embedding("m", 1), input("m", 1)], [embedding("m", 0), input("m", 0)]];
      let failures = 0;
      for (let at = 0;; at++) {
        try {
          await writeAll(format, path, { ...combined(2), batches, disk: fullDisk(at) });
        } catch (error) {
          failures++;
          assert(isRsembedError(error, "unavailable"), String(error));
          assert.equal(error.facts.status, "ENOSPC");
          assert.equal(error.facts.permanent, true);
          assert(error.message.includes(folder) && /full/.test(error.message), error.message);
          assert.deepEqual(await readdir(folder), []);
          continue;
        }
        break;
      }
      assert(failures > 5, `${failures} failures`);
      assert.deepEqual(await readdir(folder), [`run${extension}`]);
    });

    it("keeps the old file when the disk fills up at any moment", async (format, path, folder) => {
      await writeFile(path, "old");
      for (let at = 0;; at++) {
        const options = { ...combined(1), batches: [[embedding("m", 0)]], disk: fullDisk(at) };
        const done = await writeAll(format, path, options).then(() => true, () => false);
        assert.deepEqual(await readdir(folder), [`run${extension}`]);
        if (done) break;
        assert.equal(await readFile(path, "utf8"), "old");
      }
      assert.deepEqual(Object.keys(await contents(path)), ["embeddings__m"]);
    });

    it("stops with the signal's reason at any moment, leaving nothing", async (f, path, folder) => {
      const reason = new Error("enough");
      let aborts = 0;
      for (let at = 0;; at++) {
        const controller = new AbortController();
        const { signal } = controller;
        let count = 0;
        const disk = watchedDisk(() => {
          if (count++ === at) controller.abort(reason);
        });
        const writer = await f.create(path, { ...combined(2), disk });
        let completed = false;
        try {
          await writer.write([embedding("m", 1), input("m", 1)], { signal });
          await writer.write([embedding("m", 0)], { signal });
          await writer.commit({ signal });
          completed = true;
        } catch (error) {
          aborts++;
          assert.equal(error, reason);
        } finally {
          await writer[Symbol.asyncDispose]();
        }
        assert.deepEqual(await readdir(folder), completed ? [`run${extension}`] : []);
        if (!signal.aborted) break;
        await rm(path, { force: true });
      }
      assert(aborts > 3, `${aborts} aborts`);
    });
  }

  if (card.layouts.includes("per_item")) {
    it("names the arrays of one place without its number", async (format, path) => {
      const written = await writeAll(format, path, {
        ...perItem,
        batches: [[input("satmae++", 12)], [embedding("satmae++", 12)]],
      });
      assert.deepEqual(await contents(path), {
        input_chw__satmae: single(input("satmae++", 12).array),
        embedding__satmae: single(embedding("satmae++", 12).array),
      });
      assert.deepEqual(written.columns.map(({ indices }) => indices), [[12], [12]]);
      assert.deepEqual(written.keys, ["embedding__satmae", "input_chw__satmae"]);
    });

    it("refuses a second place in a file of one", async (format, path, folder) => {
      const batches = [[embedding("m", 1)], [embedding("m", 2)]];
      await assert.rejects(writeAll(format, path, { ...perItem, batches }), /place 1/);
      assert.deepEqual(await readdir(folder), []);
    });

    it("leaves nothing of one place when the disk fills up", async (format, path, folder) => {
      for (let at = 0;; at++) {
        const options = { ...perItem, batches: [[embedding("m", 0)]], disk: fullDisk(at) };
        const error = await writeAll(format, path, options).then(() => null, (error) => error);
        if (error === null) break;
        assert(isRsembedError(error, "unavailable"));
        assert.deepEqual(await readdir(folder), []);
      }
    });
  }

  for (const layout of card.layouts) {
    const options: CreateOptions = { layout, placeCount: 1 };
    const here = (name: string) => `${name} (${layout})`;

    it(here("keeps every bit of NaN, infinities and -0"), async (format, path) => {
      const data = new Float32Array(
        new Uint32Array([0x7fc12345, 0x7f800000, 0xff800000, 0x8000_0000]).buffer,
      );
      const array = ndarray("float32", { axes: ["d"], shape: [4], data });
      const cell: Cell = { index: 0, kind: "embedding", model: "m", array };
      await writeAll(format, path, { ...options, batches: [[cell]] });
      assert.deepEqual(Object.values(await contents(path))[0]!.bytes, [...bytesOf(array)]);
    });

    it(here("writes views of a shared buffer as what they show"), async (format, path) => {
      const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
      const array = ndarray("float32", { axes: ["d"], shape: [2], data });
      const cell: Cell = { index: 0, kind: "embedding", model: "m", array };
      await writeAll(format, path, { ...options, batches: [[cell]] });
      assert.deepEqual(Object.values(await contents(path))[0]!.bytes, [...bytesOf(array)]);
    });

    it(here("writes a file without arrays"), async (format, path) => {
      const written = await writeAll(format, path, { ...options, batches: [[]] });
      assert.deepEqual(written.keys, []);
      assert.deepEqual(await contents(path), {});
    });

    it(here("writes arrays without values"), async (format, path) => {
      const cell = embedding("m", 0, [0, 3]);
      await writeAll(format, path, { ...options, batches: [[cell]] });
      assert.deepEqual(Object.values(await contents(path))[0]!.bytes, []);
    });

    it(here("leaves nothing when disposed without commit"), async (format, path, folder) => {
      const writer = await format.create(path, options);
      await writer.write([embedding("m", 0)]);
      assert(!(await readdir(folder)).includes(`run${extension}`), "nothing before commit");
      await writer[Symbol.asyncDispose]();
      assert.deepEqual(await readdir(folder), []);
      await assert.rejects(writer.commit(), TypeError);
      assert.deepEqual(await readdir(folder), []);
    });

    it(here("leaves nothing beside the file after commit"), async (format, path, folder) => {
      const writer = await format.create(path, options);
      await writer.write([embedding("m", 0)]);
      await writer.commit();
      assert.deepEqual(await readdir(folder), [`run${extension}`]);
      await assert.rejects(writer.commit(), TypeError);
      await assert.rejects(writer.write([embedding("m", 0)]), TypeError);
      await writer[Symbol.asyncDispose]();
      assert.deepEqual(await readdir(folder), [`run${extension}`]);
    });

    it(here("takes calls that do not wait for each other"), async (format, path) => {
      const writer = await format.create(path, options);
      const calls = [
        writer.write([embedding("a", 0)]),
        writer.write([embedding("b", 0)]),
        writer.commit(),
        writer[Symbol.asyncDispose](),
      ];
      await Promise.all(calls);
      assert.equal(Object.keys(await contents(path)).length, 2);
    });

    it(here("replaces a file, unless told not to"), async (format, path, folder) => {
      await writeFile(path, "old");
      await assert.rejects(
        format.create(path, { ...options, overwrite: false }),
        (error) => isRsembedError(error, "exists") && error.facts.path === path,
      );
      assert.equal(await readFile(path, "utf8"), "old");
      await writeAll(format, path, { ...options, batches: [[embedding("m", 0)]] });
      assert.equal(Object.keys(await contents(path)).length, 1);
      assert.deepEqual(await readdir(folder), [`run${extension}`]);
    });

    it(
      here("does not replace a file that came while it was written"),
      async (format, path, folder) => {
        const writer = await format.create(path, { ...options, overwrite: false });
        await writer.write([embedding("m", 0)]);
        await writeFile(path, "theirs");
        await assert.rejects(writer.commit(), (error) => isRsembedError(error, "exists"));
        await writer[Symbol.asyncDispose]();
        assert.equal(await readFile(path, "utf8"), "theirs");
        assert.deepEqual(await readdir(folder), [`run${extension}`]);
      },
    );

    it(
      here("says which folder is missing, no folder or not to be written to"),
      async (format, path) => {
        const folder = dirname(path);
        await writeFile(join(folder, "file"), "");
        await mkdir(join(folder, `dir${extension}`));
        const cases = [
          [join(folder, "none", `run${extension}`), "ENOENT", /none" does not exist, make it/],
          [join(folder, "file", `run${extension}`), "ENOTDIR", /file" is not a folder/],
          [join(folder, `dir${extension}`), "EISDIR", /it is a folder/],
        ] as const;
        for (const [where, status, message] of cases) {
          await assert.rejects(format.create(where, options), (error) => {
            assert(isRsembedError(error, "unavailable"), String(error));
            assert.deepEqual(error.facts, { resource: where, status, permanent: true });
            assert.match(error.message, message);
            return true;
          });
        }
        for (const code of ["EACCES", "EROFS"]) {
          await assert.rejects(
            format.create(path, { ...options, disk: fullDisk(0, code) }),
            (error) => isRsembedError(error, "unavailable") && error.facts.permanent === true,
          );
        }
      },
    );

    it(here("refuses models whose arrays would have one name"), async (format, path, folder) => {
      const twice = [[embedding("a-b", 0)], [embedding("a_b", 0)]];
      for (const batches of [twice, [twice.flat()]]) {
        await assert.rejects(
          writeAll(format, path, { ...options, batches }),
          (error) => isRsembedError(error, "spec") && /"a-b" and "a_b"/.test(error.message),
        );
      }
      assert.deepEqual(await readdir(folder), []);
    });

    it(here("refuses to go on after a call that failed"), async (format, path) => {
      const writer = await format.create(path, options);
      await assert.rejects(writer.write([embedding("m", 0), embedding("m", 0)]));
      await assert.rejects(writer.commit(), /earlier call failed/);
      await writer[Symbol.asyncDispose]();
    });
  }

  const layout = card.layouts[0]!;
  const sample = async (format: Format, path: string): Promise<Uint8Array> => {
    const batches = [[embedding("m", 0), input("m", 0)]];
    await writeAll(format, path, { layout, placeCount: 1, batches });
    return new Uint8Array(await readFile(path));
  };
  /** What a damaged copy says: its arrays as far as they are readable, or its error. */
  const attempt = async (path: string, bytes: Uint8Array) => {
    await writeFile(path, bytes);
    try {
      return { arrays: await contents(path) };
    } catch (error) {
      return { error };
    }
  };

  it("refuses a file that is cut short anywhere", async (format, path) => {
    const whole = await sample(format, path);
    for (let length = 0; length < whole.length; length += 1 + (length >> 4)) {
      const { error } = await attempt(path, whole.subarray(0, length));
      assert(isRsembedError(error), `${length} of ${whole.length} bytes: ${error}`);
    }
  });

  it("never gives wrong values when a byte is damaged", async (format, path) => {
    const whole = await sample(format, path);
    const intact = await contents(path);
    const random = randoms(3);
    let refused = 0;
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.slice();
      damaged[at]! ^= 1 << Math.floor(random() * 8);
      const { arrays, error } = await attempt(path, damaged);
      if (error !== undefined) {
        assert(isRsembedError(error), `byte ${at}: ${error}`);
        refused++;
      } else {
        // what lies under an intact name is intact
        for (const [key, array] of Object.entries(arrays!)) assert.deepEqual(array, intact[key]);
      }
    }
    assert(refused > whole.length / 2, `${refused} of ${whole.length} noticed`);
  });

  it("refuses bytes of nothing", async (format, path) => {
    const random = randoms(5);
    for (let round = 0; round < 30; round++) {
      const noise = Uint8Array.from({ length: round * 20 }, () => random() * 256);
      await writeFile(path, noise);
      await assert.rejects(format.open(path), (error) => error instanceof RsembedError);
    }
  });

  it("names the nearest array when there is none of a name", async (format, path) => {
    await sample(format, path);
    const file = await format.open(path);
    const key = file.keys[0]!;
    await assert.rejects(
      file.read(`${key}x`),
      (error) => isRsembedError(error, "not-found") && error.facts.nearest?.[0] === key,
    );
    await file[Symbol.asyncDispose]();
  });

  it("says when there is no file, and stops before reading when aborted", async (format, path) => {
    await assert.rejects(format.open(path), (error) => isRsembedError(error, "not-found"));
    await assert.rejects(
      format.open(dirname(path)),
      (error) => isRsembedError(error, "unavailable"),
    );
    await sample(format, path);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(format.open(path, { signal }), (error) => error === reason);
    const file = await format.open(path);
    await assert.rejects(file.read(file.keys[0]!, { signal }), (error) => error === reason);
    await file[Symbol.asyncDispose]();
  });

  it("reads no array larger than it may", async (format, path) => {
    await sample(format, path);
    const file = await format.open(path, { maxArrayBytes: 15 });
    await assert.rejects(
      file.read(file.keys[0]!),
      (error) => isRsembedError(error, "limit") && error.facts.max === 15,
    );
    await file[Symbol.asyncDispose]();
  });
}
