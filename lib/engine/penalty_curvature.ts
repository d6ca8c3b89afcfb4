/**
 * Second derivatives of the penalty on edges, for Gauss-Newton.
 *
 * `sqrt(phi^2 + epsilon^2)` lies below the parabola in phi that touches it at the present phi_0, of
 * second derivative `1 / sqrt(phi_0^2 + epsilon^2)`: majorisation, or iteratively re-weighted least
 * squares (Hunter and Lange 2004). With the slope s_pq of the penalty by the edge's norm, every
 * edge's own coefficients c, base weight included, get `sum_rows s_pq / R b b^T / sqrt(...)`, b their
 * functions at a row; of deviations it is the functions' covariance times slope over deviation.
 * Edges whose slope is negative, which the entropy makes larger, get none: the
 * matrix stays positive semidefinite. How norms depend on knots and on layers before is left to the
 * gradient, which is exact.
 *
 * @module
 */

import {
  applyNodeMap,
  blockValues,
  localFunctions,
  nodeMap,
  parameterBlock,
  silu,
  type SplineStage,
  splineStages,
} from "../model/inner.ts";
import { layerKnots, type Network, type NormalisationStatistics } from "../model/mod.ts";
import type { EdgeCurvature } from "./edge_curvature.ts";
import { curvaturesOfEdges } from "./with_all_edges.ts";
import { edgeMagnitude, type EdgeMeasure, edgeMeasures, type EdgePenalty } from "./penalty.ts";

/** Values below this share of their edge's norm are rounded off where epsilon does not. */
const LEAST_MAGNITUDE = 1e-3;

/** `|phi|` where it divides: rounded off by epsilon or, where that is 0, at a share of the norm. */
export function dividingMagnitude(phi: number, norm: number, epsilon: number): number {
  const magnitude = edgeMagnitude(phi, epsilon);
  return epsilon === 0 ? Math.max(magnitude, LEAST_MAGNITUDE * norm) : magnitude;
}

/** Where a pass over the rows has been, per spline layer. */
export interface EvaluatedEdges {
  /** What enters the layers, `[rows, nIn]`. */
  readonly inputs: readonly Float64Array[];
  readonly statistics: readonly NormalisationStatistics[];
  /** Norms of the edges, and the penalty's slopes by them. */
  readonly norms: readonly Float64Array[];
  readonly slopes: readonly Float64Array[];
}

/** A layer at its rows: functions and values of all edges. */
interface LayerRows {
  /** First coefficient, of `[nIn, rows]`. */
  readonly first: Int32Array;
  /** Functions, `[nIn, rows, count]`; the last is silu where there is a base branch. */
  readonly functions: Float64Array;
  readonly count: number;
  /** Values, `[nIn, rows, nOut]`. */
  readonly phi: Float64Array;
  readonly measure: EdgeMeasure;
  readonly norms: Float64Array;
}

/**
 * The curvature of every edge.
 *
 * @param network With the parameters of the pass.
 * @param at Norms and slopes of missing edges do not count.
 */
export function edgeCurvatures(
  network: Network,
  at: EvaluatedEdges,
  penalty: EdgePenalty,
  epsilon: number,
): EdgeCurvature[] {
  const measures = edgeMeasures(penalty, network.config);
  return curvaturesOfEdges(network, (all) =>
    splineStages(all.config).flatMap((stage) => {
      const { layer, nIn, nOut } = stage, slopes = at.slopes[layer];
      const rows = layerRows(all, stage, at, measures[layer]);
      const count = at.inputs[layer].length / nIn;
      return Array.from({ length: nIn * nOut }, (_, e) => e)
        .filter((e) => slopes[e] > 0)
        .map((e) => curvatureOf(all, stage, rows, e, slopes[e] / count, epsilon));
    }));
}

function layerRows(
  network: Network,
  stage: SplineStage,
  { inputs, statistics, norms }: EvaluatedEdges,
  measure: EdgeMeasure,
): LayerRows {
  const { layer, nIn, nOut, numBasis, basis, extrapolation, space: { degree, domain } } = stage;
  const x = inputs[layer], rows = x.length / nIn;
  const c = blockValues(network, `spline${layer}.coefficients`);
  const base = stage.base === "silu"
    ? blockValues(network, `spline${layer}.baseWeights`)
    : undefined;
  const local = basis === "bspline" ? degree + 1 : numBasis, count = local + (base ? 1 : 0);
  const first = new Int32Array(nIn * rows), functions = new Float64Array(nIn * rows * count);
  const phi = new Float64Array(nIn * rows * nOut);
  for (let p = 0; p < nIn; p++) {
    const knots = layerKnots(network, layer, p);
    const map = nodeMap(statistics[layer], domain, p);
    for (let r = 0, at = p * rows; r < rows; r++, at++) {
      const u = applyNodeMap(map, domain, x[r * nIn + p]);
      const found = localFunctions(knots, u, basis, extrapolation);
      first[at] = found.first;
      functions.set(found.values, at * count);
      if (base) functions[at * count + local] = silu(u);
      for (let q = 0; q < nOut; q++) {
        let value = base ? base[p * nOut + q] * functions[at * count + local] : 0;
        for (let i = 0; i < local; i++) {
          value += functions[at * count + i] * c[(p * numBasis + found.first + i) * nOut + q];
        }
        phi[at * nOut + q] = value;
      }
    }
  }
  return { first, functions, count, phi, measure, norms: norms[layer] };
}

function curvatureOf(
  network: Network,
  { layer, nOut, numBasis, base }: SplineStage,
  { first, functions, count, phi, measure, norms }: LayerRows,
  edge: number,
  weight: number,
  epsilon: number,
): EdgeCurvature {
  const p = Math.floor(edge / nOut), q = edge % nOut, rows = phi.length / norms.length;
  const based = base === "silu", size = numBasis + (based ? 1 : 0);
  const { offset } = parameterBlock(network, `spline${layer}.coefficients`);
  const places = Int32Array.from(
    { length: size },
    (_, i) =>
      i < numBasis
        ? offset + (p * numBasis + i) * nOut + q
        : parameterBlock(network, `spline${layer}.baseWeights`).offset + edge,
  );
  const matrix = new Float64Array(size * size);
  const local = based ? count - 1 : count, sums = new Float64Array(size);
  for (let r = 0, at = p * rows; r < rows; r++, at++) {
    const magnitude = measure === "deviation"
      ? norms[edge]
      : dividingMagnitude(phi[at * nOut + q], norms[edge], epsilon);
    const share = weight / magnitude;
    if (!(share < Infinity)) continue; // an edge that is 0 everywhere, not rounded
    for (let i = 0; i < count; i++) {
      const place = i < local ? first[at] + i : numBasis, row = place * size;
      const factor = share * functions[at * count + i];
      for (let j = 0; j < local; j++) {
        matrix[row + first[at] + j] += factor * functions[at * count + j];
      }
      if (based) matrix[row + numBasis] += factor * functions[at * count + local];
      sums[place] += functions[at * count + i];
    }
  }
  if (measure === "deviation" && norms[edge] > 0) { // about the means of the functions
    const share = weight / (norms[edge] * rows);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) matrix[i * size + j] -= share * sums[i] * sums[j];
    }
  }
  return { places, matrix };
}
