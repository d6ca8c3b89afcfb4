/**
 * One of the two parts of a window of time: rows of its pieces, reduced to what both parts share.
 *
 * A line of pieces is cut in the middle, a circle at two places. Nine functions reach over a cut, and
 * all others belong to one part: reflections of either part's rows need nothing of the other one, and
 * leave a triangle of the functions at the cuts (nested dissection, George 1973; of least squares, Golub
 * and Plemmons 1980). Parts are always two, so that results do not depend on who works on them.
 *
 * @module
 */

import { type BandTriangle, createBandTriangle } from "../../engine/inner.ts";
import { differentiateTerms, scaledResiduals } from "./term_system.ts";
import {
  type Collocated,
  collocateWindow,
  type PointCounts,
  type Stretch,
  windowLoss,
  type WindowProblem,
} from "./window_points.ts";
import { type Line, ORDER, type Window } from "./window_space.ts";

/** For solving; for checking at others. */
const SOLVE: PointCounts = { time: 14, piece: 2, end: 6 };
const CHECK: PointCounts = { time: 12, piece: 3, end: 3 };
/** Functions that reach over a cut. */
export const CUT = ORDER - 1;

/** The first or the second part. */
export type Side = 0 | 1;

/** Which pieces and functions of a line a part has. */
export interface PartShape {
  readonly stretch: Stretch;
  /** Functions in the order of elimination; the last nine reach over a cut. */
  readonly band: readonly number[];
  /** Those at the other cut of a circle. */
  readonly border: readonly number[];
}

/** The parts of a line, and the functions that they share. */
export function windowParts(
  { breakpoints, count, isPeriodic }: Line,
): { readonly parts: readonly [PartShape, PartShape]; readonly shared: readonly number[] } {
  const pieces = breakpoints.length - 1, middle = pieces >> 1;
  const functions = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => (from + i) % count);
  const cut = functions(middle, middle + CUT);
  const halves = [{ from: 0, to: middle }, { from: middle, to: pieces }] as const;
  if (!isPeriodic) {
    return {
      parts: [
        { stretch: halves[0], band: functions(0, middle + CUT), border: [] },
        { stretch: halves[1], band: functions(middle, count).reverse(), border: [] },
      ],
      shared: cut,
    };
  }
  const seam = functions(0, CUT);
  return {
    parts: [
      { stretch: halves[0], band: functions(CUT, middle + CUT), border: seam },
      { stretch: halves[1], band: functions(middle + CUT, pieces + CUT), border: cut },
    ],
    shared: [...seam, ...cut],
  };
}

/** Unknowns of a function: per unknown of the problem the first one, and all. */
export function blockOf(kept: readonly number[]): {
  /** Place of coefficient 0, were it sought. */
  readonly starts: readonly number[];
  readonly size: number;
} {
  const starts: number[] = [];
  let size = 0;
  for (const each of kept) {
    starts.push(size - each);
    size += ORDER - each;
  }
  return { starts, size };
}

/** What a part hands on of its rows. */
export interface Reduced {
  /** Rows of the band's last functions and the border's, shape `[n, n + 1]`, the right side last. */
  readonly rows: Float64Array;
  /** Squares of right sides that the other functions explain. */
  readonly explained: number;
  /** Multiply-adds. */
  readonly work: number;
}

/** A part of a window whose coefficients are sought. */
export interface SoughtPart {
  /**
   * Moves the coefficients, and measures the loss.
   *
   * @param step That of the band's last functions and the border's; without it nothing moves.
   */
  measure(step?: Float64Array): {
    readonly loss: number;
    /** Steps of the band and the border. */
    readonly steps: Float64Array;
  };
  /** Reflects the rows at the coefficients as they are. */
  reduce(): Reduced;
}

/** Begins a part. */
export function createPart(on: WindowProblem, window: Window, side: Side): SoughtPart {
  const { line } = window, shape = windowParts(line).parts[side];
  const collocated = collocateWindow(on, window, SOLVE, shape.stretch);
  let coefficients = window.coefficients, triangle: BandTriangle | undefined;
  return {
    measure(step) {
      let steps: Float64Array = new Float64Array(0);
      if (step) {
        steps = triangle!.solveFrom(step);
        coefficients = moved(coefficients, [...shape.band, ...shape.border], steps, on.kept);
      }
      return { loss: windowLoss(collocated, { line, coefficients }), steps };
    },
    reduce() {
      triangle = triangleOf(on.kept, collocated, line, shape);
      const rows = triangle.rest();
      return { rows, explained: triangle.explained, work: triangle.work };
    },
  };
}

/** Coefficients behind steps of some functions. */
export function moved(
  coefficients: Float64Array,
  functions: readonly number[],
  steps: Float64Array,
  kept: readonly number[],
): Float64Array {
  const { starts, size } = blockOf(kept), all = coefficients.slice();
  functions.forEach((f, i) =>
    kept.forEach((first, u) => {
      const to = (f * kept.length + u) * ORDER, from = i * size + starts[u];
      for (let j = first; j < ORDER; j++) all[to + j] += steps[from + j];
    })
  );
  return all;
}

/** The triangle of a part's rows, whose blocks have ended but for those at the cuts. */
function triangleOf(
  kept: readonly number[],
  { system, bases }: Collocated,
  { count }: Line,
  { band, border }: PartShape,
): BandTriangle {
  const { starts, size } = blockOf(kept), { nOut } = system, inner = band.length - CUT;
  const triangle = createBandTriangle({
    ...{ blocks: band.length, size, width: ORDER, border: border.length },
  });
  const { stride } = triangle, blockAt = new Int32Array(count).fill(-1);
  band.forEach((f, i) => blockAt[f] = i);
  const borderAt = new Int32Array(count);
  border.forEach((f, i) => borderAt[f] = i);
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  const residuals = scaledResiduals(system);
  stagesOf(bases, blockAt, count, Math.max(1, inner)).forEach((rows, stage) => {
    const values = new Float64Array(rows.length * stride);
    rows.forEach(({ group, row: r, index }, k) => {
      const { orders, pieces, places, moments, line, time, byTime, derivatives } = bases[group];
      const bars = system.bars[group];
      const lineAt = places[r] * (orders + 1), timeAt = moments[r] * (orders + 1);
      for (let i = 0; i < ORDER; i++) {
        const f = (pieces[r] + i) % count;
        const block = blockAt[f] < 0 ? ORDER + borderAt[f] : blockAt[f] - stage;
        for (let u = 0; u < nOut; u++) {
          const to = k * stride + block * size + starts[u];
          for (let a = 0; a <= orders; a++) {
            let bar = 0;
            for (const { derivative, order } of byTime[a]) {
              bar += bars[(r * derivatives + derivative) * nOut + u] *
                line[(lineAt + order) * ORDER + i];
            }
            if (bar === 0) continue;
            const from = (timeAt + a) * ORDER;
            for (let j = kept[u]; j < ORDER; j++) values[to + j] += bar * time[from + j];
          }
        }
      }
      values[k * stride + stride - 1] = -residuals[index];
    });
    triangle.add(values, rows.length);
    if (stage < inner) triangle.next();
  });
  return triangle;
}

/** Rows by the first block of the band that they touch. */
function stagesOf(
  bases: Collocated["bases"],
  blockAt: Int32Array,
  count: number,
  stages: number,
) {
  const all = Array.from(
    { length: stages },
    (): { readonly group: number; readonly row: number; readonly index: number }[] => [],
  );
  let index = 0;
  bases.forEach(({ pieces }, group) => {
    pieces.forEach((piece, row) => {
      let first = stages - 1;
      for (let i = 0; i < ORDER; i++) {
        const block = blockAt[(piece + i) % count];
        if (block >= 0) first = Math.min(first, block);
      }
      all[first].push({ group, row, index: index++ });
    });
  });
  return all;
}

/** How well the functions of a part hold at other points: squares that are summed up over parts. */
export interface PartCheck {
  /** Of what comes of too few pieces, per piece of the part. */
  readonly perPiece: Float64Array;
  /** Of what comes of a window that is too long. */
  readonly high: number;
  /** Of the conditions at the beginning. */
  readonly beginning: number;
}

/** Degree in time of residuals that come of too few pieces. */
const SMOOTH = 5;

/**
 * Checks a part's functions. What least squares with polynomials of degree 9 in time leave over is
 * of high degrees in time; residuals of low degrees come of the other coordinate.
 */
export function checkPart(on: WindowProblem, window: Window, side: Side): PartCheck {
  const { stretch } = windowParts(window.line).parts[side], { from } = stretch;
  const collocated = collocateWindow(on, window, CHECK, stretch);
  windowLoss(collocated, window);
  const { system: { terms }, timeRule, linePoints, bases, shares, sizes } = collocated;
  const perPiece = new Float64Array(stretch.to - from);
  const count = timeRule.nodes.length, timeName = on.resolved.coordinates[on.time];
  const polynomials = legendre(timeRule.nodes);
  let high = 0, beginning = 0;
  terms.forEach(({ tape, rows, condition, weight }, k) => {
    const residuals = tape.run(), share = weight / sizes[k] ** 2 / on.resolved.terms.length;
    const isAtTime = condition?.at?.[timeName] !== undefined;
    if (isAtTime) {
      const places = linePoints.at.length, faces = rows / places;
      for (let r = 0; r < rows; r++) {
        const square = share / faces * linePoints.weights[r % places] * residuals[r] ** 2;
        perPiece[bases[k].pieces[r] - from] += square;
        beginning += square;
      }
      return;
    }
    for (let r = 0; r < rows; r += count) {
      let all = 0, low = 0;
      for (let j = 0; j < count; j++) all += timeRule.weights[j] / 2 * residuals[r + j] ** 2;
      polynomials.forEach((values, degree) => {
        let sum = 0;
        for (let j = 0; j < count; j++) {
          sum += timeRule.weights[j] / 2 * residuals[r + j] * values[j];
        }
        low += (2 * degree + 1) * sum * sum;
      });
      const size = share * (condition ? shares[k] * count / rows : linePoints.weights[r / count]);
      if (condition) high += size * all;
      else {
        perPiece[linePoints.pieces[r / count] - from] += size * low;
        high += size * Math.max(0, all - low);
      }
    }
  });
  return { perPiece, high, beginning };
}

/** Legendre's polynomials up to {@linkcode SMOOTH} at points. */
function legendre(at: Float64Array): Float64Array[] {
  const all = [at.map(() => 1), at.slice()];
  for (let k = 2; k <= SMOOTH; k++) {
    all.push(at.map((x, i) => ((2 * k - 1) * x * all[k - 1][i] - (k - 1) * all[k - 2][i]) / k));
  }
  return all;
}
