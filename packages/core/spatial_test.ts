import assert from "node:assert/strict";
import test from "node:test";
import {
  bbox,
  centerOf,
  isRsembedError,
  northUpGrid,
  pointBuffer,
  type Spatial,
  validateSpatial,
} from "./mod.ts";

/** Accepts a `spec` error that names a field. */
const refuses = (field: string) => (error: unknown) =>
  isRsembedError(error, "spec") && error.facts.field === field;

test("pointBuffer() takes any place on Earth, edges included", () => {
  for (const lon of [-180, 0, 180]) {
    for (const lat of [-90, 0, 90]) {
      assert.deepEqual(pointBuffer({ lon, lat, bufferM: 1 }), {
        kind: "point",
        lon,
        lat,
        bufferM: 1,
      });
    }
  }
});

test("pointBuffer() names the field that is wrong", () => {
  const place = { lon: 9, lat: 57, bufferM: 100 };
  for (const lon of [180.1, -181, NaN, Infinity]) {
    assert.throws(() => pointBuffer({ ...place, lon }), refuses("lon"));
  }
  for (const lat of [90.1, -91, NaN]) {
    assert.throws(() => pointBuffer({ ...place, lat }), refuses("lat"));
  }
  for (const bufferM of [0, -1, NaN, Infinity, 5e6]) {
    assert.throws(() => pointBuffer({ ...place, bufferM }), refuses("bufferM"));
  }
});

test("bbox() tells a box across the antimeridian from swapped edges", () => {
  const box = (minLon: number, maxLon: number) => bbox({ minLon, maxLon, minLat: -1, maxLat: 1 });
  assert.equal(box(179, -179).kind, "bbox");
  assert.equal(box(-180, 180).kind, "bbox");
  for (
    const [west, east] of [[10, 9], [90, -89], [5, 5], [180, -180], [181, 0], [NaN, 0]] as const
  ) {
    assert.throws(() => box(west, east), refuses("minLon"), `${west} to ${east}`);
  }
  assert.throws(() => bbox({ minLon: 0, maxLon: 1, minLat: 2, maxLat: 2 }), refuses("minLat"));
  assert.throws(() => bbox({ minLon: 0, maxLon: 1, minLat: 2, maxLat: 91 }), refuses("maxLat"));
});

test("centerOf() lies inside of a box, also across the antimeridian", () => {
  const box = (minLon: number, maxLon: number) => bbox({ minLon, maxLon, minLat: 10, maxLat: 20 });
  assert.deepEqual(centerOf(box(2, 4)), { lon: 3, lat: 15 });
  assert.deepEqual(centerOf(box(178, -176)), { lon: -179, lat: 15 });
  assert.deepEqual(centerOf(box(176, -178)), { lon: 179, lat: 15 });
  assert.deepEqual(centerOf(pointBuffer({ lon: 1, lat: 2, bufferM: 3 })), { lon: 1, lat: 2 });
});

test("validateSpatial() drops what does not belong, and refuses what is no place", () => {
  const stray = { kind: "point", lon: 1, lat: 2, bufferM: 3, note: "x" } as Spatial;
  assert.deepEqual(validateSpatial(stray), { kind: "point", lon: 1, lat: 2, bufferM: 3 });
  assert.throws(
    () => validateSpatial({ kind: "circle" } as unknown as Spatial),
    refuses("spatial"),
  );
  const grid = northUpGrid({
    crs: "EPSG:32632",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 0,
    height: 4,
  });
  const footprint = { kind: "footprint", grid, lon: 9, lat: 57 } as const;
  assert.throws(() => validateSpatial(footprint), refuses("footprint"));
  const sound = { ...footprint, grid: { ...grid, width: 4 } };
  assert.equal(validateSpatial(sound), sound);
});
