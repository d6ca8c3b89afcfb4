/**
 * The Gauss-Newton matrix of rows of which every process holds its share alone.
 *
 * Statistics and the rows that they are of come from the pass over all rows. A process computes the
 * rows of its blocks one after the other in memory for one block, and multiplies them by all
 * unknowns, scales and shifts of nodes among them; the blocks' matrices are added along their tree.
 * Scales and shifts become functions of the parameters at the end, by the gradients at the few rows
 * with a node's minimum and maximum, which every process is given.
 *
 * @module
 */

import { nearbyOrder } from "../../../numerics/inner.ts";
import { rowsBetween } from "../../../data/inner.ts";
import { type Dataset, subset } from "../../../data/mod.ts";
import { stagesOf } from "../../../model/inner.ts";
import type { Network, NormalisationStatistics } from "../../../model/mod.ts";
import type { ResidualRows } from "../../jets.ts";
import type { Loss } from "../../loss.ts";
import { couplesOutputs, type LossRoots, lossRoots } from "../../loss_roots.ts";
import { addAlongTree, type Peers, sharesOf, sumOverPeers } from "../../peers.ts";
import { compileBlockJets } from "../jets/compile_spline_jets.ts";
import { cutHeld } from "../wasm/row_blocks.ts";
import { everyOther } from "./regression_matrix.ts";
import { canAssemble, REGRESSION_ROWS } from "./row_matrix.ts";

/** What a pass over all rows has found. */
export interface MeasuredRows {
  /** Per spline layer. */
  statistics(): NormalisationStatistics[];
  /** Per spline layer the numbers of the rows with every node's minimum and maximum. */
  extremeRows(): readonly Int32Array[];
}

/** Whether there is such a matrix: moments, to which all rows add, have no gradients here. */
export function canAssembleHeld(network: Network): boolean {
  const { normalisation, edges } = network.config;
  return canAssemble(network) && normalisation !== "batchnorm" && !edges;
}

/**
 * Allocates what the assembly needs.
 *
 * @param dataset The share of this process.
 * @param threads Threads, the caller included.
 * @param peers The processes; undefined: this one has all rows.
 */
export function createHeldMatrix(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  threads: number,
  peers: Peers | undefined,
) {
  const { nOut, whole } = dataset, n = network.parameters.length;
  const blocks = cutHeld(whole!.rows), count = blocks.length;
  const shares = peers ? sharesOf(count, peers.size) : [0, count], rank = peers?.rank ?? 0;
  const here = blocks.slice(shares[rank], shares[rank + 1]);
  const extremes = layOutExtremes(network);
  const room = Math.max(extremes.rows, ...blocks.map(({ rows }) => rows));
  const { forward, residuals, steps, dispose } = createBlockRows(
    network,
    loss,
    dataset,
    room,
    threads,
  );
  const sortedBlock = createSortedBlocks(dataset);

  /** Sums the products of this process' blocks, and of the others'. */
  function sumOfBlocks(parameters: Float64Array, statistics: NormalisationStatistics[]) {
    let nodes: ReturnType<typeof addAlongTree> = [];
    for (const { index, begin, rows } of here) {
      const block = sortedBlock(index, begin, rows);
      const outputs = forward(parameters, statistics, block.inputs).subarray(0, rows * nOut);
      const found = residuals(lossRoots(loss, outputs, block), rows);
      const values = steps.sum(found).slice();
      nodes = addAlongTree([...nodes, { begin: index, size: 1, values }]);
    }
    const [{ values }] = nodes;
    return peers && peers.size > 1 && count > 1
      ? sumOverPeers(peers, count, nodes, values.length).slice() // peers are asked again
      : values;
  }

  return {
    /**
     * Overwrites the matrix.
     *
     * @param measured The pass at the parameters.
     * @param matrixOut Shape `[n, n]`, both halves.
     */
    assemble(parameters: Float64Array, measured: MeasuredRows, matrixOut: Float64Array): void {
      const statistics = measured.statistics(), layers = measured.extremeRows();
      const sum = sumOfBlocks(parameters, statistics);
      if (extremes.rows > 0) {
        const rows = extremes.layers.flatMap((layer) => [...layers[layer]]);
        forward(parameters, statistics, subset(dataset, rows).inputs);
      }
      const { values, stride } = steps.finish(sum, extremes.places);
      for (let i = 0; i < n; i++) {
        matrixOut.set(values.subarray(i * stride, i * stride + n), i * n);
        matrixOut[i * n + i] += loss.weightDecay ?? 0;
      }
    },
    dispose,
  };
}

/** Where the rows of statistics that move lie among those that every process is given. */
function layOutExtremes({ config }: Network) {
  const layers: number[] = [], places = new Map<number, Int32Array>();
  let rows = 0;
  stagesOf(config).forEach((stage, s) => {
    if (s === 0 || stage.kind !== "spline" || stage.normalisation !== "minmax") return;
    const first = rows;
    layers.push(stage.layer);
    places.set(s, Int32Array.from({ length: 2 * stage.nIn }, (_, i) => first + i));
    rows += 2 * stage.nIn;
  });
  return {
    /** How many there are. */
    rows,
    /** The spline layers that have some, in order. */
    layers,
    /** Their places, by stage. */
    places: (stage: number): Int32Array => places.get(stage)!,
  };
}

/** Gives the function that copies a block of this process, neighbours near each other. */
function createSortedBlocks(dataset: Dataset) {
  const { nIn, whole } = dataset, orders = new Map<number, Int32Array>();
  return (index: number, begin: number, rows: number): Dataset => {
    const from = begin - whole!.first;
    const { whole: _, ...block } = rowsBetween(dataset, from, from + rows);
    const order = orders.get(index) ?? nearbyOrder(block.inputs, nIn);
    orders.set(index, order);
    return { ...subset(block, order), whole: whole! };
  };
}

/** Compiles the network for the rows of one block. */
function createBlockRows(
  network: Network,
  loss: Loss,
  { nIn, nOut }: Dataset,
  room: number,
  threads: number,
) {
  const separate = !couplesOutputs(loss, nOut), ofOutput = separate && nOut > 1;
  const kinds = { ...REGRESSION_ROWS, separate: ofOutput };
  const program = compileBlockJets(network, room, threads, kinds);
  const inputs = new Float64Array(room * nIn);
  /** Bars of some rows, laid out for the whole room. */
  const padded = (bars: Float64Array) => {
    const all = new Float64Array(room * nOut);
    all.set(bars);
    return all;
  };
  return {
    /** Runs forward on some rows, of which there is always one. */
    forward(
      parameters: Float64Array,
      statistics: readonly NormalisationStatistics[],
      rows: Float64Array,
    ): Float64Array {
      inputs.set(rows);
      // the rest of the room repeats the first row
      for (let at = rows.length; at < inputs.length; at += nIn) inputs.copyWithin(at, 0, nIn);
      program.setRows(inputs);
      return program.forward(parameters, statistics);
    },
    /** The weighted rows of all outputs. */
    residuals({ roots }: LossRoots, rows: number): ResidualRows[] {
      const shared = separate ? padded(roots) : undefined;
      return Array.from({ length: nOut }, (_, q): ResidualRows => ({
        rows,
        parts: [{
          group: 0,
          bars: shared ?? padded(everyOther(roots, rows, nOut, q)),
          ...(ofOutput && { output: q }),
        }],
        extra: new Float64Array(0),
      }));
    },
    steps: program.steps,
    dispose: () => program.dispose(),
  };
}
