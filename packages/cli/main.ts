#!/usr/bin/env -S deno run -A
/**
 * The program: arguments in, exit code out.
 *
 * @module
 */

import process from "node:process";
import { exitCodes } from "./exit_codes.ts";
import { Interrupt, type Io } from "./io.ts";
import { main } from "./mod.ts";

const controller = new AbortController();

function stop(signal: "SIGINT" | "SIGTERM"): void {
  const exitCode = signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
  if (controller.signal.aborted) process.exit(exitCode); // asked twice: do not wait for the tidying up
  controller.abort(new Interrupt(`stopped by ${signal}`, exitCode));
}

process.on("SIGINT", () => stop("SIGINT"));
process.on("SIGTERM", () => stop("SIGTERM"));

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTty: process.stderr.isTTY === true,
  columns: process.stderr.columns || 80,
  signal: controller.signal,
};

const code = await main(process.argv.slice(2), io);
process.exitCode = code;
// workers and signal handlers are done with; what is written must still reach the pipe
process.stdout.write("", () => process.exit(code));
