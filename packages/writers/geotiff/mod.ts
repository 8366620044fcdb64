/**
 * GeoTIFF: grids of one place as bands, where they lie on the ground.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import {
  arrayKey,
  bytesOf,
  bytesPerElement,
  RsembedError,
  type RunOptions,
  sizeOf,
} from "@rsembed/core";
import { arrayFile } from "../array_file.ts";
import { checkTarget } from "../atomic.ts";
import { checkDistinctKeys, storedColumn } from "../columns.ts";
import type { Dataset, DatasetColumn } from "../dataset.ts";
import type {
  ArrayFile,
  Format,
  OpenOptions,
  StoredColumn,
  WriteOptions,
  WrittenFile,
} from "../writer.ts";
import { openTiff, type TiffFile } from "./read_tiff.ts";
import { gdalFact } from "./tags.ts";
import { type TiffImage, writeTiff } from "./write_tiff.ts";

export { type TiffImage, writeTiff };

const order = { embedding: 0, scale: 1, input: 2 } as const;

function unsupported(feature: string, state: string): RsembedError<"unsupported"> {
  return new RsembedError("unsupported", `Cannot write GeoTIFF: ${state}`, { facts: { feature } });
}

/** The name of the file of a column: the first one's is that of the place. */
function fileNameOf(path: string, column: DatasetColumn, isFirst: boolean): string {
  const name = basename(path);
  if (isFirst) return name;
  const stem = name.replace(/\.[^.]*$/, "");
  const kind = column.kind === "embedding" ? "" : `.${column.kind}`;
  return `${stem}.${arrayKey(column.model)}${kind}.tif`;
}

/** The only value of a column, as bands. */
async function imageOf(
  column: DatasetColumn,
  { dataset, stored, arrays, signal }: {
    readonly dataset: Dataset;
    readonly stored: StoredColumn;
    /** Names of files by names of arrays, in the first file only. */
    readonly arrays: Readonly<Record<string, string>> | null;
  } & RunOptions,
): Promise<TiffImage> {
  const own = column.shapeOf(0);
  // a scale for each cell is a single band; dates of imagery stand one after another
  const [height = 0, width = 0] = own.slice(-2);
  const bands = sizeOf(own.slice(0, -2));
  const bytes = new Uint8Array(sizeOf(own) * bytesPerElement[column.dtype]);
  let at = 0;
  for await (const chunk of column.values(undefined, signal ? { signal } : {})) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  let grid = null;
  for await (const place of column.places()) grid = place.grid;
  const model = dataset.about.models.find(({ name }) => name === column.model);
  const { quantization } = dataset.about;
  return {
    dtype: column.dtype,
    shape: [bands, height, width],
    bytes,
    grid,
    facts: {
      kind: column.kind,
      model: column.model,
      ...(model
        ? { model_id: model.id, variant: model.variant, collection: model.collection }
        : {}),
      ...(column.kind === "embedding" && quantization
        ? { quantization: quantization.dtype, decode: quantization.decode }
        : {}),
      created_by: dataset.about.createdBy,
      fingerprint: dataset.about.fingerprint,
      shape: JSON.stringify(own),
      key: stored.keys[0]!,
      ...(arrays ? { arrays: JSON.stringify(arrays) } : {}),
    },
  };
}

async function write(
  path: string,
  dataset: Dataset,
  options: WriteOptions = {},
): Promise<WrittenFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  checkDistinctKeys(dataset.columns.map(({ model }) => model));
  if (dataset.layout !== "per_item") {
    throw unsupported(
      "many places in GeoTIFF",
      "a file is of one place, export with the per_item layout",
    );
  }
  await checkTarget(path, options);
  const columns = [...dataset.columns].sort((a, b) => order[a.kind] - order[b.kind]);
  for (const column of columns) {
    if (column.shapeOf(0).length < 2) {
      throw unsupported("vectors in GeoTIFF", `${column.model} gives a vector, ask for grids`);
    }
  }
  if (columns.length === 0) {
    throw unsupported("nothing in GeoTIFF", "the place has no values, it would have no pixels");
  }
  const stored = columns.map((column) => storedColumn(column, dataset));
  const names = columns.map((column, i) => fileNameOf(path, column, i === 0));
  const arrays = Object.fromEntries(stored.map(({ keys }, i) => [keys[0]!, names[i]!]));
  let sizeBytes = 0;
  // the file that tells of the others comes last
  for (const [i, column] of [...columns.entries()].reverse()) {
    const image = await imageOf(column, {
      dataset,
      stored: stored[i]!,
      arrays: i === 0 ? arrays : null,
      ...(signal ? { signal } : {}),
    });
    sizeBytes += await writeTiff(join(dirname(path), names[i]!), image, {
      ...options,
      ...(i === 0 ? {} : { overwrite: true }),
    });
  }
  const inOrder = dataset.columns.map((column) => storedColumn(column, dataset));
  return { path, sizeBytes, columns: inOrder, keys: inOrder.flatMap(({ keys }) => keys).sort() };
}

/** The names of files that the first file tells; none leads out of its folder. */
function arraysOf(path: string, { metadata }: TiffFile): Map<string, string> {
  const text = gdalFact(metadata, "arrays");
  if (text === null) {
    throw new RsembedError(
      "unsupported",
      `Cannot read "${path}": it is not the first file of a place of rsembed`,
      { facts: { feature: "GeoTIFF of others" } },
    );
  }
  let arrays: unknown;
  try {
    arrays = JSON.parse(text);
  } catch {
    arrays = null;
  }
  const entries = Object.entries(typeof arrays === "object" && arrays !== null ? arrays : {});
  for (const [, name] of entries) {
    if (typeof name === "string" && name === basename(name) && name !== "..") continue;
    throw new RsembedError("corrupt", `Cannot read "${path}": it names the file ${name}`, {
      facts: { source: path },
    });
  }
  return new Map(entries as [string, string][]);
}

/** The shape that an array had before it became bands. */
function shapeOf(file: TiffFile): readonly number[] {
  const { shape } = file.info;
  try {
    const told: unknown = JSON.parse(gdalFact(file.metadata, "shape") ?? "null");
    const isShape = Array.isArray(told) && told.every((side) => Number.isSafeInteger(side));
    return isShape && sizeOf(told) === sizeOf(shape) ? told : shape;
  } catch {
    return shape;
  }
}

/**
 * Opens the GeoTIFFs of a place, by the first of them.
 *
 * @throws {RsembedError} `not-found` if there is none, `corrupt` if it is damaged, `unsupported` for TIFFs of others
 *
 * @example
 * ```ts
 * import { openGeotiff } from "@rsembed/writers/geotiff";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openGeotiff("nowhere.tif"), /no such file/);
 * ```
 */
export async function openGeotiff(path: string, options: OpenOptions = {}): Promise<ArrayFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  const first = await openTiff(path);
  let arrays: Map<string, string>;
  try {
    arrays = arraysOf(path, first);
  } finally {
    await first[Symbol.asyncDispose]();
  }
  return arrayFile({
    path,
    keys: [...arrays.keys()],
    options,
    async open(key, { signal }) {
      const file = await openTiff(join(dirname(path), arrays.get(key)!));
      return {
        dtype: file.info.dtype,
        shape: shapeOf(file),
        rowsAtOnce: null,
        async fill(into) {
          bytesOf({ data: into }).set(await file.read(signal));
        },
        close: async () => await file[Symbol.asyncDispose](),
      };
    },
    close: () => {},
  });
}

/**
 * The format, for a catalog: a GeoTIFF for each model of a place.
 *
 * @example
 * ```ts
 * import { geotiffFormat } from "@rsembed/writers/geotiff";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(geotiffFormat().open("nowhere.tif"), /no such file/);
 * ```
 */
export function geotiffFormat(): Format {
  return { write, open: openGeotiff };
}
