/**
 * Disks that fill up and runs that are stopped, at every moment there is.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { isRsembedError } from "@rsembed/core";
import {
  combined,
  contents,
  embedding,
  type Entry,
  fileNameOf,
  input,
  testsOf,
  writeAll,
} from "./fixtures.ts";
import { fullDisk, watchedDisk } from "./faulty_disk.ts";

/**
 * Tests of failures in the middle of a combined file.
 *
 * @param least Number of moments at which a disk can fail, at least
 */
export function faultTests(entry: Entry, least: number): void {
  const it = testsOf(entry);
  it("leaves nothing when the disk fills up at any moment", async (format, path, folder) => {
    const cells = [0, 1].flatMap((index) => [embedding("m", index), input("m", index)]);
    let failures = 0;
    for (let at = 0;; at++) {
      try {
        await writeAll(format, path, { ...combined(2), cells, disk: fullDisk(at) });
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
    assert(failures > least, `${failures} failures`);
    assert.deepEqual(await readdir(folder), [fileNameOf(entry)]);
  });

  it("keeps the old file when the disk fills up at any moment", async (format, path, folder) => {
    await writeFile(path, "old");
    for (let at = 0;; at++) {
      const options = { ...combined(1), cells: [embedding("m", 0)], disk: fullDisk(at) };
      const done = await writeAll(format, path, options).then(() => true, () => false);
      assert.deepEqual(await readdir(folder), [fileNameOf(entry)]);
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
      let completed = false;
      try {
        const cells = [embedding("m", 0), embedding("m", 1), input("m", 1)];
        await writeAll(f, path, { ...combined(2), cells, disk, signal });
        completed = true;
      } catch (error) {
        aborts++;
        assert.equal(error, reason);
      }
      assert.deepEqual(await readdir(folder), completed ? [fileNameOf(entry)] : []);
      if (!signal.aborted) break;
      await rm(path, { force: true });
    }
    assert(aborts > Math.min(3, least - 1), `${aborts} aborts`);
  });
}
