import assert from "node:assert/strict";
import test from "node:test";
import { delay, mapPool } from "./mod.ts";

/** The numbers from 0, counting how many were taken and whether the source was closed. */
function source(
  length: number,
): { items: Generator<number>; taken: () => number; closed: () => boolean } {
  let taken = 0;
  let closed = false;
  function* items(): Generator<number> {
    try {
      for (let i = 0; i < length; i++) {
        taken++;
        yield i;
      }
    } finally {
      closed = true;
    }
  }
  return { items: items(), taken: () => taken, closed: () => closed };
}

test("mapPool() keeps the order, and at most so many calls in flight", async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const slow = async (n: number) => {
    most = Math.max(most, ++running);
    await delay((n * 7) % 5);
    running--;
    return n * n;
  };
  for await (const n of mapPool(source(20).items, slow, { concurrency: 3 })) results.push(n);
  assert.deepEqual(results, Array.from({ length: 20 }, (_, i) => i * i));
  assert.equal(most, 3);
});

test("mapPool() takes nothing before a result is asked for, and stays so many items ahead", async () => {
  const { items, taken, closed } = source(5000);
  const results = mapPool(items, (n) => Promise.resolve(n), { concurrency: 4 });
  assert.equal(taken(), 0);
  for (let i = 0; i < 10; i++) {
    await results.next();
    await delay(1);
    assert.ok(taken() <= i + 4, `${taken()} taken for ${i + 1} results`);
  }
  await results.return();
  assert.ok(taken() <= 13 && closed());
});

test("mapPool() closes its source when the loop is left", async () => {
  const { items, closed } = source(100);
  for await (const n of mapPool(items, (n) => Promise.resolve(n), { concurrency: 2 })) {
    if (n === 3) break;
  }
  assert.ok(closed());
});

test("mapPool() ends with the first error in order, once calls in flight have settled", async () => {
  const { items, closed } = source(100);
  let running = 0;
  const fail = async (n: number) => {
    running++;
    await delay(n === 5 ? 1 : 4);
    running--;
    if (n >= 5) throw new Error(`no ${n}`);
    return n;
  };
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const n of mapPool(items, fail, { concurrency: 4 })) seen.push(n);
  }, /no 5/);
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  assert.equal(running, 0);
  assert.ok(closed());
});

test("mapPool() passes errors of its source on", async () => {
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    await delay(1);
    throw new Error("source is broken");
  }
  const results = mapPool(broken(), (n) => Promise.resolve(n), { concurrency: 1 });
  assert.equal((await results.next()).value, 1);
  await assert.rejects(results.next(), /source is broken/);
});

test("mapPool() rejects with the signal's reason, however the calls take an abort", async () => {
  for (const dies of [true, false]) {
    const reason = new Error("enough");
    const controller = new AbortController();
    const { items, closed } = source(100);
    const call = async (n: number) => {
      await delay(1);
      if (n === 2) controller.abort(reason);
      if (dies) {
        if (controller.signal.aborted) throw new Error("the call says it was stopped");
      }
      return n;
    };
    await assert.rejects(async () => {
      for await (const _ of mapPool(items, call, { concurrency: 2, signal: controller.signal }));
    }, (error) => error === reason);
    assert.ok(closed());
  }
});

test("mapPool() does not start when aborted before", async () => {
  const reason = new Error("never");
  const { items, taken } = source(3);
  const results = mapPool(items, (n) => Promise.resolve(n), {
    concurrency: 1,
    signal: AbortSignal.abort(reason),
  });
  await assert.rejects(results.next(), (error) => error === reason);
  assert.equal(taken(), 0);
});

test("mapPool() refuses a concurrency that is no count", async () => {
  for (const concurrency of [0, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(
      mapPool([1], (n) => Promise.resolve(n), { concurrency }).next(),
      RangeError,
    );
  }
});
