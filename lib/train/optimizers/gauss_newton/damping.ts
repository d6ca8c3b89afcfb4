/**
 * How the damping follows the steps.
 *
 * @module
 */

/** What the rule knows. */
export interface Damping {
  /** `mu` of the next trial. */
  damping: number;
  /** Factor by which the next failure raises `mu`. */
  growth: number;
}

const LEAST_DAMPING = 1e-13;
/** More than this and no step moves anything. */
export const MOST_DAMPING = 1e16;

/**
 * After a step: `mu` times `max(1 / 5, 1 - (2 gain - 1)^3)` (Nielsen 1999), smooth in the gain
 * ratio, the decrease in units of what the quadratic model predicts.
 */
export function lowerDamping(state: Damping, gain: number): void {
  const factor = Math.max(1 / 5, 1 - (2 * gain - 1) ** 3);
  state.damping = Math.max(LEAST_DAMPING, state.damping * factor);
  state.growth = 2;
}

/** After a trial that was no step: `mu` times 2, then 4, 8, ... (Nielsen 1999). */
export function raiseDamping(state: Damping): void {
  state.damping *= state.growth;
  state.growth *= 2;
}
