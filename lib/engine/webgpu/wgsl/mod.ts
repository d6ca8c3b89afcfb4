/**
 * All kernels.
 *
 * @module
 */

export * from "./adam.ts";
export * from "./backward.ts";
export * from "./build.ts";
export * from "./collect.ts";
export * from "./common.ts";
export * from "./forward.ts";
export * from "./loss.ts";
export * from "./lbfgs.ts";
export * from "./moments.ts";
export * from "./prolong.ts";
