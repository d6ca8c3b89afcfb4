/**
 * The interface between a spline layer and its tables of either form, and the kernel calls on them.
 *
 * @module
 */

import type { EdgeNorms } from "./edge_norms.ts";
import type { EdgePolynomials } from "./edge_polynomials.ts";
import { type Argument, call, type Phase } from "../wasm/kernel_calls.ts";
import type { RowArray } from "../wasm/row_array.ts";
import type { SumTable } from "../wasm/sum_table.ts";

/** Where the points of a batch lie, `[rows, nIn]`. */
export interface Placement {
  /** Piece, an index into all pieces of the layer. */
  readonly piece: RowArray<Int32Array>;
  /** Local coordinate in the piece; the backward pass leaves the gradient by the inputs there. */
  readonly w: RowArray<unknown>;
  /** Of a layer with a base branch: silu of the inputs and its derivative. */
  readonly silus?: { readonly value: RowArray<unknown>; readonly slope: RowArray<unknown> };
}

/** The tables of one layer. */
export interface SplineTables extends Pick<EdgePolynomials, "fresh" | "build" | "pull"> {
  /** `y += ...`, the call on a chunk. */
  forward(points: Placement, y: RowArray<unknown>): Phase;
  /** The gradient by the tables and, with `slopes`, by the normalised inputs. */
  backward(points: Placement, yBar: RowArray<unknown>, slopes: boolean): Phase;
}

/** The calls on tables, for one output or several. */
export function tableCalls(
  tables: Readonly<
    Record<"nIn" | "degree" | "polynomials" | "first" | "table" | "scratch", Argument>
  >,
  sums: Readonly<Record<"bar" | "origins" | "knots", Argument>>,
  { start, end }: Pick<SumTable, "start" | "end">,
  one: boolean,
  edges?: EdgeNorms,
): Pick<SplineTables, "forward" | "backward"> {
  if (edges) return edgeCalls(tables, sums, { start, end }, one, edges);
  return {
    forward({ piece, w }, y) {
      const args = { ...tables, piece, w, wStep: w.step, y, yStep: y.step };
      if (one) return { chunk: [call.forwardOne(args)] };
      return { chunk: [call.zeroRows({ to: y, step: y.step }), call.forwardMany(args)] };
    },
    backward({ piece, w }, yBar, slopes) {
      const points = { piece, w, wStep: w.step, yBar, yStep: yBar.step, slopes };
      const args = { ...tables, ...sums, ...points, moments: sums.bar };
      return { start, chunk: [one ? call.backwardOne(args) : call.backwardMany(args)], end };
    },
  };
}

/** The same calls with the work of a penalty on edges. */
function edgeCalls(
  { nIn, degree, table }: Readonly<Record<"nIn" | "degree" | "table", Argument>>,
  { bar, origins }: Readonly<Record<"bar" | "origins", Argument>>,
  moments: Pick<SumTable, "start" | "end">,
  one: boolean,
  { sums, weightBars, ...edges }: EdgeNorms,
): Pick<SplineTables, "forward" | "backward"> {
  return {
    forward({ piece, w, silus }, y) {
      const points = { nIn, degree, piece, w, wStep: w.step, table, y, yStep: y.step };
      const args = { ...points, silu: silus?.value ?? 0, ...edges.forward };
      const chunk = one
        ? [call.forwardEdge(args)]
        : [call.zeroRows({ to: y, step: y.step }), call.forwardEdges(args)];
      return { start: sums.start, chunk, end: sums.end };
    },
    backward({ piece, w, silus }, yBar, slopes) {
      const args = {
        ...{ nIn, degree, piece, w, wStep: w.step, table, moments: bar, origins, slopes },
        ...{ yBar, yStep: yBar.step, ...edges.backward },
        ...{ silu: silus?.value ?? 0, siluSlope: silus?.slope ?? 0 },
      };
      return {
        start: [...moments.start, ...weightBars?.start ?? []],
        chunk: [one ? call.backwardEdge(args) : call.backwardEdges(args)],
        end: [...moments.end, ...weightBars?.end ?? []],
      };
    },
  };
}
