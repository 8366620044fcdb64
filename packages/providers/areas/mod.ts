/**
 * Areas: a square of the military grid, a rectangle or polygons, cut into chips for models.
 *
 * @example
 * ```ts
 * import { areaOf, chipsOf } from "@rsembed/providers/areas";
 * import assert from "node:assert/strict";
 *
 * const box = areaOf({ minLon: 9.8, minLat: 57.2, maxLon: 9.9, maxLat: 57.25 });
 * for (const { name, spatial } of chipsOf(box, { sizePx: 256 })) {
 *   assert.match(name, /^32632_/);
 *   assert.equal(spatial.grid.width, 256);
 * }
 * ```
 *
 * @module
 */

export {
  type Area,
  type AreaBox,
  areaOf,
  type Chip,
  type ChipOptions,
  chipsOf,
  type Coverage,
} from "./chips.ts";
export { type MgrsExtent, type MgrsSquare, mgrsSquare } from "./mgrs.ts";
export type { Polygon, Position } from "./polygons.ts";
