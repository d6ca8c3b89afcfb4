/**
 * The fused engine for CPUs.
 *
 * The network is a chain of stages over flat arrays laid out at compile. The loops over points are
 * WebAssembly with SIMD, run block by block on several threads; cost per edge and point does not
 * depend on the number of intervals.
 *
 * @module
 */

import { checkOptions, defined, isFiniteVector } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import {
  type CompileRequest,
  type Engine,
  type Evaluation,
  type Evaluator,
  GAUSS_NEWTON_LIMIT,
} from "../contract.ts";
import { addWeightDecay, checkProblem, checkSelection, type Loss } from "../loss.ts";
import type { Peers } from "../peers.ts";
import { checkEdgePenalty } from "../penalty.ts";
import { numEdges } from "./values/chain.ts";
import { choleskyOnThreads } from "./linalg/cholesky.ts";
import { createCurvature } from "./gauss_newton/curvature.ts";
import { hasLossCalls } from "./values/loss_calls.ts";
import { canShareMemory, type Dtype } from "./wasm/memory.ts";
import { RUNNERS } from "./wasm/module.ts";
import { createPass, type Pass } from "./values/pass.ts";
import { hardwareThreads } from "./wasm/threads.ts";

/** Options of the CPU engine. */
export interface CpuEngineOptions {
  /**
   * Threads, the caller included, at least 1. Default: the cores of the machine, and one where
   * the work is too small to share. Results are the same bits for any number.
   */
  readonly threads?: number;
  /**
   * Precision of activations, tables and arithmetic over points. Parameters, knots, statistics and
   * sums over many points stay in float64. Default: float64.
   */
  readonly dtype?: "float64" | "float32";
  /**
   * Other processes that run the same program on the same data and share the rows with this one, see
   * `openCluster`. The results are the same bits for any number. Default: none.
   */
  readonly peers?: Peers;
}

/** Edges times rows below which other threads cost more than they bring. */
const LEAST_SHARED_WORK = 40_000;

/**
 * Creates the fast engine: WebAssembly SIMD, threads, float64 or float32.
 *
 * @param options Number of threads, precision.
 * @returns The engine.
 * @throws {RangeError} If the number of threads is not an integer >= 1, or there is no such
 * precision.
 *
 * @example
 * ```ts
 * import { createCpuEngine } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(createCpuEngine({ threads: 2 }).dtype, "float64");
 * ```
 */
export function createCpuEngine(options: CpuEngineOptions = {}): Engine {
  checkOptions("create engine", options, "threads dtype peers");
  const { threads, dtype = "float64", peers } = options;
  if (threads !== undefined) checkThreads(threads);
  if (!Object.hasOwn(RUNNERS, dtype)) {
    throw new RangeError(
      `Cannot create engine: dtype must be float64 or float32, current value is ${dtype}`,
    );
  }
  return {
    name: "cpu",
    dtype,
    prefers: {
      gaussNewton: dtype === "float64" ? GAUSS_NEWTON_LIMIT : 0,
      shortRuns: true,
    },
    compile: (request) => compile(request, { threads, dtype, peers }),
  };
}

/**
 * The fast engine on all cores, in float64.
 *
 * @example Loss and gradient of a network
 * ```ts
 * import { cpuEngine, createNetwork, findProblem, galleryDatasets } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const evaluator = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset: train });
 * const gradient = new Float64Array(network.parameters.length);
 * const { objective } = await evaluator.evaluate(network.parameters, gradient);
 * assert(objective > 0);
 * evaluator.dispose();
 * ```
 */
export const cpuEngine: Engine = /* @__PURE__ */ createCpuEngine();

async function compile(
  { network, loss, dataset, penalty }: CompileRequest,
  { threads, dtype, peers }: {
    readonly threads: number | undefined;
    readonly dtype: Dtype;
    readonly peers: Peers | undefined;
  },
): Promise<Evaluator> {
  checkProblem(network, loss, dataset);
  checkEdgePenalty(penalty);
  const wanted = canShareMemory() ? threads ?? defaultThreads(network, dataset.rows) : 1;
  const settings = { threads: wanted, dtype, peers };
  const pass = await createPass(network, loss, dataset, settings, hasLossCalls(loss), penalty);
  const evaluations = createEvaluations(pass, loss, network.parameters.length);
  const rounded = penalty && { penalty, epsilon: 0 };
  const second = createCurvature(network, loss, dataset, settings, evaluations, rounded);
  const { cholesky, dispose } = choleskyOnThreads(threads);
  return {
    numParameters: network.parameters.length,
    bytes: pass.bytes,
    evaluate: evaluations.evaluate,
    curvature: { ...second.curvature, cholesky },
    batches: {
      select(rows) {
        checkSelection(loss, rows);
        evaluations.forget();
        pass.selectRows(rows);
        second.selectRows(rows);
      },
    },
    ...(rounded && {
      penalty: {
        round(epsilon: number) {
          evaluations.forget();
          rounded.epsilon = epsilon;
          pass.pricing!.round(epsilon);
        },
      },
    }),
    dispose() {
      pass.dispose();
      second.dispose();
      dispose();
    },
  };
}

/**
 * Evaluations by a pass. A matrix needs the gradient where the objective has just been found: from
 * the first matrix on, evaluations without a gradient find it all the same, for the next matrix.
 */
function createEvaluations(pass: Pass, loss: Loss, n: number) {
  const { statistics, outputs, pricing } = pass;
  const at = new Float64Array(n), gradient = new Float64Array(n);
  let latest: Evaluation | undefined, expectsMatrix = false;

  function evaluate(parameters: Float64Array, gradientOut?: Float64Array): Evaluation {
    latest = undefined;
    if (!isFiniteVector(parameters)) {
      gradientOut?.fill(NaN);
      return { objective: NaN, loss: NaN, statistics, outputs };
    }
    const to = gradientOut ?? (expectsMatrix ? gradient : undefined);
    const value = to ? pass.valueAndGradient(parameters, to) : pass.value(parameters);
    const cost = pricing?.cost(), decay = addWeightDecay(loss, parameters, to);
    const objective = value + decay + (cost ?? 0);
    const found = { objective, loss: value, ...defined({ penalty: cost }), statistics, outputs };
    if (to && expectsMatrix) {
      at.set(parameters);
      gradient.set(to);
      latest = found;
    }
    return found;
  }

  function forget(): void {
    latest = undefined;
  }

  return {
    evaluate,
    pricing,
    /** What follows is evaluated anew. */
    forget,
    /** Runs forward. */
    value(parameters: Float64Array): void {
      forget();
      pass.value(parameters);
    },
    /** The objective and gradient for a matrix. */
    valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number {
      expectsMatrix = true;
      if (!latest || at.some((x, i) => x !== parameters[i])) {
        return evaluate(parameters, gradientOut).objective;
      }
      gradientOut.set(gradient);
      return latest.objective;
    },
  };
}

/**
 * Checks a number of threads.
 *
 * @throws {RangeError} If it is not an integer from 1 to 256.
 */
export function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return;
  throw new RangeError(
    `Cannot create engine: threads must be an integer from 1 to 256, current value is ${threads}`,
  );
}

/**
 * Threads for a network: the machine's cores, or one where the work is too small to share.
 *
 * @param network The network.
 * @param rows Rows of an evaluation.
 */
export function defaultThreads(network: Network, rows: number): number {
  if (rows * numEdges(network) < LEAST_SHARED_WORK) return 1;
  return hardwareThreads();
}
