import assert from "node:assert/strict";
import test from "node:test";
import {
  grid,
  type InputPrepSpec,
  isRsembedError,
  type OutputSpec,
  pointBuffer,
  pooled,
} from "@rsembed/core";
import { getEmbedding } from "./embed.ts";

// filters of one pixel see no further than their cell: tiles must give exactly what the whole gives
const model = "mosaiks?kernel_size=1&cell_px=8&features=32";
const backend = "synthetic";

const embed = (sidePx: number, output: OutputSpec, inputPrep: Partial<InputPrepSpec>) =>
  getEmbedding(
    model,
    { spatial: pointBuffer({ lon: 9.9, lat: 57.2, bufferM: 5 * sidePx }), output },
    { backend, inputPrep },
  );

function assertClose(actual: Float32Array, expected: Float32Array, within = 1e-5): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i]!)), 0);
  assert.ok(worst < within, `off by ${worst}`);
}

for (const sidePx of [64, 72]) {
  test(`tiles of ${sidePx} px give the grid of the whole, in the same place`, async () => {
    const whole = await embed(sidePx, grid(), { mode: "resize" });
    const tiled = await embed(sidePx, grid(), {
      mode: "tile",
      tileSizePx: 32,
      tileSnapFraction: 0,
    });
    assert.deepEqual(tiled.data.shape, [32, sidePx / 8, sidePx / 8]);
    assertClose(tiled.data.data, whole.data.data);
    assert.deepEqual(tiled.grid, whole.grid);
    const prep = tiled.meta["input_prep"] as Record<string, unknown>;
    assert.equal(prep["resolved_mode"], "tile");
    assert.equal(prep["tile_count"], sidePx === 64 ? 4 : 9);
    assert.deepEqual(tiled.meta["grid_hw"], [sidePx / 8, sidePx / 8]);
  });

  test(`tiles of ${sidePx} px give the mean and maximum of the whole`, async () => {
    for (const output of [pooled("mean"), pooled("max")]) {
      const whole = await embed(sidePx, output, { mode: "resize" });
      const tiled = await embed(sidePx, output, {
        mode: "tile",
        tileSizePx: 32,
        tileSnapFraction: 0,
      });
      // shifted tiles overlap: each counts by the area it owns, with the mean of all it sees
      const isExact = sidePx === 64 || (output.mode === "pooled" && output.pooling === "max");
      assertClose(tiled.data.data, whole.data.data, isExact ? 1e-5 : 0.01);
    }
  });
}

test("a few pixels too many are snapped away before tiling", async () => {
  const { data, meta } = await embed(66, grid(), { mode: "tile", tileSizePx: 32 });
  assert.deepEqual(data.shape, [32, 8, 8]);
  const prep = meta["input_prep"] as Record<string, unknown>;
  assert.deepEqual([prep["snapped_from_hw"], prep["snapped_to_hw"]], [[66, 66], [64, 64]]);
});

test("auto tiles grids only, and a model of any size is never tiled unasked", async () => {
  const mode = async (output: OutputSpec, prep: Partial<InputPrepSpec>) =>
    ((await embed(64, output, prep)).meta["input_prep"] as Record<string, unknown>)[
      "resolved_mode"
    ];
  assert.equal(await mode(grid(), { mode: "auto", tileSizePx: 32 }), "tile");
  assert.equal(await mode(pooled(), { mode: "auto", tileSizePx: 32 }), "resize");
  assert.equal(await mode(grid(), { mode: "auto", tileSizePx: 32, maxTiles: 3 }), "resize");
  assert.equal(await mode(grid(), {}), "resize");
});

test("more tiles than allowed are refused with a typed error", async () => {
  await assert.rejects(
    embed(64, pooled(), { mode: "tile", tileSizePx: 8, maxTilesHard: 10 }),
    (error) => isRsembedError(error, "limit"),
  );
});

test("seams where tiles begin inside of cells leave the grid without a transform", async () => {
  const { grid: place, meta } = await embed(70, grid(), {
    mode: "tile",
    tileSizePx: 32,
    tileSnapFraction: 0,
  });
  assert.equal(place, null);
  assert.equal(meta["grid_transform"], null);
});
