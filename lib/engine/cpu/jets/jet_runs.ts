/**
 * The phases that a program of jets runs: statistics, outputs, gradients, sums.
 *
 * @module
 */

import type { Slot } from "../wasm/memory.ts";
import type { Call } from "../wasm/kernel_calls.ts";
import { backwardCalls, forwardCalls, type JetChain, jetRows, type JetStage } from "./jet_chain.ts";
import type { JetPhase } from "./jet_phases.ts";

/** Addresses of phases. */
export type JetRuns = ReturnType<typeof encodeJetRuns>;

/**
 * Writes the phases of a chain.
 *
 * @param encode Writes one, returns its address.
 */
export function encodeJetRuns(
  stages: readonly JetStage[],
  parts: Pick<JetChain, "shapes" | "parameters" | "bars" | "scratch">,
  outputs: readonly Slot<Float64Array>[],
  encode: (phase: JetPhase) => number,
) {
  const { shapes, bars } = parts, last = stages.length - 1;

  function measure(layer: JetStage, s: number): number {
    if (layer.kind === "linear") return 0;
    const { normaliser, inputs, stage: { nIn } } = layer;
    return encode({
      start: normaliser.start,
      tile: (g) => [
        ...s > 0 ? forwardCalls(parts, stages[s - 1], g, inputs[g]) : [],
        ...normaliser.measure(g, jetRows(inputs[g], nIn, shapes[g])),
      ],
    });
  }

  function pull(layer: JetStage, s: number, values: boolean, end: boolean): number {
    const next = end || s === last ? undefined : stages[s + 1];
    const clear = layer.kind === "linear" ? [] : layer.normaliser.clear;
    return encode({
      start: [...sumsOf(layer).start, ...clear],
      tile(g) {
        const backward = backwardCalls(parts, stages, s, g, values);
        if (next?.kind !== "spline") return backward;
        const x = jetRows(next.inputs[g], next.stage.nIn, shapes[g]);
        const bar = jetRows(bars[s % 2][g], next.stage.nIn, shapes[g]);
        return [...next.normaliser.finish(g, x, bar), ...backward];
      },
    });
  }

  function tables(kind: "fresh" | "build"): number {
    const calls = stages.flatMap((layer) =>
      layer.kind === "linear" ? [] : layer.tables.edges[kind]
    );
    return encode({ start: calls });
  }

  return {
    /** Fills tables from the parameters, where knots are new and where they are not. */
    fresh: tables("fresh"),
    build: tables("build"),
    /** By stage: computes its inputs and measures them; 0 for a linear map. */
    measures: stages.map(measure),
    /** Computes the outputs of the last stage. */
    outputs: encode({ tile: (g) => forwardCalls(parts, stages[last], g, outputs[g]) }),
    /**
     * By stage: pulls gradients through it, `[values][end]`: whether only the values' gradients are
     * not 0, and whether the caller wrote the gradients by its outputs.
     */
    pulls: stages.map((layer, s) =>
      [false, true].map((values) => [false, true].map((end) => pull(layer, s, values, end)))
    ),
    /** By stage: adds the blocks' sums of all stages up to it. */
    adds: stages.map((_, s) =>
      encode({ start: stages.slice(0, s + 1).flatMap((layer) => sumsOf(layer).add) })
    ),
  };
}

/** The calls that clear a stage's sums, and that add all blocks' sums. */
function sumsOf(
  layer: JetStage,
): { readonly start: readonly Call[]; readonly add: readonly Call[] } {
  return layer.kind === "linear" ? layer.sums : layer.tables;
}
