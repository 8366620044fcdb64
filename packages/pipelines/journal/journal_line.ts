/**
 * What the lines of a journal say.
 *
 * @module
 */

import { bytesPerElement } from "@rsembed/core";
import type { Cell, RowPlace } from "@rsembed/writers";
import type { ColumnInfo, Extent } from "./column.ts";

/** A JSON object. */
type JsonObject = Readonly<Record<string, unknown>>;

/** Why a model has no embedding of a place. */
export interface StoredError {
  readonly code: string;
  readonly message: string;
}

/** What became of one model at one place. */
export interface ModelRecord {
  readonly error: StoredError | null;
  /** Metadata of the embedding; `null` where there is none. */
  readonly meta: JsonObject | null;
  readonly cells: readonly Cell[];
}

/** What became of one place. */
export interface PlaceRecord {
  readonly index: number;
  /** Tells the place from others: that of another request at this index is not taken for it. */
  readonly identity: string;
  readonly name: string;
  /** The place as manifests have it. */
  readonly spatial: JsonObject;
  readonly footprint: RowPlace["footprint"];
  /** Length of the place's own file, bytes. */
  readonly sizeBytes?: number;
  /** One entry a model; `null` keeps what the journal has. */
  readonly models: readonly (ModelRecord | null)[];
}

/** A value on disk, and where it is of. */
export interface StoredCell extends Extent {
  /** Number of its column. */
  readonly column: number;
  readonly place: Omit<RowPlace, "index" | "name">;
}

/** A {@linkcode ModelRecord} on disk. */
export interface StoredModel extends Pick<ModelRecord, "error" | "meta"> {
  readonly cells: readonly StoredCell[];
}

/** A {@linkcode PlaceRecord} on disk. */
export interface StoredPlace extends Omit<PlaceRecord, "models"> {
  readonly models: readonly StoredModel[];
}

/** A line of a journal. */
export type JournalLine =
  | { readonly version: number; readonly fingerprint: string; readonly modelCount: number }
  | { readonly startedAt: string }
  | { readonly column: ColumnInfo }
  | { readonly place: StoredPlace }
  | { readonly synced: true };

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Whether a line is one of a journal: a disk may have changed it. */
export function isSound(
  line: unknown,
  { columnCount, modelCount }: { readonly columnCount: number; readonly modelCount: number },
): boolean {
  if (typeof line !== "object" || line === null) return false;
  if ("version" in line || "synced" in line) return true;
  if ("startedAt" in line) return Number.isFinite(Date.parse(String(line.startedAt)));
  if ("column" in line) {
    const { dtype } = line.column as Partial<ColumnInfo>;
    return typeof dtype === "string" && dtype in bytesPerElement;
  }
  if (!("place" in line)) return false;
  const { index, identity, models } = line.place as StoredPlace;
  return isCount(index) && typeof identity === "string" && models.length === modelCount &&
    models.flatMap(({ cells }) => cells).every(({ column, offset, shape }) =>
      isCount(column) && column < columnCount && isCount(offset) && shape.every(isCount)
    );
}
