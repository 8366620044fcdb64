import assert from "node:assert/strict";
import test from "node:test";
import {
  isRsembedError,
  ndarray,
  northUpGrid,
  type Patch,
  selectBands,
  validFraction,
} from "./mod.ts";

/** Two frames of three bands of 1 x 2 px; values count up. */
const patch: Patch = {
  pixels: ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [2, 3, 1, 2],
    data: Float32Array.from({ length: 12 }, (_, i) => i),
  }),
  bands: ["B2", "B3", "B4"],
  times: [null, null],
  grid: northUpGrid({ crs: "EPSG:32632", west: 0, north: 0, pixelSize: 10, width: 2, height: 1 }),
  valid: ndarray("uint8", {
    axes: ["t", "y", "x"],
    shape: [2, 1, 2],
    data: Uint8Array.of(1, 1, 0, 1),
  }),
  provenance: { provider: "toy", source: "toy", items: [], notes: {} },
};

test("selectBands() takes bands of every frame, in the asked order", () => {
  const chosen = selectBands(patch, ["B4", "B2"]);
  assert.deepEqual(chosen.bands, ["B4", "B2"]);
  assert.deepEqual([...chosen.pixels.shape], [2, 2, 1, 2]);
  assert.deepEqual([...chosen.pixels.data], [4, 5, 0, 1, 10, 11, 6, 7]);
  assert.equal(chosen.valid, patch.valid);
});

test("selectBands() copies nothing where nothing changes", () => {
  assert.equal(selectBands(patch, ["B2", "B3", "B4"]), patch);
});

test("selectBands() refuses bands that a patch lacks", () => {
  assert.throws(
    () => selectBands(patch, ["B4", "B44"]),
    (error) => isRsembedError(error, "not-found") && error.facts.nearest?.[0] === "B4",
  );
});

test("validFraction() is the share of pixels with imagery", () => {
  assert.equal(validFraction(patch), 0.75);
  const none = ndarray("uint8", { axes: ["t", "y", "x"], shape: [0, 1, 2] });
  assert.equal(validFraction({ ...patch, valid: none }), 0);
});
