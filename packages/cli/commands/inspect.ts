/**
 * `rsembed inspect`
 *
 * @module
 */

import { safeFileName } from "@rsembed/core";
import { type Inspection, inspectProviderPatch } from "@rsembed/pipelines";
import { type Arguments, parseNumbers } from "../args.ts";
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
  for (const [index, { name, spatial }] of places.entries()) {
    const title = name ?? `place${index}`;
    const inspection = await inspectProviderPatch({
      spatial,
      temporal,
      sensor,
      name: safeFileName(title, "place name"),
      ...(valueRange ? { valueRange } : {}),
      ...(saveDir === undefined ? {} : { saveDir }),
      ...(args.has("scenes") ? { eachScene: true } : {}),
    }, {
      backend: args.text("backend") ?? "auto",
      settings: settingsOf(args),
      signal: io.signal,
    });
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
