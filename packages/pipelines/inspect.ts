/**
 * A look at imagery before a model sees it.
 *
 * @module
 */

import { join } from "node:path";
import {
  type Patch,
  type RunOptions,
  safeFileName,
  type SensorInit,
  sensorSpec,
  type Spatial,
  type TemporalSpec,
  validateSpatial,
  validateTemporal,
} from "@rsembed/core";
import { type ProviderCatalog, providers, type ProviderSettings } from "@rsembed/providers";
import { type InspectionReport, inspectPatch, quicklook } from "@rsembed/providers/inspect";
import { writeFileAtomic } from "@rsembed/writers";
import { openBackend, windowFor } from "./backend.ts";
import { lookAtScenes, type SceneLook } from "./inspect_scenes.ts";
import { makeFolder } from "./paths.ts";
import { type JsonObject, sensorJson, temporalJson } from "./spec_json.ts";

/** What to look at. */
export interface InspectRequest {
  /** Where. */
  readonly spatial: Spatial;
  /** When. @default 2022-06-01/2022-09-01, or any date for local files */
  readonly temporal?: TemporalSpec | null;
  /** The imagery. */
  readonly sensor: SensorInit;
  /** Base name of the report and of the quicklook. @default "patch" */
  readonly name?: string;
  /** Values outside of it are suspicious. */
  readonly valueRange?: readonly [number, number];
  /** Folder for a quicklook PNG; made where it is missing. */
  readonly saveDir?: string;
  /** Whether each scene of the composite is looked at too, which fetches them once more. @default false */
  readonly eachScene?: boolean;
}

/** Where to look. */
export interface InspectOptions extends RunOptions {
  /** `auto`, or the id of a provider. @default "auto" */
  readonly backend?: string;
  /** Settings of the source. */
  readonly settings?: ProviderSettings;
  /** Sources of imagery. */
  readonly providers?: ProviderCatalog;
}

/** What was seen. */
export interface Inspection {
  /** Whether nothing looks wrong. */
  readonly ok: boolean;
  /** Statistics by band, and what is wrong; keys as rs-embed's reports. */
  readonly report: InspectionReport;
  /** The imagery. */
  readonly sensor: JsonObject;
  /** The window asked of the source. */
  readonly temporal: JsonObject | null;
  /** Name of the source. */
  readonly backend: string;
  /** Path of the quicklook, where one was asked for. */
  readonly artifacts: { readonly quicklook: string } | null;
  /** What each scene of the composite has in the place, where that was asked for. */
  readonly scenes: readonly SceneLook[] | null;
  /** The imagery itself. */
  readonly patch: Patch;
}

/**
 * Fetches the imagery of one place as asked, and reports on it: statistics by band, suspicious values,
 * the share without data, and a quicklook.
 *
 * @throws {RsembedError} As the provider's `fetch`; a suspicious patch is a report that is not `ok`
 *
 * @example
 * ```ts
 * import { inspectProviderPatch } from "@rsembed/pipelines";
 * import { pointBuffer } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const { report } = await inspectProviderPatch({
 *   spatial: pointBuffer({ lon: 9.845, lat: 57.227, bufferM: 320 }),
 *   sensor: { collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B4", "B3", "B2"] },
 * }, { backend: "synthetic" });
 * assert.deepEqual(report.shape, [3, 64, 64]);
 * ```
 */
export async function inspectProviderPatch(
  request: InspectRequest,
  options: InspectOptions = {},
): Promise<Inspection> {
  const spatial = validateSpatial(request.spatial);
  const sensor = sensorSpec(request.sensor);
  const name = safeFileName(request.name ?? "patch");
  const asked = request.temporal ? validateTemporal(request.temporal) : null;
  const provider = await openBackend({
    backend: options.backend ?? "auto",
    providers: options.providers ?? providers,
    settings: options.settings ?? {},
  });
  const temporal = windowFor(provider, asked);
  const { signal } = options;
  const frames = [temporal && { start: temporal.start, end: temporal.end }];
  const patch = await provider.fetch({ spatial, sensor, frames }, { signal });
  const { valueRange } = request;
  const report = inspectPatch(patch, {
    name,
    fillValue: sensor.fillValue,
    ...(valueRange ? { valueRange } : {}),
  });
  let artifacts: Inspection["artifacts"] = null;
  if (request.saveDir !== undefined) {
    await makeFolder(request.saveDir);
    const path = join(request.saveDir, `${name}.png`);
    await writeFileAtomic(path, quicklook(patch), options);
    artifacts = { quicklook: path };
  }
  const scenes = request.eachScene
    ? await lookAtScenes({
      provider,
      request: { spatial, sensor, frames },
      patch,
      save: request.saveDir === undefined ? null : { folder: request.saveDir, name },
      signal,
    })
    : null;
  return {
    ok: report.ok,
    report,
    sensor: sensorJson(sensor),
    temporal: temporalJson(temporal),
    backend: provider.name,
    artifacts,
    scenes,
    patch,
  };
}

/**
 * {@linkcode inspectProviderPatch} of imagery from Earth Engine.
 *
 * @throws {RsembedError} As `inspectProviderPatch`
 */
export async function inspectGeePatch(
  request: InspectRequest,
  options: Omit<InspectOptions, "backend"> = {},
): Promise<Inspection> {
  return await inspectProviderPatch(request, { ...options, backend: "gee" });
}
