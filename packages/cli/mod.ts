/**
 * The command line of rsembed, as a function.
 *
 * @example
 * ```ts
 * import { main } from "@rsembed/cli";
 * import assert from "node:assert/strict";
 *
 * let text = "";
 * const code = await main(["--version"], {
 *   out: (part) => text += part,
 *   err: () => {},
 *   isTty: false,
 *   columns: 80,
 *   signal: new AbortController().signal,
 * });
 * assert.equal(code, 0);
 * assert.match(text, /^\d+\.\d+\.\d+\n$/);
 * ```
 *
 * @module
 */

import { errorMessage, isRsembedError, nearest } from "@rsembed/core";
import { type Arguments, parseCommand, usageError } from "./args.ts";
import { type CommandDefinition, commands } from "./definitions.ts";
import { exitCodes } from "./exit_codes.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { Interrupt, type Io } from "./io.ts";

export { exitCodes } from "./exit_codes.ts";
export { Interrupt, type Io } from "./io.ts";

/** Version of the command line. */
export const version = "0.1.0";

/** A command's work: arguments in, exit code out. */
type CommandRun = (args: Arguments, io: Io) => Promise<number>;

/** Loads what a command needs, and nothing that other commands need. */
const implementations: Readonly<Record<string, () => Promise<{ readonly run: CommandRun }>>> = {
  export: () => import("./commands/export.ts"),
  embed: () => import("./commands/embed.ts"),
  text: () => import("./commands/text.ts"),
  inspect: () => import("./commands/inspect.ts"),
  models: () => import("./commands/models.ts"),
  load: () => import("./commands/load.ts"),
  verify: () => import("./commands/verify.ts"),
};

function findCommand(name: string): CommandDefinition {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const names = commands.map((command) => command.name);
  throw usageError(
    `Cannot run "${name}": the commands are ${names.join(", ")}`,
    "command",
    nearest(name, names),
  );
}

/** The option that gives what a request lacks, where its field has another name. */
const optionOfField: Readonly<Record<string, string>> = {
  backend: "--backend",
  bands: "--source-bands",
  date: "--source-date",
  temporal: "--time",
  sources: "--source",
};

function optionHint(error: unknown): string {
  const option = isRsembedError(error, "spec") ? optionOfField[error.facts.field] : undefined;
  return option ? `; the option is ${option}` : "";
}

/**
 * Runs one command line.
 *
 * @param args The arguments after the program's name
 * @returns The exit code, one of {@linkcode exitCodes}; errors are written to `io.err`
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args;
  try {
    if (first === undefined || first === "--help" || first === "-h" || first === "help") {
      const topic = first === "help" ? rest[0] : undefined;
      io.out(topic === undefined ? mainHelp(version) : commandHelp(findCommand(topic)));
      return first === undefined ? exitCodes.usage : exitCodes.ok;
    }
    if (first === "--version" || first === "-V") {
      io.out(`${version}\n`);
      return exitCodes.ok;
    }
    const command = findCommand(first);
    const parsed = parseCommand(command, rest);
    if (parsed.has("help")) {
      io.out(commandHelp(command));
      return exitCodes.ok;
    }
    const { run } = await implementations[command.name]!();
    return await run(parsed, io);
  } catch (error) {
    if (error instanceof Interrupt) {
      io.err(`rsembed: ${error.message}; nothing half-written was left behind\n`);
      return error.exitCode;
    }
    const where = isRsembedError(error) ? ` (${error.code})` : "";
    io.err(`rsembed: ${errorMessage(error)}${where}${optionHint(error)}\n`);
    const badRequest = isRsembedError(error, "spec") ||
      (isRsembedError(error, "not-found") && error.facts.nearest !== undefined);
    return badRequest ? exitCodes.usage : exitCodes.failed;
  }
}

// `deno run jsr:@rsembed/cli` names this module
if (import.meta.main) import("./main.ts");
