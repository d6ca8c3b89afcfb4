/**
 * The polynomials of all edges of a layer, in either basis, and the way back from the gradient by
 * them (moments) to coefficients and knots: calls of kernels, which all threads share.
 *
 * On interval m an edge's function is `sum_k a_k w^k` in the local coordinate `w = (u - t_m) / h_m`:
 * a Horner scheme for any basis, degree and number of intervals. With `g` the gradient by the
 * function's values, the moments `mu_k = sum over points of g w^k` are the gradient by `a_k`, and the
 * gradient by the knots is a function of the moments: knots cost nothing per point.
 *
 * Piece `m + 1` is interval m; two more pieces, first and last, hold the straight lines (or
 * constants) of the extrapolation, in `w = u - a` and `w = u - b`.
 *
 * @module
 */

import { pow } from "../../../numerics/inner.ts";
import type { SplineStage } from "../../../model/inner.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { BLOCK, type Call, call } from "../wasm/kernel_calls.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";
import type { Blocks } from "../wasm/row_blocks.ts";
import { createScratch, type SumTable } from "../wasm/sum_table.ts";
import type { LayerKnots } from "./layer_knots.ts";

/** A flat vector of parameters in the memory, and the gradient by it. */
export interface ParameterSlots {
  readonly parameters: Slot<Float64Array>;
  readonly gradient: Slot<Float64Array>;
}

/** Lays out parameters of a network and the gradient by them. */
export function createParameterSlots(arena: Arena, count: number): ParameterSlots {
  return { parameters: arena.float64(count), gradient: arena.float64(count) };
}

/** Addresses of what the polynomials of a layer depend on, and of what the gradient goes to. */
export interface EdgeSources {
  readonly knots: LayerKnots["at"];
  /** Logits of free knots, 0 where the caller places knots; the gradient by them, overwritten. */
  readonly logits: number;
  readonly logitBars: number;
  /** Coefficients, `[nIn, numBasis, nOut]`. */
  readonly coefficients: number;
  /** The gradient by them, overwritten. */
  readonly gradient: number;
}

/** The sources of a layer whose first coefficient has an index among the parameters. */
export function edgeSources(
  { at: knots, logits }: LayerKnots,
  { parameters, gradient }: ParameterSlots,
  first: number,
): EdgeSources {
  return {
    knots,
    logits: logits < 0 ? 0 : parameters.at + 8 * logits,
    logitBars: logits < 0 ? 0 : gradient.at + 8 * logits,
    coefficients: parameters.at + 8 * first,
    gradient: gradient.at + 8 * first,
  };
}

/** The table that calls fill and read: fields of the kernels' record. */
export type EdgeTable =
  & Pick<Fields<"Edges">, "table" | "nodeStep" | "pieceStep" | "powerStep" | "outputStep">
  & Partial<
    Pick<Fields<"Edges">, "single" | "row" | "barStep" | "polynomials" | "first" | "nodes">
  >;

/** Numbers in a vector of float32. */
const MOST_LANES = 4;

/** Calls at the start of phases. */
export type EdgePolynomials = ReturnType<typeof createEdgePolynomials>;

/**
 * Creates the map of a layer.
 *
 * @param moments The gradient by the table.
 * @param basisBars Of tables of coefficients: the gradient by every node's basis functions.
 */
export function createEdgePolynomials(
  stage: SplineStage,
  { knots, ...sources }: EdgeSources,
  table: EdgeTable,
  moments: Pick<SumTable, "total">,
  room: { readonly arena: Arena; readonly blocks: Pick<Blocks, "at" | "most"> },
  basisBars?: Pick<SumTable, "total">,
) {
  const { nIn, nOut, numBasis, numKnotVectors: vectors, space: { degree, intervals } } = stage;
  const { arena, blocks } = room, relu = stage.basis === "relu", free = stage.knots === "free";
  const size = degree + 1, row = table.row ?? size, numbers = (intervals + 2) * size * row;
  /** B-splines of every vector, `[pieces, degree + 1, row]`, function fastest. */
  const basis = arena.float64(relu ? 0 : vectors * numbers);
  const barsAt = basisBars?.total.at ??
    (free && !relu ? arena.float64(vectors * numbers).at : 0);
  const words = recordWords("Edges", {
    ...{ nIn, nOut, numBasis, degree, intervals, vectors, relu, free, row, basis: basis.at },
    lines: stage.extrapolation === "linear",
    ...{ ...knots, ...sources },
    ...{ basisBars: barsAt, basisBarStep: basisBars?.total.perBlock ?? 0 },
    ...{ single: 0, barStep: 0, polynomials: 0, first: 0, nodes: 0, ...table },
    ...{ moments: moments.total.at, momentStep: moments.total.perBlock ?? 0 },
  });
  const edges = arena.int32(recordLength("Edges"), (values) => values.set(words)).at;
  const most = Math.max(
    2 * (pow(size, 3) + 2 * degree),
    size * (size + 2 + intervals),
    numBasis,
    intervals + 1,
    degree + 1,
  );
  // A group of edges of a layer with a mask needs room for its record, coefficients, their gradient.
  const masked = table.nodes ? recordLength("Edges") + 2 * numBasis * MOST_LANES : 0;
  const scratch = createScratch(room, (most + masked) * 8 / arena.bytesPerReal);
  const args = { edges, scratch, blocks: blocks.at, block: BLOCK };
  const build: readonly Call[] = [call.buildEdges(args)];
  return {
    basis,
    /** Where the kernels find all this. */
    at: edges,
    /** Fills the table where knots are new, and where they are not. */
    fresh: [call.buildBasis(args), ...build] as readonly Call[],
    build,
    /** Adds the moments of all blocks and turns them into gradients by coefficients and knots. */
    pull: [call.pullEdges(args)] as readonly Call[],
  };
}
