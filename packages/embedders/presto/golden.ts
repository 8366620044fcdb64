/**
 * How the reference cases of Presto name and shape things.
 *
 * @module
 */

import { ndarray, type Patch, resolveModel, type TokenGrid, type Vector } from "@rsembed/core";
import type { GoldenArray, GoldenCase } from "../_suite/golden_case.ts";
import { goldenPatch } from "../_suite/golden_patch.ts";
import type { GoldenAdapter, GoldenFeed, GoldenOutput, GoldenPlan } from "../_suite/golden_plan.ts";
import type { Embedder, Tensors } from "../embedder.ts";
import { groups, inputsOf, landCover } from "./bands.ts";
import { card } from "./card.ts";
import { type PrestoConfig, prestoConfigs } from "./config.ts";
import { prestoEmbedder } from "./mod.ts";
import { groupTensors, onSphere, slotCount, slotSeries } from "./prepare.ts";

const bandsOf: Readonly<Record<string, readonly string[]>> = {
  s1: ["VV", "VH"],
  s2: card.modalities.s2!.bands,
  era5: ["temperature_2m", "total_precipitation"],
  srtm: ["elevation", "slope"],
  dynamic_world: [landCover],
};

/** Selections of bands of the case that is only prepared. */
const selections: Readonly<
  Record<string, { sources: readonly string[]; bands: readonly string[] }>
> = {
  s2: { sources: ["raw_s2"], bands: bandsOf.s2! },
  s2_13: {
    sources: ["raw_s2_13"],
    bands: ["B1", ...bandsOf.s2!.slice(0, 8), "B9", "B10", "B11", "B12"],
  },
  all: {
    sources: ["raw_s1", "raw_s2", "raw_era5", "raw_srtm"],
    bands: ["s1", "s2", "era5", "srtm"].flatMap((kind) => bandsOf[kind]!),
  },
  s1: { sources: ["raw_s1"], bands: bandsOf.s1! },
  era5_srtm: { sources: ["raw_era5", "raw_srtm"], bands: [...bandsOf.era5!, ...bandsOf.srtm!] },
  s2_shuffled: { sources: ["raw_s2_shuffled"], bands: ["B8", "B4", "B12", "B2"] },
  s2_no_b4: { sources: ["raw_s2_no_b4"], bands: bandsOf.s2!.filter((band) => band !== "B4") },
};

function configOf({ config }: GoldenCase): PrestoConfig {
  const known = prestoConfigs[card.defaultVariant]!;
  const number = (key: string, fallback: number) => Number(config[key] ?? fallback);
  const width = number("encoder_embedding_size", known.width);
  const share = (key: string, fallback: number) => Math.trunc(width * number(key, fallback));
  return {
    width,
    monthWidth: share("month_embed_ratio", 0.25),
    channelWidth: share("channel_embed_ratio", 0.25),
    depth: number("encoder_depth", known.depth),
    heads: number("encoder_num_heads", known.heads),
    mlpRatio: number("mlp_ratio", known.mlpRatio),
    maxFrames: known.maxFrames,
  };
}

function embedderFor(
  own: readonly string[],
  config: PrestoConfig,
  options: Record<string, boolean> = {},
): Embedder {
  const sensor = { collection: "stored", bands: own, useFloatLinear: false };
  return prestoEmbedder(resolveModel(card, { name: card.id, sensor, options }), config);
}

/** Arrays (T, C, H, W) or (T, C), for a single pixel, as one patch of all their bands. */
function patchOf(
  arrays: readonly GoldenArray[],
  own: readonly string[],
  valid?: GoldenArray,
): Patch {
  const [frames = 0] = arrays[0]!.shape;
  const [height = 1, width = 1] = arrays[0]!.shape.slice(2);
  const plane = height * width;
  const data = new Float32Array(frames * own.length * plane);
  for (let t = 0; t < frames; t++) {
    let at = t * own.length * plane;
    for (const { data: values, shape } of arrays) {
      const size = shape[1]! * plane;
      data.set(values.slice(t * size, (t + 1) * size) as Float32Array, at);
      at += size;
    }
  }
  const stacked = ndarray("float32", {
    axes: ["t", "band", "y", "x"],
    shape: [frames, own.length, height, width],
    data,
  });
  const patch = goldenPatch(stacked, { bands: own, times: new Array<null>(frames).fill(null) });
  if (valid) patch.valid.data.set(Uint8Array.from(valid.data as Float32Array));
  return patch;
}

/** Slots of a patch, pixels first, (P, T, 17): values and mask as cases store them. */
function slotsByPixel(
  patch: Patch,
  own: readonly string[],
): { values: Float32Array; masked: Float32Array } {
  const { slots } = inputsOf({ name: card.id, sensor: { ...card.modalities.s2!, bands: own } });
  const series = slotSeries({ ...patch, isLinear: false }, { slots });
  const [frames, , height, width] = patch.pixels.shape;
  const plane = height * width;
  const moved = (from: ArrayLike<number>) =>
    Float32Array.from({ length: from.length }, (_, i) => {
      const [pixel, slot] = [Math.floor(i / (frames * slotCount)), i % slotCount];
      const t = Math.floor(i / slotCount) % frames;
      return from[(t * slotCount + slot) * plane + pixel]!;
    });
  return { values: moved(series.values), masked: moved(series.masked) };
}

/** Values where there are any; what is masked means nothing, and is taken from the case. */
function comparable(values: Float32Array, stored: GoldenArray, mask: GoldenArray): GoldenArray {
  const data = Float32Array.from(
    values,
    (x, i) => Number(mask.data[i]) === 1 ? Number(stored.data[i]) : x,
  );
  return { dtype: "float32", axes: stored.axes, shape: stored.shape, data };
}

function like(data: Float32Array, stored: GoldenArray): GoldenArray {
  return {
    dtype: "float32",
    axes: stored.axes,
    shape: stored.shape,
    data: Float32Array.from(data),
  };
}

function preparations(golden: GoldenCase): GoldenPlan {
  const stored = (name: string) => golden.arrays.get(name)!;
  const prepared: Record<string, () => GoldenArray> = {};
  for (const [name, { sources, bands: own }] of Object.entries(selections)) {
    const series = () => slotsByPixel(patchOf(sources.map(stored), own), own);
    prepared[`prepared_${name}`] = () =>
      comparable(series().values, stored(`prepared_${name}`), stored(`mask_${name}`));
    prepared[`mask_${name}`] = () => like(series().masked, stored(`mask_${name}`));
  }
  const sources = [...golden.arrays.keys()].filter((name) => name.startsWith("raw_"));
  return { sources, prepared, encoder: null };
}

/** Stored slots, (P, T, 17), mask and land cover, as the graph's inputs for P pixels of one place. */
function tensorsOf(
  { values, mask, cover }: { values: GoldenArray; mask: GoldenArray; cover: GoldenArray },
  { own, height, width }: { own: readonly string[]; height: number; width: number },
): Tensors {
  const frames = values.shape.at(-2)!;
  const plane = height * width;
  const moved = (from: ArrayLike<number | bigint>) =>
    Float32Array.from({ length: from.length }, (_, i) => {
      const [row, pixel] = [Math.floor(i / plane), i % plane];
      return Number(from[pixel * frames * slotCount + row]);
    });
  const inputs = inputsOf({ name: card.id, sensor: { ...card.modalities.s2!, bands: own } });
  const classes = BigInt64Array.from(
    { length: frames * plane },
    (_, i) => cover.data[(i % plane) * frames + Math.floor(i / plane)] as bigint,
  );
  const hasCover = own.includes(landCover);
  return {
    ...groupTensors(
      { values: moved(values.data), masked: Uint8Array.from(moved(mask.data)) },
      inputs,
      { size: { frames, height, width }, cover: hasCover ? classes : null },
    ),
    ...(hasCover
      ? {
        dynamic_world: ndarray("int64", {
          axes: ["t", "y", "x"],
          shape: [frames, height, width],
          data: classes,
        }),
      }
      : {}),
  };
}

/** Where the tokens of each group begin in the case's full list, and in the graph's. */
function tokenPlaces(own: readonly string[], frames: number): (token: number) => number {
  const { groups: seen } = inputsOf({
    name: card.id,
    sensor: { ...card.modalities.s2!, bands: own },
  });
  const places: number[] = [];
  let at = 1; // behind the location
  const lengths = [...groups.map(({ isStatic }) => isStatic ? 1 : frames), frames];
  for (const [i, length] of lengths.entries()) {
    const isSeen = i < groups.length ? seen.includes(i) : own.includes(landCover);
    for (let t = 0; t < length; t++) places.push(isSeen ? at++ : -1);
  }
  return (token) => token === 0 ? 0 : places[token - 1]!;
}

/** Tokens (P, L, D) of the graph in the order of the case, padded with zeros, (rows, L', D). */
function tokensLike(
  tokens: GoldenArray,
  stored: { index: GoldenArray; padding: GoldenArray },
  { pixels, place }: { pixels: readonly number[]; place: (token: number) => number },
): GoldenArray {
  const [, length = 0, width = 0] = tokens.shape;
  const most = stored.index.shape.at(-1)!;
  const data = new Float32Array(pixels.length * most * width);
  for (const [row, pixel] of pixels.entries()) {
    for (let k = 0; k < most; k++) {
      if (Number(stored.padding.data[row * most + k]) === 1) continue;
      const from = (pixel * length + place(Number(stored.index.data[row * most + k]))) * width;
      const token = (tokens.data as Float32Array).subarray(from, from + width);
      data.set(token, (row * most + k) * width);
    }
  }
  return ndarray("float32", {
    axes: ["n", "token", "d"],
    shape: [pixels.length, most, width],
    data,
  });
}

function placesFeed(height: number, width: number): GoldenFeed {
  return {
    from: "latlon",
    read: ({ data }) => {
      const plane = height * width;
      const places = ndarray("float32", { axes: ["axis", "y", "x"], shape: [3, height, width] });
      for (let i = 0; i < plane; i++) {
        const [lat, lon] = [Number(data[2 * i]), Number(data[2 * i + 1])];
        onSphere({ lat, lon }).forEach((value, axis) => places.data[axis * plane + i] = value);
      }
      return places;
    },
  };
}

function encoding(golden: GoldenCase): GoldenPlan {
  const config = configOf(golden);
  const stored = (name: string) => golden.arrays.get(name)!;
  const kinds = golden.options.modalities as readonly string[];
  const listed = golden.options.bands as readonly string[] | undefined;
  const imagery = kinds.filter((kind) => kind !== "dynamic_world");
  const raws = imagery.map((kind) => stored(`raw_${kind}`));
  const rawBands = imagery.flatMap((kind) => kind === "s2" && listed ? listed : bandsOf[kind]!);
  const own = kinds.includes("dynamic_world") ? [...rawBands, landCover] : rawBands;
  const single = raws[0]!.shape.length === 4;
  const [height, width] = single ? raws[0]!.shape.slice(2) as [number, number] : [1, 1];
  const [prepared, mask, cover] = ["prepared", "mask", "dynamic_world"].map(stored) as [
    GoldenArray,
    GoldenArray,
    GoldenArray,
  ];
  const frames = prepared.shape[1]!;
  const embedder = embedderFor(own, config);

  const series = (place: number | null) => {
    const part = (array: GoldenArray) => {
      if (place === null) return array;
      const size = array.data.length / array.shape[0]!;
      const data = array.data.slice(place * size, (place + 1) * size) as GoldenArray["data"];
      return {
        ...array,
        axes: array.axes.slice(1),
        shape: array.shape.slice(1),
        data,
      } as GoldenArray;
    };
    return slotsByPixel(patchOf(raws.map(part), rawBands, golden.arrays.get("valid")), rawBands);
  };
  const whole = (kind: "values" | "masked"): Float32Array => {
    if (single) return series(null)[kind];
    const parts = Array.from({ length: prepared.shape[0]! }, (_, i) => series(i)[kind]);
    return Float32Array.from(parts.flatMap((part) => [...part]));
  };

  // the graph takes several arrays of a case as one input: each feed reads the whole place
  const placeTensors = (i: number): Tensors => {
    const part = (array: GoldenArray) => {
      if (single) return array;
      const size = array.data.length / array.shape[0]!;
      const data = array.data.slice(i * size, (i + 1) * size) as GoldenArray["data"];
      return { ...array, shape: [1, ...array.shape.slice(1)], data } as GoldenArray;
    };
    return tensorsOf(
      { values: part(prepared), mask: part(mask), cover: part(cover) },
      { own, height, width },
    );
  };
  const fed = (input: string): GoldenFeed => {
    let next = 0;
    return { from: "prepared", read: () => placeTensors(next++)[input]! as GoldenArray };
  };
  const feeds = (useLocation: boolean): Record<string, GoldenFeed> => ({
    x: fed("x"),
    visible: fed("visible"),
    months: {
      from: "months",
      read: ({ data }) => {
        const own = (data as BigInt64Array).slice(0, frames) as BigInt64Array<ArrayBuffer>;
        return ndarray("int64", { axes: ["t"], shape: [frames], data: own });
      },
    },
    ...(useLocation ? { location: placesFeed(height, width) } : {}),
    ...(own.includes(landCover) ? { dynamic_world: fed("dynamic_world") } : {}),
  });

  const place = tokenPlaces(own, frames);
  const tokens = (name: "tokens" | "tokens_in"): GoldenOutput => ({
    needs: [name],
    read: (outputs, i) => {
      const rows = stored("token_index").shape[0]!;
      const row = (array: GoldenArray) => {
        if (single) return array;
        const most = array.shape[1]!;
        const data = array.data.slice(i * most, (i + 1) * most) as GoldenArray["data"];
        return { ...array, shape: [1, most], data } as GoldenArray;
      };
      // of a grid every ninth pixel is stored
      const pixels = single ? Array.from({ length: rows }, (_, k) => 9 * k) : [0];
      const all = tokensLike(
        outputs[name]! as GoldenArray,
        { index: row(stored("token_index")), padding: row(stored("token_padding")) },
        { pixels, place },
      );
      return single
        ? all
        : { ...all, axes: all.axes.slice(1), shape: all.shape.slice(1) } as GoldenArray;
    },
  });
  const read = (from: Embedder, output: "grid" | "pooled"): GoldenOutput => {
    const spec = output === "grid"
      ? { mode: "grid", orientation: "native" } as const
      : { mode: "pooled", pooling: "mean" } as const;
    return {
      needs: from.outputs(spec),
      read: (outputs) => from.readout(outputs, spec) as TokenGrid | Vector,
    };
  };
  const without = embedderFor(own, config, { use_location: false });
  const declared = (outputs: Record<string, GoldenOutput>) =>
    Object.fromEntries(Object.entries(outputs).filter(([name]) => golden.declared.includes(name)));
  return {
    sources: [
      ...[...golden.arrays.keys()].filter((name) => name.startsWith("raw_")),
      ...["valid", "start_month", "latlon", "months", "dynamic_world"],
      ...["token_index", "token_padding"],
    ],
    prepared: {
      prepared: () => comparable(whole("values"), prepared, mask),
      // gaps of single pixels are stored in the mask alone
      mask: () =>
        like(
          whole("masked").map((own, i) => single ? own : Math.max(own, Number(mask.data[i]))),
          mask,
        ),
    },
    encoder: [
      {
        embedder,
        single,
        feeds: feeds(true),
        outputs: declared({
          tokens_in: tokens("tokens_in"),
          tokens: tokens("tokens"),
          embedding: read(embedder, "pooled"),
          grid: read(embedder, "grid"),
          pooled: read(embedder, "pooled"),
        }),
      },
      {
        embedder: without,
        single,
        feeds: feeds(false),
        outputs: declared({ grid_no_latlon: read(without, "grid") }),
      },
    ].filter(({ outputs }) => Object.keys(outputs).length > 0),
  };
}

/** Lays Presto's pieces out along a case. */
export const adapter: GoldenAdapter = (golden) =>
  golden.kind === "preprocess" ? preparations(golden) : encoding(golden);
