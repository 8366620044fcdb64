/**
 * Speed of the synthetic world: `deno bench -A bench/synthetic_bench.ts`.
 *
 * @module
 */

import { pointBuffer, sensorSpec } from "@rsembed/core";
import { syntheticProvider } from "@rsembed/providers/synthetic";

const twelve = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"];
const world = syntheticProvider({});

/** Adds a benchmark of one place a turn, each time another one. */
function benchPlaces({ sidePx, bands }: { sidePx: number; bands: readonly string[] }): void {
  const sensor = sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands });
  const frames = [{ start: "2022-06-01", end: "2022-09-01" }];
  const values = (sidePx ** 2 * bands.length / 1e6).toFixed(3);
  let turn = 0;
  Deno.bench(`${sidePx} px, ${bands.length} bands: ${values} million values`, async () => {
    turn++;
    const spatial = pointBuffer({
      lon: -100 + (turn * 0.37) % 200,
      lat: -50 + (turn * 0.171) % 100,
      bufferM: 5 * sidePx,
    });
    await world.fetch({ spatial, sensor, frames });
  });
}

benchPlaces({ sidePx: 24, bands: twelve });
benchPlaces({ sidePx: 224, bands: twelve });
benchPlaces({ sidePx: 224, bands: ["B4", "B3", "B2"] });
