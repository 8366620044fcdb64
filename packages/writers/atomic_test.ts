import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { errno, fullDisk, watchedDisk } from "./_suite/faulty_disk.ts";
import { inFolder } from "./_suite/fixtures.ts";
import { createAtomic, writeFileAtomic } from "./atomic.ts";
import { disk } from "./disk.ts";

test("writeFileAtomic() writes text as UTF-8, and bytes", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.json");
    await writeFileAtomic(path, '"é"');
    assert.equal(await readFile(path, "utf8"), '"é"');
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    assert.deepEqual([...await readFile(path)], [1, 2]);
    await writeFileAtomic(path, "");
    assert.equal((await readFile(path)).length, 0);
    assert.deepEqual(await readdir(folder), ["run.json"]);
  }));

test("writeFileAtomic() takes the longest names", () =>
  inFolder(async (folder) => {
    for (const name of ["x".repeat(255), "é".repeat(127), "🛰".repeat(63)]) {
      await writeFileAtomic(join(folder, name), "a");
    }
    assert.equal((await readdir(folder)).length, 3);
    await assert.rejects(
      writeFileAtomic(join(folder, "x".repeat(256)), "a"),
      (error) => isRsembedError(error, "unavailable") && /too long/.test(error.message),
    );
    assert.equal((await readdir(folder)).length, 3);
  }));

test("writeFileAtomic() leaves the old file whole when any operation fails", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.json");
    await writeFile(path, "old");
    const statuses: unknown[] = [];
    for (let at = 0;; at++) {
      try {
        await writeFileAtomic(path, "new", { disk: fullDisk(at, "EIO") });
        break;
      } catch (error) {
        assert(isRsembedError(error, "unavailable"));
        statuses.push(error.facts.status);
        assert.equal(error.facts.permanent, undefined, "a disk error may pass");
      }
      assert.equal(await readFile(path, "utf8"), "old");
      assert.deepEqual(await readdir(folder), ["run.json"]);
    }
    assert.deepEqual(statuses, ["EIO", "EIO", "EIO", "EIO"]);
    assert.equal(await readFile(path, "utf8"), "new");
  }));

test("writeFileAtomic() syncs the bytes before the name, and the name after", () =>
  inFolder(async (folder) => {
    const order: string[] = [];
    const watched = watchedDisk((operation) => order.push(operation));
    const syncFolder = (path: string) => {
      order.push(`syncFolder ${path === folder}`);
      return disk.syncFolder(path);
    };
    await writeFileAtomic(join(folder, "a"), "a", { disk: { ...watched, syncFolder } });
    assert.deepEqual(order, ["create", "write", "sync", "replace", "syncFolder true"]);
  }));

test("writeFileAtomic() stops with the signal's reason", () =>
  inFolder(async (folder) => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(writeFileAtomic(join(folder, "a"), "a", { signal }), (e) => e === reason);
    const controller = new AbortController();
    const aborting = watchedDisk((operation) => {
      if (operation === "write") controller.abort(reason);
    });
    const options = { signal: controller.signal, disk: aborting };
    await assert.rejects(writeFileAtomic(join(folder, "a"), "a", options), (e) => e === reason);
    assert.deepEqual(await readdir(folder), []);
  }));

test("writeFileAtomic() replaces nothing without leave, also where there are no links", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await writeFileAtomic(path, "first", { overwrite: false });
    assert.equal(await readFile(path, "utf8"), "first");
    await assert.rejects(
      writeFileAtomic(path, "second", { overwrite: false }),
      (error) => isRsembedError(error, "exists"),
    );
    assert.equal(await readFile(path, "utf8"), "first");
    assert.deepEqual(await readdir(folder), ["a"]);
  }));

test("createAtomic() tells errors of others from those of the disk", () =>
  inFolder(async (folder) => {
    const bug = new TypeError("a bug");
    const broken = { ...disk, create: () => Promise.reject(bug) };
    const path = join(folder, "a");
    await assert.rejects(createAtomic(path, { disk: broken }), (error) => error === bug);
    const denied = Object.assign(new Error("Requires write access"), { name: "NotCapable" });
    const caged = { ...disk, create: () => Promise.reject(denied) };
    await assert.rejects(
      createAtomic(path, { disk: caged }),
      /run with --allow-read --allow-write/,
    );
  }));

test("createAtomic() reports the first error though cleaning up fails too", () =>
  inFolder(async (folder) => {
    const stuck = {
      ...fullDisk(1),
      remove: () => Promise.reject(errno("EIO")),
    };
    await assert.rejects(
      writeFileAtomic(join(folder, "a"), "a", { disk: stuck }),
      (error) => isRsembedError(error, "unavailable") && error.facts.status === "ENOSPC",
    );
  }));

test("createAtomic() refuses to be used after it is disposed", () =>
  inFolder(async (folder) => {
    const file = await createAtomic(join(folder, "a"));
    await file[Symbol.asyncDispose]();
    await assert.rejects(async () => await file.write(new Uint8Array(1), 0), TypeError);
    await assert.rejects(file.commit(), TypeError);
    assert.deepEqual(await readdir(folder), []);
  }));
