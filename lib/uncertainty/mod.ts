/**
 * How sure: bands of predictions and effects, covariances of parameters, intervals, sets of classes.
 *
 * @module
 */

export * from "./bands.ts";
export * from "./class_sets.ts";
export * from "./conformal.ts";
export * from "./differences.ts";
export * from "./laplace.ts";
