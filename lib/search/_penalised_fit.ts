/**
 * Penalised least squares and logistic regression on columns in groups, each group with a ridge
 * penalty whose strength the rows choose: restricted maximum likelihood by the updates of Fellner and
 * Schall (Wood and Fasiolo 2017, eq. 6).
 *
 * @module
 */

import { inverseDiagonal, normalEquations, probedDiagonal } from "./_dense.ts";
import { factorPositive, solveByFactor } from "../numerics/inner.ts";
import type { RowSums } from "./_many_rows.ts";

/** What is fitted. */
export type TargetFamily = "gaussian" | "classes";

/** PenalisedColumns in groups. */
export interface PenalisedColumns {
  /** Shape `[rows, count]`, the first column all 1. */
  readonly values: Float64Array;
  readonly rows: number;
  readonly count: number;
  /** The group of every column; -1: no penalty. */
  readonly groups: Int32Array;
  readonly numGroups: number;
}

/** What {@linkcode fitPenalised} finds. */
export interface PenalisedFit {
  /** Shape `[count, nOut]`. */
  readonly coefficients: Float64Array;
  /** Strengths, shape `[numGroups, nOut]`. */
  readonly strengths: Float64Array;
  /** Effective degrees of freedom per output. */
  readonly edf: readonly number[];
}

const LEAST = 1e-6, MOST = 1e9, SMALLEST_WEIGHT = 1e-5;

/** More columns than these have the diagonal of their inverse estimated by so many probes. */
const MOST_EXACT = 160, PROBES = 12;

/** Fits all outputs; `start` are strengths to begin with, `updates` how often they may change. */
export function fitPenalised(
  columns: PenalisedColumns,
  targets: Float64Array,
  nOut: number,
  family: TargetFamily,
  weights: Float64Array | undefined,
  start?: Float64Array,
  updates = family === "gaussian" ? 25 : 12,
): PenalisedFit {
  const { rows, count, numGroups } = columns;
  const coefficients = new Float64Array(count * nOut);
  const strengths = start?.slice() ?? new Float64Array(numGroups * nOut).fill(1);
  const edf: number[] = new Array(nOut).fill(1);
  const w = weights ?? new Float64Array(rows).fill(1);
  if (family === "gaussian") {
    for (let q = 0; q < nOut; q++) {
      const y = Float64Array.from({ length: rows }, (_, r) => targets[r * nOut + q]);
      const normal = normalEquations(columns.values, rows, count, w, y);
      let yy = 0, total = 0;
      for (let r = 0; r < rows; r++) {
        yy += w[r] * y[r] * y[r];
        total += w[r];
      }
      const lambda = strengths.slice(q * numGroups, (q + 1) * numGroups);
      const solved = settle(columns, normal, lambda, updates, scaleOf(columns, lambda, yy, total));
      for (let i = 0; i < count; i++) coefficients[i * nOut + q] = solved.beta[i];
      strengths.set(lambda, q * numGroups);
      edf[q] = solved.edf;
    }
    return { coefficients, strengths, edf };
  }
  const passes = updates + 5;
  const logits = new Float64Array(rows * nOut), z = new Float64Array(rows);
  const curved = new Float64Array(rows), p = new Float64Array(rows);
  for (let pass = 0; pass < passes; pass++) {
    let moved = 0;
    for (let q = 0; q < nOut; q++) {
      probabilityOf(logits, rows, nOut, q, p);
      for (let r = 0; r < rows; r++) {
        const curvature = Math.max(p[r] * (1 - p[r]), SMALLEST_WEIGHT);
        curved[r] = w[r] * curvature;
        z[r] = logits[r * nOut + q] +
          clip((targets[r * nOut + q] - p[r]) / curvature, 8);
      }
      const normal = normalEquations(columns.values, rows, count, curved, z);
      const lambda = strengths.slice(q * numGroups, (q + 1) * numGroups);
      const steps = pass < 2 ? 0 : pass - 2 < updates ? 1 : 0;
      const solved = settle(columns, normal, lambda, steps, () => 1);
      strengths.set(lambda, q * numGroups);
      edf[q] = solved.edf;
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += columns.values[r * count + i] * solved.beta[i];
        sum = clip(sum, 30);
        moved = Math.max(moved, Math.abs(sum - logits[r * nOut + q]));
        logits[r * nOut + q] = sum;
      }
      for (let i = 0; i < count; i++) coefficients[i * nOut + q] = solved.beta[i];
    }
    if (moved < 1e-3 && (pass > updates || pass > 3 && updates === 0)) break;
  }
  return { coefficients, strengths, edf };
}

/** Fits numbers by sums over their rows, as {@linkcode fitPenalised} does by the rows themselves. */
export function fitRowSums(
  columns: Omit<PenalisedColumns, "values">,
  { matrix, right, squares, total }: RowSums,
  nOut: number,
  start?: Float64Array,
  updates = 25,
): PenalisedFit {
  const { count, numGroups } = columns;
  const coefficients = new Float64Array(count * nOut), edf: number[] = [];
  const strengths = start?.slice() ?? new Float64Array(numGroups * nOut).fill(1);
  for (let q = 0; q < nOut; q++) {
    const lambda = strengths.slice(q * numGroups, (q + 1) * numGroups);
    const scale = scaleOf(columns, lambda, squares[q], total);
    const solved = settle(columns, { matrix, right: right[q] }, lambda, updates, scale);
    for (let i = 0; i < count; i++) coefficients[i * nOut + q] = solved.beta[i];
    strengths.set(lambda, q * numGroups);
    edf.push(solved.edf);
  }
  return { coefficients, strengths, edf };
}

/** Estimates the noise's variance: the sum of squares is `y'y - 2 b'X'y + b'X'X b`, of a solution. */
function scaleOf(
  { rows, count, groups }: Omit<PenalisedColumns, "values">,
  lambda: Float64Array,
  yy: number,
  total: number,
) {
  return (beta: Float64Array, freedom: number, right: Float64Array): number => {
    let fitted = 0, penalty = 0;
    for (let i = 0; i < count; i++) fitted += beta[i] * right[i];
    for (let i = 0; i < count; i++) {
      if (groups[i] >= 0) penalty += lambda[groups[i]] * beta[i] * beta[i];
    }
    const rss = Math.max(yy - fitted - penalty, 1e-12 * yy + 1e-300);
    return rss * (rows / Math.max(total, 1e-300)) / Math.max(rows - freedom, 1);
  };
}

/** Solves, and updates the strengths; leaves the last solution and the strengths it was made with. */
function settle(
  { count, groups, numGroups }: Omit<PenalisedColumns, "values">,
  { matrix, right }: { readonly matrix: Float64Array; readonly right: Float64Array },
  lambda: Float64Array,
  updates: number,
  scale: (beta: Float64Array, edf: number, right: Float64Array) => number,
): { readonly beta: Float64Array; readonly edf: number } {
  const size = new Float64Array(numGroups), used = new Float64Array(numGroups);
  const square = new Float64Array(numGroups);
  for (const g of groups) if (g >= 0) size[g]++;
  let factor: Float64Array = new Float64Array(0), beta = new Float64Array(0), edf = count;
  for (let k = 0; k <= updates; k++) {
    let jitter = 1e-10;
    for (;; jitter *= 100) {
      const penalised = matrix.slice();
      for (let i = 0; i < count; i++) {
        const g = groups[i];
        penalised[i * count + i] += (g >= 0 ? lambda[g] : 0) + jitter * (1 + matrix[i * count + i]);
      }
      const found = factorPositive(penalised, count);
      factor = found?.factor ?? new Float64Array(count * count).fill(NaN);
      if (found !== undefined || jitter > 1e6) break;
    }
    beta = right.slice();
    solveByFactor(factor, count, beta);
    if (k === updates && updates === 0) break;
    const diagonal = count <= MOST_EXACT
      ? inverseDiagonal(factor, count)
      : probedDiagonal(factor, count, PROBES);
    used.fill(0);
    square.fill(0);
    edf = 0;
    for (let i = 0; i < count; i++) {
      const g = groups[i];
      if (g < 0) {
        edf++;
        continue;
      }
      used[g] += diagonal[i];
      square[g] += beta[i] * beta[i];
      edf += 1 - lambda[g] * diagonal[i];
    }
    if (k === updates) break;
    const sigma = scale(beta, edf, right);
    let change = 0;
    for (let g = 0; g < numGroups; g++) {
      if (size[g] === 0) continue;
      const top = Math.max(size[g] / lambda[g] - used[g], 1e-12 / lambda[g]);
      const next = Math.min(
        MOST,
        Math.max(LEAST, lambda[g] * clipRatio(sigma * top / Math.max(square[g], 1e-300))),
      );
      change = Math.max(change, Math.abs(Math.log(next / lambda[g])));
      lambda[g] = next;
    }
    if (change < 0.02) updates = k + 1;
  }
  return { beta, edf };
}

function clipRatio(x: number): number {
  return Math.min(100, Math.max(0.01, x));
}

function clip(x: number, most: number): number {
  return Math.min(most, Math.max(-most, x));
}

/** Probabilities of one class: sigmoid of one output, softmax of several. */
function probabilityOf(
  logits: Float64Array,
  rows: number,
  nOut: number,
  q: number,
  out: Float64Array,
): void {
  for (let r = 0; r < rows; r++) {
    if (nOut === 1) {
      out[r] = 1 / (1 + Math.exp(-logits[r]));
      continue;
    }
    let most = -Infinity, sum = 0;
    for (let k = 0; k < nOut; k++) most = Math.max(most, logits[r * nOut + k]);
    for (let k = 0; k < nOut; k++) sum += Math.exp(logits[r * nOut + k] - most);
    out[r] = Math.exp(logits[r * nOut + q] - most) / sum;
  }
}
