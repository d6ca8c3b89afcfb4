/**
 * What the browser test runs in a page: the layers on all of TensorFlow.js's backends there.
 *
 * TensorFlow.js comes in the same bundle, see browser_test.ts.
 *
 * @module
 */

import { createNetwork } from "../../lib/model/mod.ts";
import { createKanLayers, type TfTensor } from "../../lib/tfjs/mod.ts";
import { lbfgs } from "../../lib/train/mod.ts";
import { leaveFindings } from "../support/leave_findings.ts";
import type { TestTf } from "../support/tfjs.ts";
import {
  normwise,
  randoms,
  type SplineError,
  splineErrors,
  tensor,
  valuesOf,
} from "../support/tfjs_cases.ts";

/** What the page found on one backend. */
export interface BackendFindings {
  readonly backend: string;
  /** Whether this browser has it. */
  readonly present: boolean;
  readonly splines: readonly SplineError[];
  /** Loss and gradient of a KanLayer by each weight, beside the first backend's. */
  readonly gradients: readonly SplineError[];
  /** Loss of a model before and after some steps. */
  readonly losses: readonly number[];
  /** Tensors that some steps left behind. */
  readonly left: number;
}

/** What the page found. */
export interface BrowserFindings {
  readonly backends: readonly BackendFindings[];
  /** Loss before and after L-BFGS on tensors of the webgpu backend; empty without it. */
  readonly resident: readonly number[];
}

const ROWS = 40;

type Variable = TfTensor & { readonly name: string };

/** Loss, and its gradient by the input and by each weight. */
async function gradients(tf: TestTf): Promise<Float32Array[]> {
  const layer = createKanLayers(tf).kanLayer({ units: 2, base: "silu", inputShape: [2], seed: 5 });
  tf.sequential({ layers: [layer] });
  const { call } = layer as unknown as { call(x: TfTensor): TfTensor };
  const f = (x: TfTensor) => tf.sum(tf.square(call.call(layer, x)));
  const x = tensor(tf, randoms(2 * ROWS, 1, 0.7), [ROWS, 2]);
  const variables = layer.weights.map((weight) => (weight as unknown as { val: Variable }).val);
  const { value, grads } = tf.variableGrads(() => f(x), variables);
  const all = [value, tf.grad(f)(x), ...variables.map(({ name }) => grads[name])];
  return await Promise.all(all.map(valuesOf));
}

async function train(tf: TestTf): Promise<{ losses: number[]; left: number }> {
  const { kanLayer } = createKanLayers(tf);
  const model = tf.sequential({
    layers: [
      kanLayer({ units: 3, inputShape: [2], seed: 1 }),
      kanLayer({ units: 1, normalisation: "minmax", seed: 2 }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.03), loss: "meanSquaredError" });
  const inputs = randoms(2 * ROWS, 2, 0.5);
  const x = tensor(tf, inputs, [ROWS, 2]);
  const y = tensor(tf, inputs.filter((_, i) => i % 2 === 0).map(Math.abs), [ROWS, 1]);
  const losses = [await model.trainOnBatch(x, y)];
  const before = tf.memory().numTensors;
  for (let step = 0; step < 12; step++) losses.push(await model.trainOnBatch(x, y));
  return { losses: [losses[0], losses[losses.length - 1]], left: tf.memory().numTensors - before };
}

async function resident(tf: TestTf): Promise<number[]> {
  const engine = await createKanLayers(tf).createTensorEngine();
  const inputs = tensor(tf, randoms(400, 3), [200, 2]);
  const targets = tf.sum(tf.abs(inputs), 1, true);
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const evaluator = await engine.compileTensors(network, { kind: "mse" }, { inputs, targets });
  const optimizer = lbfgs({ maxIterations: 5 }), state = optimizer.init(network.parameters);
  const start = (await evaluator.evaluate(network.parameters)).objective;
  await optimizer.epoch(state, evaluator);
  const { outputs } = await evaluator.tensorsAt(state.parameters);
  const error = await valuesOf(tf.mean(tf.square(tf.sub(outputs, targets))));
  evaluator.dispose();
  engine.dispose();
  return [start, state.objective, error[0]];
}

async function run(): Promise<BrowserFindings> {
  const { tf } = globalThis as unknown as { tf: TestTf };
  const backends: BackendFindings[] = [];
  let first: Float32Array[] | undefined;
  for (const backend of ["cpu", "webgl", "webgpu"]) {
    const present = backend !== "webgpu" || await navigator.gpu?.requestAdapter() != null;
    if (!present || !await tf.setBackend(backend)) {
      backends.push({ backend, present: false, splines: [], gradients: [], losses: [], left: 0 });
      continue;
    }
    // One degree on WebGPU: each costs seconds of SwiftShader's compiler.
    const splines = (await Promise.all(
      (backend === "webgpu" ? [3] : [1, 2, 3]).map((degree) => splineErrors(tf, degree)),
    )).flat();
    const own = await gradients(tf);
    first ??= own;
    const errors = own.map((values, i) => ({
      title: `gradient ${i}`,
      error: normwise(values, first![i]),
    }));
    backends.push({ backend, present, splines, gradients: errors, ...await train(tf) });
  }
  const gpu = backends.some(({ backend, present }) => backend === "webgpu" && present);
  return { backends, resident: gpu ? await resident(tf) : [] };
}

leaveFindings(run());
