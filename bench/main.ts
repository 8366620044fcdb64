/**
 * Speed in one run: inference beside a plain matrix product, preparation beside inference, start of the
 * command line, and the writers beside a plain file.
 *
 * Usage: deno task bench [MODEL ...]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { inferenceFigures } from "./inference.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

function row(cells: readonly string[], widths: readonly number[]): string {
  return cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join(
    "  ",
  );
}

/** Median time of a command, milliseconds. */
function startTime(args: readonly string[]): number {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    spawnSync(process.execPath, ["run", "-A", "--quiet", ...args], { cwd: root });
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[3]!;
}

console.log("Inference, random weights, CPU");
const widths = [28, 10, 10, 16, 20];
console.log(row(["model", "GFLOP", "places/s", "of matrix peak", "prepare / inference"], widths));
for await (const figure of inferenceFigures(Deno.args)) {
  const { subject, operations, placesPerSecond, shareOfPeak, prepareShare } = figure;
  console.log(row([
    subject,
    operations.toFixed(operations < 10 ? 1 : 0),
    placesPerSecond.toPrecision(2),
    percent(shareOfPeak),
    percent(prepareShare),
  ], widths));
}
if (Deno.args.length > 0) Deno.exit(0);

console.log("\nStart of the command line, median of 7");
console.log(`rsembed --help        ${startTime(["packages/cli/main.ts", "--help"]).toFixed(0)} ms`);
console.log(
  `rsembed models list   ${startTime(["packages/cli/main.ts", "models", "list"]).toFixed(0)} ms`,
);
console.log(
  "\nWriters: deno run -A bench/npz_bench.ts; the synthetic world: deno bench -A bench/synthetic_bench.ts",
);
process.exit(0);
