/**
 * Rows of which every process holds its share alone.
 *
 * @module
 */

import { datasetChecksum, rowsBetween } from "../data/inner.ts";
import type { Dataset, StoredRows, WholeRows } from "../data/mod.ts";
import { cutHeld } from "./cpu/wasm/row_blocks.ts";
import { totalWeight } from "./loss.ts";
import { joinOverPeers, type Peers, sharesOf } from "./peers.ts";

/** The rows that a process holds, of so many: from the first to below the second. */
export function heldShare(
  rows: number,
  { rank, size }: Pick<Peers, "rank" | "size">,
): readonly [number, number] {
  const blocks = cutHeld(rows), shares = sharesOf(blocks.length, size);
  return [blocks[shares[rank]]?.begin ?? rows, blocks[shares[rank + 1]]?.begin ?? rows];
}

/** The most processes that can hold shares of so many rows. */
export function mostHolders(rows: number): number {
  return cutHeld(rows).length;
}

/** A process alone. */
const ALONE: Pick<Peers, "rank" | "size"> = { rank: 0, size: 1 };

/**
 * Makes a process' share of rows known as such; all processes must do so at once.
 *
 * @param share The rows that {@linkcode heldShare} gives this process; its arrays are empty where it is
 * stored.
 * @param rows How many all processes have.
 * @param peers The processes; undefined: this one is alone.
 * @param stored Where the share is kept outside the memory.
 */
export function holdShare(
  share: Dataset,
  rows: number,
  peers: Peers | undefined,
  stored?: StoredRows,
): Dataset {
  const { nIn, nOut, weights } = share, several = peers && peers.size > 1 ? peers : undefined;
  const [first, end] = heldShare(rows, several ?? ALONE);
  if (share.rows !== end - first) {
    throw new TypeError(
      `Cannot hold share: dataset must have ${end - first} of ${rows} rows, current value is ` +
        `${share.rows}`,
    );
  }
  const width = nIn + nOut + (weights ? 1 : 0);
  const take: WholeRows["take"] = (wanted) => {
    const packed = new Float64Array(wanted.length * width);
    for (let k = 0; k < wanted.length; k++) {
      const place = wanted[k] - first, to = k * width;
      if (place < 0 || place >= share.rows) continue;
      const { inputs, targets, weights } = stored ? stored.read(place, place + 1) : share;
      const row = stored ? 0 : place;
      for (let p = 0; p < nIn; p++) packed[to + p] = inputs[row * nIn + p] + 0;
      for (let q = 0; q < nOut; q++) packed[to + nIn + q] = targets[row * nOut + q] + 0;
      if (weights) packed[to + nIn + nOut] = weights[row];
    }
    if (several) joinOverPeers(several, packed);
    const columns = (from: number, count: number) => {
      const values = new Float64Array(wanted.length * count);
      for (let k = 0; k < wanted.length; k++) {
        for (let c = 0; c < count; c++) values[k * count + c] = packed[k * width + from + c];
      }
      return values;
    };
    return {
      ...{ rows: wanted.length, nIn, nOut, inputs: columns(0, nIn), targets: columns(nIn, nOut) },
      ...(weights && { weights: columns(nIn + nOut, 1) }),
    };
  };
  const facts = factsOf(share, rows, several, stored);
  return { ...share, whole: { rows, first, take, ...facts, ...(stored && { stored }) } };
}

/** The sum of all rows' weights and their fingerprint, from those of blocks. */
function factsOf(
  share: Dataset,
  rows: number,
  peers: Peers | undefined,
  stored: StoredRows | undefined,
): Pick<WholeRows, "weight" | "checksum"> {
  const blocks = cutHeld(rows), [first, end] = heldShare(rows, peers ?? ALONE);
  const facts = new Float64Array(3 * blocks.length);
  for (const { index, begin, rows: count } of blocks) {
    if (begin < first || begin >= end) continue;
    const from = begin - first, to = from + count;
    const block = stored ? stored.read(from, to) : rowsBetween(share, from, to);
    const digits = datasetChecksum(block);
    facts.set(
      [totalWeight(block), parseInt(digits.slice(0, 8), 16), parseInt(digits.slice(8), 16)],
      3 * index,
    );
  }
  if (peers) joinOverPeers(peers, facts);
  let weight = 0;
  for (let b = 0; b < blocks.length; b++) weight += facts[3 * b];
  const inputs = facts.filter((_, i) => i % 3 > 0), none = new Float64Array(0);
  const all = { rows, nIn: share.nIn, nOut: share.nOut, inputs, targets: none };
  return { weight, checksum: datasetChecksum(all) };
}
