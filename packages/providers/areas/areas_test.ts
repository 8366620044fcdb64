import assert from "node:assert/strict";
import { test } from "node:test";
import { gridBounds, isRsembedError, utmCrs } from "@rsembed/core";
import { type Transformer, transformer } from "../raster/crs.ts";
import { placeGrid } from "../raster/place_grid.ts";
import { areaOf, type Chip, chipsOf, mgrsSquare } from "./mod.ts";

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const transformers = new Map<string, Transformer>();

/** From degrees to a CRS. */
function toGround(crs: string): Transformer {
  const known = transformers.get(crs) ?? transformer("EPSG:4326", crs);
  transformers.set(crs, known);
  return known;
}

const corner = ({ spatial: { grid } }: Chip) =>
  [grid.crs, grid.transform[2], grid.transform[5]].join();

test("mgrsSquare() finds squares on either side of the equator", () => {
  const squares = {
    // Sentinel-2 tiles as their products place them
    "31TCJ": ["EPSG:32631", 300_000, 4_800_000],
    "32VNJ": ["EPSG:32632", 500_000, 6_300_000],
    "33UUP": ["EPSG:32633", 300_000, 5_300_000],
    "18NXF": ["EPSG:32618", 600_000, 0],
    "21KUA": ["EPSG:32721", 300_000, 8_000_000],
    "56HLH": ["EPSG:32756", 300_000, 6_200_000],
  } as const;
  for (const [name, [crs, minX, minY]] of Object.entries(squares)) {
    const square = mgrsSquare(name);
    assert.deepEqual([square.crs, square.minX, square.minY], [crs, minX, minY], name);
    assert.equal(mgrsSquare(`T${name.toLowerCase()}`).name, name);
  }
  const tile = mgrsSquare("31TCJ", "sentinel2");
  assert.deepEqual([tile.minX, tile.maxY], [300_000, 4_900_020]);
  assert.equal(tile.maxX - tile.minX, 109_800);
});

test("mgrsSquare() names the square of any place", () => {
  const next = random(5);
  const bands = "CDEFGHJKLMNPQRSTUVWX";
  const columns = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
  const rows = "ABCDEFGHJKLMNPQRSTUV";
  for (let i = 0; i < 500; i++) {
    const [lon, lat] = [next() * 359.8 - 179.9, next() * 150 - 75];
    const crs = utmCrs(lon, lat);
    const zone = Number(crs.slice(-2));
    const [x, y] = toGround(crs).point([lon, lat]);
    const name = `${zone}${bands[Math.floor((lat + 80) / 8)]}${
      columns[(zone - 1) % 3]![Math.floor(x / 1e5) - 1]
    }${rows[(Math.floor(y / 1e5) + (zone % 2 === 0 ? 5 : 0)) % 20]}`;
    const square = mgrsSquare(name);
    assert.equal(square.crs, crs, name);
    assert(
      square.minX <= x && x < square.maxX && square.minY <= y && y < square.maxY,
      `${name} ${y}`,
    );
  }
});

test("mgrsSquare() refuses names that no square has", () => {
  for (
    const name of [
      "",
      "32V",
      "00VNJ",
      "61VNJ",
      "32INJ",
      "32VIJ",
      "32VAJ",
      "32VNW",
      "32VNJ1",
      "32VNJJ",
    ]
  ) {
    assert.throws(() => mgrsSquare(name), (error) => isRsembedError(error, "spec"), name);
  }
});

test("a tile of Sentinel-2 is cut from its corner, without a rest", () => {
  const chips = [...chipsOf(areaOf("32VNJ"), { sizePx: 512 })];
  assert.equal(chips.length, 441);
  assert.deepEqual(chips[0]!.spatial.grid.transform, [10, 0, 499_980, 0, -10, 6_400_020]);
  const second = chips.find(({ name }) => name === "32VNJ_0001_0001")!;
  assert.equal(second.spatial.grid.transform[2], 499_980 + 5120);
  // each lies beside the one before, but where the curve leaves the square
  const far = chips.slice(1).filter(({ spatial }, i) => {
    const [, , x, , , y] = spatial.grid.transform,
      [, , px, , , py] = chips[i]!.spatial.grid.transform;
    return Math.abs(x - px) + Math.abs(y - py) > 5120;
  });
  assert(far.length < 30, `${far.length}`);
  assert.equal([...chipsOf(areaOf("32VNJ"), { sizePx: 512, coverage: "intersects" })].length, 484);
  assert.equal([...chipsOf(areaOf("32VNJ"), { sizePx: 10980 })].length, 1);
  assert.equal([...chipsOf(areaOf("32VNJ"), { sizePx: 10981 })].length, 0);
  const half = [...chipsOf(areaOf("32VNJ"), { sizePx: 512, stridePx: 256 })];
  assert.equal(half.length, 41 * 41);
});

test("a provider is asked for the pixels of a chip, to the pixel", () => {
  const box = areaOf({ minLon: 9.8, minLat: 57.2, maxLon: 9.85, maxLat: 57.22 });
  for (const { spatial } of chipsOf(box, { sizePx: 64, scaleM: 20 })) {
    assert.deepEqual(placeGrid(spatial, { scaleM: 20, projection: "utm" }), spatial.grid);
  }
});

test("chips cover every point of an area, once in each zone", () => {
  const next = random(11);
  for (
    const [lon, lat] of [[9.9, 57], [11.99, 45], [-0.01, 0.01], [179.99, -17], [5.9, 60.5], [
      20.99,
      75,
    ]]
  ) {
    const [width, height] = [0.06 + next() * 0.1, 0.05 + next() * 0.05];
    const wrap = (x: number) => x > 180 ? x - 360 : x;
    const box = {
      minLon: wrap(lon! - width),
      minLat: lat! - height,
      maxLon: wrap(lon! + width),
      maxLat: lat! + height,
    };
    const chips = [...chipsOf(areaOf(box), { sizePx: 128, scaleM: 20 })];
    assert.equal(new Set(chips.map(({ name }) => name)).size, chips.length);
    assert.equal(new Set(chips.map(corner)).size, chips.length);
    for (let i = 0; i < 60; i++) {
      const point = [
        wrap(lon! - width + 2 * width * next()),
        lat! - height + 2 * height * next(),
      ] as const;
      const holding = chips.filter(({ spatial: { grid } }) => {
        const { minX, minY, maxX, maxY } = gridBounds(grid);
        const [x, y] = toGround(grid.crs).point(point);
        return x >= minX && x < maxX && y >= minY && y < maxY;
      });
      const crs = holding.map(({ spatial }) => spatial.grid.crs);
      assert(holding.length >= 1, `${point} of ${JSON.stringify(box)}`);
      assert.equal(new Set(crs).size, crs.length, `${point} has two chips of a zone`);
    }
  }
});

test("neighbouring areas share the chips between them", () => {
  const west = areaOf({ minLon: 9.8, minLat: 57.2, maxLon: 9.9, maxLat: 57.25 });
  const east = areaOf({ minLon: 9.9, minLat: 57.2, maxLon: 10, maxLat: 57.25 });
  const both = areaOf({ minLon: 9.8, minLat: 57.2, maxLon: 10, maxLat: 57.25 });
  const corners = (area: typeof west) => new Set([...chipsOf(area, { sizePx: 100 })].map(corner));
  const [left, right] = [corners(west), corners(east)];
  assert.deepEqual([...new Set([...left, ...right])].sort(), [...corners(both)].sort());
  assert([...left].some((chip) => right.has(chip)));
});

test("holes, several polygons and coverage decide which chips belong", () => {
  const square = (lon: number, lat: number, side: number) => [
    [lon, lat],
    [lon + side, lat],
    [lon + side, lat + side],
    [lon, lat + side],
    [lon, lat],
  ];
  const ring = { type: "Polygon", coordinates: [square(9, 57, 0.2), square(9.05, 57.05, 0.1)] };
  const count = (geojson: object, coverage: "intersects" | "centre" | "within") =>
    [...chipsOf(areaOf(geojson), { sizePx: 64, coverage })].length;
  const solid = { type: "Polygon", coordinates: [square(9, 57, 0.2)] };
  const [touching, centred, inside] = (["intersects", "centre", "within"] as const).map((c) =>
    count(ring, c)
  );
  assert(touching! > centred! && centred! > inside! && inside! > 0);
  assert(count(solid, "centre") > centred!);
  const areaRatio = centred! / count(solid, "centre");
  assert(Math.abs(areaRatio - 0.75) < 0.02, `${areaRatio}`);
  const two = {
    type: "FeatureCollection",
    features: [solid, { type: "Polygon", coordinates: [square(20, 10, 0.1)] }]
      .map((geometry) => ({ type: "Feature", properties: {}, geometry })),
  };
  const zones = [...chipsOf(areaOf(two), { sizePx: 64 })].map(({ spatial }) => spatial.grid.crs);
  assert.deepEqual([...new Set(zones)].sort(), ["EPSG:32632", "EPSG:32634"]);
  // an area smaller than a chip still has one
  assert.equal(
    count({ type: "Polygon", coordinates: [square(9.5, 57.5, 0.0001)] }, "intersects"),
    1,
  );
});

test("areaOf() and chipsOf() refuse what is no area or size", () => {
  const bad = [
    {},
    { type: "Point", coordinates: [1, 2] },
    { type: "Polygon", coordinates: [] },
    { type: "Polygon", coordinates: [[[0, 0], [1, 1]]] },
    { type: "Polygon", coordinates: [[[0, 0], [1, 100], [2, 0]]] },
    { type: "Polygon", coordinates: [[[0, "x"], [1, 1], [2, 0]]] },
    { type: "Feature", geometry: null },
    { type: "MultiPolygon", coordinates: [3] },
    { minLon: 1, minLat: 5, maxLon: 2, maxLat: 5 },
    "32VZZ9",
  ];
  for (const area of bad) {
    assert.throws(
      () => areaOf(area),
      (error) => isRsembedError(error, "spec"),
      JSON.stringify(area),
    );
  }
  const area = areaOf("32VNJ");
  for (
    const options of [{ sizePx: 0 }, { sizePx: 1.5 }, { sizePx: 9, stridePx: -1 }, {
      sizePx: 9,
      scaleM: 0,
    }]
  ) {
    assert.throws(() => chipsOf(area, options), (error) => isRsembedError(error, "spec"));
  }
});
