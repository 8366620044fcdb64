/**
 * The blocks of an image, and where they come from.
 *
 * @module
 */

import { RsembedError, type RunOptions } from "@rsembed/core";
import { decodeBlock, sampleBytes, type Samples } from "./blocks.ts";
import type { ByteFile } from "./byte_file.ts";
import type { TiffDirectory } from "./directory.ts";
import type { TiffLayout } from "./layout.ts";

/** A strip or tile. */
export interface Block {
  /** Its position in the table. */
  readonly index: number;
  /** The band whose plane it is of, where bands lie apart; else 0. */
  readonly plane: number;
  /** First column, px. */
  readonly left: number;
  /** First row, px. */
  readonly top: number;
  /** Rows that it holds. */
  readonly rows: number;
}

/** A block and what it holds. */
export interface ReadBlock {
  readonly block: Block;
  /** `null` for a block that was never written. */
  readonly samples: Samples | null;
}

/** Gives blocks, in any order. */
export interface BlockSource {
  read(blocks: readonly Block[], options?: RunOptions): AsyncIterable<ReadBlock>;
}

/** Where the blocks of an image lie in its file. */
export interface BlockTable {
  readonly offsets: ArrayLike<number>;
  readonly lengths: ArrayLike<number>;
}

/**
 * Reads where the blocks lie.
 *
 * @throws {RsembedError} `corrupt` if fewer are listed than the image needs
 */
export async function readBlockTable(
  { path }: { readonly path: string },
  { directory, layout }: { directory: TiffDirectory; layout: TiffLayout },
): Promise<BlockTable> {
  const { width, height, blockWidth, blockHeight } = layout;
  const offsets = await directory.numbers(layout.tiled ? "tileOffsets" : "stripOffsets");
  const lengths = await directory.numbers(layout.tiled ? "tileByteCounts" : "stripByteCounts");
  const needed = Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight) *
    (layout.together ? 1 : layout.count);
  if (offsets.length < needed || lengths.length < needed) {
    throw new RsembedError(
      "corrupt",
      `Cannot read "${path}" as TIFF: it lists ${
        Math.min(offsets.length, lengths.length)
      } blocks, ${needed} are needed`,
      { facts: { source: path } },
    );
  }
  return { offsets, lengths };
}

/** Where a block lies in its file, `null` if it was never written. */
export interface BlockRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Where a block lies.
 *
 * @throws {RsembedError} `corrupt` if it has more bytes than its pixels can need
 */
export function rangeOf(
  { index, rows }: Block,
  { layout, table }: { readonly layout: TiffLayout; readonly table: BlockTable },
): BlockRange | null {
  const offset = table.offsets[index]!, length = table.lengths[index]!;
  if (length === 0) return null;
  if (!(length <= 2 * maxBlockLength(layout))) {
    throw new RsembedError(
      "corrupt",
      `Cannot read "${layout.path}" as TIFF: a block of ${layout.blockWidth} x ${rows} px has ${length} bytes`,
      { facts: { source: layout.path, offset } },
    );
  }
  return { offset, length };
}

/** Bytes of a full block; codecs make noise a little longer, never twice. */
function maxBlockLength({ blockWidth, blockHeight, block }: TiffLayout): number {
  return Math.max(
    blockWidth * blockHeight * block.samplesPerPixel * sampleBytes(block.type),
    2 ** 12,
  );
}

/** Blocks read from a file one by one: decoded blocks of a large window would not fit together. */
export function fileBlocks(
  file: ByteFile,
  image: { readonly layout: TiffLayout; readonly table: BlockTable },
): BlockSource {
  return {
    async *read(blocks, { signal } = {}) {
      for (const block of blocks) {
        signal?.throwIfAborted();
        const range = rangeOf(block, image);
        const samples = range && await decodeBlock(
          await file.read(range.offset, range.length),
          image.layout.block,
          block.rows,
        );
        yield { block, samples };
      }
    },
  };
}
