/**
 * The polynomials of all edges of a layer, in either basis, and the way back from the gradient by
 * them (moments) to coefficients and knots.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { createLocalBasis } from "./local_basis.ts";
import { createPieceProducts } from "./piece_products.ts";
import { extrapolatePieces, foldMoments, type Pieces } from "./pieces.ts";
import { createReluPieces } from "./relu_pieces.ts";
import type { NodeKnots } from "./tables.ts";

/**
 * Creates the map of a layer whose node p has its pieces at `p (intervals + 2) size`.
 *
 * @param size Numbers from piece to piece.
 * @param stride Numbers from power to power, at least `nOut`; outputs lie side by side.
 */
export function createEdgePolynomials(stage: SplineStage, size: number, stride: number) {
  const { nOut, numBasis, space: { degree, intervals } } = stage, pieces = intervals + 2;
  const relu = stage.basis === "relu" ? createReluPieces(stage) : undefined;
  const basis = relu ? undefined : createLocalBasis(stage);
  const { combine, spread, correlate } = createPieceProducts(degree, nOut, stride);

  function piecesOf(values: Float64Array, p: number): Pieces {
    return { values, offset: p * pieces * size, size, columns: nOut, stride };
  }

  return {
    /** B-splines; absent in the ReLU basis. */
    basis,
    /** Writes the polynomials of all edges; `moved` tells whether knots are new. */
    build(
      c: Float64Array,
      nodes: readonly NodeKnots[],
      moved: boolean,
      a: Float64Array,
    ): void {
      nodes.forEach(({ vector, t, places }, p) => {
        if (!basis) {
          relu!.build(p, t, c, piecesOf(a, p));
          return extrapolatePieces(stage, places, piecesOf(a, p));
        }
        if (moved && (p === 0 || vector !== nodes[p - 1].vector)) basis.build(vector, t, places);
        const { values: q, offset, size: step, stride: row } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const from = (p * numBasis + basis.first(piece, places)) * nOut;
          combine(q, offset + piece * step, row, c, from, a, (p * pieces + piece) * size);
        }
      });
    },
    /**
     * Adds to the gradients by coefficients and, if there are any, by free knots `[vectors]`.
     *
     * @param a The polynomials.
     * @param mu The gradient by them, overwritten.
     */
    pull(
      c: Float64Array,
      nodes: readonly NodeKnots[],
      a: Float64Array,
      mu: Float64Array,
      cBar: Float64Array,
      knotsBar: readonly Float64Array[] | undefined,
    ): void {
      const bar = knotsBar && basis ? nodesBar(stage, basis.pieces(0)) : undefined;
      nodes.forEach(({ vector, t, places }, p) => {
        const tBar = knotsBar?.[vector];
        if (!basis) {
          foldMoments(stage, places, piecesOf(a, p), piecesOf(mu, p), tBar);
          return relu!.pull(p, t, c, piecesOf(mu, p), cBar, tBar);
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
