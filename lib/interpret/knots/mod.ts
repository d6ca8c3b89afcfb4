/**
 * Coarser knots, where they do.
 *
 * @module
 */

export * from "./remove_knots.ts";
