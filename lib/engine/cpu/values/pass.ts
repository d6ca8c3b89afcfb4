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
import { type Blocks, createBlocks, type Workspace } from "../wasm/row_blocks.ts";
import { getRows, type RowArray, setRows } from "../wasm/row_array.ts";
import { createRowPages, type RowPages, type RowWindow } from "../wasm/row_pages.ts";
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
  const work = layOutRows(network, dataset, arena, peers), { blocks, pages } = work;
  const measures = penalty && edgeMeasures(penalty, network.config);
  const chain = createChain(network, dataset, work, fused, measures);
  const lossCalls = fused ? createLossCalls(loss, dataset, work) : undefined;
  const pricing = penalty && createPricing(network, penalty, chain, blocks, () => blocks.rows());
  const phases = layOutPhases(chain, lossCalls, work, pricing?.price);

  const { team, bytes } = await hireTeam(arena, blocks, threads);
  const runAll = (runs: readonly PhaseRun[]) => runPhases(team, runs, pages);
  const { links, inputs, output, outputBar } = chain;
  const runner = createRunner(runAll, phases, chain);
  let batch = dataset;

  function select(rows: Int32Array | undefined): void {
    take(rows ? subset(dataset, rows) : dataset);
  }
  function take(rows: Dataset): void {
    batch = rows;
    blocks.cut(batch.rows);
    if (!pages) setRows(inputs, batch.inputs);
    lossCalls?.setRows(batch);
    runner.forget();
  }
  const outputsOf = () =>
    pages ? storedRows(pages, output, batch) : gatheredRows(blocks, output, batch.rows);
  const lossOf = (withBar: boolean) =>
    lossCalls?.sum() ??
      (batch.whole
        ? lossOfBlocks(loss, chain, batch, { blocks, pages }, withBar)
        : lossOfRows(loss, outputsOf(), batch, withBar ? outputBar : undefined));

  select(undefined);
  return {
    /** Runs up to the outputs. */
    forward: (parameters: Float64Array) => runner.forward(parameters, phases.value),
    /** The loss without weight decay. */
    value(parameters: Float64Array) {
      runner.forward(parameters, phases.value);
      return lossOf(false);
    },
    /** The loss and, overwritten, its gradient. */
    valueAndGradient(parameters: Float64Array, gradientOut: Float64Array) {
      runner.forward(parameters, phases.forward);
      const value = lossOf(true);
      runner.backward(gradientOut);
      return value;
    },
    /** The gradient of `sum outputsBar * outputs`, of passes that are not fused with their loss. */
    pull(parameters: Float64Array, outputsBar: Float64Array, gradientOut: Float64Array) {
      if (fused) throw new Error("A pass fused with its loss pulls nothing else");
      runner.forward(parameters, phases.forward);
      if (pages) storeRows(pages, outputBar, outputsBar, batch);
      else setRows(outputBar, outputsBar);
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
    dispose() {
      team.dispose();
      pages?.close();
    },
  };
}

/** Lays out blocks of rows, and pages where the rows are stored outside the memory. */
function layOutRows(
  network: Network,
  dataset: Dataset,
  arena: Arena,
  peers: Peers | undefined,
): Workspace {
  const { whole, rows } = dataset, stored = whole?.stored, shape = workloadOf(network, arena);
  const blocks = createBlocks(arena, rows, shape, peers, whole, stored?.atOnce);
  if (!stored) return { arena, blocks, rows };
  const windows = blocks.windows!, enter = (window: RowWindow) => blocks.enter(window);
  const pages = createRowPages({ dataset, stored, windows, enter });
  return { arena, blocks, rows: pages.room, pages };
}

/** Runs the passes of a chain. */
function createRunner(
  runAll: (runs: readonly PhaseRun[]) => void,
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
      runAll(fresh ? phases.fresh : phases.build);
      if (!placed) {
        runAll(phases.once);
        placed = true;
      }
      runAll(runs);
    },
    backward(gradientOut: Float64Array): void {
      runAll(phases.backward);
      gradientOut.set(slots.gradient.values);
      for (const link of links) link.collect(gradientOut);
    },
  };
}

/** The loss of rows that are all here; sets its gradient by the outputs, if asked for. */
function lossOfRows(
  loss: Loss,
  outputs: Float64Array,
  batch: Dataset,
  outputBar: RowArray<Reals> | undefined,
): number {
  if (!outputBar) return evaluateLoss(loss, outputs, batch);
  const bar = new Float64Array(batch.rows * batch.nOut);
  const value = evaluateLoss(loss, outputs, batch, bar);
  setRows(outputBar, bar);
  return value;
}

/** The loss of rows of which a share is here: a sum over blocks, in their order. */
function lossOfBlocks(
  loss: Loss,
  { output, outputBar }: Pick<ReturnType<typeof createChain>, "output" | "outputBar">,
  batch: Dataset,
  { blocks, pages }: { readonly blocks: Blocks; readonly pages: RowPages | undefined },
  withBar: boolean,
): number {
  const list = blocks.list(), found = new Float64Array(list.length), { nOut, whole } = batch;
  const here = () => {
    const [first, end] = blocks.running(),
      outputs = getRows(output, output.values.length / output.stride);
    for (const { index, begin, rows } of list.slice(first, end)) {
      const from = begin - blocks.firstRow(), to = from + rows;
      const part = rowsBetween(batch, begin - whole!.first, begin - whole!.first + rows);
      const bar = withBar ? new Float64Array(rows * nOut) : undefined;
      found[index] = evaluateLoss(loss, outputs.subarray(from * nOut, to * nOut), part, bar);
      if (bar) setRows(rowsFrom(outputBar, from), bar);
    }
  };
  if (pages) pages.each({ reads: [output], writes: withBar ? [outputBar] : [] }, here);
  else here();
  blocks.gather([{ values: found, perBlock: 1 }]);
  return found.reduce((sum, each) => sum + each, 0);
}

/** An array from one of its rows on. */
function rowsFrom(array: RowArray<Reals>, row: number): RowArray<Reals> {
  return { ...array, values: array.values.subarray(row * array.stride) };
}

/** Sets all rows of an array of which a part is in the memory. */
function storeRows(
  pages: RowPages,
  array: RowArray<Reals>,
  from: Float64Array,
  { whole }: Dataset,
): void {
  pages.each({ reads: [], writes: [array] }, ({ firstRow, rows }) => {
    const begin = (firstRow - whole!.first) * array.columns;
    setRows(array, from.subarray(begin, begin + rows * array.columns));
  });
}

/** All rows of an array of which a part is in the memory; a copy. */
function storedRows(
  pages: RowPages,
  array: RowArray<Reals>,
  { rows, whole }: Dataset,
): Float64Array {
  const all = new Float64Array(rows * array.columns);
  pages.each({ reads: [array], writes: [] }, (window) => {
    const part = getRows(array, window.rows);
    all.set(part, (window.firstRow - whole!.first) * array.columns);
  });
  return all;
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
  const { at, list } = blocks, place = { at, list, share: () => blocks.running() };
  const team = createTeam({ memory, module, runner, blocks: place }, used);
  return { team, bytes: memory.buffer.byteLength };
}

function runPhases(team: Team, runs: readonly PhaseRun[], pages: RowPages | undefined): void {
  for (const { at, shared, paged, begin, conclude } of runs) {
    begin?.();
    if (at > 0 && paged) pages!.each(paged, () => team.run(at, shared));
    else if (at > 0) team.run(at, shared);
    conclude?.();
  }
}
