import assert from "node:assert/strict";
import test from "node:test";
import {
  type ImageryRequest,
  ndarray,
  northUpGrid,
  type Patch,
  pointBuffer,
  RsembedError,
  sensorSpec,
} from "@rsembed/core";
import type { Provider } from "@rsembed/providers";
import { withFramesFilled } from "./frames.ts";

const months = ["06", "07", "08", "09"].map((m, i) => ({
  start: `2022-${m}-01`,
  end: `2022-${["07", "08", "09", "10"][i]}-01`,
}));
const request: ImageryRequest = {
  spatial: pointBuffer({ lon: 9, lat: 57, bufferM: 20 }),
  sensor: sensorSpec({ collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B4", "B3"] }),
  frames: months,
};

/** Frames of 1 x 2 px: each band of a frame has its value, 0 for none. */
function patchOf(values: readonly number[]): Patch {
  const pixels = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [values.length, 2, 1, 2],
  });
  pixels.data.forEach((_, i) => pixels.data[i] = values[Math.floor(i / 4)]!);
  const valid = ndarray("uint8", { axes: ["t", "y", "x"], shape: [values.length, 1, 2] });
  valid.data.forEach((_, i) => valid.data[i] = values[Math.floor(i / 2)] === 0 ? 0 : 1);
  return {
    pixels,
    bands: ["B4", "B3"],
    times: months.slice(0, values.length),
    grid: northUpGrid({ crs: "EPSG:32632", west: 0, north: 0, pixelSize: 10, width: 2, height: 1 }),
    valid,
    provenance: { provider: "toy", source: "toy", items: [], notes: { seen: true } },
  };
}

function provider(whole: number | null, asked: ImageryRequest[]): Provider {
  return {
    name: "toy",
    fetch(request) {
      asked.push(request);
      if (whole !== null) return Promise.resolve(patchOf([whole]));
      throw new RsembedError("no-data", "Cannot find any", { facts: { source: "toy" } });
    },
  };
}

test("empty frames take the composite of the whole window, fetched once, and are named", async () => {
  const asked: ImageryRequest[] = [];
  const patch = patchOf([10, 0, 30, 0]);
  const filled = await withFramesFilled(patch, { provider: provider(7, asked), request });
  assert.deepEqual([0, 4, 8, 12].map((i) => filled.pixels.data[i]), [10, 7, 30, 7]);
  assert(filled.valid.data.every((v) => v === 1));
  assert.deepEqual(asked.map(({ frames }) => frames), [[{
    start: "2022-06-01",
    end: "2022-10-01",
  }]]);
  assert.deepEqual(filled.provenance.notes, {
    seen: true,
    backfilled_frames: [1, 3],
    backfilled_from: "the whole window",
  });
  assert.equal(patch.pixels.data[4], 0);
});

test("empty frames take the nearest frame where the whole window has nothing, the earlier of two", async () => {
  const filled = await withFramesFilled(patchOf([0, 20, 0, 40]), {
    provider: provider(null, []),
    request,
  });
  assert.deepEqual([0, 4, 8, 12].map((i) => filled.pixels.data[i]), [20, 20, 20, 40]);
  assert.equal(filled.provenance.notes["backfilled_from"], "the nearest frame");
});

test("a patch whose frames all have imagery stays as it is, and asks nothing", async () => {
  const asked: ImageryRequest[] = [];
  const patch = patchOf([1, 2, 3, 4]);
  assert.equal(await withFramesFilled(patch, { provider: provider(7, asked), request }), patch);
  assert.equal(asked.length, 0);
});
