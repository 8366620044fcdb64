/**
 * Runs every rule of the project but the tests, one after another, and says which of them fail.
 *
 * @module
 */

import { entriesOf, readMembers, runDeno } from "./workspace.ts";

const entries = readMembers().flatMap(entriesOf).map(({ path }) => path);

const rules: Readonly<Record<string, readonly string[]>> = {
  "format": ["fmt", "--check"],
  "lint, imports": ["lint"],
  "types, lock file": ["check", "--frozen"],
  "documentation": ["doc", "--lint", ...entries],
  "exports": ["run", "-A", "tools/check_exports.ts"],
  "versions": ["run", "-A", "tools/check_versions.ts"],
  "docs": ["run", "-A", "tools/check_docs.ts"],
  "readme tables": ["run", "-A", "tools/check_readme.ts"],
  "files": ["run", "-A", "tools/check_files.ts"],
  "publish": ["run", "-A", "tools/check_publish.ts"],
};

let failed = 0;
for (const [name, args] of Object.entries(rules)) {
  const startMs = performance.now();
  const { ok, stdout, stderr } = await runDeno(args);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  if (ok) {
    console.log(`rule ${name} ... ok (${seconds} s)`);
    continue;
  }
  failed++;
  console.log(`rule ${name} ... FAILED (${seconds} s): deno ${args.join(" ")}`);
  console.log(`${stdout}${stderr}`.trimEnd());
}
console.log(`rules: ${Object.keys(rules).length - failed} passed, ${failed} failed`);
if (failed > 0) Deno.exitCode = 1;
