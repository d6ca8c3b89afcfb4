/**
 * Which edges a layer of splines has, and the same layer with all edges.
 *
 * @module
 */

import type { EdgeMask } from "../../model/inner.ts";
import { fullMatrix, type NetworkProgram, type ProgramWiring, type SplineStep } from "./program.ts";

/** The edges of one input: numbered from `start`, `count` of them. */
interface InputEdges {
  readonly start: number;
  readonly count: number;
}

/** The edges that leave an input. */
export function inputEdges(
  { nOut, wiring }: Pick<SplineStep, "nOut" | "wiring">,
  p: number,
): InputEdges {
  if (wiring === undefined) return { start: p * nOut, count: nOut };
  const start = wiring.starts[p];
  return { start, count: wiring.starts[p + 1] - start };
}

/** Which output the edge `k` of input `p` leads to. */
function edgeOutput({ wiring }: Pick<SplineStep, "wiring">, p: number, k: number): number {
  return wiring === undefined ? k : wiring.outputs[wiring.starts[p] + k];
}

/** Counts the edges of a layer. */
export function numStepEdges({ nIn, nOut, wiring }: SplineStep): number {
  return wiring?.outputs.length ?? nIn * nOut;
}

/** The edges that lead to each output, as inputs and numbers among these inputs' edges. */
export function edgesByOutput(step: SplineStep): (readonly [p: number, k: number])[][] {
  const lists: (readonly [number, number])[][] = Array.from({ length: step.nOut }, () => []);
  for (let p = 0; p < step.nIn; p++) {
    const { count } = inputEdges(step, p);
    for (let k = 0; k < count; k++) lists[edgeOutput(step, p, k)].push([p, k]);
  }
  return lists;
}

/** The wiring of a layer some of whose edges are missing. */
export function wiringOf({ outputs, count }: EdgeMask): ProgramWiring {
  const starts = new Int32Array(outputs.length + 1), all = new Int32Array(count);
  outputs.forEach((each, p) => {
    all.set(each, starts[p]);
    starts[p + 1] = starts[p] + each.length;
  });
  return { starts, outputs: all };
}

/**
 * Numbers of edges as the tables of a program hold them: from `[edges, size]` to, input by input,
 * `[size, edges of the input]`.
 */
export function byInput(
  { starts }: ProgramWiring,
  values: Float64Array,
  size: number,
): Float64Array {
  const all = new Float64Array(values.length);
  for (let p = 0; p + 1 < starts.length; p++) {
    const count = starts[p + 1] - starts[p], from = starts[p] * size;
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < size; i++) all[from + i * count + k] = values[from + k * size + i];
    }
  }
  return all;
}

/** A program whose layers have all edges, missing ones being 0, and whose matrices are full. */
export function denseProgram(program: NetworkProgram): NetworkProgram {
  const members = program.members.map((steps) =>
    steps.map((step) => {
      if (step.kind === "splines") return denseSplines(step);
      if (step.kind !== "sparse" || step.origin !== "linear") return step;
      const { nIn, nOut, bias } = step;
      return { kind: "linear" as const, nIn, nOut, weights: fullMatrix(step), bias };
    })
  );
  return { ...program, members };
}

function denseSplines(step: SplineStep): SplineStep {
  const { wiring, ...others } = step;
  if (wiring === undefined) return step;
  const { nIn, nOut, rows, silu } = step;
  const spread = (values: Float64Array, size: number): Float64Array => {
    const all = new Float64Array(nIn * size * nOut);
    for (let p = 0; p < nIn; p++) {
      const { start, count } = inputEdges(step, p);
      for (let i = 0; i < size; i++) {
        for (let k = 0; k < count; k++) {
          const to = (p * size + i) * nOut + wiring.outputs[start + k];
          all[to] = values[start * size + i * count + k];
        }
      }
    }
    return all;
  };
  return { ...others, table: spread(step.table, rows), ...(silu && { silu: spread(silu, 1) }) };
}
