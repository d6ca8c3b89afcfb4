/**
 * Standard deviations of a layer's edges from moments of its inputs, which all outputs share.
 *
 * In piece m of node p a spline is `sum_k a_k w^k`; with `M_k = sum over the rows there of w^k`,
 *
 * - the sum of its values is `sum_m sum_k a_k M_k`, of their squares `sum_m sum_kl a_k a_l M_{k+l}`;
 * - the gradient by a_k, through a deviation of slope s and with c = s / (rows deviation), is
 *   `c (sum_l a_l M_{k+l} - mean M_k)`;
 * - the gradient by w is `sum_q c_q (phi_q - mean_q) phi_q'`, one polynomial for each piece.
 *
 * So a row costs its powers and one polynomial per input, whatever the number of outputs.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { call, joinPhases, type Phase } from "../wasm/kernel_calls.ts";
import { createRows } from "../wasm/row_array.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createSumTable } from "../wasm/sum_table.ts";
import type { LayerNorms } from "./edge_norms.ts";
import type { PieceTables } from "./piece_tables.ts";
import type { Placement, SplineTables } from "./tables.ts";

/** Powers of w that are added up, and coefficients of the polynomial of the slopes, of a piece. */
const POWERS = 8;

/** Whether a layer's deviations can be had from moments. */
export function hasMomentNorms({ base, space: { degree } }: SplineStage): boolean {
  return base === "none" && degree <= 3;
}

/** Deviations of one layer from moments. */
export interface MomentNorms extends LayerNorms {
  /** The layer's tables with the work on moments around theirs. */
  readonly tables: SplineTables;
  /** Adds to the gradient by the polynomials, between the backward pass and what comes of it. */
  settle(): void;
}

/** Lays out moments and the polynomials of slopes. */
export function createMomentNorms(
  { nIn, nOut, space: { degree, intervals } }: SplineStage,
  work: Workspace,
  originsAt: number,
  tables: PieceTables,
): MomentNorms {
  const pieces = nIn * (intervals + 2), perNode = intervals + 2;
  const sums = createSumTable(work, pieces * POWERS, true);
  const slopes = work.arena.float64(pieces * POWERS);
  const extra = createRows(work, nIn, false), { stride } = tables;
  let epsilon = 0;
  const means = new Float64Array(nIn * nOut), shares = new Float64Array(nIn * nOut);
  let norms: Float64Array = means;

  /** Calls `visit` for every piece with rows in it: its node, its moments, its polynomials. */
  function eachPiece(visit: (p: number, m: number, at: number, sums: Float64Array) => void): void {
    const all = sums.values;
    for (let piece = 0; piece < pieces; piece++) {
      if (all[piece * POWERS] > 0) {
        visit(Math.floor(piece / perNode), piece * POWERS, piece * tables.size, all);
      }
    }
  }

  /** Adds the powers up, on a chunk. */
  const addPowers = ({ piece, w }: Placement): Phase => ({
    start: sums.start,
    chunk: [call.addMoments({ nIn, piece, w, wStep: w.step, moments: sums.cursor })],
  });

  /** The backward pass on tables overwrites the points' coordinates, which slopes are read at. */
  function around({ piece, w }: Placement, backward: Phase): Phase {
    const points = { nIn, piece, w, wStep: w.step };
    return joinPhases([
      { chunk: [call.slopesOf({ ...points, table: slopes.at, origins: originsAt, to: extra })] },
      backward,
      { chunk: [call.addRows({ from: extra, to: w, step: w.step })] },
    ]);
  }

  return {
    sums,
    tables: {
      ...tables,
      forward: (points, y) => joinPhases([tables.forward(points, y), addPowers(points)]),
      backward(points, yBar, slopes) {
        const backward = tables.backward(points, yBar, slopes);
        return slopes ? around(points, backward) : backward;
      },
    },
    round(width) {
      epsilon = width;
    },
    norms(rows) {
      means.fill(0);
      const squares = new Float64Array(nIn * nOut), a = tables.polynomials();
      eachPiece((p, m, at, M) => {
        const layout = { p, m, at, stride, nOut, degree };
        addValues(layout, a, M, 1 / rows, means, squares);
      });
      norms = squares.map((square, e) =>
        Math.sqrt(Math.max(0, square - means[e] ** 2) + epsilon ** 2)
      );
      return norms;
    },
    price(bySlope, rows) {
      bySlope.forEach((slope, e) => shares[e] = norms[e] > 0 ? slope / (norms[e] * rows) : 0);
      const table = slopes.values.fill(0), a = tables.polynomials();
      eachPiece((p, m, at) =>
        addSlopes({ p, m, at, stride, nOut, degree }, a, means, shares, table)
      );
    },
    settle() {
      const a = tables.polynomials(), moments = tables.moments();
      eachPiece((p, m, at, M) =>
        addBars({ p, m, at, stride, nOut, degree }, a, M, means, shares, moments)
      );
    },
  };
}

/** A piece: its node, where its moments and its polynomials begin, and how these lie. */
interface PieceLayout {
  readonly p: number;
  readonly m: number;
  readonly at: number;
  readonly stride: number;
  readonly nOut: number;
  readonly degree: number;
}

/** Adds a piece's values and their squares, times `unit`, to sums per edge. */
function addValues(
  { p, m, at, stride, nOut, degree }: PieceLayout,
  a: Float64Array,
  M: Float64Array,
  unit: number,
  means: Float64Array,
  squares: Float64Array,
): void {
  for (let k = 0; k <= degree; k++) {
    const row = at + k * stride, first = M[m + k] * unit;
    for (let q = 0, e = p * nOut; q < nOut; q++, e++) means[e] += first * a[row + q];
    for (let l = k; l <= degree; l++) {
      const other = at + l * stride, second = (l > k ? 2 : 1) * M[m + k + l] * unit;
      for (let q = 0, e = p * nOut; q < nOut; q++, e++) {
        squares[e] += second * a[row + q] * a[other + q];
      }
    }
  }
}

/** Adds the polynomial of a piece's slopes to the table. */
function addSlopes(
  { p, m, at, stride, nOut, degree }: PieceLayout,
  a: Float64Array,
  means: Float64Array,
  shares: Float64Array,
  table: Float64Array,
): void {
  for (let j = 1; j <= degree; j++) {
    for (let k = 0; k <= degree; k++) {
      let sum = 0;
      for (let q = 0, e = p * nOut; q < nOut; q++, e++) {
        const value = k === 0 ? a[at + q] - means[e] : a[at + k * stride + q];
        sum += shares[e] * value * a[at + j * stride + q];
      }
      table[m + k + j - 1] += j * sum;
    }
  }
}

/** Adds the gradient by a piece's polynomials. */
function addBars(
  { p, m, at, stride, nOut, degree }: PieceLayout,
  a: Float64Array,
  M: Float64Array,
  means: Float64Array,
  shares: Float64Array,
  moments: Float64Array,
): void {
  for (let k = 0; k <= degree; k++) {
    for (let l = 0; l <= degree; l++) {
      const row = at + k * stride, other = at + l * stride, moment = M[m + k + l];
      for (let q = 0, e = p * nOut; q < nOut; q++, e++) {
        const value = l === 0 ? a[other + q] - means[e] : a[other + q];
        moments[row + q] += shares[e] * value * moment;
      }
    }
  }
}
