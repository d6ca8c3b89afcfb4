/**
 * The curvature of a penalty on edges from sums over pieces: what penalty_curvature.ts writes down row
 * by row.
 *
 * A row adds powers of its local coordinate, `w^j / sqrt(phi^2 + epsilon^2)`, to the sums of its piece
 * and edge, or, of deviations, `w^j` to those of its piece, which all outputs share. A piece's sums
 * `H_j` and the polynomials Q of its basis functions then give `sum_kl Q_ik Q_jl H_{k+l}`.
 *
 * @module
 */

import {
  applyNodeMap,
  findBlock,
  nodeMap,
  type SplineStage,
  splineStages,
} from "../../../model/inner.ts";
import { findInterval } from "../../../knots/mod.ts";
import type { Network } from "../../../model/mod.ts";
import { type EdgeMeasure, edgeMeasures, type EdgePenalty } from "../../penalty.ts";
import type { EdgeCurvature } from "../../edge_curvature.ts";
import { dividingMagnitude, type EvaluatedEdges } from "../../penalty_curvature.ts";
import { createBasisMap, createEdgeMap } from "../../structure/edge_map.ts";
import { type VectorKnots, vectorOf } from "../layer/layer_knots.ts";
import { firstFunction } from "../layer/piece_functions.ts";

type EdgeMap = ReturnType<typeof createEdgeMap>;

/** Lays out the layers of a network with all edges and without a base branch. */
export function createEdgeMajorants(network: Network, penalty: EdgePenalty) {
  const measures = edgeMeasures(penalty, network.config);
  const layers = splineStages(network.config).map((stage) =>
    createLayer(network, stage, measures[stage.layer])
  );
  return (parameters: Float64Array, at: EvaluatedEdges, epsilon: number): EdgeCurvature[] =>
    layers.flatMap((layer) => layer(parameters, at, epsilon));
}

function createLayer(network: Network, stage: SplineStage, measure: EdgeMeasure) {
  const { layer, nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2, columns = measure === "deviation" ? 1 : nOut;
  const map = createEdgeMap(network, stage), basis = createBasisMap(network, stage);
  const block = findBlock(network.layout, `spline${layer}.coefficients`)!;
  const sums = new Float64Array(pieces * columns * (2 * degree + 1));
  const a = map.polynomials.values;
  let basisTables: Float64Array[] = [];

  /** The polynomials, and the knots of every node. */
  function prepare(parameters: Float64Array) {
    map.build(parameters, parameters.subarray(block.offset, block.offset + block.size));
    if (basisTables.length === 0 || stage.knots === "free") {
      basisTables = basis.build(parameters);
    }
    const vectors = map.knots.list();
    return Array.from({ length: nIn }, (_, p) => vectors[vectorOf(stage, p)]);
  }

  return (parameters: Float64Array, at: EvaluatedEdges, epsilon: number): EdgeCurvature[] =>
    prepare(parameters).flatMap((node, p) => {
      const { size } = basis, tables = { stage, measure, columns, map, a, size, basisTables, sums };
      const rows = addRows(tables, p, node, at, epsilon), means = new Float64Array(numBasis);
      const shared = measure === "deviation"
        ? centred(gram(tables, p, node, 0, means), means, rows)
        : undefined;
      return Array.from({ length: nOut }, (_, q) => q).flatMap((q): EdgeCurvature[] => {
        const e = p * nOut + q, slope = at.slopes[layer][e], norm = at.norms[layer][e];
        if (!(slope > 0) || shared && !(norm > 0)) return [];
        const share = slope / rows / (shared ? norm : 1);
        const matrix = shared ?? gram(tables, p, node, q, means);
        const places = Int32Array.from(
          { length: numBasis },
          (_, i) => block.offset + (p * numBasis + i) * nOut + q,
        );
        return [{ places, matrix: matrix.map((x) => share * x) }];
      });
    });
}

/** A layer's polynomials, and sums over the rows of a node. */
interface LayerTables {
  readonly stage: SplineStage;
  readonly measure: EdgeMeasure;
  /** A column for every output, or one for all. */
  readonly columns: number;
  /** Polynomials of the edges, and how they lie. */
  readonly a: Float64Array;
  readonly map: Pick<EdgeMap, "size" | "stride">;
  /** Polynomials of every basis function, and their numbers from piece to piece. */
  readonly basisTables: readonly Float64Array[];
  readonly size: number;
  /** `[pieces, columns, powers]`. */
  readonly sums: Float64Array;
}

/** Adds the rows of a node up. */
function addRows(
  { stage, measure, columns, map: { size, stride }, a, sums }: LayerTables,
  p: number,
  { t, places }: VectorKnots,
  { inputs, statistics, norms, slopes }: EvaluatedEdges,
  epsilon: number,
): number {
  const { layer, nOut, space: { degree, intervals, domain } } = stage;
  const nIn = stage.nIn, pieces = intervals + 2, powers = 2 * degree + 1;
  const x = inputs[layer], rows = x.length / nIn, normal = nodeMap(statistics[layer], domain, p);
  sums.fill(0);
  for (let r = 0; r < rows; r++) {
    const u = applyNodeMap(normal, domain, x[r * nIn + p]);
    const piece = pieceOf(t, degree, intervals, u), at = 2 * piece;
    const w = (u - places[at]) * places[at + 1];
    for (let q = 0, to = piece * columns * powers; q < columns; q++, to += powers) {
      let share = 1;
      if (measure === "absolute") {
        const e = p * nOut + q;
        if (!(slopes[layer][e] > 0)) continue;
        let phi = 0;
        const from = (p * pieces + piece) * size + q;
        for (let k = degree; k >= 0; k--) phi = phi * w + a[from + k * stride];
        const magnitude = dividingMagnitude(phi, norms[layer][e], epsilon);
        if (!(magnitude > 0)) continue;
        share = 1 / magnitude;
      }
      for (let j = 0; j < powers; j++, share *= w) sums[to + j] += share;
    }
  }
  return rows;
}

/** The matrix of a node's functions under the sums of a column; adds their own sums. */
function gram(
  { stage, columns, size, basisTables, sums }: LayerTables,
  p: number,
  knots: VectorKnots,
  column: number,
  means: Float64Array,
): Float64Array {
  const { numBasis, basis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2, powers = 2 * degree + 1;
  const matrix = new Float64Array(numBasis ** 2);
  for (let piece = 0; piece < pieces; piece++) {
    const h = (piece * columns + column) * powers, at = (p * pieces + piece) * size;
    if (sums[h] === 0) continue;
    const first = firstFunction(stage, piece, knots);
    const last = basis === "bspline" ? first + degree : numBasis - 1;
    for (let i = first; i <= last; i++) {
      for (let k = 0; k <= degree; k++) means[i] += basisTables[i][at + k] * sums[h + k];
      for (let j = first; j <= i; j++) {
        matrix[i * numBasis + j] += form(basisTables[i], basisTables[j], at, sums, h, degree);
      }
    }
  }
  for (let i = 0; i < numBasis; i++) {
    for (let j = 0; j < i; j++) matrix[j * numBasis + i] = matrix[i * numBasis + j];
  }
  return matrix;
}

/** The piece that a point lies in. */
function pieceOf(t: Float64Array, degree: number, intervals: number, u: number): number {
  if (u < t[degree]) return 0;
  if (u > t[degree + intervals]) return intervals + 1;
  return findInterval({ values: t, degree }, u) - degree + 1;
}

/** `sum_kl Q_k R_l H_{k+l}`. */
function form(
  Q: Float64Array,
  R: Float64Array,
  at: number,
  H: Float64Array,
  h: number,
  degree: number,
): number {
  let sum = 0;
  for (let k = 0; k <= degree; k++) {
    for (let l = 0; l <= degree; l++) sum += Q[at + k] * R[at + l] * H[h + k + l];
  }
  return sum;
}

/** A matrix of sums of products, less what the sums of the factors make of it, in place. */
function centred(matrix: Float64Array, sums: Float64Array, rows: number): Float64Array {
  const n = sums.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) matrix[i * n + j] -= sums[i] * sums[j] / rows;
  }
  return matrix;
}
