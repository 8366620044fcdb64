/**
 * What stands in a row beside its embedding.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dayMs } from "@rsembed/core";
import type { DatasetAbout, DatasetModel, RowPlace } from "../dataset.ts";
import type { TableColumn } from "./table.ts";

/** Columns of rows, in order; the embedding stands after the first `before` of them. */
export interface RowLayout {
  readonly before: number;
  /** Name of the column of embeddings. */
  readonly embedding: string;
  /** Name of the column of footprints. */
  readonly geometry: string;
  /** Whether each row has a box of its own, for filters. */
  readonly hasBox: boolean;
  columns(places: readonly RowPlace[], model: DatasetModel | null): readonly TableColumn[];
}

/** A polygon as well-known binary, little-endian. */
export function polygonWkb(footprint: RowPlace["footprint"]): Uint8Array | null {
  if (footprint === null || footprint.length < 3) return null;
  const ring = [...footprint, footprint[0]!];
  const bytes = new Uint8Array(1 + 4 + 4 + 4 + 16 * ring.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint32(1, 3, true);
  view.setUint32(5, 1, true);
  view.setUint32(9, ring.length, true);
  ring.forEach(([lon, lat], i) => {
    view.setFloat64(13 + 16 * i, lon, true);
    view.setFloat64(21 + 16 * i, lat, true);
  });
  return bytes;
}

/** Bounds in degrees. */
export type Box = readonly [west: number, south: number, east: number, north: number];

/** The bounds of a footprint. */
export function boxOf(footprint: RowPlace["footprint"]): Box | null {
  if (footprint === null || footprint.length < 3) return null;
  const [lons, lats] = [footprint.map(([lon]) => lon), footprint.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

function timeOf(date: string | null): number | null {
  return date === null ? null : Date.parse(date);
}

function middleOf({ start, end }: RowPlace): number | null {
  const [first, last] = [timeOf(start), timeOf(end)];
  return first === null || last === null ? first : (first + last) / 2;
}

/** A row's identity: of place, window, model and request, never of the numbers. */
function idOf(place: RowPlace, model: DatasetModel | null, { fingerprint }: DatasetAbout): string {
  const { footprint, start, end, name } = place;
  const text = JSON.stringify([footprint, start, end, name, model?.name ?? "", fingerprint]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The columns of rsembed. */
export function rsembedLayout(about: DatasetAbout): RowLayout {
  return {
    before: 1,
    embedding: "embedding",
    geometry: "geometry",
    hasBox: true,
    columns: (places, model) => [
      { name: "id", kind: "text", values: places.map((place) => idOf(place, model, about)) },
      {
        name: "geometry",
        kind: "bytes",
        values: places.map(({ footprint }) => polygonWkb(footprint)),
      },
      { name: "bbox", kind: "box", values: places.map(({ footprint }) => boxOf(footprint)) },
      { name: "datetime", kind: "timestamp", values: places.map(middleOf) },
      { name: "start_datetime", kind: "timestamp", values: places.map((p) => timeOf(p.start)) },
      { name: "end_datetime", kind: "timestamp", values: places.map((p) => timeOf(p.end)) },
      { name: "model", kind: "text", values: places.map(() => model?.id ?? null) },
      { name: "model_version", kind: "text", values: places.map(() => model?.variant ?? null) },
      {
        name: "weights_sha256",
        kind: "text",
        values: places.map(() => model?.weightsSha256 ?? null),
      },
      { name: "source", kind: "text", values: places.map(({ source }) => source) },
      { name: "source_ids", kind: "texts", values: places.map(({ items }) => items) },
      { name: "gsd", kind: "float", values: places.map(() => model?.gsdM ?? null) },
      { name: "valid_fraction", kind: "float", values: places.map((place) => place.validFraction) },
      { name: "place", kind: "text", values: places.map(({ name }) => name) },
    ],
  };
}

/** The columns that Clay's published embeddings have. */
export const clayLayout: RowLayout = {
  before: 2,
  embedding: "embeddings",
  geometry: "geometry",
  hasBox: false,
  columns: (places) => [
    {
      name: "source_url",
      kind: "text",
      values: places.map(({ items, source }) => items[0] ?? source),
    },
    {
      name: "date",
      kind: "date",
      values: places.map((place) => {
        const middle = middleOf(place);
        return middle === null ? null : Math.floor(middle / dayMs);
      }),
    },
    {
      name: "geometry",
      kind: "bytes",
      values: places.map(({ footprint }) => polygonWkb(footprint)),
    },
  ],
};

/** What Clay names its files by. */
export interface ClayName {
  /** Tile of the military grid, such as `27WXN`. */
  readonly mgrs: string;
  /** First and last date of the imagery, ISO 8601. */
  readonly dates: readonly [first: string, last: string];
  /** Release of the embeddings. */
  readonly version: number;
}

/**
 * The name of a file of Clay's embeddings: `{MGRS}_{MINDATE}_{MAXDATE}_v{VERSION}.gpq`.
 *
 * @example
 * ```ts
 * import { clayFileName } from "@rsembed/writers/geoparquet";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   clayFileName({ mgrs: "27WXN", dates: ["2020-01-01", "2023-12-31"], version: 1 }),
 *   "27WXN_20200101_20231231_v001.gpq",
 * );
 * ```
 */
export function clayFileName({ mgrs, dates: [first, last], version }: ClayName): string {
  const compact = (date: string) => date.slice(0, 10).replaceAll("-", "");
  return `${mgrs}_${compact(first)}_${compact(last)}_v${String(version).padStart(3, "0")}.gpq`;
}
