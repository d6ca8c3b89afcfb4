/**
 * A stand-in for `jsr:@std/assert` on machines that cannot reach JSR: the same names and
 * meanings, for the functions that this project calls, on top of `node:assert/strict`.
 * A published package ignores `links`; see CONTRIBUTING.md.
 *
 * @module
 */

import nodeAssert from "node:assert/strict";

/** Raised when an assertion fails. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function because(message: string | undefined): string {
  return message ? `: ${message}` : ".";
}

/** Asserts that `condition` is truthy. */
export function assert(condition: unknown, message = ""): asserts condition {
  if (!condition) throw new AssertionError(message || "Expected a truthy value.");
}

/** Asserts that `condition` is falsy. */
export function assertFalse(condition: unknown, message = ""): void {
  if (condition) throw new AssertionError(message || "Expected a falsy value.");
}

/** Asserts deep equality. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    throw new AssertionError(
      `Values are not equal${because(message)}\n${(error as Error).message}`,
    );
  }
}

/** Asserts deep inequality. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  try {
    nodeAssert.notDeepStrictEqual(actual, expected);
  } catch {
    throw new AssertionError(`Expected actual to differ from expected${because(message)}`);
  }
}

/** Asserts `Object.is` equality. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(
      `Values are not strictly equal${because(message)} ${actual} !== ${expected}`,
    );
  }
}

/** Asserts that two numbers differ by at most `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (!(delta <= allowed)) {
    throw new AssertionError(
      `Expected actual "${actual}" to be close to "${expected}", delta ${delta} > ${allowed}${
        because(message)
      }`,
    );
  }
}

function compare(ok: boolean, words: string, message?: string): void {
  if (!ok) throw new AssertionError(`${words}${because(message)}`);
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  compare(actual < expected, `Expect ${actual} < ${expected}`, message);
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  compare(actual <= expected, `Expect ${actual} <= ${expected}`, message);
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  compare(actual > expected, `Expect ${actual} > ${expected}`, message);
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  compare(actual >= expected, `Expect ${actual} >= ${expected}`, message);
}

/** Asserts that `actual` is neither null nor undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(`Expected actual to be not null or undefined${because(message)}`);
  }
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to contain: "${expected}"${because(message)}`,
    );
  }
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to match: "${expected}"${because(message)}`,
    );
  }
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E> = abstract new (...args: any[]) => E;

/** Asserts that `actual` is an instance of `expected`. */
export function assertInstanceOf<T>(
  actual: unknown,
  expected: ErrorClass<T>,
  message?: string,
): asserts actual is T {
  if (!(actual instanceof expected)) {
    throw new AssertionError(
      `Expected object to be an instance of "${expected.name}"${because(message)}`,
    );
  }
}

function checkError<E extends Error>(error: unknown, type?: ErrorClass<E>, includes?: string): E {
  if (!(error instanceof Error)) {
    throw new AssertionError("A non-Error object was thrown or rejected.");
  }
  if (type && !(error instanceof type)) {
    throw new AssertionError(
      `Expected error to be instance of "${type.name}", but was "${error.constructor.name}": ${error.message}`,
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include "${includes}", but got "${error.message}"`,
    );
  }
  return error as E;
}

/** Asserts that `fn` throws; returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type?: ErrorClass<E>,
  messageIncludes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError<E>(error, type, messageIncludes);
  }
  throw new AssertionError("Expected function to throw.");
}

/** Asserts that `fn` rejects; resolves to the error. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type?: ErrorClass<E>,
  messageIncludes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError<E>(error, type, messageIncludes);
  }
  throw new AssertionError("Expected function to reject.");
}

/** Fails always. */
export function fail(message?: string): never {
  throw new AssertionError(`Failed assertion${because(message)}`);
}
