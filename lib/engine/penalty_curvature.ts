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
  stagesOf,
} from "../model/inner.ts";
import { layerKnots, type Network, type NetworkConfig } from "../model/mod.ts";
import type { EdgeCurvature } from "./edge_curvature.ts";
import { curvaturesOfEdges } from "./with_all_edges.ts";
import {
  edgeMagnitude,
  type EdgeMeasure,
  edgeMeasures,
  type EdgePenalty,
  penaltyOf,
} from "./penalty.ts";

/** Values below this share of their edge's norm are rounded off where epsilon does not. */
export const LEAST_MAGNITUDE = 1e-3;

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
 * @param network With the statistics of the rows.
 * @param values What enters every stage, `[rows, nIn]` each, as `stageValues` gives it.
 */
export function edgeCurvatures(
  network: Network,
  values: readonly Float64Array[],
  penalty: EdgePenalty,
  epsilon: number,
): EdgeCurvature[] {
  return curvaturesOfEdges(
    network,
    (all) => curvaturesOfAll(all, values, penalty, epsilon, network.config),
  );
}

/** The same of a network with all edges; `config` has the mask. */
function curvaturesOfAll(
  network: Network,
  values: readonly Float64Array[],
  penalty: EdgePenalty,
  epsilon: number,
  config: NetworkConfig,
): EdgeCurvature[] {
  const rows = values[0].length / network.config.widths[0];
  const measures = edgeMeasures(penalty, network.config);
  const stages = stagesOf(network.config).flatMap((stage, k) =>
    stage.kind === "spline"
      ? [{
        stage,
        layer: layerRows(network, stage, values[k], rows, measures[stage.layer], epsilon),
      }]
      : []
  );
  const { slopes } = penaltyOf(penalty, config, stages.map(({ layer }) => layer.norms));
  return stages.flatMap(({ stage, layer }) =>
    Array.from({ length: stage.nIn * stage.nOut }, (_, e) => e)
      .filter((e) => slopes[stage.layer][e] > 0)
      .map((e) => curvatureOf(network, stage, layer, e, slopes[stage.layer][e] / rows, epsilon))
  );
}

function layerRows(
  network: Network,
  stage: SplineStage,
  x: Float64Array,
  rows: number,
  measure: EdgeMeasure,
  epsilon: number,
): LayerRows {
  const { layer, nIn, nOut, numBasis, basis, extrapolation, space: { degree, domain } } = stage;
  const c = blockValues(network, `spline${layer}.coefficients`);
  const base = stage.base === "silu"
    ? blockValues(network, `spline${layer}.baseWeights`)
    : undefined;
  const local = basis === "bspline" ? degree + 1 : numBasis, count = local + (base ? 1 : 0);
  const first = new Int32Array(nIn * rows), functions = new Float64Array(nIn * rows * count);
  const phi = new Float64Array(nIn * rows * nOut);
  for (let p = 0; p < nIn; p++) {
    const knots = layerKnots(network, layer, p);
    const map = nodeMap(network.statistics[layer], domain, p);
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
  return {
    first,
    functions,
    count,
    phi,
    measure,
    norms: normsOf(phi, nIn, nOut, measure, epsilon),
  };
}

/** Norms of edges from their values, `[nIn, rows, nOut]`. */
function normsOf(
  phi: Float64Array,
  nIn: number,
  nOut: number,
  measure: EdgeMeasure,
  epsilon: number,
): Float64Array {
  const rows = phi.length / (nIn * nOut);
  return Float64Array.from({ length: nIn * nOut }, (_, e) => {
    const first = Math.floor(e / nOut) * rows * nOut + e % nOut, end = first + rows * nOut;
    let mean = 0, sum = 0;
    for (let i = first; i < end; i += nOut) mean += phi[i] / rows;
    for (let i = first; i < end; i += nOut) {
      sum += measure === "absolute" ? edgeMagnitude(phi[i], epsilon) : (phi[i] - mean) ** 2;
    }
    return measure === "absolute" ? sum / rows : Math.sqrt(sum / rows + epsilon ** 2);
  });
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
  const matrix = new Float64Array(size * size), least = LEAST_MAGNITUDE * norms[edge];
  const local = based ? count - 1 : count, sums = new Float64Array(size);
  for (let r = 0, at = p * rows; r < rows; r++, at++) {
    const magnitude = measure === "deviation"
      ? norms[edge]
      : edgeMagnitude(phi[at * nOut + q], epsilon);
    const share = weight / (epsilon === 0 ? Math.max(magnitude, least) : magnitude);
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
