/**
 * What holds for a file of any layout: its values, when it appears, and what it must not replace.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytesOf, isRsembedError, ndarray } from "@rsembed/core";
import type { Cell } from "../memory_dataset.ts";
import { contents, embedding, type Entry, fileNameOf, testsOf, writeAll } from "./fixtures.ts";
import { fullDisk, watchedDisk } from "./faulty_disk.ts";

/** Tests of every layout of a format. */
export function fileTests(entry: Entry): void {
  const it = testsOf(entry);
  for (const layout of entry.card.layouts) {
    const options = { layout, placeCount: 1 };
    const here = (name: string) => `${name} (${layout})`;

    it(here("keeps every bit of NaN, infinities and -0"), async (format, path) => {
      const data = new Float32Array(
        new Uint32Array([0x7fc12345, 0x7f800000, 0xff800000, 0x8000_0000]).buffer,
      );
      const array = ndarray("float32", { axes: ["d"], shape: [4], data });
      const cell: Cell = { ...embedding("m", 0), array };
      await writeAll(format, path, { ...options, cells: [cell] });
      assert.deepEqual(Object.values(await contents(path))[0]!.bytes, [...bytesOf(array)]);
    });

    it(here("writes views of a shared buffer as what they show"), async (format, path) => {
      const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
      const array = ndarray("float32", { axes: ["d"], shape: [2], data });
      const cell: Cell = { ...embedding("m", 0), array };
      await writeAll(format, path, { ...options, cells: [cell] });
      assert.deepEqual(Object.values(await contents(path))[0]!.bytes, [...bytesOf(array)]);
    });

    it(here("writes a file without arrays"), async (format, path) => {
      const written = await writeAll(format, path, { ...options, cells: [] });
      assert.deepEqual(written.keys, []);
      assert.deepEqual(await contents(path), {});
    });

    it(here("writes arrays without values"), async (format, path) => {
      const cell = embedding("m", 0, [0, 3]);
      await writeAll(format, path, { ...options, cells: [cell] });
      assert.deepEqual(Object.values(await contents(path))[0]!.bytes, []);
    });

    it(here("leaves nothing beside the file"), async (format, path, folder) => {
      await writeAll(format, path, { ...options, cells: [embedding("m", 0)] });
      assert.deepEqual(await readdir(folder), [fileNameOf(entry)]);
    });

    it(here("replaces a file, unless told not to"), async (format, path, folder) => {
      await writeFile(path, "old");
      await assert.rejects(
        writeAll(format, path, { ...options, cells: [], overwrite: false }),
        (error) => isRsembedError(error, "exists") && error.facts.path === path,
      );
      assert.equal(await readFile(path, "utf8"), "old");
      await writeAll(format, path, { ...options, cells: [embedding("m", 0)] });
      assert.equal(Object.keys(await contents(path)).length, 1);
      assert.deepEqual(await readdir(folder), [fileNameOf(entry)]);
    });

    it(
      here("does not replace a file that came while it was written"),
      async (format, path, folder) => {
        const late = watchedDisk((operation) => {
          if (operation === "sync") writeFileSync(path, "theirs");
        });
        await assert.rejects(
          writeAll(format, path, {
            ...options,
            cells: [embedding("m", 0)],
            overwrite: false,
            disk: late,
          }),
          (error) => isRsembedError(error, "exists"),
        );
        assert.equal(await readFile(path, "utf8"), "theirs");
        assert.deepEqual(await readdir(folder), [fileNameOf(entry)]);
      },
    );

    it(
      here("says which folder is missing, no folder or not to be written to"),
      async (format, path) => {
        const folder = dirname(path);
        await writeFile(join(folder, "file"), "");
        await mkdir(join(folder, "dir"));
        const cases = [
          [join(folder, "none", fileNameOf(entry)), "ENOENT", /none" does not exist, make it/],
          [join(folder, "file", fileNameOf(entry)), "ENOTDIR", /file" is not a folder/],
          [join(folder, "dir"), "EISDIR", /it is a folder/],
        ] as const;
        for (const [where, status, message] of cases) {
          await assert.rejects(writeAll(format, where, { ...options, cells: [] }), (error) => {
            assert(isRsembedError(error, "unavailable"), String(error));
            assert.deepEqual(error.facts, { resource: where, status, permanent: true });
            assert.match(error.message, message);
            return true;
          });
        }
        for (const code of ["EACCES", "EROFS"]) {
          await assert.rejects(
            writeAll(format, path, { ...options, cells: [], disk: fullDisk(0, code) }),
            (error) => isRsembedError(error, "unavailable") && error.facts.permanent === true,
          );
        }
      },
    );

    it(here("refuses models whose arrays would have one name"), async (format, path, folder) => {
      const cells = [embedding("a-b", 0), embedding("a_b", 0)];
      await assert.rejects(
        writeAll(format, path, { ...options, cells }),
        (error) => isRsembedError(error, "spec") && /"a-b" and "a_b"/.test(error.message),
      );
      assert.deepEqual(await readdir(folder), []);
    });
  }
}
