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
  const { nIn, nOut, whole } = dataset, n = network.parameters.length;
  const blocks = cutHeld(whole!.rows), count = blocks.length;
  const shares = peers ? sharesOf(count, peers.size) : [0, count], rank = peers?.rank ?? 0;
  const own = blocks.slice(shares[rank], shares[rank + 1]);
  const moving = stagesOf(network.config).map((stage, s) =>
    s > 0 && stage.kind === "spline" && stage.normalisation === "minmax" ? stage : undefined
  );
  const numExtremes = moving.reduce((sum, stage) => sum + 2 * (stage?.nIn ?? 0), 0);
  const room = Math.max(numExtremes, ...blocks.map(({ rows }) => rows));
  const separate = !couplesOutputs(loss, nOut), ofOutput = separate && nOut > 1;
  const program = compileBlockJets(network, room, threads, {
    ...REGRESSION_ROWS,
    separate: ofOutput,
  });
  const inputs = new Float64Array(room * nIn);
  const orders = new Map<number, Int32Array>();

  /** The rows of a block, neighbours near each other. */
  function sortedBlock(index: number, begin: number, rows: number): Dataset {
    const from = begin - whole!.first;
    const { whole: _, ...block } = rowsBetween(dataset, from, from + rows);
    const order = orders.get(index) ?? nearbyOrder(block.inputs, nIn);
    orders.set(index, order);
    return { ...subset(block, order), whole: whole! };
  }

  /** Runs forward on some rows, of which there is always one. */
  function forward(
    parameters: Float64Array,
    statistics: readonly NormalisationStatistics[],
    rows: Float64Array,
  ): Float64Array {
    inputs.set(rows);
    // the rest of the room repeats the first row
    for (let at = rows.length; at < inputs.length; at += nIn) inputs.copyWithin(at, 0, nIn);
    program.setRows(inputs);
    return program.forward(parameters, statistics);
  }

  /** The weighted rows of all outputs of a block; bars are laid out for the whole room. */
  function residuals({ roots }: LossRoots, rows: number): ResidualRows[] {
    const whole = (bars: Float64Array) => {
      const all = new Float64Array(room * nOut);
      all.set(bars);
      return all;
    };
    const shared = separate ? whole(roots) : undefined;
    return Array.from({ length: nOut }, (_, q): ResidualRows => ({
      rows,
      parts: [{
        group: 0,
        bars: shared ?? whole(everyOther(roots, rows, nOut, q)),
        ...(ofOutput && { output: q }),
      }],
      extra: new Float64Array(0),
    }));
  }

  /** Where the rows of statistics lie among those that every process is given, by stage. */
  const placesOf = (() => {
    let at = 0;
    return moving.map((stage) => {
      const first = at;
      at += 2 * (stage?.nIn ?? 0);
      return Int32Array.from({ length: at - first }, (_, i) => first + i);
    });
  })();

  return {
    /**
     * Overwrites the matrix.
     *
     * @param measured The pass at the parameters.
     * @param matrixOut Shape `[n, n]`, both halves.
     */
    assemble(parameters: Float64Array, measured: MeasuredRows, matrixOut: Float64Array): void {
      const statistics = measured.statistics(), layers = measured.extremeRows();
      let nodes: ReturnType<typeof addAlongTree> = [];
      for (const { index, begin, rows } of own) {
        const block = sortedBlock(index, begin, rows);
        const outputs = forward(parameters, statistics, block.inputs).subarray(0, rows * nOut);
        const found = residuals(lossRoots(loss, outputs, block), rows);
        const values = program.steps.sum(found).slice();
        nodes = addAlongTree([...nodes, { begin: index, size: 1, values }]);
      }
      const shared = peers && peers.size > 1 && count > 1;
      const sum = shared
        ? sumOverPeers(peers, count, nodes, nodes[0].values.length).slice() // peers are asked again
        : nodes[0].values;
      if (numExtremes > 0) {
        const rows = moving.flatMap((stage) => stage ? [...layers[stage.layer]] : []);
        forward(parameters, statistics, subset(dataset, rows).inputs);
      }
      const { values, stride } = program.steps.finish(sum, (s) => placesOf[s]);
      for (let i = 0; i < n; i++) {
        matrixOut.set(values.subarray(i * stride, i * stride + n), i * n);
        matrixOut[i * n + i] += loss.weightDecay ?? 0;
      }
    },
    dispose: () => program.dispose(),
  };
}
