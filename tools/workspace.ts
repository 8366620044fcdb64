/**
 * What the tools know of the workspace: its packages, its files, its documentation.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** Root of the checkout, with a trailing separator. */
export const root: string = fileURLToPath(new URL("../", import.meta.url));

/** The parts of a `deno.json` that the tools read. */
export interface Config {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly exports?: string | Readonly<Record<string, string>>;
  readonly imports?: Readonly<Record<string, string>>;
  readonly workspace?: readonly string[];
}

/** A package of the workspace. */
export interface Member {
  /** Folder, relative to the root. */
  readonly folder: string;
  readonly name: string;
  readonly config: Config;
  /** Files by subpath, `"."` for the package itself. */
  readonly exports: Readonly<Record<string, string>>;
}

/** Reads a `deno.json`. */
export function readConfig(path: string): Config {
  return JSON.parse(Deno.readTextFileSync(path)) as Config;
}

/** The packages of the workspace, in the order of the root's list. */
export function readMembers(): Member[] {
  return (readConfig(`${root}deno.json`).workspace ?? []).map((entry) => {
    const folder = entry.replace(/^\.\//, "");
    const config = readConfig(`${root}${folder}/deno.json`);
    const exports = typeof config.exports === "string"
      ? { ".": config.exports }
      : config.exports ?? {};
    return { folder, name: config.name ?? folder, config, exports };
  });
}

/** The entry points of a package: names that people import, and paths relative to the root. */
export function entriesOf(member: Member): { readonly specifier: string; readonly path: string }[] {
  return Object.entries(member.exports).map(([subpath, file]) => ({
    specifier: member.name + subpath.slice(1),
    path: `${member.folder}/${file.replace(/^\.\//, "")}`,
  }));
}

const ignored = new Set([".git", "node_modules", "dist", "out", "tmp"]);

/** The files of the checkout, relative to the root, without build products. */
export function* listFiles(folder = ""): Generator<string> {
  const entries = [...Deno.readDirSync(root + folder)]
    .sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (ignored.has(entry.name) || entry.name.includes(".tmp-") || path === "bench/results") {
      continue;
    }
    if (entry.isDirectory) yield* listFiles(path);
    else if (entry.isFile) yield path;
  }
}

/** Runs this deno with arguments, in the root. */
export async function runDeno(
  args: readonly string[],
): Promise<{ readonly ok: boolean; readonly stdout: string; readonly stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { ok: success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What is documented of one exported name. */
export interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly declarationKind?: string;
    readonly jsDoc?: { readonly doc?: string };
  }[];
}

/** What is documented of one entry point. */
export interface DocModule {
  readonly module_doc?: { readonly doc?: string };
  readonly symbols: readonly DocSymbol[];
}

/**
 * The documentation of files, by path relative to the root.
 *
 * @throws {Error} If a file or what it imports does not resolve
 */
export async function readDocs(paths: readonly string[]): Promise<Record<string, DocModule>> {
  const docs: Record<string, DocModule> = {};
  for (const path of paths) {
    // One file a run: in a run of many, a name that two of them export is a mere reference in the second.
    const { ok, stdout, stderr } = await runDeno(["doc", "--json", path]);
    if (!ok) throw new Error(`Cannot read the documentation of "${path}": ${stderr}`);
    const { nodes } = JSON.parse(stdout) as { nodes: Record<string, DocModule> };
    docs[path] = Object.values(nodes)[0]!;
  }
  return docs;
}

/** Prints the problems that a check found, and sets the exit code. */
export function report(check: string, problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  console.log(`${check}: ${problems.length === 0 ? "ok" : `${problems.length} problems`}`);
  if (problems.length > 0) Deno.exitCode = 1;
}
