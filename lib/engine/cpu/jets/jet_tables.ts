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
import { extrapolatePieces, foldLines, type PiecePlaces, type Pieces } from "../layer/pieces.ts";
import { createReluPieces } from "../layer/relu_pieces.ts";
import type { NodeKnots } from "../layer/tables.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { createSumTable } from "../wasm/sum_table.ts";
import { createJetLayout, type JetLayout, type JetSurroundings } from "./jet_layout.ts";
import type { JetBlocks } from "./jet_phases.ts";

/** Tables of one layer, for the parameters set last. */
export type JetTables = ReturnType<typeof createJetTables>;

/**
 * Lays out the tables of a stage beside the parameters.
 *
 * @param surroundings Address of the normalisation's maps, whether it depends on parameters, room.
 */
export function createJetTables(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  parameterSlot: Slot<Float64Array>,
  blocks: Pick<JetBlocks, "at" | "most">,
  surroundings: Omit<JetSurroundings, "base">,
) {
  const { nOut, numBasis, numKnotVectors } = stage, silu = stage.base === "silu";
  const { coefficientBlock, coefficientsOf, baseBlock } = findBlocks(network, stage);
  const base = silu ? parameterSlot.at + 8 * baseBlock : 0;
  const layout = createJetLayout(stage, arena, { ...surroundings, base });
  const { free, relu, size, padded, pieces, first, polynomials } = layout;
  const basis = relu ? undefined : createLocalBasis(stage, {
    stride: padded,
    values: () => polynomials.values,
    fold: foldLines,
  });
  const sums = createBatchSums(stage, layout, { arena, blocks });
  const knots = createLayerKnots(network, stage, layout.locator, layout.places, numKnotVectors);
  const edges = relu ? createReluEdges(stage, layout, knots.list) : undefined;

  /** Takes parameters. */
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

  /** Adds the sums' gradient by the layer's parameters to `gradient`. */
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
    ...{ free, relu },
    at: layout.at,
    layout,
    /** B-splines; absent in the ReLU basis. */
    basis,
    /** Knots and places of every vector. */
    knots: knots.list,
    pieces,
    /** Indices of the first coefficient and base weight among the parameters. */
    coefficientBlock,
    baseBlock,
    set,
    sums,
    collect,
    /** Index among the parameters of the coefficients of a node in a piece. */
    coefficientOf: (node: number, piece: number) =>
      coefficientBlock +
      (node * numBasis + first.values[vectorOf(stage, node) * pieces + piece]) * nOut,
    vectorOf: (node: number) => vectorOf(stage, node),
  };
}

/** Where a layer's parameters lie among all. */
function findBlocks(network: Network, { layer }: SplineStage) {
  const coefficients = `spline${layer}.coefficients` as const;
  return {
    coefficientBlock: parameterBlock(network, coefficients).offset,
    coefficientsOf: blockViews(network)(coefficients),
    baseBlock: findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0,
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
        extrapolatePieces(stage, places, edgesOf(polynomials, p));
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

/**
 * Adds to the knots' gradient the part of a piece's local coordinate and rate.
 *
 * @param m The piece; the lines' (first and last) depend on the domain's ends alone.
 * @param bar Gradients by them at `from`: sums of slopes, slopes times w, and of the rate.
 */
function pullPlace(
  { space: { degree, intervals } }: SplineStage,
  { values: rates, offset }: PiecePlaces,
  m: number,
  bar: Float64Array,
  from: number,
  tBar: Float64Array,
): void {
  if (m === 0 || m > intervals) return;
  const scaled = rates[offset + 2 * m + 1] * bar[from + 2];
  tBar[degree + m - 1] += bar[from + 1] - bar[from] + scaled;
  tBar[degree + m] -= bar[from + 1] + scaled;
}

/** Sums over points, to which blocks add: no polynomials and places where these do not move. */
function createBatchSums(
  { nIn, nOut, numKnotVectors, base: branch }: SplineStage,
  { free, relu, size, padded, pieces, length }: JetLayout,
  room: { readonly arena: Arena; readonly blocks: Pick<JetBlocks, "at" | "most"> },
) {
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
