/**
 * Parameters for benchmarks that call one function again and again.
 *
 * @module
 */

/**
 * Gives parameters whose first number changes a little from call to call: engines do not compute
 * again what they know at the latest ones.
 *
 * @returns A function that gives the same array at every call, changed.
 */
export function nudged(parameters: Float64Array): () => Float64Array {
  const at = parameters.slice();
  let isMoved = false;
  return () => {
    isMoved = !isMoved;
    at[0] = parameters[0] + (isMoved ? 1e-9 : 0);
    return at;
  };
}
