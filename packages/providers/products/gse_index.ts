/**
 * The index of AlphaEarth's files.
 *
 * @module
 */

import { errorMessage, isRsembedError, RsembedError, type RunOptions } from "@rsembed/core";
import type { RangeClient } from "../http/range_client.ts";
import type { LonLatBounds } from "../raster/crs.ts";

/** One file of a year and zone. */
export interface GseFile {
  /** Path below the folder of the years: year, zone, name. */
  readonly path: string;
  readonly year: number;
  readonly crs: string;
  readonly bounds: LonLatBounds;
}

/** Rows of an index at most: there are some 300,000. */
const maxRows = 5_000_000;
/** Bytes of the tables of a file at most. */
const maxFooterBytes = 2 ** 26;

const boundsColumns = ["wgs84_west", "wgs84_south", "wgs84_east", "wgs84_north"] as const;

/**
 * Reads the index: only its columns of names, years and places.
 *
 * @throws {RsembedError} As the client; `corrupt` if it is no such index
 */
export async function readGseIndex(
  href: string,
  client: RangeClient,
  options: RunOptions = {},
): Promise<GseFile[]> {
  const refuse = (state: string, cause?: unknown) =>
    new RsembedError("corrupt", `Cannot read the index "${href}": ${state}`, {
      facts: { source: href },
      cause,
    });
  const end = await client.read(href, { offset: 0, length: 12 }, options);
  if (end.size === null) throw refuse("its length is not known");
  const { size } = end;
  const file = {
    byteLength: size,
    async slice(start: number, stop?: number): Promise<ArrayBuffer> {
      const offset = start < 0 ? size + start : start;
      const length = Math.min(stop ?? size, size) - offset;
      const { bytes } = await client.read(href, { offset, length }, options);
      return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
    },
  };
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  try {
    const tail = new DataView(await file.slice(-8));
    if (!(tail.getUint32(0, true) <= Math.min(size, maxFooterBytes))) {
      throw refuse("it is no Parquet file");
    }
    const metadata = await parquetMetadataAsync(file);
    if (Number(metadata.num_rows) > maxRows) throw refuse(`it has ${metadata.num_rows} rows`);
    const names = new Set(metadata.schema.map(({ name }) => name));
    const path = ["path", "location"].find((name) => names.has(name));
    const wanted = ["year", "crs", ...boundsColumns];
    const lacking = wanted.filter((name) => !names.has(name));
    if (path === undefined || lacking.length > 0) {
      throw refuse(`it lacks the columns ${[...path ? [] : ["path"], ...lacking].join(", ")}`);
    }
    const rows = await parquetReadObjects({
      file,
      metadata,
      compressors,
      columns: [path, ...wanted],
    });
    return rows.flatMap((row) => fileOf(row, path) ?? []);
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw isRsembedError(cause) ? cause : refuse(errorMessage(cause), cause);
  }
}

function fileOf(row: Readonly<Record<string, unknown>>, pathColumn: string): GseFile | null {
  // whole addresses of one host or another, whose last three parts are the same everywhere
  const path = /(\d{4}\/\d{1,2}[NS]\/[\w.-]+\.tiff?)$/.exec(String(row[pathColumn]))?.[1];
  const [minLon, minLat, maxLon, maxLat] = boundsColumns.map((name) => Number(row[name])) as [
    number,
    number,
    number,
    number,
  ];
  const year = Number(row["year"]);
  if (!path || ![minLon, minLat, maxLon, maxLat, year].every(Number.isFinite)) return null;
  return { path, year, crs: String(row["crs"]), bounds: { minLon, minLat, maxLon, maxLat } };
}
