/**
 * Tables of a spline layer as pieces: every edge's polynomials, `[nIn, intervals + 2, degree + 1,
 * nOut]`.
 *
 * 3 multiply-adds per edge and point forward at degree 3: right for few outputs; the ReLU basis has
 * no other form.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { createLocalBasis } from "./local_basis.ts";
import { extrapolatePieces, foldMoments, type Pieces } from "./pieces.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createReluPieces } from "./relu_pieces.ts";
import { paddedLength } from "../wasm/row_array.ts";
import { createScratch, createSumTable } from "../wasm/sum_table.ts";
import { type SplineTables, tableCalls } from "./tables.ts";

/** The local functions of a piece's own rows are powers: no polynomials. */
const POWERS = { polynomials: 0, first: 0 };

/** Lays out pieces, and their moments. */
export function createPieceTables(
  stage: SplineStage,
  work: Workspace,
  originsAt: number,
): SplineTables {
  const { arena } = work;
  const { nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut);
  // One output: the kernels read 4 powers at once.
  const size = nOut === 1 ? Math.max(4, degree + 1) : (degree + 1) * stride;
  const table = arena.reals(nIn * pieces * size);
  const moments = createSumTable(work, nIn * pieces * size);
  const exact = arena.dtype === "float64" ? undefined : new Float64Array(nIn * pieces * size);
  const relu = stage.basis === "relu" ? createReluPieces(stage) : undefined;
  const basis = createLocalBasis(stage);
  const { combine, spread, correlate } = createPieceProducts(degree, nOut, stride);
  const scratch = createScratch(work, degree + 1);
  const sums = { bar: moments.cursor, origins: originsAt, knots: 0 };

  function piecesOf(values: Float64Array, p: number): Pieces {
    return { values, offset: p * pieces * size, size, columns: nOut, stride };
  }
  /** The polynomials in float64. */
  function polynomials(): Float64Array {
    return exact ?? table.values as Float64Array;
  }

  return {
    build(c, nodes, moved) {
      const a = polynomials();
      nodes.forEach(({ vector, t, places }, p) => {
        if (relu) {
          relu.build(p, t, c, piecesOf(a, p));
          return extrapolatePieces(stage, places, piecesOf(a, p));
        }
        if (moved && (p === 0 || vector !== nodes[p - 1].vector)) basis.build(vector, t, places);
        const { values: q, offset, size: step, stride: row } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const from = (p * numBasis + basis.first(piece, places)) * nOut;
          combine(q, offset + piece * step, row, c, from, a, (p * pieces + piece) * size);
        }
      });
      if (exact) table.values.set(exact);
    },
    ...tableCalls({ ...POWERS, nIn, degree, table: table.at, scratch }, sums, moments, nOut === 1),
    add: moments.add,
    collect(c, nodes, cBar, knotsBar) {
      const mu = moments.values;
      const bar = knotsBar ? nodesBar(stage, basis.pieces(0)) : undefined;
      nodes.forEach(({ vector, t, places }, p) => {
        const tBar = knotsBar?.[vector];
        if (relu) {
          foldMoments(stage, places, piecesOf(polynomials(), p), piecesOf(mu, p), tBar);
          return relu.pull(p, t, c, piecesOf(mu, p), cBar, tBar);
        }
        const { values: q, offset, size: step, stride: row } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const from = (p * numBasis + basis.first(piece, places)) * nOut;
          const at = (p * pieces + piece) * size;
          spread(q, offset + piece * step, row, mu, at, cBar, from);
          if (bar) correlate(bar.values, piece * step, row, c, from, mu, at);
        }
        if (bar && tBar) {
          basis.pull(vector, t, places, bar, tBar);
          bar.values.fill(0);
        }
      });
    },
  };
}

/** Room for the gradient by the basis polynomials of one vector. */
function nodesBar({ space: { intervals } }: SplineStage, like: Pieces): Pieces {
  return { ...like, values: new Float64Array((intervals + 2) * like.size), offset: 0 };
}

/**
 * A product on one piece of one node: every array comes with the place where the piece begins, the
 * basis functions `Q` with the numbers in a row of them too.
 */
type PieceProduct = (
  q: Float64Array,
  at: number,
  row: number,
  x: Float64Array,
  from: number,
  y: Float64Array,
  to: number,
) => void;

/** Products with powers `stride` numbers apart and coefficients side by side. */
function createPieceProducts(degree: number, nOut: number, stride: number) {
  /** `a_kq = sum_i Q_ki c_iq`. */
  const combine: PieceProduct = (q, at, row, c, from, a, to) => {
    for (let k = 0; k <= degree; k++, at += row, to += stride) {
      for (let j = 0; j < nOut; j++) {
        let sum = 0;
        for (let i = 0; i <= degree; i++) sum += q[at + i] * c[from + i * nOut + j];
        a[to + j] = sum;
      }
    }
  };

  /** `cBar_iq += sum_k Q_ki mu_kq`. */
  const spread: PieceProduct = (q, at, row, mu, from, cBar, to) => {
    for (let i = 0; i <= degree; i++, to += nOut) {
      for (let j = 0; j < nOut; j++) {
        let sum = 0;
        for (let k = 0; k <= degree; k++) sum += q[at + k * row + i] * mu[from + k * stride + j];
        cBar[to + j] += sum;
      }
    }
  };

  /** `QBar_ki = sum_q c_iq mu_kq`. */
  const correlate: PieceProduct = (qBar, to, row, c, from, mu, at) => {
    for (let k = 0; k <= degree; k++, to += row, at += stride) {
      for (let i = 0; i <= degree; i++) {
        let sum = 0;
        for (let j = 0; j < nOut; j++) sum += c[from + i * nOut + j] * mu[at + j];
        qBar[to + i] = sum;
      }
    }
  };
  return degree === 3 ? createCubicProducts(nOut, stride) : { combine, spread, correlate };
}

/** The same at degree 3, four functions and powers at once. */
function createCubicProducts(nOut: number, stride: number) {
  const second = 2 * stride, third = 3 * stride;
  const combine: PieceProduct = (q, at, row, c, from, a, to) => {
    const c1 = from + nOut, c2 = c1 + nOut, c3 = c2 + nOut;
    for (let k = 0; k < 4; k++, at += row, to += stride) {
      const q0 = q[at], q1 = q[at + 1], q2 = q[at + 2], q3 = q[at + 3];
      for (let j = 0; j < nOut; j++) {
        a[to + j] = q0 * c[from + j] + q1 * c[c1 + j] + q2 * c[c2 + j] + q3 * c[c3 + j];
      }
    }
  };
  const spread: PieceProduct = (q, at, row, mu, from, cBar, to) => {
    for (let i = 0; i < 4; i++, at++, to += nOut) {
      const q0 = q[at], q1 = q[at + row], q2 = q[at + 2 * row], q3 = q[at + 3 * row];
      for (let j = 0, m = from; j < nOut; j++, m++) {
        cBar[to + j] += q0 * mu[m] + q1 * mu[m + stride] + q2 * mu[m + second] + q3 * mu[m + third];
      }
    }
  };
  const correlate: PieceProduct = (qBar, to, row, c, from, mu, at) => {
    const c1 = from + nOut, c2 = c1 + nOut, c3 = c2 + nOut;
    for (let k = 0; k < 4; k++, to += row, at += stride) {
      let q0 = 0, q1 = 0, q2 = 0, q3 = 0;
      for (let j = 0; j < nOut; j++) {
        const m = mu[at + j];
        q0 += c[from + j] * m;
        q1 += c[c1 + j] * m;
        q2 += c[c2 + j] * m;
        q3 += c[c3 + j] * m;
      }
      qBar[to] = q0;
      qBar[to + 1] = q1;
      qBar[to + 2] = q2;
      qBar[to + 3] = q3;
    }
  };
  return { combine, spread, correlate };
}
