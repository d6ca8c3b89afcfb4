/**
 * Solving by the processes of a cluster, which share the points.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import type { ClusterRequest } from "../../flags/cluster.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { switchFlag } from "../../flags/values.ts";
import {
  checkSame,
  checksumOf,
  fromFirst,
  inCluster,
  onAllRanks,
  threadsOf,
} from "../../runs/cluster.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type SolveRequest, solveRequest } from "./request.ts";
import { performSolve, type SolveResult } from "./run.ts";
import { withResumedSolve } from "./keeping.ts";
import { performSeeds, seedRequests, type SeedsResult } from "./seeds.ts";

/** A solved problem, and what was asked for. */
export interface SolvedOnCluster {
  readonly request: SolveRequest;
  readonly result: SolveResult;
  /** The runs of several seeds. */
  readonly all?: SeedsResult;
}

/** Solves on the ranks that a launcher has started. */
export async function solveOnCluster(
  asked: GivenFlags,
  clusterAsked: ClusterRequest,
  terminal: Terminal,
): Promise<SolvedOnCluster> {
  const quiet = switchFlag(asked, "quiet") ?? false;
  return await inCluster(clusterAsked, terminal, quiet, async (cluster, quietened) => {
    const isFirst = cluster.rank === 0, given = await sharedFlags(cluster, asked);
    const read = await onAllRanks(
      cluster,
      async () =>
        given.has("seeds")
          ? await seedRequests(given, undefined, isFirst)
          : [await solveRequest(given, { writes: isFirst })],
    );
    for (const request of read) await checkSameProblem(cluster, request);
    if (read[0].problem.eigenvalue !== undefined) {
      throw new UsageError(
        "Cannot solve: --cluster must come with a problem without eigenvalue, current value is " +
          read[0].problem.name,
      );
    }
    const shared = cluster.size > 1 ? { cluster } : {};
    const requests = read.map((each): SolveRequest => ({
      ...{ ...each, ...shared, threads: each.threads ?? threadsOf(cluster) },
      quiet: quiet || !isFirst,
    }));
    const all = given.has("seeds") ? await performSeeds(requests, quietened) : undefined;
    const result = all?.result ?? await performSolve(requests[0], quietened);
    return {
      ...{ request: requests[0], result: isFirst ? result : { ...result, silent: true } },
      ...(all && { all }),
    };
  });
}

/** The flags of the run; those of `--resume` are in a file that the first rank reads. */
async function sharedFlags(cluster: Cluster, given: GivenFlags): Promise<GivenFlags> {
  if (!given.has("resume")) return given;
  const bytes = await fromFirst(cluster, async () => {
    const entries = [...await withResumedSolve(given)];
    return new TextEncoder().encode(JSON.stringify(entries));
  });
  return new Map(JSON.parse(new TextDecoder().decode(bytes)));
}

/** Refuses ranks that read different problems, or begin with different models. */
async function checkSameProblem(
  cluster: Cluster,
  { problem, start, given }: SolveRequest,
): Promise<void> {
  const textOf = (value: unknown) => checksumOf([new TextEncoder().encode(JSON.stringify(value))]);
  const { parameters = [] } = start?.network ?? {};
  checkSame(cluster, "must solve the same problem", {
    "a problem of checksum": await textOf(problem),
    "a model of checksum": await textOf([...parameters]),
    "flags of checksum": await textOf([...given].sort()),
  });
}
