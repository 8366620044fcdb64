/**
 * A {@linkcode Writer} for any format that holds named arrays: which arrays an export consists of is
 * decided here, how they are stored is up to the format's {@linkcode ArraySink}.
 *
 * @module
 */

import { arrayKey, bytesOf, type RunOptions, sizeOf } from "@rsembed/core";
import { checkTarget } from "./atomic.ts";
import { checkDistinctKeys, combinedColumn, singleKey } from "./columns.ts";
import { disk as systemDisk } from "./disk.ts";
import { createSpool, type Spool, type SpoolColumn } from "./spool.ts";
import type {
  ArrayInfo,
  Cell,
  CommitOptions,
  CreateOptions,
  StoredColumn,
  Writer,
  WrittenFile,
} from "./writer.ts";

/** An array whose values come in pieces. */
export interface ArraySource extends ArrayInfo {
  /** The values in C order, little-endian, cut anywhere. */
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A file of named arrays in the making. Disposing without `commit` leaves nothing behind. */
export interface ArraySink extends AsyncDisposable {
  /**
   * Adds an array.
   *
   * @throws {TypeError} If the name is taken or no name for an array
   * @throws {RangeError} If there are more or fewer bytes than dtype and shape say
   */
  add(name: string, array: ArraySource, options?: RunOptions): Promise<void>;
  /** Completes the file under its final name, durably. */
  commit(options?: RunOptions): Promise<{ readonly sizeBytes: number }>;
}

/** The part of a writer that depends on the layout. */
interface Layout extends AsyncDisposable {
  write(cells: readonly Cell[], options: RunOptions): Promise<void>;
  commit(
    options: CommitOptions,
  ): Promise<{ readonly sizeBytes: number; readonly columns: readonly StoredColumn[] }>;
}

function checkCell({ index, model, array }: Cell, placeCount: number | null): void {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(`Cannot write place ${index}: places are numbered from 0`);
  }
  if (placeCount !== null && index >= placeCount) {
    throw new RangeError(`Cannot write place ${index}: there are ${placeCount} places`);
  }
  if (array.data.length !== sizeOf(array.shape)) {
    throw new RangeError(
      `Cannot write ${array.data.length} values of "${model}" as shape (${array.shape})`,
    );
  }
}

/** One place: every value is an array of its own, and goes straight to the file. */
async function perItemLayout(open: () => Promise<ArraySink>): Promise<Layout> {
  const sink = await open();
  const columns: StoredColumn[] = [];
  return {
    async write(cells, options) {
      checkDistinctKeys([...columns, ...cells].map(({ model }) => model));
      for (const { kind, model, index, array } of cells) {
        const other = columns.find((column) => column.indices[0] !== index);
        if (other) {
          throw new TypeError(
            `Cannot write place ${index}: the file is of place ${other.indices[0]}`,
          );
        }
        const key = singleKey(kind, model);
        const { dtype, shape } = array;
        await sink.add(key, { dtype, shape, chunks: [bytesOf(array)] }, options);
        columns.push({
          kind,
          model,
          dtype,
          stacked: false,
          keys: [key],
          indices: [index],
          shape: null,
        });
      }
    },
    async commit(options) {
      return { ...await sink.commit(options), columns };
    },
    [Symbol.asyncDispose]: async () => await sink[Symbol.asyncDispose](),
  };
}

/** Rows of a column in the order of places, and how it is stored. */
function arrange(
  column: SpoolColumn,
  placeCount: number,
): { rows: readonly number[]; stored: StoredColumn } {
  const { kind, model, dtype, indices, shapes } = column;
  const rows = indices.map((_, row) => row).sort((a, b) => indices[a]! - indices[b]!);
  const [shape] = shapes;
  const stored = combinedColumn({
    kind,
    model,
    dtype,
    indices: rows.map((row) => indices[row]!),
    // equal shapes are the same object
    shape: shape && shapes.every((other) => other === shape) ? shape : null,
  }, placeCount);
  return { rows, stored };
}

/** Moves a column from the spool into the file. */
async function pack(
  { spool, column, sink, placeCount }: {
    readonly spool: Spool;
    readonly column: SpoolColumn;
    readonly sink: ArraySink;
    readonly placeCount: number;
  },
  options: RunOptions,
): Promise<StoredColumn> {
  const { rows, stored } = arrange(column, placeCount);
  const { dtype } = column;
  if (stored.shape) {
    const chunks = spool.read(column, rows);
    await sink.add(stored.keys[0]!, { dtype, shape: stored.shape, chunks }, options);
  } else {
    for (const [i, row] of rows.entries()) {
      const shape = column.shapes[row]!;
      await sink.add(
        stored.keys[i]!,
        { dtype, shape, chunks: spool.read(column, [row]) },
        options,
      );
    }
  }
  await spool.drop(column);
  return stored;
}

/** Many places: values wait in a spool until it is known whether they stack. */
async function combinedLayout(
  open: () => Promise<ArraySink>,
  { path, options: created }: { readonly path: string; readonly options: CreateOptions },
): Promise<Layout> {
  const spool = await createSpool(path, created.disk ?? systemDisk);
  return {
    async write(cells, options) {
      checkDistinctKeys([...spool.columns, ...cells].map(({ model }) => model));
      await spool.append(cells, options);
    },
    async commit(options) {
      const highest = spool.columns.reduce(
        (most, { indices }) => indices.reduce((m, index) => Math.max(m, index), most),
        -1,
      );
      const placeCount = options.placeCount ?? created.placeCount ?? highest + 1;
      if (highest >= placeCount) {
        throw new RangeError(`Cannot write place ${highest}: there are ${placeCount} places`);
      }
      // an order of its own, so that the bytes do not depend on the order of writing
      const sortKey = ({ kind, model }: SpoolColumn) =>
        `${arrayKey(model)} ${kind === "input" ? 0 : 1}`;
      const columns = [...spool.columns].sort((a, b) => sortKey(a) < sortKey(b) ? -1 : 1);
      const sink = await open();
      try {
        const stored: StoredColumn[] = [];
        for (const column of columns) {
          stored.push(await pack({ spool, column, sink, placeCount }, options));
        }
        return { ...await sink.commit(options), columns: stored };
      } finally {
        await sink[Symbol.asyncDispose]();
        await spool[Symbol.asyncDispose]();
      }
    },
    [Symbol.asyncDispose]: async () => await spool[Symbol.asyncDispose](),
  };
}

/**
 * A writer of the arrays of an export.
 *
 * @param path Where the file will stand
 * @param open Starts the file
 * @throws {RsembedError} `exists` and `unavailable`, as {@linkcode Format.create}
 */
export async function arrayWriter(
  path: string,
  open: () => Promise<ArraySink>,
  options: CreateOptions,
): Promise<Writer> {
  await checkTarget(path, options);
  const layout = options.layout === "combined"
    ? await combinedLayout(open, { path, options })
    : await perItemLayout(open);
  const placeCount = options.layout === "combined" ? options.placeCount : null;
  let state: "open" | "failed" | "committed" | "disposed" = "open";
  let last: Promise<unknown> = Promise.resolve();

  /** Runs calls one after another, however they come; the first that fails is the last. */
  const inTurn = <T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    const turn = last.then(async () => {
      if (state !== "open") {
        const why = state === "failed" ? "an earlier call failed" : `it is ${state}`;
        throw new TypeError(`Cannot write "${path}": ${why}`);
      }
      signal?.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        state = "failed";
        throw error;
      }
    });
    last = turn.catch(() => {});
    return turn;
  };

  return {
    write(cells, options = {}) {
      return inTurn(async () => {
        for (const cell of cells) checkCell(cell, placeCount);
        await layout.write(cells, options);
      }, options.signal);
    },
    commit(options = {}) {
      return inTurn(async (): Promise<WrittenFile> => {
        const { sizeBytes, columns } = await layout.commit(options);
        state = "committed";
        return { path, sizeBytes, columns, keys: columns.flatMap(({ keys }) => keys).sort() };
      }, options.signal);
    },
    async [Symbol.asyncDispose]() {
      await last;
      if (state !== "committed") state = "disposed";
      await layout[Symbol.asyncDispose]();
    },
  };
}
