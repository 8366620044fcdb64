import { isRsembedError, northUpGrid } from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridCenter } from "./grid_center.ts";

/** A grid around a point of a CRS. */
function around(crs: string, x: number, y: number, pixelSize = 10) {
  const [width, height] = [6, 4];
  return northUpGrid({
    crs,
    west: x - 3 * pixelSize,
    north: y + 2 * pixelSize,
    pixelSize,
    width,
    height,
  });
}

test("gridCenter() agrees with PROJ in every CRS that providers give", () => {
  const cases = [
    [9.845, 57.227, "EPSG:32632", 551018.2434851251, 6342971.295880259],
    [34.066, -3.401, "EPSG:32736", 618418.4222444558, 9624017.526023211],
    [15, 0, "EPSG:32633", 500000.00000000175, 0],
    [12.0001, 83.9, "EPSG:32633", 464425.50460702047, 9317856.40440831],
    [-179.999, -17, "EPSG:32760", 819558.1183670936, 8117996.557777317],
    [179.5, 10, "EPSG:32601", 116189.84462357289, 1107450.028058992],
    [21, 78, "EPSG:32633", 639026.396365465, 8665496.99577653],
    [-179.9, 85.05, "EPSG:3857", -20026376.393709917, 20036051.919336792],
    [120.5, -60.25, "EPSG:3857", 13413998.640589466, -8455609.203427525],
    [10, 85, "EPSG:32661", 2096454.163785229, 1452981.2544984026],
    [-135.5, 89.99, "EPSG:32661", 1999221.8237884114, 2000791.8778659476],
    [77, -86.2, "EPSG:32761", 2411222.1297321618, 2094938.1092420658],
    [-30, -80.5, "EPSG:32761", 1471474.2164733354, 2915433.510178333],
  ] as const;
  for (const [lon, lat, crs, x, y] of cases) {
    const place = gridCenter(around(crs, x, y));
    assert(Math.abs(place.lon - lon) < 1e-9 / Math.cos(lat * Math.PI / 180), `${crs} ${place.lon}`);
    assert(Math.abs(place.lat - lat) < 1e-9, `${crs} ${place.lat}`);
  }
});

test("gridCenter() is the middle of geographic grids, and the pole of polar ones", () => {
  assert.deepEqual(gridCenter(around("EPSG:4326", 179.5, -10, 0.5)), { lon: 179.5, lat: -10 });
  assert.deepEqual(gridCenter(around("EPSG:4326", 181, -10, 0.5)), { lon: -179, lat: -10 });
  assert.deepEqual(gridCenter(around("EPSG:32661", 2e6, 2e6)), { lon: 0, lat: 90 });
  assert.deepEqual(gridCenter(around("EPSG:32761", 2e6, 2e6)), { lon: 0, lat: -90 });
});

test("gridCenter() refuses a CRS that it does not know", () => {
  for (const crs of ["EPSG:2056", "EPSG:32600", "EPSG:326", "PROJCS[...]"]) {
    assert.throws(
      () => gridCenter(around(crs, 1e6, 1e6)),
      (error) => isRsembedError(error, "unsupported") && error.message.includes(crs),
    );
  }
});
