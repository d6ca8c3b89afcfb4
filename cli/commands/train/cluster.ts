/**
 * Training by the processes of a cluster, which share the rows.
 *
 * @module
 */

import { createCpuEngine } from "../../../lib/engine/mod.ts";
import { type ClusterRequest, readCluster } from "../../flags/cluster.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { readThreads } from "../../flags/shared.ts";
import { textFlag } from "../../flags/values.ts";
import { inCluster, threadsOf } from "../../runs/cluster.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { TrainRequest } from "./request.ts";
import type { RunResult } from "./result.ts";
import { performTraining } from "./run.ts";

/**
 * Reads the flags of a cluster, and refuses what a cluster does not share.
 *
 * @param request The run; undefined: a search.
 * @throws {UsageError} If the work is not the training of one network on the CPU.
 */
export function clusterRequest(
  given: GivenFlags,
  request: TrainRequest | undefined,
): ClusterRequest | undefined {
  const asked = readCluster(given);
  if (asked === undefined) return undefined;
  if (given.has("seeds")) {
    throw new UsageError(
      "Cannot train: --seeds must come without --cluster (freeknot sweep shares seeds out), current " +
        `value is ${textFlag(given, "seeds")}`,
    );
  }
  if (request === undefined || request.judging !== undefined) {
    throw new UsageError(
      "Cannot train: --cluster must come with the training of one network (--form network, without " +
        `--folds), current value is ${request === undefined ? "a search" : "a judging"}`,
    );
  }
  if (request.engineKind !== "cpu") {
    throw new UsageError(
      `Cannot train: --engine must be cpu with --cluster, current value is ${request.engineKind}`,
    );
  }
  if (request.source.kind === "table" && request.source.file === "-") {
    throw new UsageError(
      "Cannot train: --data must be a file with --cluster, which all ranks read, current value is -",
    );
  }
  return asked;
}

/** Trains on the ranks that a launcher has started. */
export async function trainOnCluster(
  request: TrainRequest,
  asked: ClusterRequest,
  given: GivenFlags,
  terminal: Terminal,
): Promise<RunResult> {
  return await inCluster(asked, terminal, request.quiet, async (cluster, quietened) => {
    const engine = createCpuEngine({
      threads: readThreads(given) ?? threadsOf(cluster),
      dtype: request.engine.dtype,
      peers: cluster,
    });
    const shared = { ...request, engine };
    if (cluster.rank === 0) return await performTraining(shared, quietened, undefined, cluster);
    const { modelOut: _, report: __, pictures: ___, ...silent } = shared;
    const run = await performTraining(
      { ...silent, quiet: true },
      quietened,
      undefined,
      cluster,
    );
    return { ...run, silent: true };
  });
}
