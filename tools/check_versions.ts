/**
 * All packages carry one version, outside packages are pinned once, and one Deno is named everywhere.
 *
 * @module
 */

import { type Config, listFiles, readConfig, readMembers, report, root } from "./workspace.ts";

/** What the check reads. */
export interface Versions {
  readonly root: Config;
  readonly members: readonly Config[];
  /** The pinned version of Deno. */
  readonly deno: string;
  /** The version of the Deno that runs. */
  readonly running: string;
  readonly changelog: string;
  /** Texts that may name a version of Deno, by file. */
  readonly texts: Readonly<Record<string, string>>;
  /** Sources that may name the version of the packages, by file. */
  readonly sources: Readonly<Record<string, string>>;
}

const exact = /^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/i;

/** What is wrong with the versions. */
export function versionProblems(versions: Versions): string[] {
  const problems: string[] = [];
  const [first, ...others] = versions.members;
  const version = first?.version ?? "";
  if (!exact.test(version)) problems.push(`${first?.name}: version "${version}" is no x.y.z`);
  for (const { name, version: other } of others) {
    if (other !== version) problems.push(`${name}: version ${other} is not ${version}`);
  }
  for (const { name, imports } of versions.members) {
    if (imports) problems.push(`${name}: imports stand in the root's deno.json, each version once`);
  }
  for (const [alias, target] of Object.entries(versions.root.imports ?? {})) {
    const [, kind, name, range] = /^(npm|jsr):(@?[^@]+)@(.+)$/.exec(target) ?? [];
    if (kind === undefined) problems.push(`import "${alias}": "${target}" names no version`);
    else if (kind === "npm" && !exact.test(range!)) {
      problems.push(`import "${alias}": pin ${target}`);
    } else if (kind === "jsr" && !name!.startsWith("@std/")) {
      problems.push(`import "${alias}": only @std comes from JSR`);
    }
  }
  if (!versions.changelog.includes(`\n## ${version}`)) {
    problems.push(`CHANGELOG.md: no heading "## ${version}"`);
  }
  if (versions.running !== versions.deno) {
    problems.push(`.deno-version: ${versions.deno} is pinned, ${versions.running} runs`);
  }
  for (const [file, text] of Object.entries(versions.texts)) {
    for (const [, named] of text.matchAll(/\bdeno@(\d[\w.-]*)/g)) {
      if (named !== versions.deno) {
        problems.push(`${file}: names deno ${named}, not ${versions.deno}`);
      }
    }
  }
  for (const [file, text] of Object.entries(versions.sources)) {
    for (const [, named] of text.matchAll(/\bversion(?:: string)? = "(\d+\.\d+\.\d+[^"]*)"/gi)) {
      if (named !== version) problems.push(`${file}: names version ${named}, not ${version}`);
    }
  }
  return problems;
}

if (import.meta.main) {
  const read = (path: string): string => Deno.readTextFileSync(root + path);
  const readAll = (paths: readonly string[]): Record<string, string> =>
    Object.fromEntries(paths.map((path) => [path, read(path)]));
  const members = readMembers();
  report(
    "versions",
    versionProblems({
      root: readConfig(`${root}deno.json`),
      members: members.map(({ config }) => config),
      deno: read(".deno-version").trim(),
      running: Deno.version.deno,
      changelog: read("CHANGELOG.md"),
      texts: readAll(["README.md", "CONTRIBUTING.md", ".ci/run"]),
      sources: readAll(
        members.flatMap(({ folder }) => [...listFiles(folder)])
          .filter((path) => path.endsWith(".ts") && !path.endsWith("_test.ts")),
      ),
    }),
  );
}
