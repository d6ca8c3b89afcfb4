/**
 * No tables of integers for the page, which does not offer them.
 *
 * @module
 */

/** Never called: the page writes other targets. */
export function writeTables(): never {
  throw new Error("the page writes no tables of integers");
}
