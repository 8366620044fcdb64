/**
 * Polygons in degrees.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";

/** A position in degrees. */
export type Position = readonly [lon: number, lat: number];

/** A ring around an area, and rings around its holes; closed or not. */
export type Polygon = readonly (readonly Position[])[];

/** Most vertices of an area: files may claim anything. */
const maxVertices = 1_000_000;

function refuse(state: string): never {
  throw new RsembedError("spec", `Cannot use the area: ${state}`, { facts: { field: "area" } });
}

function ringOf(value: unknown): Position[] {
  if (!Array.isArray(value)) refuse("a ring is no list of positions");
  const ring = value.map((position): Position => {
    const [lon, lat] = Array.isArray(position) ? position : [];
    const isPosition = typeof lon === "number" && typeof lat === "number" &&
      Math.abs(lon) <= 540 && Math.abs(lat) <= 90;
    return isPosition
      ? [lon, lat]
      : refuse(`${JSON.stringify(position)} is no position in degrees`);
  });
  const distinct = new Set(ring.map((position) => position.join()));
  if (distinct.size < 3) refuse(`a ring has ${distinct.size} different corners, 3 are wanted`);
  return ring;
}

/** The polygons of a GeoJSON object. */
function collect(value: unknown, into: Polygon[]): void {
  const { type, coordinates, geometry, geometries, features } = typeof value === "object" &&
      value !== null
    ? value as Readonly<Record<string, unknown>>
    : refuse("it is no GeoJSON object");
  const each = (parts: unknown) =>
    Array.isArray(parts)
      ? parts.forEach((part) => collect(part, into))
      : refuse(`${type} is empty`);
  switch (type) {
    case "FeatureCollection":
      return each(features);
    case "Feature":
      return collect(geometry, into);
    case "GeometryCollection":
      return each(geometries);
    case "Polygon":
      if (!Array.isArray(coordinates)) refuse("a Polygon has no coordinates");
      into.push(coordinates.map(ringOf));
      return;
    case "MultiPolygon":
      if (!Array.isArray(coordinates)) refuse("a MultiPolygon has no coordinates");
      for (const rings of coordinates) {
        if (!Array.isArray(rings)) refuse("a part of a MultiPolygon has no coordinates");
        into.push(rings.map(ringOf));
      }
      return;
    default:
      refuse(`it is a ${type}, polygons are wanted`);
  }
}

/**
 * The polygons of a GeoJSON object: a polygon, several, features of them or a collection.
 *
 * @throws {RsembedError} `spec` for anything else, or rings that are none; `limit` for more than a million corners
 */
export function polygonsOf(geojson: unknown): readonly Polygon[] {
  const polygons: Polygon[] = [];
  collect(geojson, polygons);
  const solid = polygons.filter((rings) => rings.length > 0);
  if (solid.length === 0) refuse("it has no polygons");
  const corners = solid.reduce(
    (sum, rings) => sum + rings.reduce((n, ring) => n + ring.length, 0),
    0,
  );
  if (corners > maxVertices) {
    throw new RsembedError("limit", `Cannot use the area: it has ${corners} corners`, {
      facts: { limit: "corners", max: maxVertices, actual: corners },
    });
  }
  return solid;
}

/** Whether a ring is crossed an odd number of times by a line to the east. */
function isInRing([x, y]: Position, ring: readonly Position[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[ax, ay], [bx, by]] = [ring[i]!, ring[j]!];
    if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** Whether a position lies in a polygon, and in none of its holes. */
export function isIn(position: Position, polygon: Polygon): boolean {
  return polygon.reduce((inside, ring) => inside !== isInRing(position, ring), false);
}

function crosses(a: Position, b: Position, c: Position, d: Position): boolean {
  const side = ([ax, ay]: Position, [bx, by]: Position, [px, py]: Position) =>
    Math.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/** Whether an outline of corners crosses an edge of a polygon. */
export function crossesEdge(outline: readonly Position[], polygon: Polygon): boolean {
  return polygon.some((ring) =>
    ring.some((corner, i) => {
      const next = ring[(i + 1) % ring.length]!;
      return outline.some((from, k) =>
        crosses(corner, next, from, outline[(k + 1) % outline.length]!)
      );
    })
  );
}
