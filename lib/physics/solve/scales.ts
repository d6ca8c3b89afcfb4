/**
 * The sizes of a problem: of its unknowns, and of the terms of its equations and conditions.
 *
 * Units must not matter: a residual counts in units of the largest part of its equation, an unknown
 * in units of its own size. Before training the sizes are estimated from what is given (conditions,
 * measurements, sources); after the first level they are measured. All estimates are homogeneous:
 * in other units the same numbers come out in those units.
 *
 * @module
 */

import { createRandom } from "../../model/mod.ts";
import {
  apply,
  differentiate,
  evaluateExpression,
  type Expression,
  number,
} from "../equations/expression.ts";
import { outputName, outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { exp, log } from "../../numerics/inner.ts";

/** Sizes in the user's units. */
export interface PdeScales {
  /** Per unknown: the network's output times this is what the equations see. */
  readonly unknowns: readonly number[];
  /** Per term (equations first, then the conditions that the ansatz does not fulfil). */
  readonly terms: readonly number[];
}

/** Where a term is evaluated: values of coordinates, data columns and coefficients per point. */
export type TermPoints = readonly Readonly<Record<string, number>>[];

/** Points of a term that sizes are judged by, at most. */
export const MOST_SCALE_POINTS = 64;
/** Of an equation's estimated size, what is kept where the measured one is smaller. */
const LEAST_SHARE = 1e-2;

/**
 * Estimates sizes before training, at points per term.
 *
 * An unknown is as large as conditions, measurements and sources make it where the others are 0: of
 * `c u + ... = s` (or of its lowest derivative) `|s| / |c|`, derivatives taken by coordinates in
 * units of half their range. A term is as large as the largest of its summands, for values and
 * derivatives of those sizes.
 */
export function estimateScales(resolved: ResolvedPde, points: readonly TermPoints[]): PdeScales {
  const { terms, unknowns } = resolved;
  const sizes = unknowns.map(() => 0);
  for (const conditions of [true, false]) {
    for (let pass = 0; pass < unknowns.length; pass++) {
      const found = sizes.slice();
      terms.forEach((term, k) => {
        if (!!term.condition !== conditions) return;
        unknowns.forEach((_, u) => {
          const size = impliedSize(resolved, term, points[k], u, sizes);
          if (size > found[u]) found[u] = size;
        });
      });
      if (found.every((size, u) => size === sizes[u])) break;
      found.forEach((size, u) => sizes[u] = size);
    }
  }
  const known = sizes.filter((size) => size > 0);
  const typical = known.length > 0 ? exp(mean(known.map(log))) : 1;
  const filled = sizes.map((size) => size > 0 ? size : typical);
  return {
    unknowns: filled,
    terms: terms.map((term, k) =>
      term.penalty ? 1 : estimatedTerm(resolved, term, points[k], filled)
    ),
  };
}

/**
 * Sizes measured on a trained network: root mean squares of its outputs, in the user's units, and
 * of the largest summand of each term; sizes of `before` are kept where nothing is known.
 */
export function correctScales(
  resolved: ResolvedPde,
  points: readonly TermPoints[],
  { unknowns, terms }: PdeScales,
  before: PdeScales,
): PdeScales {
  const sound = (size: number, old: number) => size > 0 && size < Infinity ? size : old;
  const sizes = unknowns.map((size, u) => sound(size, before.unknowns[u]));
  return {
    unknowns: sizes,
    terms: resolved.terms.map((term, k) => {
      if (term.penalty) return 1; // its weight is in the unknown's units
      // u = 0 counts in units of u elsewhere
      const share = term.condition ? 1 : LEAST_SHARE;
      const least = share * estimatedTerm(resolved, term, points[k], sizes);
      return sound(Math.max(terms[k], least), before.terms[k]);
    }),
  };
}

/** The summands of a formula: the parts of its sums and differences, brackets multiplied out. */
export function summands(expression: Expression): Expression[] {
  if (expression.kind !== "call") return [expression];
  const { name, arguments: [a, b] } = expression;
  if (name === "+" || name === "-") return [...summands(a), ...summands(b)];
  if (name === "*") {
    const left = summands(a), right = summands(b);
    if (left.length * right.length > 64) return [expression];
    return left.flatMap((x) => right.map((y) => apply("*", x, y)));
  }
  if (name === "/") return summands(a).map((x) => apply("/", x, b));
  return [expression];
}

/** `1 / half the range` per order: how large a derivative of a function of size 1 is. */
function rateOf(resolved: ResolvedPde, derivative: readonly number[]): number {
  return derivative.reduce((rate, i) => {
    const [a, b] = resolved.ranges[i];
    return rate * 2 / (b - a);
  }, 1);
}

/** The size of an unknown that makes one term hold; 0 where the term does not depend on it. */
function impliedSize(
  resolved: ResolvedPde,
  { residual }: ResolvedTerm,
  points: TermPoints,
  unknown: number,
  sizes: readonly number[],
): number {
  const derivatives = outputsOf(residual)
    .filter(({ output }) => output === unknown)
    .sort((a, b) => a.derivative.length - b.derivative.length);
  if (derivatives.length === 0) return 0;
  const jets = sampledJets(resolved, residual, points, sizes.map((s, u) => u === unknown ? 0 : s));
  const source = rootMeanSquare(jets.map((values) => evaluateExpression(residual, values)));
  if (!(source > 0)) return 0;
  const slopes = derivatives.map(({ name, derivative }) => {
    const slope = differentiate(
      residual,
      (variable) => variable === name ? number(1) : undefined,
    );
    const size = rootMeanSquare(jets.map((values) => evaluateExpression(slope, values)));
    return size * rateOf(resolved, derivative);
  });
  const isValue = derivatives[0].derivative.length === 0 && slopes[0] > 0;
  const slope = isValue ? slopes[0] : Math.max(...slopes);
  const size = source / slope;
  if (!(size > 0 && size < Infinity)) return 0;
  return withinBalance(size, source, (x) => {
    const moved = sampledJets(
      resolved,
      residual,
      points,
      sizes.map((s, u) => u === unknown ? x : s),
    );
    return rootMeanSquare(
      moved.map((values, r) =>
        evaluateExpression(residual, values) - evaluateExpression(residual, jets[r])
      ),
    );
  });
}

/** A size this much smaller shows what is linear. */
const LINEAR = 1e-6;
/** Powers of an unknown may be this many times as large as what they balance. */
const BALANCE = 2;
const MOST_HALVINGS = 200;

/**
 * A size, halved while powers of the unknown outgrow both its linear part and the source: of
 * `c u + u^3 = s` it is `s^(1/3)` where `c` is small, not `s / c`.
 *
 * @param change What the term changes by for an unknown of a size.
 */
function withinBalance(size: number, source: number, change: (size: number) => number): number {
  const linear = change(LINEAR * size) / LINEAR / size;
  let x = size;
  for (let k = 0; k < MOST_HALVINGS; k++, x /= 2) {
    if (!(change(x) > BALANCE * Math.max(source, linear * x))) return x;
  }
  return size;
}

/** The largest summand of a term for values and derivatives of the unknowns' sizes. */
function estimatedTerm(
  resolved: ResolvedPde,
  { residual }: ResolvedTerm,
  points: TermPoints,
  sizes: readonly number[],
): number {
  const jets = sampledJets(resolved, residual, points, sizes);
  const all = summands(residual)
    .map((part) => rootMeanSquare(jets.map((values) => evaluateExpression(part, values))))
    .filter((size) => size > 0 && size < Infinity);
  return all.length > 0 ? Math.max(...all) : 1;
}

/** Random values of the unknowns and their derivatives at points; the same ones in other units. */
function sampledJets(
  resolved: ResolvedPde,
  residual: Expression,
  points: TermPoints,
  sizes: readonly number[],
): Record<string, number>[] {
  const random = createRandom(0, "physics/scales");
  const outputs = outputsOf(residual);
  return points.map((point) => {
    const values: Record<string, number> = { ...point };
    const drawn = new Map<string, number>(); // the same everywhere, so that integrals have a size
    for (const { name, output, derivative } of outputs) {
      const key = outputName(output, derivative), value = drawn.get(key) ?? random.normal();
      drawn.set(key, value);
      values[name] = sizes[output] * rateOf(resolved, derivative) * value;
    }
    return values;
  });
}

/** The root of the mean square of the finite ones; 0 of none. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0, count = 0, most = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  }
  if (most === 0) return 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    sum += (values[i] / most) ** 2;
    count++;
  }
  return most * Math.sqrt(sum / count);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
