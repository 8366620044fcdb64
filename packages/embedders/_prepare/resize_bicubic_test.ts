import assert from "node:assert/strict";
import { test } from "node:test";
import { resizeBicubic } from "./resize_bicubic.ts";

test("resizeBicubic() leaves images of the size wanted as they are", () => {
  const planes = { data: Float32Array.of(1, 2), count: 1, height: 1, width: 2 };
  assert.equal(resizeBicubic(planes, { height: 1, width: 2 }), planes);
});

test("resizeBicubic() keeps constants, and the mean of what it shrinks by halves", () => {
  const flat = { data: new Float32Array(2 * 9 * 5).fill(0.7), count: 2, height: 9, width: 5 };
  const { data, height, width } = resizeBicubic(flat, { height: 4, width: 11 });
  assert.deepEqual([height, width, data.length], [4, 11, 88]);
  for (const value of data) assert(Math.abs(value - 0.7) < 1e-6);
});

test("resizeBicubic() gives torch's values", () => {
  // torch.nn.functional.interpolate(torch.tensor([[[[0., 1, 4, 9]]]]), (1, 2), mode="bicubic", antialias=True)
  const row = { data: Float32Array.of(0, 1, 4, 9), count: 1, height: 1, width: 4 };
  const { data } = resizeBicubic(row, { height: 1, width: 2 });
  assert(Math.abs(data[0]! - 0.6033) < 1e-4 && Math.abs(data[1]! - 6.0826) < 1e-4);
});
