/**
 * Plans of reference cases of models that see one image: arrays `raw*` are prepared, and the graph, fed with
 * the stored ones, gives tokens, vectors and grids, whole or of a region.
 *
 * @module
 */

import type { NdArray, OutputSpec, Pooling, TokenGrid } from "@rsembed/core";
import type { Embedder, Tensors } from "../embedder.ts";
import type { GoldenArray, GoldenCase } from "./golden_case.ts";
import { goldenPatch } from "./golden_patch.ts";
import type { GoldenEncoder, GoldenFeed, GoldenOutput, GoldenPlan } from "./golden_plan.ts";
import { cropToRoi, poolCells, roiOf } from "./golden_roi.ts";
import { forEachPlace } from "./golden_run.ts";

/** How a family lays itself out along a case of one image. */
export interface ImagePlanOptions {
  /** The embedder that the case describes. */
  readonly embedder: Embedder;
  /** Inputs of the graph, by the name that cases store them under. @default the image as `prepared` */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Outputs beyond those that all families have, or in their place. */
  readonly outputs?: Readonly<Record<string, GoldenOutput>>;
  /** Axes of a stored array of one place: 4 for series. @default 3 */
  readonly placeAxes?: 3 | 4;
  /** What else the case holds. */
  readonly sources?: readonly string[];
  /** Further arrays that preparation gives. */
  readonly prepared?: GoldenPlan["prepared"];
  /** The embedder that prepares a stored array of one place. @default `embedder` */
  readonly preparedBy?: (raw: GoldenArray, name: string) => Embedder;
}

/** Every nth row and column, where a case stores no more, in the case's own shape. */
export function thinnedLike(given: GoldenArray, stored: GoldenArray | undefined): GoldenArray {
  if (!stored) return given;
  const [height = 1, width = 1] = given.shape.slice(-2);
  const [rows = 1, columns = 1] = stored.shape.slice(-2);
  const step = Math.ceil(height / rows);
  if (given.data.length === stored.data.length) {
    return { ...given, axes: stored.axes, shape: stored.shape } as GoldenArray;
  }
  if (Math.ceil(width / columns) !== step) return given;
  const data = Float32Array.from({ length: stored.data.length }, (_, i) => {
    const plane = Math.floor(i / (rows * columns));
    const [y, x] = [Math.floor(i / columns) % rows, i % columns];
    return Number(given.data[(plane * height + y * step) * width + x * step]);
  });
  return { dtype: "float32", axes: stored.axes, shape: stored.shape, data };
}

/** A stack of one place, as preparation of a single image gives it. */
function alone(array: GoldenArray): GoldenArray {
  return { ...array, axes: ["n", ...array.axes], shape: [1, ...array.shape] } as GoldenArray;
}

/** One array from those of several places, all of one shape. */
function together(arrays: readonly GoldenArray[]): GoldenArray {
  const first = arrays[0] as NdArray;
  const counting = {
    ...first,
    shape: [arrays.length, ...first.shape],
    axes: ["n", ...first.axes],
    data: new Float32Array(arrays.length * first.data.length),
  } as GoldenArray;
  return forEachPlace(counting, (_, i) => arrays[i]!);
}

type Prepared = GoldenPlan["prepared"];

function preparations(
  golden: GoldenCase,
  { inputs, preparedBy, placeAxes }: Required<
    Pick<ImagePlanOptions, "inputs" | "preparedBy" | "placeAxes">
  >,
): { sources: string[]; prepared: Prepared } {
  const raws = [...golden.arrays].filter(([name]) => /^raw(_.*)?$/.test(name));
  const prepare = (raw: GoldenArray, input: string, source: string) => {
    const embedder = preparedBy(raw, source);
    const times = new Array<null>(placeAxes === 4 ? raw.shape[0]! : 1).fill(null);
    const patch = goldenPatch(raw, { bands: embedder.model.sensor.bands, times });
    return embedder.prepare(patch)[input]!;
  };
  const all = (raw: GoldenArray, input: string, source: string) =>
    raw.shape.length > placeAxes
      ? forEachPlace(raw, (place) => prepare(place, input, source))
      : alone(prepare(raw, input, source));
  const prepared: Record<string, () => GoldenArray> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const numbered = raws.filter(([raw]) => /^raw_\d+$/.test(raw)).map(([, raw]) => raw);
    if (golden.arrays.has(name) && numbered.length > 0) {
      prepared[name] = () =>
        thinnedLike(
          together(numbered.map((raw) => prepare(raw, input, name))),
          golden.arrays.get(name),
        );
    }
    for (const [source, raw] of raws) {
      const target = name + source.slice("raw".length);
      const stored = golden.arrays.get(target);
      if (stored) prepared[target] = () => thinnedLike(all(raw, input, source), stored);
    }
  }
  return { sources: raws.map(([name]) => name), prepared };
}

/** What any model of one image gives. */
function commonOutputs(golden: GoldenCase, embedder: Embedder): Record<string, GoldenOutput> {
  const reading = (output: OutputSpec): GoldenOutput => ({
    needs: embedder.outputs(output),
    read: (outputs) => embedder.readout(outputs, output),
  });
  const pooled = (pooling: Pooling) => reading({ mode: "pooled", pooling });
  const native: OutputSpec = { mode: "grid", orientation: "native" };
  const tap = (name: string): GoldenOutput => ({
    needs: [name],
    read: (outputs: Tensors) => outputs[name]!,
  });
  const { roi_window_geo, roi_window } = golden.options;
  const window = roiOf(roi_window_geo ?? roi_window);
  const region = (read: (grid: TokenGrid) => GoldenArray): GoldenOutput => ({
    needs: embedder.outputs(native),
    read: (outputs) => read(cropToRoi(embedder.readout(outputs, native) as TokenGrid, window!)),
  });
  return {
    tokens_in: tap("tokens_in"),
    tokens: tap("tokens"),
    pooled: pooled("mean"),
    pooled_mean: pooled("mean"),
    pooled_max: pooled("max"),
    grid: reading(native),
    ...(window
      ? {
        grid_roi: region((grid) => grid),
        roi_grid: region((grid) => grid),
        roi_pooled: region((grid) => poolCells(grid, "mean")),
        pooled_roi: region((grid) => poolCells(grid, "mean")),
        pooled_roi_mean: region((grid) => poolCells(grid, "mean")),
        pooled_roi_max: region((grid) => poolCells(grid, "max")),
      }
      : {}),
  };
}

/** An array that is fed; a number for each place becomes an axis of length 1. */
function feedOf(name: string): GoldenFeed {
  return {
    from: name,
    read: (stored) =>
      stored.shape.length === 0
        ? { ...stored, axes: ["value"], shape: [1] } as GoldenArray
        : stored,
  };
}

/** The plan of a case of one image. */
export function imagePlan(golden: GoldenCase, options: ImagePlanOptions): GoldenPlan {
  const { embedder, inputs = { prepared: "image" }, outputs = {}, sources = [] } = options;
  const { preparedBy = () => embedder, placeAxes = 3 } = options;
  const plan = preparations(golden, { inputs, preparedBy, placeAxes });
  const read = { ...commonOutputs(golden, embedder), ...outputs };
  const encoder: GoldenEncoder = {
    embedder,
    feeds: Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [input, feedOf(name)]),
    ),
    outputs: Object.fromEntries(
      Object.entries(read).filter(([name]) => golden.declared.includes(name)),
    ),
  };
  return {
    sources: [...plan.sources, ...sources],
    prepared: { ...plan.prepared, ...options.prepared },
    encoder: golden.kind === "preprocess" ? null : encoder,
  };
}
