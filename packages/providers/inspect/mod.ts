/**
 * A look at imagery: statistics, what seems wrong, and a picture.
 *
 * @module
 */

export { encodePng, type Image } from "./png.ts";
export { quicklook, type QuicklookOptions } from "./quicklook.ts";
export {
  type InspectionReport,
  inspectPatch,
  inspectPixels,
  type InspectPixelsOptions,
} from "./report.ts";
