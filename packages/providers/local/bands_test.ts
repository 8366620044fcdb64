import assert from "node:assert/strict";
import test from "node:test";
import { canonicalBand } from "../bands.ts";
import { findBands } from "./bands.ts";

const s2 = "COPERNICUS/S2_SR_HARMONIZED";

test("canonicalBand() gives all spellings of a Sentinel-2 band one name", () => {
  const spellings: Record<string, string[]> = {
    B2: [
      "B2",
      "B02",
      "b02",
      "B002",
      "blue",
      "Blue",
      "B2 (490 nm)",
      "B02, central wavelength 492 nm",
    ],
    B4: ["red", "B04"],
    B5: ["red edge 1", "RE1", "red-edge-1", "rededge1"],
    B8: ["nir", "B08", "NIR_BROAD"],
    B8A: ["B8A", "B08A", "b8a", "nir_narrow", "RE4", "Red Edge 4"],
    B11: ["B11", "swir1", "SWIR_1"],
  };
  for (const [band, names] of Object.entries(spellings)) {
    for (const name of names) assert.equal(canonicalBand(name, s2), band, name);
  }
});

test("canonicalBand() reads colours by their collection, and leaves what it does not know", () => {
  assert.equal(canonicalBand("nir", "LANDSAT/LC09/C02/T1_L2"), "SR_B5");
  assert.equal(canonicalBand("nir", "LANDSAT/LE07/C02/T1_L2"), "SR_B4");
  assert.equal(canonicalBand("vv", "COPERNICUS/S1_GRD"), "VV");
  assert.equal(canonicalBand("red", "MODIS/061/MOD09GA"), "RED");
  assert.equal(canonicalBand("constructor", s2), "CONSTRUCTOR");
});

const file = (names: string[] | null) => ({ path: "x.tif", count: names?.length ?? 12, names });

test("findBands() finds bands by any spelling, in the order asked for", () => {
  const names = ["B01", "B02", "B03", "B04", "B08", "B8A"];
  const bands = ["B4", "B3", "B2", "B8A", "B8"];
  assert.deepEqual(findBands(file(names), { bands, collection: s2 }), [3, 2, 1, 5, 4]);
});

test("findBands() prefers the exact name to one that means the same", () => {
  assert.deepEqual(findBands(file(["red", "B4"]), { bands: ["B4"], collection: s2 }), [1]);
});

test("findBands() refuses two names for one band, naming both", () => {
  assert.throws(
    () => findBands(file(["red", "B04"]), { bands: ["B4"], collection: s2 }),
    { code: "spec", message: /both red and B04/ },
  );
});

test("findBands() names the bands there are where one is missing", () => {
  assert.throws(
    () => findBands(file(["B02", "B03"]), { bands: ["B2", "B10"], collection: s2 }),
    { code: "not-found", message: /"B10" in "x.tif": it has B02, B03/ },
  );
});

test("findBands() never guesses, and shows what to give", () => {
  assert.throws(
    () => findBands(file(null), { bands: ["B2"], collection: s2 }),
    {
      code: "spec",
      message: /bands: \["B1","B2","B3","B4","B5","B6","B7","B8","B8A","B9","B11","B12"\]/,
    },
  );
});
