import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageryRequest, type Patch, pointBuffer, sensorSpec } from "@rsembed/core";
import type { Scene } from "./gee/testdata/double/images.ts";
import { withDouble } from "./gee/testdata/scenes.ts";
import { withWorld } from "./stac/testdata/requests.ts";
import { pattern, place, s2Scene, tile } from "./stac/testdata/world.ts";

const collection = "COPERNICUS/S2_SR_HARMONIZED";
const numbers = { B2: 2, B4: 4, B5: 5 };

interface Plan {
  readonly day: string;
  readonly plus: number;
  readonly cloud: number;
  readonly hole: (column: number, row: number) => boolean;
  readonly scl: (column: number, row: number) => number;
}

const plans: readonly Plan[] = [
  { day: "2022-06-03", plus: 0, cloud: 3, hole: (c) => c % 23 === 0, scl: () => 4 },
  { day: "2022-06-08", plus: 300, cloud: 29, hole: () => false, scl: (c) => c % 5 === 0 ? 9 : 5 },
  {
    day: "2022-06-20",
    plus: 90,
    cloud: 10,
    hole: (_, r) => r % 17 < 2,
    scl: (_, r) => r % 4 < 2 ? 3 : 6,
  },
  { day: "2022-06-25", plus: 5000, cloud: 31, hole: () => false, scl: () => 4 },
  { day: "2022-07-11", plus: 40, cloud: 0, hole: () => false, scl: () => 4 },
];

/** The same scenes as STAC has them, with their offset. */
const stacScenes = plans.map(({ day, ...plan }) => s2Scene(day, plan));

/** The same scenes as Earth Engine has them, harmonised. */
const geeScenes = plans.map(({ day, plus, cloud, hole, scl }): Scene => ({
  index: day,
  time: `${day}T10:30:00Z`,
  grid: tile,
  properties: { CLOUDY_PIXEL_PERCENTAGE: cloud },
  bands: {
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, number]) => {
        const factor = name === "B5" ? 2 : 1;
        return [name, {
          type: "u2" as const,
          factor,
          value: (c: number, r: number) => pattern(c, r, number) + plus - 1000,
          has: (c: number, r: number) => !hole(c * factor, r * factor),
        }];
      }),
    ),
    SCL: { type: "u1", factor: 2, value: scl },
  },
}));

async function fromBoth(request: ImageryRequest): Promise<[stac: Patch, gee: Patch]> {
  return [
    await withWorld({ planetary: stacScenes }, ({ open }) => open().fetch(request)),
    await withDouble(
      { holdings: { [collection]: geeScenes } },
      (_, open) => open().fetch(request),
    ),
  ];
}

for (const projection of ["utm", "webmercator"] as const) {
  for (const composite of ["median", "mosaic"] as const) {
    for (const cloudMask of [false, true]) {
      const name = `${projection} ${composite}${cloudMask ? " without clouds" : ""}`;
      test(`Earth Engine and STAC give the same patch of the same imagery: ${name}`, async () => {
        const [stac, gee] = await fromBoth({
          spatial: pointBuffer({ ...place, bufferM: 400 }),
          sensor: sensorSpec({
            collection,
            bands: Object.keys(numbers),
            projection,
            composite,
            cloudMask,
            fillValue: -1,
          }),
          frames: [
            { start: "2022-06-01", end: "2022-07-01" },
            { start: "2022-07-01", end: "2022-08-01" },
          ],
        });
        assert.deepEqual(stac.grid, gee.grid);
        assert.deepEqual(stac.times, gee.times);
        assert.deepEqual(stac.valid.data, gee.valid.data);
        assert(stac.valid.data.includes(1));
        let worst = 0;
        stac.pixels.data.forEach((value, i) => {
          worst = Math.max(worst, Math.abs(value - gee.pixels.data[i]!));
        });
        // sums of four weights may round differently
        assert(worst <= 1e-3, `${worst}`);
      });
    }
  }
}
