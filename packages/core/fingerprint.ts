/**
 * Stable identities of requests: the same request has the same fingerprint in every process, runtime
 * and order of keys.
 *
 * @module
 */

/** Anything JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/**
 * JSON with sorted keys and no blanks; `undefined` members are left out.
 *
 * Source: the ordering of RFC 8785 (JSON canonicalization): keys by UTF-16 code units, numbers as
 * ECMAScript prints them.
 *
 * @throws {TypeError} For NaN, infinities, functions, dates, maps and other things JSON cannot say
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isPlain(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`Cannot write ${String(value)} as canonical JSON`);
}

/** Whether a value is an object of named members, not a Date, a Map or a typed array, which have none. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // an object of another realm has another Object.prototype, which has none above it either
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * SHA-256 of the canonical JSON of a value, 64 hex digits.
 *
 * @example
 * ```ts
 * import { fingerprint } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await fingerprint({ a: 1, b: 2 }), await fingerprint({ b: 2, a: 1 }));
 * ```
 */
export async function fingerprint(value: unknown): Promise<string> {
  const text = new TextEncoder().encode(canonicalJson(value));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
