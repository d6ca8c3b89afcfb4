/**
 * What the ranks of a cluster have in common: the data and the checkpoint.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import type { Dataset } from "../../../lib/data/mod.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../lib/train/mod.ts";
import type { RunCheckpoint } from "../../runs/checkpoint.ts";
import { checkSame, checksum, checksumOf, fromFirst, onAllRanks } from "../../runs/cluster.ts";
import { readBetween } from "../../terminal/files.ts";
import type { SharedReading } from "./all_rows.ts";
import type { TrainData } from "./data.ts";

/** How the ranks share the rows of a table too long for memory; undefined: this process is alone. */
export function sharedReading(cluster: Cluster | undefined): SharedReading | undefined {
  return cluster && {
    readers: {
      ...{ rank: cluster.rank, size: cluster.size },
      gatherBytes: (bytes) => cluster.gatherBytes(bytes),
      together: (step) => onAllRanks(cluster, step),
    },
    peers: cluster,
  };
}

/** Places of a file that are compared, and bytes at each. */
const PLACES = 64, PLACE_BYTES = 1 << 16;

/** Refuses ranks that see different files: their sizes, and evenly spaced parts of them. */
export async function checkSameFile(cluster: Cluster | undefined, file: string): Promise<void> {
  if (cluster === undefined || cluster.size === 1) return;
  const facts = await onAllRanks(cluster, async () => {
    const size = await Deno.stat(file).then((info) => info.size, () => 0), parts: Uint8Array[] = [];
    const places = size <= PLACES * PLACE_BYTES ? Math.ceil(size / PLACE_BYTES) : PLACES;
    for (let k = 0; k < Math.max(1, places); k++) {
      const from = Math.round(k * Math.max(0, size - PLACE_BYTES) / Math.max(1, places - 1));
      parts.push(await readBetween(file, from, from + PLACE_BYTES));
    }
    return { bytes: String(size), "a table of checksum": await checksumOf(parts) };
  });
  checkSame(cluster, "must see the same data", facts);
}

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
