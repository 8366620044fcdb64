/**
 * Stand-in for `@std/assert`.
 *
 * @module
 */

import { inspect, isDeepStrictEqual } from "node:util";

/** Thrown by every assertion of this package. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

// deno-lint-ignore no-explicit-any -- any constructor fits, as in the real package
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function failed(what: string, message: string | undefined): never {
  throw new AssertionError(message === undefined ? what : `${what}: ${message}`);
}

/** Fails if `condition` is falsy. */
export function assert(condition: unknown, message = ""): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Fails if `condition` is truthy. */
export function assertFalse(condition: unknown, message?: string): void {
  if (condition) failed("Expected a falsy value", message);
}

/** Fails always. */
export function fail(message?: string): never {
  failed("Failed assertion", message);
}

/** Fails if two values differ in structure. Unlike the real one it tells 0 from -0 inside objects. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  if (actual === expected || isDeepStrictEqual(actual, expected)) return;
  failed(`Values are not equal: ${inspect(actual)} is not ${inspect(expected)}`, message);
}

/** Fails if two values have the same structure. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  if (actual !== expected && !isDeepStrictEqual(actual, expected)) return;
  failed(`Values are equal: ${inspect(actual)}`, message);
}

/** Fails if two values are not the same, by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  failed(`Values are not the same: ${inspect(actual)} is not ${inspect(expected)}`, message);
}

/** Fails for `null` and `undefined`. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  if (actual === null || actual === undefined) failed(`Expected a value, got ${actual}`, message);
}

/** Fails if `actual` is not an instance of `type`. */
export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any -- any constructor fits, as in the real package
  type: abstract new (...args: any[]) => T,
  message?: string,
): asserts actual is T {
  if (!(actual instanceof type)) {
    failed(`Expected an instance of ${type.name}, got ${inspect(actual)}`, message);
  }
}

/** Fails if `actual` does not match. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (actual.search(expected) < 0) {
    failed(`Expected ${inspect(actual)} to match ${expected}`, message);
  }
}

/** Fails if `actual` does not hold `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    failed(`Expected ${inspect(actual)} to contain ${inspect(expected)}`, message);
  }
}

function checkError<E extends Error>(
  error: unknown,
  type: ErrorClass<E> | undefined,
  includes: string | undefined,
): E {
  if (type !== undefined && !(error instanceof type)) {
    failed(`Expected an error of ${type.name}, got ${inspect(error)}`, undefined);
  }
  if (includes !== undefined) assertStringIncludes((error as Error).message, includes);
  return error as E;
}

/**
 * Fails if `fn` does not throw an error of `type` whose message holds `includes`.
 *
 * @returns The error
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type?: ErrorClass<E>,
  includes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, type, includes);
  }
  return fail("expected the function to throw");
}

/**
 * Fails if the promise of `fn` is not rejected with an error of `type` whose message holds `includes`, or if
 * `fn` throws instead of returning a promise.
 *
 * @returns The error
 */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    return failed("Expected a rejected promise, but the function threw", inspect(error));
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, type, includes);
  }
  return fail("expected the promise to be rejected");
}
