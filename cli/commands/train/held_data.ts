/**
 * The rows of a table that no rank of a cluster holds whole: each reads and keeps its share.
 *
 * @module
 */

import type { Dataset } from "../../../lib/data/mod.ts";
import { heldShare, holdShare, mostHolders } from "../../../lib/engine/inner.ts";
import type { Cluster } from "../../../lib/cluster/mod.ts";
import { onAllRanks } from "../../runs/cluster.ts";
import { UsageError } from "../../terminal/errors.ts";
import { DEFAULT_MEMORY } from "../../terminal/large_tables.ts";
import type { ReadyRun } from "./ready.ts";

/** Memory of a rank besides its rows, measured. */
const ANYWAY = 3.5e8;
/**
 * Numbers of a row, measured: inputs and targets as they are read and as the engine has them; of every
 * node values, places and gradients, and where second derivatives are asked for a second pass.
 */
const COPIES = 2, NUMBERS_OF_NODE = 5, MORE_BY_NEWTON = 19;

/** What a rank needs for so many rows. */
function memoryOf(rows: number, { network, request }: ReadyRun, width: number): number {
  const nodes = network.widths.slice(1).reduce((sum, nOut) => sum + nOut, 0);
  const ofNode = NUMBERS_OF_NODE + (request.optimizer.name === "gauss-newton" ? MORE_BY_NEWTON : 0);
  return ANYWAY + 8 * rows * (COPIES * width + ofNode * nodes);
}

/**
 * Reads this rank's share of all training rows, in the run's encoding.
 *
 * @returns The share; undefined where every rank has all rows already.
 * @throws {UsageError} If there are more ranks than shares, or a share does not fit the memory.
 */
export async function heldTraining(
  ready: ReadyRun,
  cluster: Cluster | undefined,
): Promise<Dataset | undefined> {
  const { data: { allRows, encoding, parts }, request: { source } } = ready;
  if (!cluster || !allRows || encoding.kind !== "table" || source.kind !== "table") {
    return undefined;
  }
  const { rows, blockRows } = allRows, { parts: read } = allRows.of(encoding);
  const { nIn, nOut, weights } = parts.train, width = nIn + nOut + (weights ? 1 : 0);
  checkShares(ready, rows, width, cluster.size, source.memoryLimit ?? DEFAULT_MEMORY);
  const [first, end] = heldShare(rows, cluster), count = end - first;
  const share = await onAllRanks(cluster, async (): Promise<Dataset> => {
    const inputs = new Float64Array(count * nIn), targets = new Float64Array(count * nOut);
    const held = weights ? new Float64Array(count) : undefined;
    let before = 0;
    for (const [block, rowsHere] of blockRows.entries()) {
      let at = before;
      before += rowsHere;
      if (before <= first || at >= end) continue;
      for await (const part of read(block)) {
        const from = Math.max(0, first - at),
          to = Math.min(part.rows, end - at),
          row = at + from - first;
        if (from < to) {
          inputs.set(part.inputs.subarray(from * nIn, to * nIn), row * nIn);
          targets.set(part.targets.subarray(from * nOut, to * nOut), row * nOut);
          held?.set(part.weights!.subarray(from, to), row);
        }
        at += part.rows;
        if (at >= end) break;
      }
    }
    return { rows: count, nIn, nOut, inputs, targets, ...(held && { weights: held }) };
  });
  return holdShare(share, rows, cluster);
}

/** Refuses ranks that are too many, or too few for their memory. */
function checkShares(
  ready: ReadyRun,
  rows: number,
  width: number,
  ranks: number,
  limit: number,
): void {
  const most = mostHolders(rows);
  if (ranks > most) {
    throw new UsageError(
      `Cannot train: ${rows} rows must be shared by at most ${most} ranks, current value is ${ranks}`,
    );
  }
  const needed = (each: number) =>
    memoryOf(Math.ceil(rows / most) * Math.ceil(most / each), ready, width);
  if (needed(ranks) <= limit) return;
  let enough = ranks;
  while (enough <= most && needed(enough) > limit) enough++;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UsageError(
    `Cannot train: a rank's share of ${rows} rows must fit in --memory-limit ${
      gigabytes(limit)
    }, ` +
      `current value is ${gigabytes(needed(ranks))} on each of ${ranks} ranks; ` +
      (enough <= most ? `${enough} ranks are enough` : "no number of ranks is enough"),
  );
}
