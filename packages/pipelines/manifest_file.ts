/**
 * Manifests beside the files that they are of.
 *
 * @module
 */

import { access, open, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RsembedError } from "@rsembed/core";
import { isObjectPath } from "@rsembed/writers";
import { localPathOf, manifestPathOf } from "./paths.ts";
import type { JsonObject } from "./spec_json.ts";

/** The start of a manifest, where its own facts stand before those of places. */
const headBytes = 2 ** 16;

/** Whether there is something at a path. */
export async function exists(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false);
}

/** Facts of a manifest that do not want all of it to be read; `null` where there is none. */
export async function readHead(
  path: string,
): Promise<((key: string) => string | undefined) | null> {
  let text: string;
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
      text = new TextDecoder().decode(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
  return (key) => {
    const found = new RegExp(`^ {2}"${key}": ("(?:[^"\\\\]|\\\\.)*"|[^",\\n]*),$`, "m").exec(text)
      ?.[1];
    if (found === undefined) return undefined;
    return found.startsWith('"') ? String(JSON.parse(found)) : found;
  };
}

/** Largest manifest that is read, bytes. */
export const maxManifestBytes: number = 2 ** 30;

/**
 * Reads a manifest. Python's bare `NaN` and `Infinity` are read as `null`.
 *
 * @throws {RsembedError} `corrupt` if it is no JSON object, `limit` if it is absurdly large
 */
export async function readManifest(path: string): Promise<JsonObject> {
  const { size } = await stat(path);
  if (size > maxManifestBytes) {
    throw new RsembedError("limit", `Cannot read the manifest "${path}": it has ${size} bytes`, {
      facts: { limit: "manifest bytes", max: maxManifestBytes, actual: size },
    });
  }
  return parseManifest(path, await readFile(path, "utf8"));
}

/**
 * Reads the text of a manifest.
 *
 * @throws {RsembedError} `corrupt` if it is no JSON object
 */
export function parseManifest(path: string, text: string): JsonObject {
  let value: unknown;
  try {
    try {
      value = JSON.parse(text);
    } catch {
      // not strict JSON: take bare NaN and Infinity for null, outside of strings only
      value = JSON.parse(
        text.replace(
          /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g,
          (token) => token[0] === '"' ? token : "null",
        ),
      );
    }
  } catch (cause) {
    throw new RsembedError("corrupt", `Cannot read the manifest "${path}": it is no JSON`, {
      facts: { source: path },
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RsembedError("corrupt", `Cannot read the manifest "${path}": it is no JSON object`, {
      facts: { source: path },
    });
  }
  return value as JsonObject;
}

/** The file beside a manifest that the first of some keys names: the name only, a manifest must not lead elsewhere. */
export function namedFile(manifest: JsonObject, ...keys: readonly string[]): string | null {
  const named = keys.map((key) => manifest[key]).find((value) => typeof value === "string");
  const name = typeof named === "string" ? basename(named) : "";
  return ["", ".", ".."].includes(name) ? null : name;
}

/**
 * Where the manifest of a file goes: `x.json` of `x.npz`, as rs-embed has it, unless that is of another file with
 * the same stem, such as `x.parquet`, which is there still: then `x.npz.json`.
 */
export async function manifestPathFor(path: string): Promise<string> {
  const local = localPathOf(path);
  const shared = manifestPathOf(local), own = `${local}.json`;
  if (await exists(own)) return own;
  const owner = (await readHead(shared))?.("data_file");
  const isTaken = owner !== undefined && owner !== basename(local) && !isObjectPath(path) &&
    await exists(join(dirname(local), basename(owner)));
  return isTaken ? own : shared;
}

/** The manifest of a file that is there; `null` if it has none. */
export async function findManifest(path: string): Promise<string | null> {
  const own = `${path}.json`, shared = manifestPathOf(path);
  if (await exists(own)) return own;
  if (!await exists(shared)) return null;
  // those of rs-embed do not say whose they are
  const owner = (await readHead(shared))?.("data_file");
  return owner === undefined || owner === basename(path) ? shared : null;
}
