/**
 * Long lists inside of a JSON file: kept on disk while they grow, so that memory does not grow with them.
 *
 * @module
 */

import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { RunOptions } from "@rsembed/core";
import { createAtomic, onDisk } from "@rsembed/writers";
import { fileBlocks } from "./file_blocks.ts";

/** Lists that grow beside the JSON file they will be part of. Disposing removes them. */
export interface JsonLists extends AsyncDisposable {
  /** Appends values to the list of a name, which is made at its first use. */
  append(name: string, values: readonly unknown[]): Promise<void>;
  /** What stands for a list inside of the value that {@linkcode JsonLists.write} is given. */
  list(name: string): string;
  /** Writes a JSON value with the lists in their places, complete or not at all. */
  write(value: unknown, options: RunOptions): Promise<void>;
}

interface OpenList {
  readonly path: string;
  readonly handle: FileHandle;
  isEmpty: boolean;
}

/** Opens lists for the JSON file at `path`. */
export async function openJsonLists(path: string): Promise<JsonLists> {
  const mark = `list ${randomUUID()} `;
  const lists = new Map<string, OpenList>();
  const folder = await onDisk(
    path,
    () => mkdtemp(join(dirname(path), `.${basename(path).slice(0, 50)}.tmp-`)),
  );

  const openList = async (name: string): Promise<OpenList> => {
    const known = lists.get(name);
    if (known) return known;
    const file = join(folder, `${lists.size}.jsonl`);
    const opened = { path: file, handle: await open(file, "wx"), isEmpty: true };
    lists.set(name, opened);
    return opened;
  };

  return {
    list: (name) => mark + name,
    append: (name, values) =>
      onDisk(path, async () => {
        if (values.length === 0) return;
        const list = await openList(name);
        const text = values.map((value) => JSON.stringify(value)).join(",\n");
        await list.handle.write(list.isEmpty ? text : `,\n${text}`);
        list.isEmpty = false;
      }),
    async write(value, { signal }) {
      const pieces = JSON.stringify(value, null, 2).split(new RegExp(`"${mark}([^"]*)"`));
      const file = await createAtomic(path);
      let end = 0;
      const put = async (bytes: Uint8Array) => {
        signal?.throwIfAborted();
        await file.write(bytes, end);
        end += bytes.length;
      };
      const encoder = new TextEncoder();
      try {
        for (const [i, piece] of pieces.entries()) {
          // every second piece is the name of a list
          if (i % 2 === 0) {
            await put(encoder.encode(piece));
            continue;
          }
          const list = lists.get(piece);
          await put(encoder.encode("[\n"));
          if (list) {
            for await (const block of fileBlocks(list.path, { signal })) await put(block);
          }
          await put(encoder.encode("\n]"));
        }
        await put(encoder.encode("\n"));
        await file.commit();
      } finally {
        await file[Symbol.asyncDispose]();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { handle } of lists.values()) await handle.close().catch(() => {});
      lists.clear();
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    },
  };
}
