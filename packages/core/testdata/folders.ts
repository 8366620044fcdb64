/**
 * Tests with folders of their own, which are gone when the test is.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as declare, type TestContext } from "node:test";

/** Folders of the test that runs: those of a file run one after another. */
const made: string[] = [];

/** Makes a folder for the test that runs. */
export async function temporary(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `rsembed-${name}-`));
  made.push(folder);
  return folder;
}

/** Declares a test; its folders are removed when it ends. */
export function test(name: string, body: (t: TestContext) => void | Promise<void>): void {
  declare(name, async (t) => {
    try {
      await body(t);
    } finally {
      for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
    }
  });
}
