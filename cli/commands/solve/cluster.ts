/**
 * Solving by the processes of a cluster, which share the points.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import { type ClusterRequest, readCluster } from "../../flags/cluster.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { switchFlag, textFlag } from "../../flags/values.ts";
import { checkSame, checksumOf, inCluster, onAllRanks, threadsOf } from "../../runs/cluster.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { type SolveRequest, solveRequest } from "./request.ts";
import { performSolve, type SolveResult } from "./run.ts";

/**
 * Reads the flags of a cluster.
 *
 * @throws {UsageError} If a clock is to end the run (those of processes differ), or flags ask for
 * more than one run or for a checkpoint.
 */
export function solveCluster(given: GivenFlags): ClusterRequest | undefined {
  const asked = readCluster(given), limit = textFlag(given, "time-limit");
  if (asked === undefined) return undefined;
  const alone = ["seeds", "checkpoint", "resume"].find((flag) => given.has(flag));
  if (alone !== undefined) {
    throw new UsageError(
      `Cannot solve: --${alone} must come without --cluster, current value is ` +
        `${textFlag(given, alone)}`,
    );
  }
  if (limit === undefined) return asked;
  throw new UsageError(
    "Cannot solve: --time-limit must come without --cluster, since clocks of processes differ, " +
      `current value is ${limit}`,
  );
}

/** A solved problem, and what was asked for. */
export interface SolvedOnCluster {
  readonly request: SolveRequest;
  readonly result: SolveResult;
}

/** Solves on the ranks that a launcher has started. */
export async function solveOnCluster(
  given: GivenFlags,
  asked: ClusterRequest,
  terminal: Terminal,
): Promise<SolvedOnCluster> {
  const quiet = switchFlag(given, "quiet") ?? false;
  return await inCluster(asked, terminal, quiet, async (cluster, quietened) => {
    const isFirst = cluster.rank === 0;
    const read = await onAllRanks(cluster, () => solveRequest(given, { writes: isFirst }));
    await checkSameProblem(cluster, read);
    if (read.problem.eigenvalue !== undefined) {
      throw new UsageError(
        "Cannot solve: --cluster must come with a problem without eigenvalue, current value is " +
          read.problem.name,
      );
    }
    const threads = read.threads ?? threadsOf(cluster);
    const shared = cluster.size > 1 ? { peers: cluster } : {};
    const request = { ...read, ...shared, threads, quiet: quiet || !isFirst };
    const result = await performSolve(request, quietened);
    return { request, result: isFirst ? result : { ...result, silent: true } };
  });
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
