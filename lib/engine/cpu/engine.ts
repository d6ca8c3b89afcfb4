/**
 * The fused float64 engine for CPUs.
 *
 * The network is a chain of stages; forward and backward walk it over flat buffers allocated at
 * compile; the loops over points are WebAssembly with SIMD. Cost per edge and point does not
 * depend on the number of intervals.
 *
 * @module
 */

import { findBlock, type Network, type Stage, stagesOf } from "../../model/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import type { Engine, Evaluator, Loss } from "../engine.ts";
import { addWeightDecay, checkProblem, evaluateLoss } from "../loss.ts";
import { createLinearLayer } from "./linear_layer.ts";
import { createKernelMemory, type KernelMemory } from "./memory.ts";
import { createSplineLayer, type LayerParameters } from "./spline_layer.ts";

/**
 * The fast engine: float64, one thread.
 *
 * @example Loss and gradient of a network
 * ```ts
 * import { cpuEngine, createNetwork, findProblem, galleryDatasets } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const evaluator = await cpuEngine.compile(network, { kind: "mse" }, train);
 * const gradient = new Float64Array(network.parameters.length);
 * assert(await evaluator.valueAndGradient(network.parameters, gradient) > 0);
 * ```
 */
export const cpuEngine: Engine = { name: "cpu", dtype: "float64", compile };

/** One stage with its place in the parameter vector. */
interface Link {
  forward(parameters: Float64Array, x: Float64Array, y: Float64Array): void;
  backward(
    parameters: Float64Array,
    x: Float64Array,
    yBar: Float64Array,
    gradient: Float64Array,
    xBar: Float64Array | undefined,
  ): void;
}

async function compile(network: Network, loss: Loss, dataset: Dataset): Promise<Evaluator> {
  checkProblem(network, loss, dataset);
  const stages = stagesOf(network.config);
  const memory = await createKernelMemory(bytesNeeded(stages, dataset.rows, dataset.nIn));
  return createEvaluator(network, stages, loss, dataset, memory);
}

/** An upper bound of the arrays of all stages, in bytes. */
function bytesNeeded(stages: readonly Stage[], rows: number, nIn: number): number {
  const slack = 64 * 32; // rounding of each array
  let bytes = 8 * rows * nIn + slack;
  for (const stage of stages) {
    bytes += 16 * rows * stage.nOut + slack; // values and their gradients
    if (stage.kind === "linear") {
      bytes += 8 * stage.nOut * (stage.nIn + 1);
      continue;
    }
    const { intervals, degree } = stage.space;
    bytes += 20 * rows * stage.nIn; // piece, w, u
    bytes += 16 * stage.nIn * (intervals + 2) * (stage.nOut + 1) * (degree + 2); // pieces
    bytes += 48 * stage.nIn * (intervals + degree + 8); // knots, buckets, normalisation
  }
  return bytes;
}

function createEvaluator(
  network: Network,
  stages: readonly Stage[],
  loss: Loss,
  dataset: Dataset,
  memory: KernelMemory,
): Evaluator {
  const { rows } = dataset;
  const { layout } = network;
  const splines = new Map(
    stages.filter((stage) => stage.kind === "spline").map((stage) => [
      stage.layer,
      createSplineLayer(network, stage, rows, stage === stages[0], memory),
    ]),
  );
  // values[k] enters stage k; bars[k] is the gradient by it (never by the data).
  const inputs = memory.float64(rows * dataset.nIn);
  inputs.set(dataset.inputs);
  const values = [inputs, ...stages.map(({ nOut }) => memory.float64(rows * nOut))];
  const bars = values.map((each, k) => k === 0 ? undefined : memory.float64(each.length));
  const links = stages.map((stage): Link => {
    if (stage.kind === "linear") {
      const weights = view("linear.weights"), bias = view("linear.bias");
      const layer = createLinearLayer(stage, rows, memory);
      return {
        forward: (parameters, x, y) => layer.forward(weights(parameters), bias(parameters), x, y),
        backward: (_, x, yBar, gradient) =>
          layer.backward(x, yBar, weights(gradient), bias(gradient)),
      };
    }
    const layer = splines.get(stage.layer)!;
    const blocks = ["coefficients", "baseWeights", "knotLogits"]
      .map((name) => view(`spline${stage.layer}.${name}`));
    const viewsOf = (flat: Float64Array): LayerParameters => ({
      coefficients: blocks[0](flat),
      baseWeights: blocks[1](flat),
      knotLogits: blocks[2](flat),
    });
    return {
      forward: (parameters, x, y) => layer.forward(viewsOf(parameters), x, y),
      backward: (parameters, x, yBar, gradient, xBar) =>
        layer.backward(viewsOf(parameters), x, yBar, viewsOf(gradient), xBar),
    };
  });
  const last = values.length - 1;
  let latestLoss = NaN;

  function view(name: string): (flat: Float64Array) => Float64Array {
    const block = findBlock(layout, name);
    const begin = block?.offset ?? 0, end = begin + (block?.size ?? 0);
    return (flat) => flat.subarray(begin, end);
  }

  function runForward(parameters: Float64Array): void {
    links.forEach((link, k) => link.forward(parameters, values[k], values[k + 1]));
  }

  function value(parameters: Float64Array): number {
    if (!parameters.every(Number.isFinite)) return latestLoss = NaN;
    runForward(parameters);
    latestLoss = evaluateLoss(loss, values[last], dataset);
    return latestLoss + addWeightDecay(loss, parameters);
  }

  function valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number {
    if (!parameters.every(Number.isFinite)) {
      gradientOut.fill(NaN);
      return latestLoss = NaN;
    }
    runForward(parameters);
    latestLoss = evaluateLoss(loss, values[last], dataset, bars[last]);
    gradientOut.fill(0);
    for (let k = links.length - 1; k >= 0; k--) {
      links[k].backward(parameters, values[k], bars[k + 1]!, gradientOut, bars[k]);
    }
    return latestLoss + addWeightDecay(loss, parameters, gradientOut);
  }

  return {
    numParameters: network.parameters.length,
    value,
    valueAndGradient,
    loss: () => latestLoss,
    statistics: () => [...splines.values()].map((layer) => layer.statistics()),
    outputs: () => values[last].slice(),
    dispose() {},
  };
}
