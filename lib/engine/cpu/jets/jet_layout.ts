/**
 * The arrays of one layer of splines that the jets' kernels read, laid out in the memory.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { LayerKnots } from "../layer/layer_knots.ts";
import type { Arena } from "../wasm/memory.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";

/** Base weights (0: no base branch), normalisation, whether its statistics depend on parameters. */
export type JetSurroundings = Pick<Fields<"JetLayer">, "base" | "maps" | "moves" | "rowRoom">;

/** Lays out a layer; vectors of knots lie one after the other. */
export function createJetLayout(
  stage: SplineStage,
  arena: Arena,
  { buckets, records, inner, places }: LayerKnots["at"],
  surroundings: JetSurroundings,
) {
  const { nIn, nOut, numKnotVectors: vectors, space: { degree, intervals, domain } } = stage;
  // Powers of a piece's coordinate, and padded to whole SIMD vectors.
  const size = degree + 1, padded = size + size % 2;
  // Pieces per knot vector: the intervals and two lines.
  const pieces = intervals + 2, length = pieces * size;
  /** Of all edges, shape `[nIn, nOut, pieces, size]`. */
  const polynomials = arena.float64(nIn * nOut * length + 2);
  const [a, b] = domain, perUnit = buckets / (b - a);
  const ends = arena.float64(4, (values) => values.set([a, b, perUnit, 0.5 - a * perUnit]));
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
    ...{ nIn, nOut, outputs: nOut, size, padded, length, vectors, pieces },
    width: padded + (stage.base === "silu" ? 2 : 0),
    polynomials: polynomials.at,
    ...{ buckets, records, knots: inner, knotStep: 8 * (intervals + 1), places },
    domain: ends.at,
    covers: stage.normalisation === "minmax",
    refuses: stage.extrapolation === "error",
    falling: falling.at,
    ...surroundings,
  };
  return { at: writeLayer(fields, arena), fields, size, pieces, polynomials };
}

/** Describes a layer to the kernels; gives the address. */
export function writeLayer(fields: Fields<"JetLayer">, arena: Arena): number {
  const words = recordWords("JetLayer", fields);
  return arena.int32(recordLength("JetLayer"), (values) => values.set(words)).at;
}
