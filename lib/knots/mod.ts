/**
 * Where the pieces of a spline are: knot vectors, free knots, refinement.
 *
 * "Actor et al. 2025" stands for J. A. Actor, G. Harper, B. Southworth and E. C. Cyr, Leveraging
 * KANs for Expedient Training of Multichannel MLPs via Preconditioning and Geometric Refinement,
 * 2025.
 *
 * @module
 */

export * from "./dimensions.ts";
export * from "./find_interval.ts";
export * from "./fixed_knots.ts";
export { freeKnots, freeKnotsVjp } from "./free_knots.ts";
export * from "./greville.ts";
export * from "./knot_vector.ts";
export * from "./quantile_knots.ts";
export { refineKnots } from "./refine.ts";
export { coarsenLogits, refineLogits } from "./refine_logits.ts";
