import assert from "node:assert/strict";
import test from "node:test";
import { isRsembedError, lookup } from "./mod.ts";

let loads = 0;
const toys = {
  ball: { card: { id: "ball", aliases: ["sphere"] }, load: () => Promise.resolve(++loads) },
  kite: { card: { id: "kite" }, load: () => Promise.resolve(++loads) },
};

test("lookup() goes by ids and aliases, whatever the case, and loads nothing", () => {
  for (const name of ["ball", "BALL", " sphere\n"]) {
    assert.equal(lookup(toys, name, "toy"), toys.ball);
  }
  assert.equal(loads, 0);
});

test("lookup() finds entries that a spread added or replaced", () => {
  const mine = { card: { id: "ball" }, load: () => Promise.resolve(7) };
  assert.equal(lookup({ ...toys, ball: mine }, "ball", "toy"), mine);
  assert.equal(lookup({ ...toys, ball: mine }, "kite", "toy"), toys.kite);
});

test("lookup() says what is near, or else what there is", () => {
  assert.throws(
    () => lookup(toys, "spere", "toy"),
    (error) =>
      isRsembedError(error, "not-found") && error.facts.nearest?.[0] === "sphere" &&
      /did you mean "sphere"/.test(error.message),
  );
  assert.throws(() => lookup(toys, "xylophone", "toy"), /there are ball, kite/);
  for (const name of ["constructor", "__proto__", "toString", ""]) {
    assert.throws(() => lookup(toys, name, "toy"), (error) => isRsembedError(error, "not-found"));
  }
});
