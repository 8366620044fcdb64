import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { inFolder } from "./_suite/fixtures.ts";
import { disk } from "./disk.ts";

const hasCode = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

test("disk.move() moves, and never replaces", () =>
  inFolder(async (folder) => {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    await writeFile(from, "a");
    await disk.move(from, to);
    assert.deepEqual(await readdir(folder), ["to"]);
    await writeFile(from, "b");
    await assert.rejects(disk.move(from, to), hasCode("EEXIST"));
    assert.equal(await readFile(to, "utf8"), "a");
    // folders have no links, so this goes the other way
    await mkdir(join(folder, "folder"));
    await disk.move(join(folder, "folder"), join(folder, "moved"));
    assert.equal(await disk.kind(join(folder, "moved")), "folder");
    await mkdir(join(folder, "folder"));
    await assert.rejects(disk.move(join(folder, "folder"), to), hasCode("EEXIST"));
  }));

test("disk.create() makes a file that is written and read at positions", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    const file = await disk.create(path);
    await file.write(Uint8Array.of(3, 4), 2);
    await file.write(Uint8Array.of(1, 2), 0);
    await file.sync();
    const back = new Uint8Array(3);
    await file.read(back, 1);
    assert.deepEqual([...back], [2, 3, 4]);
    await assert.rejects(file.read(back, 2), RangeError);
    await file.close();
    await assert.rejects(disk.create(path), hasCode("EEXIST"));
  }));

test("disk.kind() and disk.remove() take what is not there", () =>
  inFolder(async (folder) => {
    assert.equal(await disk.kind(join(folder, "none")), null);
    await disk.remove(join(folder, "none"));
    await disk.syncFolder(join(folder, "none"));
    assert.equal(await disk.kind(folder), "folder");
  }));
