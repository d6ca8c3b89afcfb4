/**
 * No smaller programs for the page, which exports models as they are.
 *
 * @module
 */

/** Never called: the page exports without a bound of the error. */
export function reduceProgram(): never {
  throw new Error("the page makes no program smaller");
}
