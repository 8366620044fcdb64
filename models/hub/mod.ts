/**
 * Weights: found, downloaded, verified, converted once.
 *
 * @module
 */

export { defaultCacheDir, defaultHubDir, type Environment } from "./cache_dir.ts";
export {
  type Conversion,
  type ConversionKey,
  convertOnce,
  type ConvertOptions,
} from "./convert.ts";
export { downloadFile, type DownloadOptions } from "./download.ts";
export { type LocatedWeights, type LocateOptions, locateWeights } from "./locate.ts";
