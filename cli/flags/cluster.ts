/**
 * The flags of runs on several machines.
 *
 * @module
 */

import { flag, type FlagGroup, type GivenFlags } from "./parse.ts";
import { choiceFlag, numberFlag, only } from "./values.ts";

/** The flags, as a group of the help. */
export const CLUSTER_GROUP: FlagGroup = {
  title: "Several processes or machines (docs/cluster.md)",
  flags: [
    flag(
      "cluster KIND",
      "mpi: the processes that mpirun or srun has started share the rows of a table, or the points of " +
        "an equation; the result is the same for any number. The first one alone prints and writes.",
    ),
    flag(
      "cluster-timeout SECONDS",
      "Ends all processes when one has waited so long for the others.",
      "600",
    ),
  ],
};

/** What the flags say about the cluster. */
export interface ClusterRequest {
  /** Seconds. */
  readonly timeout: number;
}

/** Reads the flags; undefined: this process is alone. */
export function readCluster(given: GivenFlags): ClusterRequest | undefined {
  const kind = choiceFlag(given, "cluster", ["mpi"]);
  const timeout = numberFlag(given, "cluster-timeout", { above: 0 });
  if (kind === undefined && timeout !== undefined) throw only("cluster-timeout", "--cluster");
  return kind && { timeout: timeout ?? 600 };
}
