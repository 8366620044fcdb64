/**
 * The calls: one embedding, many, a dataset export, and a look at what comes in and what came out.
 *
 * @example One place, offline
 * ```ts
 * import { getEmbedding } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const spatial = pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 320 });
 * const { data, meta } = await getEmbedding("mosaiks", { spatial }, { backend: "synthetic" });
 * assert.equal(data.shape.length, 1); // (D,)
 * assert.equal(meta.backend, "synthetic");
 * ```
 *
 * @module
 */

export {
  type CatalogOptions,
  describeModel,
  listModels,
  type ListModelsOptions,
} from "./describe.ts";
export {
  type BatchOptions,
  type BatchResult,
  type EmbeddingRequest,
  getEmbedding,
  getEmbeddingsBatch,
  openModel,
  type SourceOptions,
} from "./embed.ts";
export { embedTexts, type EmbedTextsOptions } from "./embed_texts.ts";
export { type ExportPlan, planExport } from "./plan.ts";
export { exportBatch, exportNpz, type ExportOptions, type ExportRequest } from "./export.ts";
export { type ExportFailure, type ExportReport, type Status } from "./export_run.ts";
export {
  inspectGeePatch,
  type Inspection,
  type InspectOptions,
  inspectProviderPatch,
  type InspectRequest,
} from "./inspect.ts";
export {
  type InputFrame,
  inspectModelInput,
  type ModelInputInspection,
  type ModelInputRequest,
} from "./inspect_model.ts";
export { type SceneLook } from "./inspect_scenes.ts";
export {
  type LoadedExport,
  type LoadedModel,
  type LoadedRow,
  loadExport,
  type LoadOptions,
} from "./load.ts";
export { type JsonObject } from "./spec_json.ts";
export { type Outcome, type Runner, type RunnerItem, type RunnerRunOptions } from "./runner.ts";
export { openRuntime, type Runtime, type RuntimeOptions, type SessionTarget } from "./runtime.ts";
export { type Verification, verifyExport } from "./verify.ts";
