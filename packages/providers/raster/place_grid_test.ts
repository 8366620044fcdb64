import assert from "node:assert/strict";
import test from "node:test";
import {
  applyAffine,
  bbox,
  gridBounds,
  northUpGrid,
  pointBuffer,
  type Spatial,
} from "@rsembed/core";
import { lonLatBounds, placeGrid, transformer } from "@rsembed/providers/raster";

const utm10 = { scaleM: 10, projection: "utm" } as const;
const mercator10 = { scaleM: 10, projection: "webmercator" } as const;

/** Evenly spread but irregular places, the same in every run. */
function places(count: number): { lon: number; lat: number }[] {
  return Array.from({ length: count }, (_, i) => ({
    lon: ((i * 137.50776) % 360) - 180,
    lat: ((i * 61.803399) % 177) - 88.5,
  }));
}

test("placeGrid() gives a point the same number of pixels everywhere, on multiples of the scale", () => {
  for (const { lon, lat } of places(300)) {
    const grid = placeGrid(pointBuffer({ lon, lat, bufferM: 1123 }), utm10);
    assert.deepEqual([grid.width, grid.height], [225, 225]);
    assert.equal(Math.abs(grid.transform[2] % 10) + Math.abs(grid.transform[5] % 10), 0);
    const [x, y] = transformer("EPSG:4326", grid.crs).point([lon, lat]);
    const { minX, maxX, minY, maxY } = gridBounds(grid);
    assert(Math.abs((minX + maxX) / 2 - x) <= 5 && Math.abs((minY + maxY) / 2 - y) <= 5);
  }
});

test("placeGrid() never has less than a pixel", () => {
  const grid = placeGrid(pointBuffer({ lon: 10, lat: 50, bufferM: 0.1 }), utm10);
  assert.deepEqual([grid.width, grid.height], [1, 1]);
});

test("placeGrid() covers a box, and touches it with every outer row and column", () => {
  for (const { lon, lat } of places(200)) {
    const west = Math.max(-179.9, lon), south = Math.min(lat, 88);
    const box = bbox({
      minLon: west,
      minLat: south,
      maxLon: Math.min(180, west + 0.31),
      maxLat: south + 0.17,
    });
    const grid = placeGrid(box, { scaleM: 30, projection: "utm" });
    const bounds = gridBounds(grid);
    const forward = transformer("EPSG:4326", grid.crs);
    let minX = Infinity, maxX = -Infinity, minY = Infinity, maxY = -Infinity;
    for (let i = 0; i <= 200; i++) {
      for (const [u, v] of [[i / 200, 0], [i / 200, 1], [0, i / 200], [1, i / 200]] as const) {
        const [x, y] = forward.point([
          box.minLon + u * (box.maxLon - box.minLon),
          box.minLat + v * (box.maxLat - box.minLat),
        ]);
        minX = Math.min(minX, x);
        maxX = Math.max(maxX, x);
        minY = Math.min(minY, y);
        maxY = Math.max(maxY, y);
      }
    }
    // the grid follows the edges at other points than this test: a metre apart at most
    assert(bounds.minX <= minX + 1 && bounds.maxX >= maxX - 1, `${lon} ${lat}`);
    assert(bounds.minY <= minY + 1 && bounds.maxY >= maxY - 1, `${lon} ${lat}`);
    assert(minX - bounds.minX < 31 && bounds.maxX - maxX < 31);
    assert(minY - bounds.minY < 31 && bounds.maxY - maxY < 31);
  }
});

test("placeGrid() does not grow a box whose edges lie on the lattice", () => {
  const exact = northUpGrid({
    crs: "EPSG:32631",
    west: 499_990,
    north: 1000,
    pixelSize: 10,
    width: 2,
    height: 3,
  });
  const { minLon, minLat, maxLon, maxLat } = lonLatBounds(exact);
  const grid = placeGrid(bbox({ minLon, minLat, maxLon, maxLat }), utm10);
  assert.deepEqual([grid.width, grid.height], [2, 3]);
});

test("placeGrid() keeps a box across the antimeridian in one piece", () => {
  const fiji = bbox({ minLon: 179.9, minLat: -17, maxLon: -179.9, maxLat: -16.9 });
  const ground = placeGrid(fiji, utm10);
  assert(ground.width > 2100 && ground.width < 2200, `${ground.width} px`);
  const map = placeGrid(fiji, mercator10);
  assert.equal(map.width, 2226);
});

test("placeGrid() lays a box around the pole out in polar metres", () => {
  const cap = bbox({ minLon: -180, minLat: 89, maxLon: 180, maxLat: 90 });
  const grid = placeGrid(cap, { scaleM: 1000, projection: "utm" });
  assert.equal(grid.crs, "EPSG:32661");
  // a degree of latitude is 111.7 km there, and lengths are shortened by 0.6 %
  assert(Math.abs(grid.width - 222) <= 2 && Math.abs(grid.height - 222) <= 2, `${grid.width} px`);
});

test("placeGrid() gives the Mercator square of rs-embed", () => {
  const grid = placeGrid(pointBuffer({ lon: 11.25, lat: 60, bufferM: 1024 }), mercator10);
  const x = 6_378_137 * 11.25 * Math.PI / 180;
  const y = 6_378_137 * Math.log(Math.tan(Math.PI / 4 + Math.PI / 6));
  assert.deepEqual([grid.crs, grid.width, grid.height], ["EPSG:3857", 205, 205]);
  assert.equal(grid.transform[2], Math.floor((x - 1024) / 10) * 10);
  assert.equal(grid.transform[5], Math.ceil((y + 1024) / 10) * 10);
});

test("placeGrid() refuses points off the Mercator map, and cuts boxes there", () => {
  const polar = pointBuffer({ lon: 0, lat: 86, bufferM: 100 });
  assert.throws(() => placeGrid(polar, mercator10), { code: "unsupported" });
  const box = bbox({ minLon: 0, minLat: 85, maxLon: 0.01, maxLat: 90 });
  const top = placeGrid(box, mercator10).transform[5];
  assert(Math.abs(top - Math.PI * 6_378_137) < 10);
});

test("placeGrid() gives a footprint its own grid where the scale is its pixel size", () => {
  const own = northUpGrid({
    crs: "EPSG:32736",
    west: 617_301.8198784497,
    north: 9_625_098.22745184,
    pixelSize: 10,
    width: 224,
    height: 224,
  });
  const place: Spatial = { kind: "footprint", grid: own, lon: 34.066, lat: -3.401 };
  assert.deepEqual(placeGrid(place, utm10), own);
  const coarse = placeGrid(place, { scaleM: 30, projection: "utm" });
  assert.deepEqual([coarse.width, coarse.height], [75, 75]);
  const [x, y] = applyAffine(coarse.transform, [75, 75]);
  assert(Math.hypot(x - 619_541.8198784497, y - 9_622_858.22745184) < 1e-6);
});

test("placeGrid() lays a footprint in degrees out in ground metres", () => {
  const own = northUpGrid({
    crs: "EPSG:4326",
    west: 10,
    north: 50,
    pixelSize: 0.0001,
    width: 100,
    height: 100,
  });
  const grid = placeGrid({ kind: "footprint", grid: own, lon: 10.005, lat: 49.995 }, utm10);
  assert.equal(grid.crs, "EPSG:32632");
  assert(grid.width > 70 && grid.width < 76 && grid.height > 110 && grid.height < 115);
});

test("placeGrid() refuses absurd sizes before anything is allocated", () => {
  const limit = { code: "limit" };
  const wide = pointBuffer({ lon: 10, lat: 50, bufferM: 100_000 });
  assert.throws(() => placeGrid(wide, utm10), limit);
  const world = bbox({ minLon: -180, minLat: -80, maxLon: 180, maxLat: 80 });
  assert.throws(() => placeGrid(world, { scaleM: 100_000, projection: "utm" }), limit);
  assert.throws(() => placeGrid(world, mercator10), limit);
  const huge = northUpGrid({
    crs: "EPSG:32633",
    west: 0,
    north: 0,
    pixelSize: 10,
    width: 1e6,
    height: 1,
  });
  assert.throws(() => placeGrid({ kind: "footprint", grid: huge, lon: 15, lat: 0 }, utm10), limit);
});
