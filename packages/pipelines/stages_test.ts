import assert from "node:assert/strict";
import test from "node:test";
import { ahead, chunked } from "./stages.ts";

async function* count(limit: number, seen: number[] = []): AsyncGenerator<number> {
  for (let i = 0; i < limit; i++) {
    seen.push(i);
    yield await Promise.resolve(i);
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

test("chunked() groups items and keeps the rest", async () => {
  assert.deepEqual(await collect(chunked(count(5), 2)), [[0, 1], [2, 3], [4]]);
  assert.deepEqual(await collect(chunked(count(0), 2)), []);
});

test("ahead() keeps the order", async () => {
  assert.deepEqual(await collect(ahead(count(20), 3)), Array.from({ length: 20 }, (_, i) => i));
});

test("ahead() takes nothing before it is asked, and never more than its count ahead", async () => {
  const seen: number[] = [];
  const items = ahead(count(100, seen), 2);
  await Promise.resolve();
  assert.equal(seen.length, 0);
  await items.next();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(seen.length <= 4, `${seen.length} were taken for one result`);
  await items.return(undefined);
});

test("ahead() closes its source when the consumer leaves early", async () => {
  let closed = false;
  async function* source() {
    try {
      yield* count(100);
    } finally {
      closed = true;
    }
  }
  for await (const item of ahead(source(), 1)) if (item === 2) break;
  assert.equal(closed, true);
});

test("ahead() gives the error of its source in its turn", async () => {
  async function* source() {
    yield 1;
    await Promise.resolve();
    throw new Error("broken");
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const item of ahead(source(), 4)) seen.push(item);
  }, /broken/);
  assert.deepEqual(seen, [1]);
});
