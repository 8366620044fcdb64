/**
 * The words of the domain: places, times, imagery, patches, embeddings, model cards, errors. It opens
 * neither files nor connections.
 *
 * @example A request in words
 * ```ts
 * import { dateRange, pointBuffer, pooled } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const request = {
 *   spatial: pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 1120 }),
 *   temporal: dateRange("2022-06-01", "2022-09-01"),
 *   output: pooled("mean"),
 * };
 * assert.equal(request.output.mode, "pooled");
 * ```
 *
 * @module
 */

export { type BytesRoom, concatBytes, reusedBytes } from "./bytes.ts";
export {
  type HubWeights,
  type Int8Verification,
  type ModelCard,
  type OptionCard,
  type VariantCard,
  type Verification,
  type WebWeights,
  type WeightsFile,
  type WeightsRef,
} from "./card.ts";
export { type Card, type Catalog, type CatalogEntry, lookup } from "./catalog.ts";
export { type Embedding, type EmbeddingMeta, type SensorMeta } from "./embedding.ts";
export {
  type ErrorCode,
  type ErrorFacts,
  errorMessage,
  isRsembedError,
  RsembedError,
} from "./errors.ts";
export {
  type ExportConfig,
  exportConfig,
  exportDefaults,
  type ExportTarget,
  exportTarget,
} from "./export_spec.ts";
export { canonicalJson, fingerprint, type Json } from "./fingerprint.ts";
export {
  type Affine,
  applyAffine,
  type Bounds,
  type Grid,
  gridBounds,
  invertAffine,
  northUpGrid,
  type NorthUpGridOptions,
  resizeGrid,
  utmCrs,
} from "./grid.ts";
export { fromHalf, toHalf } from "./half.ts";
export {
  boundedBody,
  type BoundedBodyOptions,
  retryAfterMs,
  type StatusFacts,
  statusFacts,
} from "./http.ts";
export {
  type ModelRequest,
  type OptionValue,
  parseModelRequest,
  type Precision,
  type ResolvedModel,
  resolveModel,
  type ResolveModelOptions,
} from "./model_request.ts";
export { arrayKey, nearest, safeFileName } from "./names.ts";
export {
  allocate,
  type Arrays,
  bytesOf,
  bytesPerElement,
  type Dtype,
  type NdArray,
  ndarray,
  type NdArrayOptions,
  type Pixels,
  sizeOf,
  type TokenGrid,
  type ValidMask,
  type Vector,
} from "./ndarray.ts";
export { delay, type Progress, type RunOptions } from "./options.ts";
export {
  grid,
  type GridOrientation,
  inputPrep,
  type InputPrepSpec,
  type OutputSpec,
  pooled,
  type Pooling,
  validateOutput,
} from "./output.ts";
export {
  type ImageryRequest,
  type Patch,
  type Provenance,
  selectBands,
  type SourceItem,
  validFraction,
} from "./patch.ts";
export { type Planes, planesOf, resizeBilinear, type Size } from "./planes.ts";
export { mapPool, type MapPoolOptions } from "./pool.ts";
export { isTransient, retry, type RetryOptions } from "./retry.ts";
export { roundHalfEven } from "./round.ts";
export {
  applyFetch,
  type Composite,
  type FetchSpec,
  type Projection,
  type SensorInit,
  type SensorSpec,
  sensorSpec,
} from "./sensor.ts";
export {
  type BBox,
  bbox,
  centerOf,
  type Footprint,
  type PointBuffer,
  pointBuffer,
  type Spatial,
  validateSpatial,
} from "./spatial.ts";
export {
  calendarYear,
  dateRange,
  dayMs,
  equalBins,
  formatDate,
  midpointMs,
  parseDate,
  type TemporalSpec,
  type TimeRange,
  validateTemporal,
} from "./temporal.ts";
export { cosineSimilarity, unitVector } from "./vector.ts";
