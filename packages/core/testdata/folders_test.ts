import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporary, test } from "./folders.ts";

const made: string[] = [];

test("temporary() makes folders, each another one", async () => {
  for (const name of ["a", "a", "b"]) {
    const folder = await temporary(name);
    await writeFile(join(folder, "x"), "x");
    made.push(folder);
  }
  assert.equal(new Set(made).size, 3);
  assert(made.every((folder) => existsSync(folder)));
});

test("the folders of a test are gone when it has ended", () => {
  assert.equal(made.length, 3);
  assert(!made.some((folder) => existsSync(folder)));
});
