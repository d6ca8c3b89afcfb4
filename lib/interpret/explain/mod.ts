/**
 * Everything about a network's inputs at once.
 *
 * @module
 */

export * from "./explain.ts";
export type * from "./explanation.ts";
