/**
 * What would be published: `deno publish --dry-run` passes, nothing that only tests use goes along, and each
 * package stays small.
 *
 * @module
 */

import { report, root, runDeno } from "./workspace.ts";

const maxPackageBytes = 2_000_000;

const unitBytes: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** What is wrong with the files that a dry run lists. */
export function publishProblems(output: string): string[] {
  const problems: string[] = [];
  const sizes = new Map<string, number>();
  let name: string | null = null;
  for (const line of output.split("\n")) {
    const started = /Simulating publish of (\S+)@\S+ with files:/.exec(line);
    if (started) {
      name = started[1]!;
      sizes.set(name, 0);
      continue;
    }
    const file = /^\s+file:\/\/(.+) \(([\d.]+)(B|KB|MB|GB)\)$/.exec(line);
    if (!file || name === null) continue;
    const [, path, amount, unit] = file as unknown as [string, string, string, string];
    sizes.set(name, sizes.get(name)! + Number(amount) * unitBytes[unit]!);
    if (
      /(_test|_bench)\.ts$|\/(testdata|_suite|fixtures)\/|\/_?fixtures\.ts$|\/golden\.ts$/.test(
        path,
      )
    ) {
      problems.push(`${name}: would publish ${path.replace(root, "")}, which only tests use`);
    }
    if (!/\.(ts|json|md|wasm)$|\/LICENSE$/.test(path)) {
      problems.push(`${name}: would publish ${path.replace(root, "")}, which is no source`);
    }
  }
  if (sizes.size === 0) problems.push("the dry run lists no package");
  for (const [name, sizeBytes] of sizes) {
    if (sizeBytes > maxPackageBytes) problems.push(`${name}: ${sizeBytes} bytes in all`);
  }
  return problems;
}

if (import.meta.main) {
  const { ok, stdout, stderr } = await runDeno(["publish", "--dry-run", "--allow-dirty"]);
  const output = `${stdout}${stderr}`;
  report("publish", ok ? publishProblems(output) : [output.trimEnd()]);
}
