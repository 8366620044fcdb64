import assert from "node:assert/strict";
import { test } from "node:test";
import { Growing } from "./growing.ts";

for (const make of [Float64Array, Uint32Array]) {
  test(`Growing keeps numbers by index, however far and in whatever order (${make.name})`, () => {
    const numbers = new Growing(make);
    const known = new Map<number, number>();
    let state = 7;
    const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
    for (let i = 0; i < 20_000; i++) {
      const index = random(10) === 0 ? random(2 ** 30) : random(9000);
      const value = random(5) - 1;
      numbers.set(index, value);
      known.set(index, value);
    }
    for (const [index, value] of known) assert.equal(numbers.get(index), value, `${index}`);
    for (let i = 0; i < 9000; i++) assert.equal(numbers.get(i), known.get(i) ?? -1);
    assert.equal(numbers.get(2 ** 40), -1);
  });
}

test("Growing keeps numbers as large as its arrays can hold", () => {
  const offsets = new Growing(Float64Array);
  offsets.set(0, 2 ** 52);
  assert.equal(offsets.get(0), 2 ** 52);
  const lengths = new Growing(Uint32Array);
  lengths.set(2 ** 53 - 1, 2 ** 32 - 2);
  assert.equal(lengths.get(2 ** 53 - 1), 2 ** 32 - 2);
});
