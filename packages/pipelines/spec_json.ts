/**
 * Specs as they stand in metadata and manifests: plain JSON with rs-embed's key names.
 *
 * @module
 */

import {
  bbox,
  dateRange,
  type Grid,
  type OutputSpec,
  pointBuffer,
  type SensorMeta,
  type SensorSpec,
  type Spatial,
  type TemporalSpec,
  type TimeRange,
} from "@rsembed/core";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

function gridJson(grid: Grid): JsonObject {
  return { crs: grid.crs, transform: grid.transform, width: grid.width, height: grid.height };
}

/** A place as rs-embed writes it; a footprint carries its grid beside its centre. */
export function spatialJson(place: Spatial): JsonObject {
  switch (place.kind) {
    case "point":
      return { lon: place.lon, lat: place.lat, buffer_m: place.bufferM, crs: "EPSG:4326" };
    case "bbox":
      return {
        minlon: place.minLon,
        minlat: place.minLat,
        maxlon: place.maxLon,
        maxlat: place.maxLat,
        crs: "EPSG:4326",
      };
    case "footprint": {
      // rs-embed's readers know points and boxes; the half side of the footprint stands as the buffer
      const [a, , , , e] = place.grid.transform;
      const sideM = Math.max(Math.abs(a) * place.grid.width, Math.abs(e) * place.grid.height);
      return {
        lon: place.lon,
        lat: place.lat,
        buffer_m: sideM / 2,
        crs: "EPSG:4326",
        grid: gridJson(place.grid),
      };
    }
  }
}

/** Reads a place that {@linkcode spatialJson} or rs-embed wrote; `null` for an absent one. */
export function parseSpatialJson(json: JsonObject): Spatial | null {
  const number = (key: string): number | null => typeof json[key] === "number" ? json[key] : null;
  const lon = number("lon");
  const lat = number("lat");
  const bufferM = number("buffer_m");
  const grid = json["grid"] as Grid | undefined;
  if (lon !== null && lat !== null && grid !== undefined) {
    return { kind: "footprint", grid, lon, lat };
  }
  if (lon !== null && lat !== null && bufferM !== null) return pointBuffer({ lon, lat, bufferM });
  const minLon = number("minlon");
  const minLat = number("minlat");
  const maxLon = number("maxlon");
  const maxLat = number("maxlat");
  if (minLon === null || minLat === null || maxLon === null || maxLat === null) return null;
  return bbox({ minLon, minLat, maxLon, maxLat });
}

/** A time window as rs-embed writes it. */
export function temporalJson(temporal: TemporalSpec | null): JsonObject | null {
  if (temporal === null) return null;
  const year = temporal.mode === "year" ? temporal.year : null;
  return { mode: temporal.mode, year, start: temporal.start, end: temporal.end };
}

/**
 * Reads a time window. rs-embed writes a date range's `year` as the text of a function, so anything but
 * a number there is no year.
 */
export function parseTemporalJson(json: JsonObject | null | undefined): TemporalSpec | null {
  if (!json) return null;
  const { mode, year, start, end } = json;
  if (mode === "range" && typeof start === "string" && typeof end === "string") {
    return dateRange(start, end);
  }
  if (mode === "year" && typeof year === "number") {
    const first = (y: number) => `${String(y).padStart(4, "0")}-01-01`;
    return { mode: "year", year, start: first(year), end: first(year + 1) };
  }
  return null;
}

/** A sensor as rs-embed writes it. */
export function sensorJson(sensor: SensorSpec): SensorMeta {
  return {
    collection: sensor.collection,
    bands: sensor.bands,
    scale_m: sensor.scaleM,
    cloudy_pct: sensor.cloudyPct,
    fill_value: sensor.fillValue,
    composite: sensor.composite,
    modality: sensor.modality,
    orbit: sensor.orbit,
    use_float_linear: sensor.useFloatLinear,
    s1_require_iw: sensor.s1RequireIw,
    s1_relax_iw_on_empty: sensor.s1RelaxIwOnEmpty,
    check_input: false,
    check_raise: true,
    check_save_dir: null,
    projection: sensor.projection,
    ...(sensor.cloudMask ? { cloud_mask: true } : {}),
  };
}

/** An output as rs-embed writes it: always with all three keys. */
export function outputJson(output: OutputSpec): JsonObject {
  return output.mode === "pooled"
    ? { mode: "pooled", pooling: output.pooling, grid_orientation: "north_up" }
    : { mode: "grid", pooling: "mean", grid_orientation: output.orientation };
}

/** The window that all frames span together; `null` where no frame has a date. */
export function spanOf(times: readonly (TimeRange | null)[]): TimeRange | null {
  const known = times.filter((time) => time !== null);
  if (known.length === 0) return null;
  return {
    start: known.reduce((a, { start }) => (start < a ? start : a), known[0]!.start),
    end: known.reduce((a, { end }) => (end > a ? end : a), known[0]!.end),
  };
}

export { gridJson };
