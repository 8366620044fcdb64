/**
 * How the reference cases of Clay name and shape things.
 *
 * @module
 */

import {
  midpointMs,
  ndarray,
  type OutputSpec,
  parseDate,
  resolveModel,
  type TokenGrid,
} from "@rsembed/core";
import type { Embedder } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { imagePlan } from "../_suite/golden_image.ts";
import { windowOf } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import { card } from "./card.ts";
import { type ClayConfig, clayConfigs, type ClayV0Config } from "./config.ts";
import { clayEmbedding, type ClayGraphConfig, clayWeights } from "./graph.ts";
import { latLon, latLonV0, timestepV0, weekAndHour } from "./metadata.ts";
import { clayEmbedder } from "./mod.ts";

type Table = Readonly<Record<string, unknown>>;

/** Bands of Clay's own metadata, under the names of this card. */
const landsat: Readonly<Record<string, string>> = {
  red: "SR_B4",
  green: "SR_B3",
  blue: "SR_B2",
  nir08: "SR_B5",
  swir16: "SR_B6",
  swir22: "SR_B7",
};

function configOf({ config }: GoldenCase): ClayConfig | ClayV0Config {
  const isV0 = "band_groups" in config;
  const known = clayConfigs[isV0 ? "v0_1" : card.defaultVariant]!;
  const number = (key: string, fallback: number) => Number(config[key] ?? fallback);
  const sizes = {
    imageSizePx: number("image_size", known.imageSizePx),
    patchSizePx: number("patch_size", known.patchSizePx),
    width: number("dim", known.width),
    depth: number("depth", known.depth),
    heads: number("heads", known.heads),
    headWidth: number("dim_head", known.headWidth),
    mlpRatio: number("mlp_ratio", known.mlpRatio),
  };
  return isV0
    ? { version: "v0", ...sizes }
    : { version: "v1.5", ...sizes, waveWidth: number("wave_dim", 128) };
}

/** Vectors of all places of a case. */
function stacked(vectors: readonly (readonly number[])[]): GoldenArray {
  const shape = [vectors.length, vectors[0]!.length] as const;
  return ndarray("float32", {
    axes: ["n", "value"],
    shape,
    data: Float32Array.from(vectors.flat()),
  });
}

/** Places, (lat, lon) or (lon, lat), or bounding boxes, as longitude and latitude. */
function placesOf({ options }: GoldenCase): { lon: number; lat: number }[] {
  const { lat_lon, lon_lat, spatial_lonlat_or_bbox: mixed } = options;
  if (Array.isArray(lat_lon)) return lat_lon.map(([lat, lon]) => ({ lon, lat }));
  const own = (Array.isArray(lon_lat) ? lon_lat : mixed) as readonly unknown[];
  return own.map((place) => {
    if (Array.isArray(place)) return { lon: Number(place[0]), lat: Number(place[1]) };
    const [west, south, east, north] = (place as { bbox: number[] }).bbox;
    return { lon: (west! + east!) / 2, lat: (south! + north!) / 2 };
  });
}

/** Dates of all places, and their hours. */
function datesOf({ options }: GoldenCase, count: number): { dateMs: number; hour: number }[] {
  const { datetimes, dates, temporal } = options;
  if (Array.isArray(datetimes)) {
    return datetimes.map((text: string) => ({
      dateMs: parseDate(`${text}Z`),
      hour: Number(text.slice(11, 13)),
    }));
  }
  if (Array.isArray(dates)) {
    return dates.map((text: string) => ({ dateMs: parseDate(text), hour: 0 }));
  }
  const dateMs = midpointMs(windowOf(temporal)!);
  return Array.from({ length: count }, () => ({ dateMs, hour: 0 }));
}

function embedderFor(golden: GoldenCase, bands: readonly string[] | null): Embedder {
  const { platform, scale_m } = golden.options;
  const config = configOf(golden);
  const modality = config.version === "v0"
    ? "v0_chip"
    : platform === "landsat-c2l2-sr"
    ? "landsat_l2"
    : "s2";
  const own = card.modalities[modality]!;
  const model = resolveModel(card, {
    name: card.id,
    modality,
    sensor: {
      ...own,
      ...(bands ? { bands: bands.map((band) => landsat[band] ?? band) } : {}),
      ...(typeof scale_m === "number" ? { scaleM: scale_m } : {}),
    },
  });
  return clayEmbedder(model, config);
}

/** Bands of the case that is only prepared, by the name of its arrays. */
const subsets: Table = { large: ["B2", "B11"], subset: ["B11", "B3"] };

function preparations(golden: GoldenCase): GoldenPlan {
  const { bands } = card.modalities.s2!;
  const own = (name: string) => (subsets[name] ?? bands) as readonly string[];
  const names = ["square", "tall", "large", "subset"];
  const plan = imagePlan(golden, {
    embedder: embedderFor(golden, bands),
    preparedBy: (raw, name) => embedderFor(golden, own(name.slice(4)) ?? raw),
  });
  const waves = names.map((name) => [`waves_${name}`, () => {
    const { wavelengthsUm } = embedderFor(golden, own(name)).graphConfig;
    const data = Float32Array.from(wavelengthsUm as number[]);
    return ndarray("float32", { axes: ["band"], shape: [data.length], data });
  }]);
  return { ...plan, prepared: { ...plan.prepared, ...Object.fromEntries(waves) } };
}

function encoding(golden: GoldenCase): GoldenPlan {
  const { bands } = golden.options;
  const embedder = embedderFor(golden, Array.isArray(bands) ? bands : null);
  const config = configOf(golden);
  const places = placesOf(golden);
  const dates = datesOf(golden, places.length);
  const grid = { mode: "grid", orientation: "native" } as const satisfies OutputSpec;
  const channelsLast = (read: GoldenOutput): GoldenOutput => ({
    ...read,
    read: (outputs, i) => {
      const { shape, data } = read.read(outputs, i) as TokenGrid;
      const [d, h, w] = shape;
      const moved = Float32Array.from(
        { length: data.length },
        (_, at) => data[(at % d) * h * w + Math.floor(at / d)]!,
      );
      return ndarray("float32", { axes: ["y", "x", "d"], shape: [h, w, d], data: moved });
    },
  });
  const reading = (output: OutputSpec): GoldenOutput => ({
    needs: embedder.outputs(output),
    read: (outputs) => embedder.readout(outputs, output),
  });
  if (config.version === "v0") {
    const plan = imagePlan(golden, {
      embedder,
      inputs: { prepared: "image", timestep: "timestep", latlon: "latlon" },
      outputs: {
        mean: reading({ mode: "pooled", pooling: "mean" }),
        patch: channelsLast(reading(grid)),
        group: { needs: ["group"], read: ({ group }) => group! },
      },
    });
    return {
      ...plan,
      prepared: {
        ...plan.prepared,
        timestep: () => stacked(dates.map(({ dateMs }) => timestepV0(dateMs))),
        latlon: () => stacked(places.map(latLonV0)),
      },
    };
  }
  const graphConfig = embedder.graphConfig as unknown as ClayGraphConfig;
  const plan = imagePlan(golden, {
    embedder,
    inputs: { prepared: "image", time: "time", latlon: "latlon" },
  });
  const numbers = (values: readonly number[]) => () =>
    ndarray("float32", {
      axes: ["value"],
      shape: [values.length],
      data: Float32Array.from(values),
    });
  const folded =
    (part: "kernel" | "bias" | "waves") =>
    async (checkpoint: Parameters<typeof clayWeights>[0]): Promise<GoldenArray> => {
      const { shape, load } = clayEmbedding(clayWeights(checkpoint), graphConfig)[part];
      const data = await load() as Float32Array<ArrayBuffer>;
      return ndarray("float32", { axes: shape.map((_, i) => `d${i}`), shape: [...shape], data });
    };
  return {
    ...plan,
    prepared: {
      ...plan.prepared,
      time: () => stacked(dates.map(({ dateMs, hour }) => weekAndHour(dateMs, hour))),
      latlon: () => stacked(places.map(latLon)),
      waves: numbers(graphConfig.wavelengthsUm),
      gsd: numbers([graphConfig.groundM]),
    },
    folded: {
      waves_encoded: folded("waves"),
      patch_weight: folded("kernel"),
      patch_bias: folded("bias"),
    },
  };
}

/** Lays Clay's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) =>
  golden.kind === "preprocess" ? preparations(golden) : encoding(golden);
