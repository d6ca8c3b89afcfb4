/**
 * Geodesic acceleration of a Levenberg-Marquardt step.
 *
 * In a curved valley the straight step `v` leaves the valley's floor, and the damping that keeps it
 * there makes it short. The step's second-order correction follows the bend: with
 * `r_vv = d^2 r(p + e v) / de^2` at `e = 0`, `a` solves `(A + mu D) a = -J^T r_vv` by the step's own
 * factorisation, and the parameters move by `v + a / 2` (Transtrum, Machta and Sethna 2011, eq. 20;
 * Transtrum and Sethna 2012). Where `|a|` is not small beside `|v|` the quadratic does not describe
 * the valley that far: the step is not tried, and the damping grows.
 *
 * @module
 */

import { isFiniteVector } from "../../../numerics/inner.ts";
import type { Curvature } from "../../../engine/mod.ts";
import type { DampedStep } from "./damped_system.ts";

/** A step with its correction. */
export interface AcceleratedStep {
  /** `v + a / 2`, or `v` where there is no acceleration. */
  readonly step: Float64Array;
  /** `|a| / |v|` in the damping's norm; 0 where there is no acceleration. */
  readonly bend: number;
}

/** Evaluations that an acceleration costs: outputs ahead and behind, and one backward pass. */
export const ACCELERATION_EVALUATIONS = 3;

/**
 * Corrects a step for the bend of the residuals along it, by differences over
 * `parameters +- reach step`.
 */
export async function accelerate(
  curvature: Curvature,
  parameters: Float64Array,
  found: DampedStep & Required<Pick<DampedStep, "again">>,
  reach: number,
): Promise<AcceleratedStep> {
  const bent = await curvature.secondJvp(parameters, found.step, reach);
  if (!isFiniteVector(bent)) return { step: found.step, bend: Infinity };
  const right = new Float64Array(parameters.length);
  await curvature.vjp(parameters, bent, right);
  const { solution, share } = found.again(right);
  // `right` is J^T r_vv without its sign
  return { step: found.step.map((v, i) => v - solution[i] / 2), bend: share };
}
