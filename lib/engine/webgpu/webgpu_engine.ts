/**
 * The WebGPU engine: float32, parameters and optimizer on the device.
 *
 * @module
 */

import { checkOptions } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import type { CompileRequest, Engine } from "../contract.ts";
import { withEdgePenalty } from "../penalised.ts";
import { checkEdgePenalty } from "../penalty.ts";
import { checkProblem, type Loss } from "../loss.ts";
import { evaluatorOfEdges } from "../with_all_edges.ts";
import { checkAgainstReference } from "./self_check.ts";
import { openGpu, type PowerPreference, shareGpu, type WebgpuAdapter } from "./device.ts";
import { createEvaluator, type WebgpuEvaluator } from "./webgpu_evaluator.ts";
import { canProlong } from "./prolongation_steps.ts";
import { createBuffers } from "./buffers.ts";
import { createProgram, tableBytes, trialBytes } from "./webgpu_program.ts";
import { TRIAL_CHOICES } from "./resident_lbfgs.ts";
import { onDevice, sampleRows, type WebgpuRows } from "./device_rows.ts";
import { createSession, type Session, type WebgpuWork } from "./device_session.ts";

export { findWebgpuAdapter, type PowerPreference, type WebgpuAdapter } from "./device.ts";
export type { WebgpuEvaluator } from "./webgpu_evaluator.ts";
export type { WebgpuResults } from "./device_results.ts";
export type { WebgpuRows } from "./device_rows.ts";
export type { WebgpuWork } from "./device_session.ts";

/** Numbers of the WebGPU engine. */
export interface WebgpuEngineOptions {
  /** Which GPU is taken where there are several. Default `"high-performance"`. */
  readonly powerPreference?: PowerPreference;
  /**
   * Bytes of the largest binding that is used, at least 1024; data beyond it are split. Default:
   * the adapter's limit.
   */
  readonly maxBindingBytes?: number;
  /**
   * A device that is open already, to share its buffers; it stays open, and an error on it ends
   * this engine too. Default: a device of the engine's own.
   */
  readonly device?: GPUDevice;
}

/** An engine on one device. */
export interface WebgpuEngine extends Engine {
  /** The adapter that it runs on. */
  readonly adapter: WebgpuAdapter;
  /** What was asked of the device so far. */
  readonly work: WebgpuWork;
  /** The device that it runs on, for those who share its buffers. */
  readonly device: GPUDevice;
  /** As every engine's; its evaluators also give results that stay on the device. */
  compile(request: CompileRequest): Promise<WebgpuEvaluator>;
  /**
   * Compiles a network on rows that are on the device already, without copying them.
   *
   * Up to 48 rows are read back once, for the checks that every compilation makes; that the others
   * are finite is not checked: an objective that is not finite says it. `batches` and `outputs`
   * of the evaluator need rows on the host and throw.
   *
   * @throws {TypeError} If shapes of network and rows differ, or a buffer is too short.
   * @throws {RangeError} If the rows do not fit one binding, or a checked number is out of range.
   * @throws {EngineError} If the device cannot hold or compute it.
   */
  compileRows(network: Network, loss: Loss, rows: WebgpuRows): Promise<WebgpuEvaluator>;
  /** Gives the device back, or leaves a shared one; evaluators of this engine stop working. */
  dispose(): void;
}

/**
 * Opens a GPU: float32, values and gradients in kernels, optimizers resident on the device.
 *
 * Results repeat bit for bit on one device, also when a run is resumed from a checkpoint (where
 * what L-BFGS has learned takes more than 4 MiB, it begins anew then, with no pairs). Parameters and
 * data are rounded to float32. While the host reads the results of an epoch of L-BFGS, the device
 * runs the next one; an evenly refined grid gets its parameters on the device.
 *
 * @param options Which GPU, limits.
 * @returns The engine.
 * @throws {EngineError} If there is no adapter.
 * @throws {RangeError} If the limit is too small.
 *
 * @example Loss and gradient on a GPU, where there is one
 * ```ts
 * import {
 *   createNetwork, createWebgpuEngine, findProblem, galleryDatasets,
 * } from "@freeknot/freeknot";
 * import { findWebgpuAdapter } from "@freeknot/freeknot/engine";
 * import { assert } from "@std/assert";
 *
 * if (await findWebgpuAdapter()) {
 *   const engine = await createWebgpuEngine();
 *   const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 *   const network = createNetwork({ widths: [2, 5, 1], degree: 1 }, { seed: 1 });
 *   const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset: train });
 *   const gradient = new Float64Array(network.parameters.length);
 *   const { objective } = await evaluator.evaluate(network.parameters, gradient);
 *   assert(objective > 0);
 *   evaluator.dispose();
 *   engine.dispose();
 * }
 * ```
 */
export async function createWebgpuEngine(
  options: WebgpuEngineOptions = {},
): Promise<WebgpuEngine> {
  checkOptions("create engine", options, "powerPreference maxBindingBytes device");
  const { powerPreference = "high-performance", maxBindingBytes = Infinity, device } = options;
  if (!(maxBindingBytes >= LEAST_BINDING)) {
    throw new RangeError(
      `Cannot create engine: maxBindingBytes must be a number >= ${LEAST_BINDING}, ` +
        `current value is ${maxBindingBytes}`,
    );
  }
  const gpu = device
    ? shareGpu(device, maxBindingBytes)
    : await openGpu(powerPreference, maxBindingBytes);
  const session = createSession(gpu);
  return {
    name: "webgpu",
    dtype: "float32",
    adapter: gpu.adapter,
    work: session.work,
    device: gpu.device,
    prefers: { gaussNewton: 0, shortRuns: false },
    async compile(request) {
      const { network, loss, dataset, coarse, penalty } = request;
      checkProblem(network, loss, dataset);
      checkEdgePenalty(penalty);
      const evaluator = network.config.edges
        ? await compileMasked(session, network, loss, dataset)
        : await compile(session, network, loss, dataset, dataset, coarse);
      const whole = await withEdgePenalty(evaluator, request, "webgpu");
      return whole === evaluator ? whole : { ...whole, resultsAt: refuseResults };
    },
    async compileRows(network, loss, rows) {
      if (network.config.edges) throw edgesRefused();
      return compile(session, network, loss, rows, await sampleRows(session, rows));
    },
    dispose: () => gpu.close(),
  };
}

const LEAST_BINDING = 1024;

/** Compiles a network with a mask as the one with all edges. */
async function compileMasked(
  session: Session,
  network: Network,
  loss: Loss,
  dataset: Dataset,
): Promise<WebgpuEvaluator> {
  const evaluator = await evaluatorOfEdges(
    network,
    (all) => compile(session, all, loss, dataset, dataset),
  );
  return { ...evaluator, resultsAt: () => Promise.reject(edgesRefused()) };
}

/** The error for a mask of edges where results on the device would be those of all parameters. */
function edgesRefused(): RangeError {
  return new RangeError(
    "Cannot compile network: edges must be left out where results stay on the device, current " +
      "value is a mask",
  );
}

/** The gradient on the device is that of the loss alone. */
function refuseResults(): never {
  throw new RangeError(
    "Cannot leave results on the device: sparsity must be 0, since the CPU computes the penalty on " +
      "edges, current value is larger",
  );
}

async function compile(
  session: Session,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
  sample: Dataset,
  coarse?: Network,
): Promise<WebgpuEvaluator> {
  checkProblem(network, loss, sample);
  session.gpu.check();
  const trials = trialsFor(session, network, dataset);
  await checkAgainstReference(session, network, loss, sample);
  const { gpu } = session;
  const buffers = createBuffers(gpu.device);
  try {
    const program = await gpu.allocate(() =>
      createProgram(gpu, network, loss, dataset, trials, buffers)
    );
    const prolongs = coarse && canProlong(coarse, network);
    return createEvaluator(session, program, network, loss, dataset, prolongs ? coarse : undefined);
  } catch (error) {
    buffers.destroy();
    throw error;
  }
}

/** Memory that trials side by side may take, bytes. */
const TRIAL_BUDGET = 2 ** 30;

/** Trials side by side. */
function trialsFor(
  { gpu }: Session,
  network: Network,
  dataset: Dataset | WebgpuRows,
): number {
  const { rows } = dataset;
  const each = trialBytes(network, rows), table = tableBytes(network);
  // Rows that are on the device already are not split.
  const piece = onDevice(dataset) ? 4 * rows * Math.max(...network.config.widths) : 0;
  const fits = (trials: number) =>
    trials * each <= TRIAL_BUDGET && trials * piece <= gpu.bindingBytes &&
    trials * table <= gpu.adapter.maxBindingBytes;
  return TRIAL_CHOICES.find(fits) ?? 1;
}
