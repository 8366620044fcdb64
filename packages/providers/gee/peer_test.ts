import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  applyAffine,
  bbox,
  dateRange,
  northUpGrid,
  pointBuffer,
  type SensorInit,
  sensorSpec,
  type Spatial,
  type TimeRange,
} from "@rsembed/core";
import { encodeExpression } from "./expression.ts";
import { compositeOf, scenesOf } from "./imagery.ts";
import { evaluate, type Holdings } from "./testdata/double/evaluate.ts";
import { readGraph, type Tree } from "./testdata/double/graph.ts";
import type { Scene } from "./testdata/double/images.ts";
import { constantScene, pattern, s1Scene, s2Scene, tile, withDouble } from "./testdata/scenes.ts";

// requests that rs-embed made, and two of ours, as Google's client for Python writes them
const peer = JSON.parse(
  readFileSync(new URL("./testdata/peer_requests.json", import.meta.url), "utf8"),
);

const s2 = "COPERNICUS/S2_SR_HARMONIZED";
const point = pointBuffer({ lon: 121.5, lat: 31.2, bufferM: 2048 });
const summer = dateRange("2022-06-01", "2022-09-01");

interface Case {
  readonly spatial: Spatial;
  readonly sensor: SensorInit;
  readonly window: TimeRange | null;
  readonly holdings: Holdings;
}

function valued(id: string, bands: readonly string[], scenes: readonly Scene[]): Holdings {
  return {
    [id]: scenes.map((scene, i): Scene => ({
      ...scene,
      bands: Object.fromEntries(bands.map((name, band) => [name, {
        type: "i2" as const,
        value: (column: number, row: number) => pattern(column, row, band) + 10 * i,
        has: (column: number, row: number) => (column + 3 * row + i) % 11 !== 0,
      }])),
    })),
  };
}

const days = ["2022-06-03", "2022-07-02", "2022-08-31"];
const hole = (column: number, row: number) => (column + row) % 17 === 0;
const south = northUpGrid({
  crs: "EPSG:32632",
  west: 550_000,
  north: 5_170_000,
  pixelSize: 10,
  width: 4000,
  height: 4000,
});
const landsat = ["SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7"];

const cases: Readonly<Record<string, Case>> = {
  "s2-median-point": {
    spatial: point,
    sensor: { collection: s2, bands: ["B4", "B3", "B2"] },
    window: summer,
    holdings: {
      [s2]: [...days, "2022-09-01"].map((day, i) => s2Scene(day, { plus: 100 * i * i, hole })),
    },
  },
  "s2-mosaic-bbox-alias": {
    spatial: bbox({ minLon: 10, minLat: 46.5, maxLon: 10.02, maxLat: 46.51 }),
    sensor: {
      collection: s2,
      bands: ["RED", "GREEN", "BLUE", "NIR_NARROW"],
      composite: "mosaic",
      scaleM: 20,
      cloudyPct: 10,
    },
    window: { start: "2021-01-01", end: "2022-01-01" },
    holdings: {
      [s2]: ["2021-05-01", "2021-02-01", "2021-12-31"].map((day, i) =>
        s2Scene(day, { plus: 50 * i, grid: south, hole: (c, r) => (c + r + i) % 3 === 0 })
      ),
    },
  },
  "landsat-sr": {
    spatial: point,
    sensor: {
      collection: "LANDSAT/LC08/C02/T1_L2",
      bands: ["BLUE", "GREEN", "RED", "NIR", "SWIR1", "SWIR2"],
      scaleM: 30,
    },
    window: summer,
    holdings: valued(
      "LANDSAT/LC08/C02/T1_L2",
      landsat,
      days.map((day, i) => ({
        ...constantScene("x", { time: `${day}T00:00:00Z`, value: 0 }),
        properties: { CLOUD_COVER: 20 * i },
      })),
    ),
  },
  "dem-no-time": {
    spatial: point,
    sensor: { collection: "COPERNICUS/DEM/GLO30", bands: ["DEM"], scaleM: 30, composite: "mosaic" },
    window: null,
    holdings: valued("COPERNICUS/DEM/GLO30", ["DEM"], [
      constantScene("x", { time: "2012-01-01T00:00:00Z", value: 0 }),
      constantScene("x", { time: null, value: 0 }),
    ]),
  },
  "modis-mod09ga-float": {
    spatial: point,
    sensor: {
      collection: "MODIS/061/MOD09GA",
      bands: ["sur_refl_b01", "sur_refl_b02"],
      scaleM: 1000,
      cloudyPct: null,
    },
    window: summer,
    holdings: valued(
      "MODIS/061/MOD09GA",
      ["sur_refl_b01", "sur_refl_b02"],
      days.map((day) => constantScene("x", { time: `${day}T00:00:00Z`, value: 0 })),
    ),
  },
  "s1-median": {
    spatial: point,
    sensor: { collection: "COPERNICUS/S1_GRD_FLOAT", bands: ["VV", "VH"], cloudyPct: null },
    window: summer,
    holdings: {
      "COPERNICUS/S1_GRD_FLOAT": [
        s1Scene("2022-06-03"),
        s1Scene("2022-06-09", { plus: 3, pass: "DESCENDING" }),
        s1Scene("2022-06-12", { plus: 900, mode: "EW" }),
      ],
    },
  },
  "s1-mosaic-desc-db": {
    spatial: point,
    sensor: {
      collection: "COPERNICUS/S1_GRD",
      bands: ["VV", "VH"],
      cloudyPct: null,
      composite: "mosaic",
      orbit: "DESCENDING",
      useFloatLinear: false,
    },
    window: summer,
    holdings: {
      "COPERNICUS/S1_GRD": [
        s1Scene("2022-06-03", { pass: "DESCENDING" }),
        s1Scene("2022-06-09", { plus: 3 }),
      ],
    },
  },
  "s1-iw-relaxed": {
    spatial: point,
    sensor: { collection: "COPERNICUS/S1_GRD_FLOAT", bands: ["VV", "VH"], cloudyPct: null },
    window: summer,
    holdings: { "COPERNICUS/S1_GRD_FLOAT": [s1Scene("2022-06-03", { mode: "SM" })] },
  },
  "gse-all-bands": {
    spatial: point,
    sensor: {
      collection: "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL",
      bands: ["A00", "A01"],
      composite: "mosaic",
      fillValue: -9999,
    },
    window: { start: "2021-01-01", end: "2022-01-01" },
    holdings: valued("GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL", ["A00", "A01"], [
      constantScene("x", { time: "2021-01-01T00:00:00Z", value: 0 }),
      constantScene("x", { time: "2022-01-01T00:00:00Z", value: 0 }),
    ]),
  },
};

/** The calls of a tree by name, outermost first. */
function* callsOf(tree: Tree): Generator<Extract<Tree, { fn: string }>> {
  if ("fn" in tree) {
    yield tree;
    for (const arg of Object.values(tree.args)) yield* callsOf(arg);
  }
}

/** What a chain of filters starts from, and the filters in any order, as a scene passes all or not. */
function chainOf(tree: Tree): { from: string; filters: string[] } {
  const filters: string[] = [];
  let at = tree;
  while ("fn" in at && at.fn === "Collection.filter") {
    filters.push(stable(at.args["filter"]!));
    at = at.args["collection"]!;
  }
  return { from: stable(at), filters: filters.sort() };
}

/** JSON with sorted keys, and lengths to the micrometre. */
function stable(tree: Tree): string {
  return JSON.stringify(
    tree,
    (_, value) =>
      typeof value === "number"
        ? Number(value.toFixed(6))
        : value && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
}

for (const [name, { spatial, sensor, window, holdings }] of Object.entries(cases)) {
  const asked = {
    spatial,
    sensor: sensorSpec({ projection: "webmercator", ...sensor }),
    frames: [window],
  };
  const recorded = readGraph(peer[name]);

  test(`fetch() asks for the scenes that rs-embed asks for: ${name}`, async () => {
    await withDouble({ holdings }, async (double, open) => {
      await open({ listScenes: false }).fetch(asked);
      // the last one, where the mode was dropped
      const ours = readGraph(double.seen.at(-1)!.body.expression);
      const chains = [ours, recorded].map((tree) =>
        chainOf([...callsOf(tree)].find(({ fn }) => fn === "Collection.filter")!)
      );
      assert.deepEqual(chains[0], chains[1]);
      const reducers = [ours, recorded].map((tree) =>
        [...callsOf(tree)].map(({ fn }) => fn).filter((fn) =>
          /^reduce|mosaic|limit|^Image\.resample/.test(fn)
        )
      );
      assert.deepEqual(reducers[0], reducers[1]);
    });
  });

  test(`fetch() gives the pixels of rs-embed's request: ${name}`, async () => {
    const sample = evaluate(recorded, holdings) as { properties: Record<string, number[][]> };
    const bottomUp = [...callsOf(recorded)].some(({ fn }) => fn === "Projection.atScale");
    const patch = await withDouble({ holdings }, (_, open) => open().fetch(asked));
    const planes = Object.values(sample.properties).map((rows) =>
      bottomUp ? rows.toReversed() : rows
    );
    assert.equal(planes.length, patch.bands.length);
    const { width, height, transform } = patch.grid;
    const [minX, minY, maxX, maxY] = regionOf(recorded);
    // both grids begin at the same corner; the service's has all pixels that the place touches
    const [rows, columns] = [planes[0]!.length, planes[0]![0]!.length];
    assert(
      rows - height >= 0 && rows - height <= 2 && columns - width >= 0 && columns - width <= 2,
    );
    let compared = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [x, y] = applyAffine(transform, [column + 0.5, row + 0.5]);
        if (x < minX || x > maxX || y < minY || y > maxY) continue;
        planes.forEach((plane, band) => {
          const ours = patch.pixels.data[(band * height + row) * width + column];
          if (ours !== Math.fround(plane[row]![column]!)) assert.fail(`${band} ${row} ${column}`);
        });
        compared++;
      }
    }
    assert(compared > 0.9 * (width - 2) * (height - 2));
  });
}

function regionOf(tree: Tree): [number, number, number, number] {
  const { coordinates } =
    [...callsOf(tree)].find(({ fn }) => fn === "GeometryConstructors.Rectangle")!.args;
  return (coordinates as { constant: [number, number, number, number] }).constant;
}

test("compositeOf() is the expression of the recorded request for pixels, but for the fill", () => {
  const { expression, grid } = peer["computepixels-s2-median"];
  const sensor = sensorSpec({
    collection: s2,
    bands: ["B4", "B3", "B2"],
    projection: "webmercator",
  });
  const [minX, minY, maxX, maxY] = regionOf(readGraph(expression));
  const ours = readGraph(encodeExpression(compositeOf({
    id: s2,
    bounds: { minX, minY, maxX, maxY },
    crs: "EPSG:3857",
    window: summer,
    bands: sensor.bands,
    sensor,
    requireIw: false,
  }, "nearest")));
  const selected = (tree: Tree) =>
    stable([...callsOf(tree)].find(({ fn }) => fn === "Image.select")!);
  assert.equal(selected(ours), selected(readGraph(expression)));
  assert.deepEqual(Object.keys(grid), ["crsCode", "affineTransform", "dimensions"]);
});

test("fetch() sends the recorded request's grid, format and layout", async () => {
  const recorded = peer["computepixels-s2-median"];
  const { holdings, spatial, sensor } = cases["s2-median-point"]!;
  await withDouble({ holdings }, async (double, open) => {
    await open({ listScenes: false }).fetch({
      spatial,
      sensor: sensorSpec({ projection: "webmercator", ...sensor }),
      frames: [summer],
    });
    const { expression: _, bandIds, ...rest } = double.seen[0]!.body;
    const { expression: __, ...wanted } = recorded;
    assert.deepEqual(rest, wanted);
    assert.deepEqual(bandIds, ["B4", "B3", "B2"]);
  });
});

test("the double computes expressions of Google's client that we do not send", () => {
  const { expression } = peer["computepixels-s2-masked-utm"];
  const scenes = days.map((day, i): Scene => {
    const scene = s2Scene(day, { plus: [0, 100, 1000][i]! });
    const SCL = {
      type: "u1" as const,
      factor: 2,
      value: (column: number) => column % 2 === i % 2 ? 9 : 4,
    };
    return { ...scene, bands: { ...scene.bands, SCL } };
  });
  const image = evaluate(readGraph(expression), { [s2]: scenes });
  const grid = {
    ...tile,
    transform: [10, 0, 355_000, 0, -10, 3_454_000] as const,
    width: 8,
    height: 1,
  };
  const { values } = image.bands[0].sample(grid);
  // where the class is 9 in the first and last scene, only that in the middle is left, and the other way round
  const row = (3_470_000 - 3_454_000) / 10;
  const expected = Array.from({ length: 8 }, (_, x) => {
    const column = 1500 + x;
    return pattern(column, row, 4) + (Math.floor(column / 2) % 2 === 0 ? 100 : 500);
  });
  assert.deepEqual([...values], expected);
});

test("scenesOf() keeps one load of each collection", () => {
  const sensor = sensorSpec({ collection: s2, bands: ["B4"] });
  const graph = encodeExpression(scenesOf({
    id: s2,
    bounds: { minX: 0, minY: 0, maxX: 1, maxY: 1 },
    crs: "EPSG:32651",
    window: null,
    bands: ["B4"],
    sensor,
    requireIw: false,
  }));
  assert.equal(JSON.stringify(graph).match(/ImageCollection\.load/g)?.length, 1);
});
