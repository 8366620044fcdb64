/**
 * Values on their way into a file: kept on disk beside it until all are there and their arrays can be
 * laid out, so that memory holds one batch of them and no more.
 *
 * A spool is a folder with one file of bare bytes a column; what lies where is held in memory.
 *
 * @module
 */

import { join } from "node:path";
import { bytesOf, bytesPerElement, type Dtype, type RunOptions, sizeOf } from "@rsembed/core";
import { temporaryName } from "./atomic.ts";
import { type Disk, type DiskFile, onDisk } from "./disk.ts";
import type { AnyArray, Cell } from "./writer.ts";

/** Bytes moved at once. */
const blockBytes = 4 * 2 ** 20;

/** One column of a spool. */
export interface SpoolColumn {
  readonly kind: Cell["kind"];
  readonly model: string;
  readonly dtype: Dtype;
  /** Places, in the order they came. */
  readonly indices: readonly number[];
  /** Shape of each value; equal shapes are the same object. */
  readonly shapes: readonly (readonly number[])[];
}

/** Values kept on disk, by model and kind. Disposing removes them. */
export interface Spool extends AsyncDisposable {
  /** In the order they first came. */
  readonly columns: readonly SpoolColumn[];
  /**
   * Keeps values, all or none of them.
   *
   * @throws {TypeError} If a place comes twice in a column, or its dtypes differ
   */
  append(cells: readonly Cell[], options?: RunOptions): Promise<void>;
  /** The bytes of some values of a column, one after another. `rows` are positions in `indices`. */
  read(column: SpoolColumn, rows: readonly number[]): AsyncIterable<Uint8Array>;
  /** Gives back the disk space of a column that is not needed any more. */
  drop(column: SpoolColumn): Promise<void>;
}

interface OpenColumn extends SpoolColumn {
  readonly indices: number[];
  readonly shapes: (readonly number[])[];
  readonly offsets: number[];
  readonly places: Set<number>;
  readonly path: string;
  file: DiskFile | null;
  endBytes: number;
}

/** The values of one call that go to one column. */
interface Batch {
  readonly column: OpenColumn;
  readonly cells: Cell[];
}

function columnKey({ kind, model }: Pick<Cell, "kind" | "model">): string {
  return `${kind} ${model}`;
}

/** Joins small arrays, as a call to the disk costs more than copying them. */
function* blocksOf(arrays: readonly AnyArray[]): Generator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const joined = (): Uint8Array => {
    if (pending.length === 1) return pending[0]!;
    const block = new Uint8Array(pendingBytes);
    let at = 0;
    for (const bytes of pending) {
      block.set(bytes, at);
      at += bytes.length;
    }
    return block;
  };
  for (const array of arrays) {
    const bytes = bytesOf(array);
    if (pendingBytes > 0 && pendingBytes + bytes.length > blockBytes) {
      yield joined();
      pending = [];
      pendingBytes = 0;
    }
    pending.push(bytes);
    pendingBytes += bytes.length;
  }
  if (pendingBytes > 0) yield joined();
}

/**
 * Starts a spool in a new folder beside `path`.
 *
 * @throws {RsembedError} `unavailable` if the folder of `path` is missing or cannot be written to
 */
export async function createSpool(path: string, disk: Disk): Promise<Spool> {
  const folder = temporaryName(path);
  await onDisk(path, () => disk.makeFolder(folder));
  const columns = new Map<string, OpenColumn>();

  const columnOf = (cell: Cell): OpenColumn => ({
    kind: cell.kind,
    model: cell.model,
    dtype: cell.array.dtype,
    indices: [],
    shapes: [],
    offsets: [],
    places: new Set(),
    path: join(folder, `${columns.size}.bin`),
    file: null,
    endBytes: 0,
  });

  /** Sorts cells into columns, and refuses them before anything is written. */
  const batchesOf = (cells: readonly Cell[]): Batch[] => {
    const batches = new Map<string, Batch>();
    const places = new Map<Batch, Set<number>>();
    for (const cell of cells) {
      const key = columnKey(cell);
      let batch = batches.get(key);
      if (!batch) {
        let column = columns.get(key);
        if (!column) columns.set(key, column = columnOf(cell));
        batches.set(key, batch = { column, cells: [] });
        places.set(batch, new Set());
      }
      const what = `the ${cell.kind} of "${cell.model}" at place ${cell.index}`;
      const here = places.get(batch)!;
      if (batch.column.places.has(cell.index) || here.has(cell.index)) {
        throw new TypeError(`Cannot write ${what}: it is there already`);
      }
      if (cell.array.dtype !== batch.column.dtype) {
        throw new TypeError(
          `Cannot write ${what} as ${cell.array.dtype}: the places before are ${batch.column.dtype}`,
        );
      }
      here.add(cell.index);
      batch.cells.push(cell);
    }
    return [...batches.values()];
  };

  const writeBatch = async ({ column, cells }: Batch, { signal }: RunOptions): Promise<void> => {
    column.file ??= await disk.create(column.path);
    let position = column.endBytes;
    for (const block of blocksOf(cells.map(({ array }) => array))) {
      signal?.throwIfAborted();
      await column.file.write(block, position);
      position += block.length;
    }
  };

  /** Makes written values part of the spool. */
  const accept = ({ column, cells }: Batch): void => {
    for (const { index, array } of cells) {
      const last = column.shapes.at(-1);
      const same = last?.length === array.shape.length &&
        last.every((side, axis) => side === array.shape[axis]);
      column.shapes.push(last && same ? last : [...array.shape]);
      column.indices.push(index);
      column.places.add(index);
      column.offsets.push(column.endBytes);
      column.endBytes += array.data.byteLength;
    }
  };

  const open = (column: SpoolColumn): OpenColumn => columns.get(columnKey(column))!;

  return {
    get columns() {
      return [...columns.values()].filter(({ indices }) => indices.length > 0);
    },
    async append(cells, options = {}) {
      const batches = batchesOf(cells);
      for (const batch of batches) await onDisk(path, () => writeBatch(batch, options));
      batches.forEach(accept);
    },
    async *read(wanted, rows) {
      const column = open(wanted);
      const { dtype, offsets, shapes } = column;
      const lengthOf = (row: number) => sizeOf(shapes[row]!) * bytesPerElement[dtype];
      const piece = async (position: number, length: number) => {
        const block = new Uint8Array(length);
        await onDisk(path, () => column.file!.read(block, position));
        return block;
      };
      // runs of neighbours are read together: places mostly come in order
      for (let i = 0; i < rows.length;) {
        const start = offsets[rows[i]!]!;
        let end = start;
        do end += lengthOf(rows[i++]!); while (i < rows.length && offsets[rows[i]!] === end);
        for (let at = start; at < end; at += blockBytes) {
          yield await piece(at, Math.min(blockBytes, end - at));
        }
      }
    },
    async drop(wanted) {
      const column = open(wanted);
      await column.file?.close();
      column.file = null;
      await disk.remove(column.path);
    },
    async [Symbol.asyncDispose]() {
      // a disk that fails to close or remove must not hide the error that led here
      for (const column of columns.values()) {
        const { file } = column;
        column.file = null;
        await file?.close().catch(() => {});
      }
      await disk.remove(folder).catch(() => {});
    },
  };
}
