/**
 * The tables of one layer under jets, set from the parameters; and the way back to knots and
 * coefficients of either basis.
 *
 * @module
 */

import { findBlock, parameterBlock, type SplineStage } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import { createLayerKnots, vectorOf } from "../layer/layer_knots.ts";
import { blockViews } from "../layer/link.ts";
import { createLocalBasis } from "../layer/local_basis.ts";
import { extrapolate, foldLines, type Pieces } from "../layer/pieces.ts";
import { createReluPieces } from "../layer/relu_pieces.ts";
import type { NodeKnots } from "../layer/tables.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { createSumTable, type SumTable } from "../wasm/sum_table.ts";
import { createJetLayout, type JetLayout } from "./jet_layout.ts";
import type { JetBlocks } from "./jet_phases.ts";
import { pullPlace, writeKnotReach } from "./knot_reach.ts";

/** Tables of one layer, for the parameters set last. */
export interface JetTables {
  /** Whether knots move. */
  readonly free: boolean;
  /** Address of the layer's record. */
  readonly at: number;
  /** Pieces per knot vector: the intervals and two lines. */
  readonly pieces: number;
  /** Functions of a piece, padded to whole SIMD vectors. */
  readonly padded: number;
  /** Takes parameters. */
  set(parameters: Float64Array): void;
  /** Where blocks add their gradients. */
  readonly sums: BatchSums;
  /** Adds the sums' gradient by the layer's parameters to `gradient`. */
  collect(parameters: Float64Array, gradient: Float64Array): void;
  /**
   * Writes the derivatives of every piece by the knots for the kernels; of B-splines with free
   * knots.
   *
   * @returns Per piece of every vector the first of the `2 degree` knots on which it depends.
   */
  reach(): readonly number[];
  /** Index of the first base weight among the parameters. */
  readonly baseBlock: number;
  /** Index among the parameters of the coefficients of a node in a piece. */
  coefficientOf(node: number, piece: number): number;
  /** The vector of a node. */
  vectorOf(node: number): number;
}

/** Sums over points. */
export interface BatchSums {
  readonly coefficients: SumTable;
  readonly base: SumTable;
  /** Absent where knots do not move or functions are the same in all pieces. */
  readonly polynomials: SumTable | undefined;
  readonly places: SumTable | undefined;
  /** All of them. */
  readonly all: readonly SumTable[];
}

/**
 * Lays out the tables of a stage beside the parameters.
 *
 * @param surroundings Address of the normalisation's maps, and whether it depends on parameters.
 */
export function createJetTables(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  parameterSlot: Slot<Float64Array>,
  blocks: Pick<JetBlocks, "at" | "most">,
  surroundings: { readonly maps: number; readonly moves: boolean },
): JetTables {
  const { layer, nOut, numBasis, numKnotVectors } = stage;
  const silu = stage.base === "silu";
  const coefficientBlock = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const coefficientsOf = blockViews(network)(`spline${layer}.coefficients`);
  const baseBlock = findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0;
  const baseAt = silu ? parameterSlot.at + 8 * baseBlock : 0;
  const layout = createJetLayout(stage, arena, { ...surroundings, base: baseAt });
  const { free, relu, size, padded, pieces, first, polynomials } = layout;
  const basis = relu ? undefined : createLocalBasis(stage, {
    stride: padded,
    values: () => polynomials.values,
    fold: foldLines,
  });
  const sums = createBatchSums(stage, layout, { arena, blocks });
  const knots = createLayerKnots(network, stage, layout.locator, layout.places, numKnotVectors);
  const edges = relu ? createReluEdges(stage, layout, knots.list) : undefined;

  function set(parameters: Float64Array): void {
    if (knots.place(parameters)) {
      knots.list().forEach(({ t, places }, v) => {
        for (let m = 0; m < pieces; m++) {
          first.values[v * pieces + m] = basis ? basis.first(m, places) : m * size;
        }
        basis?.build(v, t, places);
      });
    }
    const W = coefficientsOf(parameters);
    turn(edges?.build(W) ?? W, layout.coefficients.values, layout, stage, false);
  }

  function collect(parameters: Float64Array, gradient: Float64Array): void {
    const tBars = knots.clearBars(), WBar = coefficientsOf(gradient);
    if (silu) sums.base.values.forEach((bar, i) => gradient[baseBlock + i] += bar);
    turn(edges?.bars.fill(0) ?? WBar, sums.coefficients.values, layout, stage, true);
    edges?.pull(coefficientsOf(parameters), WBar, tBars);
    tBars?.forEach((tBar, v) => {
      const { t, places } = knots.list()[v];
      if (basis) {
        const bar = { ...basis.pieces(v), values: sums.polynomials!.values };
        basis.pull(v, t, places, bar, tBar);
      }
      for (let m = 1; m < pieces - 1; m++) {
        pullPlace(stage, places, m, sums.places!.values, 3 * (v * pieces + m), tBar);
      }
    });
    knots.collect(parameters, gradient);
  }

  return {
    free,
    at: layout.at,
    pieces,
    padded,
    baseBlock,
    set,
    sums,
    collect,
    reach: () => writeKnotReach(stage, layout, basis!, knots.list()),
    coefficientOf: (node, piece) =>
      coefficientBlock +
      (node * numBasis + first.values[vectorOf(stage, node) * pieces + piece]) * nOut,
    vectorOf: (node) => vectorOf(stage, node),
  };
}

/** The polynomials of all edges of a layer with the ReLU basis, and the gradient by them. */
function createReluEdges(
  stage: SplineStage,
  { pieces, size }: JetLayout,
  list: () => readonly NodeKnots[],
) {
  const { nIn, nOut } = stage, row = size * nOut;
  const polynomials = new Float64Array(nIn * pieces * row);
  const bars = new Float64Array(polynomials.length);
  const map = createReluPieces(stage);

  function edgesOf(values: Float64Array, node: number): Pieces {
    return { values, offset: node * pieces * row, size: row, columns: nOut, stride: nOut };
  }

  return {
    bars,
    build(W: Float64Array): Float64Array {
      for (let p = 0; p < nIn; p++) {
        const { t, places } = list()[vectorOf(stage, p)];
        map.build(p, t, W, edgesOf(polynomials, p));
        extrapolate(stage, places, edgesOf(polynomials, p));
      }
      return polynomials;
    },
    pull(W: Float64Array, WBar: Float64Array, tBars: readonly Float64Array[] | undefined): void {
      for (let p = 0; p < nIn; p++) {
        const { vector, t, places } = list()[vectorOf(stage, p)], tBar = tBars?.[vector];
        foldLines(stage, places, edgesOf(polynomials, p), edgesOf(bars, p), tBar);
        map.pull(p, t, W, edgesOf(bars, p), WBar, tBar);
      }
    },
  };
}

function createBatchSums(
  { nIn, nOut, numKnotVectors, base: branch }: SplineStage,
  { free, relu, size, padded, pieces, length }: JetLayout,
  room: { readonly arena: Arena; readonly blocks: Pick<JetBlocks, "at" | "most"> },
): BatchSums {
  const silu = branch === "silu", edges = nIn * nOut;
  const total = numKnotVectors * pieces, numbers = total * size * padded;
  const coefficients = createSumTable(room, edges * length + 2);
  const base = createSumTable(room, silu ? edges : 0);
  const polynomials = free && !relu ? createSumTable(room, numbers) : undefined;
  const places = free ? createSumTable(room, total * 3) : undefined;
  const all = [coefficients, ...silu ? [base] : [], polynomials ?? [], places ?? []].flat();
  return { coefficients, base, polynomials, places, all };
}

/** Copies `[nIn, length, nOut]` to `[nIn, nOut, length]`, or adds the other way round. */
function turn(
  rows: Float64Array,
  columns: Float64Array,
  { length }: JetLayout,
  { nIn, nOut }: SplineStage,
  back: boolean,
): void {
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) {
      let at = p * length * nOut + q, to = (p * nOut + q) * length;
      for (const end = to + length; to < end; to++, at += nOut) {
        if (back) rows[at] += columns[to];
        else columns[to] = rows[at];
      }
    }
  }
}
