import assert from "node:assert/strict";
import test from "node:test";
import {
  type Affine,
  applyAffine,
  gridBounds,
  invertAffine,
  isRsembedError,
  northUpGrid,
  resizeGrid,
  utmCrs,
} from "./mod.ts";

test("invertAffine() undoes applyAffine()", () => {
  const transforms: Affine[] = [
    [10, 0, 500_000, 0, -10, 6_340_000],
    [8, 3, -20, 2, -7, 11],
    [0, 5, 1, 5, 0, 2],
    [1e-4, 0, -180, 0, -1e-4, 90],
  ];
  for (const transform of transforms) {
    const inverse = invertAffine(transform);
    for (const position of [[0, 0], [12.5, 7], [-3, 1000]] as const) {
      const [column, row] = applyAffine(inverse, applyAffine(transform, position));
      assert.ok(Math.abs(column - position[0]) < 1e-6 && Math.abs(row - position[1]) < 1e-6);
    }
  }
});

test("invertAffine() refuses a transform that flattens", () => {
  for (const transform of [[1, 2, 0, 2, 4, 0], [0, 0, 0, 0, 0, 0], [NaN, 0, 0, 0, 1, 0]] as const) {
    assert.throws(() => invertAffine(transform), (error) => isRsembedError(error, "spec"));
  }
});

test("gridBounds() holds all corners of a turned grid", () => {
  const grid = {
    crs: "EPSG:32632",
    transform: [0, 2, 100, 3, 0, 50] as const,
    width: 4,
    height: 5,
  };
  assert.deepEqual(gridBounds(grid), { minX: 100, maxX: 110, minY: 50, maxY: 62 });
});

test("resizeGrid() keeps the ground and changes the pitch", () => {
  const grid = northUpGrid({
    crs: "EPSG:32632",
    west: 7,
    north: 9,
    pixelSize: 10,
    width: 224,
    height: 112,
  });
  const tokens = resizeGrid(grid, { width: 14, height: 7 });
  assert.deepEqual(gridBounds(tokens), gridBounds(grid));
  assert.deepEqual(tokens.transform, [160, 0, 7, 0, -160, 9]);
});

test("utmCrs() knows zones, hemispheres and exceptions", () => {
  const cases: [number, number, string][] = [
    [-180, 0, "EPSG:32601"],
    [180, 0, "EPSG:32601"],
    [179.99, -1, "EPSG:32760"],
    [9.845, 57.227, "EPSG:32632"],
    [5, 60, "EPSG:32632"],
    [5, 55.99, "EPSG:32631"],
    [2.99, 60, "EPSG:32631"],
    [8.99, 78, "EPSG:32631"],
    [9, 78, "EPSG:32633"],
    [21, 78, "EPSG:32635"],
    [41.9, 78, "EPSG:32637"],
    [42, 78, "EPSG:32638"],
    [-72.479, -38.831, "EPSG:32718"],
  ];
  for (const [lon, lat, crs] of cases) assert.equal(utmCrs(lon, lat), crs, `${lon}, ${lat}`);
});
