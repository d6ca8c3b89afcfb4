/**
 * A network's forward and backward passes over a batch: memory, phases, threads.
 *
 * @module
 */

import { rowsBetween } from "../../../data/inner.ts";
import { type Dataset, subset } from "../../../data/mod.ts";
import type { Network } from "../../../model/mod.ts";
import { evaluateLoss, type Loss } from "../../loss.ts";
import type { Peers } from "../../peers.ts";
import { edgeMeasures, type EdgePenalty, penaltyOf } from "../../penalty.ts";
import type { EvaluatedEdges } from "../../penalty_curvature.ts";
import { createChain, workloadOf } from "./chain.ts";
import { createLossCalls } from "./loss_calls.ts";
import { type Arena, createArena, type Dtype, type Reals } from "../wasm/memory.ts";
import { kernelModule, RUNNERS } from "../wasm/module.ts";
import { layOutPhases, type PhaseRun } from "./phases.ts";
import { type Blocks, createBlocks } from "../wasm/row_blocks.ts";
import { getRows, type RowArray, setRows } from "../wasm/row_array.ts";
import { createTeam, type Team } from "../wasm/team.ts";

/** The passes; parameters are finite. */
export type Pass = Awaited<ReturnType<typeof createPass>>;

/** Where and how a pass computes. */
export interface PassSettings {
  /** Threads, the caller included. */
  readonly threads: number;
  readonly dtype: Dtype;
  /** Other processes that share the rows. */
  readonly peers?: Peers | undefined;
}

/**
 * Lays out the passes of a network.
 *
 * @param fused Whether the loss is part of the kernels' phases.
 * @param penalty What edges cost; its slopes go into gradients.
 */
export async function createPass(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  { threads, dtype, peers }: PassSettings,
  fused: boolean,
  penalty?: EdgePenalty,
) {
  const arena = createArena(dtype);
  const { whole } = dataset, shape = workloadOf(network, arena);
  const blocks = createBlocks(arena, dataset.rows, shape, peers, whole);
  const work = { arena, blocks, rows: dataset.rows };
  const measures = penalty && edgeMeasures(penalty, network.config);
  const chain = createChain(network, dataset, work, fused, measures);
  const lossCalls = fused ? createLossCalls(loss, dataset, work) : undefined;
  const pricing = penalty && createPricing(network, penalty, chain, blocks, () => blocks.rows());
  const phases = layOutPhases(chain, lossCalls, work, pricing?.price);

  const { team, bytes } = await hireTeam(arena, blocks, threads);
  const { links, inputs, output, outputBar } = chain;
  const runner = createRunner(team, phases, chain);
  let batch = dataset;

  function select(rows: Int32Array | undefined): void {
    take(rows ? subset(dataset, rows) : dataset);
  }
  function take(rows: Dataset): void {
    batch = rows;
    blocks.cut(batch.rows);
    setRows(inputs, batch.inputs);
    lossCalls?.setRows(batch);
    runner.forget();
  }
  const outputsOf = () => gatheredRows(blocks, output, batch.rows);
  const lossOf = (bar?: Float64Array) =>
    lossCalls?.sum() ?? lossOfRows(loss, outputsOf(), batch, blocks, bar);

  select(undefined);
  return {
    /** Runs up to the outputs. */
    forward: (parameters: Float64Array) => runner.forward(parameters, phases.value),
    /** The loss without weight decay. */
    value(parameters: Float64Array) {
      runner.forward(parameters, phases.value);
      return lossOf();
    },
    /** The loss and, overwritten, its gradient. */
    valueAndGradient(parameters: Float64Array, gradientOut: Float64Array) {
      runner.forward(parameters, phases.forward);
      const bar = lossCalls ? undefined : new Float64Array(batch.rows * batch.nOut);
      const value = lossOf(bar);
      if (bar) setRows(outputBar, bar);
      runner.backward(gradientOut);
      return value;
    },
    /** The gradient of `sum outputsBar * outputs`, of passes that are not fused with their loss. */
    pull(parameters: Float64Array, outputsBar: Float64Array, gradientOut: Float64Array) {
      if (fused) throw new Error("A pass fused with its loss pulls nothing else");
      runner.forward(parameters, phases.forward);
      setRows(outputBar, outputsBar);
      runner.backward(gradientOut);
    },
    pricing,
    selectRows: select,
    /** Takes another batch of rows, at most as many as the dataset has. */
    takeRows: take,
    /** By min-max: the rows that the statistics of spline layers are of, see `BatchNormaliser`. */
    extremeRows: () =>
      links.map(({ extremeRows }) => extremeRows).filter((each) => each !== undefined),
    bytes,
    statistics: () => links.flatMap((link) => link.statistics()),
    outputs: outputsOf,
    dispose: () => team.dispose(),
  };
}

/** Runs the passes of a chain. */
function createRunner(
  team: Team,
  phases: ReturnType<typeof layOutPhases>,
  { links, slots }: ReturnType<typeof createChain>,
) {
  let placed = false;
  return {
    /** The rows are others. */
    forget(): void {
      placed = false;
    },
    forward(parameters: Float64Array, runs: readonly PhaseRun[]): void {
      slots.parameters.values.set(parameters);
      const fresh = links.map((link) => link.prepare(parameters)).includes(true);
      runAll(team, fresh ? phases.fresh : phases.build);
      if (!placed) {
        runAll(team, phases.once);
        placed = true;
      }
      runAll(team, runs);
    },
    backward(gradientOut: Float64Array): void {
      runAll(team, phases.backward);
      gradientOut.set(slots.gradient.values);
      for (const link of links) link.collect(gradientOut);
    },
  };
}

/** The loss of all rows; where a share of them is here, a sum over blocks, in their order. */
function lossOfRows(
  loss: Loss,
  outputs: Float64Array,
  batch: Dataset,
  blocks: Blocks,
  bar: Float64Array | undefined,
): number {
  if (!batch.whole) return evaluateLoss(loss, outputs, batch, bar);
  const list = blocks.list(), found = new Float64Array(list.length), { nOut } = batch;
  const [first, end] = blocks.share();
  for (const { index, begin, rows } of list.slice(first, end)) {
    const from = begin - blocks.firstRow, part = rowsBetween(batch, from, from + rows);
    const places = [from * nOut, (from + rows) * nOut] as const;
    found[index] = evaluateLoss(
      loss,
      outputs.subarray(...places),
      part,
      bar?.subarray(...places),
    );
  }
  blocks.gather([{ values: found, perBlock: 1 }]);
  return found.reduce((sum, each) => sum + each, 0);
}

/** The first rows of an array, those of other processes too. */
function gatheredRows(blocks: Blocks, array: RowArray<Reals>, rows: number): Float64Array {
  blocks.gatherRows(array.values, array.stride);
  return getRows(array, rows);
}

/** The penalty on edges between forward and backward pass. */
function createPricing(
  { config }: Network,
  penalty: EdgePenalty,
  { links, inputs }: ReturnType<typeof createChain>,
  blocks: Blocks,
  rowsOf: () => number,
) {
  const layers = links.flatMap(({ edges }) => edges ?? []);
  const splines = links.flatMap((link, k) => link.edges ? [k] : []);
  let cost = 0, norms: Float64Array[] = [], slopes: readonly Float64Array[] = [];
  return {
    /** The penalty in the latest pass. */
    cost: () => cost,
    /** The latest pass, for what follows from it. */
    evaluated: (): EvaluatedEdges => ({
      ...{ norms, slopes },
      statistics: links.flatMap((link) => link.statistics()),
      inputs: splines.map((k) => {
        if (k === 0) return getRows(inputs, rowsOf());
        return gatheredRows(blocks, links[k - 1].output, rowsOf());
      }),
    }),
    /** Takes the norms that the forward pass has added up; sets the slopes for the backward pass. */
    price() {
      const rows = rowsOf();
      norms = layers.map((layer) => layer.norms(rows));
      ({ value: cost, slopes } = penaltyOf(penalty, config, norms));
      layers.forEach((layer, l) => layer.price(slopes[l], rows));
    },
    /** Rounds absolute values of edges off at 0, see `PenaltyControl`. */
    round(epsilon: number) {
      for (const layer of layers) layer.round(epsilon);
    },
  };
}

/** Makes the memory, and the threads that work on it. */
async function hireTeam(arena: Arena, blocks: Blocks, threads: number) {
  const used = Math.min(threads, blocks.most), memory = arena.makeMemory(used > 1);
  const module = await kernelModule(used > 1), runner = RUNNERS[arena.dtype];
  const team = createTeam({ memory, module, runner, blocks }, used);
  return { team, bytes: memory.buffer.byteLength };
}

function runAll(team: Team, runs: readonly PhaseRun[]): void {
  for (const { at, shared, begin, conclude } of runs) {
    begin?.();
    if (at > 0) team.run(at, shared);
    conclude?.();
  }
}
