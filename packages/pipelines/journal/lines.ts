/**
 * A file of JSON, one value a line, that grows and may lose its end.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { reusedBytes } from "@rsembed/core";
import { onDisk } from "@rsembed/writers";

/** Where a line lies in the file, bytes. */
export interface LineSpan {
  readonly start: number;
  /** Without the line's end. */
  readonly length: number;
}

/** A line of the file. */
export interface Line extends LineSpan {
  readonly value: unknown;
}

/** A file of JSON lines. */
export interface Lines {
  /** Appends values; each is there complete, or is left out when the file is read again. */
  append(values: readonly unknown[]): Promise<LineSpan[]>;
  /** Reads lines, in the order given; neighbours are read together. */
  read(spans: Iterable<LineSpan>): AsyncIterable<unknown>;
  /** Waits until all is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const newline = 10;
const blockBytes = 2 ** 18;
/** No line of ours comes near; a file without line ends must not fill the memory. */
const maxLineBytes = 2 ** 28;

/** The complete lines of a file that are JSON, up to the first that is not. */
async function* readLines(file: FileHandle): AsyncGenerator<Line> {
  let pending = Buffer.alloc(0);
  let start = 0;
  let position = 0;
  while (true) {
    const block = Buffer.alloc(blockBytes);
    const { bytesRead } = await file.read(block, 0, blockBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    pending = Buffer.concat([pending, block.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = pending.indexOf(newline); end >= 0; end = pending.indexOf(newline, from)) {
      const length = end - from;
      let value: unknown;
      try {
        value = JSON.parse(pending.toString("utf8", from, end));
      } catch {
        return;
      }
      yield { start, length, value };
      start += length + 1;
      from = end + 1;
    }
    pending = pending.subarray(from);
    if (pending.length > maxLineBytes) return;
  }
}

/** Spans that lie one after another, as long as they fit in a block. */
function* neighbours(spans: Iterable<LineSpan>): Generator<LineSpan[]> {
  let group: LineSpan[] = [];
  let bytes = 0;
  for (const span of spans) {
    const last = group.at(-1);
    const follows = last !== undefined && span.start === last.start + last.length + 1;
    if (last !== undefined && (!follows || bytes + span.length > blockBytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(span);
    bytes += span.length + 1;
  }
  if (group.length > 0) yield group;
}

/** What {@linkcode openLines} asks while it reads what is there. */
export interface LineReader {
  /** Whether the line is good; the first that is not ends the file. */
  onLine(line: Line): boolean;
  /** Where the file is to end, given where its good lines end. */
  keep(end: number): Promise<number>;
}

/** Opens a file of lines, new or not. What is not to be kept is cut off. */
export async function openLines(path: string, reader: LineReader): Promise<Lines> {
  const file = await onDisk(path, () => open(path, "a+"));
  let end = 0;
  try {
    for await (const line of readLines(file)) {
      if (!reader.onLine(line)) break;
      end = line.start + line.length + 1;
    }
    end = await reader.keep(end);
    await onDisk(path, () => file.truncate(end));
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    append: (values) =>
      onDisk(path, async () => {
        const spans: LineSpan[] = [];
        const blocks: Buffer[] = [];
        let start = end;
        for (const value of values) {
          const block = Buffer.from(`${JSON.stringify(value)}\n`);
          spans.push({ start, length: block.length - 1 });
          start += block.length;
          blocks.push(block);
        }
        const bytes = Buffer.concat(blocks);
        for (let done = 0; done < bytes.length;) {
          done += (await file.write(bytes, done)).bytesWritten;
        }
        end = start;
        return spans;
      }),
    async *read(spans) {
      const room = reusedBytes();
      for (const group of neighbours(spans)) {
        const { start } = group[0]!;
        const last = group.at(-1)!;
        const { buffer, length } = room(last.start + last.length - start);
        const bytes = Buffer.from(buffer, 0, length);
        await onDisk(path, async () => {
          for (let done = 0; done < bytes.length;) {
            const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
            if (bytesRead === 0) throw new RangeError(`Cannot read past the end of "${path}"`);
            done += bytesRead;
          }
        });
        for (const span of group) {
          const from = span.start - start;
          yield JSON.parse(bytes.toString("utf8", from, from + span.length));
        }
      }
    },
    sync: () => onDisk(path, () => file.sync()),
    close: () => file.close(),
  };
}
