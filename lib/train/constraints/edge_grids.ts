/**
 * Coefficients on the grids of single edges in place of those on the knots of their nodes.
 *
 * A spline on some of the knots is one on all of them: its coefficients there are `P c`, by knot
 * insertion (Boehm 1980). Optimizers move `c`; gradients come back by `P^T`, matrices by `P^T M P`.
 *
 * @module
 */

import { edgeGrid, findBlock, hasEdge, splineStages } from "../../model/inner.ts";
import { layerKnots, type Network } from "../../model/mod.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import {
  multiply,
  multiplyTransposed,
  solvePositive,
  type SparseRows,
} from "../../numerics/inner.ts";
import type { ConstraintMap } from "./shape.ts";

/** An edge's coefficients: where they lie among the parameters, and among the free numbers. */
interface EdgePlaces {
  /** The first parameter, and how far the next one is. */
  readonly at: number;
  readonly step: number;
  /** The first free number. */
  readonly free: number;
  /** From the edge's grid to the node's. */
  readonly matrix: SparseRows;
}

/** Makes the map from coefficients on the grids of a network's edges; undefined without such grids. */
export function createGridMap(network: Network): ConstraintMap | undefined {
  if (network.edgeGrids === undefined) return undefined;
  const { edges, others, count } = placesOf(network), n = network.parameters.length;
  /** Applies the map or, for vectors, its derivative, which is the same. */
  function spread(free: Float64Array): Float64Array {
    const all = new Float64Array(n);
    others.forEach((at, i) => all[at] = free[i]);
    for (const { at, step, free: from, matrix } of edges) {
      const values = multiply(matrix, free.subarray(from, from + matrix.columns));
      for (let i = 0; i < values.length; i++) all[at + i * step] = values[i];
    }
    return all;
  }
  function pullBack(gradient: Float64Array): Float64Array {
    const bars = new Float64Array(count);
    others.forEach((at, i) => bars[i] = gradient[at]);
    for (const { at, step, free, matrix } of edges) {
      const values = new Float64Array(matrix.rows);
      for (let i = 0; i < values.length; i++) values[i] = gradient[at + i * step];
      bars.set(multiplyTransposed(matrix, values), free);
    }
    return bars;
  }
  return {
    at: (free) => ({
      parameters: spread(free),
      pullBack,
      push: spread,
      bend: () => new Float64Array(n),
    }),
    encode(parameters) {
      const free = pullBack(parameters), { degree } = network.config;
      for (const { free: from, matrix } of edges) {
        const size = matrix.columns, right = free.slice(from, from + size);
        free.set(solvePositive(normal(matrix), size, degree, right, 1), from);
      }
      others.forEach((at, i) => free[i] = parameters[at]);
      return free;
    },
  };
}

/** `P^T P`. */
function normal({ rows, columns, width, starts, values }: SparseRows): Float64Array {
  const matrix = new Float64Array(columns * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < width; k++) {
        const [p, q] = [starts[i] + j, starts[i] + k];
        if (p < 0 || q < 0 || p >= columns || q >= columns) continue;
        matrix[p * columns + q] += values[i * width + j] * values[i * width + k];
      }
    }
  }
  return matrix;
}

/** The edges' coefficients, and all other parameters, which are free numbers as they are. */
function placesOf(network: Network) {
  const edges: EdgePlaces[] = [], isCoefficient = new Uint8Array(network.parameters.length);
  const matrices = new Map<string, SparseRows>();
  const found: Omit<EdgePlaces, "free">[] = [];
  for (const stage of splineStages(network.config)) {
    const { layer, nIn, nOut, numBasis, edges: mask } = stage;
    const { offset, size } = findBlock(network.layout, `spline${layer}.coefficients`)!;
    isCoefficient.fill(1, offset, offset + size);
    for (let p = 0; p < nIn; p++) {
      const knots = layerKnots(network, layer, p);
      for (let q = 0; q < nOut; q++) {
        if (!hasEdge(stage, p, q)) continue;
        const key = `${layer} ${p} ${network.edgeGrids![layer][p * nOut + q]}`;
        let matrix = matrices.get(key);
        if (matrix === undefined) {
          matrix = prolongationMatrix(edgeGrid(network, stage, p, q), knots);
          matrices.set(key, matrix);
        }
        found.push({
          ...mask
            ? { at: offset + mask.numbers[p * nOut + q] * numBasis, step: 1 }
            : { at: offset + p * numBasis * nOut + q, step: nOut },
          matrix,
        });
      }
    }
  }
  const others: number[] = [];
  isCoefficient.forEach((coefficient, at) => coefficient || others.push(at));
  let count = others.length;
  for (const each of found) {
    edges.push({ ...each, free: count });
    count += each.matrix.columns;
  }
  return { edges, others, count };
}
