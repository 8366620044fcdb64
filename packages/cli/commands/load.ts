/**
 * `rsembed load`
 *
 * @module
 */

import { loadExport } from "@rsembed/pipelines";
import type { Arguments } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const options = { signal: io.signal };
  const opened = await loadExport(args.positionals[0]!, options);
  try {
    const models = [];
    for (const model of Object.values(opened.models)) {
      models.push({
        name: model.name,
        status: model.status,
        error: model.error,
        embeddings: await model.shapeOf("embedding", options),
        inputs: await model.shapeOf("input", options),
      });
    }
    const { layout, status, itemCount, temporal } = opened;
    if (args.has("json")) {
      io.out(`${JSON.stringify({ layout, status, itemCount, temporal, models }, null, 2)}\n`);
      return exitCodes.ok;
    }
    const window = temporal ? `, ${temporal.start}/${temporal.end}` : "";
    io.out(`${layout} export of ${itemCount} places, ${status}${window}\n`);
    for (const { name, status, embeddings, inputs, error } of models) {
      const shape = (sides: readonly number[] | null) => sides ? `(${sides.join(", ")})` : "none";
      io.out(
        `  ${name}: ${status}, embeddings ${shape(embeddings)}, inputs ${shape(inputs)}${
          error ? `; ${error}` : ""
        }\n`,
      );
    }
    return exitCodes.ok;
  } finally {
    await opened[Symbol.asyncDispose]();
  }
}
