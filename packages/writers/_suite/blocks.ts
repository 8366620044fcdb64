/**
 * Arrays read a few rows at a time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isRsembedError } from "@rsembed/core";
import type { AnyArray } from "../writer.ts";
import { embedding, type Entry, testsOf, writeAll } from "./fixtures.ts";

async function all(blocks: AsyncIterable<AnyArray>): Promise<AnyArray[]> {
  const found: AnyArray[] = [];
  for await (const block of blocks) found.push(block);
  return found;
}

/** Tests of reading arrays that are larger than memory. */
export function blockTests(entry: Entry): void {
  const it = testsOf(entry);
  const combined = entry.card.layouts.includes("combined");
  const cells = combined
    ? Array.from({ length: 9 }, (_, i) => embedding("m", i))
    : [embedding("m", 0, [2, 3, 4])];
  const sample = {
    layout: combined ? "combined" : "per_item",
    placeCount: cells.length,
    cells,
  } as const;

  it("gives blocks of rows that are the array, whatever their size", async (format, path) => {
    const { keys: [key] } = await writeAll(format, path, sample);
    const counts: number[] = [];
    for (const blockBytes of [1, 100, 2 ** 24]) {
      const file = await format.open(path, { blockBytes });
      const whole = await file.read(key!);
      const blocks = await all(file.blocks(key!));
      counts.push(blocks.length);
      const rows = blocks.reduce((sum, { shape }) => sum + shape[0]!, 0);
      assert.deepEqual([rows, ...blocks[0]!.shape.slice(1)], whole.shape);
      assert.deepEqual(blocks[0]!.axes, whole.axes);
      assert.deepEqual(blocks.flatMap(({ data }) => [...data]), [...whole.data]);
      await file[Symbol.asyncDispose]();
    }
    // an image is read as a whole
    assert.deepEqual([counts[0], counts[2]], [combined ? 9 : 1, 1]);
  });

  it(
    "gives no blocks of what is not there, too large, or no longer wanted",
    async (format, path) => {
      const { keys: [key] } = await writeAll(format, path, sample);
      const file = await format.open(path, { maxArrayBytes: 3 });
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(all(file.blocks(key!, { signal })), (error) => error === reason);
      await assert.rejects(all(file.blocks("none")), (e) => isRsembedError(e, "not-found"));
      await assert.rejects(all(file.blocks(key!)), (e) => isRsembedError(e, "limit"));
      await file[Symbol.asyncDispose]();
    },
  );
}
