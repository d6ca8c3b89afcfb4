/**
 * The fused engine for CPUs.
 *
 * The network is a chain of stages over flat arrays laid out at compile. The loops over points are
 * WebAssembly with SIMD, run block by block on several threads; cost per edge and point does not
 * depend on the number of intervals.
 *
 * @module
 */

import { type Dataset, subset } from "../../data/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Engine, Evaluator, Loss } from "../engine.ts";
import { addWeightDecay, checkProblem, evaluateLoss, totalWeight } from "../loss.ts";
import { createChain, numEdges, planRows, tableNumbers } from "./chain.ts";
import { createLossCalls, hasLossCalls } from "./loss_calls.ts";
import { canShareMemory, createArena } from "./memory.ts";
import { bindKernels, kernelModule, RUNNERS } from "./module.ts";
import { layOutPhases, type Run } from "./phases.ts";
import { createBlocks } from "./program.ts";
import { getRows, setRows } from "./row_array.ts";
import { createTeam } from "./team.ts";

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
export function createCpuEngine({ threads, dtype = "float64" }: CpuEngineOptions = {}): Engine {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new RangeError(
      `Cannot create engine: threads must be an integer from 1 to 256, current value is ${threads}`,
    );
  }
  if (!Object.hasOwn(RUNNERS, dtype)) {
    throw new RangeError(
      `Cannot create engine: dtype must be float64 or float32, current value is ${dtype}`,
    );
  }
  return {
    name: "cpu",
    dtype,
    compile: (network, loss, dataset) => compile(network, loss, dataset, { threads, dtype }),
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
 * const evaluator = await cpuEngine.compile(network, { kind: "mse" }, train);
 * const gradient = new Float64Array(network.parameters.length);
 * assert(await evaluator.valueAndGradient(network.parameters, gradient) > 0);
 * evaluator.dispose();
 * ```
 */
export const cpuEngine: Engine = createCpuEngine();

interface Settings {
  readonly threads: number | undefined;
  readonly dtype: "float64" | "float32";
}

async function compile(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  { threads, dtype }: Settings,
): Promise<Evaluator> {
  checkProblem(network, loss, dataset);
  const arena = createArena(dtype);
  const blocks = createBlocks(arena, dataset.rows, numEdges(network), tableNumbers(network));
  const plan = planRows(dataset.rows, blocks.most);
  const fused = hasLossCalls(loss);
  const chain = createChain(network, dataset, arena, blocks, plan, fused);
  const lossCalls = fused ? createLossCalls(loss, dataset, arena, blocks, plan) : undefined;
  const phases = layOutPhases(chain, lossCalls, arena, plan.chunk);

  const wanted = threads ?? threadsFor(network, dataset.rows);
  const used = canShareMemory() ? Math.min(wanted, blocks.most) : 1;
  const memory = arena.makeMemory(used > 1);
  const module = await kernelModule(used > 1);
  const runPhase = bindKernels(module, memory, dtype);
  const team = createTeam({ memory, module, runner: RUNNERS[dtype], blocks, runPhase }, used);
  const { links, inputs, output, outputBar } = chain;
  let batch = dataset;
  let placed = false;
  let latestLoss = NaN;

  function select(rows: Int32Array | undefined): void {
    batch = rows ? subset(dataset, rows) : dataset;
    blocks.cut(batch.rows);
    setRows(inputs, batch.inputs);
    if (lossCalls) {
      setRows(lossCalls.targets, batch.targets);
      lossCalls.weights.set(batch.weights ?? []);
      lossCalls.setTotal(totalWeight(batch));
    }
    placed = false;
  }
  function runAll(runs: readonly Run[]): void {
    for (const { at, conclude } of runs) {
      if (at > 0) team.run(at);
      conclude?.();
    }
  }
  function runForward(parameters: Float64Array, runs: readonly Run[]): void {
    for (const link of links) link.prepare(parameters);
    if (!placed) {
      runAll(phases.once);
      placed = true;
    }
    runAll(runs);
  }

  select(undefined);
  return {
    numParameters: network.parameters.length,
    value(parameters) {
      if (!parameters.every(Number.isFinite)) return latestLoss = NaN;
      runForward(parameters, phases.value);
      latestLoss = lossCalls
        ? lossCalls.sum()
        : evaluateLoss(loss, getRows(output, batch.rows), batch);
      return latestLoss + addWeightDecay(loss, parameters);
    },
    valueAndGradient(parameters, gradientOut) {
      if (!parameters.every(Number.isFinite)) {
        gradientOut.fill(NaN);
        return latestLoss = NaN;
      }
      runForward(parameters, phases.forward);
      if (lossCalls) latestLoss = lossCalls.sum();
      else {
        const bar = new Float64Array(batch.rows * batch.nOut);
        latestLoss = evaluateLoss(loss, getRows(output, batch.rows), batch, bar);
        setRows(outputBar, bar);
      }
      runAll(phases.backward);
      gradientOut.fill(0);
      for (const link of links) link.collect(parameters, gradientOut);
      return latestLoss + addWeightDecay(loss, parameters, gradientOut);
    },
    selectRows: select,
    loss: () => latestLoss,
    statistics: () => links.flatMap((link) => link.statistics()),
    outputs: () => getRows(output, batch.rows),
    dispose: () => team.dispose(),
  };
}

function threadsFor(network: Network, rows: number): number {
  if (rows * numEdges(network) < LEAST_SHARED_WORK) return 1;
  return navigator.hardwareConcurrency ?? 1;
}
