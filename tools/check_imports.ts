/**
 * Lint plugin: which package may import which, and what code that must run everywhere may not use.
 * `deno lint` runs it, so that editors show it too.
 *
 * @module
 */

import cli from "../packages/cli/deno.json" with { type: "json" };
import core from "../packages/core/deno.json" with { type: "json" };
import embedders from "../packages/embedders/deno.json" with { type: "json" };
import models from "../models/deno.json" with { type: "json" };
import pipelines from "../packages/pipelines/deno.json" with { type: "json" };
import providers from "../packages/providers/deno.json" with { type: "json" };
import writers from "../packages/writers/deno.json" with { type: "json" };

interface PackageRule {
  readonly exports: Readonly<Record<string, string>>;
  /** Packages that its shipped code may import. */
  readonly below: readonly string[];
  /** Folders that are no plug-in, where every other folder is one that its siblings do not import. */
  readonly shared?: readonly string[];
}

const packages: Readonly<Record<string, PackageRule>> = {
  core: { exports: core.exports, below: [] },
  models: { exports: models.exports, below: ["core"] },
  embedders: { exports: embedders.exports, below: ["models", "core"], shared: [] },
  providers: {
    exports: providers.exports,
    below: ["models", "core"],
    shared: ["http", "inspect", "raster", "tiff"],
  },
  writers: { exports: writers.exports, below: ["models", "core"], shared: [] },
  pipelines: {
    exports: pipelines.exports,
    below: ["embedders", "providers", "writers", "models", "core"],
  },
  cli: {
    exports: cli.exports,
    below: ["pipelines", "embedders", "providers", "writers", "models", "core"],
  },
};

/** Where a file stands in the workspace. */
interface Place {
  readonly name: string;
  /** Path inside the package. */
  readonly path: string;
  /** Whether it is a test, or code that only tests import. */
  readonly test: boolean;
}

function placeOf(filename: string): Place | null {
  const path = filename.replaceAll("\\", "/");
  const match = /(?:^|\/)(?:packages\/(?<member>[a-z]+)|(?<top>models))\/(?<path>.+)$/.exec(path);
  if (!match) return null;
  const { member, top, path: inside } = match.groups!;
  const name = member ?? top!;
  if (!Object.hasOwn(packages, name)) return null;
  const test = /(_test\.ts|_bench\.ts)$|(^|\/)(_suite|testdata)(\/|\.ts$)/.test(inside!);
  return { name, path: inside!, test };
}

function folderOf(path: string): string | null {
  return path.includes("/") ? path.split("/")[0]! : null;
}

function isPlugIn(folder: string | null, rule: PackageRule): folder is string {
  return folder !== null && rule.shared !== undefined && !folder.startsWith("_") &&
    !rule.shared.includes(folder);
}

/** The path inside the package that a relative specifier means, or `null` if it leaves the package. */
function resolveInside(from: string, specifier: string): string | null {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return null;
    } else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function relativeProblem(place: Place, specifier: string, isType: boolean): string | null {
  const target = resolveInside(place.path, specifier);
  if (target === null) {
    return place.test ? null : "leaves its package: import the other one by name";
  }
  const rule = packages[place.name]!;
  const [from, to] = [folderOf(place.path), folderOf(target)];
  if (place.test || from === to || !isPlugIn(to, rule)) return null;
  if (isPlugIn(from, rule)) {
    return `reaches from "${from}" into "${to}": a helper needed twice moves down, never sideways`;
  }
  const isEntry = place.path === "mod.ts" || place.path === "catalog.ts";
  if (isEntry && !isType && !/^[^/]+\/card\.ts$/.test(target)) {
    return `loads "${to}" for everybody: only its card.ts may be imported at once`;
  }
  return null;
}

function packageProblem(place: Place | null, specifier: string): string | null {
  const [, name, subpath = ""] = /^@rsembed\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  const target = name !== undefined && Object.hasOwn(packages, name) ? packages[name]! : null;
  if (target === null) return "names no package of the workspace";
  if (!Object.hasOwn(target.exports, `.${subpath}`)) return `is no export of @rsembed/${name}`;
  if (place === null || place.test || packages[place.name]!.below.includes(name!)) return null;
  return name === place.name
    ? "is its own package: import within a package is relative"
    : `is not below @rsembed/${place.name}`;
}

/**
 * What is wrong with an import, or `null`.
 *
 * @param filename The importing file, relative to the root or absolute
 * @param isType Whether only types are imported
 * @param isLazy Whether it is an `import()` call
 */
export function importProblem(
  filename: string,
  specifier: string,
  { isType, isLazy }: { readonly isType: boolean; readonly isLazy: boolean },
): string | null {
  const place = placeOf(filename);
  if (/^\.{1,2}\//.test(specifier)) {
    return place && relativeProblem(place, specifier, isType || isLazy);
  }
  if (specifier.startsWith("@rsembed/")) return packageProblem(place, specifier);
  if (place === null || specifier.startsWith("node:")) return null;
  if (/^[a-z]+:/.test(specifier)) return "has a version or host of its own: use the import map";
  if (!specifier.startsWith("@std/")) return null;
  if (place.name !== "cli") return "serves the cli only: use web APIs and node: built-ins";
  return specifier === "@std/assert" && !place.test ? "serves tests only" : null;
}

// Names that Node 20 lacks and that the transpiler leaves as they are.
const newerThanNode20: Readonly<Record<string, string>> = {
  "Array.fromAsync": "a for await loop",
  "Promise.withResolvers": "new Promise",
  "Promise.try": "an async function",
  "Object.groupBy": "a loop",
  "Map.groupBy": "a loop",
};

const plugin: Deno.lint.Plugin = {
  name: "rsembed",
  rules: {
    imports: {
      create(context) {
        const check = (
          node: Deno.lint.Node,
          specifier: unknown,
          kind: { isType: boolean; isLazy: boolean },
        ): void => {
          if (typeof specifier !== "string") return;
          const problem = importProblem(context.filename, specifier, kind);
          if (problem) context.report({ node, message: `"${specifier}" ${problem}` });
        };
        return {
          ImportDeclaration(node) {
            const isType = node.importKind === "type" ||
              (node.specifiers.length > 0 &&
                node.specifiers.every((specifier) =>
                  specifier.type === "ImportSpecifier" && specifier.importKind === "type"
                ));
            check(node, node.source.value, { isType, isLazy: false });
          },
          ExportNamedDeclaration(node) {
            const isType = node.exportKind === "type" ||
              (node.specifiers.length > 0 &&
                node.specifiers.every((specifier) => specifier.exportKind === "type"));
            check(node, node.source?.value, { isType, isLazy: false });
          },
          ImportExpression(node) {
            const source = node.source.type === "Literal" ? node.source.value : undefined;
            check(node, source, { isType: false, isLazy: true });
          },
          ExportAllDeclaration(node) {
            if (placeOf(context.filename) === null) return;
            context.report({ node, message: "Exports are named one by one" });
          },
          ExportDefaultDeclaration(node) {
            if (placeOf(context.filename) === null) return;
            context.report({ node, message: "Exports are named one by one" });
          },
        };
      },
    },
    "runs-everywhere": {
      create(context) {
        const place = placeOf(context.filename);
        if (place === null) return {};
        const report = (node: Deno.lint.Node, message: string): void =>
          context.report({ node, message });
        return {
          MemberExpression(node) {
            if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
            const owner = node.object.name;
            const whole = `${owner}.${node.property.name}`;
            if (owner === "Deno" || whole === "globalThis.Deno") {
              report(node, "Deno.* runs in one runtime only: use web APIs and node: built-ins");
            } else if (place.test) {
              return;
            } else if (owner === "console" && place.name !== "cli") {
              report(node, "Libraries are silent: report through onProgress or an error");
            } else if (Object.hasOwn(newerThanNode20, whole)) {
              report(node, `Node 20 has no ${whole}: use ${newerThanNode20[whole]}`);
            }
          },
          VariableDeclaration(node) {
            if (!place.test && (node.kind === "using" || node.kind === "await using")) {
              report(node, `Node 20 has no ${node.kind}: use try and finally`);
            }
          },
        };
      },
    },
  },
};

export default plugin;
