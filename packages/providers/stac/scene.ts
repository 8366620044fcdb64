/**
 * One scene, brought onto the grid of a place.
 *
 * @module
 */

import type { Grid, RunOptions, SensorSpec } from "@rsembed/core";
import { sourceWindow } from "../raster/lattice.ts";
import { emptyRaster, type Raster } from "../raster/raster.ts";
import { chooseResampling, type Resampling, type ResamplingDone, warp } from "../raster/warp.ts";
import { type Cog, type CogLevel, type CogReader, levelFor } from "../tiff/cog.ts";
import type { SceneBand } from "./assets.ts";
import { subtractOffset } from "./harmonise.ts";
import type { Imagery } from "./imagery.ts";
import type { StacItem } from "./item.ts";

/** A scene whose files are known. */
export interface Scene {
  readonly item: StacItem;
  /** In the order of the layer's bands. */
  readonly bands: readonly SceneBand[];
  /** Where it tells clouds, where they are to be masked. */
  readonly clouds: SceneBand | null;
  /** What to take off its numbers. */
  readonly subtract: number;
}

/** How a scene is read. */
export interface SceneReading extends RunOptions {
  readonly reader: CogReader;
  readonly imagery: Imagery;
  readonly sensor: SensorSpec;
  /** The grid of the whole place: chooses resolution and resampling, so that blocks of it do not differ. */
  readonly whole: Grid;
}

/** Least power before it becomes decibels: -60 dB. */
const leastPower = 1e-6;

/**
 * The pixels of each band on a target grid, one raster a band; `null` where the scene has none there.
 */
export async function readScene(
  { bands, clouds, subtract }: Scene,
  target: Grid,
  options: SceneReading,
): Promise<Raster[] | null> {
  const reading = { ...options, subtract };
  // the first tells whether the scene lies there at all, before the others are opened
  const first = await readBand(bands[0]!, target, reading);
  if (first === null) return null;
  const [clear, ...others] = await Promise.all([
    clouds && readBand(clouds, target, reading),
    ...bands.slice(1).map((band) => readBand(band, target, reading)),
  ]);
  const layers = [first, ...others].map((layer) => layer ?? emptyRaster(target, 1));
  for (const layer of layers) {
    if (clouds) maskClouds(layer, clear ?? null, reading.imagery);
  }
  return layers.some(({ valid }) => valid.includes(1)) ? layers : null;
}

/** Whether a scene has pixels in the place of `whole`. */
export async function hasPixels({ bands }: Scene, reading: SceneReading): Promise<boolean> {
  const layer = await readBand(bands[0]!, reading.whole, { ...reading, subtract: 0 });
  return layer?.valid.includes(1) ?? false;
}

/** How the pixels of a file come onto the grid of a place. */
export function resamplingFor(
  cog: Cog,
  { isClasses }: Pick<SceneBand, "isClasses">,
  { whole, sensor }: Pick<SceneReading, "whole" | "sensor">,
): ResamplingDone {
  const chosen = chooseResampling(levelOf(cog, whole, isClasses).grid, whole);
  // between classes there is nothing; the Web Mercator grid is there for parity with rs-embed
  const isNearest = isClasses || sensor.projection === "webmercator";
  return chosen !== "copy" && isNearest ? "nearest" : chosen;
}

/** Classes are never taken from overviews, which may hold means of them. */
function levelOf(cog: Cog, whole: Grid, isClasses: boolean): CogLevel {
  return isClasses ? cog.levels[0]! : levelFor(cog, whole);
}

async function readBand(
  file: SceneBand,
  target: Grid,
  reading: SceneReading & { readonly subtract: number },
): Promise<Raster | null> {
  const { href, sample, band, isClasses, hasOffset } = file;
  const { reader, imagery, signal } = reading;
  const cog = await reader.open(href, { signal });
  const how = resamplingFor(cog, file, reading);
  const level = levelOf(cog, reading.whole, isClasses);
  const window = sourceWindow(level.grid, target);
  if (!window) return null;
  const nodata = isClasses ? null : band?.nodata ?? imagery.nodata;
  const pixels = await reader.read(cog, { level, window, bands: [sample], nodata }, { signal });
  // before they are interpolated: a pixel means what it means by itself
  if (hasOffset) subtractOffset(pixels, reading.subtract);
  if (imagery.isDecibel) toDecibels(pixels);
  const resampling: Resampling = how === "copy" ? "auto" : how;
  return warp(pixels, target, { resampling });
}

function toDecibels({ data, valid }: Raster): void {
  for (let i = 0; i < data.length; i++) {
    if (valid[i] === 1) data[i] = 10 * Math.log10(Math.max(data[i]!, leastPower));
  }
}

/** Drops pixels where clouds are, or where nothing tells. */
function maskClouds({ valid }: Raster, clear: Raster | null, { clouds }: Imagery): void {
  for (let i = 0; i < valid.length; i++) {
    if (!clear || !clouds || clear.valid[i] === 0 || !clouds.isClear(clear.data[i]!)) valid[i] = 0;
  }
}
