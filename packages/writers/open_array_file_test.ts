import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isRsembedError } from "@rsembed/core";
import { inFolder } from "./_suite/fixtures.ts";
import { writers } from "./catalog.ts";
import { openArrayFile } from "./open_array_file.ts";
import type { ArrayFile } from "./writer.ts";

const sample = fileURLToPath(new URL("./npz/testdata/peer_gap.npz", import.meta.url));

test("openArrayFile() knows a file by its first bytes whatever its name", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.dat");
    await copyFile(sample, path);
    const file = await openArrayFile(path);
    assert.equal(file.keys.length, 4);
    await file[Symbol.asyncDispose]();
  }));

test("openArrayFile() goes by the extension where bytes say nothing, and says what is wrong", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.NPZ");
    await writeFile(path, "text");
    await assert.rejects(openArrayFile(path), (error) => isRsembedError(error, "corrupt"));
    const none = join(folder, "none.npz");
    await assert.rejects(openArrayFile(none), (error) => isRsembedError(error, "not-found"));
  }));

test("openArrayFile() names the formats there are when it knows none", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.txt");
    await writeFile(path, "text");
    await assert.rejects(openArrayFile(path), (error) => {
      return isRsembedError(error, "unsupported") && /\.npz/.test(error.message);
    });
  }));

test("openArrayFile() takes formats of others", () =>
  inFolder(async (folder) => {
    const path = join(folder, "run.mine");
    await writeFile(path, "MINE");
    const opened: ArrayFile = {
      keys: ["mine"],
      info: () => Promise.reject(),
      read: () => Promise.reject(),
      async *blocks() {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const mine = {
      card: {
        id: "mine",
        title: "Mine",
        extensions: [".other"],
        layouts: [],
        holds: [],
        signatures: ["4d494e45"],
      },
      load: () =>
        Promise.resolve({ write: () => Promise.reject(), open: () => Promise.resolve(opened) }),
    };
    assert.equal(await openArrayFile(path, { writers: { ...writers, mine } }), opened);
  }));
