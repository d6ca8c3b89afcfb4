/**
 * The rows of a table that no rank of a cluster holds whole: each reads and keeps its share.
 *
 * @module
 */

import type { Dataset } from "../../../lib/data/mod.ts";
import { heldShare, holdShare, mostHolders } from "../../../lib/engine/inner.ts";
import type { Cluster } from "../../../lib/cluster/mod.ts";
import { onAllRanks } from "../../runs/cluster.ts";
import { createRowFile } from "../../runs/row_file.ts";
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
/** Numbers that Gauss-Newton's second derivatives keep of every output of a row, in the memory anyway. */
const NEWTON_OF_OUTPUT = 14;
/** Bytes of the rows that are in the memory at a time, at most: WebAssembly addresses 4 GiB. */
const MOST_OF_ROWS = 3.5 * 2 ** 30;

/** Whether a run takes Gauss-Newton steps. */
function usesNewton({ optimizer, optimizers }: ReadyRun["request"]): boolean {
  return [optimizer, ...Object.values(optimizers)].some(({ name }) => name === "gauss-newton");
}

/** Bytes that a rank needs for a row. */
function bytesOfRow({ network, request }: ReadyRun, width: number): number {
  const nodes = network.widths.slice(1).reduce((sum, nOut) => sum + nOut, 0);
  const ofNode = NUMBERS_OF_NODE + (usesNewton(request) ? MORE_BY_NEWTON : 0);
  return 8 * (COPIES * width + ofNode * nodes);
}

/**
 * Reads this rank's share of all training rows, in the run's encoding: into the memory, or into a file
 * where it does not fit.
 *
 * @param note Takes a note on the file.
 * @returns The share; undefined where every rank has all rows already.
 * @throws {UsageError} If there are more ranks than shares, or a share does not fit the memory.
 */
export async function heldTraining(
  ready: ReadyRun,
  cluster: Cluster | undefined,
  note: (text: string) => void,
): Promise<HeldTraining | undefined> {
  const { data: { allRows, encoding, parts }, request: { source } } = ready;
  if (!cluster || !allRows || encoding.kind !== "table" || source.kind !== "table") {
    return undefined;
  }
  const { rows, blockRows } = allRows, { parts: read } = allRows.of(encoding);
  const { nIn, nOut, weights } = parts.train, width = nIn + nOut + (weights ? 1 : 0);
  const limit = Math.min(source.memoryLimit ?? DEFAULT_MEMORY, ANYWAY + MOST_OF_ROWS);
  const atOnce = rowsAtOnce(ready, rows, width, cluster.size, limit);
  const [first, end] = heldShare(rows, cluster), count = end - first, shape = { nIn, nOut };
  if (atOnce !== undefined) {
    const gigabytes = (8 * count * width / 1e9).toPrecision(2);
    note(
      `a rank's share does not fit in --memory-limit: its rows (${gigabytes} GB) are kept in a file in ` +
        "the folder for temporary files (TMPDIR), and read for every evaluation",
    );
  }
  const file = atOnce === undefined
    ? undefined
    : createRowFile({ ...shape, weighted: weights !== undefined, atOnce });
  const none = new Float64Array(0),
    room = (columns: number) => file ? none : new Float64Array(count * columns);
  const inputs = room(nIn), targets = room(nOut), held = weights ? room(1) : undefined;
  await onAllRanks(cluster, async () => {
    let before = 0;
    for (const [block, rowsHere] of blockRows.entries()) {
      let at = before;
      before += rowsHere;
      if (before <= first || at >= end) continue;
      for await (const part of read(block)) {
        const from = Math.max(0, first - at),
          to = Math.min(part.rows, end - at),
          row = at + from - first;
        if (file) {
          if (from < to) file.add(part, from, to);
        } else if (from < to) {
          inputs.set(part.inputs.subarray(from * nIn, to * nIn), row * nIn);
          targets.set(part.targets.subarray(from * nOut, to * nOut), row * nOut);
          held?.set(part.weights!.subarray(from, to), row);
        }
        at += part.rows;
        if (at >= end) break;
      }
    }
  });
  const share = { rows: count, ...shape, inputs, targets, ...(held && { weights: held }) };
  return {
    dataset: holdShare(share, rows, cluster, file?.stored),
    close: () => file?.close(),
  };
}

/** A share, and what gives its file's room back. */
export interface HeldTraining {
  readonly dataset: Dataset;
  close(): void;
}

/**
 * The rows that a rank has in the memory at a time; undefined: all of its share. Refuses ranks that are
 * too many, and shares that do not fit where all of them is needed.
 */
function rowsAtOnce(
  ready: ReadyRun,
  rows: number,
  width: number,
  ranks: number,
  limit: number,
): number | undefined {
  const most = mostHolders(rows);
  if (ranks > most) {
    throw new UsageError(
      `Cannot train: ${rows} rows must be shared by at most ${most} ranks, current value is ${ranks}`,
    );
  }
  const block = Math.ceil(rows / most), perRow = bytesOfRow(ready, width);
  const kept = usesNewton(ready.request) ? 8 * NEWTON_OF_OUTPUT * ready.data.parts.train.nOut : 0;
  const share = (each: number) => block * Math.ceil(most / each);
  if (ANYWAY + perRow * share(ranks) <= limit) return undefined;
  const least = (each: number) => ANYWAY + kept * share(each) + perRow * block;
  if (least(ranks) <= limit) {
    const fitting = (limit - ANYWAY - kept * share(ranks)) / perRow;
    return Math.floor(fitting / 2); // what has been read is not given back at once
  }
  let enough = ranks;
  while (enough <= most && least(enough) > limit) enough++;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UsageError(
    `Cannot train: what a rank has in the memory at a time of ${rows} rows must fit in --memory-limit ` +
      `${gigabytes(limit)}, current value is ${
        gigabytes(least(ranks))
      } on each of ${ranks} ranks; ` +
      (enough <= most ? `${enough} ranks are enough` : "no number of ranks is enough"),
  );
}
