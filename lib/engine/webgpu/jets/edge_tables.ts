/**
 * The polynomials of all edges of a layer in float64: from parameters, along a direction of the
 * parameters, and from gradients by polynomials back to gradients by parameters.
 *
 * What the host does here grows with the parameters, not with the points, and costs one rounding to
 * float32 at its end: a device that builds its tables by itself rounds at every step of the
 * recursion, and sums of ReLU powers cancel there.
 *
 * @module
 */

import { freeKnotsVjp } from "../../../knots/mod.ts";
import { findBlock, parameterBlock, type SplineStage } from "../../../model/inner.ts";
import { layerKnots, type Network } from "../../../model/mod.ts";
import { bsplinePieces, type IntervalPolynomials, reluPieces } from "./piece_polynomials.ts";

/** The tables of a layer at the parameters set last. */
export type EdgeTables = ReturnType<typeof createEdgeTables>;

/** One knot vector and its pieces. */
interface VectorPieces {
  readonly t: Float64Array;
  /** `dw / du` of every piece, the lines at both ends included; 0 where the interval is empty. */
  readonly rates: Float64Array;
  /** First and last piece that is an interval which is not empty. */
  readonly first: number;
  readonly last: number;
  readonly intervals: readonly IntervalPolynomials[];
}

/** What all functions of a layer's tables know: its shape, its parameters, its knot vectors. */
interface LayerTables {
  readonly stage: SplineStage;
  /** Numbers of a piece of a node, and index of the first coefficient among the parameters. */
  readonly step: number;
  readonly coefficients: number;
  readonly parameters: Float64Array;
  readonly vectors: readonly VectorPieces[];
}

/** Creates the tables of a layer; pieces have the shape `[nIn, intervals + 2, degree + 1, nOut]`. */
export function createEdgeTables(network: Network, stage: SplineStage) {
  const { layer, nIn, nOut, numKnotVectors, space: { degree, intervals } } = stage;
  const free = stage.knots === "free", step = (degree + 1) * nOut;
  const coefficients = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const logits = findBlock(network.layout, `spline${layer}.knotLogits`);
  const perVector = (logits?.size ?? 0) / numKnotVectors;
  const count = nIn * (intervals + 2) * step;
  let tables: LayerTables = {
    ...{ stage, step, coefficients, parameters: network.parameters, vectors: [] },
  };

  const logitsOf = (values: Float64Array, vector: number) => {
    const from = (logits?.offset ?? 0) + vector * perVector;
    return values.subarray(from, from + perVector);
  };

  /** Goes to other parameters. */
  function place(parameters: Float64Array): void {
    const vectors = !free && tables.vectors.length > 0 ? tables.vectors : Array.from(
      { length: numKnotVectors },
      (_, v) => piecesOf(layerKnots({ ...network, parameters }, layer, v).values, stage),
    );
    tables = { ...tables, parameters, vectors };
  }

  /** The polynomials at the parameters. */
  function pieces(): Float64Array {
    const out = new Float64Array(count), { parameters } = tables;
    forIntervals(
      tables,
      (at, from, _, { count, values }) =>
        addProducts(parameters.subarray(from), values, count, nOut, out.subarray(at)),
    );
    writeLines(tables, out);
    return out;
  }

  /** How the polynomials move along a direction of all parameters. */
  function moved(direction: Float64Array): Float64Array {
    const out = new Float64Array(count), { parameters, vectors } = tables;
    const knotRates = vectors.map(({ t }, v) =>
      free ? knotDirection(t, stage, logitsOf(direction, v)) : new Float64Array(0)
    );
    forIntervals(tables, (at, from, vector, each) => {
      const to = out.subarray(at);
      addProducts(direction.subarray(from), each.values, each.count, nOut, to);
      if (!free) return;
      const rates = turned(each, knotRates[vector], stage);
      addProducts(parameters.subarray(from), rates, each.count, nOut, to);
    });
    writeLines(tables, out);
    return out;
  }

  /** Sets the layer's part of the gradient, given the gradient by the polynomials (overwritten). */
  function pull(bars: Float64Array, gradientOut: Float64Array): void {
    const { parameters, vectors } = tables;
    pullLines(tables, bars);
    const knotBars = vectors.map(({ t }) => new Float64Array(t.length));
    gradientOut.fill(0, coefficients, coefficients + nIn * stage.numBasis * nOut);
    forIntervals(tables, (at, from, vector, each) => {
      const functionBars = pullProducts(tables, each, bars.subarray(at), from, gradientOut);
      if (free) pullKnots(each, functionBars, knotBars[vector], stage);
    });
    if (!free) return;
    knotBars.forEach((bar, v) => {
      const to = logitsOf(gradientOut, v).fill(0);
      freeKnotsVjp(logitsOf(parameters, v), stage.space, bar, to);
    });
  }

  return { place, pieces, moved, pull, places: () => placesOf(tables) };
}

/** Knots, rates and ends as the tables of kernels have them, of every node. */
function placesOf(tables: LayerTables) {
  const all = Array.from(
    { length: tables.stage.nIn },
    (_, p) => tables.vectors[vectorOf(tables, p)],
  );
  return {
    knots: joined(all.map(({ t }) => t)),
    rates: joined(all.map(({ rates }) => rates)),
    ends: Float64Array.from(all.flatMap(({ first, last }) => [first, last])),
  };
}

/** Index of the knot vector of a node. */
function vectorOf({ stage: { numKnotVectors } }: LayerTables, node: number): number {
  return numKnotVectors === 1 ? 0 : node;
}

/**
 * Calls back for every interval of every node that is not empty: its place in a table, its first
 * coefficient among the parameters, its knot vector, its polynomials.
 */
function forIntervals(
  tables: LayerTables,
  visit: (at: number, from: number, vector: number, each: IntervalPolynomials) => void,
): void {
  const { stage: { nIn, nOut, numBasis, space: { intervals } }, step, coefficients } = tables;
  for (let p = 0; p < nIn; p++) {
    const vector = vectorOf(tables, p), { rates, intervals: each } = tables.vectors[vector];
    each.forEach((polynomials, m) => {
      if (rates[m + 1] === 0) return;
      const from = coefficients + (p * numBasis + polynomials.first) * nOut;
      visit((p * (intervals + 2) + m + 1) * step, from, vector, polynomials);
    });
  }
}

/** Sums `weights[i, q] polynomials[i, k]` into `to[k, q]`. */
function addProducts(
  weights: Float64Array,
  polynomials: Float64Array,
  count: number,
  nOut: number,
  to: Float64Array,
): void {
  const size = polynomials.length / count;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < size; k++) {
      const factor = polynomials[i * size + k];
      for (let q = 0; q < nOut; q++) to[k * nOut + q] += weights[i * nOut + q] * factor;
    }
  }
}

/**
 * Adds to the gradient by coefficients what the gradient by an interval's polynomials gives, and
 * returns the gradient by the functions, shape `[count, degree + 1]`.
 */
function pullProducts(
  { stage: { nOut, space: { degree } }, parameters }: LayerTables,
  { count, values }: IntervalPolynomials,
  bars: Float64Array,
  from: number,
  gradient: Float64Array,
): Float64Array {
  const size = degree + 1, functionBars = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < size; k++) {
      const factor = values[i * size + k];
      let sum = 0;
      for (let q = 0; q < nOut; q++) {
        const bar = bars[k * nOut + q], at = from + i * nOut + q;
        gradient[at] += factor * bar;
        sum += parameters[at] * bar;
      }
      functionBars[i * size + k] = sum;
    }
  }
  return functionBars;
}

/** Calls back for every node with the places of its first line, end intervals and last line. */
function forEnds(
  tables: LayerTables,
  visit: (left: number, first: number, last: number, right: number, pieces: VectorPieces) => void,
): void {
  const { stage: { nIn, space: { intervals } }, step, vectors } = tables;
  for (let p = 0; p < nIn; p++) {
    const pieces = vectors[vectorOf(tables, p)];
    const node = p * (intervals + 2) * step;
    visit(
      node,
      node + pieces.first * step,
      node + pieces.last * step,
      node + (intervals + 1) * step,
      pieces,
    );
  }
}

/** Writes the lines beyond the ends, which value and slope at the ends give. */
function writeLines(tables: LayerTables, pieces: Float64Array): void {
  const { stage: { nOut, extrapolation, space: { degree } } } = tables;
  const line = extrapolation === "linear" ? 1 : 0;
  forEnds(tables, (left, from, to, right, { rates, first, last }) => {
    for (let q = 0; q < nOut; q++) {
      let value = 0, slope = 0;
      for (let k = 0; k <= degree; k++) {
        value += pieces[to + k * nOut + q];
        slope += k * pieces[to + k * nOut + q];
      }
      pieces[left + q] = pieces[from + q];
      pieces[left + nOut + q] = line * pieces[from + nOut + q] * rates[first];
      pieces[right + q] = value;
      pieces[right + nOut + q] = line * slope * rates[last];
    }
  });
}

/** Takes gradients by the lines into those by the end intervals. */
function pullLines(tables: LayerTables, bars: Float64Array): void {
  const { stage: { nOut, extrapolation, space: { degree } } } = tables;
  const line = extrapolation === "linear" ? 1 : 0;
  forEnds(tables, (left, from, to, right, { rates, first, last }) => {
    for (let q = 0; q < nOut; q++) {
      bars[from + q] += bars[left + q];
      bars[from + nOut + q] += line * bars[left + nOut + q] * rates[first];
      for (let k = 0; k <= degree; k++) {
        bars[to + k * nOut + q] += bars[right + q] +
          k * line * bars[right + nOut + q] * rates[last];
      }
    }
  });
}

function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

function piecesOf(t: Float64Array, { space, basis, knots }: SplineStage): VectorPieces {
  const { degree, intervals } = space, rates = new Float64Array(intervals + 2).fill(1);
  let first = intervals + 1, last = 1;
  for (let m = 0; m < intervals; m++) {
    const h = t[degree + m + 1] - t[degree + m];
    // what is no interval in float32 is none on the device
    const isEmpty = !(Math.fround(t[degree + m + 1]) > Math.fround(t[degree + m]));
    rates[m + 1] = isEmpty ? 0 : 1 / h;
    if (isEmpty) continue;
    first = Math.min(first, m + 1);
    last = m + 1;
  }
  const on = basis === "relu" ? reluPieces : bsplinePieces;
  return {
    ...{ t, rates, first, last },
    intervals: Array.from({ length: intervals }, (_, m) => on(t, degree, m, knots === "free")),
  };
}

/** How knots move along a direction of their logits: `dt_i = sum_{j<=i} g_j v_j - S_i sum_j g_j v_j`. */
function knotDirection(
  t: Float64Array,
  { space: { degree, intervals, outerKnots } }: SplineStage,
  direction: Float64Array,
): Float64Array {
  const rates = new Float64Array(t.length);
  function partition(from: number, length: number, knot: number): void {
    const width = t[knot + length] - t[knot];
    let total = 0, sum = 0;
    for (let j = 0; j < length; j++) {
      total += (t[knot + j + 1] - t[knot + j]) * direction[from + j];
    }
    for (let j = 0; j + 1 < length; j++) {
      sum += (t[knot + j + 1] - t[knot + j]) * direction[from + j];
      rates[knot + j + 1] = sum - total * (t[knot + j + 1] - t[knot]) / width;
    }
  }
  if (outerKnots !== "free") partition(0, intervals, degree);
  else {
    partition(0, degree, 0);
    partition(degree, intervals, degree);
    partition(degree + intervals, degree, degree + intervals);
  }
  return rates;
}

/** How functions on an interval move with all knots together, shape `[count, size]`. */
function turned(
  { count, firstKnot, byKnots }: IntervalPolynomials,
  knotRates: Float64Array,
  { basis, space: { degree } }: SplineStage,
): Float64Array {
  const size = degree + 1, out = new Float64Array(count * size);
  if (basis === "relu") {
    for (let i = 0; i < out.length; i++) out[i] = knotRates[Math.floor(i / size)] * byKnots[i];
    return out;
  }
  for (let x = 0; x < 2 * degree; x++) {
    const rate = knotRates[firstKnot + x];
    if (rate === 0) continue;
    for (let i = 0; i < out.length; i++) out[i] += rate * byKnots[x * out.length + i];
  }
  return out;
}

/** Adds the gradient by knots, given the gradient by the functions on an interval. */
function pullKnots(
  { count, firstKnot, byKnots }: IntervalPolynomials,
  functionBars: Float64Array,
  knotBars: Float64Array,
  { basis, space: { degree } }: SplineStage,
): void {
  const size = degree + 1, all = count * size;
  if (basis === "relu") {
    for (let i = 0; i < all; i++) knotBars[Math.floor(i / size)] += functionBars[i] * byKnots[i];
    return;
  }
  for (let x = 0; x < 2 * degree; x++) {
    let sum = 0;
    for (let i = 0; i < all; i++) sum += functionBars[i] * byKnots[x * all + i];
    knotBars[firstKnot + x] += sum;
  }
}
