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
  /** Output of every lane of every group, -1 where no edge is. */
  readonly outputs: readonly number[];
  /** Groups whose lanes are those of a vector of the layer's output, they come first; all groups. */
  readonly whole: number;
  readonly groups: number;
  /** The first of the input's groups among those of the layer. */
  readonly first: number;
}

/** Edges in a vector of the output from which on it is a group: another takes them one by one. */
const MOST_SINGLE = 1;

/** Orders the edges of every input in groups of `lanes`. */
export function groupEdges({ outputs }: EdgeMask, lanes: number): EdgeRow[] {
  let first = 0;
  return outputs.map((all): EdgeRow => {
    const vectors = new Map<number, number[]>(); // by the first output of each
    for (const q of all) {
      const begin = q - q % lanes;
      if (!vectors.has(begin)) vectors.set(begin, new Array<number>(lanes).fill(-1));
      vectors.get(begin)![q - begin] = q;
    }
    const edgesIn = (vector: readonly number[]) => vector.filter((q) => q >= 0);
    const listed = [...vectors.values()];
    const whole = listed.filter((vector) => edgesIn(vector).length > MOST_SINGLE);
    const others = listed.filter((vector) => !whole.includes(vector));
    // One that would be alone in a group is better off with its neighbours.
    if (others.length % lanes === 1) whole.push(others.pop()!);
    const singles = others.flatMap(edgesIn);
    while (singles.length % lanes > 0) singles.push(-1);
    const row = { outputs: [...whole.flat(), ...singles], whole: whole.length, first };
    const groups = row.outputs.length / lanes;
    first += groups;
    return { ...row, groups };
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
    for (const { outputs, whole, first } of rows) {
      outputs.forEach((output, i) => {
        const begin = i - i % lanes, group = outputs.slice(begin, begin + lanes);
        const known = group.find((q) => q >= 0)!;
        // A whole group begins at a vector; what fills another repeats the first output in it.
        const place = i < lanes * whole ? known - known % lanes : output < 0 ? known : output;
        values[lanes * first + i] = bytes * place;
      });
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
