import assert from "node:assert/strict";
import test from "node:test";
import { safeFileName } from "@rsembed/core";
import { placeNames } from "./place_names.ts";

test("placeNames() gives base names, numbered where they repeat, ignoring case", () => {
  const files = ["a.tif", "A.TIFF", "a_2.tif", "a.tif", "b.tif"];
  assert.deepEqual(placeNames(files), ["a", "A_2", "a_2_2", "a_3", "b"]);
});

test("placeNames() makes any name safe and different", () => {
  const files = [
    "con.tif",
    "..tif",
    ".tif",
    "a:b?.tif",
    "a_b_.tif",
    " x .tif",
    "ü".repeat(120) + ".tif",
    "\u0007.tif",
    "nul.x.tif",
  ];
  const names = placeNames(files);
  for (const name of names) assert.equal(safeFileName(name), name);
  assert.equal(new Set(names.map((name) => name.toLowerCase())).size, files.length);
});
