import assert from "node:assert/strict";
import { test } from "node:test";
import { keepWork } from "./kept_work.ts";

test("keepWork() does work once, and drops what was used longest ago by size", async () => {
  const kept = keepWork<string>(5, (text) => text.length);
  const ask = (key: string) => kept.get(key, () => Promise.resolve(key)).join();
  for (const key of ["aa", "bb", "aa"]) assert.equal(await ask(key), key);
  assert.deepEqual({ ...kept.counts }, { asked: 3, made: 2, size: 4 });
  await ask("cc");
  assert.deepEqual([kept.has("aa"), kept.has("bb"), kept.has("cc")], [true, false, true]);
  assert.equal(kept.counts.size, 4);
  // larger than all there is room for
  await ask("dddddd");
  assert.deepEqual([kept.has("cc"), kept.has("dddddd"), kept.counts.size], [false, false, 0]);
});

test("keepWork() keeps what is on its way, however much there is", async () => {
  const kept = keepWork<string>(1);
  const ends: (() => void)[] = [];
  const slow = (key: string) =>
    kept.get(key, () => new Promise<string>((resolve) => ends.push(() => resolve(key)))).join();
  const waiting = ["a", "b", "c"].map(slow);
  assert.deepEqual(["a", "b", "c"].map(kept.has), [true, true, true]);
  ends[0]!();
  await waiting[0];
  assert.deepEqual(["a", "b", "c"].map(kept.has), [true, true, true]);
  ends[1]!();
  await waiting[1];
  assert.deepEqual(["a", "b", "c"].map(kept.has), [false, true, true]);
  ends[2]!();
  await waiting[2];
  assert.equal(kept.counts.size, 1);
});

test("keepWork() forgets what fails and what is forgotten, and counts neither", async () => {
  const kept = keepWork<number>(4);
  const failing = () => Promise.reject(new RangeError("no"));
  await assert.rejects(kept.get("a", failing).join(), RangeError);
  assert.equal(kept.has("a"), false);
  assert.equal(await kept.get("a", () => Promise.resolve(1)).join(), 1);
  kept.forget("a");
  kept.forget("never there");
  assert.deepEqual([kept.has("a"), kept.counts.size], [false, 0]);
});

test("keepWork() begins anew what nobody waited for, though it came to an end", async () => {
  const kept = keepWork<number>(2);
  for (let turn = 0; turn < 5; turn++) {
    const stop = new AbortController();
    let end = () => {};
    const work = kept.get("a", () => new Promise<number>((resolve) => end = () => resolve(1)));
    const waiting = work.join(stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    assert.equal(kept.has("a"), false);
    end();
    await Promise.resolve();
  }
  assert.equal(kept.counts.size, 0);
  for (const key of ["a", "b", "a", "b"]) {
    await kept.get(key, () => Promise.resolve(2)).join();
  }
  assert.deepEqual({ ...kept.counts }, { asked: 9, made: 7, size: 2 });
});
