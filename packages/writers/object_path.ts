/**
 * Paths that lead elsewhere than to the disk.
 *
 * @module
 */

/**
 * Whether a path is one of object storage.
 *
 * @example
 * ```ts
 * import { isObjectPath } from "@rsembed/writers";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isObjectPath("s3://bucket/run.zarr"), true);
 * assert.equal(isObjectPath("out/run.zarr"), false);
 * ```
 */
export function isObjectPath(path: string): boolean {
  return /^s3:\/\//i.test(path);
}
