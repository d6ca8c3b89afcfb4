/**
 * Families of functions whose spaces are nested, as layers of networks: Chebyshev and Legendre
 * polynomials, multiwavelets, hierarchical hats, sines and cosines, beside uniform B-splines.
 *
 * A room for comparison: exact prolongation, the same schedules and optimizers, one plain evaluator.
 * These networks are of their own type; model files, engines, reports and exports know splines.
 *
 * @module
 */

export * from "./chebyshev.ts";
export { compileFamily, familyOutputs, withFamilyRanges } from "./evaluator.ts";
export type { FamilyOptions, NestedFamily } from "./family.ts";
export * from "./fourier.ts";
export * from "./gram.ts";
export * from "./hats.ts";
export { legendre } from "./legendre.ts";
export * from "./network.ts";
export * from "./splines.ts";
export * from "./train_family.ts";
export * from "./wavelets.ts";
