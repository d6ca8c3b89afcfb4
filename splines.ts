/**
 * Knots, B-splines and powers of ReLU on them, the change between the two bases.
 *
 * @module
 */

export * from "./lib/knots/mod.ts";
export * from "./lib/basis/mod.ts";
