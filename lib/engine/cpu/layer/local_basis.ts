/**
 * The basis functions of a layer's knot vectors as pieces, and the way back to the knots.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { createBasisRecursion } from "./basis_recursion.ts";
import { extrapolatePieces, foldMoments, type PiecePlaces, type Pieces } from "./pieces.ts";

/** How the polynomials lie in the memory. */
export interface BasisLayout {
  /** Numbers from a power to the next. */
  readonly stride: number;
  /** The polynomials of all vectors. */
  readonly values: () => Float64Array;
}

/** Numbers in a row of basis functions. */
export function basisStride(degree: number): number {
  return Math.max(4, degree + 1);
}

/** B-splines of every knot vector; function i of a piece is the i-th of the `degree + 1` there. */
export type PieceBasis = ReturnType<typeof createLocalBasis>;

/** Lays out the polynomials of a stage, in an array of theirs if there is none. */
export function createLocalBasis(stage: SplineStage, layout?: BasisLayout) {
  const { numKnotVectors, knots, space: { degree, intervals } } = stage;
  const stride = layout?.stride ?? basisStride(degree), size = (degree + 1) * stride;
  const length = (intervals + 2) * size;
  const array = new Float64Array(layout ? 0 : numKnotVectors * length);
  const tapes = knots === "free" ? numKnotVectors * intervals : 1;
  const recursion = createBasisRecursion(degree, stride, tapes);

  /** The polynomials of a vector. */
  function pieces(vector: number): Pieces {
    const values = layout?.values() ?? array;
    return { values, offset: vector * length, size, columns: degree + 1, stride };
  }
  function tape(vector: number, m: number): number {
    return knots === "free" ? vector * intervals + m : 0;
  }
  /** `pull` of interval m alone, whose gradient lies at `bar[at...]`. */
  function pullInterval(
    vector: number,
    t: Float64Array,
    m: number,
    bar: Float64Array,
    at: number,
    tBar: Float64Array,
  ): void {
    recursion.pull(t, degree + m, tape(vector, m), bar, at, tBar);
  }

  return {
    pieces,
    /** The first basis function that is not 0 in a piece. */
    first: (piece: number, { first, last }: PiecePlaces) =>
      Math.min(Math.max(piece, first), last) - 1,
    /** Takes a vector's knots. */
    build(vector: number, t: Float64Array, places: PiecePlaces) {
      const { values, offset } = pieces(vector);
      for (let m = 0; m < intervals; m++) {
        const at = offset + (m + 1) * size;
        if (t[degree + m + 1] > t[degree + m]) {
          recursion.run(t, degree + m, values, at, tape(vector, m));
        } else values.fill(0, at, at + size);
      }
      extrapolatePieces(stage, places, pieces(vector));
    },
    /** Adds to `tBar` the contribution of the gradient by the polynomials, which is overwritten. */
    pull(vector: number, t: Float64Array, places: PiecePlaces, bar: Pieces, tBar: Float64Array) {
      foldMoments(stage, places, pieces(vector), bar, tBar);
      for (let m = 0; m < intervals; m++) {
        if (!(t[degree + m + 1] > t[degree + m])) continue;
        pullInterval(vector, t, m, bar.values, bar.offset + (m + 1) * size, tBar);
      }
    },
    pullInterval,
  };
}
