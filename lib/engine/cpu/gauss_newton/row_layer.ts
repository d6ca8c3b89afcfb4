/**
 * A layer of splines as Gauss-Newton rows see it: rows hold gradients by the powers of a piece's
 * polynomials, and a map of each piece turns these into numbers of coefficients, knots, scale and
 * shift.
 *
 * @module
 */

import type { JetChain, SplineJetStage } from "../jets/jet_chain.ts";
import { writeLayer } from "../jets/jet_layout.ts";
import type { Arena } from "../wasm/memory.ts";
import type { Fields } from "../wasm/records.ts";
import { bsplineKnotPolynomials, reluPolynomials } from "./knot_polynomials.ts";
import type { MovedColumns } from "./moved_columns.ts";

/** The maps of a layer. */
export type RowLayer = ReturnType<typeof createRowLayer>;

/** Fields of a strip that describe the maps of a node. */
export type MapFields = Pick<
  Fields<"Strip">,
  | "outputs"
  | "size"
  | "functions"
  | "others"
  | "moved"
  | "polynomials"
  | "polynomialStep"
  | "functionStep"
  | "moves"
  | "moveStep"
>;

/** The map of strips that have none. */
export const NO_MAP: MapFields = {
  ...{ outputs: 0, size: 0, functions: 0, others: 0, moved: 0 },
  ...{ polynomials: 0, polynomialStep: 0, functionStep: 0, moves: 0, moveStep: 0 },
};

/** Rounds up to an even number. */
export function even(count: number): number {
  return count + count % 2;
}

/** Lays out a layer's maps. */
export function createRowLayer(
  layer: SplineJetStage,
  { maps, logits }: MovedColumns,
  { arena, parameters }: Pick<JetChain, "arena" | "parameters">,
) {
  const { stage, tables } = layer, { layout, pieces, relu } = tables;
  const { nIn, nOut, numBasis, space: { degree } } = stage, size = degree + 1;
  const functions = relu ? numBasis : size;
  const numKnots = logits ? relu ? numBasis : 2 * degree : 0;
  // With a base branch rows hold what scale and shift get: it is no polynomial.
  const scales = maps >= 0 && stage.base !== "silu";
  const numMoved = even(numKnots) + (scales ? 2 : 0), edge = size * numMoved;
  const moves = arena.float64(nIn * pieces * nOut * edge);
  const functionsOf = createFunctions(layer, numKnots, arena), powers = layOutPowers(layer, arena);
  const { fields } = powers;

  return {
    /** Addresses of the layer under all outputs, and under each of them. */
    described: [fields, ...Array.from({ length: nOut }, (_, q) => oneOutput(fields, q))].map(
      (each) => writeLayer(each, arena),
    ),
    functions,
    numKnots,
    numMoved,
    /** Per knot vector and piece the first knot that B-splines depend on. */
    reach: functionsOf.reach,
    /** Takes the layer's functions and parameters at the latest forward pass. */
    build(): void {
      functionsOf.build();
      powers.build(parameters.values);
      moves.values.fill(0);
      for (let p = 0, at = 0; p < nIn; p++) {
        for (let m = 0; m < pieces; m++) {
          for (let q = 0; q < nOut; q++, at += edge) {
            const to = moves.values.subarray(at, at + edge);
            if (numKnots > 0) functionsOf.addKnots(p, m, q, parameters.values, to, numMoved);
            if (scales) addScales(layer, powers.polynomials(), p, m, q, to, numMoved);
          }
        }
      }
    },
    /** The maps of node p under all outputs, or one. */
    mapOf(p: number, output: number, others: number): MapFields {
      const functionStep = relu ? functions : layout.padded, pieceStep = size * functionStep;
      const first = tables.vectorOf(p) * pieces, q = Math.max(0, output);
      return {
        ...{ outputs: output < 0 ? nOut : 1, size, functions, others, moved: numMoved },
        polynomials: functionsOf.table.at + 8 * first * pieceStep,
        polynomialStep: 8 * pieceStep,
        functionStep,
        moves: moves.at + 8 * (p * pieces * nOut + q) * edge,
        moveStep: 8 * nOut * edge,
      };
    },
  };
}

/** The functions of all pieces and their derivatives by knots. */
function createFunctions({ stage, tables }: SplineJetStage, numKnots: number, arena: Arena) {
  const { nOut, numBasis, numKnotVectors, space: { degree } } = stage, { pieces, basis } = tables;
  const size = degree + 1, length = pieces * size * (basis ? size * numKnots : numBasis);
  const table = basis ? tables.layout.polynomials : arena.float64(numKnotVectors * length);
  const slopes = Array.from({ length: numKnotVectors }, () => new Float64Array(length));
  let reach: readonly (readonly number[])[] = [];

  return {
    table,
    reach: () => reach,
    build(): void {
      const firsts = tables.knots().map((knots, v): number[] => {
        if (basis) {
          return numKnots > 0 ? bsplineKnotPolynomials(stage, basis, v, knots, slopes[v]) : [];
        }
        const part = table.values.subarray(v * length, (v + 1) * length);
        reluPolynomials(stage, knots, part, slopes[v]);
        return [];
      });
      reach = firsts;
    },
    /** Adds the polynomials by which output q changes with the knots, `[size, step]`. */
    addKnots(
      p: number,
      m: number,
      q: number,
      W: Float64Array,
      to: Float64Array,
      step: number,
    ): void {
      const K = slopes[tables.vectorOf(p)];
      if (!basis) {
        const c = tables.coefficientBlock + p * numBasis * nOut + q;
        for (let k = 0; k < size; k++) {
          const from = (m * size + k) * numBasis;
          for (let j = 0; j < numKnots; j++) to[k * step + j] += K[from + j] * W[c + j * nOut];
        }
        return;
      }
      const c = tables.coefficientOf(p, m) + q;
      for (let j = 0; j < numKnots; j++) {
        for (let i = 0; i < size; i++) {
          const from = ((m * numKnots + j) * size + i) * size, coefficient = W[c + i * nOut];
          for (let k = 0; k < size; k++) to[k * step + j] += coefficient * K[from + k];
        }
      }
    },
  };
}

/** Adds the polynomials `x s'` and `s'` by which output q changes with scale and shift, the last. */
function addScales(
  { stage: { nOut, space: { degree } }, tables: { vectorOf, pieces, layout }, normaliser }:
    SplineJetStage,
  polynomials: Float64Array,
  p: number,
  m: number,
  q: number,
  to: Float64Array,
  step: number,
): void {
  const [from, scale, origin] = normaliser.maps.values.subarray(3 * p, 3 * p + 3);
  const place = 2 * (vectorOf(p) * pieces + m), start = layout.places.values[place];
  const rate = layout.places.values[place + 1];
  const x = scale === 0 ? from : from + (start - origin) / scale; // where w is 0
  for (let k = 1; k <= degree; k++) {
    const slope = k * polynomials[((p * nOut + q) * pieces + m) * (degree + 1) + k];
    const at = k * step + step - 2, before = at - step;
    to[before + 1] += slope * rate;
    to[before] += slope * rate * x;
    if (scale !== 0) to[at] += slope / scale;
  }
}

/** A layer of B-splines as one of powers, whose coefficients are the polynomials of all edges. */
function layOutPowers({ stage, tables }: SplineJetStage, arena: Arena) {
  const { nIn, nOut } = stage, { layout, layout: { pieces, size, padded, fields } } = tables;
  if (tables.relu) {
    return { fields, polynomials: () => layout.coefficients.values, build() {} };
  }
  const length = pieces * size, edges = arena.float64(nIn * nOut * length + 2);
  const identity = arena.float64(size * padded, (values) => {
    for (let k = 0; k < size; k++) values[k * padded + k] = 1;
  });
  const first = arena.int32(stage.numKnotVectors * pieces, (values) => {
    values.forEach((_, i) => values[i] = i % pieces * size);
  });

  function build(W: Float64Array): void {
    const A = layout.polynomials.values, to = edges.values.fill(0);
    for (let p = 0; p < nIn; p++) {
      for (let m = 0; m < pieces; m++) {
        const a = (tables.vectorOf(p) * pieces + m) * size * padded;
        const c = tables.coefficientOf(p, m);
        for (let q = 0; q < nOut; q++) {
          const at = ((p * nOut + q) * pieces + m) * size;
          for (let k = 0; k < size; k++) {
            let sum = 0;
            for (let i = 0; i < size; i++) sum += W[c + i * nOut + q] * A[a + k * padded + i];
            to[at + k] = sum;
          }
        }
      }
    }
  }

  const polynomials = { polynomials: identity.at, polynomialStep: 0, first: first.at };
  return {
    fields: { ...fields, length, coefficients: edges.at, ...polynomials },
    polynomials: () => edges.values,
    build,
  };
}

/** A layer as its output q sees it. */
function oneOutput(layer: Fields<"JetLayer">, q: number): Fields<"JetLayer"> {
  const { coefficients, base, length } = layer;
  return {
    ...layer,
    nOut: 1,
    coefficients: coefficients + 8 * q * length,
    base: base > 0 ? base + 8 * q : 0,
  };
}
