/**
 * Where functions of one coordinate begin: along a path of easier problems.
 *
 * Nonlinear boundary value problems are led there from their linearised equations, `(1 - s) L + s R`
 * with `s` from 0 to 1. Where the highest derivative of an equation is small beside its other parts,
 * `e u_xx + u_x = f`, its factor first is as large as theirs and then falls to what it is: layers get
 * thin step by step, and the pieces follow them (Allgower and Georg 1990; Ascher, Mattheij, Russell
 * 1988, chapter 10).
 *
 * @module
 */

import { log, pow } from "../../numerics/inner.ts";
import { apply, differentiate, number, variable } from "../equations/expression.ts";
import { linearPart, outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import {
  checkCurve,
  collocateCurve,
  type CurveCheck,
  type Curves,
  jetSizes,
  localiseTerms,
  lossOfCurve,
  solveCurve,
} from "./curve_collocation.ts";
import { halvePieces, type Line, lineOn, prolongLine } from "./window_space.ts";

/** Pieces to begin with, and so many at most. */
const FIRST_PIECES = 8, MOST_PIECES = 6000;
/** Pieces are halved that have more than this of what residuals may have, and of the largest. */
const FAIR = 0.3, LEADING = 1e-2;
/** A refinement that leaves more of the residuals was of no use; so many in a row end it. */
const HELPS = 0.8, MOST_FUTILE = 6;
/** The shortest piece, as a share of the whole. */
const SHORTEST = 1e-14;
/** Residuals of a problem on the path that the next one begins at, and that let the path go on. */
const ROUGH = 1e-3, GOOD_ENOUGH = 0.05;
/** The shortest step along the path to the nonlinear equations. */
const LEAST_STEP = 1 / 64;
/** The share that a factor of highest derivatives falls to in a step, and the number of steps. */
const FALL = 0.2, MOST_FALLS = 20;

/** Functions on pieces that residuals asked for, and how well they hold. */
export interface AdaptedCurve {
  readonly curve: Curves;
  readonly check: CurveCheck;
}

/** Even pieces of the coordinate, and functions that are 0. */
function emptyCurve({ ranges: [[a, b]], unknowns }: ResolvedPde): Curves {
  const points = Float64Array.from(
    { length: FIRST_PIECES + 1 },
    (_, i) => i === FIRST_PIECES ? b : a + (b - a) * i / FIRST_PIECES,
  );
  const line = lineOn(points, false);
  return { line, coefficients: new Float64Array(line.count * unknowns.length) };
}

/** The same functions on halves of some pieces. */
export function refineCurve(curve: Curves, isChosen: (piece: number) => boolean): Curves {
  const line = halvePieces(curve.line, isChosen);
  return { line, coefficients: prolongLine(curve.coefficients, curve.line, line) };
}

/** Solves, and halves the pieces that have most of the residuals, until these reach a goal. */
export function adaptCurve(
  resolved: ResolvedPde,
  begin: Curves,
  sizes: readonly number[],
  { goal, isLinear, isLocal = false, signal }: {
    readonly goal: number;
    readonly isLinear: boolean;
    /** Whether residuals count in units of their pieces. */
    readonly isLocal?: boolean;
    readonly signal?: AbortSignal | undefined;
  },
): AdaptedCurve | undefined {
  let curve = begin, best: AdaptedCurve | undefined, futile = 0;
  for (;;) {
    const on = collocateCurve(resolved, curve.line, sizes, "solve", isLocal);
    if (isLocal) localiseTerms(on, curve.coefficients, sizes);
    const { coefficients, loss } = solveCurve(on, curve.coefficients, isLinear);
    if (!Number.isFinite(loss)) return best;
    curve = { ...curve, coefficients };
    const check = checkCurve(resolved, curve, sizes, isLocal);
    if (!Number.isFinite(check.fresh)) return best;
    futile = best && check.fresh > HELPS * best.check.fresh ? futile + 1 : 0;
    if (!best || check.fresh < best.check.fresh) best = { curve, check };
    if (best.check.fresh <= goal || futile > MOST_FUTILE || signal?.aborted) return best;
    const finer = refineCurve(curve, worst(curve.line, check, goal));
    if (finer.line.count === curve.line.count || finer.line.count > MOST_PIECES) return best;
    curve = finer;
  }
}

/** Which pieces have too large residuals. */
function worst({ breakpoints }: Line, { perPiece }: CurveCheck, goal: number) {
  const most = Math.max(...perPiece), last = breakpoints.length - 1;
  const fair = Math.max(FAIR * goal ** 2 / perPiece.length, LEADING * most);
  const shortest = SHORTEST * (breakpoints[last] - breakpoints[0]);
  return (piece: number) =>
    perPiece[piece] > fair && breakpoints[piece + 1] - breakpoints[piece] > shortest;
}

/** Functions near the solution; undefined where the path does not lead there. */
export function followPath(
  resolved: ResolvedPde,
  sizes: readonly number[],
  isLinear: boolean,
  signal?: AbortSignal,
): AdaptedCurve | undefined {
  const begin = emptyCurve(resolved), shares = derivativeShares(resolved, begin, sizes);
  const falls = Math.min(MOST_FALLS, Math.ceil(log(1 / Math.min(...shares)) / log(1 / FALL)));
  const at = (s: number, level: number): ResolvedPde => ({
    ...resolved,
    terms: resolved.terms.map((term, k) =>
      homotopy(strengthened(term, Math.max(1, level / shares[k])), s)
    ),
  });
  const solve = (s: number, level: number, from: Curves) => {
    const found = adaptCurve(at(s, level), from, sizes, {
      ...{ goal: ROUGH, isLinear: isLinear || s === 0, signal },
    });
    return found && found.check.fresh <= GOOD_ENOUGH ? found : undefined;
  };
  let level = falls > 0 ? 1 : 0;
  let found = solve(isLinear ? 1 : 0, level, begin);
  if (!isLinear) {
    for (let s = 0, step = 1; s < 1 && found;) {
      const next = Math.min(1, s + step), further = solve(next, level, found.curve);
      if (further) {
        [s, found] = [next, further];
        step *= 2;
        continue;
      }
      step /= 4;
      if (step < LEAST_STEP || signal?.aborted) return undefined;
    }
  }
  for (let k = 1; k <= falls && found; k++) {
    level = k === falls ? 0 : pow(FALL, k);
    found = solve(1, level, found.curve);
  }
  return found;
}

/** A term on the way from its linearised form, at 0, to itself, at 1. */
function homotopy(term: ResolvedTerm, s: number): ResolvedTerm {
  if (s === 1) return term;
  const residual = apply(
    "+",
    apply("*", number(1 - s), linearPart(term.residual)),
    apply("*", number(s), term.residual),
  );
  return { ...term, residual };
}

/** The highest derivatives of an equation. */
function highest({ residual }: ResolvedTerm) {
  const outputs = outputsOf(residual);
  const order = Math.max(0, ...outputs.map(({ derivative }) => derivative.length));
  return { order, outputs: outputs.filter(({ derivative }) => derivative.length === order) };
}

/** An equation whose highest derivatives count so many times as much. */
function strengthened(term: ResolvedTerm, factor: number): ResolvedTerm {
  if (factor === 1 || term.condition) return term;
  const residual = highest(term).outputs.reduce((sum, { name }) => {
    const slope = differentiate(term.residual, (each) => each === name ? number(1) : undefined);
    return apply("+", sum, apply("*", apply("*", number(factor - 1), slope), variable(name)));
  }, term.residual);
  return { ...term, residual };
}

/** How much of each equation its highest derivatives are, at most 1; for functions of size 1. */
function derivativeShares(resolved: ResolvedPde, at: Curves, sizes: readonly number[]): number[] {
  const { ranges: [[a, b]], terms } = resolved, rate = 2 / (b - a);
  const on = collocateCurve(resolved, at.line, sizes);
  lossOfCurve(on, at.coefficients);
  const orders = terms.map((term) => highest(term).order);
  const all = jetSizes(on, (_, order) => pow(rate, order));
  return terms.map((term, k) => {
    if (term.condition || orders[k] === 0) return 1;
    const top = jetSizes(on, (_, order) => order === orders[k] ? pow(rate, order) : 0)[k];
    return top > 0 && all[k] < Infinity ? Math.min(1, top / all[k]) : 1;
  });
}
