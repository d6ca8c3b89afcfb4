/**
 * The WebGPU engine: float32, parameters and optimizer on the device.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import type { Engine, Evaluator, Loss } from "../engine.ts";
import { checkAgainstReference } from "./self_check.ts";
import { checkProblem } from "../loss.ts";
import { openGpu, type PowerPreference, type WebgpuAdapter } from "./device.ts";
import { createEvaluator } from "./evaluator.ts";
import { canProlong } from "./prolongation.ts";
import { createBuffers } from "./buffers.ts";
import { createProgram, slotBytes, tableBytes } from "./program.ts";
import { SLOT_CHOICES } from "./resident_lbfgs.ts";
import { createSession, type Session, type WebgpuWork } from "./session.ts";

export { findWebgpuAdapter, type PowerPreference, type WebgpuAdapter } from "./device.ts";
export type { WebgpuWork } from "./session.ts";

/** Numbers of the WebGPU engine. */
export interface WebgpuEngineOptions {
  /** Which GPU is taken where there are several. Default `"high-performance"`. */
  readonly powerPreference?: PowerPreference;
  /**
   * Bytes of the largest binding that is used, at least 1024; data beyond it are split. Default:
   * the adapter's limit.
   */
  readonly maxBindingBytes?: number;
}

/** An engine on one device. */
export interface WebgpuEngine extends Engine {
  /** The adapter that it runs on. */
  readonly adapter: WebgpuAdapter;
  /** What was asked of the device so far. */
  readonly work: WebgpuWork;
  /** Gives the device back; evaluators of this engine stop working. */
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
 * import { createNetwork, createWebgpuEngine, findProblem, findWebgpuAdapter, galleryDatasets } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * if (await findWebgpuAdapter()) {
 *   const engine = await createWebgpuEngine();
 *   const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 *   const network = createNetwork({ widths: [2, 5, 1], degree: 1 }, { seed: 1 });
 *   const evaluator = await engine.compile(network, { kind: "mse" }, train);
 *   const gradient = new Float64Array(network.parameters.length);
 *   assert(await evaluator.valueAndGradient(network.parameters, gradient) > 0);
 *   evaluator.dispose();
 *   engine.dispose();
 * }
 * ```
 */
export async function createWebgpuEngine(
  { powerPreference = "high-performance", maxBindingBytes = Infinity }: WebgpuEngineOptions = {},
): Promise<WebgpuEngine> {
  if (!(maxBindingBytes >= LEAST_BINDING)) {
    throw new RangeError(
      `Cannot create engine: maxBindingBytes must be a number >= ${LEAST_BINDING}, ` +
        `current value is ${maxBindingBytes}`,
    );
  }
  const gpu = await openGpu(powerPreference, maxBindingBytes);
  const session = createSession(gpu);
  return {
    name: "webgpu",
    dtype: "float32",
    adapter: gpu.adapter,
    work: session.work,
    compile: (network, loss, dataset, coarse) => compile(session, network, loss, dataset, coarse),
    dispose: () => gpu.device.destroy(),
  };
}

const LEAST_BINDING = 1024;

async function compile(
  session: Session,
  network: Network,
  loss: Loss,
  dataset: Dataset,
  coarse: Network | undefined,
): Promise<Evaluator> {
  checkProblem(network, loss, dataset);
  session.gpu.check();
  const slots = slotsFor(session, network, dataset.rows);
  await checkAgainstReference(session, network, loss, dataset);
  const { gpu } = session;
  const buffers = createBuffers(gpu.device);
  try {
    const program = await gpu.allocate(() =>
      createProgram(gpu, network, loss, dataset, slots, buffers)
    );
    const prolongs = coarse && canProlong(coarse, network);
    return createEvaluator(session, program, network, loss, dataset, prolongs ? coarse : undefined);
  } catch (error) {
    buffers.destroy();
    throw error;
  }
}

/** Memory that trials side by side may take, bytes. */
const SLOT_BUDGET = 2 ** 30;

/** Trials side by side. */
function slotsFor({ gpu }: Session, network: Network, rows: number): number {
  const each = slotBytes(network, rows), table = tableBytes(network);
  const fits = (slots: number) =>
    slots * each <= SLOT_BUDGET && slots * table <= gpu.adapter.maxBindingBytes;
  return SLOT_CHOICES.find(fits) ?? 1;
}
