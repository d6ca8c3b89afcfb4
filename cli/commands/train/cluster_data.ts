/**
 * What the ranks of a cluster have in common: the data and the checkpoint.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import type { Dataset } from "../../../lib/data/mod.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../lib/train/mod.ts";
import type { RunCheckpoint } from "../../runs/checkpoint.ts";
import { checkSame, checksum, fromFirst } from "../../runs/cluster.ts";
import type { TrainData } from "./data.ts";

/** Refuses ranks whose data differ. */
export async function checkSameData(cluster: Cluster | undefined, data: TrainData): Promise<void> {
  if (cluster === undefined || cluster.size === 1) return;
  const { parts: { train, validation, test }, encoding } = data;
  const numbers = (part: Dataset | undefined) =>
    part ? [part.inputs, part.targets, part.weights ?? new Float64Array(0)] : [];
  checkSame(cluster, "must see the same data", {
    ...(encoding.kind === "table" ? { "a table of checksum": encoding.split.checksum } : {}),
    "rows and columns": `${train.rows} x ${train.nIn + train.nOut}`,
    "training rows of checksum": await checksum(numbers(train)),
    "held-out rows of checksum": await checksum([...numbers(validation), ...numbers(test)]),
  });
}

/**
 * The checkpoint of all ranks: the first one reads and writes it.
 *
 * @param open Opens it.
 */
export async function sharedCheckpoint(
  cluster: Cluster | undefined,
  open: () => Promise<RunCheckpoint>,
): Promise<RunCheckpoint> {
  if (cluster === undefined || cluster.size === 1) return await open();
  let kept: RunCheckpoint | undefined;
  const bytes = await fromFirst(cluster, async () => {
    kept = await open();
    return kept.resume ? encodeCheckpoint(kept.resume, {}) : new Uint8Array(0);
  });
  return kept ?? {
    resume: bytes.length > 0 ? decodeCheckpoint(bytes).checkpoint : undefined,
    take: () => Promise.resolve(),
    fault: () => undefined,
    close: () => Promise.resolve(),
  };
}
