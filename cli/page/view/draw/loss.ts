/**
 * The picture of the loss over the work, with the runs before it.
 *
 * @module
 */

import { compactNumber, type CurvePanel, type FigureSeries } from "../../../../lib/report/inner.ts";
import type { LossPoint } from "../../protocol.ts";

/** What is drawn. */
export interface LossPicture {
  readonly points: readonly LossPoint[];
  /** Losses of earlier runs on the same data, latest last. */
  readonly before: readonly (readonly LossPoint[])[];
  /** Relative residuals of an equation instead of losses, and the error beside them. */
  readonly residual?: boolean;
}

/** The loss on a logarithmic axis; levels begin at dashed lines. */
export function losses({ points, before, residual = false }: LossPicture): CurvePanel {
  const all = [...before.flat(), ...points], last = points.slice(-1);
  const most = all.reduce((work, point) => Math.max(work, point.work), 1);
  const what = residual ? "relative residual" : "loss";
  const series: FigureSeries[] = [
    ...before.map((line, k): FigureSeries => ({
      ...curve(line, "loss", k === 0 ? "runs before" : ""),
      ...{ color: "muted", width: 1 },
    })),
    curve(points, "loss", residual || before.length > 0 ? what : ""),
    { ...curve(points, "error", "relative L2 error"), color: "ink", width: 1.2, dash: "5 4" },
    { ...curve(points, "fresh", "at fresh points"), kind: "points", color: 1, width: 3.5 },
    { ...curve(last, "loss", ""), kind: "points", width: 3.5 },
  ];
  return {
    kind: "curves",
    title: residual ? "Residual and error" : "Loss",
    xTitle: "work: epochs × intervals / coarsest intervals",
    yTitle: what,
    ...{ logarithmic: true, xRange: [0, most] },
    steps: levelStarts(points).map(({ work, intervals }) => ({
      ...{ at: work, label: `${intervals} intervals`, short: `${intervals}` },
    })),
    series: series.filter(({ x }) => x.length > 0),
  };
}

/** The values that points have of one kind. */
function curve(
  points: readonly LossPoint[],
  key: "loss" | "error" | "fresh",
  label: string,
): FigureSeries {
  const there = (key === "fresh" ? points : thinned(points)).filter((point) =>
    point[key] !== undefined
  );
  return {
    ...{ label, kind: "line", color: 0, width: 2 },
    x: there.map(({ work }) => work),
    y: there.map((point) => point[key]!),
  };
}

/** Most points of a curve, about. */
const MOST_POINTS = 600;

/** Evenly chosen points, the last one among them; level ends stay. */
function thinned(points: readonly LossPoint[]): readonly LossPoint[] {
  const step = Math.ceil(points.length / MOST_POINTS), last = points.length - 1;
  if (step <= 1) return points;
  return points.filter(({ intervals }, k) =>
    k % step === 0 || k === last || points[k + 1].intervals !== intervals
  );
}

/** The points after which a level begins. */
function levelStarts(points: readonly LossPoint[]): { work: number; intervals: number }[] {
  return points.flatMap((point, k) =>
    k > 0 && point.intervals !== points[k - 1].intervals
      ? [{ work: points[k - 1].work, intervals: point.intervals }]
      : []
  );
}

/** What the picture shows, in words. */
export function lossWords(points: readonly LossPoint[], residual = false): string {
  const what = residual ? "Relative residual" : "Loss";
  if (points.length === 0) {
    return `${what} over work: nothing is ${residual ? "solved" : "trained"} yet`;
  }
  const first = points[0], last = points[points.length - 1];
  const levels = levelStarts(points).map(({ intervals }) => intervals);
  const { error } = points.findLast((point) => point.error !== undefined) ?? {};
  return `${what} over work: ${compactNumber(first.loss)} after the first epoch, ` +
    `${compactNumber(last.loss)} after epoch ${last.epoch}, ${
      compactNumber(last.work)
    } work units` +
    (levels.length > 0 ? `; refined to ${levels.join(", ")} intervals` : "") +
    (error === undefined ? "" : `; relative L2 error ${compactNumber(error)}`);
}
