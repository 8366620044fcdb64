/**
 * From files, folders and globs to files.
 *
 * @module
 */

import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, RsembedError, type RunOptions } from "@rsembed/core";

/** Most files that sources may name. */
const maxFiles = 100_000;
/** Deepest folder under a `**`. */
const maxDepth = 64;

/** Whether a name looks like a GeoTIFF. */
function isTiffName(name: string): boolean {
  return /\.tiff?$/i.test(name) && !name.startsWith(".");
}

/** Whether a name matches a pattern of `*` (any characters) and `?` (any one), in linear memory. */
export function matchesGlob(name: string, pattern: string): boolean {
  let n = 0, p = 0, star = -1, resume = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = n;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      n++;
      p++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/**
 * The files that sources name, in a stable order without repetition: sources in the order given, names
 * within a folder by their characters. A source is a file, a folder (the `.tif` and `.tiff` files
 * directly in it), or a pattern in which `*` and `?` match within a name and `**` any depth of folders.
 *
 * @throws {RsembedError} `not-found` if a source names no file, `limit` for more than 100,000 files,
 * `unavailable` if a folder cannot be read
 */
export async function findFiles(
  sources: readonly string[],
  { signal }: RunOptions = {},
): Promise<string[]> {
  const found = new Map<string, string>();
  for (const source of sources) {
    const before = found.size;
    let repeated = 0;
    for await (const path of expand(source, signal)) {
      const real = await realpath(path);
      if (found.has(real)) repeated++;
      else found.set(real, path);
      if (found.size > maxFiles) {
        throw new RsembedError(
          "limit",
          `Cannot read "${source}": it names more than ${maxFiles} files`,
          { facts: { limit: "files", max: maxFiles } },
        );
      }
    }
    if (found.size === before && repeated === 0) {
      throw new RsembedError(
        "not-found",
        `Cannot find imagery at "${source}": there is no such file, and no .tif or .tiff file that it names`,
        { facts: { name: source } },
      );
    }
  }
  return [...found.values()];
}

async function* expand(source: string, signal?: AbortSignal): AsyncGenerator<string> {
  const info = await statOrNull(source);
  if (info?.isFile()) yield source;
  else if (info?.isDirectory()) {
    for (const name of await namesIn(source)) {
      const path = join(source, name);
      if (isTiffName(name) && (await statOrNull(path))?.isFile()) yield path;
    }
  } else if (!info && /[*?]/.test(source)) {
    const parts = source.split(/[\\/]/);
    if (parts.at(-1) === "**") parts.push("*");
    const fixed = parts.findIndex((part) => /[*?]/.test(part));
    const base = parts.slice(0, fixed).join("/");
    const root = fixed === 0 ? "." : base === "" ? "/" : base;
    yield* walk({ folder: root, parts: parts.slice(fixed), depth: 0, seen: new Set(), signal });
  }
}

interface Walk {
  readonly folder: string;
  /** The rest of the pattern. */
  readonly parts: readonly string[];
  readonly depth: number;
  /** Folders already walked with the same rest, by their real paths: links may form loops. */
  readonly seen: Set<string>;
  readonly signal: AbortSignal | undefined;
}

async function* walk({ folder, parts, depth, seen, signal }: Walk): AsyncGenerator<string> {
  signal?.throwIfAborted();
  const [part = "", ...rest] = parts;
  if (depth > maxDepth || !(await statOrNull(folder))?.isDirectory()) return;
  const visit = `${parts.length} ${await realpath(folder)}`;
  if (seen.has(visit)) return;
  seen.add(visit);
  if (part === "." || part === "..") {
    yield* walk({ folder: join(folder, part), parts: rest, depth: depth + 1, seen, signal });
    return;
  }
  if (part === "**") {
    yield* walk({ folder, parts: rest, depth, seen, signal });
  }
  for (const name of await namesIn(folder)) {
    if (name.startsWith(".") && !part.startsWith(".")) continue;
    const path = folder === "." ? name : join(folder, name);
    if (part === "**") {
      if ((await statOrNull(path))?.isDirectory()) {
        yield* walk({ folder: path, parts, depth: depth + 1, seen, signal });
      }
    } else if (matchesGlob(name, part)) {
      if (rest.length > 0) {
        yield* walk({ folder: path, parts: rest, depth: depth + 1, seen, signal });
      } else if (isTiffName(name) && (await statOrNull(path))?.isFile()) yield path;
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new RsembedError("unavailable", `Cannot read "${folder}": ${errorMessage(cause)}`, {
      facts: { resource: folder, permanent: true },
      cause,
    });
  }
}

async function statOrNull(path: string): Promise<Awaited<ReturnType<typeof stat>> | null> {
  try {
    return await stat(path);
  } catch {
    return null;
  }
}
