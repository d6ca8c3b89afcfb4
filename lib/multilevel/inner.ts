/**
 * What other rooms may use of lib/multilevel besides its users' door.
 *
 * @module
 */

export * from "./equidistribute.ts";
export { prolongationTransfer } from "./transfer.ts";
