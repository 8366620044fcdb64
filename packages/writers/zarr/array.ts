/**
 * Arrays of Zarr version 3, written a shard at a time.
 *
 * Source: Zarr core specification 3.0; ZEP 2, the codec `sharding_indexed`.
 *
 * @module
 */

import { bytesPerElement, type Dtype, RsembedError, type RunOptions, sizeOf } from "@rsembed/core";
import type { ArraySource } from "../write_arrays.ts";
import { openCodec } from "./codec.ts";
import { crc32c } from "./crc32c.ts";
import type { ZarrStore } from "./store.ts";

/** Attributes: plain JSON. */
export type ZarrAttributes = Readonly<Record<string, unknown>>;

/** An array whose values come in pieces. */
export interface ZarrArray extends ArraySource {
  /** Names of its axes. */
  readonly dimensions: readonly string[];
  readonly attributes?: ZarrAttributes;
}

/** About the size of an inner chunk, and of a shard, bytes. */
const chunkBytes = 2 ** 20;
const shardBytes = 64 * 2 ** 20;

/** What stands for a chunk that is not there, in the index of a shard. */
const missing = 0xffffffffffffffffn;

/** Rows of an inner chunk, and of a shard. */
export function rowsOf(shape: readonly number[], dtype: Dtype): { chunk: number; shard: number } {
  const [rows = 1, ...rest] = shape;
  const rowBytes = Math.max(1, sizeOf(rest) * bytesPerElement[dtype]);
  const chunk = Math.max(1, Math.min(rows, Math.floor(chunkBytes / rowBytes)));
  const most = Math.max(1, Math.floor(shardBytes / (chunk * rowBytes)));
  return { chunk, shard: chunk * Math.min(most, Math.max(1, Math.ceil(rows / chunk))) };
}

/** What reads as a missing value. */
function fillValue(dtype: Dtype): number | string | boolean {
  if (dtype === "bool") return false;
  return dtype.startsWith("float") ? "NaN" : 0;
}

const encoder = new TextEncoder();

/** Writes a value that is there as a whole. */
export async function putJson(store: ZarrStore, key: string, value: unknown): Promise<number> {
  const bytes = encoder.encode(`${JSON.stringify(value, null, 2)}\n`);
  const target = await store.create(key);
  await target.write(bytes);
  await target.close();
  return bytes.length;
}

/** The bytes of a stream, in parts of a length that is asked for. */
class Reader {
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: ArraySource["chunks"]) {
    this.#iterator = Symbol.asyncIterator in chunks
      ? chunks[Symbol.asyncIterator]()
      : chunks[Symbol.iterator]();
  }

  /** Fills `into`; whether there was enough. */
  async fill(into: Uint8Array): Promise<boolean> {
    for (let filled = 0; filled < into.length;) {
      if (this.#rest.length === 0) {
        const next = await this.#iterator.next();
        if (next.done) return false;
        this.#rest = next.value;
        continue;
      }
      const part = this.#rest.subarray(0, into.length - filled);
      into.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return true;
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#iterator.next();
      if (next.done) return true;
      this.#rest = next.value;
    }
    return false;
  }
}

/** The index of a shard: where each inner chunk begins and how long it is, and a sum. */
function shardIndex(
  places: readonly { offset: number; length: number }[],
  count: number,
): Uint8Array {
  const bytes = new Uint8Array(16 * count + 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const place = places[i];
    view.setBigUint64(16 * i, place ? BigInt(place.offset) : missing, true);
    view.setBigUint64(16 * i + 8, place ? BigInt(place.length) : missing, true);
  }
  view.setUint32(16 * count, crc32c(bytes.subarray(0, 16 * count)), true);
  return bytes;
}

/**
 * Adds an array to a store.
 *
 * @returns Its metadata, and the bytes that were written
 * @throws {RangeError} If there are more or fewer bytes than dtype and shape say
 */
export async function putArray(
  store: ZarrStore,
  path: string,
  array: ZarrArray,
  { signal }: RunOptions = {},
): Promise<{ readonly metadata: ZarrAttributes; readonly sizeBytes: number }> {
  const { dtype, shape, dimensions, attributes = {} } = array;
  const [rows = 1, ...rest] = shape;
  const codec = await openCodec();
  const { chunk, shard } = rowsOf(shape, dtype);
  const isScalar = shape.length === 0;
  const little = { name: "bytes", configuration: { endian: "little" } };
  const inner = [
    bytesPerElement[dtype] === 1 ? { name: "bytes" } : little,
    { name: codec.name, configuration: codec.configuration },
  ];
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: dtype,
    chunk_grid: {
      name: "regular",
      configuration: {
        chunk_shape: isScalar ? [] : [shard, ...rest.map((side) => Math.max(1, side))],
      },
    },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: fillValue(dtype),
    codecs: isScalar ? inner : [{
      name: "sharding_indexed",
      configuration: {
        chunk_shape: [chunk, ...rest.map((side) => Math.max(1, side))],
        codecs: inner,
        index_codecs: [little, { name: "crc32c" }],
        index_location: "end",
      },
    }],
    dimension_names: dimensions,
    attributes,
  };
  let sizeBytes = await putJson(store, `${path}/zarr.json`, metadata);
  const reader = new Reader(array.chunks);
  const tooFew = (): never => {
    throw new RangeError(`Cannot write array "${path}": it has fewer values than (${shape})`);
  };
  if (isScalar) {
    const bytes = new Uint8Array(bytesPerElement[dtype]);
    if (!await reader.fill(bytes)) tooFew();
    const target = await store.create(`${path}/c`);
    const encoded = await codec.encode(bytes);
    await target.write(encoded);
    await target.close();
    sizeBytes += encoded.length;
  } else if (sizeOf(shape) > 0) {
    const rowBytes = sizeOf(rest) * bytesPerElement[dtype];
    const zeros = rest.map(() => "0");
    const bytes = new Uint8Array(chunk * rowBytes);
    for (let first = 0, n = 0; first < rows; first += shard, n++) {
      const target = await store.create([path, "c", String(n), ...zeros].join("/"));
      const places: { offset: number; length: number }[] = [];
      let offset = 0;
      for (let row = first; row < Math.min(rows, first + shard); row += chunk) {
        signal?.throwIfAborted();
        const count = Math.min(chunk, rows - row);
        // chunks are whole; what lies beyond the last row is never seen
        bytes.fill(0, count * rowBytes);
        if (!await reader.fill(bytes.subarray(0, count * rowBytes))) tooFew();
        const encoded = await codec.encode(bytes);
        await target.write(encoded);
        places.push({ offset, length: encoded.length });
        offset += encoded.length;
      }
      const index = shardIndex(places, shard / chunk);
      await target.write(index);
      await target.close();
      sizeBytes += offset + index.length;
    }
  }
  if (!await reader.isAtEnd()) {
    throw new RangeError(`Cannot write array "${path}": it has more values than (${shape})`);
  }
  return { metadata, sizeBytes };
}

/** Refuses what Zarr has no core type for. */
export function checkType(dtype: Dtype): void {
  if (dtype in bytesPerElement) return;
  throw new RsembedError("unsupported", `Cannot write ${dtype} as Zarr: it has no such type`, {
    facts: { feature: dtype },
  });
}
