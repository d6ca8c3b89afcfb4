/**
 * The Gauss-Newton matrix of a network on a dataset, fast.
 *
 * Rows are sparse: each input node of a spline layer contributes `degree + 1` numbers for each of
 * its outputs for any number of intervals, and these numbers stand for coefficients, knots and
 * statistics alike (maps.ts). Products are summed per pair of nodes in tables over their
 * pieces, all rows in order, each pair by one thread: the same bits for any number of threads. The
 * tables are mapped to parameters once; statistics, which depend on the parameters of earlier
 * layers through a few rows, layer by layer.
 *
 * @module
 */

import { addScaled } from "../../../numerics/inner.ts";
import { numKnotLogits } from "../../../knots/inner.ts";
import { type LinearStage, type SplineStage, stagesOf } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import type { Dataset } from "../../../data/mod.ts";
import { couplesOutputs, lossRoots } from "../../loss_roots.ts";
import type { Loss } from "../../loss.ts";
import { type Arena, createArena, type Slot } from "../wasm/memory.ts";
import { createListTeam, type ListPhase } from "./lists.ts";
import { createLinearLayer, createSplineLayer, type StatisticRows } from "./layers.ts";
import { type ColumnMap, createLogitPull, pullOwn, pullVector } from "./maps.ts";
import { planPairMaps } from "./pair_maps.ts";
import { planAssembly } from "./plan.ts";
import { planSubstitution } from "./substitution.ts";
import type { AssembledLayer, ValueStrip } from "./strips.ts";

/** Assembles matrices; owns a memory and threads. */
export type GaussNewtonMatrix = Awaited<ReturnType<typeof createGaussNewtonMatrix>>;

/** Bytes that an evaluator may take for the tables of pairs, and with matrices (of 4 GiB). */
const MOST_TABLE_BYTES = 2 ** 31;
const MOST_BYTES = 0.9 * 2 ** 32;

/** The stages that can be assembled: an MLP has others too. */
function assembledStages({ config }: Network): (LinearStage | SplineStage)[] {
  return stagesOf(config).filter((stage) => stage.kind === "linear" || stage.kind === "spline");
}

/** Bytes of the tables of pairs, about; grows with the square of layers' widths and intervals. */
function tableBytes(network: Network, loss: Loss): number {
  const stages = assembledStages(network);
  const last = stages.length - 1;
  let inner = 0, all = 0, linear = 0;
  stages.forEach((stage, k) => {
    const { nIn, nOut } = stage;
    if (stage.kind === "linear") linear += (nIn + 1) * nOut;
    else {
      const values = nIn * (stage.space.intervals + 2) * (stage.space.degree + 1);
      if (k < last || couplesOutputs(loss, nOut)) inner += values * nOut;
      else all += values;
    }
  });
  const nOut = stages[last].nOut;
  return 8 * ((inner + linear) ** 2 / 2 + nOut * all * (inner + linear + all / 2));
}

/** Whether a network is one of splines whose tables and matrices fit into memory. */
export function canAssemble(network: Network, loss: Loss): boolean {
  if (network.config.activation !== "spline") return false;
  const tables = tableBytes(network, loss);
  const matrices = 12 * network.parameters.length ** 2; // the matrix, and the mapped pairs
  return tables <= MOST_TABLE_BYTES && tables + matrices <= MOST_BYTES;
}

/**
 * Allocates what the assembly needs.
 *
 * @param network The network; its parameters do not matter.
 * @param loss The criterion.
 * @param dataset Rows.
 * @param threads Threads, the caller included.
 */
export async function createGaussNewtonMatrix(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  threads: number,
) {
  const arena = createArena("float64");
  const n = network.parameters.length;
  const stages = assembledStages(network);
  const { rows, nOut } = dataset;
  const values = [
    arena.float64(rows * dataset.nIn, (inputs) => inputs.set(dataset.inputs)),
    ...stages.slice(0, -1).map((stage) => arena.float64(rows * stage.nOut)),
  ];
  const { layers, columns } = createLayers(network, stages, values, rows, arena);
  const coupled = couplesOutputs(loss, nOut);
  const roots = arena.float64(rows * nOut * (coupled ? nOut : 1));
  const plan = planAssembly(layers, rows, roots, coupled, arena);
  const phases: ListPhase[] = [];
  function phase(list: ListPhase): number {
    phases.push(list);
    return phases.length - 1;
  }
  const places = layers.map((layer) =>
    "pieces" in layer ? phase(plan.blocks.map((block) => layer.placeCalls(block))) : -1
  );
  const forwards = layers.slice(0, -1).map((layer, k) =>
    phase(plan.blocks.map((block) => layer.forwardCalls(values[k + 1], block)))
  );
  const products = plan.phases.map(phase);
  const pairMaps = planPairMaps(plan.pairs, arena, threads);
  const mapping = phase(pairMaps.phase);
  const matrix = arena.float64(columns * columns);
  const substitution = planSubstitution(matrix, columns, n, arena);
  const substituting = phase(substitution.phase);
  const team = await createListTeam(phases, arena, threads);

  /**
   * Overwrites the matrix.
   *
   * @param outputs The network's outputs at these parameters.
   * @param matrixOut Shape `[n, n]`, both halves.
   */
  function assemble(
    parameters: Float64Array,
    outputs: Float64Array,
    matrixOut: Float64Array,
  ): void {
    const current = { ...network, parameters };
    layers.forEach((layer, k) => {
      layer.prepare(current);
      if ("pieces" in layer) {
        layer.measure();
        team.run(places[k]);
      }
      if (k < forwards.length) team.run(forwards[k]);
    });
    roots.values.set(lossRoots(loss, outputs, dataset).roots);
    plan.tables.values.fill(0);
    for (const each of products) team.run(each);
    const maps = new Map(plan.strips.map((strip) => [strip, strip.map()]));
    matrix.values.fill(0);
    pairMaps.load(maps);
    team.run(mapping);
    for (const pair of plan.pairs) {
      const { a, b, table } = pair;
      if (a === b) pullOwn(maps.get(a)!, table, a.pieces, a.length, matrix.values, columns);
      else pairMaps.add(pair, maps, matrix.values, columns);
    }
    const pullLogits = logitPulls(layers, parameters);
    pullColumns(matrix.values, columns, pullLogits);
    substitution.load(statisticGradients(layers, plan.strips, maps, n, columns, pullLogits));
    team.run(substituting);
    substitution.copy(matrixOut);
    const decay = loss.weightDecay ?? 0;
    for (let i = 0; i < n; i++) matrixOut[i * n + i] += decay;
  }

  return { assemble, dispose: () => team.dispose() };
}

/** The layers on their inputs; the columns of moving statistics follow the columns of the parameters. */
function createLayers(
  network: Network,
  stages: readonly (LinearStage | SplineStage)[],
  values: readonly Slot<Float64Array>[],
  rows: number,
  arena: Arena,
) {
  let columns = network.parameters.length;
  const layers = stages.map((stage, k) => {
    const x = values[k];
    if (stage.kind === "linear") return createLinearLayer(network, stage, x, arena);
    const statistics = k > 0 && stage.normalisation !== "none" ? columns : -1;
    if (statistics >= 0) columns += 2 * stage.nIn;
    return createSplineLayer(network, stage, { x, rows, statistics }, arena);
  });
  return { layers, columns };
}

/** Turns the moving knots of a vector over all columns into logits, in place. */
function logitPulls(
  layers: readonly AssembledLayer[],
  parameters: Float64Array,
): (vector: Float64Array) => void {
  const pulls = layers.flatMap((layer) => {
    if (!("pieces" in layer) || layer.columns.knotLogits < 0) return [];
    const { stage } = layer;
    const logits = numKnotLogits(stage.space);
    return Array.from({ length: stage.numKnotVectors }, (_, v) => {
      const at = layer.columns.knotLogits + v * logits;
      const pull = createLogitPull(stage, parameters.subarray(at, at + logits));
      return (vector: Float64Array) => pull(vector, at);
    });
  });
  return (vector) => {
    for (const pull of pulls) pull(vector);
  };
}

/** Applies a map of vectors to the columns and to the rows of a symmetric matrix, in place. */
function pullColumns(
  matrix: Float64Array,
  size: number,
  pull: (vector: Float64Array) => void,
): void {
  for (let i = 0; i < size; i++) pull(matrix.subarray(i * size, (i + 1) * size));
  transpose(matrix, size);
  for (let i = 0; i < size; i++) pull(matrix.subarray(i * size, (i + 1) * size));
}

function transpose(matrix: Float64Array, size: number): void {
  const tile = 32;
  for (let i0 = 0; i0 < size; i0 += tile) {
    for (let j0 = 0; j0 <= i0; j0 += tile) {
      for (let i = i0; i < Math.min(size, i0 + tile); i++) {
        for (let j = j0, end = Math.min(i, j0 + tile); j < end; j++) {
          const entry = matrix[i * size + j];
          matrix[i * size + j] = matrix[j * size + i];
          matrix[j * size + i] = entry;
        }
      }
    }
  }
}

/**
 * The gradients of all statistics by the parameters: a statistic is a weighted sum of rows of a
 * hidden column, which depends on earlier layers and, through them, on earlier statistics.
 *
 * @returns Per statistic a vector over the parameters, shape `[n]`.
 */
function statisticGradients(
  layers: readonly AssembledLayer[],
  strips: readonly ValueStrip[],
  maps: ReadonlyMap<ValueStrip, ColumnMap>,
  n: number,
  columns: number,
  pullLogits: (vector: Float64Array) => void,
): Float64Array[] {
  const gradients: Float64Array[] = [];
  layers.forEach((layer, k) => {
    if (!("pieces" in layer) || layer.columns.statistics < 0) return;
    for (let p = 0; p < layer.stage.nIn; p++) {
      for (const source of layer.statisticRows(p)) {
        const whole = new Float64Array(columns);
        pullHidden(layers, k, p, source, strips, maps, whole);
        pullLogits(whole);
        const gradient = whole.slice(0, n);
        gradients.forEach((earlier, s) => {
          const share = whole[n + s];
          if (share !== 0) addScaled(gradient, share, earlier);
        });
        gradients.push(gradient);
      }
    }
  });
  return gradients;
}

/** Adds the gradient of a weighted sum of rows of input column `node` of stage `k`. */
function pullHidden(
  layers: readonly AssembledLayer[],
  k: number,
  node: number,
  { rows, weights }: StatisticRows,
  strips: readonly ValueStrip[],
  maps: ReadonlyMap<ValueStrip, ColumnMap>,
  out: Float64Array,
): void {
  const earlier = strips.filter((strip) => strip.layer < k);
  const sums = new Map(
    earlier.map((strip) => [strip, new Float64Array(strip.pieces * strip.length)]),
  );
  const width = layers[k].stage.nIn;
  weights.forEach((weight, i) => {
    const r = rows ? rows[i] : i;
    let bar = new Float64Array(width);
    bar[node] = weight;
    for (let j = k - 1; j >= 0; j--) {
      const xBar = new Float64Array(layers[j].stage.nIn);
      for (const strip of earlier) {
        if (strip.layer === j) strip.addRow(r, bar, sums.get(strip)!, xBar);
      }
      bar = xBar;
    }
  });
  for (const [strip, sum] of sums) pullVector(maps.get(strip)!, sum, out);
}
