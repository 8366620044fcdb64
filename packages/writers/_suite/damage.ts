/**
 * Files that are damaged, foreign, missing or too large.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isRsembedError, RsembedError } from "@rsembed/core";
import type { Format } from "../writer.ts";
import { contents, embedding, type Entry, input, randoms, testsOf, writeAll } from "./fixtures.ts";

/** Tests of reading what should not be believed. */
export function damageTests(entry: Entry, checksummed: boolean): void {
  const it = testsOf(entry);
  const layout = entry.card.layouts[0]!;
  const sample = async (format: Format, path: string): Promise<Uint8Array> => {
    const cells = [embedding("m", 0), input("m", 0)];
    await writeAll(format, path, { layout, placeCount: 1, cells });
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
    const step = checksummed ? 1 : Math.ceil(whole.length / 500);
    for (let at = 0; at < whole.length; at += step) {
      const damaged = whole.slice();
      damaged[at]! ^= 1 << Math.floor(random() * 8);
      const { arrays, error } = await attempt(path, damaged);
      if (error !== undefined) {
        assert(isRsembedError(error), `byte ${at}: ${error}`);
        refused++;
      } else {
        // what lies under an intact name is intact
        if (!checksummed) continue;
        for (const [key, array] of Object.entries(arrays!)) assert.deepEqual(array, intact[key]);
      }
    }
    const least = checksummed ? whole.length / 2 : 1;
    assert(refused > least, `${refused} of ${whole.length} noticed`);
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
