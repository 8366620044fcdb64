/**
 * From imagery to the series that Presto takes.
 *
 * Source: nasaharvest/presto, `presto/dataops/pipelines/s1_s2_era5_srtm.py`, `presto/dataops/utils.py`.
 *
 * @module
 */

import { type Grid, ndarray, type Patch } from "@rsembed/core";
import { gridCenter, type LonLat } from "../_prepare/grid_center.ts";
import { windowGrid } from "../_prepare/ground.ts";
import type { Tensor } from "../embedder.ts";
import { bands, groups, ndviSlot, type PrestoInputs } from "./bands.ts";

/** Slots of the encoder's list, the vegetation index with them. */
export const slotCount: number = ndviSlot + 1;

/** Class of pixels whose land cover is not known. */
export const unknownCover = 9;

const [redSlot, nearInfraredSlot] = [4, 8];

/** All slots of a series of H x W pixels. */
export interface SlotSeries {
  /** (T, 17, H, W), scaled; of what is masked, that of a raw 0. */
  readonly values: Float32Array<ArrayBuffer>;
  /** (T, 17, H, W), 1 where there is nothing. */
  readonly masked: Uint8Array<ArrayBuffer>;
}

/** What a patch holds. */
export interface PatchPixels extends Pick<Patch, "pixels" | "valid"> {
  /** Whether VV and VH are linear power. */
  readonly isLinear: boolean;
}

/** Power of backscatter to decibels. */
function decibels(power: number): number {
  return 10 * Math.log10(Math.max(power, 1e-10));
}

/** Scales a patch into the encoder's slots; gaps of a frame mask all its bands but those of the ground. */
export function slotSeries(
  { pixels, valid, isLinear }: PatchPixels,
  { slots }: Pick<PrestoInputs, "slots">,
): SlotSeries {
  const [frames, count, height, width] = pixels.shape;
  const plane = height * width;
  const { fround } = Math;
  const values = new Float32Array(frames * slotCount * plane);
  const masked = new Uint8Array(values.length).fill(1);
  for (let t = 0; t < frames; t++) {
    const at = (slot: number) => (t * slotCount + slot) * plane;
    for (const [slot, [, add, divide]] of bands.entries()) {
      values.fill(fround(add) / fround(divide), at(slot), at(slot) + plane);
    }
    for (const [band, slot] of slots.entries()) {
      if (slot < 0) continue;
      const [name, add, divide] = bands[slot]!;
      const isGround = name === "elevation" || name === "slope";
      const from = (t * count + band) * plane;
      for (let i = 0; i < plane; i++) {
        const raw = pixels.data[from + i]!;
        const x = isLinear && slot < 2 ? decibels(raw) : raw;
        if (x - x !== 0) continue;
        values[at(slot) + i] = fround(x + fround(add)) / fround(divide);
        masked[at(slot) + i] = valid.data[t * plane + i] === 0 && !isGround ? 1 : 0;
      }
    }
    if (!slots.includes(redSlot) || !slots.includes(nearInfraredSlot)) continue;
    for (let i = 0; i < plane; i++) {
      const [near, red] = [values[at(nearInfraredSlot) + i]!, values[at(redSlot) + i]!];
      const sum = fround(near + red);
      values[at(ndviSlot) + i] = sum > 0 ? fround(near - red) / sum : 0;
      const gap = masked[at(nearInfraredSlot) + i]! | masked[at(redSlot) + i]!;
      masked[at(ndviSlot) + i] = gap;
    }
  }
  return { values, masked };
}

/** Size of a series. */
export interface SeriesSize {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/** The values of the groups that are seen, (T, B, H, W), and which tokens there are, (L, H, W). */
export function groupTensors(
  { values, masked }: SlotSeries,
  inputs: PrestoInputs,
  { size, cover }: { size: SeriesSize; cover: BigInt64Array | null },
): Record<"x" | "visible", Tensor> {
  const { frames, height, width } = size;
  const plane = height * width;
  const seen = inputs.groups.map((i) => groups[i]!);
  const slots = seen.flatMap((group) => group.slots);
  const x = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames, Math.max(1, slots.length), height, width],
  });
  for (let t = 0; t < frames; t++) {
    for (const [b, slot] of slots.entries()) {
      const from = (t * slotCount + slot) * plane;
      const to = (t * slots.length + b) * plane;
      for (let i = 0; i < plane; i++) {
        x.data[to + i] = masked[from + i] === 1 ? 0 : values[from + i]!;
      }
    }
  }
  const tokens = seen.reduce((sum, { isStatic }) => sum + (isStatic ? 1 : frames), 0) +
    (cover === null ? 0 : frames);
  const visible = ndarray("float32", { axes: ["token", "y", "x"], shape: [tokens, height, width] });
  let token = 0;
  for (const { slots: own, isStatic } of seen) {
    for (let t = 0; t < (isStatic ? 1 : frames); t++, token++) {
      for (let i = 0; i < plane; i++) {
        const whole = own.every((slot) => masked[(t * slotCount + slot) * plane + i] === 0);
        visible.data[token * plane + i] = whole ? 1 : 0;
      }
    }
  }
  cover?.forEach((landClass, i) => {
    visible.data[token * plane + i] = landClass === BigInt(unknownCover) ? 0 : 1;
  });
  return { x, visible };
}

/** Land cover of a series, (T, H, W), 0 to 9. */
export function coverClasses(
  { pixels, valid }: Omit<PatchPixels, "isLinear">,
  band: number,
): BigInt64Array {
  const [frames, count, height, width] = pixels.shape;
  const plane = height * width;
  return BigInt64Array.from({ length: frames * plane }, (_, i) => {
    const [t, pixel] = [Math.floor(i / plane), i % plane];
    const landClass = pixels.data[(t * count + band) * plane + pixel]!;
    const known = valid.data[i] !== 0 && Number.isInteger(landClass) && landClass >= 0 &&
      landClass < unknownCover;
    return BigInt(known ? landClass : unknownCover);
  });
}

/** A place as a point of the unit sphere. */
export function onSphere({ lon, lat }: LonLat): readonly [number, number, number] {
  const [east, north] = [lon * Math.PI / 180, lat * Math.PI / 180];
  return [
    Math.cos(north) * Math.cos(east),
    Math.cos(north) * Math.sin(east),
    Math.sin(north),
  ];
}

/** Where each pixel lies, (3, H, W), as points of the unit sphere. */
export function pixelPlaces(grid: Grid): Tensor {
  const { height, width } = grid;
  const places = ndarray("float32", { axes: ["axis", "y", "x"], shape: [3, height, width] });
  const plane = height * width;
  for (let i = 0; i < plane; i++) {
    const pixel = windowGrid(grid, {
      x: i % width,
      y: Math.floor(i / width),
      width: 1,
      height: 1,
    });
    onSphere(gridCenter(pixel)).forEach((value, axis) => places.data[axis * plane + i] = value);
  }
  return places;
}
