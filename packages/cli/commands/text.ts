/**
 * `rsembed text`
 *
 * @module
 */

import { parseModelRequest } from "@rsembed/core";
import { embedTexts } from "@rsembed/pipelines";
import type { Arguments } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { progressLine } from "../progress.ts";
import { runtimeOf } from "../setup.ts";

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const model = parseModelRequest(args.text("model") ?? "remoteclip");
  const weights = args.text("weights");
  const runtime = runtimeOf(args);
  const progress = progressLine(io, { quiet: args.has("quiet") });
  try {
    const { data, shape: [, dim] } = await embedTexts(
      weights === undefined ? model : { ...model, weights },
      args.positionals,
      { runtime, normalize: !args.has("raw"), signal: io.signal, onProgress: progress.update },
    );
    progress.clear();
    for (const [i, text] of args.positionals.entries()) {
      const vector = Array.from(data.subarray(i * dim, (i + 1) * dim));
      if (args.has("json")) {
        io.out(`${JSON.stringify({ text, model: model.name, data: vector })}\n`);
      } else {
        const first = vector.slice(0, 4).map((value) => value.toPrecision(5)).join(" ");
        io.out(`${text}: ${model.name} (${dim}) ${first} ...\n`);
      }
    }
    return exitCodes.ok;
  } finally {
    progress.clear();
    await runtime[Symbol.asyncDispose]();
  }
}
