/**
 * NetCDF-4 files, which are HDF5: embeddings with their places, times and grids, by the CF conventions.
 *
 * @module
 */

import { bytesOf, type RunOptions } from "@rsembed/core";
import { checkTarget } from "../atomic.ts";
import { checkDistinctKeys, storedColumn } from "../columns.ts";
import { crsFacts } from "../crs_facts.ts";
import type { Dataset, DatasetColumn, RowPlace } from "../dataset.ts";
import { middlesOf, placeNumbers } from "../place_numbers.ts";
import type { Format, StoredColumn, WriteOptions, WrittenFile } from "../writer.ts";
import { Dimensions, isDense } from "./dimensions.ts";
import { openNetcdf } from "./open.ts";
import { type Attributes, createNetcdf, type NetcdfSink } from "./sink.ts";

export { openNetcdf };

const timeUnits = "days since 1970-01-01";

/** Attributes of the numbers of one place or of all, by the name of the variable. */
const coordinates = {
  lat: { standard_name: "latitude", units: "degrees_north", long_name: "middle of the footprint" },
  lon: { standard_name: "longitude", units: "degrees_east", long_name: "middle of the footprint" },
  time: {
    standard_name: "time",
    units: timeUnits,
    calendar: "standard",
    long_name: "middle of the window",
  },
  time_start: { units: timeUnits, calendar: "standard", long_name: "first day of the window" },
  time_end: { units: timeUnits, calendar: "standard", long_name: "day after the window" },
} satisfies Readonly<Record<string, Attributes>>;

/** Adds float64 numbers. */
async function addNumbers(
  sink: NetcdfSink,
  name: string,
  { values, dims, attributes }: {
    readonly values: Float64Array<ArrayBuffer>;
    readonly dims: readonly string[];
    readonly attributes: Attributes;
  },
): Promise<void> {
  const shape = dims.length === 0 ? [] : [values.length];
  const chunks = [bytesOf({ data: values })];
  await sink.add(name, { dtype: "float64", shape, dims, attributes, chunks });
}

/** Texts of rows, of which most are the same: each is held once. */
class SharedTexts {
  readonly values: string[];
  readonly #known = new Map<string, string>();

  constructor(rows: number) {
    this.values = new Array<string>(rows);
  }

  set(row: number, text: string): void {
    const known = this.#known.get(text) ?? text;
    if (this.#known.size < 1024) this.#known.set(known, known);
    this.values[row] = known;
  }
}

/** Adds what tells the places apart: of many along `point`, with their grids; of one without a dimension. */
async function addPlaces(
  sink: NetcdfSink,
  column: DatasetColumn,
  { dims, signal }: { readonly dims: readonly string[] } & RunOptions,
): Promise<void> {
  const rows = column.indices.length;
  const names = new Array<string>(rows);
  const [sources, crs] = [new SharedTexts(rows), new SharedTexts(rows)];
  const numbers = await placeNumbers(column, {
    signal,
    onPlace({ name, source, grid }, row) {
      names[row] = name;
      sources.set(row, source);
      crs.set(row, grid?.crs ?? "");
    },
  });
  const { lat, lon, start, end, grids } = numbers;
  const values = { lat, lon, time: middlesOf(numbers), time_start: start, time_end: end };
  for (const name of Object.keys(values) as (keyof typeof values)[]) {
    await addNumbers(sink, name, { values: values[name], dims, attributes: coordinates[name] });
  }
  sink.addText("place", { values: names, dims, attributes: { long_name: "name of the place" } });
  sink.addText("source", {
    values: sources.values,
    dims,
    attributes: { long_name: "source of the imagery" },
  });
  if (!grids || dims.length === 0) return;
  sink.dimension("affine", 6);
  await sink.add("grid_transform", {
    dtype: "float64",
    shape: [rows, 6],
    dims: [...dims, "affine"],
    chunks: [bytesOf({ data: grids.transforms })],
    attributes: {
      long_name: "x = a col + b row + c, y = d col + e row + f of the corners of cells",
    },
  });
  const attributes = { long_name: "CRS of the grid" };
  sink.addText("grid_crs", { values: crs.values, dims, attributes });
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
      Float64Array.from({ length }, (_, i) => start + (i + 0.5) * step);
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
