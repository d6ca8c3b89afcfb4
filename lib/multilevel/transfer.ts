/**
 * Moves an optimizer's knowledge of curvature, steps and differences of gradients, from the coarse
 * grid to the fine one.
 *
 * The parameters of the fine network are a function of the coarse ones, `x_f = prolong(x_c)`. Steps
 * are mapped by the derivative `T` of this function, which contains `dP/dt` where knots are free.
 * Differences of gradients are dual to steps: `T^T y_f = y_c` must hold, so that
 * `s_f . y_f = s_c . y_c`. This does not determine `y_f`. For coefficients we take
 * `y_f = M_f P M_c^-1 y_c` with the Gram matrices `M`: then the splines with coefficients
 * `M_f^-1 y_f` and `M_c^-1 y_c` are the same function.
 *
 * @module
 */

import { freeKnots, refineLogits } from "../knots/mod.ts";
import { gramMatrix, multiply, multiplyTransposed, type SparseRows } from "../basis/mod.ts";
import {
  addMissingEdges,
  blockValues,
  type SplineStage,
  splineStages,
  throughAllEdges,
} from "../model/inner.ts";
import { layerKnots, type Network } from "../model/mod.ts";
import { dot, multiplyBand, solvePositive } from "../numerics/inner.ts";
import { prolongationMatrix } from "./prolongation.ts";
import { prolong } from "./prolong_network.ts";

/** Linear maps from the parameter space of a coarse network to that of the fine network. */
export interface Transfer {
  /** Moves a step `s`, a change of parameters: `T s`. */
  step(step: Float64Array): Float64Array;
  /** Moves a difference `y` of gradients, so that `T^T y_f = y_c`. */
  difference(difference: Float64Array): Float64Array;
}

/** The transfer between two grids, which also goes back. */
export interface GridTransfer extends Transfer {
  /** Moves a gradient of the fine network to the coarse one: `T^T g`. */
  gradient(gradient: Float64Array): Float64Array;
}

/** Maps of one node's splines. */
interface NodeTransfer {
  readonly matrix: SparseRows;
  readonly coarseGram: Float64Array;
  readonly fineGram: Float64Array;
  /** `d (P c) / d logits`, per logit an array `[fine numBasis, nOut]`; empty without free knots. */
  readonly byLogit: Float64Array[];
}

/**
 * Makes the transfer, at this network's parameters, that belongs to `prolong(network, factor)`.
 *
 * @throws {RangeError} If the basis is not B-splines or the factor is not an integer >= 2.
 */
export function prolongationTransfer(network: Network, factor = 2): GridTransfer {
  if (network.config.basis !== "bspline") {
    throw new RangeError(
      `Cannot transfer: basis must be bspline, current value is ${network.config.basis}`,
    );
  }
  if (network.config.edges) return transferOfEdges(network, factor);
  const fine = prolong(network, factor);
  const layers = splineStages(network.config).map((stage): LayerTransfer => {
    const nodes = Array.from(
      { length: stage.nIn },
      (_, p) => nodeTransfer(network, fine, stage, p, factor),
    );
    return { stage, factor, nodes };
  });

  function move(
    vector: Float64Array,
    moveLayer: MoveLayer,
    [source, target] = [network, fine],
  ): Float64Array {
    const from = { ...source, parameters: vector };
    const to = { ...target, parameters: new Float64Array(target.parameters.length) };
    for (const { name } of fine.layout) {
      if (name.endsWith(".coefficients") || name.endsWith(".knotLogits")) continue;
      blockValues(to, name).set(blockValues(from, name));
    }
    for (const layer of layers) moveLayer(from, to, layer);
    return to.parameters;
  }

  return {
    step: (vector) => move(vector, moveStep),
    difference: (vector) => move(vector, moveDifference),
    gradient: (vector) => move(vector, moveGradient, [fine, network]),
  };
}

/** Through the transfer of the network with all edges: missing ones have neither step nor gradient. */
function transferOfEdges(network: Network, factor: number): GridTransfer {
  const transfer = prolongationTransfer(addMissingEdges(network), factor);
  const fine = prolong(network, factor);
  const move = (
    parameters: Float64Array,
    map: Transfer["step"],
    [source, { config: { intervals } }] = [network, fine],
  ) =>
    throughAllEdges({ ...source, parameters }, (all) => ({
      ...all,
      config: { ...all.config, intervals },
      parameters: map(all.parameters),
    })).parameters;
  return {
    step: (vector) => move(vector, transfer.step),
    difference: (vector) => move(vector, transfer.difference),
    gradient: (vector) => move(vector, transfer.gradient, [fine, network]),
  };
}

/** Maps of one spline layer, node by node. */
interface LayerTransfer {
  readonly stage: SplineStage;
  readonly factor: number;
  readonly nodes: readonly NodeTransfer[];
}

/** Moves the blocks of one layer; the parameters of both networks are vectors to be mapped. */
type MoveLayer = (from: Network, to: Network, layer: LayerTransfer) => void;

/** `T s`: coefficients `P c + (dP / d logits) c`, logits as in {@linkcode refineLogits}. */
function moveStep(from: Network, to: Network, { stage, factor, nodes }: LayerTransfer): void {
  nodes.forEach(({ matrix, byLogit }, p) => {
    const coefficients = nodeBlock(from, stage, p, "coefficients");
    const out = nodeBlock(to, stage, p, "coefficients");
    out.set(multiply(matrix, coefficients, stage.nOut));
    if (stage.knots !== "free") return;
    const logits = nodeBlock(from, stage, p, "knotLogits");
    byLogit.forEach((column, l) => {
      for (let i = 0; i < out.length; i++) out[i] += logits[l] * column[i];
    });
    nodeBlock(to, stage, p, "knotLogits").set(refineLogits(logits, stage.space, factor));
  });
}

/** Coefficients `M_f P M_c^-1 y`; the logits keep what is then missing in `T^T y_f = y_c`. */
function moveDifference(from: Network, to: Network, { stage, factor, nodes }: LayerTransfer): void {
  const { layer, nOut, numKnotVectors, space: { degree, intervals } } = stage;
  const left = blockValues(from, `spline${layer}.knotLogits`).slice(); // empty without free knots
  const size = left.length / numKnotVectors;
  nodes.forEach(({ matrix, coarseGram, fineGram, byLogit }, p) => {
    const gradients = nodeBlock(from, stage, p, "coefficients");
    const solved = solvePositive(coarseGram, matrix.columns, degree, gradients, nOut);
    const out = nodeBlock(to, stage, p, "coefficients");
    out.set(multiplyBand(fineGram, matrix.rows, degree, multiply(matrix, solved, nOut), nOut));
    const row = numKnotVectors === 1 ? 0 : p;
    byLogit.forEach((column, l) => {
      for (let i = 0; i < out.length; i++) left[row * size + l] -= column[i] * out[i];
    });
  });
  for (let row = 0; row < (size > 0 ? numKnotVectors : 0); row++) {
    const logits = left.subarray(row * size, (row + 1) * size);
    const outer = (size - intervals) / 2;
    for (let i = outer; i < size - outer; i++) logits[i] /= factor;
    nodeBlock(to, stage, row, "knotLogits").set(refineLogits(logits, stage.space, factor));
  }
}

/** `T^T g`: coefficients `P^T g`, logits by `dP / d logits` and by the transpose of their splitting. */
function moveGradient(from: Network, to: Network, { stage, factor, nodes }: LayerTransfer): void {
  const { nOut, space: { intervals } } = stage;
  nodes.forEach(({ matrix, byLogit }, p) => {
    const gradients = nodeBlock(from, stage, p, "coefficients");
    nodeBlock(to, stage, p, "coefficients").set(multiplyTransposed(matrix, gradients, nOut));
    if (stage.knots !== "free") return;
    const logits = nodeBlock(to, stage, p, "knotLogits");
    byLogit.forEach((column, l) => logits[l] += dot(column, gradients));
  });
  for (let row = 0; row < (stage.knots === "free" ? stage.numKnotVectors : 0); row++) {
    const logits = nodeBlock(to, stage, row, "knotLogits");
    const fine = nodeBlock(from, stage, row, "knotLogits"), outer = (logits.length - intervals) / 2;
    for (let i = 0; i < fine.length; i++) {
      const inner = Math.floor((i - outer) / factor);
      const at = i < outer ? i : inner < intervals ? outer + inner : i - (factor - 1) * intervals;
      logits[at] += fine[i];
    }
  }
}

/** The coefficients or logits of one input node of a layer, a view. */
function nodeBlock(
  network: Network,
  { layer, nIn, numKnotVectors }: SplineStage,
  node: number,
  kind: "coefficients" | "knotLogits",
): Float64Array {
  const all = blockValues(network, `spline${layer}.${kind}`);
  const nodes = kind === "coefficients" ? nIn : numKnotVectors;
  const size = all.length / nodes;
  const at = nodes === 1 ? 0 : node;
  return all.subarray(at * size, (at + 1) * size);
}

/** Step of central differences by a logit; their error is about 1e-10. */
const STEP = 1e-5;

function nodeTransfer(
  network: Network,
  fine: Network,
  stage: SplineStage,
  p: number,
  factor: number,
): NodeTransfer {
  const { layer, nOut, space } = stage;
  const coarseKnots = layerKnots(network, layer, p), fineKnots = layerKnots(fine, layer, p);
  const byLogit: Float64Array[] = [];
  if (stage.knots === "free") {
    const c = nodeBlock(network, stage, p, "coefficients");
    const logits = nodeBlock(network, stage, p, "knotLogits");
    const fineSpace = splineStages(fine.config)[layer].space;
    for (let l = 0; l < logits.length; l++) {
      const [plus, minus] = [STEP, -STEP].map((shift) => {
        const moved = logits.slice();
        moved[l] += shift;
        const from = freeKnots(moved, space);
        const to = freeKnots(refineLogits(moved, space, factor), fineSpace);
        return multiply(prolongationMatrix(from, to), c, nOut);
      });
      byLogit.push(plus.map((each, i) => (each - minus[i]) / (2 * STEP)));
    }
  }
  return {
    matrix: prolongationMatrix(coarseKnots, fineKnots),
    coarseGram: gramMatrix(coarseKnots),
    fineGram: gramMatrix(fineKnots),
    byLogit,
  };
}
