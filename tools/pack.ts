/**
 * Packs the packages for npm: `deno pack` does the most, and this mends what it leaves.
 *
 * - packages of the workspace and of JSR are missing from `dependencies`;
 * - modules reached by `new URL("./x.ts", import.meta.url)` only stay TypeScript, and their URLs too;
 * - there is no `bin`, no `engines`, no README and no licence;
 * - what only tests use is shipped as it is.
 *
 * @module
 */

import { listFilesUnder, run } from "./process.ts";
import { type Config, listFiles, type Member, readConfig, readMembers, root } from "./workspace.ts";

/** The parts of a `package.json` that are mended. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Subpath under which a module is packed that only a URL reaches; not in the finished package. */
const byUrl = "./_by-url/";

const ownUrl = /new URL\(((?:(?!new URL\()[\s\S]){0,300}?),\s*import\.meta\.url,?\s*\)/g;

/** The modules that a source reaches by URL, relative to it; a variable extension means a module. */
export function urlTargets(source: string): string[] {
  return [...source.matchAll(ownUrl)].flatMap(([, argument]) =>
    [...argument!.matchAll(/["'`](\.{1,2}\/[^"'`$]+)\.(?:ts|\$\{\w+\})["'`]/g)]
      .map(([, path]) => `${path}.ts`)
  );
}

/** Turns the URLs of modules into those of their compiled form. */
export function withCompiledUrls(code: string): string {
  return code.replace(ownUrl, (url) => url.replace(/\.ts(["'])/g, ".js$1"));
}

/** The names of the packages that compiled code imports; examples in comments do not count. */
export function importedPackages(code: string): string[] {
  const specifiers = [
    ...code.matchAll(/^(?:.*\*\/ )?(?:import|export)\b[^;'"`]*?\bfrom\s*["']([^"'\n]+)["']/gm),
    ...code.matchAll(/^(?:.*\*\/ )?import\s*["']([^"'\n]+)["']/gm),
    ...code.matchAll(/^(?!\s*\*(?!\/)).*\bimport\(\s*["']([^"'\n]+)["']/gm),
  ].map(([, specifier]) => specifier!);
  return [
    ...new Set(
      specifiers
        .filter((specifier) => !/^[./]|^[a-z]+:/.test(specifier))
        .map((specifier) =>
          specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
        ),
    ),
  ].sort();
}

/** Where the packages that are imported come from. */
export interface Sources {
  /** Import map of the workspace. */
  readonly imports: Readonly<Record<string, string>>;
  /** Versions of the packages of the workspace, by name. */
  readonly members: Readonly<Record<string, string>>;
}

/**
 * The range that `dependencies` gives for an imported package.
 *
 * @throws {Error} If the workspace does not know it
 */
export function rangeOf(name: string, { imports, members }: Sources): string {
  if (Object.hasOwn(members, name)) return members[name]!;
  const [, kind, range] = /^(npm|jsr):@?[^@]+@(.+)$/.exec(imports[name] ?? "") ?? [];
  if (kind === "npm") return range!;
  if (kind === "jsr") return `npm:@jsr/${name.slice(1).replace("/", "__")}@${range}`;
  throw new Error(`Cannot pack an import of "${name}": it is no package of the import map`);
}

/** The `package.json` as it must be. `codes` are the compiled modules. */
export function mendedManifest(
  manifest: Manifest,
  codes: readonly string[],
  sources: Sources,
): Manifest {
  const names = new Set(codes.flatMap(importedPackages));
  names.delete(manifest.name);
  const hasMain = Object.hasOwn(manifest.exports, `${byUrl}main.ts`);
  return {
    ...manifest,
    exports: Object.fromEntries(
      Object.entries(manifest.exports).filter(([subpath]) => !subpath.startsWith(byUrl)),
    ),
    dependencies: Object.fromEntries(
      [...names].sort().map((name) => [name, rangeOf(name, sources)]),
    ),
    engines: { node: ">=20" },
    ...(hasMain ? { bin: { rsembed: "./main.js" } } : {}),
  };
}

/** Whether a file of a package is neither shipped nor needed to pack. */
export function isLeftOut(path: string): boolean {
  return /(_test|_bench)\.ts$|(^|\/)(testdata|_suite)(\/|\.ts$)/.test(path);
}

async function runOrThrow(command: readonly string[], cwd: string): Promise<void> {
  const { ok, stderr } = await run(command, cwd);
  if (!ok) throw new Error(`${command.join(" ")} failed:\n${stderr}`);
}

/** Copies a package and adds an entry point for each module that no other reaches by import. */
function stage(member: Member, stageFolder: string, withTests: boolean): void {
  const config = { ...member.config } as Record<string, unknown>;
  if (withTests) delete config["publish"];
  const extra: Record<string, string> = {};
  for (const path of listFiles(member.folder)) {
    if (!withTests && isLeftOut(path)) continue;
    const target = `${stageFolder}/${path}`;
    Deno.mkdirSync(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(root + path, target);
    if (!path.endsWith(".ts")) continue;
    const from = new URL(`file:///${path.slice(member.folder.length + 1)}`);
    for (const url of urlTargets(Deno.readTextFileSync(root + path))) {
      const inside = new URL(url, from).pathname.slice(1);
      extra[byUrl + inside] = `./${inside}`;
    }
    const isMain = member.name === "@rsembed/cli" && from.pathname === "/main.ts";
    if (isMain || path.endsWith("_test.ts")) {
      extra[byUrl + from.pathname.slice(1)] = `.${from.pathname}`;
    }
  }
  config["exports"] = { ...member.exports, ...extra };
  Deno.writeTextFileSync(`${stageFolder}/${member.folder}/deno.json`, JSON.stringify(config));
}

/** Mends an unpacked package in place. */
function mend(folder: string, sources: Sources): void {
  const codes: string[] = [];
  for (const path of [...listFilesUnder(folder)]) {
    if (/(?<!\.d)\.ts$|\/deno\.json$/.test(path)) Deno.removeSync(path);
    if (!path.endsWith(".js")) continue;
    const code = withCompiledUrls(Deno.readTextFileSync(path))
      .replace(/^#!.*/, "#!/usr/bin/env node");
    codes.push(code);
    Deno.writeTextFileSync(path, code);
  }
  const path = `${folder}/package.json`;
  const manifest = JSON.parse(Deno.readTextFileSync(path)) as Manifest;
  const mended = mendedManifest(manifest, codes, sources);
  Deno.writeTextFileSync(path, `${JSON.stringify(mended, null, 2)}\n`);
  Deno.copyFileSync(`${root}LICENSE`, `${folder}/LICENSE`);
}

async function packFolder(
  member: Member,
  { stageFolder, outFolder, withTests }: {
    readonly stageFolder: string;
    readonly outFolder: string;
    readonly withTests: boolean;
  },
  sources: Sources,
): Promise<string> {
  const file = `${member.name.replace("@", "").replace("/", "-")}.tgz`;
  const work = `${outFolder}/${file}.d`;
  Deno.mkdirSync(work);
  const flags = ["--no-source-maps", "--allow-dirty"];
  if (withTests) flags.push("--allow-slow-types"); // tests need no declarations
  await runOrThrow(
    [Deno.execPath(), "pack", ...flags, "-o", `${work}/${file}`],
    `${stageFolder}/${member.folder}`,
  );
  await runOrThrow(["tar", "xzf", file], work);
  mend(`${work}/package`, sources);
  await runOrThrow(["tar", "czf", `${outFolder}/${file}`, "package"], work);
  Deno.removeSync(work, { recursive: true });
  return `${outFolder}/${file}`;
}

/**
 * Packs every package, and the stand-ins for `@std`; with their tests and what those need, if told so.
 *
 * @returns Paths of the archives, by package
 */
export async function packAll(
  outFolder: string,
  { withTests = false }: { readonly withTests?: boolean } = {},
): Promise<Record<string, string>> {
  const stageFolder = Deno.makeTempDirSync({ prefix: "rsembed-pack-" });
  try {
    const config = readConfig(`${root}deno.json`);
    const members = readMembers();
    const standIns: Member[] = ["assert", "cli", "path"].map((name) => {
      const folder = `tools/std/${name}`;
      const own = readConfig(`${root}${folder}/deno.json`);
      return {
        folder,
        name: own.name!,
        config: own,
        exports: own.exports as Record<string, string>,
      };
    });
    for (const member of [...members, ...standIns]) stage(member, stageFolder, withTests);
    Deno.writeTextFileSync(`${stageFolder}/deno.json`, JSON.stringify(staged(config, withTests)));
    const sources: Sources = {
      imports: config.imports ?? {},
      members: Object.fromEntries(members.map(({ name, config }) => [name, config.version!])),
    };
    const archives: Record<string, string> = {};
    for (const member of [...members, ...standIns]) {
      archives[member.name] = await packFolder(
        member,
        { stageFolder, outFolder, withTests },
        sources,
      );
    }
    return archives;
  } finally {
    Deno.removeSync(stageFolder, { recursive: true });
  }
}

/** The root's `deno.json` for packing. Tests need no explicit types, which declarations are made of. */
function staged(config: Config, withTests: boolean): Record<string, unknown> {
  const { lint: _lint, tasks: _tasks, compilerOptions, ...rest } = config as Record<
    string,
    unknown
  >;
  const options = compilerOptions as Record<string, unknown>;
  return {
    ...rest,
    compilerOptions: withTests ? { ...options, isolatedDeclarations: false } : options,
  };
}
