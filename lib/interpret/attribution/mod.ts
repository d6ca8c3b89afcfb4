/**
 * Why one row's prediction is what it is.
 *
 * @module
 */

export * from "./attribution.ts";
