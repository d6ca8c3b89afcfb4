/**
 * The stages of a network as the assembly of Gauss-Newton matrices sees them: places of points,
 * pieces, statistics, and the kernel calls that write a row's values.
 *
 * @module
 */

import {
  BATCH_NORM_EPSILON,
  blockValues,
  findBlock,
  layerKnots,
  type LinearStage,
  measureStatistics,
  type Network,
  nodeMap,
  type SplineStage,
} from "../../../model/mod.ts";
import { type Call, call } from "../wasm/kernel_calls.ts";
import type { LayerColumns } from "./maps.ts";
import { type KnotPiece, knotPieces, leavesDomain } from "./pieces.ts";
import { type KernelMemory, rowAddress } from "./memory.ts";

/** The derivative of a statistic by its column: a weighted sum of rows. */
export interface StatisticRows {
  /** Undefined: all rows. */
  readonly rows: readonly number[] | undefined;
  /** Weight of each of these rows. */
  readonly weights: Float64Array;
}

/** A range of rows. */
export interface RowRange {
  readonly begin: number;
  readonly rows: number;
}

/** A linear map with its inputs. */
export interface LinearLayer {
  readonly stage: LinearStage;
  readonly x: Float64Array;
  /** Values of a row: `[nIn + bias, nOut]`. */
  readonly length: number;
  /** Column of the first weight; the bias follows. */
  readonly column: number;
  prepare(network: Network): void;
  forwardCalls(y: Float64Array, range: RowRange): Call[];
}

/** A spline layer with its inputs. */
export interface SplineLayer {
  readonly stage: SplineStage;
  readonly x: Float64Array;
  /** Pieces per node. */
  readonly pieces: number;
  readonly piece: Int32Array;
  readonly w: Float64Array;
  /** silu, its slope and u, shape `[rows, nIn, 3]`, with a base branch. */
  readonly silu: Float64Array | undefined;
  /** Shape `[nIn, pieces, nOut, degree + 1]`. */
  readonly polynomials: Float64Array;
  readonly rates: Float64Array;
  readonly scale: Float64Array;
  /** Base weights, `[nIn, nOut]`. */
  readonly base: Float64Array;
  /** Per node `du / d statistic s = f[2 s] + f[2 s + 1] u`. */
  readonly factors: Float64Array;
  readonly columns: LayerColumns;
  readonly baseColumn: number;
  /** Pieces of every node; nodes that share knots share the object. */
  nodePieces(p: number): readonly KnotPiece[];
  /** Knots of a vector. */
  knots(vector: number): Float64Array;
  /** Parameters by the basis, `[nIn, numBasis, nOut]`. */
  parameters(): Float64Array;
  /** The derivatives of a node's two statistics by the rows of its column. */
  statisticRows(p: number): readonly StatisticRows[];
  /** Takes knots and coefficients. */
  prepare(network: Network): void;
  /** Measures the inputs. */
  measure(): void;
  placeCalls(range: RowRange): Call[];
  forwardCalls(y: Float64Array, range: RowRange): Call[];
}

/** Prepares the linear first map. */
export function createLinearLayer(
  network: Network,
  stage: LinearStage,
  x: Float64Array,
  memory: KernelMemory,
): LinearLayer {
  const { nIn, nOut, bias } = stage;
  const weights = memory.float64(nIn * nOut), offsets = memory.float64(nOut);
  return {
    stage,
    x,
    length: (nIn + Number(bias)) * nOut,
    column: findBlock(network.layout, "linear.weights")!.offset,
    prepare(network) {
      weights.set(blockValues(network, "linear.weights"));
      if (bias) offsets.set(blockValues(network, "linear.bias"));
    },
    forwardCalls: (y, { begin, rows }) => [call.gnLinear({
      rows,
      nIn,
      nOut,
      weights: weights.byteOffset,
      bias: bias ? offsets.byteOffset : 0,
      x: rowAddress(x, nIn, begin),
      y: rowAddress(y, nOut, begin),
    })],
  };
}

/**
 * Prepares a spline layer.
 *
 * @param statistics Column of the first statistic; -1 where inputs are constant.
 */
export function createSplineLayer(
  network: Network,
  stage: SplineStage,
  x: Float64Array,
  statistics: number,
  memory: KernelMemory,
): SplineLayer {
  const { layer, nIn, nOut, numKnotVectors, space: { degree, intervals, domain } } = stage;
  const [a, b] = domain;
  const size = degree + 1, ends = Number(leavesDomain(stage));
  const pieces = intervals + 2 * ends, rows = x.length / nIn;
  const name = `spline${layer}`;
  const polynomials = memory.float64(nIn * pieces * nOut * size);
  const origins = memory.float64(nIn * pieces), rates = memory.float64(nIn * pieces);
  const breaks = memory.float64(numKnotVectors * (intervals + 1));
  const lasts = memory.int32(numKnotVectors);
  // The interval at the left edge of each of equal parts of the domain.
  const buckets = 2 * intervals, firsts = memory.int32(numKnotVectors * (buckets + 1));
  const from = memory.float64(nIn), scale = memory.float64(nIn), origin = memory.float64(nIn);
  const factors = memory.float64(4 * nIn);
  const base = memory.float64(nIn * nOut);
  const piece = memory.int32(rows * nIn), w = memory.float64(rows * nIn);
  const silu = stage.base === "silu" ? memory.float64(3 * rows * nIn) : undefined;
  const knots: Float64Array[] = [];
  const vectors: (readonly KnotPiece[])[] = [];
  const sources: (readonly StatisticRows[])[] = [];
  let parameters: Float64Array = new Float64Array(0);

  /** Where points from a row on lie. */
  function points(row: number) {
    return {
      piece: rowAddress(piece, nIn, row),
      w: rowAddress(w, nIn, row),
      silu: silu ? rowAddress(silu, 3 * nIn, row) : 0,
    };
  }
  function nodePieces(p: number): readonly KnotPiece[] {
    return vectors[numKnotVectors === 1 ? 0 : p];
  }

  function prepare(network: Network): void {
    parameters = blockValues(network, `${name}.coefficients`);
    base.set(blockValues(network, `${name}.baseWeights`));
    if (vectors.length === 0 || stage.knots === "free") {
      for (let v = 0; v < numKnotVectors; v++) {
        const t = knots[v] = layerKnots(network, layer, v).values;
        vectors[v] = knotPieces(stage, t);
        breaks.set(t.subarray(degree, degree + intervals + 1), v * (intervals + 1));
        lasts[v] = intervals - 1;
        while (lasts[v] > 0 && !(t[degree + lasts[v] + 1] > t[degree + lasts[v]])) lasts[v]--;
        for (let bucket = 0, m = 0; bucket <= buckets; bucket++) {
          const edge = a + (b - a) * bucket / buckets;
          while (m < lasts[v] && edge >= t[degree + m + 1]) m++;
          firsts[v * (buckets + 1) + bucket] = m;
        }
      }
    }
    for (let p = 0; p < nIn; p++) {
      nodePieces(p).forEach((knotPiece, m) => {
        const at = p * pieces + m;
        origins[at] = knotPiece.origin;
        rates[at] = knotPiece.rate;
        polynomials.fill(0, at * nOut * size, (at + 1) * nOut * size);
        for (let i = 0; i < knotPiece.functions; i++) {
          const c = (p * stage.numBasis + knotPiece.first + i) * nOut;
          for (let q = 0; q < nOut; q++) {
            for (let k = 0; k < size; k++) {
              polynomials[(at * nOut + q) * size + k] += parameters[c + q] *
                knotPiece.values[i * size + k];
            }
          }
        }
      });
    }
  }

  function measure(): void {
    const measured = measureStatistics(stage.normalisation, x, rows, nIn);
    for (let p = 0; p < nIn; p++) {
      const map = nodeMap(measured, domain, p);
      from[p] = map.from;
      scale[p] = map.scale;
      origin[p] = map.origin;
      const f = 4 * p;
      factors.fill(0, f, f + 4);
      sources[p] = [];
      if (statistics < 0) continue;
      if (measured.kind === "minmax") {
        // d u / d low = -scale (b - u) / (b - a), d u / d high = -scale (u - a) / (b - a)
        const rate = map.scale / (b - a);
        factors.set([-rate * b, rate, rate * a, -rate], f);
        const one = new Float64Array(1).fill(1);
        sources[p] = [measured.minimum[p], measured.maximum[p]].map((extreme) => {
          let r = 0;
          while (r + 1 < rows && x[r * nIn + p] !== extreme) r++;
          return { rows: [r], weights: one };
        });
      } else if (measured.kind === "batchnorm") {
        const inverse = 1 / Math.sqrt(measured.variance[p] + BATCH_NORM_EPSILON);
        factors.set([-inverse, 0, 0, -inverse * inverse / 2], f);
        sources[p] = [
          { rows: undefined, weights: new Float64Array(rows).fill(1 / rows) },
          {
            rows: undefined,
            weights: Float64Array.from(
              { length: rows },
              (_, r) => 2 * (x[r * nIn + p] - measured.mean[p]) / rows,
            ),
          },
        ];
      }
    }
  }

  return {
    stage,
    x,
    pieces,
    piece,
    w,
    silu,
    polynomials,
    rates,
    scale,
    base,
    factors,
    columns: {
      coefficients: findBlock(network.layout, `${name}.coefficients`)!.offset,
      knotLogits: findBlock(network.layout, `${name}.knotLogits`)?.offset ?? -1,
      statistics: stage.normalisation === "none" ? -1 : statistics,
    },
    baseColumn: findBlock(network.layout, `${name}.baseWeights`)?.offset ?? -1,
    nodePieces,
    knots: (vector) => knots[vector],
    parameters: () => parameters,
    statisticRows: (p) => sources[p],
    prepare,
    measure,
    placeCalls: ({ begin, rows }) => [call.gnPlace({
      rows,
      nIn,
      x: rowAddress(x, nIn, begin),
      from: from.byteOffset,
      scale: scale.byteOffset,
      origin: origin.byteOffset,
      a,
      b,
      ends,
      buckets,
      first: firsts.byteOffset,
      breaks: breaks.byteOffset,
      last: lasts.byteOffset,
      vectors: numKnotVectors,
      intervals,
      origins: origins.byteOffset,
      rates: rates.byteOffset,
      ...points(begin),
    })],
    forwardCalls: (y, { begin, rows }) => [call.gnForward({
      rows,
      nIn,
      nOut,
      degree,
      pieces,
      ...points(begin),
      coefficients: polynomials.byteOffset,
      base: silu ? base.byteOffset : 0,
      y: rowAddress(y, nOut, begin),
    })],
  };
}
