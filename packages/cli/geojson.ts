/**
 * Places from GeoJSON.
 *
 * @module
 */

import { bbox, pointBuffer, RsembedError, type Spatial } from "@rsembed/core";
import type { PlacesOptions } from "./csv.ts";
import type { Place } from "./places.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** All positions in nested coordinates; deeper than GeoJSON goes is refused by the caller's check. */
function positionsOf(coordinates: unknown, depth = 0): [number, number][] {
  if (!Array.isArray(coordinates) || depth > 4) return [];
  if (typeof coordinates[0] === "number") return [[Number(coordinates[0]), Number(coordinates[1])]];
  return coordinates.flatMap((inner) => positionsOf(inner, depth + 1));
}

function spatialOf(geometry: JsonObject, bufferM: number): Spatial {
  const positions = positionsOf(geometry["coordinates"]);
  const [first] = positions;
  if (!first) throw new TypeError("its geometry has no coordinates");
  if (geometry["type"] === "Point") return pointBuffer({ lon: first[0], lat: first[1], bufferM });
  if (geometry["type"] !== "Polygon" && geometry["type"] !== "MultiPolygon") {
    throw new TypeError(`it is a ${geometry["type"]}, a Point or Polygon is wanted`);
  }
  const edges = positions.reduce(
    ([west, south, east, north], [lon, lat]) =>
      [
        Math.min(west, lon),
        Math.min(south, lat),
        Math.max(east, lon),
        Math.max(north, lat),
      ] as const,
    [Infinity, Infinity, -Infinity, -Infinity] as readonly [number, number, number, number],
  );
  const [minLon, minLat, maxLon, maxLat] = edges;
  return bbox({ minLon, minLat, maxLon, maxLat });
}

/**
 * Reads places from GeoJSON: a point is a square around it (`buffer_m` of its properties, or the default),
 * a polygon its bounding box. Names come from the property `name` or `id`, or the feature's id.
 *
 * @throws {RsembedError} `spec` that names the feature
 */
export function parseGeoJson(text: string, { source, bufferM }: PlacesOptions): Place[] {
  const refuse = (where: string, cause: unknown): never => {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new RsembedError("spec", `Cannot read places from "${source}"${where}: ${state}`, {
      facts: { field: "points" },
      cause,
    });
  };
  let root: JsonObject;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    return refuse("", cause);
  }
  const features = root["type"] === "FeatureCollection"
    ? root["features"]
    : [root["type"] === "Feature" ? root : { type: "Feature", geometry: root, properties: {} }];
  if (!Array.isArray(features)) return refuse("", "it has no features");
  return features.map((feature: JsonObject, i): Place => {
    try {
      const properties = (feature["properties"] ?? {}) as JsonObject;
      const name = properties["name"] ?? properties["id"] ?? feature["id"];
      const buffer = properties["buffer_m"];
      return {
        name: name === undefined || name === null ? null : String(name),
        spatial: spatialOf(
          (feature["geometry"] ?? {}) as JsonObject,
          typeof buffer === "number" ? buffer : bufferM,
        ),
      };
    } catch (cause) {
      return refuse(`, feature ${i}`, cause);
    }
  });
}
