/**
 * What a network has learned: scores of its parts, effects of its inputs, why a row is predicted
 * as it is, coarser knots, smaller networks.
 *
 * @module
 */

export * from "./structure/mod.ts";
export * from "./scores/mod.ts";
export * from "./effects/mod.ts";
export * from "./attribution/mod.ts";
export * from "./explain/mod.ts";
export * from "./prune/mod.ts";
export * from "./knots/mod.ts";
