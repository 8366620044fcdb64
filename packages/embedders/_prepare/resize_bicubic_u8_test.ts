import assert from "node:assert/strict";
import { test } from "node:test";
import { type BytePlanes, resizeBicubicBytes } from "./resize_bicubic_u8.ts";

function noise(count: number, height: number, width: number): BytePlanes {
  let state = 12345;
  const data = Uint8Array.from({ length: count * height * width }, () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return state >> 16;
  });
  return { data, count, height, width };
}

function whole(height: number, width: number) {
  return { size: { height, width }, window: { x: 0, y: 0, width, height } };
}

test("resizeBicubicBytes() changes nothing where the size stays", () => {
  const image = noise(2, 7, 9);
  assert.deepEqual(resizeBicubicBytes(image, whole(7, 9)), image);
});

test("resizeBicubicBytes() keeps a constant constant, enlarged and reduced", () => {
  for (const value of [0, 1, 77, 254, 255]) {
    const image = { data: new Uint8Array(15 * 11).fill(value), count: 1, height: 15, width: 11 };
    for (const [height, width] of [[40, 33], [4, 3], [15, 2]] as const) {
      const resized = resizeBicubicBytes(image, whole(height, width));
      assert(resized.data.every((byte) => byte === value), `${value} at ${height} x ${width}`);
    }
  }
});

test("resizeBicubicBytes() gives the same window as cutting it from the whole", () => {
  const image = noise(3, 21, 34);
  const size = { height: 13, width: 55 };
  const full = resizeBicubicBytes(image, whole(size.height, size.width));
  const window = { x: 20, y: 4, width: 9, height: 7 };
  const part = resizeBicubicBytes(image, { size, window });
  let at = 0;
  for (let plane = 0; plane < 3; plane++) {
    for (let y = 0; y < window.height; y++) {
      for (let x = 0; x < window.width; x++) {
        const index = (plane * size.height + window.y + y) * size.width + window.x + x;
        assert.equal(part.data[at++], full.data[index]);
      }
    }
  }
});
