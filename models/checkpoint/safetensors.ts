/**
 * The safetensors format: a JSON header, then the values of all tensors without gaps.
 *
 * Source: https://github.com/huggingface/safetensors, "Format" and the checks of its reference reader; for
 * tied tensors, `save_model` of its torch binding.
 *
 * @module
 */

import { type RunOptions, sizeOf } from "@rsembed/core";
import { type ByteSource, readBytes } from "./byte_source.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { elementBytes, type ElementType } from "./element_type.ts";
import { corrupt, overLimit } from "./refusal.ts";
import { storedCheckpoint } from "./stored_checkpoint.ts";
import { denseStrides, isCount, type TensorView } from "./tensor_view.ts";

const types: ReadonlyMap<unknown, ElementType> = new Map([
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I64", "int64"],
  ["I32", "int32"],
  ["I16", "int16"],
  ["I8", "int8"],
  ["U64", "uint64"],
  ["U32", "uint32"],
  ["U16", "uint16"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
]);

/** The limit of the reference reader. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;
const maxNameLength = 1000;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface HeaderEntry {
  readonly dtype: unknown;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Opens a safetensors file; only its header is read.
 *
 * @throws {RsembedError} `corrupt` if the header is damaged, or tensors overlap, leave gaps or leave the file
 */
export async function openSafetensors(
  source: ByteSource,
  options: RunOptions = {},
): Promise<Checkpoint> {
  const { header, dataStart } = await readHeader(source, options);
  const dataBytes = source.byteLength - dataStart;
  const views = new Map<string, TensorView>();
  const refused = new Map<string, string>();
  const ranges: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (name.length > maxNameLength) {
      throw overLimit(source.name, "characters in a name", {
        max: maxNameLength,
        actual: name.length,
      });
    }
    const entry = headerEntry(value);
    const type = types.get(entry?.dtype);
    const size = entry && type ? sizeOf(entry.shape) * elementBytes(type) : null;
    if (
      !entry || entry.end > dataBytes || entry.begin > entry.end ||
      (size !== null && size !== entry.end - entry.begin)
    ) {
      throw corrupt(source.name, `its header is damaged at tensor ${name}`);
    }
    ranges.push(entry);
    if (type) views.set(name, viewOf(name, entry, { type, source, dataStart }));
    else refused.set(name, `tensor of type ${entry.dtype}`);
  }
  // as the reference reader: no overlap, no gap, nothing after the last
  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const range of ranges) {
    if (range.begin !== end) throw corrupt(source.name, "its tensors overlap or leave gaps");
    end = range.end;
  }
  if (end !== dataBytes) {
    throw corrupt(source.name, `its tensors take ${end} bytes, the file has ${dataBytes} for them`);
  }
  const metadata = isRecord(header["__metadata__"]) ? header["__metadata__"] : {};
  // tied tensors are stored once: `save_model` notes the names that it left out, and whose values they have
  for (const [name, kept] of Object.entries(metadata)) {
    const view = typeof kept === "string" ? views.get(kept) : undefined;
    if (view && !Object.hasOwn(header, name) && name.length <= maxNameLength) {
      views.set(name, { ...view, name });
    }
  }
  return storedCheckpoint(source, { views, refused, metadata });
}

async function readHeader(source: ByteSource, options: RunOptions) {
  const prefix = await readBytes(
    source,
    { position: 0, length: lengthBytes, what: "header length" },
    options,
  );
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > maxHeaderBytes && length < source.byteLength) {
    throw overLimit(source.name, "bytes of header", { max: maxHeaderBytes, actual: length });
  }
  const bytes = await readBytes(source, { position: lengthBytes, length, what: "header" }, options);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw corrupt(source.name, "its header is no JSON text", lengthBytes);
  }
  if (!isRecord(header)) throw corrupt(source.name, "its header is no JSON object", lengthBytes);
  return { header, dataStart: lengthBytes + length };
}

function headerEntry(value: unknown): HeaderEntry | null {
  if (!isRecord(value)) return null;
  const { dtype, shape, data_offsets: offsets } = value;
  if (!Array.isArray(shape) || !Array.isArray(offsets) || offsets.length !== 2) return null;
  if (typeof dtype !== "string" || !shape.every(isCount) || !offsets.every(isCount)) return null;
  return { dtype, shape, begin: offsets[0]!, end: offsets[1]! };
}

function viewOf(
  name: string,
  { shape, begin, end }: HeaderEntry,
  { type, source, dataStart }: { type: ElementType; source: ByteSource; dataStart: number },
): TensorView {
  const byteLength = end - begin;
  return {
    name,
    type,
    shape,
    stride: denseStrides(shape),
    offset: 0,
    byteLength,
    storage: () =>
      Promise.resolve({
        byteLength,
        crc32: null,
        read: (into, position, options) => source.read(into, dataStart + begin + position, options),
      }),
  };
}
