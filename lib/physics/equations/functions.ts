/**
 * The functions of formulas that JavaScript does not have.
 *
 * @module
 */

export { erf } from "../../numerics/inner.ts";

/** `a - b floor(a / b)`: of the sign of `b`. */
export function mod(a: number, b: number): number {
  return a - b * Math.floor(a / b);
}

/** 0 below 0, 1/2 at 0, 1 above. */
export function heaviside(x: number): number {
  return Number.isNaN(x) ? NaN : x > 0 ? 1 : x < 0 ? 0 : 0.5;
}
