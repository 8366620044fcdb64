/**
 * How the reference cases of Prithvi name and shape things.
 *
 * @module
 */

import {
  type Grid,
  ndarray,
  northUpGrid,
  type OptionValue,
  type OutputSpec,
  type Patch,
  type Planes,
  resolveModel,
  type TimeRange,
  type TokenGrid,
} from "@rsembed/core";
import { gridCenter } from "../_prepare/grid_center.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { goldenPatch, windowOf } from "../_suite/golden_patch.ts";
import type {
  GoldenAdapter,
  GoldenEncoder,
  GoldenFeed,
  GoldenOutput,
  GoldenPlan,
} from "../_suite/golden_plan.ts";
import { cropToRoi, poolCells, roiOf } from "../_suite/golden_roi.ts";
import { forEachPlace } from "../_suite/golden_run.ts";
import type { Embedder } from "../embedder.ts";
import { card } from "./card.ts";
import { type PrithviConfig, prithviConfigs } from "./config.ts";
import { encodePlace, encodeTimes, yearDayOf } from "./coordinates.ts";
import { bandCount } from "./graph.ts";
import { prithviEmbedder } from "./mod.ts";
import { fittedSeries, keptFrames, wholePatches } from "./prepare.ts";

type Table = Readonly<Record<string, unknown>>;

function tableOf(value: unknown): Table {
  return typeof value === "object" && value !== null ? value as Table : {};
}

function configOf({ config }: GoldenCase): PrithviConfig {
  const number = (value: unknown, fallback: number) => typeof value === "number" ? value : fallback;
  const known = prithviConfigs[card.defaultVariant]!;
  const patch = Array.isArray(config.patch_size) ? config.patch_size.at(-1) : config.patch_size;
  return {
    imageSizePx: number(config.img_size, known.imageSizePx),
    patchSizePx: number(patch, known.patchSizePx),
    width: number(config.embed_dim, known.width),
    depth: number(config.depth, known.depth),
    heads: number(config.num_heads, known.heads),
    mlpRatio: number(config.mlp_ratio, known.mlpRatio),
    coordinates: !Array.isArray(config.coords_encoding) || config.coords_encoding.length > 0,
  };
}

/** The peer's environment variables, and the options that stand for them. */
const environment: Readonly<Record<string, string>> = {
  RS_EMBED_PRITHVI_IMG: "image_size",
  RS_EMBED_PRITHVI_PREP: "prep",
  RS_EMBED_PRITHVI_PATCH_MULT: "pad_multiple",
  RS_EMBED_PRITHVI_TEMPORAL_MODE: "temporal_mode",
  RS_EMBED_PRITHVI_MAX_FRAMES: "max_frames",
  RS_EMBED_PRITHVI_FRAME_STRIDE_DAYS: "frame_stride_days",
};

function embedderOf(golden: GoldenCase, env: Table): Embedder {
  const given = Object.entries(env).map(([key, value]) => [environment[key] ?? key, value]);
  const model = resolveModel(card, {
    name: card.id,
    options: {
      // the peer's default, whatever the patch
      pad_multiple: 16,
      ...Object.fromEntries(given),
      ...tableOf(golden.options.model_config) as Record<string, OptionValue>,
    },
  });
  return prithviEmbedder(model, configOf(golden));
}

/** A small grid with its centre at the place that a case states as (lon, lat) or as a bounding box. */
function gridAt(place: unknown): Grid | null {
  const { bbox } = tableOf(place) as { bbox?: number[] };
  const [west, south, east, north] = bbox ?? [];
  const [lon, lat] = bbox
    ? [(west! + east!) / 2, (south! + north!) / 2]
    : Array.isArray(place)
    ? place
    : [];
  if (typeof lon !== "number" || typeof lat !== "number") return null;
  return northUpGrid({
    crs: "EPSG:4326",
    west: lon - 0.01,
    north: lat + 0.01,
    pixelSize: 0.02,
    width: 1,
    height: 1,
  });
}

/** The stored input of one place as a patch, (T, 6, H, W) or (6, H, W). */
function patchOf(golden: GoldenCase, raw: GoldenArray, embedder: Embedder): Patch {
  const window = windowOf(golden.options.temporal);
  const count = raw.shape.length === 4 ? raw.shape[0]! : 1;
  const times: readonly (TimeRange | null)[] = window
    ? embedder.frames(window)
    : new Array<null>(count).fill(null);
  return goldenPatch(raw, { bands: embedder.model.sensor.bands, times });
}

/** Frames of one place at the encoder's size, in the form of the case: one date has no axis of its own. */
function arrayOf({ data, count, height, width }: Planes, bands: number): GoldenArray {
  const frames = count / bands;
  return frames === 1
    ? ndarray("float32", { axes: ["band", "y", "x"], shape: [bands, height, width], data })
    : ndarray("float32", {
      axes: ["t", "band", "y", "x"],
      shape: [frames, bands, height, width],
      data,
    });
}

/** What preparation gives before it cuts off what fills no patch. */
function fitted({ pixels }: Patch, embedder: Embedder): GoldenArray {
  const { model: { options } } = embedder;
  const fit = options.prep === "pad"
    ? { prep: "pad", multiplePx: Number(options.pad_multiple) } as const
    : { prep: "resize", sizePx: Number(options.image_size) } as const;
  const { planes } = fittedSeries(pixels, { normalization: "unit_scale", fit });
  return arrayOf(planes, pixels.shape[1]);
}

/** The input of the encoder; of a case that stores what fills no patch too, the frames before that is cut off. */
function preparedOf(patch: Patch, embedder: Embedder): GoldenArray {
  const image = embedder.prepare(patch).image!;
  const whole = fitted(patch, embedder);
  return whole.data.length === image.data.length
    ? { ...image, axes: whole.axes, shape: whole.shape } as GoldenArray
    : whole;
}

/** Every nth row and column, where a case stores no more. */
function thinned(array: GoldenArray, side: number): GoldenArray {
  const [bands = 0, height = 0, width = 0] = array.shape;
  const step = height / side;
  if (step === 1 || !Number.isInteger(step) || width !== height) return array;
  const data = new Float32Array(bands * side * side);
  for (let i = 0; i < data.length; i++) {
    const [band, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    data[i] = Number(array.data[(band * height + y * step) * width + x * step]);
  }
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [bands, side, side], data });
}

/** Arrays `prepared_<name>` of each `raw_<name>`, by the settings `<name>_env` or `default_env`. */
function preparations(golden: GoldenCase): GoldenPlan {
  const sources: string[] = [];
  const prepared: Record<string, () => GoldenArray> = {};
  for (const [source, raw] of golden.arrays) {
    const [, name] = /^raw_(.+)$/.exec(source) ?? [];
    if (name === undefined) continue;
    sources.push(source);
    const { [`${name}_env`]: own, default_env: shared } = golden.options;
    const side = golden.arrays.get(`prepared_${name}`)?.shape.at(-1) ?? 0;
    prepared[`prepared_${name}`] = () => {
      const embedder = embedderOf(golden, tableOf(own ?? shared));
      return thinned(fitted(patchOf(golden, raw, embedder), embedder), side);
    };
  }
  return { sources, prepared, encoder: null };
}

const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
const native: OutputSpec = { mode: "grid", orientation: "native" };

/** The input of the graph, of frames as a case stores them. */
function imageFeed({ patchSizePx }: PrithviConfig): GoldenFeed {
  return {
    from: "prepared",
    read: (stored) => {
      const [height = 0, width = 0] = stored.shape.slice(-2);
      const frames = stored.shape.length === 3 ? 1 : stored.shape[0]!;
      const data = stored.data as Float32Array<ArrayBuffer>;
      const whole = wholePatches({ data, count: frames * bandCount, height, width }, patchSizePx);
      return ndarray("float32", {
        axes: ["t", "band", "y", "x"],
        shape: [frames, bandCount, whole.height, whole.width],
        data: whole.data,
      });
    },
  };
}

/** Stored years and days, (T, 2), as the encoder is told them; `null` tells nothing. */
function timeFeed({ width }: PrithviConfig, told: boolean): GoldenFeed {
  return {
    from: "temporal_coords",
    read: ({ data, shape: [frames = 0] }) => {
      const dates = Array.from(
        { length: frames },
        (_, t) => told ? [Number(data[2 * t]), Number(data[2 * t + 1])] as const : null,
      );
      return encodeTimes(dates, width);
    },
  };
}

/** A stored latitude and longitude, (2,), as the encoder is told them; `null` tells nothing. */
function locationFeed({ width }: PrithviConfig, told: boolean): GoldenFeed {
  return {
    from: "location_coords",
    read: ({ data: [lat, lon] }) =>
      encodePlace(told ? { lat: Number(lat), lon: Number(lon) } : null, width),
  };
}

/** How a region of interest of the grid is given back, where the case states one. */
function roiOutputs(golden: GoldenCase, embedder: Embedder): Record<string, GoldenOutput> {
  const window = roiOf(golden.options.roi_window);
  if (!window) return {};
  const needs = embedder.outputs(native);
  const crop = (outputs: Parameters<GoldenOutput["read"]>[0]) =>
    cropToRoi(embedder.readout(outputs, native) as TokenGrid, window);
  return {
    roi_grid: { needs, read: crop },
    roi_pooled_mean: { needs, read: (outputs) => poolCells(crop(outputs), "mean") },
  };
}

function encoding(golden: GoldenCase): GoldenPlan {
  const config = configOf(golden);
  const env = tableOf(golden.options.env);
  const embedder = embedderOf(golden, env);
  const byMaximum = embedderOf(golden, { ...env, grid_pooling: "max" });
  const { coordinates } = config;
  const places = golden.options.spatial_lonlat_or_bbox;
  const forEachPatch = (fn: (patch: Patch) => GoldenArray) => (): GoldenArray => {
    const raw = golden.arrays.get("raw");
    if (!raw) throw new Error("the case holds no raw input");
    return forEachPlace(raw, (place, i) => {
      const patch = patchOf(golden, place, embedder);
      const grid = gridAt(Array.isArray(places) ? places[i] : null);
      return fn(grid ? { ...patch, grid } : patch);
    });
  };
  const read = (from: Embedder, output: OutputSpec): GoldenOutput => ({
    needs: from.outputs(output),
    read: (outputs) => from.readout(outputs, output),
  });
  const encoder = (
    outputs: GoldenEncoder["outputs"],
    { time, location }: { time: boolean; location: boolean },
  ): GoldenEncoder => ({
    embedder,
    feeds: {
      image: imageFeed(config),
      ...(coordinates
        ? { time: timeFeed(config, time), location: locationFeed(config, location) }
        : {}),
    },
    outputs: Object.fromEntries(
      Object.entries(outputs).filter(([name]) => golden.declared.includes(name)),
    ),
  });
  const all: GoldenOutput = { needs: ["tokens"], read: ({ tokens }) => tokens! };
  return {
    sources: ["raw"],
    prepared: {
      prepared: forEachPatch((patch) => preparedOf(patch, embedder)),
      ...(coordinates
        ? {
          temporal_coords: forEachPatch(({ pixels, times }) => {
            const kept = keptFrames(pixels, "unit_scale");
            const data = Float32Array.from(kept.flatMap((frame) => [...yearDayOf(times[frame]!)]));
            return ndarray("float32", { axes: ["t", "c"], shape: [kept.length, 2], data });
          }),
          location_coords: forEachPatch(({ grid }) => {
            const { lon, lat } = gridCenter(grid);
            return ndarray("float32", { axes: ["c"], shape: [2], data: Float32Array.of(lat, lon) });
          }),
        }
        : {}),
    },
    encoder: [
      encoder({
        tokens_in: { needs: ["tokens_in"], read: ({ tokens_in }) => tokens_in! },
        tokens: all,
        pooled_mean: read(embedder, mean),
        pooled_max: read(embedder, { mode: "pooled", pooling: "max" }),
        grid: read(embedder, native),
        grid_max: read(byMaximum, native),
        ...roiOutputs(golden, embedder),
      }, { time: true, location: true }),
      encoder({ tokens_no_location: all }, { time: true, location: false }),
      encoder({ tokens_no_coords: all }, { time: false, location: false }),
    ].filter(({ outputs }) => Object.keys(outputs).length > 0),
  };
}

/** Lays Prithvi's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) => {
  if (golden.kind === "encoder") return encoding(golden);
  if (golden.kind === "preprocess") return preparations(golden);
  return { unsupported: `prithvi has no cases of kind ${golden.kind}` };
};
