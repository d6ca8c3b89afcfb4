/**
 * Arithmetic that rounds outwards: what is computed bounds what is meant.
 *
 * Every function relies on IEEE 754 double precision, round to nearest: a sum or product of two
 * numbers is within half a unit in the last place of the exact one.
 *
 * @module
 */

/** A bound of the relative rounding error of one operation, with room for one more. */
export const ULP = 2 ** -52;

/** Below this size products are rounded by an absolute amount: it stands for all smaller sizes. */
const SMALL = 1e-290;

/** A number at most `x` that a rounded result `x` was not above of; keeps its sign. */
export function below(x: number): number {
  return Math.abs(x) < Infinity ? x - Math.abs(x) * ULP : x;
}

/** A number at least `x` that a rounded result `x` was not below of; keeps its sign. */
export function above(x: number): number {
  return Math.abs(x) < Infinity ? x + Math.abs(x) * ULP : x;
}

/** A lower bound of `a b`; 0 where a factor is 0, also times infinity. Exact in sign. */
export function productBelow(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  const product = a * b;
  if (product > SMALL || product < -SMALL) return below(product);
  return (a > 0) === (b > 0) ? 0 : -SMALL;
}

/** An upper bound of `a b`; 0 where a factor is 0, also times infinity. Exact in sign. */
export function productAbove(a: number, b: number): number {
  return -productBelow(-a, b);
}

/** A lower bound of every `x y` with `x` in `[a, b]` and `y` in `[c, d]`. */
export function intervalProductBelow(a: number, b: number, c: number, d: number): number {
  return Math.min(
    productBelow(a, c),
    productBelow(a, d),
    productBelow(b, c),
    productBelow(b, d),
  );
}

/** An upper bound of every `x y` with `x` in `[a, b]` and `y` in `[c, d]`. */
export function intervalProductAbove(a: number, b: number, c: number, d: number): number {
  return -intervalProductBelow(-b, -a, c, d);
}
