/**
 * Many processes, one run: a small binding to MPI, by which the processes of a cluster share rows.
 *
 * @module
 */

export type { NumberPairs } from "./_pairs.ts";
export * from "./cluster_error.ts";
export { type Launch, launchOf, type ReadVariable } from "./launch.ts";
export { type Cluster, type ClusterOptions, openCluster } from "./cluster.ts";
