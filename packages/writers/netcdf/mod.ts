/**
 * NetCDF-4 files, which are HDF5: embeddings with their places, times and grids, by the CF conventions.
 *
 * @module
 */

import { bytesOf, ndarray, type RunOptions } from "@rsembed/core";
import { checkTarget } from "../atomic.ts";
import { checkDistinctKeys, storedColumn } from "../columns.ts";
import { crsFacts } from "../crs_facts.ts";
import type { Dataset, DatasetColumn, RowPlace } from "../dataset.ts";
import type { Format, StoredColumn, WriteOptions, WrittenFile } from "../writer.ts";
import { Dimensions, isDense } from "./dimensions.ts";
import { openNetcdf } from "./open.ts";
import { type Attributes, createNetcdf, type NetcdfSink } from "./sink.ts";

export { openNetcdf };

const dayMs = 86_400_000;
const timeUnits = "days since 1970-01-01";

/** Coordinates of places, one entry each. */
interface PlaceFacts {
  readonly lat: number;
  readonly lon: number;
  /** Middle of the window, days since 1970. */
  readonly time: number;
  readonly start: number;
  readonly end: number;
}

function dayOf(date: string | null): number {
  return date === null ? NaN : Date.parse(date) / dayMs;
}

function factsOf({ footprint, start, end }: RowPlace): PlaceFacts {
  const mean = (axis: 0 | 1) =>
    footprint ? footprint.reduce((sum, corner) => sum + corner[axis], 0) / footprint.length : NaN;
  const [first, last] = [dayOf(start), dayOf(end)];
  return { lat: mean(1), lon: mean(0), time: (first + last) / 2, start: first, end: last };
}

/** Attributes of the numbers of one place or of all. */
const coordinates: Readonly<Record<keyof PlaceFacts, Attributes>> = {
  lat: { standard_name: "latitude", units: "degrees_north", long_name: "middle of the footprint" },
  lon: { standard_name: "longitude", units: "degrees_east", long_name: "middle of the footprint" },
  time: {
    standard_name: "time",
    units: timeUnits,
    calendar: "standard",
    long_name: "middle of the window",
  },
  start: { units: timeUnits, calendar: "standard", long_name: "first day of the window" },
  end: { units: timeUnits, calendar: "standard", long_name: "day after the window" },
};

const variableNames: Readonly<Record<keyof PlaceFacts, string>> = {
  lat: "lat",
  lon: "lon",
  time: "time",
  start: "time_start",
  end: "time_end",
};

/** Adds float64 numbers. */
async function addNumbers(
  sink: NetcdfSink,
  name: string,
  { values, dims, attributes }: {
    readonly values: readonly number[];
    readonly dims: readonly string[];
    readonly attributes: Attributes;
  },
): Promise<void> {
  const shape = dims.length === 0 ? [] : [values.length];
  const array = ndarray("float64", {
    axes: [...dims],
    shape,
    data: Float64Array.from(values),
  });
  await sink.add(name, { dtype: "float64", shape, dims, attributes, chunks: [bytesOf(array)] });
}

/** Adds what tells the places apart: of many along `point`, of one without a dimension. */
async function addPlaces(
  sink: NetcdfSink,
  column: DatasetColumn,
  { dims, signal }: { readonly dims: readonly string[] } & RunOptions,
): Promise<void> {
  const keys = ["lat", "lon", "time", "start", "end"] as const;
  const numbers = keys.map((key) => ({ key, values: [] as number[] }));
  const names: string[] = [];
  const sources: string[] = [];
  // one text for all places that share it
  const known = new Map<string, string>();
  for await (const place of column.places()) {
    signal?.throwIfAborted();
    const facts = factsOf(place);
    for (const { key, values } of numbers) values.push(facts[key]);
    names.push(place.name);
    if (!known.has(place.source)) known.set(place.source, place.source);
    sources.push(known.get(place.source)!);
  }
  for (const { key, values } of numbers) {
    await addNumbers(sink, variableNames[key], { values, dims, attributes: coordinates[key] });
  }
  sink.addText("place", { values: names, dims, attributes: { long_name: "name of the place" } });
  sink.addText("source", {
    values: sources,
    dims,
    attributes: { long_name: "source of the imagery" },
  });
}

/** What places a grid of one place on the ground: its CRS, and coordinates of the middles of its cells. */
async function addGrid(
  sink: NetcdfSink,
  { grid }: RowPlace,
  [yDim, xDim]: readonly [string, string],
): Promise<Attributes> {
  const facts = grid && crsFacts(grid.crs);
  if (!grid || !facts) return {};
  const [a, b, c, d, e, f] = grid.transform;
  const degrees = facts.isGeographic;
  const axis = (name: string, standard: string): Attributes => ({
    units: degrees ? (name === "x" ? "degrees_east" : "degrees_north") : "m",
    standard_name: degrees
      ? (name === "x" ? "longitude" : "latitude")
      : `projection_${name}_coordinate`,
    long_name: standard,
    axis: name.toUpperCase(),
  });
  if (b === 0 && d === 0) {
    const along = (length: number, start: number, step: number) =>
      Array.from({ length }, (_, i) => start + (i + 0.5) * step);
    const middle = "middle of the cell";
    await addNumbers(sink, yDim, {
      values: along(grid.height, f, e),
      dims: [yDim],
      attributes: axis("y", middle),
    });
    await addNumbers(sink, xDim, {
      values: along(grid.width, c, a),
      dims: [xDim],
      attributes: axis("x", middle),
    });
  }
  const zero = bytesOf({ data: Int32Array.of(0) });
  await sink.add("spatial_ref", {
    dtype: "int32",
    shape: [],
    dims: [],
    chunks: [zero],
    attributes: {
      ...facts.gridMapping,
      crs_wkt: facts.wkt,
      spatial_ref: facts.wkt,
      GeoTransform: `${c} ${a} ${b} ${f} ${d} ${e}`,
    },
  });
  return { grid_mapping: "spatial_ref" };
}

/** What each grid of many places lies on: a CRS and six numbers a place. */
async function addGrids(sink: NetcdfSink, column: DatasetColumn, dims: readonly string[]) {
  const crs: string[] = [];
  const transforms: number[] = [];
  for await (const { grid } of column.places()) {
    crs.push(grid?.crs ?? "");
    transforms.push(...(grid?.transform ?? new Array<number>(6).fill(NaN)));
  }
  if (crs.every((name) => name === "")) return;
  sink.dimension("affine", 6);
  const array = { data: Float64Array.from(transforms) };
  await sink.add("grid_transform", {
    dtype: "float64",
    shape: [crs.length, 6],
    dims: [...dims, "affine"],
    chunks: [bytesOf(array)],
    attributes: {
      long_name: "x = a col + b row + c, y = d col + e row + f of the corners of cells",
    },
  });
  sink.addText("grid_crs", { values: crs, dims, attributes: { long_name: "CRS of the grid" } });
}

function fileAttributes({ about, layout }: Dataset): Attributes {
  return {
    Conventions: "CF-1.11",
    title: "Embeddings of remote-sensing imagery",
    source: about.models.map(({ id, variant }) => `${id} ${variant}`).join(", "),
    history: `Created by ${about.createdBy}`,
    rsembed: JSON.stringify({ layout, ...about }),
  };
}

function columnAttributes({ about }: Dataset, { kind, model }: StoredColumn): Attributes {
  const card = about.models.find(({ name }) => name === model);
  const what = { embedding: "embedding", input: "imagery given", scale: "scale of the embedding" };
  const { quantization } = about;
  return {
    long_name: `${what[kind]} of ${model}`,
    ...(card ? { model: card.id, variant: card.variant, collection: card.collection } : {}),
    ...(kind === "embedding" && quantization
      ? { quantization: quantization.dtype, decode: quantization.decode }
      : {}),
  };
}

const order = { embedding: 0, scale: 1, input: 2 } as const;

async function write(
  path: string,
  dataset: Dataset,
  { overwrite, disk, ...options }: WriteOptions = {},
): Promise<WrittenFile> {
  options.signal?.throwIfAborted();
  checkDistinctKeys(dataset.columns.map(({ model }) => model));
  await checkTarget(path, { overwrite, disk });
  // embeddings first, so that their dimensions have the plain names
  const columns = dataset.columns
    .map((column) => ({ column, stored: storedColumn(column, dataset) }))
    .sort((a, b) => order[a.column.kind] - order[b.column.kind]);
  const sink = await createNetcdf(path, { overwrite, disk });
  try {
    await writeColumns(sink, dataset, { columns, ...options });
    const { sizeBytes } = await sink.commit(options);
    const stored = dataset.columns.map((column) => storedColumn(column, dataset));
    return {
      path,
      sizeBytes,
      columns: stored,
      keys: stored.flatMap(({ keys }) => keys).sort(),
    };
  } finally {
    await sink[Symbol.asyncDispose]();
  }
}

async function writeColumns(
  sink: NetcdfSink,
  dataset: Dataset,
  { columns, ...options }: {
    readonly columns: readonly { readonly column: DatasetColumn; readonly stored: StoredColumn }[];
  } & RunOptions,
): Promise<void> {
  const dimensions = new Dimensions();
  const known = new Set<string>();
  const dimsOf = (key: string, shape: readonly number[]) => {
    const dims = dimensions.of({ key, shape });
    for (const name of dims) {
      if (known.has(name)) continue;
      known.add(name);
      sink.dimension(name, dimensions.lengths.get(name)!);
    }
    return dims;
  };
  sink.attributes(fileAttributes(dataset));
  let gridMapping: Attributes = {};
  const first = columns[0];
  if (first && dataset.layout === "per_item") {
    const { column, stored } = first;
    await addPlaces(sink, column, { dims: [], ...options });
    const dims = dimsOf(stored.keys[0]!, column.shapeOf(0));
    for await (const place of column.places()) {
      if (place.grid) gridMapping = await addGrid(sink, place, [dims.at(-2)!, dims.at(-1)!]);
    }
  } else if (first && isDense(first.stored)) {
    const dims = dimsOf(first.stored.keys[0]!, first.stored.shape!);
    await addPlaces(sink, first.column, { dims: [dims[0]!], ...options });
    await addGrids(sink, first.column, [dims[0]!]);
  }
  for (const { column, stored } of columns) {
    const { dtype } = column;
    const isFirst = column === first?.column;
    const attributes = {
      ...columnAttributes(dataset, stored),
      ...(isFirst ? gridMapping : {}),
      ...(isFirst && isDense(stored) ? { coordinates: "lat lon time" } : {}),
    };
    if (stored.shape) {
      const [key = ""] = stored.keys;
      const dims = dimsOf(key, stored.shape);
      const chunks = column.values(undefined, options);
      await sink.add(key, { dtype, shape: stored.shape, dims, attributes, chunks }, options);
      continue;
    }
    for (const [row, key] of stored.keys.entries()) {
      const shape = column.shapeOf(row);
      const dims = dimsOf(key, shape);
      const chunks = column.values({ start: row, end: row + 1 }, options);
      await sink.add(key, { dtype, shape, dims, attributes, chunks }, options);
    }
  }
}

/**
 * The format, for a catalog: netCDF-4, or the same under the name of HDF5.
 *
 * @example
 * ```ts
 * import { netcdfFormat } from "@rsembed/writers/netcdf";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(netcdfFormat().open("nowhere.nc"), /no such file/);
 * ```
 */
export function netcdfFormat(): Format {
  return { write, open: openNetcdf };
}
