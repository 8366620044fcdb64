/**
 * Rows of NumPy arrays, read by range.
 *
 * Source: NumPy Enhancement Proposal 1.
 *
 * @module
 */

import { RsembedError, type RunOptions } from "@rsembed/core";
import type { RangeClient } from "../http/range_client.ts";

/** An array in a file, known but not read. */
export interface NpyFile {
  readonly href: string;
  /** NumPy's name of the type, such as `|i1`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Where its values begin. */
  readonly start: number;
}

/** Bytes asked for at first: headers have some 128. */
const headBytes = 1024;

/**
 * Reads the header of an array in C order.
 *
 * @throws {RsembedError} As the client; `corrupt` if it is none, or its length is not that of its shape
 */
export async function openNpy(
  href: string,
  client: RangeClient,
  options: RunOptions = {},
): Promise<NpyFile> {
  const refuse = (state: string) =>
    new RsembedError("corrupt", `Cannot read the array "${href}": ${state}`, {
      facts: { source: href },
    });
  const { bytes, size } = await client.read(href, { offset: 0, length: headBytes }, options);
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw refuse("it does not begin as one");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = bytes[6] === 1 ? 10 : 12;
  const start = at + (bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) throw refuse(`its header has ${start} bytes`);
  const header = new TextDecoder("latin1").decode(bytes.subarray(at, start));
  const descr = /'descr'\s*:\s*'([<>|=]\w\d)'/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1]?.split(",")
    .filter((text) => text.trim() !== "").map(Number);
  if (!descr || !shape || /'fortran_order'\s*:\s*True/.test(header)) {
    throw refuse("it is no plain array in C order");
  }
  const wanted = start + Number(descr.slice(2)) * shape.reduce((a, b) => a * b, 1);
  if (size !== null && size !== wanted) {
    throw refuse(`it has ${size} bytes, its shape (${shape}) wants ${wanted}`);
  }
  return { href, descr, shape, start };
}

/** The bytes of some rows. */
export async function readNpyRows(
  { href, descr, shape, start }: NpyFile,
  { row, rows }: { readonly row: number; readonly rows: number },
  { client, ...options }: RunOptions & { readonly client: RangeClient },
): Promise<Uint8Array<ArrayBuffer>> {
  const rowBytes = Number(descr.slice(2)) * shape.slice(1).reduce((a, b) => a * b, 1);
  const length = rows * rowBytes;
  const { bytes } = await client.read(href, { offset: start + row * rowBytes, length }, options);
  if (bytes.length === length) return bytes;
  throw new RsembedError("corrupt", `Cannot read row ${row} of "${href}": it ends before`, {
    facts: { source: href },
  });
}
