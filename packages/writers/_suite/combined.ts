/**
 * Many places in one file: what is stacked, and in which order.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { arrayKey, ndarray } from "@rsembed/core";
import type { Cell } from "../memory_dataset.ts";
import {
  combined,
  contents,
  embedding,
  type Entry,
  input,
  randoms,
  single,
  stacked,
  testsOf,
  values,
  writeAll,
} from "./fixtures.ts";

/** Tests of the combined layout. */
export function combinedTests(entry: Entry): void {
  const it = testsOf(entry);
  it("stacks embeddings when every place has one of one shape", async (format, path) => {
    const cells = [2, 0, 1].map((index) => embedding("toy-rgb", index, [2, 3, 4]));
    const written = await writeAll(format, path, {
      ...combined(3),
      cells,
    });
    const wanted = [0, 1, 2].map((index) => embedding("toy-rgb", index, [2, 3, 4]).array);
    assert.deepEqual(await contents(path), { embeddings__toy_rgb: stacked(wanted) });
    assert.deepEqual(written.columns, [{
      kind: "embedding",
      model: "toy-rgb",
      dtype: "float32",
      stacked: true,
      keys: ["embeddings__toy_rgb"],
      indices: [0, 1, 2],
      shape: [3, 2, 3, 4],
    }]);
    assert.equal(written.sizeBytes, (await readFile(path)).length);
  });

  it("keeps one embedding a place when a place is missing", async (format, path) => {
    const written = await writeAll(format, path, {
      ...combined(3),
      cells: [embedding("m", 2), embedding("m", 0)],
    });
    assert.deepEqual(await contents(path), {
      embedding__m__00000: single(embedding("m", 0).array),
      embedding__m__00002: single(embedding("m", 2).array),
    });
    assert.deepEqual(written.columns[0]!.indices, [0, 2]);
    assert.deepEqual(written.columns[0]!.keys, ["embedding__m__00000", "embedding__m__00002"]);
    assert.equal(written.columns[0]!.shape, null);
  });

  it("keeps one array a place when shapes differ", async (format, path) => {
    await writeAll(format, path, {
      ...combined(3),
      cells: [
        ...[3, 4, 3].map((n, index) => embedding("m", index, [2, n, 3])),
        ...[3, 4, 3].map((n, index) => input("m", index, [2, n, 3])),
      ],
    });
    assert.deepEqual(Object.keys(await contents(path)).sort(), [
      "embedding__m__00000",
      "embedding__m__00001",
      "embedding__m__00002",
      "input_chw__m__00000",
      "input_chw__m__00001",
      "input_chw__m__00002",
    ]);
  });

  it("stacks inputs of one shape though places are missing, and says which", async (f, path) => {
    const written = await writeAll(f, path, {
      ...combined(4),
      cells: [input("m", 3), input("m", 1)],
    });
    assert.deepEqual(await contents(path), {
      inputs_bchw__m: stacked([input("m", 1).array, input("m", 3).array]),
    });
    assert.deepEqual(written.columns[0]!.indices, [1, 3]);
    assert.deepEqual(written.columns[0]!.shape, [2, 2, 3, 3]);
  });

  it("gives the same bytes whatever the order", async (format, path, folder) => {
    const cells = ["b", "a"].flatMap((model) =>
      [0, 1, 2, 3, 4, 5].flatMap((index) => [
        ...(index === 2 && model === "a" ? [] : [embedding(model, index)]),
        input(model, index),
      ])
    );
    await writeAll(format, path, { ...combined(6), cells });
    const wanted = await readFile(path);
    const random = randoms(7);
    for (let round = 0; round < 5; round++) {
      const shuffled = cells.map((cell) => ({ cell, rank: random() }))
        .sort((a, b) => a.rank - b.rank).map(({ cell }) => cell);
      const other = join(folder, "other");
      await writeAll(format, other, { ...combined(6), cells: shuffled });
      assert.deepEqual(await readFile(other), wanted);
    }
  });

  it("gives back whatever it was given", async (format, path) => {
    const random = randoms(11);
    const below = (n: number) => Math.floor(random() * n);
    for (let round = 0; round < 20; round++) {
      const placeCount = 1 + below(9);
      const cells: Cell[] = [];
      const wanted: Record<string, unknown> = {};
      for (const model of ["first", "second-model"].slice(below(2))) {
        const gaps = random() < 0.4;
        const ragged = random() < 0.4;
        const dims = below(4);
        const column: Cell[] = [];
        for (let index = 0; index < placeCount; index++) {
          if (gaps && random() < 0.5) continue;
          const shape = Array.from({ length: dims }, (_, i) => 2 + i + (ragged ? below(2) : 0));
          column.push(embedding(model, index, shape));
        }
        cells.push(...column);
        const key = arrayKey(model);
        const shapes = new Set(column.map(({ array }) => String(array.shape)));
        if (column.length === placeCount && shapes.size === 1) {
          wanted[`embeddings__${key}`] = stacked(column.map(({ array }) => array));
        } else {
          for (const { array, place } of column) {
            wanted[`embedding__${key}__${String(place.index).padStart(5, "0")}`] = single(array);
          }
        }
      }
      cells.sort(() => random() - 0.5);
      const written = await writeAll(format, path, { ...combined(placeCount), cells });
      const found = await contents(path);
      assert.deepEqual(found, wanted);
      assert.deepEqual(written.keys, Object.keys(wanted).sort());
    }
  });

  it("refuses a place twice, beyond the count or of another dtype", async (format, path) => {
    const refuses = async (cells: readonly Cell[], error: typeof Error, message: RegExp) => {
      await assert.rejects(
        writeAll(format, path, { ...combined(3), cells }),
        (thrown) => thrown instanceof error && message.test(thrown.message),
      );
    };
    await refuses([embedding("m", 1), embedding("m", 1)], TypeError, /already/);
    await refuses([embedding("m", 3)], RangeError, /3 places/);
    await refuses([embedding("m", -1)], RangeError, /from 0/);
    const bytes = ndarray("uint8", { axes: ["d"], shape: [4] });
    const other: Cell = { ...embedding("m", 1), array: bytes };
    await refuses([embedding("m", 0), other], TypeError, /float32/);
    const odd = { ...embedding("m", 0), array: { ...values([4]), shape: [5] } };
    await refuses([odd], RangeError, /4 values/);
  });
}
