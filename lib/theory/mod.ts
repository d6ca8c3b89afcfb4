/**
 * Measurements on networks.
 *
 * @module
 */

export * from "./null_space.ts";
