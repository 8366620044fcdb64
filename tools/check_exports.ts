/**
 * What people can import: every entry point exists and loads, says what it is, and gives exactly the names of
 * the last snapshot. `--update` takes a new one.
 *
 * @module
 */

import {
  type DocModule,
  entriesOf,
  type Member,
  readDocs,
  readMembers,
  report,
  root,
} from "./workspace.ts";

/** One entry point, as documented and as loaded. */
export interface Entry {
  /** What people write to import it. */
  readonly specifier: string;
  readonly doc: DocModule;
  /** Names that the loaded module has. */
  readonly loaded: readonly string[];
}

/** Public names by entry point; types are marked. */
export type Snapshot = Readonly<Record<string, readonly string[]>>;

function isValue(kind: string): boolean {
  return kind !== "interface" && kind !== "typeAlias";
}

/** The public names of entry points, sorted. */
export function snapshotOf(entries: readonly Entry[]): Snapshot {
  return Object.fromEntries(
    entries.map(({ specifier, doc }) => [
      specifier,
      doc.symbols
        .map(({ name, declarations }) =>
          declarations.some(({ kind }) => isValue(kind)) ? name : `type ${name}`
        )
        .sort(),
    ]),
  );
}

/** What is wrong with the entry points. */
export function exportProblems(entries: readonly Entry[], expected: Snapshot): string[] {
  const problems: string[] = [];
  for (const { specifier, doc, loaded } of entries) {
    if (!doc.module_doc?.doc?.trim()) problems.push(`${specifier}: no comment with @module`);
    const values = new Set(
      doc.symbols.filter(({ declarations }) => declarations.some(({ kind }) => isValue(kind)))
        .map(({ name }) => name),
    );
    for (const name of loaded) {
      if (name === "default") problems.push(`${specifier}: a default export, names are wanted`);
      else if (!values.has(name)) {
        problems.push(`${specifier}: "${name}" is loaded, but not documented`);
      }
    }
    for (const name of values) {
      if (!loaded.includes(name)) {
        problems.push(`${specifier}: "${name}" is documented, but not loaded`);
      }
    }
    if (doc.symbols.length === 0) problems.push(`${specifier}: exports nothing`);
  }
  const actual = snapshotOf(entries);
  for (const specifier of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const [now, then] = [actual[specifier], expected[specifier]];
    if (!then) problems.push(`${specifier}: a new entry point, not in the snapshot`);
    else if (!now) problems.push(`${specifier}: in the snapshot, but no entry point`);
    else {
      const added = now.filter((name) => !then.includes(name));
      const gone = then.filter((name) => !now.includes(name));
      if (added.length > 0) problems.push(`${specifier}: not in the snapshot: ${added.join(", ")}`);
      if (gone.length > 0) problems.push(`${specifier}: gone: ${gone.join(", ")}`);
    }
  }
  return problems;
}

/** What is wrong with the files that a package's `exports` name. */
export function entryFileProblems(member: Member, exists: (path: string) => boolean): string[] {
  const problems: string[] = [];
  if (!Object.hasOwn(member.exports, ".")) problems.push(`${member.name}: no export "."`);
  for (const { specifier, path } of entriesOf(member)) {
    const subpath = specifier.slice(member.name.length);
    if (!/^(\/[a-z0-9-]+)*$/.test(subpath)) {
      problems.push(`${specifier}: "${subpath}" is not kebab-case`);
    }
    if (!exists(path)) problems.push(`${specifier}: there is no ${path}`);
  }
  return problems;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(root + path).isFile;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const snapshotPath = `${root}tools/public_api.snap.json`;
  const members = readMembers();
  const problems = members.flatMap((member) => entryFileProblems(member, isFile));
  const targets = members.flatMap(entriesOf).filter(({ path }) => isFile(path));
  const docs = await readDocs(targets.map(({ path }) => path));
  const entries: Entry[] = [];
  for (const { specifier, path } of targets) {
    try {
      const loaded = Object.keys(await import(specifier));
      entries.push({ specifier, doc: docs[path]!, loaded });
    } catch (error) {
      problems.push(`${specifier}: cannot be loaded: ${error}`);
    }
  }
  if (Deno.args.includes("--update")) {
    Deno.writeTextFileSync(snapshotPath, `${JSON.stringify(snapshotOf(entries), null, 2)}\n`);
  }
  const expected = JSON.parse(Deno.readTextFileSync(snapshotPath)) as Snapshot;
  report("exports", [...problems, ...exportProblems(entries, expected)]);
}
