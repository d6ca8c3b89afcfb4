/**
 * The rows of an additive model: few numbers for each row and term, and sums over all rows.
 *
 * `X = B M`: `B` has a column of ones and the B-splines of every term, of which `degree + 1` are not
 * zero in a row; `M` makes of them the functions of `_term_basis.ts`, each with mean 0 over the rows,
 * so that the intercept is the mean of the linear predictor. Sums over rows are taken of `B`, and
 * `M` is applied to what they give: it costs the same for any number of rows.
 *
 * @module
 */

import { writeBsplineBasis } from "../basis/inner.ts";
import { domainOf, type KnotVector } from "../knots/mod.ts";
import type { Dataset } from "../data/mod.ts";
import type { TermBasis } from "./_term_basis.ts";

/** How one column, or a linear combination of columns, enters. */
export interface TermPlan {
  /** Column of the dataset; of a combination its number, from the number of columns on. */
  readonly column: number;
  /** The combination, `[nIn]`: the term is a function of this times the row. */
  readonly direction?: Float64Array;
  /** Whether the functions that bend are scaled to a variance of 1 over the rows, all together. */
  readonly unitBends?: boolean;
  /** Linear terms have one function: the column itself. */
  readonly kind: "smooth" | "linear";
  /** Linear terms only: whether there is no penalty. Absent: there is one. */
  readonly free?: boolean;
  /** Linear terms with one group share one strength. */
  readonly group?: number;
  /** Where the splines' domain begins and ends, in units of the column. */
  readonly range: readonly [number, number];
  readonly knots: KnotVector;
  /** Absent of linear terms. */
  readonly basis?: TermBasis;
}

/** One term's place among the columns of `B` and of `X`, where the intercept has column 0. */
export interface TermPlace {
  /** First column of `B`, number of columns, and how many of them a row has. */
  readonly from: number;
  readonly size: number;
  readonly width: number;
  /** First column of `X` and number of columns. */
  readonly first: number;
  readonly count: number;
  /** `[size, count]`. */
  readonly functions: Float64Array;
}

/** The matrix `X`. */
export interface Design {
  readonly rows: number;
  /** Columns of `B` and of `X`. */
  readonly size: number;
  readonly count: number;
  readonly terms: readonly TermPlace[];
  /** Means of the columns of `X` before they were taken off, `[count]`; 0 for the intercept. */
  readonly means: Float64Array;
  /** Numbers of a row of `B`. */
  readonly stride: number;
  /** Columns and values of every row of `B`, `[rows, stride]`. */
  readonly places: Int32Array;
  readonly values: Float64Array;
}

/** Makes the matrix; `weights` are those of the means. */
export function makeDesign(
  dataset: Dataset,
  plans: readonly TermPlan[],
  weights: Float64Array,
): Design {
  const terms: TermPlace[] = [];
  let from = 1, first = 1, stride = 1;
  for (const { kind, knots, basis, range } of plans) {
    const smooth = kind === "smooth", size = smooth ? basis!.size : 1;
    const count = smooth ? basis!.count : 1, width = smooth ? knots.degree + 1 : 1;
    const functions = smooth ? basis!.coefficients.slice() : Float64Array.of(1);
    terms.push({ from, size, width, first, count, functions });
    if (!(range[1] > range[0])) functions.fill(0);
    from += size, first += count, stride += width;
  }
  const means = new Float64Array(first);
  const design = {
    ...{ rows: dataset.rows, size: from, count: first, terms, stride, means },
    ...rowsOfTerms(dataset, plans, terms, stride),
  };
  const sums = timesRows(design, weights);
  standardise(design, plans, weights, sums);
  means.set(functionSums(design, sums).map((sum) => sum / sums[0]));
  means[0] = 0;
  return design;
}

/** The same functions of other rows. */
export function designOfRows(
  design: Design,
  plans: readonly TermPlan[],
  dataset: Dataset,
): Design {
  const { terms, stride } = design;
  return { ...design, rows: dataset.rows, ...rowsOfTerms(dataset, plans, terms, stride) };
}

/** Columns and values of the rows of `B`. */
function rowsOfTerms(
  { rows, nIn, inputs }: Dataset,
  plans: readonly TermPlan[],
  terms: readonly TermPlace[],
  stride: number,
): Pick<Design, "places" | "values"> {
  const places = new Int32Array(rows * stride), values = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) values[r * stride] = 1;
  let at = 1;
  plans.forEach(({ column, direction, kind, knots, range }, t) => {
    const { from, width } = terms[t], [a, b] = kind === "smooth" ? domainOf(knots) : [-1, 1];
    const scale = range[1] > range[0] ? (b - a) / (range[1] - range[0]) : 0;
    const local = new Float64Array(width);
    for (let r = 0; r < rows; r++) {
      const to = r * stride + at;
      const x = direction ? along(direction, inputs, r) : inputs[r * nIn + column];
      const u = Math.min(b, Math.max(a, a + (x - range[0]) * scale));
      if (kind === "linear") {
        places[to] = from;
        values[to] = u;
        continue;
      }
      const begin = from + writeBsplineBasis(knots, u, local) - knots.degree;
      for (let i = 0; i < width; i++) {
        places[to + i] = begin + i;
        values[to + i] = local[i];
      }
    }
    at += width;
  });
  return { places, values };
}

/** A direction times a row. */
export function along(direction: Float64Array, inputs: Float64Array, row: number): number {
  let sum = 0;
  for (let p = 0; p < direction.length; p++) {
    sum += direction[p] * inputs[row * direction.length + p];
  }
  return sum;
}

/** A variance below this share of the square of the mean is that of a constant. */
const ROUNDING = 1e-13;

/**
 * Gives the line of every term the standard deviation 1 over the rows, and functions that bend
 * together, where the plan says so; `sums` are `B^T w`.
 */
function standardise(
  design: Design,
  plans: readonly TermPlan[],
  weights: Float64Array,
  sums: Float64Array,
): void {
  design.terms.forEach((term, t) => {
    const { basis, unitBends } = plans[t], lines = basis?.lineless ? 0 : 1;
    const { size, count, functions } = term, spread = termSpread(design, t, weights, sums);
    const scale = (from: number, to: number) => {
      let variance = 0, squares = 0;
      for (let c = from; c < to; c++) {
        let mean = 0;
        for (let i = 0; i < size; i++) {
          mean += functions[i * count + c] * sums[term.from + i] / sums[0];
          for (let j = 0; j < size; j++) {
            variance += functions[i * count + c] * spread[i * size + j] * functions[j * count + c];
          }
        }
        squares += mean * mean;
      }
      const unit = variance > ROUNDING * squares ? 1 / Math.sqrt(variance) : 0;
      for (let i = 0; i < size; i++) {
        for (let c = from; c < to; c++) functions[i * count + c] *= unit;
      }
    };
    scale(0, lines);
    if (unitBends) scale(lines, count);
  });
}

/** Covariances of a term's columns of `B` over the rows, `[size, size]`. */
function termSpread(
  { rows, stride, places, values, terms }: Design,
  t: number,
  weights: Float64Array,
  sums: Float64Array,
): Float64Array {
  const { from, size, width } = terms[t], total = sums[0], spread = new Float64Array(size * size);
  const begin = 1 + terms.slice(0, t).reduce((sum, each) => sum + each.width, 0);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      spread[i * size + j] = -sums[from + i] * sums[from + j] / total / total;
    }
  }
  for (let r = 0; r < rows; r++) {
    const at = r * stride + begin, share = weights[r] / total;
    for (let i = 0; i < width; i++) {
      const line = (places[at + i] - from) * size - from, value = share * values[at + i];
      for (let j = 0; j < width; j++) spread[line + places[at + j]] += value * values[at + j];
    }
  }
  return spread;
}

/** `B^T v`. */
export function timesRows(
  { rows, size, stride, places, values }: Design,
  v: Float64Array,
): Float64Array {
  const sums = new Float64Array(size);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let k = 0; k < stride; k++, i++) sums[places[i]] += v[r] * values[i];
  }
  return sums;
}

/** `B c`. */
function splineSums({ rows, stride, places, values }: Design, c: Float64Array): Float64Array {
  const sums = new Float64Array(rows);
  for (let r = 0, i = 0; r < rows; r++) {
    let sum = 0;
    for (let k = 0; k < stride; k++, i++) sum += values[i] * c[places[i]];
    sums[r] = sum;
  }
  return sums;
}

/** `M^T s`. */
export function functionSums({ count, terms, means }: Design, s: Float64Array): Float64Array {
  const out = new Float64Array(count);
  out[0] = s[0];
  for (const { from, size, first, count: k, functions } of terms) {
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < k; c++) out[first + c] += functions[i * k + c] * s[from + i];
    }
    for (let c = 0; c < k; c++) out[first + c] -= means[first + c] * s[0];
  }
  return out;
}

/** `M b`: coefficients of `B`. */
export function toSplines({ size, terms, means }: Design, b: Float64Array): Float64Array {
  const out = new Float64Array(size);
  out[0] = b[0];
  for (const { from, size: n, first, count: k, functions } of terms) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let c = 0; c < k; c++) sum += functions[i * k + c] * b[first + c];
      out[from + i] = sum;
    }
    for (let c = 0; c < k; c++) out[0] -= means[first + c] * b[first + c];
  }
  return out;
}

/** `X^T v`. */
export function timesDesign(design: Design, v: Float64Array): Float64Array {
  return functionSums(design, timesRows(design, v));
}

/** `X b`. */
export function predictors(design: Design, b: Float64Array): Float64Array {
  return splineSums(design, toSplines(design, b));
}

/** Rows that all pairs of terms pass over while their numbers, about this many, are in the cache. */
const CHUNK_NUMBERS = 10_000;

/** Splines of a row whose degree is 3: they add up to 1. */
const CUBIC = 4;

/** `X^T diag(w) X`, shape `[count, count]`, both halves. */
export function crossProduct(design: Design, w: Float64Array): Float64Array {
  const sums = new Float64Array(design.size ** 2);
  addProducts(design, w, sums);
  return functionProducts(design, sums);
}

/**
 * Adds `B^T diag(w) B`, of which the upper half counts, to sums of shape `[size, size]`, but for the
 * products of ones and cubic splines, which {@linkcode functionProducts} finds.
 */
export function addProducts(design: Design, w: Float64Array, sums: Float64Array): void {
  const { rows, terms } = design, widths = [1, ...terms.map(({ width }) => width)];
  const at = widths.map((_, t) => widths.slice(0, t).reduce((sum, width) => sum + width, 0));
  const chunk = Math.ceil(CHUNK_NUMBERS / design.stride);
  for (let from = 0; from < rows; from += chunk) {
    const part = { from, to: Math.min(rows, from + chunk), w };
    for (let a = 0; a < widths.length; a++) {
      for (let b = a; b < widths.length; b++) {
        const pair = { a: at[a], b: at[b], widthA: widths[a], widthB: widths[b] };
        if (a === 0 && widths[b] === CUBIC) continue;
        if (widths[a] === CUBIC && widths[b] === CUBIC) {
          addCubicPair(design, part, at[a], at[b], sums);
        } else addPair(design, part, pair, sums);
      }
    }
  }
}

/** `X^T W X` from `B^T W B`. */
export function functionProducts(design: Design, sums: Float64Array): Float64Array {
  const { size, count, terms } = design;
  for (const { from, size: n, width } of terms) {
    for (let i = from; width === CUBIC && i < from + n; i++) {
      sums[i] = 0;
      for (let j = from; j < from + n; j++) sums[i] += sums[i * size + j];
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) sums[i * size + j] = sums[j * size + i];
  }
  const half = new Float64Array(size * count);
  for (let i = 0; i < size; i++) {
    half.set(functionSums(design, sums.subarray(i * size, (i + 1) * size)), i * count);
  }
  const result = new Float64Array(count * count), line = new Float64Array(size);
  for (let c = 0; c < count; c++) {
    for (let i = 0; i < size; i++) line[i] = half[i * count + c];
    result.set(functionSums(design, line), c * count);
  }
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      result[i * count + j] =
        result[j * count + i] =
          (result[i * count + j] + result[j * count + i]) / 2;
    }
  }
  return result;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly w: Float64Array;
}

/** Adds the products of two terms' values in some rows. */
function addPair(
  { stride, places, values, size }: Design,
  { from, to, w }: Part,
  { a, b, widthA, widthB }: Readonly<Record<"a" | "b" | "widthA" | "widthB", number>>,
  sums: Float64Array,
): void {
  for (let r = from; r < to; r++) {
    const atA = r * stride + a, atB = r * stride + b, column = places[atB];
    for (let i = 0; i < widthA; i++) {
      const share = w[r] * values[atA + i], line = places[atA + i] * size + column;
      for (let j = 0; j < widthB; j++) sums[line + j] += share * values[atB + j];
    }
  }
}

/** The same for four values and four. */
function addCubicPair(
  { stride, places, values, size }: Design,
  { from, to, w }: Part,
  a: number,
  b: number,
  sums: Float64Array,
): void {
  for (let r = from; r < to; r++) {
    const atA = r * stride + a, atB = r * stride + b, weight = w[r];
    const s = values[atB], t = values[atB + 1], u = values[atB + 2], v = values[atB + 3];
    let line = places[atA] * size + places[atB];
    for (let i = 0; i < 4; i++, line += size) {
      const share = weight * values[atA + i];
      sums[line] += share * s;
      sums[line + 1] += share * t;
      sums[line + 2] += share * u;
      sums[line + 3] += share * v;
    }
  }
}

/** `x_r^T V x_r` of every row, `V` of shape `[count, count]`, symmetric. */
export function rowForms(design: Design, v: Float64Array): Float64Array {
  const { rows, size, stride, places, values, count } = design;
  const half = new Float64Array(count * size);
  for (let c = 0; c < count; c++) {
    half.set(toSplines(design, v.subarray(c * count, (c + 1) * count)), c * size);
  }
  const full = new Float64Array(size * size), line = new Float64Array(count);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < count; c++) line[c] = half[c * size + i];
    full.set(toSplines(design, line), i * size);
  }
  const forms = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const at = r * stride, end = at + stride;
    let sum = 0;
    for (let i = at; i < end; i++) {
      const from = places[i] * size;
      let inner = full[from + places[i]] * values[i] / 2;
      for (let j = i + 1; j < end; j++) inner += full[from + places[j]] * values[j];
      sum += 2 * values[i] * inner;
    }
    forms[r] = sum;
  }
  return forms;
}
