import assert from "node:assert/strict";
import { mkdtemp, readdir, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { withLock } from "./lock.ts";

const temporary = () => mkdtemp(join(tmpdir(), "rsembed-lock-"));

test("withLock() lets one in at a time, and leaves no lock behind", async () => {
  const dir = await temporary();
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
  const dir = await temporary();
  const path = join(dir, "lock");
  await writeFile(path, "");
  const longAgo = new Date(Date.now() - 3600_000);
  await utimes(path, longAgo, longAgo);
  assert.equal(await withLock(path, {}, () => Promise.resolve("in")), "in");
  assert.deepEqual(await readdir(dir), []);
});

test("withLock() gives the lock back after an error, and stops waiting at an abort", async () => {
  const dir = await temporary();
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
