/**
 * How the damping follows the steps.
 *
 * @module
 */

import { pow } from "../../../numerics/inner.ts";

/** What the rule knows. */
export interface Damping {
  /** `mu` of the next trial. */
  damping: number;
  /** Factor by which the next failure raises `mu`. */
  growth: number;
}

/** Least `mu` of steps by the product of the rows. */
export const LEAST_DAMPING = 1e-13;
/** Most that one step lowers `mu` by, and where a triangle of the rows gives the step. */
const LOWEST = 1 / 5, LOWEST_FINE = 1 / 100;
/** More than this and no step moves anything. */
export const MOST_DAMPING = 1e16;

/**
 * After a step: `mu` times `max(1 / 5, 1 - (2 gain - 1)^3)` (Nielsen 1999; 1 / 100 where a triangle
 * of the rows gives the step: it has all digits), smooth in the gain ratio, the decrease in units of what the quadratic model predicts.
 */
export function lowerDamping(
  state: Damping,
  gain: number,
  { least = LEAST_DAMPING, isFine = false }: { readonly least?: number; readonly isFine?: boolean },
): void {
  const factor = Math.max(isFine ? LOWEST_FINE : LOWEST, 1 - pow(2 * gain - 1, 3));
  state.damping = Math.max(least, state.damping * factor);
  state.growth = 2;
}

/** After a trial that was no step: `mu` times 2, then 4, 8, ... (Nielsen 1999). */
export function raiseDamping(state: Damping): void {
  state.damping *= state.growth;
  state.growth *= 2;
}
