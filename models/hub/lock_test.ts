import assert from "node:assert/strict";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "./lock.ts";
import { temporary, test } from "../../packages/core/testdata/folders.ts";

test("withLock() lets one in at a time, and leaves no lock behind", async () => {
  const dir = await temporary("lock");
  let inside = 0;
  let most = 0;
  const work = () =>
    withLock(join(dir, "lock"), {}, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all([work(), work(), work()]);
  assert.equal(most, 1);
  assert.deepEqual(await readdir(dir), []);
});

test("withLock() takes over the lock of a killed process", async () => {
  const dir = await temporary("lock");
  const path = join(dir, "lock");
  await writeFile(path, "");
  const longAgo = new Date(Date.now() - 3600_000);
  await utimes(path, longAgo, longAgo);
  assert.equal(await withLock(path, {}, () => Promise.resolve("in")), "in");
  assert.deepEqual(await readdir(dir), []);
});

test("withLock() gives the lock back after an error, and stops waiting at an abort", async () => {
  const dir = await temporary("lock");
  const path = join(dir, "lock");
  await assert.rejects(withLock(path, {}, () => Promise.reject(new Error("torn"))), /torn/);
  const reason = new Error("enough");
  await withLock(path, {}, async () => {
    await assert.rejects(
      withLock(path, { signal: AbortSignal.timeout(50) }, () => Promise.resolve()),
      (error) => (error as Error).name === "TimeoutError",
    );
    await assert.rejects(
      withLock(path, { signal: AbortSignal.abort(reason) }, () => Promise.resolve()),
      (error) => error === reason,
    );
  });
});
