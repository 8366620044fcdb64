/**
 * Blocks of a remote TIFF: only those that are wanted, neighbours in one request, each fetched once.
 *
 * @module
 */

import { isRsembedError, mapPool } from "@rsembed/core";
import type { RangeClient } from "../http/range_client.ts";
import type { KeptWork } from "../http/kept_work.ts";
import { type SharedWork, shareWork } from "../http/shared_work.ts";
import {
  type Block,
  type BlockRange,
  type BlockSource,
  type BlockTable,
  rangeOf,
} from "./block_table.ts";
import { decodeBlock, type Samples } from "./blocks.ts";
import type { TiffLayout } from "./layout.ts";

/** Bytes between two blocks that are fetched along rather than asked around. */
const maxGapBytes = 2 ** 15;
/** Longest request for several blocks, bytes. */
const maxRunBytes = 2 ** 22;
/** Blocks of one window that are waited for at once. */
const blocksAtOnce = 16;

/** An image of a remote file. */
export interface RemoteImage {
  /** Address without a signature: names the file in the cache. */
  readonly href: string;
  /** Number of the image in the file. */
  readonly image: number;
  readonly layout: TiffLayout;
  readonly table: BlockTable;
}

/** Where remote blocks come from. */
export interface RemoteSource {
  readonly client: RangeClient;
  readonly cache: KeptWork<Samples>;
}

interface Placed {
  readonly block: Block;
  readonly key: string;
  readonly range: BlockRange;
}

/** Reads blocks of a remote image through a cache. */
export function remoteBlocks({ client, cache }: RemoteSource, image: RemoteImage): BlockSource {
  const { href, layout } = image;

  const decoded = async (placed: Placed, bytes: Uint8Array<ArrayBuffer>): Promise<Samples> =>
    await decodeBlock(bytes, layout.block, placed.block.rows);

  /** Starts one request for neighbours; each block takes its part of the answer. */
  function startRun(run: readonly Placed[]): void {
    const start = run[0]!.range.offset;
    const last = run.at(-1)!.range;
    const length = last.offset + last.length - start;
    let answer: SharedWork<Uint8Array<ArrayBuffer>> | null = null;
    for (const placed of run) {
      cache.get(placed.key, async (signal) => {
        answer ??= shareWork(async (signal) => {
          const { bytes } = await client.read(href, { offset: start, length }, { signal });
          return bytes;
        });
        const bytes = await answer.join(signal);
        const from = placed.range.offset - start;
        try {
          // copied: codecs want a buffer of their own, and the run may be long
          return await decoded(placed, bytes.slice(from, from + placed.range.length));
        } catch (error) {
          if (!isRsembedError(error, "corrupt")) throw error;
          // damaged on the way, perhaps
          const again = await client.read(href, placed.range, { signal });
          return await decoded(placed, again.bytes);
        }
      });
    }
  }

  return {
    async *read(blocks, { signal } = {}) {
      signal?.throwIfAborted();
      const placed: Placed[] = [];
      for (const block of blocks) {
        const range = rangeOf(block, image);
        if (range === null) yield { block, samples: null };
        else placed.push({ block, range, key: `${image.image}/${block.index} ${href}` });
      }
      // a window of many blocks is not asked for as a whole: they would all be held at once
      for (let at = 0; at < placed.length; at += blocksAtOnce) {
        const some = placed.slice(at, at + blocksAtOnce);
        for (const run of runsOf(some.filter(({ key }) => !cache.has(key)))) startRun(run);
        const wait = async ({ block, key, range }: Placed) => {
          const work = cache.get(key, async (signal) => {
            const { bytes } = await client.read(href, range, { signal });
            return await decoded({ block, key, range }, bytes);
          });
          return { block, samples: await work.join(signal) };
        };
        yield* mapPool(some, wait, { concurrency: blocksAtOnce, signal });
      }
    },
  };
}

/** Blocks that are fetched together, in the order of the file. */
function runsOf(blocks: readonly Placed[]): Placed[][] {
  const sorted = blocks.toSorted((a, b) => a.range.offset - b.range.offset);
  const runs: Placed[][] = [];
  for (const placed of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1)?.range;
    const { offset, length } = placed.range;
    const joins = run && last && offset - (last.offset + last.length) <= maxGapBytes &&
      offset + length - run[0]!.range.offset <= maxRunBytes;
    if (joins) run.push(placed);
    else runs.push([placed]);
  }
  return runs;
}
