/**
 * The picture of the loss over the work, with the runs before it.
 *
 * @module
 */

import { compactNumber, logarithmicRange } from "../../../../lib/report/inner.ts";
import type { LossPoint } from "../../protocol.ts";
import { framed, linePath } from "./frame.ts";

/** What is drawn. */
export interface LossPicture {
  readonly points: readonly LossPoint[];
  /** Losses of earlier runs on the same data, latest last. */
  readonly before: readonly (readonly LossPoint[])[];
  readonly width: number;
  readonly height: number;
}

/** Losses below this share of the largest are off the picture. */
const LEAST_SHARE = 1e-12;

/** Draws the loss on a logarithmic axis; levels begin at dashed lines. */
export function lossSvg({ points, before, width, height }: LossPicture): string {
  const all = [...before.flat(), ...points];
  const range = logarithmicRange(all.map(({ loss }) => loss), LEAST_SHARE) ?? [0.1, 1];
  const most = all.reduce((work, point) => Math.max(work, point.work), 1);
  return framed({
    ...{ width, height, label: lossWords(points) },
    x: { range: [0, most], name: "work: epochs × intervals / coarsest intervals" },
    y: { range, name: "loss", logarithmic: true },
  }, (plot) => {
    const path = (line: readonly LossPoint[]) =>
      linePath(thinned(line).map(({ work, loss }) => [plot.x(work), plot.y(loss)] as const));
    const starts = levelStarts(points), room = 62;
    const levels = starts.map(({ work, intervals }, k) => {
      const x = Number(plot.x(work)), next = starts[k + 1];
      const close = next !== undefined && Number(plot.x(next.work)) - x < room;
      return `<path class="level" d="M${x} ${plot.top}v${plot.height}"/><text class="small" x="${
        x + 4
      }" y="${plot.top + 11}">${intervals}${close ? "" : " intervals"}</text>`;
    });
    const last = points.at(-1);
    return before.map((line) => `<path class="ghost" d="${path(line)}"/>`).join("") +
      levels.join("") + `<path class="curve" d="${path(points)}"/>` +
      (last
        ? `<circle class="dot" cx="${plot.x(last.work)}" cy="${plot.y(last.loss)}" r="3.5"/>`
        : "");
  });
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
export function lossWords(points: readonly LossPoint[]): string {
  if (points.length === 0) return "Loss over work: nothing is trained yet";
  const first = points[0], last = points[points.length - 1];
  const levels = levelStarts(points).map(({ intervals }) => intervals);
  return `Loss over work: ${compactNumber(first.loss)} after the first epoch, ` +
    `${compactNumber(last.loss)} after epoch ${last.epoch}, ${
      compactNumber(last.work)
    } work units` +
    (levels.length > 0 ? `; refined to ${levels.join(", ")} intervals` : "");
}
