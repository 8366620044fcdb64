import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type Affine, type Grid, northUpGrid } from "@rsembed/core";
import {
  alignment,
  chooseResampling,
  type Raster,
  sourceWindow,
  warp,
  windowGrid,
} from "@rsembed/providers/raster";

interface GdalCase {
  name: string;
  source: "full" | "hole";
  crs: string;
  transform: Affine;
  width: number;
  height: number;
  resampling: "near" | "bilinear" | "average";
  values: number[];
}

const gdal: {
  source: { crs: string; west: number; north: number; pixelSize: number } & {
    width: number;
    height: number;
    full: [number[], null];
    hole: [number, number, number, number];
  };
  cases: GdalCase[];
} = JSON.parse(
  readFileSync(new URL("./testdata/warp_gdal.json", import.meta.url), "utf8"),
);

/** Two bands, a wave and the pixel's own number, with or without a hole. */
function gdalSource(kind: "full" | "hole"): Raster {
  const { width, height, full, hole: [top, bottom, left, right] } = gdal.source;
  const data = new Float32Array(2 * width * height);
  const valid = new Uint8Array(width * height).fill(1);
  data.set(full[0]);
  for (let i = 0; i < width * height; i++) {
    data[width * height + i] = i;
    const row = Math.floor(i / width), column = i % width;
    if (kind === "hole" && row >= top && row < bottom && column >= left && column < right) {
      valid[i] = 0;
      data[i] = NaN;
      data[width * height + i] = Infinity;
    }
  }
  return { grid: northUpGrid(gdal.source), bands: 2, data, valid };
}

for (const { name, source, values, resampling, ...target } of gdal.cases) {
  test(`warp() gives what gdalwarp gives: ${name}`, () => {
    const raster = gdalSource(source);
    const got = warp(raster, target, {
      resampling: resampling === "near" ? "nearest" : resampling,
    });
    const plane = target.width * target.height;
    let compared = 0, worst = 0;
    for (let i = 0; i < 2 * plane; i++) {
      const missing = values[i] === -1;
      assert.equal(got.valid[i % plane] === 0, missing, `validity of pixel ${i}`);
      if (missing) continue;
      compared++;
      worst = Math.max(worst, Math.abs(got.data[i]! - values[i]!));
    }
    assert(compared > plane, "too little to compare");
    // on values up to 5183 that rise by 72 a row; positions are interpolated between lattice points
    assert(worst <= (resampling === "near" ? 0 : 0.01), `worst difference ${worst}`);
  });
}

const corner = { crs: "EPSG:32633", west: 500_000, north: 5_000_000, pixelSize: 10 };

function ramp(grid: Grid): Raster {
  const n = grid.width * grid.height;
  return {
    grid,
    bands: 1,
    data: Float32Array.from({ length: n }, (_, i) => i),
    valid: new Uint8Array(n).fill(1),
  };
}

test("warp() copies exactly where grids align, also beyond the source", () => {
  const source = ramp(northUpGrid({ ...corner, width: 5, height: 4 }));
  const target = windowGrid(source.grid, { x: 3, y: -1, width: 4, height: 3 });
  assert.equal(chooseResampling(source.grid, target), "copy");
  const { data, valid } = warp(source, target);
  assert.deepEqual([...valid], [0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]);
  assert.deepEqual([...data], [0, 0, 0, 0, 3, 4, 0, 0, 8, 9, 0, 0]);
});

test("warp() copies nothing from a source far to any side", () => {
  const source = ramp(northUpGrid({ ...corner, width: 5, height: 4 }));
  for (const [x, y] of [[10, 0], [-10, 0], [0, 10], [0, -10]] as const) {
    const { valid } = warp(source, windowGrid(source.grid, { x, y, width: 4, height: 3 }));
    assert(!valid.includes(1));
  }
});

test("alignment() tolerates dust on corners, not a shift or another pitch", () => {
  const grid = northUpGrid({ ...corner, width: 100, height: 100 });
  const shifted = (by: number) =>
    northUpGrid({ ...corner, west: corner.west + by, width: 9, height: 9 });
  assert.deepEqual(alignment(grid, shifted(30.000001)), { dx: 3, dy: 0 });
  assert.equal(alignment(grid, shifted(0.001)), null);
  const stretched = northUpGrid({ ...corner, pixelSize: 10.00001, width: 100, height: 100 });
  assert.equal(alignment(grid, stretched), null);
  assert.equal(alignment(grid, { ...grid, crs: "EPSG:32634" }), null);
});

test("chooseResampling() averages from pixels about twice as long", () => {
  const fine = northUpGrid({ ...corner, width: 100, height: 100 });
  const pitch = (pixelSize: number) => northUpGrid({ ...corner, pixelSize, width: 9, height: 9 });
  assert.equal(chooseResampling(fine, pitch(20)), "average");
  assert.equal(chooseResampling(fine, pitch(19)), "bilinear");
  const next = { crs: "EPSG:32634", west: 35_000, north: 5_020_000, width: 9, height: 9 };
  assert.equal(chooseResampling(fine, northUpGrid({ ...next, pixelSize: 20 })), "average");
  assert.equal(chooseResampling(fine, pitch(5)), "bilinear");
});

test("warp() keeps a linear field, whatever the rotation of the source", () => {
  const source: Grid = {
    crs: "EPSG:32633",
    transform: [8, 6, 500_000, 6, -8, 5_000_000],
    width: 60,
    height: 60,
  };
  const raster = ramp(source);
  for (let row = 0; row < 60; row++) {
    for (let column = 0; column < 60; column++) {
      const x = 500_000 + 8 * (column + 0.5) + 6 * (row + 0.5);
      const y = 5_000_000 + 6 * (column + 0.5) - 8 * (row + 0.5);
      raster.data[row * 60 + column] = (x - 500_000) + 2 * (y - 5_000_000);
    }
  }
  const target = northUpGrid({ ...corner, west: 500_300, north: 5_000_000, width: 15, height: 10 });
  const { data, valid } = warp(raster, target);
  assert(!valid.includes(0));
  for (let i = 0; i < data.length; i++) {
    const x = 300 + 10 * ((i % 15) + 0.5), y = -10 * (Math.floor(i / 15) + 0.5);
    assert(Math.abs(data[i]! - (x + 2 * y)) < 1e-3);
  }
});

test("warp() maps a source across the antimeridian pixel by pixel where it must", () => {
  const source = northUpGrid({
    crs: "EPSG:4326",
    west: -180,
    north: 1,
    pixelSize: 0.5,
    width: 720,
    height: 4,
  });
  const target = northUpGrid({
    crs: "EPSG:3857",
    west: 20_037_508.342789244 - 40_000,
    north: 40_000,
    pixelSize: 4000,
    width: 20,
    height: 20,
  });
  const raster = ramp(source);
  const { data, valid } = warp(raster, target, { resampling: "nearest" });
  assert(!valid.includes(0));
  assert.deepEqual([data[0]! % 720, data[19]! % 720], [719, 0]);
});

test("warp() averages only valid pixels, and needs half of them", () => {
  const source = ramp(northUpGrid({ ...corner, width: 4, height: 2 }));
  source.valid.set([0, 1, 0, 0, 1, 0, 0, 1]);
  source.data[0] = NaN;
  const target = northUpGrid({ ...corner, pixelSize: 20, width: 2, height: 1 });
  const { data, valid } = warp(source, target);
  assert.deepEqual([...valid], [1, 0]);
  assert.equal(data[0], (1 + 4) / 2);
});

test("sourceWindow() holds all that a warp needs", () => {
  const source = gdalSource("full");
  for (const target of gdal.cases) {
    const window = sourceWindow(source.grid, target)!;
    const grid = windowGrid(source.grid, window);
    const data = new Float32Array(2 * window.width * window.height);
    for (let i = 0; i < data.length; i++) {
      const band = Math.floor(i / (window.width * window.height));
      const at = i % (window.width * window.height);
      const row = window.y + Math.floor(at / window.width), column = window.x + at % window.width;
      data[i] = source.data[(band * source.grid.height + row) * source.grid.width + column]!;
    }
    const part = {
      grid,
      bands: 2,
      data,
      valid: new Uint8Array(window.width * window.height).fill(1),
    };
    const whole = warp(source, target), cut = warp(part, target);
    assert.deepEqual(cut.valid, whole.valid);
    for (let i = 0; i < whole.data.length; i++) {
      assert(Math.abs(whole.data[i]! - cut.data[i]!) < 1e-2, target.name);
    }
  }
});

test("sourceWindow() is null where grids do not meet", () => {
  const source = northUpGrid({ ...corner, width: 10, height: 10 });
  const away = northUpGrid({ ...corner, crs: "EPSG:32650", width: 10, height: 10 });
  assert.equal(sourceWindow(source, away), null);
});
