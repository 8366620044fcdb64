/**
 * What people can read: a README with an example in each package, and a comment on each public name.
 *
 * @module
 */

import { type DocSymbol, entriesOf, readDocs, readMembers, report, root } from "./workspace.ts";

/** What is wrong with a package's README; `text` is `null` if there is none. */
export function readmeProblems(folder: string, name: string, text: string | null): string[] {
  if (text === null) return [`${folder}: no README.md`];
  const problems: string[] = [];
  if (!text.startsWith(`# ${name}\n`)) problems.push(`${folder}/README.md: must begin "# ${name}"`);
  const examples = [...text.matchAll(/^```(ts|typescript|sh|bash)\n([\s\S]*?)^```/gm)];
  if (!examples.some(([, , code]) => code!.includes(name) || code!.includes("rsembed"))) {
    problems.push(`${folder}/README.md: no example that uses ${name}`);
  }
  return problems;
}

/** What is wrong with the comments of the public names of a file. */
export function commentProblems(path: string, symbols: readonly DocSymbol[]): string[] {
  return symbols.flatMap(({ name, declarations }) => {
    const shown = declarations.filter(({ declarationKind }) => declarationKind !== "private");
    const documented = shown.some(({ jsDoc }) => jsDoc?.doc?.trim());
    return shown.length > 0 && !documented ? [`${path}: "${name}" has no comment`] : [];
  });
}

function readOrNull(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const members = readMembers();
  const docs = await readDocs(members.flatMap(entriesOf).map(({ path }) => path));
  report("docs", [
    ...members.flatMap(({ folder, name }) =>
      readmeProblems(folder, name, readOrNull(`${root}${folder}/README.md`))
    ),
    ...Object.entries(docs).flatMap(([path, { symbols }]) => commentProblems(path, symbols)),
  ]);
}
