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
  type LinearStage,
  measureStatistics,
  type NodeMap,
  nodeMap,
  type SplineStage,
} from "../../../model/inner.ts";
import { layerKnots, type Network, type NormalisationStatistics } from "../../../model/mod.ts";
import { vectorOf } from "../layer/layer_knots.ts";
import { createLocator, updateLocator } from "../layer/locator.ts";
import { type Call, call } from "../wasm/kernel_calls.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type KnotPiece, knotPieces, leavesDomain } from "./pieces.ts";

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
export type LinearLayer = ReturnType<typeof createLinearLayer>;

/** A spline layer with its inputs. */
export type SplineLayer = ReturnType<typeof createSplineLayer>;

/** What a spline layer works on. */
interface LayerInputs {
  readonly x: Slot<Float64Array>;
  readonly rows: number;
  /** Column of the first statistic; -1 where inputs are constant. */
  readonly statistics: number;
}

/** Prepares the linear first map. */
export function createLinearLayer(
  network: Network,
  stage: LinearStage,
  x: Slot<Float64Array>,
  arena: Arena,
) {
  const { nIn, nOut, bias } = stage;
  const weights = arena.float64(nIn * nOut), offsets = arena.float64(nOut);
  return {
    stage,
    x,
    /** Values of a row: `[nIn + bias, nOut]`. */
    length: (nIn + Number(bias)) * nOut,
    /** Column of the first weight; the bias follows. */
    column: findBlock(network.layout, "linear.weights")!.offset,
    prepare(network: Network) {
      weights.values.set(blockValues(network, "linear.weights"));
      if (bias) offsets.values.set(blockValues(network, "linear.bias"));
    },
    forwardCalls: (y: Slot<Float64Array>, { begin, rows }: RowRange): Call[] => [call.gnLinear({
      rows,
      nIn,
      nOut,
      weights: weights.at,
      bias: bias ? offsets.at : 0,
      x: x.at + 8 * nIn * begin,
      y: y.at + 8 * nOut * begin,
    })],
  };
}

/** Prepares a spline layer. */
export function createSplineLayer(
  network: Network,
  stage: SplineStage,
  inputs: LayerInputs,
  arena: Arena,
) {
  const { layer, nIn, nOut, space: { degree } } = stage, { x, rows, statistics } = inputs;
  const { places, ...tables } = createPieces(stage, arena), { pieces, polynomials } = tables;
  const { maps, ...measured } = createNodeMaps(stage, inputs, arena);
  const base = arena.float64(nIn * nOut);
  const piece = arena.int32(rows * nIn), w = arena.float64(rows * nIn);
  const silu = stage.base === "silu" ? arena.float64(3 * rows * nIn) : undefined;
  const offset = (name: string) =>
    findBlock(network.layout, `spline${layer}.${name}`)?.offset ?? -1;

  /** Where points from a row on lie. */
  function points(row: number) {
    return {
      piece: piece.at + 4 * nIn * row,
      w: w.at + 8 * nIn * row,
      silu: silu ? silu.at + 24 * nIn * row : 0,
    };
  }

  return {
    stage,
    x,
    piece,
    w,
    /** silu, its slope and u, shape `[rows, nIn, 3]`, with a base branch. */
    silu,
    /** Base weights, `[nIn, nOut]`. */
    base,
    ...tables,
    ...measured,
    /** Where the parts of the layer lie among the columns; -1: there are none. */
    columns: {
      coefficients: offset("coefficients"),
      knotLogits: offset("knotLogits"),
      statistics: stage.normalisation === "none" ? -1 : statistics,
    },
    baseColumn: offset("baseWeights"),
    /** Takes knots and coefficients. */
    prepare(network: Network) {
      base.values.set(blockValues(network, `spline${layer}.baseWeights`));
      tables.prepare(network);
    },
    placeCalls: ({ begin, rows }: RowRange): Call[] => [call.gnPlace({
      ...{ rows, nIn, ...places, ...maps, ...points(begin) },
      x: x.at + 8 * nIn * begin,
    })],
    forwardCalls: (y: Slot<Float64Array>, { begin, rows }: RowRange): Call[] => [call.gnForward({
      ...{ rows, nIn, nOut, degree, pieces, ...points(begin) },
      coefficients: polynomials.at,
      base: silu ? base.at : 0,
      y: y.at + 8 * nOut * begin,
    })],
  };
}

/** The pieces of all nodes: where they begin and end, and their edges' polynomials. */
function createPieces(stage: SplineStage, arena: Arena) {
  const { layer, nIn, nOut, numBasis, numKnotVectors, space } = stage;
  const { degree, intervals, domain: [a, b] } = space;
  const size = degree + 1, ends = Number(leavesDomain(stage)), pieces = intervals + 2 * ends;
  const polynomials = arena.float64(nIn * pieces * nOut * size); // [nIn, pieces, nOut, degree + 1]
  const origins = arena.float64(nIn * pieces), rates = arena.float64(nIn * pieces);
  const locator = createLocator(stage, arena);
  const vectors: (readonly KnotPiece[])[] = [];
  let parameters: Float64Array = new Float64Array(0);

  /** Pieces of every node; nodes that share knots share the object. */
  function nodePieces(p: number): readonly KnotPiece[] {
    return vectors[vectorOf(stage, p)];
  }

  function setKnots(v: number, t: Float64Array): void {
    vectors[v] = knotPieces(stage, t);
    updateLocator(locator, stage, v, t);
  }

  function setPolynomials(p: number): void {
    const { values } = polynomials;
    nodePieces(p).forEach((knotPiece, m) => {
      const at = p * pieces + m;
      origins.values[at] = knotPiece.origin;
      rates.values[at] = knotPiece.rate;
      values.fill(0, at * nOut * size, (at + 1) * nOut * size);
      for (let i = 0; i < knotPiece.functions; i++) {
        const c = (p * numBasis + knotPiece.first + i) * nOut;
        for (let q = 0; q < nOut; q++) {
          const to = (at * nOut + q) * size;
          for (let k = 0; k < size; k++) {
            values[to + k] += parameters[c + q] * knotPiece.values[i * size + k];
          }
        }
      }
    });
  }

  function prepare(network: Network): void {
    parameters = blockValues(network, `spline${layer}.coefficients`);
    if (vectors.length === 0 || stage.knots === "free") {
      for (let v = 0; v < numKnotVectors; v++) setKnots(v, layerKnots(network, layer, v).values);
    }
    for (let p = 0; p < nIn; p++) setPolynomials(p);
  }

  return {
    ...{ pieces, polynomials, rates, nodePieces, prepare },
    /** Parameters by the basis, `[nIn, numBasis, nOut]`. */
    parameters: () => parameters,
    places: {
      ...{ a, b, ends, pieces, vectors: numKnotVectors, buckets: locator.buckets },
      ...{ records: locator.records.at, knots: locator.knots.at, knotStep: 8 * (intervals + 1) },
      ...{ origins: origins.at, rates: rates.at },
    },
  };
}

/** The maps of all nodes' inputs into the domain, and how they move with the statistics. */
function createNodeMaps(
  { nIn, normalisation, space: { domain } }: SplineStage,
  { x, rows, statistics }: LayerInputs,
  arena: Arena,
) {
  const from = arena.float64(nIn), scale = arena.float64(nIn), origin = arena.float64(nIn);
  // Per node `du / d statistic s = f[2 s] + f[2 s + 1] u`.
  const factors = arena.float64(4 * nIn), sources: (readonly StatisticRows[])[] = [];

  /** Measures the inputs. */
  function measure(): void {
    const measured = measureStatistics(normalisation, x.values, rows, nIn);
    for (let p = 0; p < nIn; p++) {
      const map = nodeMap(measured, domain, p);
      from.values[p] = map.from;
      scale.values[p] = map.scale;
      origin.values[p] = map.origin;
      if (statistics < 0) continue;
      factors.values.set(mapFactors(measured, map, domain, p), 4 * p);
      sources[p] = statisticSources(measured, x.values, nIn, p);
    }
  }

  const maps = { from: from.at, scale: scale.at, origin: origin.at };
  /** The derivatives of a node's two statistics by the rows of its column. */
  const statisticRows = (p: number) => sources[p];
  return { maps, scale, factors, measure, statisticRows };
}

/** `du / d statistic s = f[2 s] + f[2 s + 1] u` of a node with u = origin + (x - from) scale. */
function mapFactors(
  measured: NormalisationStatistics,
  { scale }: NodeMap,
  [a, b]: readonly [number, number],
  p: number,
): number[] {
  if (measured.kind === "none") return [0, 0, 0, 0];
  if (measured.kind === "minmax") {
    // d u / d low = -scale (b - u) / (b - a), d u / d high = -scale (u - a) / (b - a)
    const rate = scale / (b - a);
    return [-rate * b, rate, rate * a, -rate];
  }
  const inverse = 1 / Math.sqrt(measured.variance[p] + BATCH_NORM_EPSILON);
  return [-inverse, 0, 0, -inverse * inverse / 2];
}

/** The derivatives of the two statistics of column p of x, `[rows, nIn]`, by its rows. */
function statisticSources(
  measured: NormalisationStatistics,
  x: Float64Array,
  nIn: number,
  p: number,
): StatisticRows[] {
  const rows = x.length / nIn;
  if (measured.kind === "none") return [];
  if (measured.kind === "minmax") {
    return [measured.minimum[p], measured.maximum[p]].map((extreme) => {
      let r = 0;
      while (r + 1 < rows && x[r * nIn + p] !== extreme) r++;
      return { rows: [r], weights: new Float64Array(1).fill(1) };
    });
  }
  const mean = measured.mean[p];
  const slopes = Float64Array.from({ length: rows }, (_, r) => 2 * (x[r * nIn + p] - mean) / rows);
  return [
    { rows: undefined, weights: new Float64Array(rows).fill(1 / rows) },
    { rows: undefined, weights: slopes },
  ];
}
