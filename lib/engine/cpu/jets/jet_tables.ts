/**
 * The tables of one layer under jets, set from the parameters, and the way back to coefficients and
 * knots of either basis: the polynomials of all edges.
 *
 * @module
 */

import { findBlock, parameterBlock, type SplineStage } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import {
  createEdgePolynomials,
  edgeSources,
  type ParameterSlots,
} from "../layer/edge_polynomials.ts";
import { createLayerKnots, vectorOf } from "../layer/layer_knots.ts";
import type { Arena } from "../wasm/memory.ts";
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
  slots: ParameterSlots,
  blocks: Pick<JetBlocks, "at" | "most" | "tables">,
  surroundings: Omit<JetSurroundings, "base">,
) {
  const { nIn, nOut, layer } = stage, silu = stage.base === "silu";
  const coefficients = parameterBlock(network, `spline${layer}.coefficients`);
  const baseBlock = findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0;
  const base = silu ? slots.parameters.at + 8 * baseBlock : 0;
  const knots = createLayerKnots(network, stage, arena);
  const layout = createJetLayout(stage, arena, knots.at, { ...surroundings, base });
  const { size, pieces } = layout, room = { arena, blocks };
  const sums = {
    polynomials: createSumTable(room, nIn * nOut * pieces * size + 2),
    base: createSumTable(room, silu ? nIn * nOut : 0),
  };
  const edge = 8 * pieces * size;
  const edges = createEdgePolynomials(
    stage,
    edgeSources(knots, slots, coefficients.offset),
    {
      ...{ table: layout.polynomials.at, nodeStep: nOut * edge, outputStep: edge },
      ...{ pieceStep: 8 * size, powerStep: 8 },
    },
    sums.polynomials,
    room,
  );

  /** Adds the gradient by the layer's parameters to `gradient`, after all calls. */
  function collect(gradient: Float64Array): void {
    const take = (begin: number, count: number) =>
      count > 0 && gradient.set(slots.gradient.values.subarray(begin, begin + count), begin);
    take(coefficients.offset, coefficients.size);
    if (silu) sums.base.values.forEach((bar, i) => gradient[baseBlock + i] += bar);
    take(knots.logits, knots.numLogits);
  }

  return {
    layout,
    /** Calls that fill the tables and that pull from the sums. */
    edges,
    /** Knots and places of every vector. */
    knots: knots.list,
    /** Indices of the first coefficient and base weight among the parameters. */
    coefficientBlock: coefficients.offset,
    baseBlock,
    /** Takes the parameters' knots; tells whether they are new. */
    place: knots.place,
    sums,
    /** Sets the sums to 0. */
    start: [...sums.polynomials.start, ...silu ? sums.base.start : []],
    /** Adds all blocks' sums, and turns those by polynomials into gradients. */
    add: [...edges.pull, ...silu ? sums.base.add : []],
    collect,
    vectorOf: (node: number) => vectorOf(stage, node),
  };
}
