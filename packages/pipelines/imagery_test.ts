import assert from "node:assert/strict";
import test from "node:test";
import {
  dateRange,
  ndarray,
  northUpGrid,
  type Patch,
  pointBuffer,
  type ResolvedModel,
  RsembedError,
  sensorSpec,
  type TimeRange,
} from "@rsembed/core";
import type { Provider } from "@rsembed/providers";
import { fetchPlace, planFetches } from "./imagery.ts";

function wants(bands: string[], frames = 1, scaleM = 10) {
  const sensor = sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands, scaleM });
  const model: ResolvedModel = {
    name: bands.join(""),
    id: "toy",
    variant: "v",
    modality: "s2",
    sensor,
    options: {},
    weights: null,
    precision: "float32",
  };
  return { model, frames: (time: TimeRange | null) => Array.from({ length: frames }, () => time) };
}

const summer = dateRange("2022-06-01", "2022-09-01");
const spatial = pointBuffer({ lon: 9, lat: 57, bufferM: 20 });

test("planFetches() makes one fetch of the union of bands", () => {
  const groups = planFetches([wants(["B4", "B3"]), wants(["B3", "B8"])], summer);
  assert.deepEqual(groups.map(({ sensor, members }) => [sensor.bands, members]), [
    [["B4", "B3", "B8"], [0, 1]],
  ]);
});

test("planFetches() keeps apart what differs in scale or frames", () => {
  const groups = planFetches([wants(["B4"]), wants(["B4"], 1, 20), wants(["B4"], 3)], summer);
  assert.deepEqual(groups.map(({ members }) => members), [[0], [1], [2]]);
});

/** A provider whose band `Bn` has the value n, and which fails when told to. */
function provider(fail: (call: number) => boolean, calls: { count: number }): Provider {
  return {
    name: "toy",
    fetch({ sensor, frames }) {
      const call = calls.count++;
      if (fail(call)) {
        throw new RsembedError("unavailable", "Cannot reach toy: it is down", {
          facts: { resource: "toy" },
        });
      }
      const shape = [frames.length, sensor.bands.length, 1, 1] as const;
      const values = frames.flatMap(() => sensor.bands.map((band) => Number(band.slice(1))));
      const patch: Patch = {
        pixels: ndarray("float32", {
          axes: ["t", "band", "y", "x"],
          shape,
          data: Float32Array.from(values),
        }),
        bands: sensor.bands,
        times: frames,
        grid: northUpGrid({
          crs: "EPSG:32632",
          west: 0,
          north: 0,
          pixelSize: 10,
          width: 1,
          height: 1,
        }),
        valid: ndarray("uint8", { axes: ["t", "y", "x"], shape: [frames.length, 1, 1] }),
        provenance: { provider: "toy", source: "toy", items: [], notes: {} },
      };
      return Promise.resolve(patch);
    },
  };
}

test("fetchPlace() fetches once for models that share imagery, each with its own bands", async () => {
  const calls = { count: 0 };
  const models = [wants(["B4", "B3"]), wants(["B3", "B8"])];
  const outcomes = await fetchPlace({
    provider: provider(() => false, calls),
    groups: planFetches(models, summer),
    spatial,
    modelBands: models.map(({ model }) => model.sensor.bands),
  }, { maxRetries: 0, retryBackoffS: 0 });
  assert.equal(calls.count, 1);
  assert.deepEqual(outcomes.map((o) => o.ok && [...o.value.pixels.data]), [[4, 3], [3, 8]]);
});

test("fetchPlace() tries again what may pass, and reports what does not", async () => {
  const models = [wants(["B4"])];
  const ask = (fail: (call: number) => boolean, calls: { count: number }) =>
    fetchPlace({
      provider: provider(fail, calls),
      groups: planFetches(models, summer),
      spatial,
      modelBands: [["B4"]],
    }, { maxRetries: 2, retryBackoffS: 0 });
  const twice = { count: 0 };
  assert.equal((await ask((call) => call < 2, twice))[0]?.ok, true);
  assert.equal(twice.count, 3);
  const always = { count: 0 };
  assert.equal((await ask(() => true, always))[0]?.ok, false);
  assert.equal(always.count, 3);
});
