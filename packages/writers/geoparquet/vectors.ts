/**
 * Vectors as rows.
 *
 * @module
 */

import { bytesPerElement, RsembedError, type RunOptions } from "@rsembed/core";
import { stackedKey } from "../columns.ts";
import type { Dataset, DatasetColumn, DatasetModel, RowPlace, RowRange } from "../dataset.ts";
import type { StoredColumn, WriteOptions, WrittenFile } from "../writer.ts";
import { type ArrowField, arrowSchema } from "./arrow_schema.ts";
import { elementTypes } from "./element_types.ts";
import { encodeLevels, type LevelRun } from "./levels.ts";
import { type ColumnChunk, createParquet, type Page, type SchemaNode } from "./parquet_file.ts";
import { type Box, boxOf, type RowLayout } from "./rows.ts";
import {
  arrowField,
  columnChunks,
  joinChunks,
  listNode,
  schemaNode,
  type TableChunk,
  type TableColumn,
} from "./table.ts";

/** Values of embeddings in a group of rows, bytes. */
const groupBytes = 64 * 2 ** 20;
/** Rows of a group at most: what stands beside the embeddings is held until the group is written. */
const maxGroupRows = 5000;
/** Rows of which what is said of their places is held as it came. */
const sliceRows = 1000;
/** Values of embeddings in a page, bytes. */
const pageBytes = 2 ** 20;

function unsupported(feature: string, state: string): RsembedError<"unsupported"> {
  return new RsembedError("unsupported", `Cannot write GeoParquet: ${state}`, {
    facts: { feature },
  });
}

/** Embeddings of a model, with their scales. */
interface Embeddings {
  readonly column: DatasetColumn;
  readonly scale: DatasetColumn | null;
  readonly model: DatasetModel | null;
}

/** The columns of vectors of a dataset, all of one length. */
function embeddingsOf({ columns, about }: Dataset): { all: Embeddings[]; dim: number } {
  if (columns.some(({ kind }) => kind === "input")) {
    throw unsupported("imagery in GeoParquet", "it holds vectors, save imagery in another format");
  }
  const all = columns.filter(({ kind }) => kind === "embedding").map((column): Embeddings => ({
    column,
    scale: columns.find(({ kind, model }) => kind === "scale" && model === column.model) ?? null,
    model: about.models.find(({ name }) => name === column.model) ?? null,
  }));
  for (const { column } of all) {
    if (column.shape === null || column.shape.length !== 1) {
      throw unsupported(
        "grids in GeoParquet",
        `the embeddings of ${column.model} are no vectors of one length, write grids as zarr, netcdf or geotiff`,
      );
    }
  }
  const dims = new Set(all.map(({ column }) => column.shape![0]!));
  if (dims.size > 1) {
    throw unsupported(
      "vectors of several lengths in GeoParquet",
      `its vectors have ${[...dims].join(" and ")} values, write a file for each model`,
    );
  }
  return { all, dim: [...dims][0] ?? 0 };
}

/** Refuses a column with fewer values than its rows have. */
function checkFilled({ kind, model }: DatasetColumn, given: number, wanted: number): void {
  if (given === wanted) return;
  throw new RangeError(
    `Cannot write the ${kind} of "${model}": it was given ${given} bytes, its rows need ${wanted}`,
  );
}

/** Pages of embeddings of a range of rows; all share one buffer. */
async function* embeddingPages(
  column: DatasetColumn,
  { start, end, dim, signal }: { start: number; end: number; dim: number; signal?: AbortSignal },
): AsyncGenerator<Page> {
  const recode = elementTypes[column.dtype]!.recoder();
  const rowBytes = dim * bytesPerElement[column.dtype];
  const rows = Math.max(1, Math.floor(pageBytes / Math.max(1, rowBytes)));
  const buffer = new Uint8Array(Math.min(rows, end - start) * rowBytes);
  for (let first = start; first < end; first += rows) {
    const last = Math.min(end, first + rows);
    const bytes = buffer.subarray(0, (last - first) * rowBytes);
    let at = 0;
    const range = { start: first, end: last };
    for await (const chunk of column.values(range, signal ? { signal } : {})) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    checkFilled(column, at, bytes.length);
    const count = (last - first) * dim;
    const starts = function* (): Generator<LevelRun> {
      for (let row = first; row < last; row++) {
        yield { level: 0, count: 1 };
        yield { level: 1, count: dim - 1 };
      }
    };
    yield {
      count,
      parts: [encodeLevels(starts()), encodeLevels([{ level: 1, count }]), recode(bytes)],
    };
  }
}

async function placesOf(
  column: DatasetColumn,
  range: RowRange,
  options: RunOptions,
) {
  const places: RowPlace[] = [];
  for await (const place of column.places(range, options)) places.push(place);
  return places;
}

async function scalesOf(
  scale: DatasetColumn,
  range: RowRange,
  options: RunOptions,
): Promise<number[]> {
  const bytes = new Uint8Array(4 * (range.end - range.start));
  let at = 0;
  for await (const chunk of scale.values(range, options)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  checkFilled(scale, at, bytes.length);
  return [...new Float32Array(bytes.buffer)];
}

function union(a: Box | null, b: Box | null): Box | null {
  if (a === null || b === null) return a ?? b;
  return [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ];
}

/** What GeoParquet says of its geometries. */
function geoFacts({ geometry, hasBox }: RowLayout, box: Box | null): string {
  return JSON.stringify({
    version: "1.1.0",
    primary_column: geometry,
    columns: {
      [geometry]: {
        encoding: "WKB",
        geometry_types: ["Polygon"],
        ...(box ? { bbox: box } : {}),
        ...(hasBox
          ? {
            covering: {
              bbox: Object.fromEntries(
                ["xmin", "ymin", "xmax", "ymax"].map((side) => [side, ["bbox", side]]),
              ),
            },
          }
          : {}),
      },
    },
  });
}

/** Writes the vectors of a dataset, a group of rows after another. */
export async function writeVectors(
  path: string,
  dataset: Dataset,
  { layout, ...options }: WriteOptions & { readonly layout: RowLayout },
): Promise<WrittenFile> {
  const { all, dim } = embeddingsOf(dataset);
  const { signal } = options;
  const element = elementTypes[all[0]?.column.dtype ?? "float32"];
  if (!element) throw unsupported("type", `it cannot hold ${all[0]!.column.dtype}`);
  const described = layout.columns([], null);
  const scaled = all.some(({ scale }) => scale !== null);
  const scaleColumn = { name: "scale", kind: "float" } as const;
  const order = [
    ...described.slice(0, layout.before).map((column) => ({ column })),
    { column: null },
    ...(scaled ? [{ column: scaleColumn }] : []),
    ...described.slice(layout.before).map((column) => ({ column })),
  ];
  const schema: SchemaNode = {
    name: "schema",
    repetition: "required",
    children: order.map(({ column }) =>
      column ? schemaNode(column) : listNode(layout.embedding, element.leaf)
    ),
  };
  const arrow = order.map(({ column }): ArrowField =>
    column ? arrowField(column) : {
      name: layout.embedding,
      nullable: false,
      type: {
        kind: "fixed_list",
        length: dim,
        item: { name: "element", nullable: false, type: element.arrow },
      },
    }
  );
  const file = await createParquet(path, schema, options);
  try {
    let box: Box | null = null;
    let row = 0;
    const models: Record<string, unknown>[] = [];
    for (const { column, scale, model } of all) {
      const count = column.indices.length;
      const rowBytes = Math.max(1, dim * bytesPerElement[column.dtype]);
      const groupRows = Math.max(1, Math.min(maxGroupRows, Math.floor(groupBytes / rowBytes)));
      models.push({
        name: column.model,
        start: row,
        rows: count,
        indices: isDense(column.indices) ? null : column.indices,
      });
      for (let start = 0; start < count; start += groupRows) {
        const range = { start, end: Math.min(count, start + groupRows) };
        const beside = new Map<string, TableChunk[]>();
        for (let first = range.start; first < range.end; first += sliceRows) {
          const slice = { start: first, end: Math.min(range.end, first + sliceRows) };
          const places = await placesOf(column, slice, options);
          for (const { footprint } of places) box = union(box, boxOf(footprint));
          const values = scale ? await scalesOf(scale, slice, options) : places.map(() => null);
          const scales: TableColumn = { ...scaleColumn, values };
          for (const one of [...layout.columns(places, model), scales]) {
            const before = beside.get(one.name);
            const leaves = columnChunks(one);
            beside.set(one.name, before?.map((leaf, i) => joinChunks(leaf, leaves[i]!)) ?? leaves);
          }
        }
        const chunks = order.flatMap(({ column: one }): readonly ColumnChunk[] =>
          one ? beside.get(one.name)! : [{
            path: [layout.embedding, "list", "element"],
            type: element.leaf.type!,
            encoding: element.encoding,
            pages: embeddingPages(column, { ...range, dim, ...(signal ? { signal } : {}) }),
          }]
        );
        await file.addRows(range.end - range.start, chunks, signal);
      }
      row += count;
    }
    const { sizeBytes } = await file.commit({
      geo: geoFacts(layout, box),
      rsembed: JSON.stringify({
        ...dataset.about,
        dtype: all[0]?.column.dtype ?? null,
        dim,
        rows: models,
      }),
      "ARROW:schema": arrowSchema(arrow),
    });
    const columns = all.flatMap(({ column, scale }) =>
      [column, scale].flatMap((one) => one ? [storedAs(one)] : [])
    );
    return { path, sizeBytes, columns, keys: columns.flatMap(({ keys }) => keys).sort() };
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

function isDense(indices: readonly number[]): boolean {
  return indices.every((index, row) => index === row);
}

/** Rows of a file are one array each model, whatever places are missing. */
function storedAs({ kind, model, dtype, indices, shape }: DatasetColumn): StoredColumn {
  return {
    kind,
    model,
    dtype,
    stacked: true,
    keys: [stackedKey(kind, model)],
    indices,
    shape: [indices.length, ...shape!],
  };
}
