/**
 * Imagery from local GeoTIFF files.
 *
 * @module
 */

export { canonicalBand } from "./bands.ts";
export { dayInName } from "./dates.ts";
export { localCard, localProvider } from "./provider.ts";
