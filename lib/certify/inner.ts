/**
 * What other rooms may use of lib/certify besides its users' door.
 *
 * @module
 */

export * from "./formula_bounds.ts";
