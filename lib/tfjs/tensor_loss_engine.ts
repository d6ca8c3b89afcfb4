/**
 * An engine whose loss is any TensorFlow.js function.
 *
 * @module
 */

import { type Dataset, subset } from "../data/mod.ts";
import { addWeightDecay, checkProblem, withEdgePenalty } from "../engine/inner.ts";
import type { Engine, Evaluation, Evaluator } from "../engine/mod.ts";
import { forward, type Network, withStatistics } from "../model/mod.ts";
import { splineStages, stagesOf } from "../model/inner.ts";
import { checkStages, layerWeights } from "./_layer_network.ts";
import { measureTensors, normaliseTensor } from "./_normalise.ts";
import { applyStage } from "./_spline_stage.ts";
import { type Operations, operationsOf, tensorFrom } from "./_operations.ts";
import type { TensorFlow, TensorOf, TfTensor } from "./tensorflow.ts";

/**
 * A loss on tensors, smooth or not: `tf.losses.huberLoss`, `tf.losses.absoluteDifference`, ...
 *
 * @param targets Shape `[rows, nOut]`.
 * @param outputs Shape `[rows, nOut]`.
 * @param weights Row weights, shape `[rows, 1]`; undefined where the dataset has none.
 * @returns A scalar.
 */
export type TensorLoss<T> = (targets: T, outputs: T, weights: T | undefined) => T;

/**
 * Makes an engine that minimises a TensorFlow.js loss with this package's optimizers and schedules.
 *
 * The network runs on the current backend in float32, normalised by each batch's statistics; value
 * and gradient come back at every evaluation. The `loss` of the training options gives its weight
 * decay only.
 *
 * @param tf The caller's TensorFlow.js.
 * @param loss The loss.
 * @returns An engine for `fit` and `train`; its `compile` refuses the ReLU basis, extrapolation
 * `error` and networks without splines.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { trainToEnd } from "@freeknot/freeknot";
 * import { tensorLossEngine } from "@freeknot/freeknot/tfjs";
 *
 * const engine = tensorLossEngine(tf, (targets, outputs) => tf.losses.logLoss(targets, outputs));
 * await trainToEnd(network, dataset, { engine });
 * ```
 */
export function tensorLossEngine<TF extends TensorFlow>(
  tf: TF,
  loss: TensorLoss<TensorOf<TF>>,
): Engine {
  const anyLoss = loss as unknown as TensorLoss<TfTensor>;
  return {
    name: "tfjs",
    dtype: "float32",
    prefers: { gaussNewton: 0, shortRuns: false },
    async compile(request) {
      const { network, loss: { weightDecay = 0 }, dataset } = request;
      const evaluator = createEvaluator(operationsOf(tf), anyLoss, weightDecay, network, dataset);
      return await withEdgePenalty(evaluator, request, "tfjs");
    },
  };
}

function createEvaluator(
  tf: Operations,
  loss: TensorLoss<TfTensor>,
  weightDecay: number,
  network: Network,
  dataset: Dataset | undefined,
): Evaluator {
  const decay = { kind: "mse", weightDecay } as const;
  checkProblem(network, decay, dataset);
  const whole = dataset;
  checkStages("compile network for tfjs", network.config);
  checkBasis(network);
  const all = upload(tf, whole);
  let batch = all;
  const constants = fixedKnots(tf, network);

  function objective(parameters: TfTensor): TfTensor {
    const outputs = networkOutputs(tf, network, constants, parameters, batch.x);
    return loss(batch.targets, outputs, batch.weights);
  }

  async function lossAt(parameters: Float64Array, gradientOut?: Float64Array): Promise<number> {
    const point = tensorFrom(tf, { values: parameters, shape: [parameters.length] });
    try {
      if (!gradientOut) return (await read(tf.tidy(() => objective(point))))[0];
      const { value, grads } = tf.valueAndGrads(objective)([point]);
      const [found, gradient] = await Promise.all([read(value), read(grads[0])]);
      gradientOut.set(gradient);
      return found[0];
    } finally {
      point.dispose();
    }
  }

  /** Statistics and outputs are computed in float64 on the host. */
  async function evaluate(
    parameters: Float64Array,
    gradientOut?: Float64Array,
  ): Promise<Evaluation> {
    const found = await lossAt(parameters, gradientOut), { inputs } = batch.dataset;
    const evaluated = { ...network, parameters: parameters.slice() };
    return {
      objective: found + addWeightDecay(decay, parameters, gradientOut),
      loss: found,
      statistics: () => [...withStatistics(evaluated, inputs).statistics],
      outputs: () => forward(withStatistics(evaluated, inputs), inputs),
    };
  }

  function release(): void {
    if (batch !== all) free(tf, batch);
    batch = all;
  }

  return {
    numParameters: network.parameters.length,
    evaluate,
    batches: {
      select(rows) {
        release();
        if (rows) batch = upload(tf, subset(whole, rows));
      },
    },
    dispose: () => {
      release();
      free(tf, all);
      tf.dispose(constants.flatMap((tensor) => tensor ?? []));
    },
  };
}

function checkBasis({ config: { basis } }: Network): void {
  if (basis === "bspline") return;
  throw new RangeError(
    `Cannot compile network for tfjs: basis must be bspline, current value is ${basis}`,
  );
}

/** Reads a tensor's numbers and frees it. */
async function read(tensor: TfTensor): Promise<Float32Array> {
  const values = await tensor.data() as Float32Array;
  tensor.dispose();
  return values;
}

/** A dataset on the backend. */
function upload(tf: Operations, dataset: Dataset) {
  const { rows, nIn, nOut, inputs, targets, weights } = dataset;
  return {
    dataset,
    x: tensorFrom(tf, { values: inputs, shape: [rows, nIn] }),
    targets: tensorFrom(tf, { values: targets, shape: [rows, nOut] }),
    weights: weights && tensorFrom(tf, { values: weights, shape: [rows, 1] }),
  };
}

function free(tf: Operations, { x, targets, weights }: ReturnType<typeof upload>): void {
  tf.dispose(weights ? [x, targets, weights] : [x, targets]);
}

/** Per spline layer the knots that stay; undefined for free ones. */
function fixedKnots(tf: Operations, network: Network): (TfTensor | undefined)[] {
  return splineStages(network.config).map(({ layer }) => {
    const knots = layerWeights(network, layer).find(({ name }) => name === "knots");
    return knots && tensorFrom(tf, knots);
  });
}

/** The forward pass of a network on tensors, normalised by the batch's own statistics. */
function networkOutputs(
  tf: Operations,
  network: Network,
  constants: readonly (TfTensor | undefined)[],
  parameters: TfTensor,
  inputs: TfTensor,
): TfTensor {
  function block(name: string): TfTensor | undefined {
    const found = network.layout.find((each) => each.name === name);
    return found &&
      tf.reshape(tf.slice(parameters, [found.offset], [found.size]), [...found.shape]);
  }
  let x = inputs;
  for (const stage of stagesOf(network.config)) {
    if (stage.kind === "linear") {
      x = tf.matMul(x, block("linear.weights")!);
      if (stage.bias) x = tf.add(x, block("linear.bias")!);
      continue;
    }
    if (stage.kind !== "spline") continue; // there are no others, see checkStages
    const { layer, normalisation, space } = stage;
    const statistics = measureTensors(tf, normalisation, x);
    const u = normaliseTensor(tf, normalisation, x, statistics, space.domain);
    x = applyStage(tf, stage, {
      coefficients: block(`spline${layer}.coefficients`)!,
      knotLogits: block(`spline${layer}.knotLogits`),
      knots: constants[layer],
      baseWeights: block(`spline${layer}.baseWeights`),
    }, u);
  }
  return x;
}
