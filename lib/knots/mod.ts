/**
 * Where the pieces of a spline are: knot vectors, free knots, refinement.
 *
 * @module
 */

export * from "./knot_vector.ts";
export * from "./dimensions.ts";
export * from "./fixed_knots.ts";
export * from "./quantile_knots.ts";
export * from "./free_knots.ts";
export * from "./refine.ts";
export * from "./refine_logits.ts";
export * from "./find_interval.ts";
export * from "./greville.ts";
