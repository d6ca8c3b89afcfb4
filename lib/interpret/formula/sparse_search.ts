/**
 * Which few terms of a dictionary make up a target: orthogonal matching pursuit with a beam.
 *
 * @module
 */

import { dot, log10 } from "../../numerics/inner.ts";
import type { Atom } from "./dictionary.ts";

/** A sum of terms. */
export interface SparseSum {
  readonly terms: readonly { readonly atom: Atom; readonly coefficient: number }[];
  readonly constant: number;
  /** Share of the weighted variance that is not explained. */
  readonly unexplained: number;
  readonly cost: number;
}

interface State {
  readonly chosen: readonly number[];
  readonly residual: Float64Array;
  readonly basis: readonly Float64Array[];
  /** Squared length of every column at right angles to the basis, unit at first. */
  readonly lengths: Float64Array;
  readonly rss: number;
  readonly cost: number;
}

/** Options of {@linkcode sparseSums}. */
export interface SparseOptions {
  readonly most: number;
  readonly beam: number;
  /** States of every number of terms that are returned. */
  readonly keep: number;
  /** First terms that are gone on with. Default: twice the beam. */
  readonly pairs?: number;
}

/** Finds sums of few terms that are near a target, of one term, of two, and so on. */
export function sparseSums(
  atoms: readonly Atom[],
  target: Float64Array,
  weights: Float64Array,
  { most, beam, keep, pairs = 2 * beam }: SparseOptions,
): SparseSum[] {
  const rows = target.length;
  const columns = atoms.map(({ values }) => unit(values, weights));
  const wanted = target.map((each, r) => each * weights[r]);
  const ones = unit(new Float64Array(rows).fill(1), weights)!;
  const first = removed(wanted, ones), total = dot(first, first);
  if (!(total > 0)) return [];
  const lengths = Float64Array.from(columns, (column) => {
    if (column === undefined) return 0;
    const along = dot(column, ones);
    return 1 - along * along;
  });
  let states: State[] = [{
    ...{ chosen: [], residual: first, basis: [ones], lengths, rss: total, cost: 0 },
  }];
  const sums: SparseSum[] = [], floor = 1e-24 * dot(wanted, wanted);
  for (let size = 1; size <= most && states.length > 0; size++) {
    const next = states.flatMap((state) =>
      extensions(state, columns, atoms, size === 1 ? pairs : beam)
    );
    next.sort((a, b) => a.score - b.score);
    const seen = new Set<string>(), kept: State[] = [];
    for (const { state, at } of next) {
      if (kept.length >= (size === 1 ? pairs : beam)) break;
      const key = [...state.chosen, at].sort((a, b) => a - b).join();
      if (seen.has(key)) continue;
      seen.add(key);
      const extended = extend(state, at, columns, atoms);
      if (extended) kept.push(extended);
    }
    kept.sort((a, b) => scoreOf(a.rss, a.cost, total) - scoreOf(b.rss, b.cost, total));
    for (const state of kept.slice(0, keep)) {
      const sum = solve(state, atoms, target, weights, total);
      if (sum) sums.push(sum);
    }
    states = kept.filter(({ rss }) => rss > floor);
    if (states.length < kept.length) break; // exact: more terms add nothing
  }
  return sums;
}

/** Digits of the fit, and what they cost. */
function scoreOf(rss: number, cost: number, total: number): number {
  return log10(Math.max(rss / total, 1e-22)) + 0.12 * cost;
}

function unit(values: Float64Array, weights: Float64Array): Float64Array | undefined {
  const column = values.map((each, r) => each * weights[r]), size = Math.sqrt(dot(column, column));
  if (!(size > 0) || !Number.isFinite(size)) return undefined;
  return column.map((each) => each / size);
}

function removed(vector: Float64Array, basis: Float64Array): Float64Array {
  const along = dot(vector, basis);
  return vector.map((each, r) => each - along * basis[r]);
}

/** Most terms of a denominator: with more, functions without a constant can come near to 1. */
const MOST_BELOW = 3;

interface Extension {
  readonly state: State;
  readonly at: number;
  readonly score: number;
}

function extensions(
  state: State,
  columns: readonly (Float64Array | undefined)[],
  atoms: readonly Atom[],
  most: number,
): Extension[] {
  const { residual, lengths, rss, cost } = state, found: Extension[] = [];
  const full = state.chosen.filter((at) => atoms[at].timesTarget).length >= MOST_BELOW;
  for (let at = 0; at < columns.length; at++) {
    const column = columns[at];
    if (column === undefined || !(lengths[at] > 1e-9)) continue;
    if (full && atoms[at].timesTarget) continue;
    const along = dot(residual, column), gain = along * along / lengths[at];
    found.push({
      state,
      at,
      score: scoreOf(Math.max(rss - gain, rss * 1e-12), cost + atoms[at].cost + 1, 1),
    });
  }
  return found.sort((a, b) => a.score - b.score).slice(0, most);
}

function extend(
  state: State,
  at: number,
  columns: readonly (Float64Array | undefined)[],
  atoms: readonly Atom[],
): State | undefined {
  let direction = columns[at]!;
  for (let twice = 0; twice < 2; twice++) {
    for (const each of state.basis) direction = removed(direction, each);
  }
  const size = Math.sqrt(dot(direction, direction));
  if (!(size > 1e-6)) return undefined;
  direction = direction.map((each) => each / size);
  const residual = removed(state.residual, direction);
  const lengths = state.lengths.slice();
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    if (column === undefined || lengths[i] <= 1e-9) continue;
    const along = dot(column, direction);
    lengths[i] -= along * along;
  }
  return {
    chosen: [...state.chosen, at],
    residual,
    basis: [...state.basis, direction],
    lengths,
    rss: dot(residual, residual),
    cost: state.cost + atoms[at].cost + 1,
  };
}

/** The coefficients: back substitution with the orthonormal basis. */
function solve(
  { chosen, basis, rss, cost }: State,
  atoms: readonly Atom[],
  target: Float64Array,
  weights: Float64Array,
  total: number,
): SparseSum | undefined {
  const raw = [new Float64Array(target.length).fill(1), ...chosen.map((at) => atoms[at].values)]
    .map((values) => values.map((each, r) => each * weights[r]));
  const wanted = target.map((each, r) => each * weights[r]), n = raw.length;
  const coefficients = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = dot(basis[i], wanted);
    for (let j = i + 1; j < n; j++) sum -= dot(basis[i], raw[j]) * coefficients[j];
    coefficients[i] = sum / dot(basis[i], raw[i]);
  }
  if (!coefficients.every(Number.isFinite)) return undefined;
  return {
    terms: chosen.map((at, i) => ({ atom: atoms[at], coefficient: coefficients[i + 1] })),
    constant: coefficients[0],
    unexplained: chosen.some((at) => atoms[at].timesTarget)
      ? fractionError(chosen, atoms, coefficients, target)
      : rss / total,
    cost,
  };
}

/** The share that a fraction leaves: the sum was fitted after multiplication by the denominator. */
function fractionError(
  chosen: readonly number[],
  atoms: readonly Atom[],
  coefficients: Float64Array,
  target: Float64Array,
): number {
  let rss = 0, mean = 0, total = 0;
  for (const y of target) mean += y / target.length;
  for (let r = 0; r < target.length; r++) {
    let above = coefficients[0], below = 1;
    chosen.forEach((at, i) => {
      const term = coefficients[i + 1] * atoms[at].values[r];
      if (atoms[at].timesTarget) below -= target[r] === 0 ? 0 : term / target[r];
      else above += term;
    });
    rss += (above / below - target[r]) ** 2;
    total += (target[r] - mean) ** 2;
  }
  return Number.isFinite(rss) ? rss / total : Infinity;
}
