/**
 * What other rooms may use of lib/additive besides its users' door.
 *
 * @module
 */

export * from "./_ridge_functions.ts";
export * from "./_row_passes.ts";
