/**
 * Runs the unit tests of the libraries in Node and in Bun, on the same compiled code that npm would get. Ends with
 * `other runtimes: N passed, M failed`.
 *
 * The tests run from copies beside the installed packages, so that every package is there twice, as npm may do it.
 *
 * @module
 */

import { mapPool } from "@rsembed/core";
import { packAll } from "./pack.ts";
import { bun, installPacked } from "./pack_install.ts";
import { listFilesUnder, run } from "./process.ts";
import { readMembers } from "./workspace.ts";

/** Passed and failed tests, as a runner counts them; a runner that dies counts as one failure. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Reads the last counts that `node --test` (TAP) or `bun test` print. */
export function countsOf(output: string, ok: boolean): Counts {
  const last = (pattern: RegExp): number => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const passed = last(/^# pass (\d+)$/gm) + last(/^ *(\d+) pass$/gm);
  const failed = last(/^# fail (\d+)$/gm) + last(/^ *(\d+) fail$/gm);
  return { passed, failed: failed === 0 && !ok ? 1 : failed };
}

// Its tests read its sources and start it as a program of Deno; pack_check.ts runs it in the others.
const leftOut = new Set(["@rsembed/cli"]);

if (import.meta.main) {
  const folder = Deno.makeTempDirSync({ prefix: "rsembed-tests-" });
  const total = { passed: 0, failed: 0 };
  const add = (name: string, { passed, failed }: Counts, output: string): void => {
    total.passed += passed;
    total.failed += failed;
    if (failed === 0) return;
    console.log(`FAILED ${name}`);
    console.log(output.trimEnd());
  };
  try {
    const installed = await installPacked(folder);
    if (!installed.ok) throw new Error(installed.stderr);
    const archives = await packAll(Deno.makeTempDirSync({ dir: folder }), { withTests: true });
    for (const { name, folder: member } of readMembers()) {
      if (leftOut.has(name)) continue;
      // as in the checkout: tests find what they share by its path
      const target = `${folder}/test/${member}`;
      Deno.mkdirSync(target, { recursive: true });
      const unpacked = await run(["tar", "xzf", archives[name]!, "--strip-components=1"], target);
      if (!unpacked.ok) throw new Error(unpacked.stderr);
    }
    const files = [...listFilesUnder(`${folder}/test`)].filter((path) => path.endsWith("_test.js"))
      .map((path) => `.${path.slice(folder.length)}`).sort();

    const node = await run(["node", "--test", "--test-reporter=tap", ...files], folder);
    const problems = node.stdout.split(/^(?=# Subtest: )/m)
      .filter((part) => /^not ok /m.test(part)).join("");
    add("node", countsOf(node.stdout, node.ok), problems || node.stderr);

    // One process a file: a crash of the runtime then loses the tests of one file only.
    const program = (await run(["npx", "-y", bun, "-e", "console.log(process.execPath)"], folder))
      .stdout.trim();
    const concurrency = navigator.hardwareConcurrency;
    const test = (file: string) => run([program, "test", "--timeout", "120000", file], folder);
    let at = 0;
    for await (const ran of mapPool(files, test, { concurrency })) {
      const output = `${ran.stdout}${ran.stderr}`;
      add(`bun ${files[at++]}`, countsOf(output, ran.ok), output);
    }
  } catch (error) {
    add("packing", { passed: 0, failed: 1 }, String(error));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  console.log(`other runtimes: ${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) Deno.exitCode = 1;
}
