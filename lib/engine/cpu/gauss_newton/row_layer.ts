/**
 * A layer of splines as Gauss-Newton rows see it: rows hold gradients by the powers of a piece's
 * polynomials, and a map of each piece turns these into numbers of coefficients, knots, scale and
 * shift.
 *
 * @module
 */

import { pow } from "../../../numerics/inner.ts";
import type { JetChain, SplineJetStage } from "../jets/jet_chain.ts";
import { writeLayer } from "../jets/jet_layout.ts";
import { encodeJetPhase } from "../jets/jet_phases.ts";
import { firstFunction, reluPolynomials } from "../layer/piece_functions.ts";
import { BLOCK, call } from "../wasm/kernel_calls.ts";
import type { Arena } from "../wasm/memory.ts";
import type { Fields } from "../wasm/records.ts";
import { createScratch } from "../wasm/sum_table.ts";
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
  chain: Pick<JetChain, "arena" | "blocks" | "shapes" | "parameters" | "run">,
) {
  const { stage, tables, normaliser } = layer, { pieces, size, fields } = tables.layout;
  const { nIn, nOut, numBasis, space: { degree } } = stage, relu = stage.basis === "relu";
  const { arena, blocks } = chain, functions = relu ? numBasis : size;
  const numKnots = logits ? relu ? numBasis : 2 * degree : 0;
  // With a base branch rows hold what scale and shift get: it is no polynomial.
  const scales = maps >= 0 && stage.base !== "silu";
  const numMoved = even(numKnots) + (scales ? 2 : 0), edge = size * numMoved;
  const moves = arena.float64(nIn * pieces * nOut * edge);
  const local = relu ? createReluFunctions(layer, arena) : undefined;
  const scratch = createScratch(chain, 2 * (4 * pow(size, 3) + 2 * size ** 2 + 2 * degree));
  const phase = encodeJetPhase(
    {
      start: [call.buildMoves({
        ...{ edges: tables.edges.at, moves: moves.at, moved: numMoved },
        ...{ knots: numKnots > 0 && !relu, maps: scales ? normaliser.maps.at : 0 },
        ...{ scratch, blocks: blocks.at, block: BLOCK },
      })],
    },
    ...[chain.shapes.length, blocks, arena] as const,
  );
  const outputs = outputsByNode(stage);
  let firsts: readonly (readonly number[])[] = [];

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
    /** Per vector and piece the first B-spline that is not 0; the knots it depends on begin behind. */
    firsts: () => firsts,
    /** Takes the layer's functions and parameters at the latest forward pass. */
    build(): void {
      firsts = tables.knots().map((knots) =>
        Array.from({ length: pieces }, (_, m) => firstFunction(stage, m, knots))
      );
      if (numMoved > 0) chain.run(phase);
      local?.build();
      if (numKnots > 0) local?.addKnots(chain.parameters.values, moves.values, numMoved);
      if (stage.edges && numMoved > 0) closeUp(outputs, moves.values, pieces, nOut, edge);
    },
    /** The maps of node p under all outputs, or one. */
    mapOf(p: number, output: number, others: number): MapFields {
      const first = tables.vectorOf(p) * pieces, q = Math.max(0, outputs[p].indexOf(output));
      return {
        ...{ outputs: output < 0 ? outputs[p].length : 1, size, functions, others },
        moved: numMoved,
        polynomials: (local?.table ?? tables.edges.basis).at + 8 * first * size * functions,
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

/** Moves the numbers of the edges that exist to the front of every piece, `[nIn, pieces, nOut, edge]`. */
function closeUp(
  outputs: readonly number[][],
  values: Float64Array,
  pieces: number,
  nOut: number,
  edge: number,
): void {
  outputs.forEach((kept, p) => {
    for (let m = 0; m < pieces; m++) {
      const begin = (p * pieces + m) * nOut * edge;
      kept.forEach((q, j) => {
        values.copyWithin(begin + j * edge, begin + q * edge, begin + (q + 1) * edge);
      });
    }
  });
}

/** The functions of the ReLU basis of all pieces, `[pieces, size, functions]`; and by knots. */
function createReluFunctions({ stage, tables }: SplineJetStage, arena: Arena) {
  const { nIn, nOut, numBasis, numKnotVectors } = stage, { pieces, size } = tables.layout;
  const length = pieces * size * numBasis;
  const table = arena.float64(numKnotVectors * length);
  const slopes = Array.from({ length: numKnotVectors }, () => new Float64Array(length));
  return {
    table,
    build() {
      tables.knots().forEach((knots, v) => {
        const to = table.values.subarray(v * length, (v + 1) * length);
        reluPolynomials(stage, knots, to, slopes[v]);
      });
    },
    /** Adds the polynomials by which outputs change with the knots, `[nIn, pieces, nOut, size, step]`. */
    addKnots(parameters: Float64Array, to: Float64Array, step: number) {
      for (let p = 0, at = 0; p < nIn; p++) {
        const K = slopes[tables.vectorOf(p)];
        for (let m = 0; m < pieces; m++) {
          for (let q = 0; q < nOut; q++) {
            const c = tables.coefficientBlock + p * numBasis * nOut + q;
            for (let k = 0; k < size; k++, at += step) {
              const from = (m * size + k) * numBasis;
              for (let j = 0; j < numBasis; j++) {
                to[at + j] += K[from + j] * parameters[c + j * nOut];
              }
            }
          }
        }
      }
    },
  };
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
