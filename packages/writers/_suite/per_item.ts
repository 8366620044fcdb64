/**
 * One place in a file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { isRsembedError } from "@rsembed/core";
import { contents, embedding, type Entry, input, single, testsOf, writeAll } from "./fixtures.ts";
import { fullDisk } from "./faulty_disk.ts";

/** Tests of the per-item layout. */
export function perItemTests(entry: Entry): void {
  const it = testsOf(entry);
  const perItem = { layout: "per_item", placeCount: 1 } as const;

  it("names the arrays of one place without its number", async (format, path) => {
    const written = await writeAll(format, path, {
      ...perItem,
      cells: [input("satmae++", 12), embedding("satmae++", 12)],
    });
    assert.deepEqual(await contents(path), {
      input_chw__satmae: single(input("satmae++", 12).array),
      embedding__satmae: single(embedding("satmae++", 12).array),
    });
    assert.deepEqual(written.columns.map(({ indices }) => indices), [[12], [12]]);
    assert.deepEqual(written.keys, ["embedding__satmae", "input_chw__satmae"]);
  });

  it("refuses a second place in a file of one", async (format, path, folder) => {
    const cells = [embedding("m", 1), embedding("m", 2)];
    await assert.rejects(writeAll(format, path, { ...perItem, cells }), /place 1/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("leaves nothing of one place when the disk fills up", async (format, path, folder) => {
    for (let at = 0;; at++) {
      const options = { ...perItem, cells: [embedding("m", 0)], disk: fullDisk(at) };
      const error = await writeAll(format, path, options).then(() => null, (error) => error);
      if (error === null) break;
      assert(isRsembedError(error, "unavailable"));
      assert.deepEqual(await readdir(folder), []);
    }
  });
}
