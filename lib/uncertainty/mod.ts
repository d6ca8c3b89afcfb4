/**
 * How sure: bands of predictions and effects, covariances of parameters, intervals.
 *
 * @module
 */

export * from "./bands.ts";
export * from "./conformal.ts";
export * from "./differences.ts";
export * from "./laplace.ts";
