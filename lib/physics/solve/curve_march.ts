/**
 * Initial value problems of ordinary differential equations, piece after piece of time.
 *
 * A piece holds polynomials of degree 9, which begin with the values and derivatives at which the one
 * before ends, and hold the equations in the sense of least squares at Gauss's points. That damps what
 * is fast and stiff, so that pieces are as long as the solution wants, and not as its fastest rate. A
 * residual counts in units of what the unknowns' sizes so far make it, over the piece's length: it is
 * the share of its unknown that the piece adds to the error.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import {
  collocateCurve,
  type Curves,
  curveStep,
  type CurveSystem,
  derivativeOfCurve,
  jetSizes,
  lossOfCurve,
  rescaleTerms,
  valuesOfCurve,
} from "./curve_collocation.ts";
import { splineFit } from "./spline_fits.ts";
import { continueWindow, type Line, lineOn, ORDER } from "./window_space.ts";

/** Pieces that a march begins with, and so many at most. */
const FIRST_STEPS = 64, MOST_STEPS = 3000;
/** The shortest piece, as a share of the whole. */
const SHORTEST = 1e-15;
/** Newton's steps of a piece, and the relative change that ends them. */
const NEWTON_STEPS = 12, SETTLED = 1e-13;
/** Bounds of what a piece's length is changed by. */
const SHORTER = 0.2, LONGER = 2.4, CAREFUL = 0.85;
/** Pieces of the joined splines a step, and places of a piece where they are fitted. */
const PARTS = 2, PLACES = 4;

/** Whether all conditions are at the beginning. */
export function isInitialValueProblem({ coordinates: [name], ranges, terms }: ResolvedPde) {
  const conditions = terms.flatMap(({ condition }) => condition ? [condition] : []);
  return conditions.length > 0 &&
    conditions.every(({ at }) => at && at[name] === ranges[0][0]);
}

/** A polynomial per unknown on a piece of time. */
interface Step {
  readonly curve: Curves;
  /** Residual at other points. */
  readonly fresh: number;
  /** Whether the equations leave nothing open but what the piece begins with. */
  readonly isDecided: boolean;
}

/** What a march remembers: the largest values so far of unknowns and of their lower derivatives. */
type Sizes = readonly Float64Array[];

/** Functions from the beginning to the end. */
export interface MarchedCurve {
  readonly curve: Curves;
  /**
   * Whether the conditions give all that the first piece begins with, and the equations the rest of
   * every piece: then no other solution begins so (Picard and Lindelöf's theorem).
   */
  readonly isDecided: boolean;
}

/** Marches to the end, and joins all to splines; undefined where no piece leads on. */
export async function marchCurve(
  resolved: ResolvedPde,
  goal: number,
  signal?: AbortSignal,
): Promise<MarchedCurve | undefined> {
  const { ranges: [[a, b]], unknowns } = resolved, orders = ordersOf(resolved);
  const equations = { ...resolved, terms: resolved.terms.filter(({ condition }) => !condition) };
  const sizes: Sizes = orders.map((order) => new Float64Array(Math.max(1, order)));
  const steps: Curves[] = [];
  let from = a, isDecided = true, length = (b - a) / FIRST_STEPS, tries = 0;
  while (from < b) {
    if (++tries % 16 === 0) await new Promise((resolve) => setTimeout(resolve)); // a signal may come
    if (tries > MOST_STEPS || length < SHORTEST * (b - a) || signal?.aborted) return undefined;
    const to = from + 1.1 * length >= b ? b : from + length, before = steps.at(-1);
    const line = lineOn(Float64Array.of(from, to), false);
    const first: Beginning | undefined = before
      ? { coefficients: continued(before, line, orders), isDecided }
      : beginning(resolved, line, orders, sizes);
    const step: Step | undefined = first &&
      solveStep(equations, { line, coefficients: first.coefficients }, orders, sizes);
    if (!step || !(step.fresh <= goal)) {
      const shorter = step ? CAREFUL * pow(goal / step.fresh, 1 / ORDER) : SHORTER;
      length = (to - from) * Math.min(0.7, Math.max(SHORTER, shorter));
      continue;
    }
    steps.push(step.curve);
    isDecided = first!.isDecided && step.isDecided;
    remember(step.curve, sizes);
    from = to;
    const ratio = CAREFUL * pow(goal / Math.max(step.fresh, Number.MIN_VALUE), 1 / ORDER);
    length = (line.breakpoints[1] - line.breakpoints[0]) * Math.min(LONGER, Math.max(0.5, ratio));
  }
  return { curve: joined(steps, unknowns.length), isDecided };
}

/** The highest derivative of each unknown. */
function ordersOf({ terms, unknowns }: ResolvedPde): number[] {
  const orders = unknowns.map(() => 0);
  for (const { residual, condition } of terms) {
    if (condition) continue;
    for (const { output, derivative } of outputsOf(residual)) {
      orders[output] = Math.max(orders[output], derivative.length);
    }
  }
  return orders;
}

/** What a piece begins with, and whether all of that is known. */
interface Beginning {
  readonly coefficients: Float64Array;
  readonly isDecided: boolean;
}

/** The first piece's polynomials as the conditions want them, continued by Taylor's formula. */
function beginning(
  resolved: ResolvedPde,
  line: Line,
  orders: readonly number[],
  sizes: Sizes,
): Beginning | undefined {
  const conditions = { ...resolved, terms: resolved.terms.filter(({ condition }) => condition) };
  const nOut = orders.length;
  const on = collocateCurve(conditions, line, conditions.terms.map(() => 1));
  let at: Float64Array = new Float64Array(ORDER * nOut), open = at.length;
  for (let k = 0; k < NEWTON_STEPS; k++) {
    if (!Number.isFinite(lossOfCurve(on, at))) return undefined;
    const { change, undecided } = curveStep(on, 0), moved = at.map((c, i) => c + change[i]);
    open = undecided;
    const isSettled = moved.every((c, i) => Math.abs(c - at[i]) <= SETTLED * Math.abs(c));
    at = moved;
    if (isSettled) break;
  }
  const coefficients = taylor(at, nOut, orders), curve = { line, coefficients };
  orders.forEach((order, u) => {
    for (let d = 0; d < Math.max(1, order); d++) {
      sizes[u][d] = Math.abs(derivativeOfCurve(curve, line.breakpoints[0], u, d));
    }
  });
  return { coefficients, isDecided: at.length - open === numFirst(orders) };
}

/** Coefficients that a piece begins with. */
function numFirst(orders: readonly number[]): number {
  return orders.reduce((sum, order) => sum + order, 0);
}

/** Coefficients whose differences beyond the known ones are 0. */
function taylor(at: Float64Array, nOut: number, orders: readonly number[]): Float64Array {
  const all = new Float64Array(at.length);
  orders.forEach((order, u) => {
    const last = Math.max(1, order);
    const differences = Float64Array.from({ length: last }, (_, i) => at[i * nOut + u]);
    for (let k = 1; k < last; k++) {
      for (let i = last - 1; i >= k; i--) differences[i] -= differences[i - 1];
    }
    for (let j = 0; j < ORDER; j++) {
      for (let k = 0, choose = 1; k < last; choose = choose * (j - k) / (k + 1), k++) {
        all[j * nOut + u] += choose * differences[k];
      }
    }
  });
  return all;
}

/** The polynomials of the piece before, continued. */
function continued(before: Curves, line: Line, orders: readonly number[]): Float64Array {
  const nOut = orders.length, [a, b] = before.line.breakpoints, [from, to] = line.breakpoints;
  const next = continueWindow(
    {
      span: [a, b],
      line: before.line,
      coefficients: turned(before.coefficients, ORDER, nOut),
    },
    to - from,
    orders,
  );
  return turned(next.coefficients, nOut, ORDER);
}

function turned(values: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    values,
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)],
  );
}

/** Solves a piece; undefined where Newton's steps lead nowhere. */
function solveStep(
  equations: ResolvedPde,
  begin: Curves,
  orders: readonly number[],
  sizes: Sizes,
): Step | undefined {
  const { line } = begin, units = equations.terms.map(() => 1);
  const on = collocateCurve(equations, line, units);
  let at = begin.coefficients, loss = lossOfCurve(on, at), isSettled = false, open = 0;
  for (let k = 0; k < NEWTON_STEPS && !isSettled; k++) {
    if (!Number.isFinite(loss)) return undefined;
    const wanted = unitsOf(on, { line, coefficients: at }, orders, sizes);
    rescaleTerms(on, wanted.map((unit, t) => unit / units[t]));
    wanted.forEach((unit, t) => units[t] = unit);
    const { change, undecided } = curveStep(on, 0, orders);
    open = undecided;
    if (!change.every(Number.isFinite)) return undefined;
    const most = largestOf(at, orders.length);
    isSettled = change.every((c, i) => Math.abs(c) <= SETTLED * most[i % most.length]) ||
      (k > 2 && change.every((c, i) => Math.abs(c) <= 1e-9 * most[i % most.length]));
    at = at.map((c, i) => c + change[i]);
    loss = lossOfCurve(on, at);
  }
  const curve = { line, coefficients: at };
  const check = collocateCurve(equations, line, unitsOf(on, curve, orders, sizes), "check");
  const fresh = Math.sqrt(lossOfCurve(check, at) / equations.terms.length);
  return isSettled && Number.isFinite(fresh)
    ? { curve, fresh, isDecided: open === numFirst(orders) }
    : undefined;
}

function largestOf(coefficients: Float64Array, nOut: number): Float64Array {
  const most = new Float64Array(nOut).fill(Number.MIN_VALUE);
  coefficients.forEach((c, i) => most[i % nOut] = Math.max(most[i % nOut], Math.abs(c)));
  return most;
}

/** Units of the equations, from the sizes so far and those of a piece, over its length. */
function unitsOf(
  on: CurveSystem,
  curve: Curves,
  orders: readonly number[],
  sizes: Sizes,
): number[] {
  const here = sizes.map((each) => each.slice());
  remember(curve, here);
  const [a, b] = curve.line.breakpoints, length = b - a;
  const units = jetSizes(
    on,
    (output, order) =>
      order < here[output].length
        ? here[output][order]
        : here[output][Math.max(1, orders[output]) - 1] / length,
  );
  const largest = Math.max(...units);
  return units.map((unit) => unit > 0 ? unit : largest > 0 ? largest : 1);
}

/** Takes a piece's largest values into the sizes. */
function remember(curve: Curves, sizes: Sizes): void {
  const [a, b] = curve.line.breakpoints;
  sizes.forEach((each, u) => {
    for (let d = 0; d < each.length; d++) {
      for (let i = 0; i <= PLACES; i++) {
        const value = derivativeOfCurve(curve, i === PLACES ? b : a + (b - a) * i / PLACES, u, d);
        each[d] = Math.max(each[d], Math.abs(value));
      }
    }
  });
}

/** Splines on parts of the pieces, fitted to all of them. */
function joined(steps: readonly Curves[], nOut: number): Curves {
  const ends = [steps[0].line.breakpoints[0]], places: number[] = [], values: number[] = [];
  for (const step of steps) {
    const [a, b] = step.line.breakpoints;
    for (let k = 1; k <= PARTS; k++) ends.push(k === PARTS ? b : a + (b - a) * k / PARTS);
    const at = Array.from(
      { length: PARTS * PLACES },
      (_, i) => a + (b - a) * (i + 0.5) / PARTS / PLACES,
    );
    places.push(...at);
    values.push(...valuesOfCurve(step, at));
  }
  const line = lineOn(Float64Array.from(ends), false), fit = splineFit(line.knots, places);
  const coefficients = new Float64Array(line.count * nOut);
  for (let u = 0; u < nOut; u++) {
    fit(Float64Array.from(places, (_, s) => values[s * nOut + u]))
      .forEach((c, i) => coefficients[i * nOut + u] = c);
  }
  return { line, coefficients };
}
