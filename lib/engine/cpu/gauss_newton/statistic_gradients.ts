/**
 * Gradients of the scales and shifts of all nodes by the parameters.
 *
 * A node's normalisation `u = scale x + shift` moves with two statistics of its inputs, which depend
 * on the parameters of earlier stages and, through their normalisation, on earlier statistics.
 *
 * @module
 */

import type { NormalisationStatistics } from "../../../model/mod.ts";
import type { JetChain, SplineJetStage } from "../jets/jet_chain.ts";
import { mapSlopes } from "../jets/jet_normaliser.ts";
import type { KnotSoftmax } from "./knot_softmax.ts";
import type { RowsOfPoints } from "./residual_rows.ts";
import type { MovedColumns } from "./moved_columns.ts";

/** A gradient by the parameters: the entries that are not 0. */
export interface SparseGradient {
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/**
 * Rows of the first group with the least and the largest input of every node of a stage, where these
 * are not those of the program's own rows.
 */
export type ExtremeRows = (stage: number) => ArrayLike<number>;

/** Creates the function that gives the gradients of scale and shift of every node, in their order. */
export function createStatisticGradients(
  chain: JetChain,
  moved: readonly (MovedColumns | undefined)[],
  rows: Pick<RowsOfPoints, "fillNodes">,
  softmax: Pick<KnotSoftmax, "pullVector">,
): (known: number, extremes?: ExtremeRows) => readonly SparseGradient[] {
  const { network, stages } = chain, n = network.parameters.length;
  const pulled = createPulled(chain);
  return (known, extremes) => {
    const found: SparseGradient[] = [];
    stages.forEach((layer, s) => {
      if (layer.kind === "linear" || moved[s]!.maps < 0) return;
      const statistics = layer.normaliser.statistics();
      const pairs = statistics.kind === "minmax"
        ? extremeGradients(chain, layer, s, { found, known, rows, softmax }, extremes?.(s))
        : pulled(layer, s, statistics);
      pairs.forEach(([first, second], p) => {
        const slopes = mapSlopes(statistics, layer.stage.space.domain, p);
        for (const [a, b] of [slopes.scale, slopes.shift]) {
          const columns: number[] = [], values: number[] = [];
          for (let i = 0; i < n; i++) {
            const value = a * first[i] + b * second[i];
            if (value === 0) continue;
            columns.push(i);
            values.push(value);
          }
          found.push({ columns, values });
        }
      });
    });
    return found;
  };
}

/** Gradients of two statistics, by node. */
type StatisticPairs = (readonly [Float64Array, Float64Array])[];

/** Of minimum and maximum of every node: each is the value at one row. */
function extremeGradients(
  { network, shapes }: JetChain,
  { stage: { nIn }, inputs, normaliser }: SplineJetStage,
  s: number,
  { found, known, rows, softmax }: {
    readonly found: readonly SparseGradient[];
    readonly known: number;
    readonly rows: Pick<RowsOfPoints, "fillNodes">;
    readonly softmax: Pick<KnotSoftmax, "pullVector">;
  },
  others: ArrayLike<number> | undefined,
): StatisticPairs {
  const n = network.parameters.length;
  const nodes = Array.from(
    { length: nIn },
    (_, node) =>
      others
        ? [0, 1].map((k) => ({ group: 0, row: others[2 * node + k], node }))
        : normaliser.extremes(node).map((at) => {
          const group = inputs.findLastIndex((slot) => slot.at <= at);
          const row = Math.floor((at - inputs[group].at) / (8 * nIn * shapes[group].padded));
          return { group, row, node };
        }),
  ).flat();
  const gradients = rows.fillNodes(s, nodes).map((add) => {
    const whole = new Float64Array(known + found.length);
    add(whole);
    softmax.pullVector(whole);
    found.forEach(({ columns, values }, k) => {
      const share = whole[known + k];
      if (share === 0) return;
      for (let e = 0; e < columns.length; e++) whole[columns[e]] += share * values[e];
    });
    return whole.subarray(0, n);
  });
  return Array.from({ length: nIn }, (_, p) => [gradients[2 * p], gradients[2 * p + 1]]);
}

/** Creates the gradients of moments, to which all rows add. */
function createPulled({ network, stages, shapes, pull }: JetChain) {
  const n = network.parameters.length;
  /** The node that a parameter of the first stage leads to; outputs lie fastest in all of them. */
  const owner = new Int32Array(n).fill(-1);
  for (const { name, offset, size } of network.layout) {
    if (!name.startsWith(stages[0].kind === "linear" ? "linear" : "spline0")) continue;
    for (let i = 0; i < size; i++) owner[offset + i] = i % stages[0].stage.nOut;
  }

  return (
    { stage: { nIn }, inputs }: SplineJetStage,
    s: number,
    statistics: NormalisationStatistics,
  ): StatisticPairs => {
    const total = shapes.reduce((sum, { rows }) => sum + rows, 0);
    const before = stages[s - 1];
    // Parameters of a first stage without moving knots belong to one node each: all nodes at once.
    const together = s === 1 && !(before.kind === "spline" && before.stage.knots === "free");

    /** Writes the derivatives of one of the two moments of a node by the values of a group. */
    function writeBars(bars: Float64Array, g: number, node: number, which: number) {
      const x = inputs[g].values, { padded } = shapes[g];
      const mean = statistics.kind === "batchnorm" ? statistics.mean[node] : 0;
      for (let i = node * padded; i < x.length; i += nIn * padded) {
        bars[i] = which === 0 ? 1 / total : 2 * (x[i] - mean) / total;
      }
    }
    function pullMoment(which: number, first: number, last: number): Float64Array {
      const to = new Float64Array(n);
      const write = (bars: Float64Array, g: number) => {
        for (let node = first; node <= last; node++) writeBars(bars, g, node, which);
      };
      pull(s, write, true, to);
      return to;
    }
    const both = [0, 1].map((which) => together ? pullMoment(which, 0, nIn - 1) : undefined);
    return Array.from({ length: nIn }, (_, node) => {
      const [first, second] = both.map((shared, which) =>
        shared ? shared.map((x, i) => owner[i] === node ? x : 0) : pullMoment(which, node, node)
      );
      return [first, second];
    });
  };
}
