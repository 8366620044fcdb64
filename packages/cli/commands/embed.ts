/**
 * `rsembed embed`
 *
 * @module
 */

import { type Embedding, errorMessage, isRsembedError } from "@rsembed/core";
import { getEmbeddingsBatch } from "@rsembed/pipelines";
import { type Arguments, usageError } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { findPlaces, type Place } from "../places.ts";
import { progressLine } from "../progress.ts";
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

function nameOf(place: Place, index: number): string {
  return place.name ?? `place ${index}`;
}

/** One embedding in a line, for people. */
function summary(name: string, { data, meta }: Embedding): string {
  const first = Array.from(data.data.subarray(0, 4), (value) => value.toPrecision(5)).join(" ");
  const more = data.data.length > 4 ? " ..." : "";
  return `${name}: ${meta.model} (${data.shape.join(", ")}) ${first}${more}\n`;
}

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const [model, ...others] = modelsOf(args);
  if (others.length > 0) throw usageError("Cannot embed with several models: export does", "model");
  const output = outputOf(args);
  const temporal = temporalOf(args);
  const fetch = fetchOf(args);
  const places = await findPlaces(args, () => openSources(args), { signal: io.signal });
  const runtime = runtimeOf(args);
  const progress = progressLine(io, { quiet: args.has("quiet") });
  let failed = 0;
  try {
    const requests = places.map(({ spatial }) => ({ spatial, temporal, output }));
    const results = getEmbeddingsBatch(model!, requests, {
      backend: args.text("backend") ?? "auto",
      settings: settingsOf(args),
      runtime,
      inputPrep: inputPrepOf(args),
      signal: io.signal,
      onProgress: progress.update,
      ...(fetch ? { fetch } : {}),
    });
    for await (const result of results) {
      progress.clear();
      const place = places[result.index]!;
      if (!result.ok) {
        failed++;
        const code = isRsembedError(result.error) ? ` (${result.error.code})` : "";
        io.err(`rsembed: ${nameOf(place, result.index)}: ${errorMessage(result.error)}${code}\n`);
      } else if (args.has("json")) {
        const { data, meta, grid } = result.embedding;
        const line = {
          name: place.name,
          shape: data.shape,
          data: Array.from(data.data),
          grid,
          meta,
        };
        io.out(`${JSON.stringify(line)}\n`);
      } else {
        io.out(summary(nameOf(place, result.index), result.embedding));
      }
    }
  } finally {
    progress.clear();
    await runtime[Symbol.asyncDispose]();
  }
  if (failed === 0) return exitCodes.ok;
  return failed === places.length ? exitCodes.failed : exitCodes.partial;
}
