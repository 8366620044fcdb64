import assert from "node:assert/strict";
import { test } from "node:test";
import { encodePlace, encodeTimes } from "./coordinates.ts";

/** Sines, then cosines, of `value` at two frequencies, 1 and 1/100. */
function encoded(value: number): number[] {
  const angles = [value, value / 100];
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

function assertClose(actual: ArrayLike<unknown>, wanted: readonly number[]): void {
  assert.equal(actual.length, wanted.length);
  wanted.forEach((value, i) =>
    // years at float32: 2022 has 1.2e-4 between neighbours
    assert(Math.abs(Number(actual[i]) - value) < 1e-4, `${i}: ${actual[i]} is not ${value}`)
  );
}

test("encodeTimes() has the year, then the day, of each frame, and zeros where there is none", () => {
  const { data, shape } = encodeTimes([[2022, 167], null], 8);
  assert.deepEqual(shape, [2, 8]);
  assertClose(data, [...encoded(2022), ...encoded(167), ...new Array(8).fill(0)]);
});

test("encodePlace() has the latitude, then the longitude", () => {
  assertClose(encodePlace({ lon: -70.25, lat: 31.5 }, 8).data, [
    ...encoded(31.5),
    ...encoded(-70.25),
  ]);
  assert.deepEqual([...encodePlace(null, 4).data], [0, 0, 0, 0]);
});
