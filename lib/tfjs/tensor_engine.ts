/**
 * The WebGPU engine on TensorFlow.js's device: tensors in, tensors out, nothing copied.
 *
 * @module
 */

import {
  type AdamMethod,
  type CompileRequest,
  createWebgpuEngine,
  type Engine,
  EngineError,
  type Evaluator,
  type LbfgsMethod,
  type Loss,
  type Resident,
  type WebgpuEvaluator,
  type WebgpuRows,
  type WebgpuWork,
} from "../engine/mod.ts";
import type { Network } from "../model/mod.ts";
import { type Operations, operationsOf } from "./_operations.ts";
import type { TensorFlow, TensorOf, TfTensor } from "./tensorflow.ts";
import { bufferOf, flush, tensorOf, type WebgpuBackend, webgpuBackend } from "./webgpu/_buffers.ts";

/** Rows as tensors of the webgpu backend, float32. */
export interface TensorRows {
  /** Shape `[rows, nIn]`. */
  readonly inputs: TfTensor;
  /** Shape `[rows, nOut]`. */
  readonly targets: TfTensor;
  /** Weights of the rows, shape `[rows]` or `[rows, 1]`. Default: all 1. */
  readonly weights?: TfTensor;
}

/**
 * What a network gives at one point, as tensors over the engine's own buffers. They belong to the
 * evaluator, which disposes of them at its next call of any kind, and when it is disposed of
 * itself; what is to be kept is computed from them before (`tf.add(outputs, 0)` is a copy).
 */
export interface TensorResults<T> {
  /** Parameters, shape `[numParameters]`. */
  readonly parameters: T;
  /** Gradient of the objective, shape `[numParameters]`. */
  readonly gradient: T;
  /** Outputs of the network, normalised by the rows' own statistics, shape `[rows, nOut]`. */
  readonly outputs: T;
}

/** An evaluator on TensorFlow.js's device. */
export interface TensorEvaluator<T> extends Evaluator {
  /**
   * Computes outputs and gradient; they stay on the device, nothing is read back.
   *
   * @param parameters Read only, shape `[numParameters]`.
   */
  tensorsAt(parameters: Float64Array): Promise<TensorResults<T>>;
}

/** The WebGPU engine on TensorFlow.js's device. */
export interface TensorEngine<T> extends Engine {
  /** What was asked of the device so far. */
  readonly work: WebgpuWork;
  /** As every engine's: uploads the dataset. */
  compile(request: CompileRequest): Promise<TensorEvaluator<T>>;
  /**
   * Compiles a network on the buffers of tensors.
   *
   * The evaluator holds on to them: they may be disposed of at once, their memory goes back with
   * the evaluator. Up to 48 rows (and the sum of the weights) are read back once, for the checks
   * that every compilation makes. The evaluator's `batches` and `outputs` throw, since they need
   * rows on the host; mini-batches of Adam are gathered on the device, without weights.
   *
   * @throws {TypeError} If shapes do not fit, or a tensor is not float32.
   * @throws {RangeError} If the rows do not fit one binding of the device.
   */
  compileTensors(network: Network, loss: Loss, rows: TensorRows): Promise<TensorEvaluator<T>>;
  /** Ends the engine; TensorFlow.js's device stays open. */
  dispose(): void;
}

/**
 * Opens this package's WebGPU engine on the device of TensorFlow.js's webgpu backend.
 *
 * Optimizers run on the device as with `createWebgpuEngine`, but rows can be tensors and results
 * become tensors without a copy in either direction: both sides bind the same buffers. What
 * TensorFlow.js has queued is handed in before each call, so that commands keep the order of the
 * program; while an evaluation or epoch is awaited, its results must not be used.
 *
 * @param tensorflow The caller's TensorFlow.js, its backend set to webgpu.
 * @returns The engine, for `fit` and `train` too.
 * @throws {TypeError} If the current backend is not webgpu.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
 * import { createNetwork, lbfgs } from "@freeknot/freeknot";
 * import { createTensorEngine } from "@freeknot/freeknot/tfjs";
 *
 * await tf.setBackend("webgpu");
 * const engine = await createTensorEngine(tf);
 * const inputs = tf.randomUniform([1000, 2]), targets = tf.sum(inputs, 1, true);
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const evaluator = await engine.compileTensors(network, { kind: "mse" }, { inputs, targets });
 * const optimizer = lbfgs(), state = optimizer.init(network.parameters);
 * await optimizer.epoch(state, evaluator); // 20 iterations, one readback
 * const { outputs } = await evaluator.tensorsAt(state.parameters);
 * tf.max(tf.abs(tf.sub(outputs, targets))).print();
 * ```
 */
export async function createTensorEngine<TF extends TensorFlow>(
  tensorflow: TF,
): Promise<TensorEngine<TensorOf<TF>>> {
  const tf = operationsOf(tensorflow);
  const backend = webgpuBackend(tf);
  const engine = await createWebgpuEngine({ device: backend.device });

  async function compileTensors(network: Network, loss: Loss, rows: TensorRows) {
    const shape = checkRows(rows);
    const held = [rows.inputs, rows.targets, ...(rows.weights ? [rows.weights] : [])]
      .map((tensor) => tf.keep(tf.clone(tensor)));
    const release = () => tf.dispose(held);
    try {
      const total = rows.weights && await sumOf(tf, rows.weights);
      const bound: WebgpuRows = {
        ...shape,
        inputs: bufferOf(backend, rows.inputs),
        targets: bufferOf(backend, rows.targets),
        ...(total === undefined
          ? {}
          : { weights: { buffer: bufferOf(backend, rows.weights!), total } }),
      };
      flush(backend);
      const evaluator = await engine.compileRows(network, loss, bound);
      return withTensors<TensorOf<TF>>(tf, backend, evaluator, shape, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  return {
    name: engine.name,
    dtype: engine.dtype,
    work: engine.work,
    prefers: engine.prefers,
    async compile(request) {
      flush(backend);
      const evaluator = await engine.compile(request);
      return withTensors<TensorOf<TF>>(tf, backend, evaluator, request.dataset!, () => {});
    },
    compileTensors,
    dispose: () => engine.dispose(),
  };
}

/** An evaluator in step with TensorFlow.js's queue, whose results are tensors until its next call. */
function withTensors<T>(
  tf: Operations,
  backend: WebgpuBackend,
  evaluator: WebgpuEvaluator,
  { rows, nOut }: { readonly rows: number; readonly nOut: number },
  release: () => void,
): TensorEvaluator<T> {
  const n = evaluator.numParameters, { resident } = evaluator;
  let lent: TfTensor[] = [];
  let disposed = false;

  function begin(): void {
    if (disposed) throw new EngineError("Cannot evaluate: the evaluator was disposed of");
    flush(backend); // what TensorFlow.js has queued still sees the old results
    tf.dispose(lent);
    lent = [];
  }

  return {
    ...evaluator,
    evaluate(parameters, gradientOut) {
      begin();
      return evaluator.evaluate(parameters, gradientOut);
    },
    ...(resident && {
      resident: {
        ...resident,
        runEpoch(method: LbfgsMethod | AdamMethod, parameters: Float64Array, context) {
          begin();
          return resident.runEpoch(method, parameters, context);
        },
      } satisfies Resident,
    }),
    async tensorsAt(parameters) {
      begin();
      const results = await evaluator.resultsAt(parameters);
      const tensors = {
        parameters: tensorOf(tf, results.parameters, [n]),
        gradient: tensorOf(tf, results.gradient, [n]),
        outputs: tensorOf(tf, results.outputs, [rows, nOut]),
      };
      lent = Object.values(tensors);
      return tensors as TensorResults<T>;
    },
    dispose() {
      if (disposed) return;
      begin();
      disposed = true;
      evaluator.dispose();
      release();
    },
  };
}

function checkRows({ inputs, targets, weights }: TensorRows) {
  const [rows, nIn] = inputs.shape, nOut = targets.shape[1];
  function check(ok: boolean, name: string, rule: string, value: unknown): void {
    if (ok) return;
    throw new TypeError(
      `Cannot compile network: ${name} must be ${rule}, current value is ${value}`,
    );
  }
  check(inputs.shape.length === 2, "inputs", "of shape [rows, nIn]", `[${inputs.shape}]`);
  const fits = targets.shape.length === 2 && targets.shape[0] === rows;
  check(fits, "targets", `of shape [${rows}, nOut]`, `[${targets.shape}]`);
  check(
    weights?.size === undefined || weights.size === rows,
    "weights",
    `of shape [${rows}]`,
    `[${weights?.shape}]`,
  );
  for (const [name, tensor] of Object.entries({ inputs, targets, weights })) {
    check(!tensor || tensor.dtype === "float32", name, "float32", tensor?.dtype);
  }
  return { rows, nIn, nOut };
}

async function sumOf(tf: Operations, tensor: TfTensor): Promise<number> {
  const sum = tf.sum(tensor);
  const [total] = await sum.data() as Float32Array;
  sum.dispose();
  return total;
}
