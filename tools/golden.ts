/**
 * Holds model families against reference cases of their upstreams.
 *
 * Usage: deno task golden [--skip-unsupported] [folder...]
 *
 * A folder is a case, or holds some. Without one, all cases of all families are run. Prints for every array
 * the largest absolute and relative error and the share of the tolerance used; exits with 1 where one
 * exceeds it, is missing, or belongs to nothing that the family gives, and with 2 for unknown options.
 *
 * @module
 */

import { errorMessage } from "@rsembed/core";
import process from "node:process";
import { parseArgs } from "node:util";
import { casesIn, familyCases } from "../packages/embedders/_suite/golden_folders.ts";
import {
  type GoldenReport,
  type GoldenResult,
  passes,
  runGolden,
} from "../packages/embedders/_suite/golden_run.ts";
import { goldenTools } from "../packages/embedders/_suite/golden_tools.ts";

function line({ stage, name, distance, problem }: GoldenResult): string {
  const label = `  ${stage.padEnd(8)}${name.padEnd(28)}`;
  if (distance === null) return `${label}FAILED: ${problem}`;
  const { maxAbsError, maxRelError, toleranceUsed } = distance;
  const share = `${(100 * toleranceUsed).toFixed(1)} %`;
  return `${label}abs ${maxAbsError.toExponential(2)}  rel ${maxRelError.toExponential(2)}  ` +
    `tolerance used ${share}${toleranceUsed <= 1 ? "" : "  FAILED"}`;
}

function print(report: GoldenReport, folder: string): void {
  console.log(`${report.family} ${report.name} (${folder})`);
  if (report.unsupported !== null) console.log(`  unsupported: ${report.unsupported}`);
  for (const result of report.results) console.log(line(result));
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { "skip-unsupported": { type: "boolean", default: false } },
    allowPositionals: true,
  });
  let failed = 0;
  const folders: string[] = [];
  for (const folder of positionals) {
    const found = casesIn(folder);
    if (found.length === 0) {
      console.log(`${folder}\n  FAILED: it is no case and holds none`);
      failed++;
    }
    folders.push(...found);
  }
  if (positionals.length === 0) {
    const shared = familyCases("shared");
    const all = shared.length > 0 ? shared : familyCases("testdata");
    console.log(`cases from ${shared.length > 0 ? "../shared/goldens" : "the families' testdata"}`);
    folders.push(...all.flatMap((cases) => cases.folders));
  }
  let [passed, skipped] = [0, 0];
  for (const folder of folders) {
    try {
      const report = await runGolden(folder, goldenTools);
      print(report, folder);
      if (passes(report)) passed++;
      else if (report.unsupported !== null && values["skip-unsupported"]) skipped++;
      else failed++;
    } catch (error) {
      console.log(`${folder}\n  FAILED: ${errorMessage(error)}`);
      failed++;
    }
  }
  console.log(`golden: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || folders.length === 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 2;
}
