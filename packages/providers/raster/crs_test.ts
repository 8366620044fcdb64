import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { northUpGrid } from "@rsembed/core";
import {
  boundsToLonLat,
  groundCrs,
  isKnownCrs,
  lonLatBounds,
  transformer,
} from "@rsembed/providers/raster";

type Case = [lon: number, lat: number, crs: string, x: number, y: number];
const cases: Case[] = JSON.parse(
  readFileSync(new URL("./testdata/crs_proj.json", import.meta.url), "utf8"),
);

test("transformer() agrees with PROJ to a tenth of a millimetre", () => {
  for (const [lon, lat, crs, x, y] of cases) {
    const [gotX, gotY] = transformer("EPSG:4326", crs).point([lon, lat]);
    assert(Math.hypot(gotX - x, gotY - y) < 1e-4, `${lon} ${lat} in ${crs}: ${gotX} ${gotY}`);
  }
});

test("transformer() comes back to where it started in every known CRS", () => {
  for (const [lon, lat, crs, x, y] of cases) {
    const back = transformer(crs, "EPSG:4326").point([x, y]);
    const off = Math.abs(back[0] - lon) % 360;
    assert(Math.min(off, 360 - off) < 1e-9 && Math.abs(back[1] - lat) < 1e-9, `${crs} ${back}`);
  }
});

test("transformer().points() maps in place what point() maps one by one", () => {
  const { point, points } = transformer("EPSG:32632", "EPSG:32633");
  const xs = new Float64Array([500_000, 700_000]);
  const ys = new Float64Array([5e6, 5.1e6]);
  const expected = [point([500_000, 5e6]), point([700_000, 5.1e6])];
  points(xs, ys);
  assert.deepEqual([[xs[0], ys[0]], [xs[1], ys[1]]], expected);
});

test("transformer() gives NaN where a projection does not reach", () => {
  assert(Number.isNaN(transformer("EPSG:4326", "EPSG:3857").point([0, 90])[1]));
  assert(Number.isNaN(transformer("EPSG:4326", "EPSG:32633").point([NaN, 0])[0]));
});

test("transformer() refuses a CRS that it does not know, naming those that it does", () => {
  for (const crs of ["EPSG:3035", "EPSG:32600", "EPSG:32762", "WGS84", ""]) {
    assert(!isKnownCrs(crs), crs);
    assert.throws(() => transformer(crs, "EPSG:4326"), { code: "unsupported" });
  }
});

test("groundCrs() turns polar beyond 84 N and 80 S", () => {
  assert.equal(groundCrs(10, 84), "EPSG:32632");
  assert.equal(groundCrs(10, 84.01), "EPSG:32661");
  assert.equal(groundCrs(10, -80), "EPSG:32732");
  assert.equal(groundCrs(10, -80.01), "EPSG:32761");
});

test("lonLatBounds() keeps a grid on the antimeridian in one piece", () => {
  const grid = northUpGrid({
    crs: "EPSG:32760",
    west: 815_000,
    north: 8_120_000,
    pixelSize: 10,
    width: 1000,
    height: 1000,
  });
  const bounds = lonLatBounds(grid);
  assert(bounds.minLon > 179.9 && bounds.maxLon < -179.9, JSON.stringify(bounds));
});

test("boundsToLonLat() spans all longitudes around a pole", () => {
  const box = { minX: 1_900_000, minY: 1_900_000, maxX: 2_100_000, maxY: 2_100_000 };
  const north = boundsToLonLat("EPSG:32661", box);
  assert.deepEqual([north.minLon, north.maxLon, north.maxLat], [-180, 180, 90]);
  assert(north.minLat > 88 && north.minLat < 89);
  assert.equal(boundsToLonLat("EPSG:32761", box).minLat, -90);
});

test("boundsToLonLat() gives degrees back as they are", () => {
  assert.deepEqual(boundsToLonLat("EPSG:4326", { minX: -5, minY: 40, maxX: 170, maxY: 90 }), {
    minLon: -5,
    minLat: 40,
    maxLon: 170,
    maxLat: 90,
  });
});
