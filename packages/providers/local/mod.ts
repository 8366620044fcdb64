/**
 * Imagery from local GeoTIFF files.
 *
 * @module
 */

export { canonicalBand } from "../bands.ts";
export { localCard } from "./card.ts";
export { dayInName } from "./dates.ts";
export { localProvider } from "./provider.ts";
