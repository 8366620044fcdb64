/**
 * `rsembed verify`
 *
 * @module
 */

import { verifyExport } from "@rsembed/pipelines";
import type { Arguments } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const found = await verifyExport(args.positionals[0]!, { signal: io.signal });
  const { ok, status, itemCount, valueCount, checksumCount, problems, problemCount } = found;
  if (args.has("json")) {
    io.out(`${JSON.stringify(found, null, 2)}\n`);
  } else {
    const lines = [
      `${
        ok ? "whole" : "not whole"
      }: ${itemCount} places (${status}), ${valueCount} values read, ` +
      `${checksumCount} checksums agree`,
      ...problems,
    ];
    if (problemCount > problems.length) lines.push(`and ${problemCount - problems.length} more`);
    io.out(`${lines.join("\n")}\n`);
  }
  return ok ? exitCodes.ok : exitCodes.failed;
}
