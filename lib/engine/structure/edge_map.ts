/**
 * The map from the coefficients and knots of a layer to the polynomials of its edges, and the way
 * back, one call at a time on the caller's thread.
 *
 * @module
 */

import type { SplineStage } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { createJetBlocks, encodeJetPhase, type JetPhase } from "../cpu/jets/jet_phases.ts";
import { createEdgePolynomials, createParameterSlots } from "../cpu/layer/edge_polynomials.ts";
import { createLayerKnots } from "../cpu/layer/layer_knots.ts";
import { createArena } from "../cpu/wasm/memory.ts";
import { JET_RUNNER, jetModule } from "../cpu/wasm/module.ts";
import { createSumTable } from "../cpu/wasm/sum_table.ts";
import { createTeam } from "../cpu/wasm/team.ts";

/** Lays out the map of a layer. */
export function createEdgeMap(network: Network, stage: SplineStage) {
  const { nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2, arena = createArena("float64");
  // Outputs lie side by side in rows of even length, one output in powers side by side.
  const stride = nOut === 1 ? 1 : nOut + nOut % 2,
    size = (degree + 1) * stride + (nOut === 1 ? 4 : 0);
  const slots = createParameterSlots(arena, nIn * numBasis * nOut);
  const knots = createLayerKnots(network, stage, arena);
  const blocks = createJetBlocks([], { edges: 1, numbers: 1 }, arena), room = { arena, blocks };
  const table = arena.float64(nIn * pieces * size + 2);
  const moments = createSumTable(room, nIn * pieces * size + 2);
  const steps = {
    ...{ nodeStep: 8 * pieces * size, pieceStep: 8 * size },
    ...{ powerStep: 8 * stride, outputStep: 8 },
  };
  const sources = {
    ...{ knots: knots.at, logits: 0, logitBars: 0 },
    ...{ coefficients: slots.parameters.at, gradient: slots.gradient.at },
  };
  const { fresh, pull } = createEdgePolynomials(
    ...[stage, sources, { table: table.at, ...steps }, moments, room] as const,
  );
  const encode = (phase: JetPhase) => encodeJetPhase(phase, 0, blocks, arena);
  const phases = {
    fresh: encode({ start: fresh }),
    pull: encode({ start: pull }),
  };
  const memory = arena.makeMemory(false);
  const team = createTeam({ memory, module: jetModule(false), runner: JET_RUNNER, blocks }, 1);

  return {
    knots,
    /** Numbers from piece to piece, and from power to power; node p begins at `p pieces size`. */
    size,
    stride,
    /** The polynomials, after {@linkcode build}. */
    polynomials: table,
    /** The gradient by them, for {@linkcode pull} to take; it is overwritten there. */
    moments: () => moments.values,
    /** Takes parameters and the layer's coefficients, `[nIn, numBasis, nOut]`. */
    build(parameters: Float64Array, coefficients: Float64Array): void {
      knots.placeAll(parameters);
      slots.parameters.values.set(coefficients);
      team.run(phases.fresh);
    },
    /** Adds to the gradient by the coefficients; that by the knots is in `knots.bars` afterwards. */
    pull(coefficientsBar: Float64Array): void {
      team.run(phases.pull);
      slots.gradient.values.forEach((bar, i) => coefficientsBar[i] += bar);
    },
  };
}

/** The polynomials of a layer's basis functions, of every node by itself. */
export function createBasisMap(network: Network, stage: SplineStage) {
  const { nIn, numBasis } = stage, map = createEdgeMap(network, { ...stage, nOut: 1 });
  const unit = new Float64Array(nIn * numBasis);
  return {
    /** Numbers from piece to piece. */
    size: map.size,
    /** A table for every basis function, laid out like the polynomials of a map with one output. */
    build: (parameters: Float64Array): Float64Array[] =>
      Array.from({ length: numBasis }, (_, i) => {
        unit.fill(0);
        for (let p = 0; p < nIn; p++) unit[p * numBasis + i] = 1;
        map.build(parameters, unit);
        return map.polynomials.values.slice();
      }),
  };
}
