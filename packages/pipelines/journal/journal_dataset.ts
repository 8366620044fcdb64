/**
 * The values of a journal, as formats take them.
 *
 * @module
 */

import { reusedBytes } from "@rsembed/core";
import {
  columnOrder,
  type Dataset,
  type DatasetAbout,
  type DatasetColumn,
  type RowPlace,
} from "@rsembed/writers";
import { extentBytes } from "./column.ts";
import type { Journal, JournalColumn } from "./journal.ts";
import type { StoredPlace } from "./journal_line.ts";

/** Bytes read at once. */
const blockBytes = 2 ** 19;

function placeOf({ index, name, models }: StoredPlace, column: number): RowPlace | null {
  const cell = models.flatMap(({ cells }) => cells).find((cell) => cell.column === column);
  return cell ? { ...cell.place, index, name } : null;
}

/** Reads the values of places, in runs of neighbours: places mostly come in order. */
async function* valuesOf(
  column: JournalColumn,
  indices: readonly number[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const lengthOf = (index: number) => extentBytes(column.info, column.shapeOf(index));
  const room = reusedBytes();
  for (let i = 0; i < indices.length;) {
    const start = column.offsetOf(indices[i]!);
    let end = start;
    do end += lengthOf(indices[i++]!); while (
      i < indices.length && column.offsetOf(indices[i]!) === end && end - start < blockBytes
    );
    for (let at = start; at < end; at += blockBytes) {
      signal?.throwIfAborted();
      const block = room(Math.min(blockBytes, end - at));
      await column.read(block, at);
      yield block;
    }
  }
}

function columnOf(journal: Journal, id: number, placeCount: number): DatasetColumn | null {
  const column = journal.columns[id]!;
  const indices: number[] = [];
  for (let index = 0; index < placeCount; index++) {
    if (column.offsetOf(index) >= 0) indices.push(index);
  }
  if (indices.length === 0) return null;
  const { kind, model, dtype, axes } = column.info;
  const first = column.shapeOf(indices[0]!);
  // equal shapes are one object
  const isUniform = indices.every((index) => column.shapeOf(index) === first);
  const all = { start: 0, end: indices.length };
  return {
    kind,
    model,
    dtype,
    axes,
    indices,
    shape: isUniform ? first : null,
    shapeOf: (row) => column.shapeOf(indices[row]!),
    values: ({ start, end } = all, { signal } = {}) =>
      valuesOf(column, indices.slice(start, end), signal),
    async *places({ start, end } = all, { signal } = {}) {
      const rows = indices.slice(start, end);
      for await (const stored of journal.places(rows)) {
        signal?.throwIfAborted();
        const place = placeOf(stored, id);
        if (place) yield place;
      }
    },
  };
}

/** Options of {@linkcode journalDataset}. */
export interface JournalDatasetOptions {
  /** Number of places of the export. */
  readonly placeCount: number;
  /** Names of the models of the run. */
  readonly models: readonly string[];
  readonly about: DatasetAbout;
}

/** A dataset of all values of a journal; it can be read as long as the journal is open. */
export function journalDataset(
  journal: Journal,
  { placeCount, models, about }: JournalDatasetOptions,
): Dataset {
  const columns = journal.columns
    .map((_, id) => columnOf(journal, id, placeCount))
    .filter((column) => column !== null);
  return {
    layout: "combined",
    placeCount,
    about,
    columns: columns.sort(columnOrder),
    async *failures({ signal } = {}) {
      for await (const { index, name, footprint, models: records } of journal.places(placeCount)) {
        signal?.throwIfAborted();
        for (const [position, { error }] of records.entries()) {
          if (error) yield { index, name, footprint, model: models[position]!, ...error };
        }
      }
    },
  };
}
