/**
 * Pictures of judging as the page carries them: residuals, curves of classes, learning curve.
 *
 * @module
 */

import { rounded } from "../html/numbers.ts";
import type { PagePlot, PagePlotSeries } from "../page/data.ts";
import type { ReportData, ScatterSeries } from "../training/data.ts";
import type { JudgingReport, PartCurves, ShownCurves, ShownPart } from "./data.ts";
import { histogram, normalPoints } from "./residuals.ts";

/** Name in the legend and colour of each part. */
const PARTS: Readonly<Record<ShownPart, { readonly label: string; readonly color: string }>> = {
  train: { label: "training", color: "train" },
  test: { label: "test", color: "test" },
  "held-out": { label: "held out", color: "third" },
  rows: { label: "rows", color: "train" },
};

/** Most classes that a chart of curves shows. */
const MOST_CLASSES = 8;

/** All charts that the data fill. */
export function judgingPlots(
  { scatter, classCurves = [], judging }: Pick<ReportData, "scatter" | "classCurves" | "judging">,
): PagePlot[] {
  const names = [...new Set(scatter.map(({ name }) => name))];
  return [
    ...names.flatMap((name, i) =>
      residualPlots(i, scatter.filter((series) => series.name === name))
    ),
    ...curvePlots(shownCurves(classCurves)),
    ...(judging === undefined || judging.curve.length === 0 ? [] : [learningPlot(judging)]),
  ];
}

function residualPlots(index: number, parts: readonly ScatterSeries[]): PagePlot[] {
  const left = parts.map(({ prediction, target }) => prediction.map((said, i) => said - target[i]));
  const predictions = parts.flatMap(({ prediction }) => prediction).filter(Number.isFinite);
  if (predictions.length === 0) return [];
  const least = predictions.reduce((a, b) => Math.min(a, b));
  const most = predictions.reduce((a, b) => Math.max(a, b));
  const counted = histogram(left), normal = left.map(normalPoints);
  const [judged] = normal.slice(-1); // training rows come first
  const [low = 0, high = 0] = [judged.normal[0], judged.normal[judged.normal.length - 1]];
  return [
    {
      ...{ id: `spread-${index}`, xTitle: "prediction", yTitle: "prediction − target" },
      series: [
        ...parts.map(({ part, prediction }, i) => cloud(part, prediction, left[i])),
        guide("no error", [least, most], [0, 0]),
      ],
    },
    {
      ...{ id: `normal-${index}`, xTitle: "normal quantile", yTitle: "residual" },
      series: [
        ...parts.map(({ part }, i) => cloud(part, normal[i].normal, normal[i].residual)),
        guide(
          "normal distribution",
          [low, high],
          [low, high].map((z) => judged.mean + z * judged.deviation),
        ),
      ],
    },
    ...(counted === undefined ? [] : [{
      ...{ id: `histogram-${index}`, xTitle: "prediction − target", yTitle: "share of the rows" },
      series: parts.map(({ part }, i): PagePlotSeries => ({
        ...{ ...PARTS[part], dash: [], width: 1.5, kind: "steps" },
        x: rounded([...counted.ends.slice(0, 1), ...counted.ends], 6),
        y: rounded([0, ...counted.shares[i], 0], 4),
      })),
    }]),
  ];
}

function cloud(part: ShownPart, x: readonly number[], y: readonly number[]): PagePlotSeries {
  const style = { ...PARTS[part], dash: [], width: 0, kind: "cloud" } as const;
  return { ...style, x: rounded(x, 5), y: rounded(y, 4) };
}

function guide(label: string, x: readonly number[], y: readonly number[]): PagePlotSeries {
  const style = { label, color: "muted", dash: [4, 3], width: 1, kind: "guide" } as const;
  return { ...style, x: rounded(x, 6), y: rounded(y, 6) };
}

/** One curve of a chart: a part of the data, or a class. */
interface NamedCurves extends Pick<PagePlotSeries, "label" | "color" | "dash"> {
  readonly curves: ShownCurves;
}

/** Of one class a curve per part; of several a curve per class, on the rows that tell most. */
export function shownCurves(parts: readonly PartCurves[]): NamedCurves[] {
  if (parts.every(({ curves }) => curves.length <= 1)) {
    return parts.flatMap(({ part, curves }) =>
      curves.map((each) => ({ ...PARTS[part], dash: [], curves: each }))
    );
  }
  const curves = tellingPart(parts)?.curves ?? [];
  return curves.slice(0, MOST_CLASSES).map((each, k) => ({
    ...{ label: each.label, color: `n${k % 5}`, dash: k < 5 ? [] : [6, 3] },
    curves: each,
  }));
}

/** The rows that tell most: of those that networks have not seen, if there are any. */
export function tellingPart(parts: readonly PartCurves[]): PartCurves | undefined {
  const order: readonly ShownPart[] = ["held-out", "test", "rows", "train"];
  return order.flatMap((part) => parts.filter((each) => each.part === part))[0];
}

function curvePlots(shown: readonly NamedCurves[]): PagePlot[] {
  if (shown.length === 0) return [];
  const unit = { x: [0, 1], y: [0, 1] } as const;
  const line = (
    { label, color, dash }: NamedCurves,
    x: readonly number[],
    y: readonly number[],
    kind: "line" | "marked" = "line",
  ): PagePlotSeries => ({
    ...{ label, color, kind, dash, width: 2, x: rounded(x, 4), y: rounded(y, 4) },
  });
  return [
    {
      ...{ id: "roc", xTitle: "false positive rate", yTitle: "true positive rate", ...unit },
      series: [
        ...shown.map((each) =>
          line(each, each.curves.roc.falsePositiveRate, each.curves.roc.truePositiveRate)
        ),
        guide("chance", [0, 1], [0, 1]),
      ],
    },
    {
      ...{ id: "precision-recall", xTitle: "recall", yTitle: "precision", ...unit },
      series: shown.map((each) =>
        line(each, each.curves.precisionRecall.recall, each.curves.precisionRecall.precision)
      ),
    },
    {
      ...{ id: "calibration", xTitle: "mean probability", yTitle: "share that happened", ...unit },
      series: [
        ...shown.map((each) => {
          const { calibration } = each.curves;
          const [said, was] = [
            calibration.map(({ probability }) => probability),
            calibration.map(({ share }) => share),
          ];
          return line(each, said, was, "marked");
        }),
        guide("right probabilities", [0, 1], [0, 1]),
      ],
    },
  ];
}

function learningPlot({ curve, lossName }: JudgingReport): PagePlot {
  const rows = curve.map((point) => point.rows);
  const line = (
    label: string,
    color: string,
    values: readonly number[],
    dash: readonly number[] = [],
  ): PagePlotSeries => ({
    ...{ label, color, dash, width: dash.length > 0 ? 1 : 2, x: rows, y: rounded(values, 5) },
    kind: dash.length > 0 ? "line" : "marked",
  });
  const heldOut = curve.map((point) => point.heldOut);
  const errors = curve.map(({ error }) => error ?? NaN);
  return {
    ...{ id: "learning-curve", xTitle: "rows to train on", yTitle: lossName, logarithmic: true },
    series: [
      line("training rows", "train", curve.map(({ train }) => train)),
      line("held-out rows", "test", heldOut),
      ...(errors.some(Number.isFinite)
        ? [
          line("± standard error", "test", heldOut.map((loss, i) => loss + errors[i]), [3, 3]),
          line("", "test", heldOut.map((loss, i) => loss - errors[i]), [3, 3]),
        ]
        : []),
    ],
  };
}
