/**
 * The fused engine for CPUs.
 *
 * The network is a chain of stages over flat arrays laid out at compile. The loops over points are
 * WebAssembly with SIMD, run block by block on several threads; cost per edge and point does not
 * depend on the number of intervals.
 *
 * @module
 */

import { checkOptions } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import {
  type CompileRequest,
  type Engine,
  type Evaluator,
  GAUSS_NEWTON_LIMIT,
} from "../contract.ts";
import { checkProblem } from "../loss.ts";
import type { Peers } from "../peers.ts";
import { checkEdgePenalty } from "../penalty.ts";
import { numEdges } from "./values/chain.ts";
import { compileHeld } from "./held_evaluator.ts";
import { compileRows } from "./rows_evaluator.ts";
import { canShareMemory, type Dtype } from "./wasm/memory.ts";
import { RUNNERS } from "./wasm/module.ts";
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
  const request = { network, loss, dataset, penalty };
  const settings = { threads: wanted, dtype, peers, factorThreads: threads };
  return dataset.whole
    ? await compileHeld(request, settings)
    : (await compileRows(request, settings)).evaluator;
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
