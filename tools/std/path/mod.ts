/**
 * Stand-in for `@std/path`.
 *
 * @module
 */

import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The last part of a path, without `suffix` if it ends so. */
export function basename(file: string, suffix?: string): string {
  return path.basename(file, suffix);
}

/** A path without its last part. */
export function dirname(file: string): string {
  return path.dirname(file);
}

/** The extension of a path with its dot, or `""`. */
export function extname(file: string): string {
  return path.extname(file);
}

/**
 * The path of a `file:` URL.
 *
 * @throws {TypeError} For another kind of URL
 */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** Whether a path does not depend on the working folder. */
export function isAbsolute(file: string): boolean {
  return path.isAbsolute(file);
}

/**
 * Joins parts of a path and normalises the result.
 *
 * @example
 * ```ts
 * import { join } from "@std/path";
 * import assert from "node:assert/strict";
 *
 * assert.equal(join("out", "..", "data", "x.tif").replaceAll("\\", "/"), "data/x.tif");
 * ```
 */
export function join(first: string, ...rest: string[]): string {
  return path.join(first, ...rest);
}

/** Resolves `.`, `..` and repeated separators. */
export function normalize(file: string): string {
  return path.normalize(file);
}

/** The way from one path to another. */
export function relative(from: string, to: string): string {
  return path.relative(from, to);
}

/** An absolute path, from right to left, then from the working folder. */
export function resolve(...parts: string[]): string {
  return path.resolve(...parts);
}

/**
 * The `file:` URL of an absolute path.
 *
 * @throws {TypeError} If the path is not absolute
 */
export function toFileUrl(file: string): URL {
  if (!path.isAbsolute(file)) {
    throw new TypeError(`Cannot make a URL of "${file}": it must be an absolute path`);
  }
  return pathToFileURL(file);
}
