/**
 * Blocks of jets that processes share.
 *
 * A process computes its blocks of points, and takes statistics, outputs and sums of the others'. The
 * rows of a Gauss-Newton matrix need the hidden values of all points: these are computed when a matrix
 * is asked for.
 *
 * @module
 */

import { type Peers, sharesOf } from "../../peers.ts";
import type { Slot } from "../wasm/memory.ts";
import { type BlockNumbers, gatherBlocks } from "../wasm/row_blocks.ts";
import type { JetBlocks } from "./jet_phases.ts";
import type { JetShape } from "./jet_shape.ts";

/** What processes do together on their blocks. */
export type JetSharing = ReturnType<typeof createJetSharing>;

/**
 * Shares blocks out.
 *
 * @param peers The processes; undefined: this one has all blocks.
 * @param run Runs a phase on the blocks that are in use.
 */
export function createJetSharing(
  peers: Peers | undefined,
  blocks: JetBlocks,
  shapes: readonly JetShape[],
  run: (phaseAt: number) => void,
) {
  const count = blocks.most;
  const shared = peers && peers.size > 1 && count > 1 ? peers : undefined;
  const shares = shared ? sharesOf(count, shared.size) : [0, count];
  const rank = shared?.rank ?? 0, begin = shares[rank], end = shares[rank + 1];
  const total = shapes.reduce((sum, { rows }) => sum + rows, 0);
  const starts = shapes.map((_, g) => shapes.slice(0, g).reduce((sum, { rows }) => sum + rows, 0));

  /** The rows of a group that a process has: from, to below. */
  function rowsOf(process: number, group: number): readonly [number, number] {
    const [first, last] = [process, process + 1].map((r) => Math.floor(shares[r] * total / count));
    const { rows } = shapes[group];
    const place = (row: number) => Math.min(rows, Math.max(0, row - starts[group]));
    return [place(first), place(last)];
  }

  return {
    /** Runs a phase with points on the blocks of this process. */
    run(phaseAt: number): void {
      blocks.use(begin, end);
      run(phaseAt);
      blocks.use(0, count);
    },
    /** Runs phases on the blocks of the others. */
    runOthers(phases: readonly number[]): void {
      for (const [from, to] of [[0, begin], [end, count]]) {
        if (from === to) continue;
        blocks.use(from, to);
        for (const at of phases) if (at > 0) run(at);
      }
      blocks.use(0, count);
    },
    /** Takes what the others' blocks have found. */
    gather(found: readonly BlockNumbers[]): void {
      if (shared && found.length > 0) gatherBlocks(shared, shares, found);
    },
    /** Takes the others' rows of jets `[rows, nodes, padded]`, one array per group. */
    gatherRows(jets: readonly Slot<Float64Array>[], nodes: number): void {
      if (!shared) return;
      const partsOf = (process: number) =>
        jets.map(({ values }, g) => {
          const stride = nodes * shapes[g].padded, [from, to] = rowsOf(process, g);
          return values.subarray(from * stride, to * stride);
        });
      const all = Array.from({ length: shared.size }, (_, r) => partsOf(r));
      const lengths = all.map((parts) => parts.reduce((sum, { length }) => sum + length, 0));
      const part = new Float64Array(lengths[rank]);
      all[rank].reduce((at, values) => {
        part.set(values, at);
        return at + values.length;
      }, 0);
      const received = shared.gather(part, lengths);
      let at = 0;
      for (const values of all.flat()) values.set(received.subarray(at, at += values.length));
    },
  };
}
