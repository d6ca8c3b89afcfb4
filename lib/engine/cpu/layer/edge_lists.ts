/**
 * The edges of a layer with a mask as kernels read them: for every input rows as long as it has edges.
 *
 * @module
 */

import type { EdgeMask } from "../../../model/inner.ts";
import type { Arena } from "../wasm/memory.ts";
import { paddedLength } from "../wasm/row_array.ts";
import { recordLength, recordWords } from "../wasm/records.ts";

/** The rows of one input in a table. */
export interface EdgeRow {
  /** Output of every column, those that lie side by side in a vector of the layer's output first. */
  readonly outputs: readonly number[];
  /** Vectors of such outputs. */
  readonly whole: number;
  /** Numbers from a power to the next. */
  readonly stride: number;
  /** Numbers from a piece to the next. */
  readonly size: number;
  /** Where the input's first piece begins in the table. */
  readonly offset: number;
}

/** Orders the edges of every input; `powers` rows of them for each of `pieces`. */
export function layOutEdges(
  { outputs }: EdgeMask,
  arena: Arena,
  pieces: number,
  powers: number,
): EdgeRow[] {
  const lanes = 16 / arena.bytesPerReal;
  let offset = 0;
  return outputs.map((all): EdgeRow => {
    const there = new Set(all);
    const isWhole = (q: number) => {
      const begin = q - q % lanes;
      return Array.from({ length: lanes }, (_, i) => begin + i).every((each) => there.has(each));
    };
    const sideBySide = [...all].filter(isWhole), others = [...all].filter((q) => !isWhole(q));
    const stride = paddedLength(arena, all.length), size = powers * stride;
    const row = {
      ...{ outputs: [...sideBySide, ...others], whole: sideBySide.length / lanes },
      ...{ stride, size, offset },
    };
    offset += pieces * size;
    return row;
  });
}

/** Writes the records of the kernels; returns their address. */
export function writeEdgeNodes(rows: readonly EdgeRow[], arena: Arena): number {
  const bytes = arena.bytesPerReal, lanes = 16 / bytes;
  const lists = arena.int32(rows.reduce((sum, { stride }) => sum + stride, 0), (values) => {
    let at = 0;
    for (const { outputs, stride } of rows) {
      for (let i = 0; i < stride; i++) {
        // What fills the last vector repeats the first output in it.
        const output = outputs[i] ?? outputs[i - i % lanes];
        values[at++] = bytes * output;
      }
    }
  });
  let list = lists.at;
  const words = rows.flatMap(({ stride, offset, whole }) => {
    const place = { table: bytes * offset, step: bytes * stride, list };
    list += 4 * stride;
    return recordWords("EdgeNode", { ...place, whole, vectors: stride / lanes });
  });
  return arena.int32(recordLength("EdgeNode") * rows.length, (values) => values.set(words)).at;
}
