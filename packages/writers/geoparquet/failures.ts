/**
 * Places at which models failed, as a table of their own.
 *
 * @module
 */

import type { Dataset } from "../dataset.ts";
import { disk as systemDisk, onDisk } from "../disk.ts";
import type { WriteOptions } from "../writer.ts";
import { arrowSchema } from "./arrow_schema.ts";
import { createParquet, type SchemaNode } from "./parquet_file.ts";
import { polygonWkb } from "./rows.ts";
import { arrowField, columnChunks, schemaNode, type TableColumn } from "./table.ts";

/** Where the places stand at which models failed: beside the file. */
export function failuresPath(path: string): string {
  return path.replace(/\.[^./\\]*$/, "") + ".failures.parquet";
}

const failureColumns = [
  { name: "index", kind: "int" },
  { name: "place", kind: "text" },
  { name: "geometry", kind: "bytes" },
  { name: "model", kind: "text" },
  { name: "code", kind: "text" },
  { name: "message", kind: "text" },
] as const;

/**
 * Writes the failures of a dataset beside the file at `path`; without any there is no such file.
 *
 * @returns Its length, bytes
 */
export async function writeFailures(
  path: string,
  dataset: Dataset,
  options: WriteOptions,
): Promise<number> {
  const target = failuresPath(path);
  const failures: { values: (string | number | Uint8Array | null)[] }[] = [];
  for await (const { index, name, footprint, model, code, message } of dataset.failures(options)) {
    failures.push({ values: [index, name, polygonWkb(footprint), model, code, message] });
  }
  if (failures.length === 0) {
    const { disk = systemDisk } = options;
    await onDisk(target, () => disk.remove(target));
    return 0;
  }
  const schema: SchemaNode = {
    name: "schema",
    repetition: "required",
    children: failureColumns.map(schemaNode),
  };
  const file = await createParquet(target, schema, { ...options, overwrite: true });
  try {
    const columns = failureColumns.map((column, i) =>
      ({ ...column, values: failures.map(({ values }) => values[i]!) }) as TableColumn
    );
    await file.addRows(failures.length, columns.flatMap(columnChunks), options.signal);
    const { sizeBytes } = await file.commit({
      "ARROW:schema": arrowSchema(failureColumns.map(arrowField)),
    });
    return sizeBytes;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}
