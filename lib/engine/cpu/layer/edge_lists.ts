/**
 * The edges of a layer with a mask as kernels read them: those of an input in groups that fill a vector.
 *
 * @module
 */

import type { EdgeMask } from "../../../model/inner.ts";
import type { Arena } from "../wasm/memory.ts";
import { recordLength, recordWords } from "../wasm/records.ts";

/** The edges of one input. */
export interface EdgeRow {
  /** Output of every edge; those that lie side by side in a vector of the layer's output first. */
  readonly outputs: readonly number[];
  /** Groups of such outputs, and all groups. */
  readonly whole: number;
  readonly groups: number;
  /** The first of the input's groups among those of the layer. */
  readonly first: number;
}

/** Orders the edges of every input in groups of `lanes`. */
export function groupEdges({ outputs }: EdgeMask, lanes: number): EdgeRow[] {
  let first = 0;
  return outputs.map((all): EdgeRow => {
    const there = new Set(all);
    const isWhole = (q: number) => {
      const begin = q - q % lanes;
      return Array.from({ length: lanes }, (_, i) => begin + i).every((each) => there.has(each));
    };
    const sideBySide = [...all].filter(isWhole), others = [...all].filter((q) => !isWhole(q));
    const groups = Math.ceil(all.length / lanes), whole = sideBySide.length / lanes;
    const row = { outputs: [...sideBySide, ...others], whole, groups, first };
    first += groups;
    return row;
  });
}

/**
 * Writes the records of the kernels; returns their address.
 *
 * @param pieceNumbers Numbers of a piece of one group; the pieces of an input lie one after the other.
 */
export function writeEdgeNodes(
  rows: readonly EdgeRow[],
  arena: Arena,
  pieces: number,
  pieceNumbers: number,
): number {
  const bytes = arena.bytesPerReal, lanes = 16 / bytes;
  const total = rows.reduce((sum, { groups }) => sum + groups, 0);
  const lists = arena.int32(lanes * total, (values) => {
    for (const { outputs, groups, first } of rows) {
      for (let i = 0; i < lanes * groups; i++) {
        // What fills the last group repeats the first output in it.
        values[lanes * first + i] = bytes * (outputs[i] ?? outputs[i - i % lanes]);
      }
    }
  });
  const words = rows.flatMap(({ whole, groups, first }) =>
    recordWords("EdgeNode", {
      table: bytes * first * pieces * pieceNumbers,
      piece: bytes * groups * pieceNumbers,
      list: lists.at + 4 * lanes * first,
      ...{ whole, groups },
    })
  );
  return arena.int32(recordLength("EdgeNode") * rows.length, (values) => values.set(words)).at;
}
