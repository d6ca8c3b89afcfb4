/**
 * The tables of one layer under jets, set from the parameters, and the way back to coefficients and
 * knots of either basis: the polynomials of all edges.
 *
 * @module
 */

import { findBlock, parameterBlock, type SplineStage } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import { createEdgePolynomials } from "../layer/edge_polynomials.ts";
import { createLayerKnots, vectorOf } from "../layer/layer_knots.ts";
import { blockViews } from "../layer/link.ts";
import type { NodeKnots } from "../layer/tables.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { createSumTable } from "../wasm/sum_table.ts";
import { createJetLayout, type JetSurroundings } from "./jet_layout.ts";
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
  const { nIn, nOut, numKnotVectors, layer } = stage, silu = stage.base === "silu";
  const coefficientsOf = blockViews(network)(`spline${layer}.coefficients`);
  const coefficientBlock = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const baseBlock = findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0;
  const base = silu ? parameterSlot.at + 8 * baseBlock : 0;
  const layout = createJetLayout(stage, arena, { ...surroundings, base });
  const { size, pieces } = layout, room = { arena, blocks }, row = size * nOut;
  const sums = {
    polynomials: createSumTable(room, nIn * pieces * row + 2),
    base: createSumTable(room, silu ? nIn * nOut : 0),
  };
  const knots = createLayerKnots(network, stage, layout.locator, layout.places, numKnotVectors);
  const edges = createEdgePolynomials(stage, row, nOut);
  const polynomials = new Float64Array(nIn * pieces * row), bars = polynomials.slice();
  let nodes: readonly NodeKnots[] = [];

  /** Takes parameters. */
  function set(parameters: Float64Array): void {
    const moved = knots.place(parameters);
    if (moved) {
      nodes = Array.from({ length: nIn }, (_, p) => knots.list()[vectorOf(stage, p)]);
    }
    edges.build(coefficientsOf(parameters), nodes, moved, polynomials);
    turn(polynomials, layout.polynomials.values, nIn, nOut, pieces * size, false);
  }

  /** Adds the sums' gradient by the layer's parameters to `gradient`. */
  function collect(parameters: Float64Array, gradient: Float64Array): void {
    const c = coefficientsOf(parameters), cBar = coefficientsOf(gradient);
    if (silu) sums.base.values.forEach((bar, i) => gradient[baseBlock + i] += bar);
    turn(bars, sums.polynomials.values, nIn, nOut, pieces * size, true);
    edges.pull(c, nodes, polynomials, bars, cBar, knots.clearBars());
    knots.collect(parameters, gradient);
  }

  return {
    layout,
    /** B-splines; absent in the ReLU basis. */
    basis: edges.basis,
    /** Knots and places of every vector. */
    knots: knots.list,
    /** Indices of the first coefficient and base weight among the parameters. */
    coefficientBlock,
    baseBlock,
    set,
    sums,
    allSums: [sums.polynomials, ...silu ? [sums.base] : []],
    collect,
    vectorOf: (node: number) => vectorOf(stage, node),
  };
}

/** Copies `[nIn, length, nOut]` to `[nIn, nOut, length]`, or the other way round. */
function turn(
  rows: Float64Array,
  columns: Float64Array,
  nIn: number,
  nOut: number,
  length: number,
  back: boolean,
): void {
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) {
      let at = p * length * nOut + q, to = (p * nOut + q) * length;
      for (const end = to + length; to < end; to++, at += nOut) {
        if (back) rows[at] = columns[to];
        else columns[to] = rows[at];
      }
    }
  }
}
