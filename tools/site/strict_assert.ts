/**
 * What examples' assertions need of `node:assert/strict`, for browsers: deep equality.
 *
 * @module
 */

import { shownValue } from "./run_code.ts";

function entriesOf(value: object): [unknown, unknown][] {
  if (value instanceof Map) return [...value];
  return value instanceof Set ? [...value].map((each, k) => [k, each]) : Object.entries(value);
}

/** Whether two values are the same, or of one class with the same contents. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Error && a.message !== (b as Error).message) return false;
  const first = entriesOf(a), second = new Map(entriesOf(b));
  return first.length === second.size &&
    first.every(([key, value]) => second.has(key) && same(value, second.get(key)));
}

/** The two functions that assertions are made of. */
export default {
  /** Throws where two values are not the same. */
  deepStrictEqual(actual: unknown, expected: unknown): void {
    if (!same(actual, expected)) {
      throw new Error(`${shownValue(actual)}\nis not\n${shownValue(expected)}`);
    }
  },
  /** Throws where two values are the same. */
  notDeepStrictEqual(actual: unknown, expected: unknown): void {
    if (same(actual, expected)) throw new Error(shownValue(actual));
  },
};
