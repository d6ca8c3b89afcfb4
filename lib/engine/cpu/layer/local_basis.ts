/**
 * The basis functions of a layer's knot vectors as pieces, and the way back to the knots.
 *
 * @module
 */

import type { SplineStage } from "../../../model/mod.ts";
import { createBasisRecursion } from "./basis_recursion.ts";
import { extrapolate, foldMoments, type PiecePlaces, type Pieces } from "./pieces.ts";

/** B-splines of every knot vector; function i of a piece is the i-th of the `degree + 1` there. */
export interface LocalBasis {
  /** The polynomials of a vector, rows of `basisStride` functions. */
  pieces(vector: number): Pieces;
  /** The first basis function that is not 0 in a piece. */
  first(piece: number, places: PiecePlaces): number;
  /** Takes a vector's knots. */
  build(vector: number, t: Float64Array, places: PiecePlaces): void;
  /** Adds to `tBar` what the gradient by the polynomials gives; overwrites it. */
  pull(
    vector: number,
    t: Float64Array,
    places: PiecePlaces,
    bar: Pieces,
    tBar: Float64Array,
  ): void;
}

/** Numbers in a row of basis functions. */
export function basisStride(degree: number): number {
  return Math.max(4, degree + 1);
}

/** Lays out the polynomials of a stage. */
export function createLocalBasis(stage: SplineStage): LocalBasis {
  const { numKnotVectors, knots, space: { degree, intervals } } = stage;
  const stride = basisStride(degree), size = (degree + 1) * stride;
  const length = (intervals + 2) * size;
  const values = new Float64Array(numKnotVectors * length);
  const recursion = createBasisRecursion(
    degree,
    stride,
    knots === "free" ? numKnotVectors * intervals : 1,
  );

  function pieces(vector: number): Pieces {
    return { values, offset: vector * length, size, columns: degree + 1, stride };
  }
  function tape(vector: number, m: number): number {
    return knots === "free" ? vector * intervals + m : 0;
  }

  return {
    pieces,
    first: (piece, { first, last }) => Math.min(Math.max(piece, first), last) - 1,
    build(vector, t, places) {
      const offset = vector * length;
      for (let m = 0; m < intervals; m++) {
        const at = offset + (m + 1) * size;
        if (t[degree + m + 1] > t[degree + m]) {
          recursion.run(t, degree + m, values, at, tape(vector, m));
        } else values.fill(0, at, at + size);
      }
      extrapolate(stage, places, pieces(vector));
    },
    pull(vector, t, places, bar, tBar) {
      foldMoments(stage, places, pieces(vector), bar, tBar);
      for (let m = 0; m < intervals; m++) {
        if (!(t[degree + m + 1] > t[degree + m])) continue;
        const at = bar.offset + (m + 1) * size;
        recursion.pull(t, degree + m, tape(vector, m), bar.values, at, tBar);
      }
    },
  };
}
