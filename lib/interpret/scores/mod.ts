/**
 * How much edges, nodes and inputs matter.
 *
 * @module
 */

export * from "./edge_scores.ts";
