/**
 * `rsembed inspect`
 *
 * @module
 */

import { parseModelRequest, safeFileName } from "@rsembed/core";
import {
  type Inspection,
  inspectModelInput,
  inspectProviderPatch,
  type ModelInputInspection,
} from "@rsembed/pipelines";
import { type Arguments, parseNumbers, usageError } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { findPlaces } from "../places.ts";
import { fetchOf, namesIn, openSources, settingsOf, temporalOf } from "../setup.ts";

/** What each scene has, a line each. */
function sceneLines({ scenes }: Inspection): string[] {
  return (scenes ?? []).map(({ ids, datetime, valid_frac, band_mean }) => {
    const means = band_mean.map((mean) => mean === null ? "-" : mean.toFixed(1)).join(" ");
    const share = `${(100 * valid_frac).toFixed(1)} %`.padStart(8);
    return `  ${datetime}${share}  mean ${means}  ${ids.join(", ")}`;
  });
}

/** What a model would see of a place, a line a frame. */
function frameLines(
  name: string,
  { ok, model, backend, frames, patch }: ModelInputInspection,
): string {
  const [, , height, width] = patch.pixels.shape;
  const lines = frames.map(({ start, end, report }) => {
    const when = start === null ? "any date" : `${start}/${end}`;
    if (!report) return `  ${when}  empty`;
    const means = report.band_mean.map((mean) => mean.toFixed(0)).join(" ");
    return `  ${when}  mean ${means}${
      report.issues.map((issue) => `\n    issue: ${issue}`).join("")
    }`;
  });
  const size = `${width} x ${height} px, ${patch.grid.crs}, ${patch.bands.join(" ")}`;
  return `${name}: ${ok ? "good" : "SUSPICIOUS"} for ${model}, ${size} (${backend})\n${
    lines.join("\n")
  }\n`;
}

function summary(name: string, inspection: Inspection): string {
  const { report, patch, ok, artifacts } = inspection;
  const rows = patch.bands.map((band, i) => {
    const cell = (values: readonly number[] | undefined) =>
      (values?.[i] ?? NaN).toFixed(1).padStart(10);
    return `  ${band.padEnd(6)}${cell(report.band_min)}${cell(report.band_mean)}${
      cell(report.band_max)
    }${cell(report.band_std)}`;
  });
  const [, , height, width] = patch.pixels.shape;
  const lines = [
    `${name}: ${ok ? "good" : "SUSPICIOUS"}, ${width} x ${height} px, ${patch.grid.crs}, ` +
    `${patch.provenance.items.length} scenes of ${patch.provenance.source} (${inspection.backend})`,
    `  band         min      mean       max       std`,
    ...rows,
    ...sceneLines(inspection),
    ...report.issues.map((issue) => `  issue: ${issue}`),
    ...(artifacts ? [`  quicklook: ${artifacts.quicklook}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const bands = namesIn(args.text("bands") ?? "B4,B3,B2");
  const range = args.text("value-range");
  const valueRange = range === undefined
    ? undefined
    : parseNumbers(range, 2, "--value-range") as [number, number];
  const saveDir = args.text("save-dir");
  const temporal = temporalOf(args);
  const sensor = {
    ...fetchOf(args),
    collection: args.text("collection") ?? "COPERNICUS/S2_SR_HARMONIZED",
    bands,
  };
  const places = await findPlaces(args, () => openSources(args), { signal: io.signal });
  let bad = 0;
  const model = args.text("model");
  if (model !== undefined && (args.has("collection") || args.has("bands") || args.has("scenes"))) {
    throw usageError(
      "Cannot use --model with --collection, --bands or --scenes: it has its own",
      "model",
    );
  }
  const fetch = fetchOf(args);
  const options = {
    backend: args.text("backend") ?? "auto",
    settings: settingsOf(args),
    signal: io.signal,
  };
  for (const [index, { name, spatial }] of places.entries()) {
    const title = name ?? `place${index}`;
    const request = {
      spatial,
      temporal,
      name: safeFileName(title, "place name"),
      ...(valueRange ? { valueRange } : {}),
      ...(saveDir === undefined ? {} : { saveDir }),
    };
    if (model !== undefined) {
      const seen = await inspectModelInput(parseModelRequest(model), request, {
        ...options,
        ...(fetch ? { fetch } : {}),
      });
      if (!seen.ok) bad++;
      const { patch: _, ...rest } = seen;
      io.out(args.has("json") ? `${JSON.stringify(rest)}\n` : frameLines(title, seen));
      continue;
    }
    const inspection = await inspectProviderPatch({
      ...request,
      sensor,
      ...(args.has("scenes") ? { eachScene: true } : {}),
    }, options);
    if (!inspection.ok) bad++;
    const { patch, ...rest } = inspection;
    io.out(
      args.has("json")
        ? `${JSON.stringify({ ...rest, provenance: patch.provenance, grid: patch.grid })}\n`
        : summary(title, inspection),
    );
  }
  if (bad === 0) return exitCodes.ok;
  return bad === places.length ? exitCodes.failed : exitCodes.partial;
}
