/**
 * Groups of points as the loops see them: number of derivatives, chain rule.
 *
 * @module
 */

import type { JetPoints } from "../../jets.ts";
import { JET_SCRATCH } from "../wasm/abi.ts";
import type { Arena } from "../wasm/memory.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import { layOutChain } from "./jet_groups.ts";

/** Chain terms of one group of points, laid out for the kernels. */
export type JetShape = ReturnType<typeof createJetShape>;

/** Numbers of a thread's scratch besides one for every term. */
export const SCRATCH = Object.values(JET_SCRATCH).reduce((sum, length) => sum + length, 0);

/** Lays out the chain rule of a group; its derivatives are padded to whole SIMD vectors. */
export function createJetShape(group: JetPoints, arena: Arena) {
  const { rows, channels, order, terms, table, factors } = layOutChain(group, arena);
  const padded = channels + channels % 2;
  const fields = { channels, padded, order, terms, chain: table.at, factors: factors.at };
  const description = arena.int32(
    recordLength("Shape"),
    (values) => values.set(recordWords("Shape", fields)),
  );
  return { rows, channels, padded, terms, at: description.at };
}

/** Copies `[rows, derivatives, nodes]` to `[rows, nodes, padded]`, or back. */
export function copyJets(
  inner: Float64Array,
  { rows, channels, padded }: JetShape,
  nodes: number,
  outer: Float64Array,
  back: boolean,
): void {
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0, place = r * nodes * padded + c; i < nodes; i++, place += padded, at++) {
        if (back) outer[at] = inner[place];
        else inner[place] = outer[at];
      }
    }
  }
}
