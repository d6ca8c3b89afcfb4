/**
 * How a spline is evaluated: derivative and extrapolation.
 *
 * @module
 */

/** What a spline does outside its domain. */
export type Extrapolation = "linear" | "clamp" | "error";

/** Options of {@linkcode evaluateSpline} and {@linkcode evaluateRelu}. */
export interface SplineOptions {
  /** Order of the derivative by `x`. Default 0. */
  readonly derivative?: number;
  /**
   * Outside the domain: the tangent at the end (`"linear"`, default), the value at the end
   * (`"clamp"`), or a `RangeError`.
   */
  readonly extrapolation?: Extrapolation;
}
