/**
 * Measurements on networks, and what is proven of solutions.
 *
 * @module
 */

export * from "./certify_solution.ts";
export * from "./conditioning.ts";
export * from "./null_space.ts";
export * from "./tangent_kernel.ts";
