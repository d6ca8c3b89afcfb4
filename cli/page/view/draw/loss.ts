/**
 * The picture of the loss over the work, with the runs before it.
 *
 * @module
 */

import { compactNumber, logarithmicRange } from "../../../../lib/report/inner.ts";
import type { LossPoint } from "../../protocol.ts";
import { framed, linePath, type Plot } from "./frame.ts";

/** What is drawn. */
export interface LossPicture {
  readonly points: readonly LossPoint[];
  /** Losses of earlier runs on the same data, latest last. */
  readonly before: readonly (readonly LossPoint[])[];
  /** Relative residuals of an equation instead of losses, and the error beside them. */
  readonly residual?: boolean;
  readonly width: number;
  readonly height: number;
}

/** Losses below this share of the largest are off the picture. */
const LEAST_SHARE = 1e-12;

/** Draws the loss on a logarithmic axis; levels begin at dashed lines. */
export function lossSvg(
  { points, before, residual = false, width, height }: LossPicture,
): string {
  const all = [...before.flat(), ...points];
  const errors = points.filter((point): point is WithError => point.error !== undefined);
  const values = [...all.flatMap(({ loss, fresh = loss }) => [loss, fresh])];
  const shown = [...values, ...errors.map(({ error }) => error)];
  const range = logarithmicRange(shown, LEAST_SHARE) ?? [0.1, 1];
  const most = all.reduce((work, point) => Math.max(work, point.work), 1);
  return framed({
    ...{ width, height, label: lossWords(points, residual) },
    x: { range: [0, most], name: "work: epochs × intervals / coarsest intervals" },
    y: { range, name: residual ? "relative residual" : "loss", logarithmic: true },
  }, (plot) => {
    const path = (line: readonly LossPoint[]) =>
      linePath(thinned(line).map(({ work, loss }) => [plot.x(work), plot.y(loss)] as const));
    const starts = levelStarts(points), room = 62;
    const levels = starts.map(({ work, intervals }, k) => {
      const x = Number(plot.x(work)), next = starts[k + 1];
      const end = next === undefined ? plot.left + plot.width : Number(plot.x(next.work));
      const close = end - x < room, closest = end - x < 18;
      return `<path class="level" d="M${x} ${plot.top}v${plot.height}"/><text class="small" x="${
        x + 4
      }" y="${plot.top + 11}">${closest ? "" : `${intervals}${close ? "" : " intervals"}`}</text>`;
    });
    const last = points.at(-1);
    return before.map((line) => `<path class="ghost" d="${path(line)}"/>`).join("") +
      levels.join("") + `<path class="curve" d="${path(points)}"/>` + errorCurve(errors, plot) +
      freshDots(points, plot) +
      (last
        ? `<circle class="dot" cx="${plot.x(last.work)}" cy="${plot.y(last.loss)}" r="3.5"/>`
        : "");
  });
}

type WithError = LossPoint & { readonly error: number };

/** The error as a broken line with its name at its end. */
function errorCurve(points: readonly WithError[], plot: Plot): string {
  const last = points.at(-1);
  if (!last) return "";
  const line = thinned(points).map((point) =>
    [plot.x(point.work), plot.y((point as WithError).error)] as const
  );
  const x = Math.max(plot.left + 40, Number(plot.x(last.work)) - 6);
  return `<path class="truth" d="${
    linePath(line)
  }"/><text class="small" text-anchor="end" x="${x}" ` +
    `y="${Math.max(plot.top + 22, Number(plot.y(last.error)) - 7)}">error</text>`;
}

/** Residuals at fresh points, where levels end. */
function freshDots(points: readonly LossPoint[], plot: Plot): string {
  return points.map(({ work, fresh }) =>
    fresh === undefined
      ? ""
      : `<circle class="fresh" cx="${plot.x(work)}" cy="${plot.y(fresh)}" r="4"/>`
  ).join("");
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
