/**
 * The Gauss-Newton matrix of a network on a dataset: of residuals that are its outputs, each
 * weighted by a root of the loss's curvature.
 *
 * Rows are taken in an order in which neighbours lie near each other: they meet the same pieces of
 * splines, so that their numbers follow each other where the matrix adds them up.
 *
 * @module
 */

import { nearbyOrder } from "../../../numerics/inner.ts";
import { type Dataset, subset } from "../../../data/mod.ts";
import type { Network } from "../../../model/mod.ts";
import type { ResidualRows } from "../../jets.ts";
import type { Loss } from "../../loss.ts";
import { couplesOutputs, type LossRoots, lossRoots } from "../../loss_roots.ts";
import type { Peers } from "../../peers.ts";
import { compileSplineJets } from "../jets/compile_spline_jets.ts";
import { REGRESSION_ROWS } from "./row_matrix.ts";

/** Assembles matrices; owns a memory and threads. */
export type RegressionMatrix = ReturnType<typeof createRegressionMatrix>;

/**
 * Allocates what the assembly needs.
 *
 * @param network A network of splines that `canAssemble`; its parameters do not matter.
 * @param loss The criterion.
 * @param dataset Rows.
 * @param threads Threads, the caller included.
 * @param peers Other processes that share the rows.
 */
export function createRegressionMatrix(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  threads: number,
  peers?: Peers,
) {
  const { rows, nOut } = dataset, n = network.parameters.length;
  const order = orderOf(dataset), sorted = subset(dataset, order);
  const separate = !couplesOutputs(loss, nOut);
  const program = compileSplineJets(
    network,
    [{ rows, derivatives: [[]], inputs: sorted.inputs }],
    { threads },
    { ...REGRESSION_ROWS, separate: separate && nOut > 1, shared: { peers } },
  );
  const extra = new Float64Array(0);
  let at: Float64Array | undefined, outputs: Float64Array = extra;
  const rootsOf = () => lossRoots(loss, outputs, sorted);
  const constant = loss.kind === "mse" && !sorted.weights ? rootsOf() : undefined; // of no outputs

  /** Numbers of sorted rows in the order of the dataset. */
  function unsorted(from: Float64Array): Float64Array {
    const to = new Float64Array(rows * nOut);
    for (let r = 0; r < rows; r++) {
      for (let q = 0; q < nOut; q++) to[order[r] * nOut + q] = from[r * nOut + q];
    }
    return to;
  }

  /** The weighted rows of all outputs, `nOut` residuals for each row of the data. */
  function residuals({ roots }: LossRoots): ResidualRows[] {
    return Array.from({ length: nOut }, (_, q): ResidualRows => {
      const bars = separate ? roots : everyOther(roots, rows, nOut, q);
      return { rows, parts: [{ group: 0, bars, ...separate && nOut > 1 && { output: q } }], extra };
    });
  }

  return {
    /**
     * Overwrites the matrix.
     *
     * @param matrixOut Shape `[n, n]`, both halves.
     * @returns Of a loss that couples all rows the vectors, by the outputs, whose squares are still to
     * be subtracted.
     */
    assemble(
      parameters: Float64Array,
      matrixOut: Float64Array,
    ): readonly Float64Array[] | undefined {
      at = undefined; // until all is well
      [outputs] = program.forward(parameters);
      const found = constant ?? rootsOf();
      const { values, stride } = program.normalMatrix!(residuals(found), 0);
      const decay = loss.weightDecay ?? 0;
      for (let i = 0; i < n; i++) {
        matrixOut.set(values.subarray(i * stride, i * stride + n), i * n);
        matrixOut[i * n + i] += decay;
      }
      at = parameters.slice();
      return found.kind === "shared" ? found.shared.map(unsorted) : undefined;
    },
    /** Whether the latest matrix is that at the parameters. */
    isAt: (parameters: Float64Array) => at?.every((x, i) => x === parameters[i]) ?? false,
    /** The outputs where the latest matrix is; a copy. */
    outputs: () => unsorted(outputs),
    dispose: () => program.dispose(),
  };
}

const orders = new WeakMap<Dataset, Int32Array>();

/** The nearby order of a dataset's rows, found once for all levels that train on it. */
function orderOf(dataset: Dataset): Int32Array {
  let order = orders.get(dataset);
  if (!order) orders.set(dataset, order = nearbyOrder(dataset.inputs, dataset.nIn));
  return order;
}

/** Row k of every square of `[rows, nOut, nOut]`. */
export function everyOther(
  roots: Float64Array,
  rows: number,
  nOut: number,
  k: number,
): Float64Array {
  const bars = new Float64Array(rows * nOut);
  for (let r = 0; r < rows; r++) {
    const from = (r * nOut + k) * nOut;
    bars.set(roots.subarray(from, from + nOut), r * nOut);
  }
  return bars;
}
