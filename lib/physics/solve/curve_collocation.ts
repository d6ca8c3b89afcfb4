/**
 * Functions of one coordinate, collocated: equations and conditions at Gauss's points of pieces of any
 * length, by Newton's steps with a band of rows.
 *
 * Splines have degree 9. A piece touches ten neighbouring functions, so that the work grows with the
 * number of pieces only, and pieces may be as short as a layer wants them.
 *
 * @module
 */

import { createRandom } from "../../model/mod.ts";
import { createBandTriangle } from "../../engine/inner.ts";
import { dot, norm } from "../../numerics/inner.ts";
import { layOut } from "../points/lay_out.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import {
  createTermSystem,
  differentiateTerms,
  measureTerms,
  scaledResiduals,
  takeJets,
  type TermSystem,
} from "./term_system.ts";
import { pointsOnLine } from "./window_points.ts";
import { type Line, ORDER, valuesOnLine } from "./window_space.ts";

/** Functions of one coordinate, one per unknown, on common pieces. */
export interface Curves {
  readonly line: Line;
  /** Shape `[functions, unknowns]`. */
  readonly coefficients: Float64Array;
}

/** Points of a piece, inside and near the ends: for solving, and for checking at others. */
const SOLVE = { time: 0, piece: 2, end: 6 }, CHECK = { time: 0, piece: 3, end: 3 };
/** Points of a single piece: for solving, and for checking. */
const SOLVE_ONE = { time: 0, piece: 14, end: 14 }, CHECK_ONE = { time: 0, piece: 12, end: 12 };

/** A problem on a line and points. */
export interface CurveSystem {
  readonly line: Line;
  readonly system: TermSystem;
  /** Points inside, with the piece of each. */
  readonly points: ReturnType<typeof pointsOnLine>;
  /** Which terms are equations. */
  readonly isInside: readonly boolean[];
  /** Per group: first functions of the points' pieces, and values, shape `[rows, orders + 1, 10]`. */
  readonly bases: readonly {
    readonly orders: number;
    /** The points. */
    readonly at: Float64Array;
    readonly pieces: Int32Array;
    readonly values: Float64Array;
    /** Order of each derivative. */
    readonly by: readonly number[];
  }[];
}

/**
 * Lays a problem out.
 *
 * @param isLocal Whether, for solving, half of a point's weight is the same for all pieces, beside its
 * share of the coordinate: what happens in a short time counts, too.
 */
export function collocateCurve(
  resolved: ResolvedPde,
  line: Line,
  sizes: readonly number[],
  purpose: "solve" | "check" = "solve",
  isLocal = false,
): CurveSystem {
  const pieces = line.breakpoints.length - 1, isSolving = purpose === "solve";
  const counts = pieces === 1 ? isSolving ? SOLVE_ONE : CHECK_ONE : isSolving ? SOLVE : CHECK;
  const points = pointsOnLine(line, counts), rows = points.at.length;
  const length = line.breakpoints[pieces] - line.breakpoints[0];
  const share = points.weights.map((weight, r) => {
    const p = points.pieces[r], part = (line.breakpoints[p + 1] - line.breakpoints[p]) / length;
    return rows * weight * (isSolving && isLocal ? (1 + 1 / part / pieces) / 2 : 1);
  });
  const terms = resolved.terms.map((term, k) =>
    layOut(resolved.problem, resolved, term, {
      sampler: { kind: "points", points: points.at },
      share: term.condition ? undefined : share,
      size: sizes[k],
    })
  );
  const system = createTermSystem(
    terms,
    new Float64Array(resolved.unknowns.length).fill(1),
    new Float64Array(0),
    [],
  );
  const bases = terms.map((term) => {
    const by = term.groups[0].derivatives.map(({ length }) => length);
    const orders = Math.max(...by), size = (orders + 1) * ORDER;
    const values = new Float64Array(term.rows * size), itsPieces = new Int32Array(term.rows);
    for (let r = 0; r < term.rows; r++) {
      const along = valuesOnLine(line, term.points[r], orders);
      itsPieces[r] = along.piece;
      values.set(along.values, r * size);
    }
    return { orders, at: term.points, pieces: itsPieces, values, by };
  });
  const isInside = terms.map(({ condition }) => !condition);
  return { line, system, points, isInside, bases };
}

/** Takes the jets of functions into the terms, and returns the loss. */
export function lossOfCurve({ system, bases }: CurveSystem, coefficients: Float64Array): number {
  const { nOut } = system;
  takeJets(
    system,
    system.groups.map(({ rows }, g) => {
      const { orders, pieces, values, by } = bases[g], size = (orders + 1) * ORDER;
      const jets = new Float64Array(rows * by.length * nOut);
      for (let r = 0; r < rows; r++) {
        by.forEach((order, d) => {
          const from = r * size + order * ORDER;
          for (let u = 0; u < nOut; u++) {
            let sum = 0;
            for (let i = 0; i < ORDER; i++) {
              sum += values[from + i] * coefficients[(pieces[r] + i) * nOut + u];
            }
            jets[(r * by.length + d) * nOut + u] = sum;
          }
        });
      }
      return jets;
    }),
  );
  return measureTerms(system);
}

/** The largest change of each term that its jets of given sizes make, root mean square of its points. */
export function jetSizes(
  { system, bases }: CurveSystem,
  sizeOf: (output: number, order: number) => number,
): number[] {
  return system.terms.map(({ tape, sources, rows }, k) => {
    tape.run();
    const partials = tape.pull(), largest = new Float64Array(rows);
    sources.forEach((source, v) => {
      if (source.kind !== "jet") return;
      const size = sizeOf(source.at.output, bases[k].by[source.at.channel]);
      for (let r = 0; r < rows; r++) {
        largest[r] = Math.max(largest[r], Math.abs(partials[v][r]) * size);
      }
    });
    return Math.sqrt(largest.reduce((sum, x) => sum + x * x, 0) / rows);
  });
}

/** Makes a term's residuals count in other units: shares are divided by the square of the factor. */
export function rescaleTerms({ system }: CurveSystem, factors: readonly number[]): void {
  system.terms.forEach(({ shares }, k) => {
    for (let r = 0; r < shares.length; r++) shares[r] /= factors[k] * factors[k];
  });
}

/** The least local size of a term, as a share of its size. */
const LEAST_LOCAL = 1e-14;
/** Places of a piece at which functions are measured. */
const PLACES = 4;

/**
 * Makes residuals count in units of their largest part on their piece, as functions are there, instead
 * of the terms' sizes: where rates differ by orders of magnitude from piece to piece, small residuals
 * beside the largest rates would be large ones beside the others.
 */
export function localiseTerms(
  on: CurveSystem,
  coefficients: Float64Array,
  sizes: readonly number[],
): void {
  lossOfCurve(on, coefficients);
  const { system: { terms }, bases, line } = on, pieces = line.breakpoints.length - 1;
  terms.forEach(({ tape, sources, rows, shares, condition }, k) => {
    tape.run();
    const partials = tape.pull(), local = new Float64Array(pieces);
    sources.forEach((source, v) => {
      if (source.kind !== "jet") return;
      const { output, channel } = source.at, order = bases[k].by[channel];
      for (let r = 0; r < rows; r++) {
        const p = bases[k].pieces[r];
        // what a condition makes 0 is not so on all of the piece
        const jet = condition
          ? largestOnPiece({ line, coefficients }, p, output, order)
          : tape.columns[v][r];
        local[p] = Math.max(local[p], Math.abs(partials[v][r] * jet));
      }
    });
    for (let r = 0; r < rows; r++) {
      const size = Math.max(local[bases[k].pieces[r]], LEAST_LOCAL * sizes[k]);
      shares[r] *= (sizes[k] / size) ** 2;
    }
  });
}

function largestOnPiece(curve: Curves, piece: number, output: number, order: number): number {
  const { breakpoints } = curve.line, a = breakpoints[piece], b = breakpoints[piece + 1];
  let most = 0;
  for (let i = 0; i <= PLACES; i++) {
    const x = i === PLACES ? b : a + (b - a) * i / PLACES;
    most = Math.max(most, Math.abs(derivativeOfCurve(curve, x, output, order)));
  }
  return most;
}

/** A derivative of one of the functions at a point. */
export function derivativeOfCurve(
  { line, coefficients }: Curves,
  x: number,
  unknown: number,
  order: number,
): number {
  const nOut = coefficients.length / line.count, { piece, values } = valuesOnLine(line, x, order);
  let sum = 0;
  for (let i = 0; i < ORDER; i++) {
    sum += values[order * ORDER + i] * coefficients[(piece + i) * nOut + unknown];
  }
  return sum;
}

/** A step, and what is known of its matrix. */
interface CurveStep {
  readonly change: Float64Array;
  /** Columns that the equations leave open. */
  readonly undecided: number;
}

/**
 * One of Newton's steps at the jets taken last: what coefficients change by.
 *
 * @param damping In units of the columns' lengths.
 * @param kept Number of first functions that stay as they are, per unknown.
 * @param residuals Those at the jets, times the roots of their shares; or others.
 */
export function curveStep(
  { line: { count }, system, bases }: CurveSystem,
  damping: number,
  kept?: readonly number[],
  residuals = scaledResiduals(system),
): CurveStep {
  const { nOut } = system, stages = Array.from({ length: count }, (): [number, number][] => []);
  bases.forEach(({ pieces }, g) => pieces.forEach((piece, r) => stages[piece].push([g, r])));
  const triangle = createBandTriangle({ blocks: count, size: nOut, width: ORDER, border: 0 });
  const { stride } = triangle;
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  const first = [0];
  for (const { rows } of system.terms) first.push(first.at(-1)! + rows);
  const squares = new Float64Array(count * nOut);
  const batches = stages.map((rows, stage) => {
    const values = new Float64Array(rows.length * stride);
    rows.forEach(([g, r], k) => {
      const { orders, values: basis, by } = bases[g], at = r * (orders + 1) * ORDER;
      for (let u = 0; u < nOut; u++) {
        by.forEach((order, d) => {
          const bar = system.bars[g][(r * by.length + d) * nOut + u];
          if (bar === 0) return;
          for (let i = 0; i < ORDER; i++) {
            if (kept && stage + i < kept[u]) continue;
            values[k * stride + i * nOut + u] += bar * basis[at + order * ORDER + i];
          }
        });
      }
      for (let c = 0; c < stride - 1; c++) {
        const value = values[k * stride + c];
        if (value !== 0) squares[stage * nOut + c] += value * value;
      }
      values[k * stride + stride - 1] = -residuals[first[g] + r];
    });
    return values;
  });
  batches.forEach((values, stage) => {
    triangle.add(values, stages[stage].length);
    if (damping > 0) {
      const damped = new Float64Array(nOut * stride);
      for (let u = 0; u < nOut; u++) {
        damped[u * stride + u] = Math.sqrt(damping * squares[stage * nOut + u]);
      }
      triangle.add(damped, nOut);
    }
    triangle.next();
  });
  const change = triangle.solve();
  return { change, undecided: triangle.undecided };
}

/** Dampings behind a failure: the first one, the factor of another, the largest, and of a success. */
const FIRST = 1e-10, RAISED = 100, MOST = 1e6, LOWERED = 1e-4;
/** Steps at most, of linear equations, and the relative change that ends others. */
const MOST_STEPS = 40, LINEAR_STEPS = 2, SETTLED = 1e-10;

/** The shortest share of one of Newton's steps. */
const LEAST_SHARE = 1 / 8;

/**
 * The largest share of an undamped step that Newton's next correction, with the same derivatives, is
 * shorter after: the natural test (Deuflhard 1974, Numerische Mathematik 22), which sees where a
 * layer's place, that residuals hardly decide, gets better while residuals get worse for a while.
 */
function naturalStep(
  on: CurveSystem,
  at: Float64Array,
  by: Float64Array,
): Float64Array | undefined {
  for (let share = 1; share >= LEAST_SHARE; share /= 2) {
    const moved = at.map((c, i) => c + share * by[i]), next = lossOfCurve(on, moved);
    const residuals = scaledResiduals(on.system);
    lossOfCurve(on, at);
    if (!Number.isFinite(next)) continue;
    const { change } = curveStep(on, 0, undefined, residuals);
    if (norm(change) <= (1 - share / 2) * norm(by)) return moved;
  }
  return undefined;
}

/**
 * Newton's steps: undamped ones that make the loss fall or pass the natural test, or with as much
 * damping as makes the loss fall. They go on while coefficients change, also where the loss hardly
 * does: a sensitive solution moves far for a small residual.
 */
export function solveCurve(
  on: CurveSystem,
  begin: Float64Array,
  isLinear: boolean,
): { readonly coefficients: Float64Array; readonly loss: number } {
  let at = begin, loss = lossOfCurve(on, at), damping = 0;
  let best = { coefficients: at, loss };
  for (let step = 0; step < (isLinear ? LINEAR_STEPS : MOST_STEPS) && loss > 0; step++) {
    let moved: Float64Array | undefined;
    for (; damping < MOST && !moved; damping = Math.max(FIRST, damping * RAISED)) {
      const { change } = curveStep(on, damping), trial = at.map((c, i) => c + change[i]);
      const next = lossOfCurve(on, trial);
      if (next < loss) {
        [moved, loss] = [trial, next];
        break;
      }
      lossOfCurve(on, at);
      if (isLinear) break;
      moved = damping === 0 ? naturalStep(on, at, change) : undefined;
      if (moved) loss = lossOfCurve(on, moved);
    }
    if (!moved) break;
    const by = moved.map((c, i) => c - at[i]);
    at = moved;
    if (loss < best.loss) best = { coefficients: at, loss };
    if (relativeSize(by, moved) < SETTLED) break;
    damping = damping * LOWERED < FIRST ? 0 : damping * LOWERED;
  }
  return best;
}

/**
 * Noise that changes functions by so many times its size finds equations that may not decide them: then
 * the residuals must be small for it to count, as coarse pieces hide how sensitive functions are.
 */
const SENSITIVE = 1e4, SETTLED_RESIDUALS = 1e-10;
/** Such a factor from which on residuals of float64 say nothing; draws of noise. */
const MOST_SENSITIVE = 1e9, MOST_DRAWS = 4;

/**
 * How much the functions would change if residuals were noise, of a size in units of the terms' sizes:
 * relative, root mean square of all coefficients. Where that is large, small residuals say little of
 * the error; infinite where they say nothing.
 */
export function noiseOfCurve(on: CurveSystem, coefficients: Float64Array, size: number): number {
  lossOfCurve(on, coefficients);
  const random = createRandom(0, "physics/curve-noise");
  let most = 0;
  for (let draw = 0, gain = Infinity; draw < MOST_DRAWS && gain > SENSITIVE; draw++) {
    const noise = Float64Array.from(
      on.system.terms.flatMap(({ rows }) =>
        Array.from({ length: rows }, () => size * Math.sqrt(2 / rows) * random.normal())
      ),
    );
    const { change, undecided } = curveStep(on, 0, undefined, noise);
    gain = Math.sqrt(noise.length * dot(change, change) / dot(noise, noise));
    const isBlind = gain > MOST_SENSITIVE || gain > SENSITIVE && size > SETTLED_RESIDUALS;
    if (undecided > 0 || isBlind) return Infinity;
    most = Math.max(most, relativeSize(change, coefficients));
  }
  return most;
}

/**
 * How far Newton's next step without damping would go, relative, root mean square of all coefficients.
 * Where residuals are rounding alone, no step makes them smaller, and this is what they say of the error.
 */
export function stepOfCurve(on: CurveSystem, coefficients: Float64Array): number {
  lossOfCurve(on, coefficients);
  const { change, undecided } = curveStep(on, 0);
  if (undecided > 0) return Infinity;
  return relativeSize(change, coefficients);
}

/** The size of a change, relative. */
export function relativeSize(change: Float64Array, of: Float64Array): number {
  return Math.sqrt(dot(change, change) / Math.max(dot(of, of), Number.MIN_VALUE));
}

/** How well functions hold at other points. */
export interface CurveCheck {
  /** Root mean square over the terms, each in units of its size. */
  readonly fresh: number;
  /** Squares of the equations' residuals, per piece. */
  readonly perPiece: Float64Array;
}

/** Checks functions at other points. */
export function checkCurve(
  resolved: ResolvedPde,
  { line, coefficients }: Curves,
  sizes: readonly number[],
  isLocal = false,
): CurveCheck {
  const on = collocateCurve(resolved, line, sizes, "check"), { terms } = on.system;
  if (isLocal) localiseTerms(on, coefficients, sizes);
  const loss = lossOfCurve(on, coefficients);
  const perPiece = new Float64Array(line.breakpoints.length - 1);
  terms.forEach(({ tape, rows, shares }, k) => {
    if (!on.isInside[k]) return;
    const residuals = tape.run();
    for (let r = 0; r < rows; r++) {
      perPiece[on.bases[k].pieces[r]] += shares[r] * residuals[r] ** 2 / terms.length;
    }
  });
  return { fresh: Math.sqrt(loss / terms.length), perPiece };
}

/** Values at ascending points, shape `[points, unknowns]`. */
export function valuesOfCurve({ line, coefficients }: Curves, points: ArrayLike<number>) {
  const nOut = coefficients.length / line.count;
  const values = new Float64Array(points.length * nOut);
  for (let r = 0; r < points.length; r++) {
    const { piece, values: basis } = valuesOnLine(line, points[r], 0);
    for (let i = 0; i < ORDER; i++) {
      for (let u = 0; u < nOut; u++) {
        values[r * nOut + u] += basis[i] * coefficients[(piece + i) * nOut + u];
      }
    }
  }
  return values;
}
