/**
 * `rsembed export`
 *
 * @module
 */

import type { ExportTarget } from "@rsembed/core";
import { exportBatch, type ExportPlan, type ExportReport, planExport } from "@rsembed/pipelines";
import { writers } from "@rsembed/writers";
import { type Arguments, usageError } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { findPlaces, namesOf, type Place } from "../places.ts";
import { formatBytes, progressLine } from "../progress.ts";
import {
  fetchOf,
  inputPrepOf,
  modelsOf,
  openSources,
  outputOf,
  runtimeOf,
  settingsOf,
  temporalOf,
} from "../setup.ts";

/** The format that the extension of a path tells. */
function formatOf(path: string): string | undefined {
  const lower = path.toLowerCase();
  return Object.values(writers).find(({ card }) =>
    card.extensions.some((extension) => lower.endsWith(extension))
  )?.card.id;
}

/** One file for all places, unless the format has none such. */
function layoutOf(args: Arguments): ExportTarget["layout"] {
  const name = (args.text("format") ?? "npz").toLowerCase();
  const format = Object.values(writers).find(({ card: { id, aliases } }) =>
    id === name || aliases?.includes(name)
  );
  return format?.card.layouts.includes("combined") ?? true ? "combined" : "per_item";
}

/** Names for people: of places without one, their number. */
function labelsOf(places: readonly Place[]): string[] {
  return places.map(({ name }, i) => name ?? `p${String(i).padStart(5, "0")}`);
}

/** The knobs of an export that were given. */
function knobsOf(args: Arguments) {
  const chunkSize = args.number("chunk-size");
  const inferBatchSize = args.number("batch-size");
  const numWorkers = args.number("workers");
  const maxRetries = args.number("retries");
  const retryBackoffS = args.number("retry-backoff");
  const writerWorkers = args.number("writers");
  const format = args.text("format") ?? formatOf(args.text("out") ?? "");
  const quantization = args.choice("quantization", ["float32", "float16", "int8"]);
  return {
    ...(format === undefined ? {} : { format }),
    ...(chunkSize === undefined ? {} : { chunkSize }),
    ...(inferBatchSize === undefined ? {} : { inferBatchSize }),
    ...(numWorkers === undefined ? {} : { numWorkers }),
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(retryBackoffS === undefined ? {} : { retryBackoffS }),
    ...(writerWorkers === undefined ? {} : { writerWorkers }),
    ...(quantization === undefined ? {} : { quantization }),
    resume: args.has("resume"),
    saveInputs: args.has("save-inputs"),
    saveEmbeddings: !args.has("no-embeddings"),
    saveManifest: !args.has("no-manifest"),
    continueOnError: args.has("continue-on-error"),
    failOnBadInput: args.has("fail-on-bad-input"),
  };
}

/** What became of an export, for people. */
export function reportText(report: ExportReport): string {
  const { itemCount, okCount, skippedCount, path, sizeBytes, manifestPath, layout, backend } =
    report;
  const { failures, failureCount } = report;
  const lines = [
    `${okCount} of ${itemCount} places embedded from ${backend}: ${path}${
      layout === "per_item" ? "/" : ""
    } (${formatBytes(sizeBytes)})`,
  ];
  if (skippedCount > 0) lines.push(`done before: ${skippedCount} places`);
  if (manifestPath !== null) lines.push(`manifest: ${manifestPath}`);
  for (const { index, model, message } of failures.slice(0, 10)) {
    lines.push(`failed: place ${index}, ${model}: ${message}`);
  }
  if (failureCount > 10) lines.push(`and ${failureCount - 10} more failures, see the manifest`);
  if (failureCount > 0) lines.push("to try them again: the same command with --resume");
  return `${lines.join("\n")}\n`;
}

/** Hours, minutes or seconds. */
function formatTime(seconds: number): string {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} h`;
  if (seconds >= 90) return `${(seconds / 60).toFixed(1)} min`;
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/** What an export would cost, for people. */
export function planText(plan: ExportPlan): string {
  const { places, backend, fetchesPerPlace, framesPerPlace } = plan;
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const perPlace = `${count(fetchesPerPlace, "fetch").replace("fetchs", "fetches")} of ${
    count(framesPerPlace, "frame")
  }`;
  const lines = [
    `${places ?? "?"} places, ${plan.models.join(", ")}, imagery from ${backend}, to ${plan.path}`,
    `a place: ${perPlace}, ${formatBytes(plan.imageryBytesPerPlace)} of imagery in ${
      formatTime(plan.fetchS)
    }; models ${formatTime(plan.inferS)}`,
    ...(places === null ? [] : [`all: ${places * fetchesPerPlace} fetches`]),
    `disk before compression: ${
      plan.diskBytes === null
        ? `${formatBytes(plan.diskBytesPerPlace)} a place`
        : formatBytes(plan.diskBytes)
    }`,
    ...(plan.estimatedS === null ? [] : [`time: about ${formatTime(plan.estimatedS)}`]),
    `by ${count(plan.sampled, "place")} tried out; nothing was written`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const out = args.text("out");
  if (out === undefined) throw usageError("Cannot export: --out PATH is missing", "out");
  const layout = args.choice("layout", ["combined", "per_item"]) ?? layoutOf(args);
  const models = modelsOf(args);
  const fetch = fetchOf(args);
  const temporal = temporalOf(args);
  const output = outputOf(args);
  const knobs = knobsOf(args);
  const places = await findPlaces(args, () => openSources(args), { signal: io.signal });
  const target: ExportTarget = layout === "combined"
    ? {
      layout,
      path: out,
      names: places.some(({ name }) => name !== null) ? labelsOf(places) : null,
    }
    : { layout, dir: out, names: namesOf(places) };
  const runtime = runtimeOf(args);
  const progress = progressLine(io, { quiet: args.has("quiet") });
  try {
    const request = {
      ...knobs,
      spatials: places.map(({ spatial }) => spatial),
      temporal,
      models,
      target,
      output,
    };
    const options = {
      backend: args.text("backend") ?? "auto",
      settings: settingsOf(args),
      runtime,
      inputPrep: inputPrepOf(args),
      signal: io.signal,
      onProgress: progress.update,
      ...(fetch ? { fetch } : {}),
    };
    if (args.has("plan")) {
      const plan = await planExport(request, options);
      progress.clear();
      io.out(args.has("json") ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan));
      return exitCodes.ok;
    }
    const report = await exportBatch(request, options);
    progress.clear();
    io.out(args.has("json") ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.status === "ok"
      ? exitCodes.ok
      : report.status === "partial"
      ? exitCodes.partial
      : exitCodes.failed;
  } finally {
    progress.clear();
    await runtime[Symbol.asyncDispose]();
  }
}
