/**
 * The arrays of one layer of splines that the jets' kernels read, laid out in the memory.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { createLocator } from "../layer/locator.ts";
import type { Arena } from "../wasm/memory.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";

/** The arrays of a layer; vectors of knots lie one after the other. */
export type JetLayout = ReturnType<typeof createJetLayout>;

/** Base weights (0: no base branch), normalisation, whether its statistics depend on parameters. */
export type JetSurroundings = Pick<Fields<"JetLayer">, "base" | "maps" | "moves" | "rowRoom">;

/** Lays out a layer. */
export function createJetLayout(stage: SplineStage, arena: Arena, surroundings: JetSurroundings) {
  const { nIn, nOut, numBasis, numKnotVectors: vectors, space } = stage;
  const { degree, intervals } = space;
  const free = stage.knots === "free", relu = stage.basis === "relu";
  // Functions of a piece, and padded to whole SIMD vectors.
  const size = degree + 1, padded = size + size % 2, square = size * padded;
  // Pieces per knot vector: the intervals and two lines; coefficients of an edge.
  const pieces = intervals + 2, total = vectors * pieces;
  const length = relu ? pieces * size : numBasis;
  const locator = createLocator(stage, arena);
  // Of every piece: origin and rate, first coefficient, polynomials (or the same powers in all).
  const places = arena.float64(2 * total), first = arena.int32(total);
  const polynomials = arena.float64(relu ? square : total * square, (values) => {
    if (relu) { for (let k = 0; k < size; k++) values[k * padded + k] = 1; }
  });
  /** Shape `[nIn, nOut, length]`. */
  const coefficients = arena.float64(nIn * nOut * length + 2);
  const domain = arena.float64(2, (values) => values.set(space.domain));
  const falling = arena.float64((degree + 2) * padded, (values) => {
    for (let m = 0; m < degree + 2; m++) {
      for (let k = 0; k < size; k++) {
        let factor = 1;
        for (let l = 0; l < m; l++) factor *= k - l;
        values[m * padded + k] = factor;
      }
    }
  });
  const fields: Fields<"JetLayer"> = {
    ...{ nIn, nOut, outputs: nOut, size, padded, length, vectors, pieces, free },
    width: padded + (stage.base === "silu" ? 2 : 0),
    coefficients: coefficients.at,
    buckets: locator.buckets,
    records: locator.records.at,
    knots: locator.knots.at,
    knotStep: 8 * (intervals + 1),
    places: places.at,
    polynomials: polynomials.at,
    polynomialStep: relu ? 0 : 8 * square,
    first: first.at,
    domain: domain.at,
    covers: stage.normalisation === "minmax",
    refuses: stage.extrapolation === "error",
    falling: falling.at,
    ...surroundings,
  };
  const at = writeLayer(fields, arena);
  const arrays = { locator, places, first, polynomials, coefficients };
  return { at, fields, free, relu, size, padded, pieces, length, ...arrays };
}

/** Describes a layer to the kernels; gives the address. */
export function writeLayer(fields: Fields<"JetLayer">, arena: Arena): number {
  const words = recordWords("JetLayer", fields);
  return arena.int32(recordLength("JetLayer"), (values) => values.set(words)).at;
}
