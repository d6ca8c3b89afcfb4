/**
 * The knot vector: where the pieces of a spline are, as plain data.
 *
 * @module
 */

/**
 * Knots of a spline of degree `degree`, extended by `degree` knots at each side.
 *
 * With `intervals` pieces on `[a, b]`: `values.length = intervals + 1 + 2 degree`,
 * `a = values[degree]`, `b = values[values.length - 1 - degree]`. Values do not decrease;
 * in training an interval may have length zero.
 */
export interface KnotVector {
  /** Knot positions in the units of `x`, shape `[intervals + 1 + 2 degree]`, float64. */
  readonly values: Float64Array;
  /** Polynomial degree, 1 to 9 (3 = cubic; the order of the literature is `degree + 1`). */
  readonly degree: number;
}

/**
 * Where the `degree` knots beyond each end of the domain `[a, b]` lie.
 *
 * - `"even"`: spacing `(b - a) / intervals` (default of uniform and fixed knots).
 * - `"free"`: a softmax of `degree` logits at each side, the outermost knots fixed at
 *   `a - (b - a)` and `b + (b - a)` (Actor et al. 2025, section 5; default of free
 *   knots).
 * - `"clamped"`: the ends repeated (spline basis only).
 */
export type OuterKnots = "even" | "free" | "clamped";

/** All that a knot vector has before its knots are placed: degree, size, domain, outer knots. */
export interface KnotSpace {
  /** Polynomial degree, 1 to 9. */
  readonly degree: number;
  /** Number of pieces on the domain, at least 1. */
  readonly intervals: number;
  /** The domain `[a, b]`, `a < b`. */
  readonly domain: readonly [number, number];
  /** Where the outer knots lie. */
  readonly outerKnots: OuterKnots;
}
