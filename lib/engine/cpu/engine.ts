/**
 * The fused float64 engine for CPUs.
 *
 * The network is a chain of stages; forward and backward walk it over flat buffers allocated at
 * compile. The loops over points are WebAssembly with SIMD, run block by block on several threads;
 * cost per edge and point does not depend on the number of intervals.
 *
 * @module
 */

import { findBlock, type Network, type Stage, stagesOf } from "../../model/mod.ts";
import { type Dataset, subset } from "../../data/mod.ts";
import type { Engine, Evaluator, Loss } from "../engine.ts";
import { addWeightDecay, checkProblem, evaluateLoss } from "../loss.ts";
import { normalProduct, type OutputMaps } from "../normal_product.ts";
import { createLossCalls } from "./loss_calls.ts";
import { createLinkedLinear, createLinkedSpline, type Link } from "./link.ts";
import { canShareMemory, createKernelMemory, type KernelMemory } from "./memory.ts";
import { type Block, type Call, cutBlocks, type Phase } from "./program.ts";
import { canAssemble, createNormalEquations, type NormalEquations } from "./normal_equations.ts";
import { createTeam } from "./team.ts";

/** Numbers of the CPU engine. */
export interface CpuEngineOptions {
  /**
   * Threads, the caller included, at least 1. Default: the cores of the machine, and one where
   * the work is too small to share. Results are the same bits for any number.
   */
  readonly threads?: number;
}

/** Edges times rows below which other threads cost more than they bring. */
const LEAST_SHARED_WORK = 40_000;

/**
 * Creates the fast engine: float64, WebAssembly SIMD, threads.
 *
 * @param options Number of threads.
 * @returns The engine.
 * @throws {RangeError} If the number of threads is not an integer >= 1.
 *
 * @example
 * ```ts
 * import { createCpuEngine } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(createCpuEngine({ threads: 2 }).dtype, "float64");
 * ```
 */
export function createCpuEngine({ threads }: CpuEngineOptions = {}): Engine {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new RangeError(
      `Cannot create engine: threads must be an integer from 1 to 256, current value is ${threads}`,
    );
  }
  return {
    name: "cpu",
    dtype: "float64",
    compile: (network, loss, dataset) => compile(network, loss, dataset, threads),
  };
}

/**
 * The fast engine on all cores.
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

async function compile(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  threads: number | undefined,
): Promise<Evaluator> {
  checkProblem(network, loss, dataset);
  const stages = stagesOf(network.config);
  const blocks = cutBlocks(dataset.rows, numEdges(stages), tableNumbers(stages));
  const wanted = threads ?? threadsFor(stages, dataset.rows);
  const used = canShareMemory() ? Math.min(wanted, blocks.length) : 1;
  const bytes = bytesNeeded(stages, dataset, blocks.length);
  const memory = await createKernelMemory(bytes, used > 1);
  const evaluator = createEvaluator(network, stages, loss, dataset, blocks, memory, used);
  return withNormalEquations(evaluator, network, loss, dataset, canShareMemory() ? wanted : 1);
}

/** The adjoint of the outputs; see `OutputMaps`. */
type Pull = Pick<OutputMaps, "pull">;

/** Adds the Gauss-Newton matrix to an evaluator; its memory is allocated when it is asked for. */
function withNormalEquations(
  evaluator: Evaluator & Pull,
  network: Network,
  loss: Loss,
  dataset: Dataset,
  threads: number,
): Evaluator {
  let normal: NormalEquations | undefined;
  let selected = dataset;
  function release(): void {
    normal?.dispose();
    normal = undefined;
  }
  return {
    ...evaluator,
    ...(canAssemble(network, loss) && {
      async normalEquations(parameters, matrixOut, gradientOut) {
        const objective = await evaluator.valueAndGradient(parameters, gradientOut);
        if (Number.isFinite(objective)) {
          normal ??= await createNormalEquations(network, loss, selected, threads);
          normal.assemble(parameters, evaluator.outputs(), matrixOut);
        } else matrixOut.fill(NaN);
        return objective;
      },
    } satisfies Partial<Evaluator>),
    normalProduct(parameters, vector, out) {
      const outputs = (at: Float64Array): Float64Array => {
        evaluator.value(at);
        return evaluator.outputs();
      };
      const { pull } = evaluator;
      normalProduct({ outputs, pull }, loss, selected, parameters, vector, out);
    },
    selectRows(rows) {
      evaluator.selectRows(rows);
      selected = rows ? subset(dataset, rows) : dataset;
      release();
    },
    dispose() {
      release();
      evaluator.dispose();
    },
  };
}

function threadsFor(stages: readonly Stage[], rows: number): number {
  if (rows * numEdges(stages) < LEAST_SHARED_WORK) return 1;
  return navigator.hardwareConcurrency ?? 1;
}

function numEdges(stages: readonly Stage[]): number {
  return stages.reduce((sum, { nIn, nOut }) => sum + nIn * nOut, 0);
}

/** Numbers of all moment tables, about. */
function tableNumbers(stages: readonly Stage[]): number {
  return stages.reduce(
    (sum, stage) =>
      stage.kind === "linear"
        ? sum
        : sum + stage.nIn * stage.nOut * stage.space.intervals * (stage.space.degree + 1),
    1,
  );
}

/** An upper bound of the arrays of all stages, in bytes. */
function bytesNeeded(
  stages: readonly Stage[],
  { rows, nIn, nOut }: Dataset,
  blocks: number,
): number {
  const slack = 64 * 40; // rounding of each array
  let bytes = 8 * rows * (nIn + nOut) + 8 * blocks + slack;
  for (const stage of stages) {
    bytes += 16 * rows * stage.nOut + slack; // values and their gradients
    if (stage.kind === "linear") {
      bytes += 8 * stage.nOut * (stage.nIn + 1) * (blocks + 1);
      continue;
    }
    const { intervals, degree } = stage.space;
    bytes += 20 * rows * stage.nIn; // piece, w, u
    bytes += 8 * (blocks + 1) * stage.nIn * (intervals + 2) * (stage.nOut + 1) * (degree + 1);
    bytes += 48 * stage.nIn * (intervals + degree + 8); // knots, buckets, pieces' places
    bytes += 48 * stage.nIn * (blocks + 2); // normalisation
  }
  return bytes;
}

function createEvaluator(
  network: Network,
  stages: readonly Stage[],
  loss: Loss,
  dataset: Dataset,
  blocks: readonly Block[],
  memory: KernelMemory,
  threads: number,
): Evaluator & Pull {
  const { rows } = dataset;
  const inputs = memory.float64(rows * dataset.nIn);
  inputs.set(dataset.inputs);
  // values[k] enters stage k; bars[k] is the gradient by it (never by the data).
  const values = [inputs, ...stages.map(({ nOut }) => memory.float64(rows * nOut))];
  const bars = values.map((each, k) => k === 0 ? undefined : memory.float64(each.length));
  const last = stages.length;
  const phases: Phase[] = [];
  const links = stages.map((stage, k): Link =>
    stage.kind === "linear"
      ? createLinkedLinear(stage, blocks, memory, blockViews, values[k], values[k + 1])
      : createLinkedSpline(network, stage, blocks, memory, blockViews, values[k], values[k + 1])
  );
  const fused = createLossCalls(loss, dataset, blocks, memory);

  function phase(calls: (block: Block) => readonly Call[]): number {
    phases.push(blocks.map(calls));
    return phases.length - 1;
  }
  function runIfAny(index: number): void {
    if (phases[index].some((calls) => calls.length > 0)) team.run(index);
  }
  function blockViews(name: string): (flat: Float64Array) => Float64Array {
    const block = findBlock(network.layout, name);
    const begin = block?.offset ?? 0, end = begin + (block?.size ?? 0);
    return (flat) => flat.subarray(begin, end);
  }

  // What follows a stage in the same phase: the next normaliser's measuring, or the loss.
  const tails = stages.map((_, k) => (gradient: boolean) => (block: Block): readonly Call[] =>
    k + 1 < last
      ? links[k + 1].measureCalls(block)
      : fused?.calls(values[last], gradient ? bars[last] : undefined, block) ?? []
  );
  const measureInputs = phase((block) => links[0].measureCalls(block));
  const placeInputs = phase((block) => links[0].placeOnceCalls(block));
  const forwards = [false, true].map((gradient) =>
    links.map((link, k) => {
      const tail = tails[k](gradient);
      const own = (block: Block) => link.forwardCalls(block, k === 0);
      return link.separate
        ? [phase(own), phase(tail)]
        : [phase((block) => [...own(block), ...tail(block)])];
    })
  );
  const backwards = links.map((link, k) => {
    const own = (block: Block) => [
      ...links[k + 1]?.addMomentsCalls(block) ?? [],
      ...link.backwardCalls(bars[k + 1]!, bars[k], block),
    ];
    const pull = (block: Block) => bars[k] ? link.pullCalls(bars[k], block) : [];
    return link.separate
      ? [phase(own), phase(pull)]
      : [phase((block) => [...own(block), ...pull(block)])];
  });
  const addMoments = phase((block) => links[0].addMomentsCalls(block));
  const team = createTeam(memory, phases, threads);
  let latestLoss = NaN;
  let inputsPlaced = false;

  function runForward(parameters: Float64Array, gradient: boolean): void {
    links.forEach((link, k) => {
      link.prepare(parameters);
      if (k > 0) link.measured();
      else if (!inputsPlaced) {
        runIfAny(measureInputs);
        link.measured();
        runIfAny(placeInputs);
        inputsPlaced = true;
      }
      const [own, tail] = forwards[Number(gradient)][k];
      team.run(own);
      link.afterForward(parameters);
      if (tail !== undefined) runIfAny(tail);
    });
    latestLoss = fused
      ? fused.sum()
      : evaluateLoss(loss, values[last], dataset, gradient ? bars[last] : undefined);
  }

  function runBackward(parameters: Float64Array, gradientOut: Float64Array): void {
    gradientOut.fill(0);
    for (let k = last - 1; k >= 0; k--) {
      const [own, pull] = backwards[k];
      team.run(own);
      links[k].afterBackward(parameters, bars[k + 1]!, gradientOut, bars[k]);
      if (pull !== undefined) runIfAny(pull);
      if (bars[k]) links[k].pulled(bars[k]!);
    }
    runIfAny(addMoments);
    for (const link of links) link.collect(parameters, gradientOut);
  }

  return {
    numParameters: network.parameters.length,
    value(parameters) {
      if (!parameters.every(Number.isFinite)) return latestLoss = NaN;
      runForward(parameters, false);
      return latestLoss + addWeightDecay(loss, parameters);
    },
    valueAndGradient(parameters, gradientOut) {
      if (!parameters.every(Number.isFinite)) {
        gradientOut.fill(NaN);
        return latestLoss = NaN;
      }
      runForward(parameters, true);
      runBackward(parameters, gradientOut);
      return latestLoss + addWeightDecay(loss, parameters, gradientOut);
    },
    pull(parameters, outputsBar, gradientOut) {
      runForward(parameters, true);
      bars[last]!.set(outputsBar);
      runBackward(parameters, gradientOut);
    },
    selectRows(selected) {
      if (selected) throw new Error("The CPU engine cannot select rows");
    },
    loss: () => latestLoss,
    statistics: () => links.flatMap((link) => link.statistics()),
    outputs: () => values[last].slice(),
    dispose: () => team.dispose(),
  };
}
