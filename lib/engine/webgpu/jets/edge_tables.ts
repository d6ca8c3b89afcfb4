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

/** Creates the tables of a layer; pieces have the shape `[nIn, intervals + 2, degree + 1, nOut]`. */
export function createEdgeTables(network: Network, stage: SplineStage) {
  const { layer, nIn, nOut, numBasis, numKnotVectors, extrapolation } = stage;
  const { space, space: { degree, intervals } } = stage, size = degree + 1;
  const free = stage.knots === "free", line = extrapolation === "linear" ? 1 : 0;
  const coefficients = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const logits = findBlock(network.layout, `spline${layer}.knotLogits`);
  const perVector = (logits?.size ?? 0) / numKnotVectors, step = size * nOut;
  const count = nIn * (intervals + 2) * step;
  let vectors: VectorPieces[] = [], parameters = network.parameters;

  const vectorOf = (node: number) => vectors[numKnotVectors === 1 ? 0 : node];
  const logitsOf = (values: Float64Array, vector: number) => {
    const from = (logits?.offset ?? 0) + vector * perVector;
    return values.subarray(from, from + perVector);
  };

  /** Goes to other parameters. */
  function place(next: Float64Array): void {
    parameters = next;
    if (!free && vectors.length > 0) return;
    vectors = Array.from(
      { length: numKnotVectors },
      (_, v) => piecesOf(layerKnots({ ...network, parameters }, layer, v).values, stage),
    );
  }

  /** Calls back for every interval that is not empty: its node, place in a table, and polynomials. */
  function forIntervals(
    visit: (at: number, coefficientsAt: number, node: number, each: IntervalPolynomials) => void,
  ): void {
    for (let p = 0; p < nIn; p++) {
      const { rates, intervals: each } = vectorOf(p);
      each.forEach((polynomials, m) => {
        if (rates[m + 1] === 0) return;
        const from = coefficients + (p * numBasis + polynomials.first) * nOut;
        visit((p * (intervals + 2) + m + 1) * step, from, p, polynomials);
      });
    }
  }

  /** Writes the lines beyond the ends, which value and slope at the ends give. */
  function writeLines(pieces: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      const { rates, first, last } = vectorOf(p), node = p * (intervals + 2) * step;
      const left = node + first * step, right = node + last * step;
      const end = node + (intervals + 1) * step;
      for (let q = 0; q < nOut; q++) {
        let value = 0, slope = 0;
        for (let k = 0; k < size; k++) {
          value += pieces[right + k * nOut + q];
          slope += k * pieces[right + k * nOut + q];
        }
        pieces[node + q] = pieces[left + q];
        pieces[node + nOut + q] = line * pieces[left + nOut + q] * rates[first];
        pieces[end + q] = value;
        pieces[end + nOut + q] = line * slope * rates[last];
      }
    }
  }

  /** Takes gradients by the lines into those by the end intervals. */
  function pullLines(bars: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      const { rates, first, last } = vectorOf(p), node = p * (intervals + 2) * step;
      const left = node + first * step, right = node + last * step;
      const end = node + (intervals + 1) * step;
      for (let q = 0; q < nOut; q++) {
        bars[left + q] += bars[node + q];
        bars[left + nOut + q] += line * bars[node + nOut + q] * rates[first];
        for (let k = 0; k < size; k++) {
          bars[right + k * nOut + q] += bars[end + q] +
            k * line * bars[end + nOut + q] * rates[last];
        }
      }
    }
  }

  /** The polynomials at the parameters. */
  function pieces(): Float64Array {
    const out = new Float64Array(count);
    forIntervals((at, from, _, { count, values }) =>
      addProducts(parameters.subarray(from), values, count, out.subarray(at))
    );
    writeLines(out);
    return out;
  }

  /** How the polynomials move along a direction of all parameters. */
  function moved(direction: Float64Array): Float64Array {
    const out = new Float64Array(count);
    const knotRates = vectors.map(({ t }, v) =>
      free ? knotDirection(t, stage, logitsOf(direction, v)) : new Float64Array(0)
    );
    forIntervals((at, from, node, each) => {
      const to = out.subarray(at);
      addProducts(direction.subarray(from), each.values, each.count, to);
      if (!free) return;
      const rates = turned(each, knotRates[numKnotVectors === 1 ? 0 : node], stage);
      addProducts(parameters.subarray(from), rates, each.count, to);
    });
    writeLines(out);
    return out;
  }

  /** Sums `weights[i, q] polynomials[i, k]` into `to[k, q]`. */
  function addProducts(
    weights: Float64Array,
    polynomials: Float64Array,
    count: number,
    to: Float64Array,
  ): void {
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < size; k++) {
        const factor = polynomials[i * size + k];
        for (let q = 0; q < nOut; q++) to[k * nOut + q] += weights[i * nOut + q] * factor;
      }
    }
  }

  /** Sets the layer's part of the gradient, given the gradient by the polynomials (overwritten). */
  function pull(bars: Float64Array, gradientOut: Float64Array): void {
    pullLines(bars);
    const knotBars = vectors.map(({ t }) => new Float64Array(t.length));
    gradientOut.fill(0, coefficients, coefficients + nIn * numBasis * nOut);
    forIntervals((at, from, node, each) => {
      const functionBars = new Float64Array(each.count * size), to = gradientOut.subarray(from);
      for (let i = 0; i < each.count; i++) {
        for (let k = 0; k < size; k++) {
          const factor = each.values[i * size + k];
          let sum = 0;
          for (let q = 0; q < nOut; q++) {
            const bar = bars[at + k * nOut + q];
            to[i * nOut + q] += factor * bar;
            sum += parameters[from + i * nOut + q] * bar;
          }
          functionBars[i * size + k] = sum;
        }
      }
      if (free) pullKnots(each, functionBars, knotBars[numKnotVectors === 1 ? 0 : node], stage);
    });
    if (!free) return;
    knotBars.forEach((bar, v) => {
      const to = logitsOf(gradientOut, v).fill(0);
      freeKnotsVjp(logitsOf(parameters, v), space, bar, to);
    });
  }

  /** Knots, rates and ends as the tables of kernels have them, of every node. */
  function places(): { knots: Float64Array; rates: Float64Array; ends: Float64Array } {
    const all = Array.from({ length: nIn }, (_, p) => vectorOf(p));
    return {
      knots: joined(all.map(({ t }) => t)),
      rates: joined(all.map(({ rates }) => rates)),
      ends: Float64Array.from(all.flatMap(({ first, last }) => [first, last])),
    };
  }

  return { place, pieces, moved, pull, places, count };
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
