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
  | "moves"
  | "moveStep"
>;

/** The map of strips that have none. */
export const NO_MAP: MapFields = {
  ...{ outputs: 0, size: 0, functions: 0, others: 0, moved: 0 },
  ...{ polynomials: 0, polynomialStep: 0, moves: 0, moveStep: 0 },
};

/**
 * Whether each row is mapped once for all pairs: where too few rows share two pieces for their sums to
 * be mapped instead. Maps take `work` multiply-adds, of `length` numbers into `columnNumbers`.
 *
 * @param meetings Rows that share two pieces, about.
 */
export function mapsRows(
  { size, outputs, functions, moved }: MapFields,
  length: number,
  columnNumbers: number,
  meetings: number,
): boolean {
  const work = size * outputs * (functions + moved);
  return meetings * (columnNumbers ** 2 - length ** 2) < work * (length + columnNumbers);
}

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
  const { stage, tables } = layer, { pieces, size, fields } = tables.layout;
  const { nIn, nOut, numBasis, space: { degree } } = stage, relu = stage.basis === "relu";
  const functions = relu ? numBasis : size;
  const numKnots = logits ? relu ? numBasis : 2 * degree : 0;
  // With a base branch rows hold what scale and shift get: it is no polynomial.
  const scales = maps >= 0 && stage.base !== "silu";
  const numMoved = even(numKnots) + (scales ? 2 : 0), edge = size * numMoved;
  const moves = arena.float64(nIn * pieces * nOut * edge);
  const local = createFunctions(layer, numKnots, arena);
  const outputs = outputsByNode(stage);

  return {
    /** Addresses of the layer under all outputs, and under each of them. */
    described: [fields, ...Array.from({ length: nOut }, (_, q) => oneOutput(fields, q))].map(
      (each) => writeLayer(each, arena),
    ),
    functions,
    /** The outputs of every node's edges. */
    outputs,
    numKnots,
    numMoved,
    intervals: stage.space.intervals,
    firsts: local.firsts,
    /** Takes the layer's functions and parameters at the latest forward pass. */
    build(): void {
      local.build();
      moves.values.fill(0);
      for (let p = 0; p < nIn; p++) {
        for (let m = 0; m < pieces; m++) {
          outputs[p].forEach((q, j) => {
            const at = ((p * pieces + m) * nOut + j) * edge;
            const to = moves.values.subarray(at, at + edge);
            if (numKnots > 0) local.addKnots(p, m, q, parameters.values, to, numMoved);
            if (scales) addScales(layer, p, m, q, to, numMoved);
          });
        }
      }
    },
    /** The maps of node p under all outputs, or one. */
    mapOf(p: number, output: number, others: number): MapFields {
      const first = tables.vectorOf(p) * pieces, q = Math.max(0, outputs[p].indexOf(output));
      return {
        ...{
          outputs: output < 0 ? outputs[p].length : 1,
          size,
          functions,
          others,
          moved: numMoved,
        },
        polynomials: local.table.at + 8 * first * size * functions,
        polynomialStep: 8 * size * functions,
        moves: moves.at + 8 * (p * pieces * nOut + q) * edge,
        moveStep: 8 * nOut * edge,
      };
    },
  };
}

/** The outputs of every node's edges. */
function outputsByNode({ nIn, nOut, edges }: SplineJetStage["stage"]): readonly number[][] {
  const all = Array.from({ length: nOut }, (_, q) => q);
  return Array.from({ length: nIn }, (_, p) => edges ? [...edges.outputs[p]] : all);
}

/** The functions of all pieces, `[pieces, size, functions]` for each vector; and by knots. */
function createFunctions({ stage, tables }: SplineJetStage, numKnots: number, arena: Arena) {
  const { nOut, numBasis, numKnotVectors } = stage, { basis, coefficientBlock } = tables;
  const { pieces, size } = tables.layout, functions = basis ? size : numBasis;
  const length = pieces * size * functions;
  const table = arena.float64(numKnotVectors * length);
  const slopes = Array.from(
    { length: numKnotVectors },
    () => new Float64Array(basis ? length * numKnots : length),
  );
  let firsts: readonly (readonly number[])[] = [];

  function build(): void {
    tables.knots().forEach((knots, v) => {
      const to = table.values.subarray(v * length, (v + 1) * length);
      if (!basis) return reluPolynomials(stage, knots, to, slopes[v]);
      const { values, offset, size: step, stride } = basis.pieces(v);
      for (let row = 0; row < pieces * size; row++) {
        const from = offset + Math.floor(row / size) * step + row % size * stride;
        for (let i = 0; i < size; i++) to[row * size + i] = values[from + i];
      }
      if (numKnots > 0) bsplineKnotPolynomials(stage, basis, v, knots, slopes[v]);
    });
    firsts = tables.knots().map(({ places }) =>
      Array.from({ length: pieces }, (_, m) => basis?.first(m, places) ?? 0)
    );
  }

  /** Adds the polynomials by which output q changes with the knots, `[size, step]`. */
  function addKnots(
    p: number,
    m: number,
    q: number,
    W: Float64Array,
    to: Float64Array,
    step: number,
  ): void {
    const v = tables.vectorOf(p), K = slopes[v];
    const c = coefficientBlock + (p * numBasis + firsts[v][m]) * nOut + q;
    if (!basis) {
      for (let k = 0; k < size; k++) {
        const from = (m * size + k) * numBasis;
        for (let j = 0; j < numKnots; j++) to[k * step + j] += K[from + j] * W[c + j * nOut];
      }
      return;
    }
    for (let j = 0; j < numKnots; j++) {
      for (let i = 0; i < size; i++) {
        const from = ((m * numKnots + j) * size + i) * size, coefficient = W[c + i * nOut];
        for (let k = 0; k < size; k++) to[k * step + j] += coefficient * K[from + k];
      }
    }
  }

  return {
    table,
    /** Per vector and piece the first B-spline that is not 0; the knots it depends on begin behind. */
    firsts: () => firsts,
    build,
    addKnots,
  };
}

/** Adds the polynomials `x s'` and `s'` by which output q changes with scale and shift, the last. */
function addScales(
  { stage: { nOut }, tables: { vectorOf, layout }, normaliser }: SplineJetStage,
  p: number,
  m: number,
  q: number,
  to: Float64Array,
  step: number,
): void {
  const { pieces, size, places, polynomials } = layout, place = 2 * (vectorOf(p) * pieces + m);
  const [from, scale, origin] = normaliser.maps.values.subarray(3 * p, 3 * p + 3);
  const start = places.values[place], rate = places.values[place + 1];
  const x = scale === 0 ? from : from + (start - origin) / scale; // where w is 0
  for (let k = 1; k < size; k++) {
    const slope = k * polynomials.values[((p * nOut + q) * pieces + m) * size + k];
    const at = k * step + step - 2, before = at - step;
    to[before + 1] += slope * rate;
    to[before] += slope * rate * x;
    if (scale !== 0) to[at] += slope / scale;
  }
}

/** A layer as its output q sees it. */
function oneOutput(layer: Fields<"JetLayer">, q: number): Fields<"JetLayer"> {
  const { polynomials, base, length } = layer;
  return {
    ...layer,
    nOut: 1,
    polynomials: polynomials + 8 * q * length,
    base: base > 0 ? base + 8 * q : 0,
  };
}
