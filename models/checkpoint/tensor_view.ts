/**
 * Where the values of a tensor lie in its storage, and how they are read in C order.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { allocate, RsembedError, type RunOptions, sizeOf } from "@rsembed/core";
import { elementBytes, type ElementType, toFloat32 } from "./element_type.ts";
import { corrupt, overLimit } from "./refusal.ts";

/** A run of bytes that holds the elements of one or more tensors. */
export interface Storage {
  readonly byteLength: number;
  /** Checksum of all its bytes, `null` where the format has none. */
  readonly crc32: number | null;
  read(into: Uint8Array<ArrayBuffer>, position: number, options: RunOptions): Promise<void>;
}

/** A tensor in a storage. Offset and strides count elements. */
export interface TensorView {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
  storage(options: RunOptions): Promise<Storage>;
}

/** Elements that are read at once: what bounds memory beside the result. */
const blockElements = 1 << 22;
/** A repeated (stride 0) tensor may be this large even if its storage is smaller, elements. */
const freeElements = 1 << 24;

/** Whether a value can be a side, an offset or a size. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Strides of a C-ordered array, elements. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Distance from the first element to just past the last, in elements; 0 for an empty tensor. */
export function spanOf(shape: readonly number[], stride: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, side, axis) => span + (side - 1) * stride[axis]!, 1);
}

/**
 * Reads a tensor.
 *
 * @throws {RsembedError} `corrupt` if bytes are missing or their checksum is wrong, `limit` if the tensor
 * is larger than its storage allows or than memory
 */
export async function readView(
  view: TensorView,
  source: string,
  options: RunOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const { name, type, shape, stride, offset } = view;
  const bytesEach = elementBytes(type);
  const count = sizeOf(shape);
  const most = Math.max(freeElements, Math.floor(view.byteLength / bytesEach));
  if (count > most) {
    throw overLimit(source, `elements in tensor ${name}`, { max: most, actual: count });
  }
  const out = allocateResult(count, { name, source });
  if (count === 0) return out;
  const storage = await view.storage(options);
  const checkSum = (sum: number) => {
    if (storage.crc32 !== null && storage.crc32 !== sum) {
      throw corrupt(source, `the checksum of tensor ${name} is wrong`);
    }
  };

  const dense = denseStrides(shape);
  if (shape.every((side, axis) => side === 1 || stride[axis] === dense[axis])) {
    const checked = storage.crc32 !== null && count * bytesEach === storage.byteLength;
    let sum = 0;
    for (let done = 0; done < count; done += blockElements) {
      const into = out.subarray(done, Math.min(count, done + blockElements));
      const bytes = await readRun(into, { storage, type, first: offset + done, options });
      if (checked) sum = crc32(bytes, sum);
    }
    if (checked) checkSum(sum);
    return out;
  }

  const readBlock = async (starts: readonly number[], sides: readonly number[]): Promise<void> => {
    const span = spanOf(sides, stride);
    if (span > blockElements) {
      const reach = sides.map((side, axis) => (side - 1) * stride[axis]!);
      const axis = reach.indexOf(Math.max(...reach));
      const half = sides[axis]! >> 1;
      await readBlock(starts, sides.with(axis, half));
      await readBlock(
        starts.with(axis, starts[axis]! + half),
        sides.with(axis, sides[axis]! - half),
      );
      return;
    }
    const first = starts.reduce((sum, start, axis) => sum + start * stride[axis]!, offset);
    const values = new Float32Array(span);
    const bytes = await readRun(values, { storage, type, first, options });
    if (bytes.length === storage.byteLength) checkSum(crc32(bytes));
    const at = starts.reduce((sum, start, axis) => sum + start * dense[axis]!, 0);
    spread(values, { stride, sides, out, outStride: dense, at });
  };
  await readBlock(shape.map(() => 0), shape);
  return out;
}

function allocateResult(
  count: number,
  { name, source }: { name: string; source: string },
): Float32Array<ArrayBuffer> {
  try {
    return allocate("float32", count);
  } catch (cause) {
    throw new RsembedError(
      "limit",
      `Cannot read checkpoint "${source}": tensor ${name} of ${count} elements does not fit in memory`,
      { facts: { limit: `elements in tensor ${name}`, max: count - 1, actual: count }, cause },
    );
  }
}

/** Reads adjacent elements as float32, and gives their bytes as stored. */
async function readRun(
  into: Float32Array<ArrayBuffer>,
  { storage, type, first, options }: {
    storage: Storage;
    type: ElementType;
    first: number;
    options: RunOptions;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytesEach = elementBytes(type);
  const bytes = type === "float32"
    ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    : new Uint8Array(into.length * bytesEach);
  await storage.read(bytes, first * bytesEach, options);
  if (type !== "float32") toFloat32(type, bytes.buffer, into);
  return bytes;
}

function spread(
  values: Float32Array<ArrayBuffer>,
  { stride, sides, out, outStride, at }: {
    stride: readonly number[];
    sides: readonly number[];
    out: Float32Array<ArrayBuffer>;
    outStride: readonly number[];
    at: number;
  },
): void {
  const index = sides.map(() => 0);
  let from = 0;
  let to = at;
  for (;;) {
    out[to] = values[from]!;
    let axis = sides.length - 1;
    for (; axis >= 0; axis--) {
      from += stride[axis]!;
      to += outStride[axis]!;
      if (++index[axis]! < sides[axis]!) break;
      from -= sides[axis]! * stride[axis]!;
      to -= sides[axis]! * outStride[axis]!;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
