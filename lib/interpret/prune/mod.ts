/**
 * Smaller networks.
 *
 * @module
 */

export * from "./keep_edges.ts";
export * from "./keep_nodes.ts";
export type * from "./options.ts";
export * from "./prune.ts";
