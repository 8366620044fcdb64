/**
 * Packs the packages for npm, installs them into an empty folder, and there imports every entry point, computes an
 * embedding and runs the command line tool in Node, Bun and Deno. Ends with `pack check: N passed, M failed`.
 *
 * @module
 */

import type { Snapshot } from "./check_exports.ts";
import { bun, installPacked } from "./pack_install.ts";
import { type Ran, run } from "./process.ts";
import { entriesOf, readConfig, readMembers, root } from "./workspace.ts";

/** Ways to run a script, in a folder with the packages installed. */
const runtimes: Readonly<Record<string, readonly string[]>> = {
  node: ["node"],
  bun: ["npx", "-y", bun, "--no-install"],
  deno: [Deno.execPath(), "run", "-A", "--node-modules-dir=manual"],
};

let passed = 0;
let failed = 0;

function count(name: string, problem: string | null): void {
  if (problem === null) {
    passed++;
    console.log(`ok ${name}`);
  } else {
    failed++;
    console.log(`FAILED ${name}: ${problem}`);
  }
}

function firstLines({ stdout, stderr }: Ran): string {
  return `${stderr}${stdout}`.trim().split("\n").slice(0, 12).join("\n");
}

async function checkImports(
  runtime: string,
  specifiers: readonly string[],
  expected: Snapshot,
  folder: string,
): Promise<void> {
  const ran = await run([...runtimes[runtime]!, "imports.mjs", ...specifiers], folder);
  const lines = ran.stdout.split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { specifier: string; names?: number; error?: string });
  for (const specifier of specifiers) {
    const line = lines.find((line) => line.specifier === specifier);
    const wanted = (expected[specifier] ?? []).filter((name) => !name.startsWith("type ")).length;
    count(
      `${runtime}: import ${specifier}`,
      line === undefined
        ? firstLines(ran)
        : line.error ?? (line.names === wanted ? null : `${line.names} names, not ${wanted}`),
    );
  }
}

/** What is wrong with an embedding beside that of the checkout, or `null`. */
function embeddingProblem(ran: Ran, expected: readonly number[] | null): string | null {
  const line = ran.stdout.split("\n").find((line) => line.startsWith("{"));
  if (!ran.ok || line === undefined) return firstLines(ran);
  if (expected === null) return "the checkout itself gave none to compare with";
  const { values } = JSON.parse(line) as { values: number[] };
  if (values.length !== expected.length) return `${values.length} values, not ${expected.length}`;
  const error = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
  const scale = Math.max(...expected.map(Math.abs));
  return error <= 1e-5 * scale ? null : `differs from the checkout by ${error} of ${scale}`;
}

async function checkTypes(specifiers: readonly string[], folder: string): Promise<void> {
  const imports = specifiers.map((specifier, i) => `import * as m${i} from "${specifier}";`);
  const uses = specifiers.map((_, i) => `m${i}`).join(", ");
  Deno.writeTextFileSync(`${folder}/types.ts`, `${imports.join("\n")}\nconsole.log(${uses});\n`);
  const ran = await run(
    [Deno.execPath(), "check", "--node-modules-dir=manual", "types.ts"],
    folder,
  );
  count("types of every entry point", ran.ok ? null : firstLines(ran));
}

const members = readMembers();
const specifiers = members.flatMap(entriesOf).map(({ specifier }) => specifier);
const snapshot = JSON.parse(
  Deno.readTextFileSync(`${root}tools/public_api.snap.json`),
) as Snapshot;
const version = readConfig(`${root}packages/cli/deno.json`).version!;

const folder = Deno.makeTempDirSync({ prefix: "rsembed-installed-" });
try {
  for (const { name } of Deno.readDirSync(`${root}tools/pack_probe`)) {
    Deno.copyFileSync(`${root}tools/pack_probe/${name}`, `${folder}/${name}`);
  }
  const installed = await installPacked(folder);
  count("npm install of the packed packages", installed.ok ? null : firstLines(installed));
  if (installed.ok) {
    const here = await run([Deno.execPath(), "run", "-A", "tools/pack_probe/embedding.mjs"], root);
    const expected = here.ok ? (JSON.parse(here.stdout) as { values: number[] }).values : null;
    for (const [runtime, command] of Object.entries(runtimes)) {
      await checkImports(runtime, specifiers, snapshot, folder);
      const embedded = await run([...command, "embedding.mjs"], folder);
      count(
        `${runtime}: an embedding equal to the checkout's`,
        embeddingProblem(embedded, expected),
      );
      const main = "node_modules/@rsembed/cli/main.js";
      for (
        const [flag, pattern] of [["--help", /rsembed export/], ["--version", version]] as const
      ) {
        const ran = await run([...command, main, flag], folder);
        count(
          `${runtime}: rsembed ${flag}`,
          ran.ok && ran.stdout.search(pattern) >= 0 ? null : firstLines(ran),
        );
      }
    }
    const bin = await run(["node_modules/.bin/rsembed", "--version"], folder);
    count("rsembed as npm links it", bin.stdout.trim() === version ? null : firstLines(bin));
    await checkTypes(specifiers, folder);
  }
} catch (error) {
  count("packing", error instanceof Error ? error.message : String(error));
} finally {
  Deno.removeSync(folder, { recursive: true });
}
console.log(`pack check: ${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exitCode = 1;
