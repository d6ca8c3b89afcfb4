/**
 * What numbers inside a program can be, and by how much those of its written copy may differ.
 *
 * @module
 */

import { scaleValue } from "../../data/mod.ts";
import { SCALE_REACH } from "../../data/inner.ts";
import { edgeBounds, piecePolynomials } from "../program/edges.ts";
import type {
  LinearStep,
  NetworkProgram,
  OutputScale,
  ProgramColumn,
  ProgramStep,
  SparseStep,
  SplineStep,
} from "../program/program.ts";
import { edgeDistances, type SplineRange, withoutSilu } from "./fit_step.ts";
import { exp, log, pow, tanh } from "../../numerics/inner.ts";

/** A number of the model, and by how much its copy may differ. */
export interface Reach {
  readonly low: number;
  readonly high: number;
  readonly error: number;
}

/** Half the distance of 1 to the next number. */
export const UNIT_ROUNDOFF = { float64: 2 ** -53, float32: 2 ** -24 } as const;

/** Units in the last place by which `exp`, `tanh` and `log` may be wrong. */
const LIBRARY = 64;

const sizeOf = ({ low, high, error }: Reach) => Math.max(Math.abs(low), Math.abs(high)) + error;

/** What a column of its range becomes; `unit` is the rounding of the copy's arithmetic. */
export function columnReach({ name, range, scale }: ProgramColumn, unit: number): Reach {
  if (range === undefined) {
    throw new RangeError(
      `Cannot export model: columns must have known ranges for an error, current value is ${name} ` +
        "without one",
    );
  }
  const [from, to] = range, size = Math.max(Math.abs(from), Math.abs(to));
  if (!scale) return { low: from, high: to, error: 2 * unit * size };
  const { minimum, maximum, map } = scale, named = { name, ...scale };
  const ends = [scaleValue(named, from), scaleValue(named, to)];
  const reach = { low: Math.min(...ends), high: Math.max(...ends) }, most = Math.max(...ends, 1);
  const span = maximum - minimum;
  if (span === 0) return { ...reach, error: 0 };
  if (map === undefined) {
    const rounding = (2 * size + Math.abs(minimum)) / Math.abs(span) + 6 * most;
    return { ...reach, error: unit * rounding };
  }
  if (map.kind === "log") {
    const length = log(maximum / minimum);
    return { ...reach, error: unit * ((16 + 2 * LIBRARY) / length + 4 * LIBRARY * most) };
  }
  const { values, positions } = map;
  const slopes = positions.slice(1).map((end, i) =>
    (end - positions[i]) / (values[i + 1] - values[i])
  );
  const largest = Math.max(size, ...values.map(Math.abs));
  const rounding = 16 * Math.max(...slopes.map(Math.abs)) * largest + 4 * LIBRARY * most;
  return { ...reach, error: unit * rounding };
}

/** How much an output in its units moves with a change of the network's, and its own rounding. */
export function unscaled(
  scale: OutputScale | undefined,
  reach: Reach,
  unit: number,
): { readonly slope: number; readonly rounding: number } {
  if (!scale) return { slope: 1, rounding: 0 };
  const { minimum, maximum, map } = scale, size = sizeOf(reach);
  if (map === undefined) {
    const span = Math.abs(maximum - minimum);
    return { slope: span, rounding: unit * (4 * span * size + 2 * Math.abs(minimum)) };
  }
  if (map.kind === "sigmoid") return { slope: 0.25, rounding: unit * (2 * LIBRARY + 8) };
  if (map.kind === "exp") { // maximum exp(rate y)
    const powers = [reach.low - reach.error, reach.high + reach.error].map((y) => map.rate * y);
    const largest = Math.abs(maximum) * exp(Math.max(...powers));
    const rounding = unit * (2 * LIBRARY + 8 * Math.abs(map.rate) * size) * largest;
    return { slope: Math.abs(map.rate) * largest, rounding };
  }
  const beyond = exp(Math.max(0, -reach.low + reach.error) / SCALE_REACH);
  if (map.kind === "log") {
    const length = log(maximum / minimum), top = Math.max(0, reach.high + reach.error);
    const slope = minimum * length * Math.max(exp(length * top), beyond);
    const largest = Math.max(minimum * exp(length * top), slope * size + minimum);
    return { slope, rounding: unit * (4 * LIBRARY + 8 * length * size) * largest };
  }
  const { values, positions } = map;
  const steepest = Math.max(
    ...values.slice(1).map((end, i) =>
      Math.abs(end - values[i]) / (positions[i + 1] - positions[i])
    ),
  );
  const above = exp(Math.max(0, reach.high + reach.error - 1) / SCALE_REACH);
  const slope = steepest * Math.max(beyond, above);
  const largest = Math.max(...values.map(Math.abs)) + slope * (size + 1);
  return { slope, rounding: unit * 8 * LIBRARY * largest };
}

/** A layer of splines of the model, and where its bounds hold. */
export interface BoundedStep {
  readonly step: SplineStep;
  /** What enters, wrong by at most `slack` of each. */
  readonly inputs: readonly Reach[];
  readonly slack: Float64Array;
  /** What is bounded of each input, in the coordinate of the knots: a little further. */
  readonly ranges: readonly SplineRange[];
  /** Bounds of the slopes of edges by `u`, and of their values, shape `[nIn, nOut]`. */
  readonly slopes: Float64Array;
  readonly values: Float64Array;
  /** What comes out of the model. */
  readonly outputs: readonly Reach[];
}

/** By how much bounds reach beyond the ranges of inputs behind other splines. */
const FURTHER = 0.02;

/** Bounds all edges of a layer on what can enter; before the `first` splines only rounding errs. */
export function boundStep(
  step: SplineStep,
  inputs: readonly Reach[],
  first: boolean,
): BoundedStep {
  const { nIn, nOut, maps } = step, slack = new Float64Array(nIn), ranges: SplineRange[] = [];
  const slopes = new Float64Array(nIn * nOut), values = new Float64Array(nIn * nOut);
  const lows = new Float64Array(nOut), highs = new Float64Array(nOut);
  for (let p = 0; p < nIn; p++) {
    const { low, high } = inputs[p], size = Math.max(Math.abs(low), Math.abs(high));
    slack[p] = (first ? 0 : FURTHER) * (high - low) + 1e-5 * size + 1e-9;
    const range = mappedEnds(maps, p, low - slack[p], high + slack[p]);
    ranges.push(range[1] > range[0] ? range : [range[0] - 1e-9, range[1] + 1e-9]);
    for (let q = 0; q < nOut; q++) {
      const bounds = edgeBounds(step, p, q, ...ranges[p]), at = p * nOut + q;
      slopes[at] = bounds.slope;
      values[at] = Math.max(Math.abs(bounds.low), Math.abs(bounds.high));
      lows[q] += bounds.low;
      highs[q] += bounds.high;
    }
  }
  const outputs = Array.from(lows, (low, q) => ({ low, high: highs[q], error: 0 }));
  return { step, inputs, slack, ranges, slopes, values, outputs };
}

function mappedEnds(maps: Float64Array, p: number, low: number, high: number): SplineRange {
  const [from, scale, origin] = maps.subarray(3 * p, 3 * p + 3);
  const ends = [low, high].map((x) => (x - from) * scale + origin);
  return [Math.min(...ends), Math.max(...ends)];
}

/** What the rounding of its arithmetic, and other splines, add to the outputs of a layer. */
export interface StepErrors {
  /** Distances of the edges, shape `[nIn, nOut]`. Absent: the same splines. */
  readonly distances?: Float64Array;
  /** By rounding, shape `[nOut]`, where no input is wrong. */
  readonly rounding: Float64Array;
}

/** Compares a layer with the one that is written for it. */
export function stepErrors(
  bounded: BoundedStep,
  written: SplineStep,
  unit: number,
): StepErrors {
  const { step, ranges } = bounded, rounding = splineRounding(bounded, written, unit);
  if (written === step) return { rounding };
  return { distances: edgeDistances(withoutSilu(step), withoutSilu(written), ranges), rounding };
}

/**
 * Rounding of a layer of splines: of `u`, of the piece beside a knot, of the local coordinate, and
 * of sums of products, each at most its number of operations times their largest sizes.
 */
function splineRounding(
  { inputs, slack, ranges }: BoundedStep,
  written: SplineStep,
  unit: number,
): Float64Array {
  const { nIn, nOut, maps, grids, silu, degree, basis } = written;
  const rounding = new Float64Array(nOut), sums = new Float64Array(nOut);
  const operations = (basis ? 6 * degree + 10 : 3 * degree + 6) * unit;
  for (let p = 0; p < nIn; p++) {
    const [from, scale, origin] = maps.subarray(3 * p, 3 * p + 3), [a, b] = ranges[p];
    const x = sizeOf(inputs[p]) + slack[p], u = Math.max(Math.abs(a), Math.abs(b));
    const ofU = unit *
      (Math.abs(scale) * (5 * Math.abs(from) + 5 * x) + 3 * Math.abs(origin) + 3 * u);
    const { knots } = grids[grids.length === 1 ? 0 : p];
    const reach = Math.max(u, ...[knots[0], knots[knots.length - 1]].map(Math.abs));
    const beside = ofU + unit * (8 * reach + knots[knots.length - 1] - knots[0]);
    const local = ofU + unit * (8 * reach);
    const sizes = pieceSizes(written, p, ranges[p], 2 * beside);
    for (let q = 0; q < nOut; q++) {
      const { slope, jump, terms } = sizes[q], weight = silu ? Math.abs(silu[p * nOut + q]) : 0;
      rounding[q] += slope * local + 2 * slope * beside + jump + operations * terms +
        weight * (1.1 * ofU + (LIBRARY + 8) * unit * u);
      sums[q] += terms + weight * u;
    }
  }
  return rounding.map((each, q) => each + (nIn + 4) * unit * sums[q]);
}

interface PieceSizes {
  /** The steepest slope by `u`. */
  slope: number;
  /** The widest jump at a knot. */
  jump: number;
  /** The largest sum of sizes of terms of a polynomial. */
  terms: number;
}

/** Sizes of the polynomials of all edges of an input, on a range and `more` beyond each piece. */
function pieceSizes(
  step: SplineStep,
  p: number,
  [low, high]: SplineRange,
  more: number,
): PieceSizes[] {
  const { nOut, degree, pieces, grids, table, basis, rows } = step, size = degree + 1;
  const v = grids.length === 1 ? 0 : p, { knots, origins, inverses } = grids[v];
  const all = piecePolynomials(step);
  const found = Array.from({ length: nOut }, (): PieceSizes => ({ slope: 0, jump: 0, terms: 0 }));
  const powersOf = (piece: number, q: number, k: number) =>
    all[((p * pieces + piece) * size + k) * nOut + q];
  for (let piece = 0; piece < pieces; piece++) {
    const left = Math.max(low, piece === 0 ? -Infinity : knots[piece - 1]) - more;
    const right = Math.min(high, piece === pieces - 1 ? Infinity : knots[piece]) + more;
    if (!(left <= right)) continue;
    const w = Math.max(
      ...[left, right].map((u) => Math.abs((u - origins[piece]) * inverses[piece])),
    );
    const next = piece < pieces - 1 && knots[piece] >= low - more && knots[piece] <= high + more;
    const at = next ? [piece, piece + 1].map((j) => (knots[piece] - origins[j]) * inverses[j]) : [];
    const factors = basis
      ? Array.from({ length: size }, (_, i) => {
        let sum = 0;
        for (let k = 0; k < size; k++) {
          sum += Math.abs(basis.polynomials[((v * pieces + piece) * size + k) * size + i]) *
            pow(w, k);
        }
        return sum;
      })
      : [];
    for (let q = 0; q < nOut; q++) {
      let terms = 0, slope = 0;
      for (let k = 0; k < size; k++) {
        const c = Math.abs(powersOf(piece, q, k));
        terms += c * pow(w, k);
        if (k > 0) slope += k * c * pow(w, k - 1) * inverses[piece];
      }
      if (basis) {
        const first = p * rows + basis.first[v * pieces + piece];
        terms = Math.max(
          terms,
          factors.reduce((sum, f, i) => sum + f * Math.abs(table[(first + i) * nOut + q]), 0),
        );
      }
      const each = found[q];
      each.slope = Math.max(each.slope, slope);
      each.terms = Math.max(each.terms, terms);
      if (!next) continue;
      const [before, after] = [piece, piece + 1].map((j, side) => {
        let value = 0;
        for (let k = degree; k >= 0; k--) value = value * at[side] + powersOf(j, q, k);
        return value;
      });
      each.jump = Math.max(each.jump, Math.abs(after - before));
    }
  }
  return found;
}

/** What comes out of a layer of splines and of its copy; undefined where more enters than is bounded. */
export function throughSplines(
  bounded: BoundedStep,
  { distances, rounding }: StepErrors,
  inputs: readonly Reach[],
): Reach[] | undefined {
  const { step: { nIn, nOut, maps }, slack, slopes, outputs } = bounded;
  if (inputs.some(({ error }, p) => !(error <= slack[p]))) return undefined;
  return outputs.map((output, q) => {
    let error = rounding[q];
    for (let p = 0; p < nIn; p++) {
      const at = p * nOut + q;
      error += slopes[at] * Math.abs(maps[3 * p + 1]) * inputs[p].error + (distances?.[at] ?? 0);
    }
    return { ...output, error };
  });
}

/** What comes out of a step without splines. */
export function throughPlain(
  step: Exclude<ProgramStep, SplineStep>,
  inputs: readonly Reach[],
  unit: number,
): Reach[] {
  if (step.kind === "linear" || step.kind === "sparse") return throughMap(step, inputs, unit);
  if (step.kind === "tanh") {
    return inputs.map(({ low, high, error }) => ({
      low: tanh(low),
      high: tanh(high),
      error: error + LIBRARY * unit,
    }));
  }
  const { power = 1 } = step;
  return inputs.map((reach) => {
    const low = pow(Math.max(0, reach.low), power), high = pow(Math.max(0, reach.high), power);
    const size = Math.max(0, reach.high) + reach.error;
    const error = power * pow(size, power - 1) * reach.error + power * unit * pow(size, power);
    return { low, high, error };
  });
}

function throughMap(
  step: LinearStep | SparseStep,
  inputs: readonly Reach[],
  unit: number,
): Reach[] {
  const { nIn, nOut, bias } = step;
  const sums = Array.from({ length: nOut }, (_, q) => {
    const start = bias?.[q] ?? 0;
    return { low: start, high: start, error: 0, terms: Math.abs(start), count: 3 };
  });
  const add = (p: number, q: number, weight: number) => {
    const sum = sums[q], { low, high, error } = inputs[p], ends = [weight * low, weight * high];
    sum.low += Math.min(...ends);
    sum.high += Math.max(...ends);
    sum.error += Math.abs(weight) * error;
    sum.terms += Math.abs(weight) * sizeOf(inputs[p]);
    sum.count++;
  };
  if (step.kind === "linear") {
    for (let p = 0; p < nIn; p++) {
      for (let q = 0; q < nOut; q++) add(p, q, step.weights[p * nOut + q]);
    }
  } else {
    for (let q = 0; q < nOut; q++) {
      for (let k = step.starts[q]; k < step.starts[q + 1]; k++) {
        add(step.columns[k], q, step.values[k]);
      }
    }
  }
  return sums.map(({ low, high, error, terms, count }) => {
    const rounding = 1e-14 * terms; // of the ends
    return { low: low - rounding, high: high + rounding, error: error + count * unit * terms };
  });
}

/**
 * The largest error of what comes out, in its units: of values of the worst target, of classes of
 * the probabilities. A probability of two classes moves by a quarter of what its logit moves, of more
 * by half.
 */
export function resultError(
  { result }: NetworkProgram,
  members: readonly (readonly Reach[])[],
  unit: number,
): number {
  const count = members.length, nOut = members[0].length;
  if (result.kind === "classes") {
    const share = nOut === 1 ? 0.25 : 0.5;
    const logits = Math.max(...members.flat().map(({ error }) => error));
    return share * logits + (2 * LIBRARY + nOut + count + 8) * unit;
  }
  return Math.max(...result.scales.map((scale, q) => {
    const outputs = members.map((each) => each[q]);
    const size = Math.max(...outputs.map(sizeOf));
    // exponentials are averaged as such: the mean moves by at most the worst member
    const changed = scale?.map?.kind === "exp"
      ? Math.max(...outputs.map((each) => each.error))
      : outputs.reduce((sum, each) => sum + each.error, 0) / count;
    const error = changed +
      (count > 1 ? (count + 2) * unit * size : 0);
    const low = Math.min(...outputs.map((each) => each.low));
    const high = Math.max(...outputs.map((each) => each.high));
    const { slope, rounding } = unscaled(scale, { low, high, error }, unit);
    return slope * error + rounding;
  }));
}
