/**
 * Equations and conditions on a window of time, at points: residuals, Newton's steps by a band of
 * rows, and where residuals come from.
 *
 * @module
 */

import { gaussLegendre } from "../../basis/mod.ts";
import { type BandTriangle, createBandTriangle } from "../../engine/inner.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import type { PdeScales } from "./scales.ts";
import {
  differentiateTerms,
  measureTerms,
  scaledResiduals,
  systemOnPoints,
  takeJets,
  type TermSystem,
} from "./term_system.ts";
import { type Line, ORDER, valuesAlongTime, valuesOnLine, type Window } from "./window_space.ts";

/** Points of a window: along time, along a piece, and along each of the pieces near an end. */
interface PointCounts {
  readonly time: number;
  readonly piece: number;
  readonly end: number;
}

/** For solving; for checking at others. */
const SOLVE: PointCounts = { time: 14, piece: 2, end: 6 };
const CHECK: PointCounts = { time: 12, piece: 3, end: 3 };
/** Pieces near an end. */
const END_PIECES = 2;

/** A problem on one window, whose coordinates are time and another one. */
export interface WindowProblem {
  readonly resolved: ResolvedPde;
  readonly scales: PdeScales;
  /** Number of the coordinate that is time. */
  readonly time: number;
  /** Derivatives by time that the window before gives, per unknown. */
  readonly kept: readonly number[];
}

/** Points of a coordinate with weights that sum to 1, and the piece of each. */
interface Points {
  readonly at: Float64Array;
  readonly weights: Float64Array;
  readonly pieces: Int32Array;
}

/** Points of all pieces; more of them near the ends. */
export function pointsOnLine(
  { breakpoints, isPeriodic }: Line,
  { piece, end }: PointCounts,
): Points {
  const at: number[] = [], weights: number[] = [], pieces: number[] = [];
  const last = breakpoints.length - 2, length = breakpoints[last + 1] - breakpoints[0];
  for (let p = 0; p <= last; p++) {
    const isEnd = !isPeriodic && Math.min(p, last - p) < END_PIECES;
    const rule = gaussLegendre(isEnd ? end : piece), a = breakpoints[p], b = breakpoints[p + 1];
    rule.nodes.forEach((x, i) => {
      at.push((a + b) / 2 + (b - a) / 2 * x);
      weights.push(rule.weights[i] / 2 * (b - a) / length);
      pieces.push(p);
    });
  }
  return {
    at: Float64Array.from(at),
    weights: Float64Array.from(weights),
    pieces: Int32Array.from(pieces),
  };
}

/** A window's terms at their points, and the functions there. */
interface Collocated {
  readonly system: TermSystem;
  /** Per group: along the line and along time, shape `[rows, orders + 1, 10]`, first pieces. */
  readonly bases: readonly {
    readonly orders: number;
    readonly pieces: Int32Array;
    readonly line: Float64Array;
    readonly time: Float64Array;
    /** Orders along time and line of each derivative. */
    readonly by: readonly (readonly [number, number])[];
  }[];
  readonly timeRule: { readonly nodes: Float64Array; readonly weights: Float64Array };
  readonly linePoints: Points;
}

/** Lays terms out on Gauss's points of the pieces. */
function collocateWindow(
  { resolved, scales, time }: WindowProblem,
  { span, line }: Window,
  counts: PointCounts,
): Collocated {
  const { coordinates } = resolved, linePoints = pointsOnLine(line, counts);
  const timeRule = gaussLegendre(counts.time);
  const times = timeRule.nodes.map((t) => (span[0] + span[1]) / 2 + (span[1] - span[0]) / 2 * t);
  const inside = new Float64Array(2 * linePoints.at.length * times.length);
  linePoints.at.forEach((x, i) =>
    times.forEach((t, j) => {
      const r = 2 * (i * times.length + j);
      inside[r + time] = t;
      inside[r + 1 - time] = x;
    })
  );
  const isAtTime = (term: ResolvedTerm) => term.condition?.at?.[coordinates[time]] !== undefined;
  const system = systemOnPoints(
    resolved,
    scales,
    inside,
    (_, term) => isAtTime(term) ? linePoints.at : times,
  );
  const { terms } = system;
  const bases = terms.map(({ points, rows, groups: [{ derivatives }] }) => {
    const by = derivatives.map((derivative): [number, number] => {
      const first = derivative.filter((i) => i === time).length;
      return [first, derivative.length - first];
    });
    const orders = Math.max(...by.flat()), size = (orders + 1) * ORDER;
    const values = { line: new Float64Array(rows * size), time: new Float64Array(rows * size) };
    const pieces = new Int32Array(rows);
    for (let r = 0; r < rows; r++) {
      const along = valuesOnLine(line, points[2 * r + 1 - time], orders);
      pieces[r] = along.piece;
      values.line.set(along.values, r * size);
      values.time.set(valuesAlongTime(span, points[2 * r + time], orders), r * size);
    }
    return { orders, pieces, by, ...values };
  });
  return { system, bases, timeRule, linePoints };
}

/** Takes the jets of a window's functions into the terms, and returns the loss. */
function lossOf({ system, bases }: Collocated, { line: { count }, coefficients }: Window): number {
  const { nOut } = system;
  const jets = system.groups.map(({ rows, derivatives }, g) => {
    const { orders, pieces, line, time, by } = bases[g], size = (orders + 1) * ORDER;
    const all = new Float64Array(rows * derivatives.length * nOut), lines = new Float64Array(size);
    for (let r = 0; r < rows; r++) {
      for (let u = 0; u < nOut; u++) {
        for (let o = 0; o <= orders; o++) {
          for (let i = 0; i < ORDER; i++) {
            const at = ((pieces[r] + i) % count * nOut + u) * ORDER;
            let sum = 0;
            for (let j = 0; j < ORDER; j++) {
              sum += time[r * size + o * ORDER + j] * coefficients[at + j];
            }
            lines[o * ORDER + i] = sum;
          }
        }
        by.forEach(([a, b], d) => {
          let sum = 0;
          for (let i = 0; i < ORDER; i++) {
            sum += line[r * size + b * ORDER + i] * lines[a * ORDER + i];
          }
          all[(r * derivatives.length + d) * nOut + u] = sum;
        });
      }
    }
    return all;
  });
  takeJets(system, jets);
  return measureTerms(system);
}

/** Newton's steps at most, of linear equations, and the share of the loss that ends others. */
const MOST_STEPS = 12, LINEAR_STEPS = 2, SLOW = 0.5;
/** A loss beyond the first one by this factor leads nowhere. */
const LOST = 1e8;

/** Newton's steps on a window; the least loss counts, undefined where that is not finite. */
export function solveWindow(
  on: WindowProblem,
  begin: Window,
  isLinear: boolean,
): { readonly window: Window; readonly work: number } | undefined {
  const collocated = collocateWindow(on, begin, SOLVE);
  let at = begin, best = begin, least = Infinity, before = Infinity, work = 0;
  for (let step = 0; step <= (isLinear ? LINEAR_STEPS : MOST_STEPS); step++) {
    const loss = lossOf(collocated, at);
    if (!Number.isFinite(loss) || loss > LOST * Math.max(1, least)) break;
    if (loss < least) [best, least] = [at, loss];
    if (step > 2 && loss > SLOW * before) break;
    if (step === (isLinear ? LINEAR_STEPS : MOST_STEPS)) break;
    before = loss;
    const { moved, triangle } = newtonStep(on, collocated, at);
    work += triangle.work;
    at = moved;
  }
  return Number.isFinite(least) ? { window: best, work } : undefined;
}

/** One of Newton's steps. */
function newtonStep(
  { kept }: WindowProblem,
  { system, bases }: Collocated,
  window: Window,
): { readonly moved: Window; readonly triangle: BandTriangle } {
  const { line: { count, isPeriodic }, coefficients } = window, { nOut } = system;
  const starts: number[] = []; // a function's first unknown among its block, per unknown
  let size = 0;
  for (let u = 0; u < nOut; u++) {
    starts.push(size - kept[u]);
    size += ORDER - kept[u];
  }
  const border = isPeriodic ? ORDER - 1 : 0, blocks = count - border;
  const triangle = createBandTriangle({ blocks, size, width: ORDER, border });
  const { stride } = triangle;
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  const residuals = scaledResiduals(system);
  const stages = stagesOf(bases, blocks);
  stages.forEach((rows, stage) => {
    const values = new Float64Array(rows.length * stride);
    rows.forEach(({ group: g, row: r, index }, k) => {
      const { orders, pieces, line, time, by } = bases[g], each = (orders + 1) * ORDER;
      for (let i = 0; i < ORDER; i++) {
        const f = (pieces[r] + i) % count, block = f < blocks ? f - stage : ORDER + f - blocks;
        for (let u = 0; u < nOut; u++) {
          const to = k * stride + block * size + starts[u];
          by.forEach(([a, b], d) => {
            const bar = system.bars[g][(r * by.length + d) * nOut + u] *
              line[r * each + b * ORDER + i];
            if (bar === 0) return;
            for (let j = kept[u]; j < ORDER; j++) {
              values[to + j] += bar * time[r * each + a * ORDER + j];
            }
          });
        }
      }
      values[k * stride + stride - 1] = -residuals[index];
    });
    triangle.add(values, rows.length);
    triangle.next();
  });
  const step = triangle.solve(), moved = coefficients.slice();
  for (let f = 0; f < count; f++) {
    for (let u = 0; u < nOut; u++) {
      for (let j = kept[u]; j < ORDER; j++) {
        moved[(f * nOut + u) * ORDER + j] += step[f * size + starts[u] + j];
      }
    }
  }
  return { moved: { ...window, coefficients: moved }, triangle };
}

/** Rows by the first block that they touch; those of pieces on the border touch the first ones. */
function stagesOf(bases: Collocated["bases"], blocks: number) {
  const stages = Array.from(
    { length: blocks },
    (): { readonly group: number; readonly row: number; readonly index: number }[] => [],
  );
  let index = 0;
  bases.forEach(({ pieces }, group) => {
    pieces.forEach((piece, row) => {
      stages[piece < blocks ? piece : 0].push({ group, row, index: index++ });
    });
  });
  return stages;
}

/** How well a window's functions hold at other points. */
export interface WindowCheck {
  /** Root mean square over the terms, each in units of its size. */
  readonly fresh: number;
  /** The part that comes of too few pieces, and that of a window that is too long. */
  readonly ofPieces: number;
  readonly ofLength: number;
  /** Squares of the former, per piece. */
  readonly perPiece: Float64Array;
  /** The part of the conditions at the beginning. */
  readonly ofBeginning: number;
}

/** Degree in time of residuals that come of too few pieces. */
const SMOOTH = 5;

/**
 * Checks a window's functions. What least squares with polynomials of degree 9 in time leave over is
 * of high degrees in time; residuals of low degrees come of the other coordinate.
 */
export function checkWindow(on: WindowProblem, window: Window): WindowCheck {
  const collocated = collocateWindow(on, window, CHECK);
  lossOf(collocated, window);
  const { system: { terms }, timeRule, linePoints, bases } = collocated;
  const perPiece = new Float64Array(window.line.breakpoints.length - 1);
  const count = timeRule.nodes.length, timeName = on.resolved.coordinates[on.time];
  const polynomials = legendre(timeRule.nodes);
  let high = 0, beginning = 0;
  terms.forEach(({ tape, rows, condition, weight }, k) => {
    const residuals = tape.run(), share = weight / on.scales.terms[k] ** 2 / terms.length;
    const isAtTime = condition?.at?.[timeName] !== undefined;
    if (isAtTime) {
      const places = linePoints.at.length, faces = rows / places;
      for (let r = 0; r < rows; r++) {
        const square = share / faces * linePoints.weights[r % places] * residuals[r] ** 2;
        perPiece[bases[k].pieces[r]] += square;
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
      const size = share * (condition ? count / rows : linePoints.weights[r / count]);
      if (condition) high += size * all;
      else {
        perPiece[linePoints.pieces[r / count]] += size * low;
        high += size * Math.max(0, all - low);
      }
    }
  });
  const pieces = perPiece.reduce((sum, each) => sum + each, 0);
  return {
    fresh: Math.sqrt(pieces + high),
    ofPieces: Math.sqrt(pieces),
    ofLength: Math.sqrt(high),
    ofBeginning: Math.sqrt(beginning),
    perPiece,
  };
}

/** Legendre's polynomials up to {@linkcode SMOOTH} at points. */
function legendre(at: Float64Array): Float64Array[] {
  const all = [at.map(() => 1), at.slice()];
  for (let k = 2; k <= SMOOTH; k++) {
    all.push(at.map((x, i) => ((2 * k - 1) * x * all[k - 1][i] - (k - 1) * all[k - 2][i]) / k));
  }
  return all;
}
