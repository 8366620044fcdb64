import { isRsembedError, sensorSpec } from "@rsembed/core";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { geometryMeta, geometryOf, type GeometryOptions } from "./geometry.ts";

interface Fixture {
  readonly modality: "s1" | "s2";
  readonly hw: readonly [number, number];
  readonly patch_size: number;
  readonly scale_m: number;
  readonly strategy: string;
  readonly reason: string;
  readonly final_hw: readonly number[];
  readonly ground_cover_m: number;
  readonly estimated_patch_tokens: number;
  readonly snap: string | null;
}

const fixtures: Fixture[] = JSON.parse(
  readFileSync(new URL("testdata/geometry.json", import.meta.url), "utf8"),
);

const defaults: GeometryOptions = {
  modality: "s2",
  patchPx: 8,
  scaleM: sensorSpec({ collection: "any", bands: ["B2"] }).scaleM,
  imageSizePx: 288,
  resizeMode: "native_snap",
  shapeAdjust: "crop",
  tolerancePx: 8,
  maxSidePx: 384,
  maxTokens: 3000,
};

test("geometryOf() decides as rs-embed does for every size, scale and patch", () => {
  assert(fixtures.length >= 200);
  for (const { modality, hw: [height, width], patch_size, scale_m, ...wanted } of fixtures) {
    const options = { ...defaults, modality, patchPx: patch_size, scaleM: scale_m };
    const meta = geometryMeta({ height, width }, {
      geometry: geometryOf({ height, width }, options),
      options,
    });
    assert.deepEqual(
      {
        strategy: meta.preprocess_strategy,
        reason: meta.preprocess_reason,
        final_hw: meta.final_hw,
        ground_cover_m: meta.ground_cover_m,
        estimated_patch_tokens: meta.estimated_patch_tokens,
        snap: meta.snap_adjust_applied,
      },
      wanted,
      JSON.stringify({ modality, height, width, patch_size, scale_m }),
    );
  }
});

test("geometryOf() refuses sizes that have no whole number of patches, and scales it cannot divide", () => {
  const refused = (options: Partial<GeometryOptions>, field: string) =>
    assert.throws(
      () => geometryOf({ height: 40, width: 80 }, { ...defaults, ...options }),
      (error) => isRsembedError(error, "spec") && error.facts.field === field,
    );
  refused({ patchPx: 20 }, "image_size");
  refused({ scaleM: 12.5 }, "scaleM");
});

test("geometryOf() cuts to the middle, fills around it, and goes down where it is as near", () => {
  const windows = (height: number, width: number, shapeAdjust: "crop" | "pad" = "crop") =>
    geometryOf({ height, width }, { ...defaults, shapeAdjust }).native!;
  assert.deepEqual(windows(99, 101).square, { x: 1, y: 0, width: 99, height: 99 });
  assert.deepEqual(windows(99, 101).snapped, { x: 1, y: 1, width: 96, height: 96 });
  assert.deepEqual(windows(99, 106, "pad").square, { x: 0, y: -3, width: 106, height: 106 });
  assert.deepEqual(windows(106, 106).snapped, { x: -3, y: -3, width: 112, height: 112 });
  assert.equal(windows(104, 104).snapped.width, 96);
});
