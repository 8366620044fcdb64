/**
 * What went wrong with the world, by what a caller can do about it. A wrong argument to a function is
 * a `TypeError` or `RangeError`; an abort is the signal's own `reason`, untouched.
 *
 * @module
 */

/** Typed facts of each error code. */
export interface ErrorFacts {
  /** A request that cannot be meant: fix the named field. */
  "spec": { readonly field: string; readonly value?: unknown };
  /** A name that no catalog, file or checkpoint has. `nearest` holds likely spellings, best first. */
  "not-found": { readonly name: string; readonly nearest?: readonly string[] };
  /** Understood, but not something this build or this model does. */
  "unsupported": { readonly feature: string };
  /** Credentials missing, refused or out of date. */
  "auth": { readonly service: string };
  /** A service, disk or device that may work later, or elsewhere. */
  "unavailable": {
    readonly resource: string;
    /** When the service says it is worth asking again, in milliseconds. */
    readonly retryAfterMs?: number;
    /** `true` where asking again cannot help (disk full, read-only folder). */
    readonly permanent?: boolean;
    /** HTTP status or `errno` name. */
    readonly status?: number | string;
  };
  /** The request is fine, and there is nothing there. */
  "no-data": { readonly source: string };
  /** Bytes that are not what they claim to be. */
  "corrupt": {
    readonly source: string;
    readonly offset?: number;
    /** All keys of a checkpoint that do not fit the model. */
    readonly keys?: {
      readonly missing: readonly string[];
      readonly misshapen: readonly string[];
      readonly unused: readonly string[];
    };
  };
  /** A bound that protects memory, disk or a service. */
  "limit": { readonly limit: string; readonly max: number; readonly actual?: number };
  /** Something is already there, and would be overwritten. */
  "exists": { readonly path: string };
}

/** Codes of {@linkcode RsembedError}. */
export type ErrorCode = keyof ErrorFacts;

const brand: unique symbol = Symbol.for("rsembed.error") as never;

/**
 * The one error class of rsembed.
 *
 * @example Telling codes apart
 * ```ts
 * import { isRsembedError, RsembedError } from "@rsembed/core";
 * import assert from "node:assert/strict";
 *
 * const error: unknown = new RsembedError("not-found", 'Cannot find model "galilo"', {
 *   facts: { name: "galilo", nearest: ["galileo"] },
 * });
 * assert(isRsembedError(error, "not-found"));
 * assert.equal(error.facts.nearest?.[0], "galileo");
 * ```
 */
export class RsembedError<C extends ErrorCode = ErrorCode> extends Error {
  /** Always "RsembedError"; tell kinds apart by `code`. */
  override readonly name = "RsembedError";
  /** What a caller can do about it. */
  readonly code: C;
  /** Details in typed form. */
  readonly facts: ErrorFacts[C];

  /**
   * Makes an error to throw.
   *
   * @param code One of {@linkcode ErrorCode}
   * @param message `Cannot <action> "<what>": <state now>, <state wanted>`, no final period
   * @param options Typed facts, and the error that caused this one
   */
  constructor(
    code: C,
    message: string,
    options: { readonly facts: ErrorFacts[C]; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts;
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Whether a value is an {@linkcode RsembedError}, of one of `codes` if any are given. Works across
 * copies of this package, which `instanceof` would not.
 */
export function isRsembedError<C extends ErrorCode = ErrorCode>(
  value: unknown,
  ...codes: readonly C[]
): value is { [K in C]: RsembedError<K> }[C] {
  if (typeof value !== "object" || value === null || !(brand in value)) return false;
  return codes.length === 0 || codes.includes((value as unknown as RsembedError).code as C);
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
