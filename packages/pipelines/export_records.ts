/**
 * Results of an export as its journal keeps them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Embedding,
  isRsembedError,
  type Patch,
  type Spatial,
  type TimeRange,
} from "@rsembed/core";
import type { Cell, DatasetAbout, DatasetModel, RowPlace } from "@rsembed/writers";
import type { ExportRun, ModelResult, PlaceResult } from "./export_run.ts";
import { gridCorners, placeCorners, seenGrid } from "./footprint.ts";
import type { ModelRecord, PlaceRecord, StoredError } from "./journal/journal_line.ts";
import { errorText, failureOf, inputOwners, packageVersion, savedInput } from "./manifest.ts";
import { quantizations, quantize } from "./quantize.ts";
import { outputJson, sensorJson, spanOf, spatialJson } from "./spec_json.ts";

/** Tells a place, under its name, from others: 16 hex digits. */
export function placeIdentity(place: Spatial, name: string): string {
  return createHash("sha256").update(canonicalJson({ place, name })).digest("hex").slice(0, 16);
}

/** An error as a journal keeps it. */
export function storedError(error: unknown): StoredError {
  const code = isRsembedError(error) ? error.code : error instanceof Error ? error.name : "unknown";
  return { code, message: errorText(error) };
}

function windowOf(patch: Patch, asked: TimeRange | null): Pick<RowPlace, "start" | "end"> {
  const span = asked ?? spanOf(patch.times);
  return { start: span?.start ?? null, end: span?.end ?? null };
}

function rowPlace(
  patch: Patch,
  { index, name }: Pick<RowPlace, "index" | "name">,
  more: Pick<RowPlace, "footprint" | "grid" | "start" | "end" | "validFraction">,
): RowPlace {
  const { source, items } = patch.provenance;
  return { index, name, source, items: items.map(({ id }) => id), ...more };
}

/** How results become records, for one run. */
export interface Recorder {
  /** The record of a place. */
  record(result: PlaceResult, name: string): PlaceRecord;
}

/** Makes records for a run. */
export function recorder(run: ExportRun): Recorder {
  const { config, embedders, temporal } = run;
  const owners = inputOwners(run);
  const asked = temporal && { start: temporal.start, end: temporal.end };

  const inputCell = (patch: Patch, model: string, at: Pick<RowPlace, "index" | "name">): Cell => {
    const where = { footprint: gridCorners(patch.grid), grid: patch.grid };
    const place = rowPlace(patch, at, {
      ...where,
      ...windowOf(patch, asked),
      validFraction: null,
    });
    return { kind: "input", model, array: savedInput(patch.pixels), place };
  };

  const embeddingCells = (
    { position, patch, embedding }: { position: number; patch: Patch; embedding: Embedding },
    at: Pick<RowPlace, "index" | "name">,
  ): { cells: Cell[]; cosine: number } => {
    const embedder = embedders[position]!;
    const { name: model } = embedder.model;
    const { array, scale, cosine } = quantize(embedding.data, config.quantization);
    const fraction = embedding.meta["valid_fraction"];
    const place = rowPlace(patch, at, {
      footprint: gridCorners(seenGrid(embedder, patch, embedding)),
      grid: embedding.grid,
      ...windowOf(patch, asked),
      validFraction: typeof fraction === "number" ? fraction : null,
    });
    const cells: Cell[] = [{ kind: "embedding", model, array, place }];
    if (scale) cells.push({ kind: "scale", model, array: scale, place });
    return { cells, cosine };
  };

  const modelRecord = (
    { input, embedding }: ModelResult,
    position: number,
    at: Pick<RowPlace, "index" | "name">,
  ): ModelRecord => {
    const cells: Cell[] = [];
    if (input.ok && config.saveInputs && owners[position] === position) {
      cells.push(inputCell(input.value, embedders[position]!.model.name, at));
    }
    const error = failureOf({ input, embedding });
    if (error !== null || !input.ok || !embedding?.ok) {
      return { error: error === null ? null : storedError(error), meta: null, cells };
    }
    const { meta } = embedding.value;
    const made = embeddingCells({ position, patch: input.value, embedding: embedding.value }, at);
    return {
      error: null,
      meta: quantizations[config.quantization]
        ? { ...meta, quantization_cosine: made.cosine }
        : meta,
      cells: [...cells, ...made.cells],
    };
  };

  return {
    record({ index, spatial, models }, name) {
      return {
        index,
        name,
        identity: placeIdentity(spatial, name),
        spatial: spatialJson(spatial),
        footprint: placeCorners(spatial),
        models: models.map((model, position) =>
          model && modelRecord(model, position, { index, name })
        ),
      };
    },
  };
}

/** What the files of a run say of themselves. */
export function aboutRun(run: ExportRun): DatasetAbout {
  const models = run.embedders.map(({ card, model, imageSizePx }, position): DatasetModel => ({
    name: model.name,
    id: model.id,
    variant: model.variant,
    weightsSha256: run.weightsSha256[position] ?? null,
    licence: card.licence.weights,
    collection: model.sensor.collection,
    gsdM: model.sensor.scaleM,
    imageSizePx,
    config: {
      modality: model.modality,
      sensor: sensorJson(model.sensor),
      options: model.options,
      precision: model.precision,
    },
  }));
  return {
    createdBy: `rsembed ${packageVersion}`,
    fingerprint: run.fingerprint,
    output: outputJson(run.output),
    models,
    quantization: quantizations[run.config.quantization],
  };
}
