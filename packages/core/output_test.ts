import assert from "node:assert/strict";
import test from "node:test";
import {
  grid,
  inputPrep,
  type InputPrepSpec,
  isRsembedError,
  type OutputSpec,
  pooled,
  validateOutput,
} from "./mod.ts";

const refuses = (field: string) => (error: unknown) =>
  isRsembedError(error, "spec") && error.facts.field === field;

test("pooled() and grid() say what they leave out", () => {
  assert.deepEqual(pooled(), { mode: "pooled", pooling: "mean" });
  assert.deepEqual(pooled("max"), { mode: "pooled", pooling: "max" });
  assert.deepEqual(grid(), { mode: "grid", orientation: "north_up" });
  assert.deepEqual(grid("native"), { mode: "grid", orientation: "native" });
});

test("validateOutput() refuses what is no output", () => {
  const check = (output: unknown) => () => validateOutput(output as OutputSpec);
  assert.throws(check({ mode: "pooled", pooling: "median" }), refuses("output.pooling"));
  assert.throws(check({ mode: "grid", orientation: "up" }), refuses("output.orientation"));
  assert.throws(check({ mode: "cls" }), refuses("output.mode"));
  assert.deepEqual(check({ mode: "pooled", pooling: "max", extra: 1 })(), pooled("max"));
});

test("inputPrep() takes a mode or parts of a policy", () => {
  assert.equal(inputPrep().mode, "tile");
  assert.deepEqual(inputPrep("tile"), inputPrep({ mode: "tile" }));
  assert.equal(inputPrep({ tileSizePx: 96 }).tileSizePx, 96);
});

test("inputPrep() names the field that is wrong", () => {
  const wrong: Partial<Record<keyof InputPrepSpec, readonly unknown[]>> = {
    mode: ["crop"],
    tileSizePx: [0, 1.5, -2],
    maxTiles: [0, NaN],
    maxTilesHard: [0, Infinity],
    tileSnapFraction: [-0.1, 0.6, NaN],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => inputPrep({ [field]: value }), refuses(`inputPrep.${field}`));
    }
  }
});
