/**
 * The chain of stages that jets pass through, its buffers, and the calls on them.
 *
 * @module
 */

import type { LinearStage, SplineStage } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type Argument, type Call, call, type Cursor } from "../wasm/kernel_calls.ts";
import type { SumTable } from "../wasm/sum_table.ts";
import type { JetNormaliser } from "./jet_normaliser.ts";
import type { JetBlocks } from "./jet_phases.ts";
import type { JetShape } from "./jet_shape.ts";
import type { JetTables } from "./jet_tables.ts";

/** A stage with its buffers; `inputs[g]` has shape `[rows, nIn, padded]`. */
export type JetStage = LinearJetStage | SplineJetStage;

/** A linear map. */
export interface LinearJetStage {
  readonly kind: "linear";
  readonly stage: LinearStage;
  /** Index of the first weight and bias among the parameters; -1: no bias. */
  readonly weights: number;
  readonly bias: number;
  readonly inputs: readonly Slot<Float64Array>[];
  /** Gradients by weights and bias. */
  readonly sums: SumTable;
}

/** A layer of splines. */
export interface SplineJetStage {
  readonly kind: "spline";
  readonly stage: SplineStage;
  readonly tables: JetTables;
  readonly normaliser: JetNormaliser;
  readonly inputs: readonly Slot<Float64Array>[];
  /** Piece of every point and node, `[rows, nIn]`. */
  readonly pieces: readonly Slot<Int32Array>[];
}

/** The stages and buffers of a program, on which the Gauss-Newton matrix is built. */
export interface JetChain {
  readonly network: Network;
  readonly stages: readonly JetStage[];
  readonly shapes: readonly JetShape[];
  readonly arena: Arena;
  readonly blocks: JetBlocks;
  /** Threads that run phases, at most. */
  readonly threads: number;
  /** Parameters of the latest forward pass. */
  readonly parameters: Slot<Float64Array>;
  /** Gradients by the outputs of stage s lie in `bars[s % 2]`, `[rows, nOut, padded]`. */
  readonly bars: readonly (readonly Slot<Float64Array>[])[];
  /** Room of one thread. */
  readonly scratch: Cursor;
  /** Runs a phase that was encoded, on all blocks or (`shared`) on those in use. */
  run(phaseAt: number, shared?: boolean): void;
  /**
   * Pulls gradients by the inputs of stage `end` (or, for `end = stages.length`, by the outputs)
   * back to the parameters, through the statistics of the stages before.
   *
   * @param fill Writes the bars, `[rows, nIn of the stage, padded]`, of a group; they are 0.
   * @param values Whether only the values' entries (channel 0) of `bars` are not 0.
   */
  pull(
    end: number,
    fill: (bars: Float64Array, group: number) => void,
    values: boolean,
    gradientOut: Float64Array,
  ): void;
}

/** A cursor over rows of `nodes` nodes' jets. */
export function jetRows(slot: Slot<Float64Array>, nodes: number, shape: JetShape): Cursor {
  return { at: slot.at, perRow: 8 * nodes * shape.padded };
}

/** A cursor over rows of pieces. */
function pieceRows({ stage, pieces }: SplineJetStage, group: number): Cursor {
  return { at: pieces[group].at, perRow: 4 * stage.nIn };
}

/** The calls that compute a stage's outputs. */
export function forwardCalls(
  chain: Pick<JetChain, "shapes" | "parameters" | "scratch">,
  layer: JetStage,
  group: number,
  to: Slot<Float64Array>,
): Call[] {
  const shape = chain.shapes[group], { nIn, nOut } = layer.stage;
  const x = jetRows(layer.inputs[group], nIn, shape), y = jetRows(to, nOut, shape);
  if (layer.kind === "spline") {
    const piece = pieceRows(layer, group), { scratch } = chain;
    return [
      call.forwardJets({ layer: layer.tables.layout.at, shape: shape.at, x, piece, y, scratch }),
    ];
  }
  const weights = chain.parameters.at + 8 * layer.weights;
  const bias = layer.bias < 0 ? 0 : chain.parameters.at + 8 * layer.bias;
  return [call.linearJets({ nIn, nOut, channels: shape.padded, weights, bias, x, y })];
}

/** The calls that add a stage's gradients to its sums and, behind another stage, pull to its inputs. */
export function backwardCalls(
  chain: Pick<JetChain, "shapes" | "bars" | "scratch">,
  stages: readonly JetStage[],
  s: number,
  group: number,
  values: boolean,
): Call[] {
  const layer = stages[s], shape = chain.shapes[group], { nIn, nOut } = layer.stage;
  const yBar = jetRows(chain.bars[s % 2][group], nOut, shape);
  if (layer.kind === "linear") {
    return [pullLinearCall(layer, shape, group, { yBar, bar: layer.sums.cursor, rowStep: 0 })];
  }
  const { sums } = layer.tables;
  return [call.backwardJets({
    ...layerArguments(chain, layer, group),
    yBar,
    xBar: s === 0 ? 0 : jetRows(chain.bars[(s + 1) % 2][group], nIn, shape),
    polynomialBars: sums.polynomials.cursor,
    baseBars: sums.base.cursor,
    sums: layer.normaliser.sums,
    rowStep: 0,
    nodeStep: 0,
    values,
  })];
}

/**
 * The backward call that writes numbers of every row: rows `rowStep` bytes apart, nodes `nodeStep`.
 *
 * @param described Address of the layer as its rows see it; of a linear map it does not matter.
 */
export function rowCall(
  chain: Pick<JetChain, "shapes" | "scratch">,
  layer: JetStage,
  group: number,
  yBar: Argument,
  xBar: Argument,
  rows: { readonly at: Cursor; readonly rowStep: number; readonly nodeStep: number },
  described: number,
): Call {
  const { at, rowStep, nodeStep } = rows;
  if (layer.kind === "linear") {
    return pullLinearCall(layer, chain.shapes[group], group, { yBar, bar: at, rowStep });
  }
  return call.backwardJets({
    ...layerArguments(chain, layer, group),
    layer: described,
    yBar,
    xBar,
    polynomialBars: at,
    baseBars: 0,
    sums: 0,
    rowStep,
    nodeStep,
    values: false,
  });
}

/** A layer of splines, its inputs and their pieces. */
function layerArguments(
  { shapes, scratch }: Pick<JetChain, "shapes" | "scratch">,
  layer: SplineJetStage,
  group: number,
) {
  const { stage: { nIn }, tables, inputs } = layer, shape = shapes[group];
  const x = jetRows(inputs[group], nIn, shape);
  return { layer: tables.layout.at, shape: shape.at, x, piece: pieceRows(layer, group), scratch };
}

function pullLinearCall(
  { stage: { nIn, nOut }, inputs, bias }: LinearJetStage,
  shape: JetShape,
  group: number,
  bars: { readonly yBar: Argument; readonly bar: Argument; readonly rowStep: number },
): Call {
  const x = jetRows(inputs[group], nIn, shape);
  return call.pullLinearJets({
    nIn,
    nOut,
    channels: shape.padded,
    hasBias: bias >= 0,
    x,
    ...bars,
  });
}
