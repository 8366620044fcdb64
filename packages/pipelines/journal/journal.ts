/**
 * What an export has done so far, on disk: a run that is killed at any moment goes on where it was.
 *
 * A journal is a folder: a file of bare bytes for each column of values, and a file of lines, of which each says what
 * became of one place and where its values lie. A line is written when its values are; from time to time both are
 * synced, and a line says so. After a kill all lines are good; after a loss of power those behind the last such line
 * are checked against the sums of their values.
 *
 * @module
 */

import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunOptions } from "@rsembed/core";
import { type Cell, crc32, onDisk } from "@rsembed/writers";
import { type ColumnFile, type ColumnInfo, extentBytes, openColumn } from "./column.ts";
import { Growing } from "./growing.ts";
import {
  isSound,
  type JournalLine,
  type PlaceRecord,
  type StoredCell,
  type StoredModel,
  type StoredPlace,
} from "./journal_line.ts";
import { type Line, openLines } from "./lines.ts";
import { becomeOwner } from "./owner.ts";

/** One column of a journal. */
export interface JournalColumn {
  readonly info: ColumnInfo;
  /** First byte of the value of a place; -1 where it has none. */
  offsetOf(index: number): number;
  /** The shape of the value of a place. */
  shapeOf(index: number): readonly number[];
  /** Fills `into` from a position. */
  read(into: Uint8Array, position: number): Promise<void>;
}

/** An open journal. Disposing keeps it; {@linkcode Journal.remove} does not. */
export interface Journal extends AsyncDisposable {
  /** When the run began, or that which this one goes on with. */
  readonly startedAt: Date;
  /** In the order they first came. */
  readonly columns: readonly JournalColumn[];
  /** By model, whether a place succeeded; `null` where it is new, or was another one. */
  find(index: number, identity: string): readonly boolean[] | null;
  /** Records places, with their values. */
  append(places: readonly PlaceRecord[], options?: RunOptions): Promise<void>;
  /** What is recorded of all places before `end`, or of those at some indices. */
  places(which: number | readonly number[]): AsyncIterable<StoredPlace>;
  /** Ends it and removes it from the disk. */
  remove(): Promise<void>;
}

/** Options of {@linkcode openJournal}. */
export interface JournalOptions {
  /** Identity of the request; a journal of another one is not gone on with. */
  readonly fingerprint: string;
  /** Number of models of the run. */
  readonly modelCount: number;
  /** Go on with what is there. */
  readonly resume: boolean;
  /** Time from one sync to the next, milliseconds. @default 1000 */
  readonly syncEveryMs?: number;
}

const version = 1;
const linesName = "places.jsonl";
const ownerName = "owner.json";

/** A column in memory. */
interface OpenColumn extends JournalColumn {
  readonly offsets: Growing;
  readonly shapeIds: Growing;
  readonly info: ColumnInfo;
  endBytes: number;
  file: ColumnFile | null;
}

function columnFileName(id: number): string {
  return `${id}.bin`;
}

/** A hexadecimal identity as the number that its first 52 bits are: places are many, and told apart one by one. */
function numberOf(identity: string): number {
  return parseInt(identity.slice(0, 13), 16);
}

/** The index of a journal: where everything lies. */
class Index {
  readonly columns: OpenColumn[] = [];
  readonly #folder: string;
  readonly #shapes: (readonly number[])[] = [];
  readonly #shapeIds: Map<string, number> = new Map();
  readonly #starts: Growing = new Growing(Float64Array);
  readonly #lengths: Growing = new Growing(Uint32Array);
  readonly #identities: Growing = new Growing(Float64Array);
  readonly #markIds: Growing = new Growing(Uint32Array);
  readonly #marks: (readonly boolean[])[] = [];
  /** One more than the last place that is known. */
  #end = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  addColumn(info: ColumnInfo): OpenColumn {
    const [offsets, shapeIds] = [new Growing(Float64Array), new Growing(Uint32Array)];
    const column: OpenColumn = {
      info,
      offsets,
      shapeIds,
      endBytes: 0,
      file: null,
      offsetOf: (index) => offsets.get(index),
      shapeOf: (index) => this.#shapes[shapeIds.get(index)]!,
      read: async (into, position) => (await this.file(column)).read(into, position),
    };
    this.columns.push(column);
    return column;
  }

  /** The open file of a column. */
  async file(column: OpenColumn): Promise<ColumnFile> {
    const path = join(this.#folder, columnFileName(this.columns.indexOf(column)));
    return column.file ??= await openColumn(path, column.info);
  }

  columnOf({ kind, model, array: { dtype, axes } }: Cell): OpenColumn | undefined {
    return this.columns.find(({ info }) =>
      info.kind === kind && info.model === model && info.dtype === dtype &&
      info.axes.length === axes.length
    );
  }

  #shapeId(shape: readonly number[]): number {
    const key = String(shape);
    let id = this.#shapeIds.get(key);
    if (id === undefined) {
      id = this.#shapes.push(shape) - 1;
      this.#shapeIds.set(key, id);
    }
    return id;
  }

  /** Takes what a line says of a place in place of what was known of it. */
  apply(place: StoredPlace, { start, length }: { start: number; length: number }): void {
    const { index, identity, models } = place;
    this.#starts.set(index, start);
    this.#lengths.set(index, length);
    const ok = models.map(({ error }) => error === null);
    const same = this.#marks.findIndex((mark) => mark.every((one, i) => one === ok[i]));
    this.#markIds.set(index, same >= 0 ? same : this.#marks.push(ok) - 1);
    this.#identities.set(index, numberOf(identity));
    this.#end = Math.max(this.#end, index + 1);
    for (const { offsets } of this.columns) offsets.set(index, -1);
    for (const { column: id, offset, shape } of models.flatMap(({ cells }) => cells)) {
      const column = this.columns[id]!;
      column.offsets.set(index, offset);
      column.shapeIds.set(index, this.#shapeId(shape));
      column.endBytes = Math.max(column.endBytes, offset + extentBytes(column.info, shape));
    }
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  find(index: number, identity: string): readonly boolean[] | null {
    const isSame = this.#identities.get(index) === numberOf(identity);
    return isSame ? this.#marks[this.#markIds.get(index)] ?? null : null;
  }

  span(index: number): { start: number; length: number } {
    return { start: this.#starts.get(index), length: this.#lengths.get(index) };
  }

  *spans(which: number | readonly number[]): Generator<{ start: number; length: number }> {
    if (typeof which !== "number") {
      for (const index of which) yield this.span(index);
      return;
    }
    for (let index = 0; index < Math.min(which, this.#end); index++) {
      if (this.#markIds.get(index) >= 0) yield this.span(index);
    }
  }
}

/** Whether the values of a line are on the disk as they were written. */
async function isIntact(index: Index, place: StoredPlace): Promise<boolean> {
  for (const { column: id, offset, shape, crc } of place.models.flatMap(({ cells }) => cells)) {
    const column = index.columns[id];
    if (!column) return false;
    const bytes = new Uint8Array(extentBytes(column.info, shape));
    try {
      await (await index.file(column)).read(bytes, offset);
    } catch {
      return false; // the file is shorter
    }
    if (crc32(bytes) !== crc) return false;
  }
  return true;
}

async function readHeader(path: string): Promise<JournalLine | null> {
  let header: JournalLine | null = null;
  const lines = await openLines(path, {
    onLine({ value }) {
      header ??= value as JournalLine;
      return true;
    },
    keep: (end) => Promise.resolve(end),
  });
  await lines.close();
  return header;
}

/**
 * Opens the journal in a folder, which is made where it is missing. One of another request, or one that is not to be
 * gone on with, is emptied.
 *
 * @throws {RsembedError} `exists` if another process writes there, `unavailable` if the folder cannot be written to
 */
export async function openJournal(folder: string, options: JournalOptions): Promise<Journal> {
  const { fingerprint, modelCount, resume, syncEveryMs = 1000 } = options;
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  const leave = await becomeOwner(join(folder, ownerName));
  const path = join(folder, linesName);
  const empty = async () => {
    for (const name of await readdir(folder)) {
      if (name !== ownerName) await rm(join(folder, name), { force: true });
    }
  };
  try {
    return await open();
  } catch (error) {
    await leave();
    throw error;
  }

  async function open(): Promise<Journal> {
    const wanted: JournalLine = { version, fingerprint, modelCount };
    const found = resume ? await readHeader(path) : null;
    if (JSON.stringify(found) !== JSON.stringify(wanted)) await onDisk(folder, empty);
    const index = new Index(folder);
    let unsure: { readonly line: Line; readonly place: StoredPlace }[] = [];
    let startedAt: Date | null = null;
    const lines = await openLines(path, {
      onLine(line) {
        const value = line.value as JournalLine;
        try {
          if (!isSound(value, { columnCount: index.columns.length, modelCount })) return false;
        } catch {
          return false; // something in it is not of the kind that it should be
        }
        if ("startedAt" in value) startedAt = new Date(value.startedAt);
        else if ("version" in value) return true;
        else if ("column" in value) index.addColumn(value.column);
        else if ("place" in value) unsure.push({ line, place: value.place });
        else {
          for (const { line, place } of unsure) index.apply(place, line);
          unsure = [];
        }
        return true;
      },
      async keep(end) {
        for (const { line, place } of unsure) {
          if (!await isIntact(index, place)) return line.start;
          index.apply(place, line);
        }
        return end;
      },
    });
    if (startedAt === null) {
      startedAt = new Date();
      await lines.append([wanted, { startedAt: startedAt.toISOString() }]);
    }
    return journalOf({ folder, index, lines, leave, syncEveryMs, startedAt });
  }
}

function journalOf({ folder, index, lines, leave, syncEveryMs, startedAt }: {
  readonly folder: string;
  readonly index: Index;
  readonly lines: Awaited<ReturnType<typeof openLines>>;
  readonly leave: () => Promise<void>;
  readonly syncEveryMs: number;
  readonly startedAt: Date;
}): Journal {
  let isOpen = true;
  let isDirty = false;
  let syncedAt = Date.now();

  const sync = async () => {
    if (!isDirty) return;
    for (const { file } of index.columns) await file?.sync();
    await lines.append([{ synced: true } satisfies JournalLine]);
    await lines.sync();
    isDirty = false;
    syncedAt = Date.now();
  };

  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    for (const { file } of index.columns) await file?.close();
    await lines.close();
  };

  /** Writes the values of places; where each lies. */
  const store = async (places: readonly PlaceRecord[]): Promise<Map<Cell, StoredCell>> => {
    const byColumn = new Map<OpenColumn, Cell[]>();
    for (const cell of places.flatMap(({ models }) => models.flatMap((m) => m?.cells ?? []))) {
      const { kind, model, array: { dtype, axes } } = cell;
      let column = index.columnOf(cell);
      if (!column) {
        const info: ColumnInfo = { kind, model, dtype, axes };
        await lines.append([{ column: info } satisfies JournalLine]);
        column = index.addColumn(info);
      }
      const cells = byColumn.get(column);
      if (cells) cells.push(cell);
      else byColumn.set(column, [cell]);
    }
    const stored = new Map<Cell, StoredCell>();
    for (const [column, cells] of byColumn) {
      const file = await index.file(column);
      const extents = await file.write(cells.map(({ array }) => array), column.endBytes);
      for (const [i, cell] of cells.entries()) {
        const { index: _, name: __, ...place } = cell.place;
        stored.set(cell, { ...extents[i]!, column: index.columns.indexOf(column), place });
      }
    }
    return stored;
  };

  const keptModels = async (at: number): Promise<readonly StoredModel[]> => {
    for await (const line of lines.read([index.span(at)])) {
      return (line as { place: StoredPlace }).place.models;
    }
    return [];
  };

  return {
    startedAt,
    columns: index.columns,
    find: (at, identity) => index.find(at, identity),
    async append(places, { signal } = {}) {
      signal?.throwIfAborted();
      const stored = await store(places);
      const records: StoredPlace[] = [];
      for (const { models, ...place } of places) {
        const kept = models.includes(null) ? await keptModels(place.index) : [];
        records.push({
          ...place,
          models: models.map((model, position) =>
            model === null
              ? kept[position]!
              : { ...model, cells: model.cells.map((cell) => stored.get(cell)!) }
          ),
        });
      }
      isDirty = true;
      const spans = await lines.append(
        records.map((place) => ({ place }) satisfies JournalLine),
      );
      for (const [i, place] of records.entries()) index.apply(place, spans[i]!);
      if (Date.now() - syncedAt >= syncEveryMs) await sync();
    },
    async *places(which) {
      for await (const line of lines.read(index.spans(which))) {
        yield (line as { place: StoredPlace }).place;
      }
    },
    async remove() {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      // a disk that fails to sync or close must not hide the error that led here
      await sync().catch(() => {});
      await close().catch(() => {});
      // there is nothing to go on with
      if (index.isEmpty) await rm(folder, { recursive: true, force: true }).catch(() => {});
      else await leave();
    },
  };
}
