/**
 * Equations and conditions of a window of time at points of a stretch of its pieces.
 *
 * @module
 */

import { gaussLegendre } from "../../basis/mod.ts";
import { positionsOf } from "../equations/faces.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import type { PdeScales } from "./scales.ts";
import { measureTerms, systemOnPoints, takeJets, type TermSystem } from "./term_system.ts";
import { type Line, ORDER, valuesAlongTime, valuesOnLine, type Window } from "./window_space.ts";

/** Points of a window: along time, along a piece, and along each of the pieces near an end. */
export interface PointCounts {
  readonly time: number;
  readonly piece: number;
  readonly end: number;
}

/** Pieces near an end. */
const END_PIECES = 2;

/** Neighbouring pieces, `to` not among them. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A problem on one window, whose coordinates are time and another one. */
export interface WindowProblem {
  readonly resolved: ResolvedPde;
  readonly scales: PdeScales;
  /** Number of the coordinate that is time. */
  readonly time: number;
  /** Derivatives by time that the window before gives, per unknown. */
  readonly kept: readonly number[];
}

/** Points of a coordinate with weights that sum to 1 over the whole line, and the piece of each. */
export interface Points {
  readonly at: Float64Array;
  readonly weights: Float64Array;
  readonly pieces: Int32Array;
}

/** Points of all pieces, or a stretch of them; more of them near the ends. */
export function pointsOnLine(
  { breakpoints, isPeriodic }: Line,
  { piece, end }: Omit<PointCounts, "time">,
  stretch: Stretch = { from: 0, to: breakpoints.length - 1 },
): Points {
  const at: number[] = [], weights: number[] = [], pieces: number[] = [];
  const last = breakpoints.length - 2, length = breakpoints[last + 1] - breakpoints[0];
  for (let p = stretch.from; p < stretch.to; p++) {
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

/** The functions of a window at the points of a group. */
interface GroupBasis {
  /** Highest derivative by either coordinate. */
  readonly orders: number;
  /** Per row: first piece, and which of the places and times it has. */
  readonly pieces: Int32Array;
  readonly places: Int32Array;
  readonly moments: Int32Array;
  /** Values along the line, shape `[places, orders + 1, 10]`, and along time. */
  readonly line: Float64Array;
  readonly time: Float64Array;
  /** Derivatives of the jets by their order in time: number and order along the line of each. */
  readonly byTime: readonly (readonly { readonly derivative: number; readonly order: number }[])[];
  readonly derivatives: number;
}

/** A window's terms at the points of a stretch, and the functions there. */
export interface Collocated {
  readonly system: TermSystem;
  readonly bases: readonly GroupBasis[];
  readonly timeRule: { readonly nodes: Float64Array; readonly weights: Float64Array };
  readonly linePoints: Points;
  /** Per term: the share of the whole window's points that it has. */
  readonly shares: readonly number[];
  readonly sizes: readonly number[];
}

/** Lays terms out on Gauss's points of a stretch of pieces; losses are shares of the whole window's. */
export function collocateWindow(
  on: WindowProblem,
  { span, line }: Pick<Window, "span" | "line">,
  counts: PointCounts,
  stretch: Stretch,
): Collocated {
  const { time } = on, linePoints = pointsOnLine(line, counts, stretch);
  const share = linePoints.at.length / pointsOnLine(line, counts).at.length;
  const { resolved, scales, shares } = onStretch(on, line, stretch, share);
  const timeName = resolved.coordinates[time], timeRule = gaussLegendre(counts.time);
  const times = timeRule.nodes.map((t) => (span[0] + span[1]) / 2 + (span[1] - span[0]) / 2 * t);
  const inside = new Float64Array(2 * linePoints.at.length * times.length);
  linePoints.at.forEach((x, i) =>
    times.forEach((t, j) => {
      const r = 2 * (i * times.length + j);
      inside[r + time] = t;
      inside[r + 1 - time] = x;
    })
  );
  const system = systemOnPoints(
    resolved,
    scales,
    inside,
    (_, { condition }) => condition?.at?.[timeName] !== undefined ? linePoints.at : times,
  );
  system.terms.forEach((term, k) => term.shares.forEach((s, r, all) => all[r] = s * shares[k]));
  const bases = system.terms.map(({ points, rows, groups: [{ derivatives }] }) =>
    groupBasis(span, line, time, points, rows, derivatives)
  );
  return { system, bases, timeRule, linePoints, shares, sizes: scales.terms };
}

/** The terms that have points on a stretch; conditions at an end belong to the stretch that ends there. */
function onStretch(
  { resolved, scales, time }: WindowProblem,
  { breakpoints }: Line,
  { from, to }: Stretch,
  share: number,
): Pick<WindowProblem, "resolved" | "scales"> & { readonly shares: readonly number[] } {
  const name = resolved.coordinates[1 - time], isLast = to === breakpoints.length - 1;
  const isHere = (x: number) => x >= breakpoints[from] && (x < breakpoints[to] || isLast);
  const terms: ResolvedTerm[] = [], sizes: number[] = [], shares: number[] = [];
  resolved.terms.forEach((term, k) => {
    const { condition } = term, place = condition?.at?.[name];
    if (!condition || place === undefined) {
      terms.push(term);
      shares.push(share);
    } else {
      const all = positionsOf(place), here = all.filter(isHere);
      if (here.length === 0) return;
      const at = { ...condition.at, [name]: { points: here } };
      terms.push({ ...term, condition: { ...condition, at } });
      shares.push(here.length / all.length);
    }
    sizes.push(scales.terms[k]);
  });
  return {
    resolved: { ...resolved, terms },
    scales: { unknowns: scales.unknowns, terms: sizes },
    shares,
  };
}

function groupBasis(
  span: Window["span"],
  line: Line,
  time: number,
  points: Float64Array,
  rows: number,
  derivatives: readonly (readonly number[])[],
): GroupBasis {
  const by = derivatives.map((derivative): [number, number] => {
    const first = derivative.filter((i) => i === time).length;
    return [first, derivative.length - first];
  });
  const orders = Math.max(...by.flat()), pieces = new Int32Array(rows);
  const places = new Int32Array(rows), moments = new Int32Array(rows);
  const placeOf = new Map<number, number>(), momentOf = new Map<number, number>();
  const lines: Float64Array[] = [], times: Float64Array[] = [], firsts: number[] = [];
  for (let r = 0; r < rows; r++) {
    const x = points[2 * r + 1 - time], t = points[2 * r + time];
    let place = placeOf.get(x), moment = momentOf.get(t);
    if (place === undefined) {
      placeOf.set(x, place = lines.length);
      const { piece, values } = valuesOnLine(line, x, orders);
      lines.push(values);
      firsts.push(piece);
    }
    if (moment === undefined) {
      momentOf.set(t, moment = times.length);
      times.push(valuesAlongTime(span, t, orders));
    }
    [places[r], moments[r], pieces[r]] = [place, moment, firsts[place]];
  }
  const together = (all: readonly Float64Array[]) => {
    const values = new Float64Array(all.length * (orders + 1) * ORDER);
    all.forEach((each, i) => values.set(each, i * (orders + 1) * ORDER));
    return values;
  };
  const byTime = Array.from(
    { length: orders + 1 },
    (_, a) => by.flatMap(([of, order], derivative) => of === a ? [{ derivative, order }] : []),
  );
  return {
    ...{ orders, pieces, places, moments, line: together(lines), time: together(times), byTime },
    derivatives: by.length,
  };
}

/** Takes the jets of a window's functions into the terms, and returns the loss. */
export function windowLoss(
  { system, bases }: Collocated,
  { line: { count }, coefficients }: Pick<Window, "line" | "coefficients">,
): number {
  takeJets(system, bases.map((basis) => jetsOf(basis, system.nOut, count, coefficients)));
  return measureTerms(system);
}

/** First along time, for all functions that the rows touch, then along the line. */
function jetsOf(
  { orders, pieces, places, moments, line, time, byTime, derivatives }: GroupBasis,
  nOut: number,
  count: number,
  coefficients: Float64Array,
): Float64Array {
  const rows = pieces.length, jets = new Float64Array(rows * derivatives * nOut);
  let first = Infinity, last = -1;
  for (const piece of pieces) {
    first = Math.min(first, piece);
    last = Math.max(last, piece);
  }
  const width = last - first + ORDER, numMoments = time.length / (orders + 1) / ORDER;
  const sums = new Float64Array(numMoments * width * nOut);
  byTime.forEach((along, a) => {
    if (along.length === 0) return;
    for (let m = 0; m < numMoments; m++) {
      const from = (m * (orders + 1) + a) * ORDER;
      for (let f = 0; f < width; f++) {
        for (let u = 0; u < nOut; u++) {
          const at = ((first + f) % count * nOut + u) * ORDER;
          let sum = 0;
          for (let j = 0; j < ORDER; j++) sum += time[from + j] * coefficients[at + j];
          sums[(m * width + f) * nOut + u] = sum;
        }
      }
    }
    for (const { derivative, order } of along) {
      for (let r = 0; r < rows; r++) {
        const from = (places[r] * (orders + 1) + order) * ORDER;
        const at = (moments[r] * width + pieces[r] - first) * nOut;
        for (let u = 0; u < nOut; u++) {
          let sum = 0;
          for (let i = 0; i < ORDER; i++) sum += line[from + i] * sums[at + i * nOut + u];
          jets[(r * derivatives + derivative) * nOut + u] = sum;
        }
      }
    }
  });
  return jets;
}
