import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Planes, resizeBilinear } from "./planes.ts";

interface Fixture {
  readonly in: number[][][];
  readonly out_hw: [number, number];
  readonly out: number[][][];
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/resize.json", import.meta.url), "utf8"),
);

function planes(nested: number[][][]): Planes {
  const [first] = nested;
  return {
    data: Float32Array.from(nested.flat(2)),
    count: nested.length,
    height: first!.length,
    width: first![0]!.length,
  };
}

test("resizeBilinear() agrees with torch on every size of the fixture", () => {
  assert(fixtures.length > 0);
  for (const { in: from, out_hw: [height, width], out } of fixtures) {
    const resized = resizeBilinear(planes(from), { height, width });
    const wanted = planes(out);
    assert.deepEqual([resized.count, resized.height, resized.width], [
      wanted.count,
      height,
      width,
    ]);
    wanted.data.forEach((value, i) => {
      const error = Math.abs(resized.data[i]! - value);
      assert(error <= 1e-5, `${height} x ${width}, value ${i}: ${resized.data[i]}, ${value}`);
    });
  }
});

test("resizeBilinear() keeps a constant constant, and every value within its source's range", () => {
  for (let round = 0; round < 50; round++) {
    const height = 1 + (round * 7) % 9;
    const width = 1 + (round * 5) % 11;
    const data = Float32Array.from({ length: height * width }, () => Math.random() * 1e4);
    const size = { height: 1 + (round * 3) % 13, width: 1 + (round * 11) % 8 };
    const resized = resizeBilinear({ data, count: 1, height, width }, size).data;
    assert.equal(resized.length, size.height * size.width);
    const slack = 1e-3;
    assert(Math.min(...resized) >= Math.min(...data) - slack);
    assert(Math.max(...resized) <= Math.max(...data) + slack);
    const flat = resizeBilinear({ data: data.map(() => 7), count: 1, height, width }, size).data;
    assert(flat.every((value) => value === 7));
  }
});

test("resizeBilinear() gives back the same planes where the size does not change", () => {
  const image = { data: new Float32Array(6), count: 1, height: 2, width: 3 };
  assert.equal(resizeBilinear(image, { height: 2, width: 3 }), image);
});
