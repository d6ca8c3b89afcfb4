/**
 * Training and search by the processes of a cluster, which share the rows.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
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
import { performSearch } from "./search.ts";
import type { SearchRequest, SearchResult } from "./search_result.ts";

/**
 * Reads the flags of a cluster, and refuses what a cluster does not share.
 *
 * @param request The run, or the search; undefined: several seeds.
 * @throws {UsageError} If the work is not one training, or one search, on the CPU.
 */
export function clusterRequest(
  given: GivenFlags,
  request: TrainRequest | undefined,
): ClusterRequest | undefined {
  const asked = readCluster(given);
  if (asked === undefined) return undefined;
  if (request === undefined) {
    throw new UsageError(
      "Cannot train: --seeds must come without --cluster (freeknot sweep shares seeds out), current " +
        `value is ${textFlag(given, "seeds")}`,
    );
  }
  if (request.judging !== undefined) {
    throw new UsageError(
      "Cannot train: --cluster must come with the training of one model (without --folds and " +
        "--learning-curve), current value is a judging",
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

/** What a rank is asked for: all but the first are silent and write nothing. */
function requestOf<Request extends TrainRequest>(request: Request, { rank }: Cluster): Request {
  if (rank === 0) return request;
  const { modelOut: _, report: __, pictures: ___, ...silent } = request;
  return { ...silent, quiet: true } as Request;
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
    const own = requestOf({ ...request, engine }, cluster);
    const run = await performTraining(own, quietened, undefined, cluster);
    return cluster.rank === 0 ? run : { ...run, silent: true };
  });
}

/**
 * Searches on the ranks that a launcher has started: all search alike, and share the rows of a table
 * too long for memory.
 */
export async function searchOnCluster(
  request: SearchRequest,
  asked: ClusterRequest,
  given: GivenFlags,
  terminal: Terminal,
): Promise<SearchResult> {
  return await inCluster(asked, terminal, request.quiet, async (cluster, quietened) => {
    const threads = readThreads(given) ?? threadsOf(cluster);
    const engine = createCpuEngine({ threads, dtype: request.engine.dtype });
    const own = requestOf({ ...request, engine }, cluster);
    const found = await performSearch(own, quietened, undefined, cluster);
    return cluster.rank === 0 ? found : { ...found, silent: true };
  });
}
