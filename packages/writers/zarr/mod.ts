/**
 * Zarr version 3: a group for each model, sharded and consolidated, with places, times and grids.
 *
 * @module
 */

import { arrayKey, bytesOf, type RunOptions } from "@rsembed/core";
import { checkDistinctKeys, singleKey, stackedKey } from "../columns.ts";
import { crsFacts } from "../crs_facts.ts";
import type { ColumnKind, Dataset, DatasetColumn, RowPlace } from "../dataset.ts";
import { isObjectPath } from "../object_path.ts";
import { middlesOf, placeNumbers } from "../place_numbers.ts";
import type { Format, StoredColumn, WriteOptions, WrittenFile } from "../writer.ts";
import { putArray, putJson, type ZarrArray, type ZarrAttributes } from "./array.ts";
import { gridAttributes, modelAttributes, rootAttributes } from "./attributes.ts";
import { openZarr } from "./open.ts";
import { folderStore, type ZarrStore } from "./store.ts";

export type { StoreValue, ZarrStore } from "./store.ts";
export { folderStore, openZarr };
export { type ValueKey, type ValueRange, type ZarrValues } from "./values.ts";

/** Names of arrays in the group of a model. */
const arrayNames: Readonly<Record<ColumnKind, string>> = {
  embedding: "embedding",
  input: "input",
  scale: "embedding_scale",
};

/** Names of the axes of a row. */
function axesOf(kind: ColumnKind, rank: number): string[] {
  const spatial = ["y", "x"];
  if (kind === "scale") return rank === 2 ? spatial : [];
  const first = kind === "embedding" ? "embedding" : "band";
  if (rank === 1) return [first];
  if (rank === 3) return [first, ...spatial];
  if (rank === 4) return ["time", "band", ...spatial];
  return Array.from({ length: rank }, (_, i) => `d${i}`);
}

/** A hierarchy in the making: what is written is remembered for the consolidated metadata. */
class Hierarchy {
  readonly metadata: Map<string, ZarrAttributes> = new Map();
  /** Paths of arrays, by the names that readers here use. */
  readonly arrays: Record<string, string> = {};
  sizeBytes = 0;
  readonly #store: ZarrStore;
  readonly #options: RunOptions;

  constructor(store: ZarrStore, options: RunOptions) {
    this.#store = store;
    this.#options = options;
  }

  async group(path: string, attributes: ZarrAttributes): Promise<void> {
    const metadata = { zarr_format: 3, node_type: "group", attributes };
    this.metadata.set(path, metadata);
    this.sizeBytes += await putJson(this.#store, `${path}/zarr.json`, metadata);
  }

  async array(path: string, array: ZarrArray): Promise<void> {
    const { metadata, sizeBytes } = await putArray(this.#store, path, array, this.#options);
    this.metadata.set(path, metadata);
    this.sizeBytes += sizeBytes;
  }

  /** Adds numbers that are at hand. */
  async numbers(
    path: string,
    { shape, values, dimensions, attributes = {} }: {
      readonly shape: readonly number[];
      readonly values: Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
      readonly dimensions: readonly string[];
      readonly attributes?: ZarrAttributes;
    },
  ): Promise<void> {
    const dtype = values instanceof Int32Array ? "int32" : "float64";
    const chunks = [bytesOf({ data: values })];
    await this.array(path, { dtype, shape, dimensions, attributes, chunks });
  }

  async root(attributes: ZarrAttributes): Promise<void> {
    this.sizeBytes += await putJson(this.#store, "zarr.json", {
      zarr_format: 3,
      node_type: "group",
      attributes,
      consolidated_metadata: {
        kind: "inline",
        must_understand: false,
        metadata: Object.fromEntries(this.metadata),
      },
    });
  }
}

const time = { units: "days since 1970-01-01", calendar: "standard" } as const;

/** Adds where and when the rows of a model are. */
async function addPlaces(
  hierarchy: Hierarchy,
  group: string,
  { column, signal }: { readonly column: DatasetColumn } & RunOptions,
): Promise<void> {
  const count = column.indices.length;
  const numbers = await placeNumbers(column, { signal });
  const along = async (
    name: string,
    values: Float64Array<ArrayBuffer>,
    attributes: ZarrAttributes,
  ) =>
    await hierarchy.numbers(`${group}/${name}`, {
      shape: [count],
      values,
      dimensions: ["place"],
      attributes,
    });
  await hierarchy.numbers(`${group}/index`, {
    shape: [count],
    values: Int32Array.from(column.indices),
    dimensions: ["place"],
    attributes: { long_name: "number of the place in the export" },
  });
  await along("lon", numbers.lon, { standard_name: "longitude", units: "degrees_east" });
  await along("lat", numbers.lat, { standard_name: "latitude", units: "degrees_north" });
  await along("time", middlesOf(numbers), { standard_name: "time", ...time });
  await along("time_start", numbers.start, { ...time, long_name: "first day of the window" });
  await along("time_end", numbers.end, { ...time, long_name: "day after the window" });
  if (!numbers.grids) return;
  await hierarchy.numbers(`${group}/grid_epsg`, {
    shape: [count],
    values: numbers.grids.epsg,
    dimensions: ["place"],
    attributes: { long_name: "EPSG code of the grid" },
  });
  await hierarchy.numbers(`${group}/grid_transform`, {
    shape: [count, 6],
    values: numbers.grids.transforms,
    dimensions: ["place", "affine"],
    attributes: { long_name: "x = a col + b row + c, y = d col + e row + f" },
  });
}

/** Adds the coordinates of the cells of one place, and its CRS. */
async function addGrid(hierarchy: Hierarchy, group: string, { grid }: RowPlace): Promise<void> {
  if (!grid) return;
  const [a, b, c, d, e, f] = grid.transform;
  const facts = crsFacts(grid.crs);
  if (b === 0 && d === 0) {
    const units = facts?.isGeographic ? "degrees" : "m";
    for (
      const [axis, length, start, step] of [
        ["y", grid.height, f, e],
        ["x", grid.width, c, a],
      ] as const
    ) {
      await hierarchy.numbers(`${group}/${axis}`, {
        shape: [length],
        values: Float64Array.from({ length }, (_, i) => start + (i + 0.5) * step),
        dimensions: [axis],
        attributes: { units, axis: axis.toUpperCase(), long_name: "middle of the cell" },
      });
    }
  }
  if (!facts) return;
  await hierarchy.numbers(`${group}/spatial_ref`, {
    shape: [],
    values: Int32Array.of(0),
    dimensions: [],
    attributes: {
      ...facts.gridMapping,
      crs_wkt: facts.wkt,
      spatial_ref: facts.wkt,
      GeoTransform: `${c} ${a} ${b} ${f} ${d} ${e}`,
    },
  });
}

/** Adds the arrays of a column to the group of its model. */
async function addColumn(
  hierarchy: Hierarchy,
  { column, dataset, ...options }: {
    readonly column: DatasetColumn;
    readonly dataset: Dataset;
  } & RunOptions,
): Promise<StoredColumn> {
  const { kind, model, dtype, indices, shape } = column;
  const base = `${arrayKey(model)}/${arrayNames[kind]}`;
  const add = async (key: string, path: string, array: ZarrArray) => {
    await hierarchy.array(path, array);
    hierarchy.arrays[key] = path;
  };
  const facts = { kind, model, dtype, indices } as const;
  if (dataset.layout === "combined" && shape !== null) {
    const key = stackedKey(kind, model);
    const stacked = [indices.length, ...shape];
    const dimensions = ["place", ...axesOf(kind, shape.length)];
    const chunks = column.values(undefined, options);
    await add(key, base, { dtype, shape: stacked, dimensions, chunks });
    return { ...facts, stacked: true, keys: [key], shape: stacked };
  }
  const alone = dataset.layout === "per_item";
  const keys: string[] = [];
  for (const [row, index] of indices.entries()) {
    const key = singleKey(kind, model, alone ? undefined : index);
    const own = column.shapeOf(row);
    const range = { start: row, end: row + 1 };
    let attributes: ZarrAttributes = {};
    for await (const { grid } of column.places(range)) attributes = gridAttributes(grid);
    await add(key, alone ? base : `${base}_${String(index).padStart(5, "0")}`, {
      dtype,
      shape: own,
      dimensions: axesOf(kind, own.length).map((axis) =>
        // imagery and tokens of one place have pixels of their own
        kind === "input" && (axis === "y" || axis === "x") ? `${axis}_input` : axis
      ),
      attributes: kind === "input" ? { ...attributes, grid_mapping: undefined } : attributes,
      chunks: column.values(range, options),
    });
    keys.push(key);
  }
  return { ...facts, stacked: false, keys, shape: null };
}

/**
 * Writes a dataset into a store, which is committed by whoever opened it.
 *
 * @returns What was written, and its length, bytes
 */
export async function writeZarr(
  store: ZarrStore,
  dataset: Dataset,
  options: RunOptions = {},
): Promise<Pick<WrittenFile, "sizeBytes" | "columns" | "keys">> {
  checkDistinctKeys(dataset.columns.map(({ model }) => model));
  const hierarchy = new Hierarchy(store, options);
  const columns: StoredColumn[] = [];
  const models = new Set(dataset.columns.map(({ model }) => model));
  for (const name of models) {
    const own = dataset.columns.filter(({ model }) => model === name);
    const lead = own.find(({ kind }) => kind === "embedding") ?? own[0]!;
    const shape = lead.shape ?? lead.shapeOf(0);
    const group = arrayKey(name);
    await hierarchy.group(
      group,
      modelAttributes(dataset, {
        model: dataset.about.models.find((model) => model.name === name),
        dims: shape[0] ?? 0,
        tokens: shape.length === 3,
      }),
    );
    if (dataset.layout === "combined") {
      await addPlaces(hierarchy, group, { column: lead, ...options });
    } else {
      for await (const place of lead.places()) await addGrid(hierarchy, group, place);
    }
    for (const column of own) {
      columns.push(await addColumn(hierarchy, { column, dataset, ...options }));
    }
  }
  await hierarchy.root(rootAttributes(dataset, hierarchy.arrays));
  const { sizeBytes } = hierarchy;
  return { sizeBytes, columns, keys: columns.flatMap(({ keys }) => keys).sort() };
}

async function write(
  path: string,
  dataset: Dataset,
  { overwrite, disk, ...options }: WriteOptions = {},
): Promise<WrittenFile> {
  options.signal?.throwIfAborted();
  const store = isObjectPath(path)
    ? await (await import("./s3/mod.ts")).s3Store(path, { overwrite, signal: options.signal })
    : await folderStore(path, { overwrite, disk });
  try {
    const written = await writeZarr(store, dataset, options);
    options.signal?.throwIfAborted();
    await store.commit();
    return { path, ...written };
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

/**
 * The format, for a catalog: folders of Zarr version 3, and buckets where a path begins with `s3://`.
 *
 * @example
 * ```ts
 * import { zarrFormat } from "@rsembed/writers/zarr";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(zarrFormat().open("nowhere.zarr"), /no such/);
 * ```
 */
export function zarrFormat(): Format {
  return { write, open: openZarr };
}
