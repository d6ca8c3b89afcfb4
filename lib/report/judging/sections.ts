/**
 * The sections of a page about judging: scores of folds, residuals, probabilities.
 *
 * @module
 */

import { chartFigure } from "../html/figures.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import type { PageSection } from "../html/shell.ts";
import type { ReportData, ScatterSeries } from "../training/data.ts";
import type { PartCurves, ReportTable, ShownPart } from "./data.ts";
import { shownCurves, tellingPart } from "./pictures.ts";

/** Scores of folds and the learning curve. */
export function judgingSection({ judging }: Pick<ReportData, "judging">): PageSection | undefined {
  if (judging === undefined) return undefined;
  const { lead, tables, curve } = judging;
  const chart = curve.length === 0 ? "" : `<div class="pair">${
    chartFigure({
      id: "learning-curve",
      label: `Loss by the number of rows, ${curve.length} numbers of rows`,
      caption:
        "Learning curve: loss of networks trained on some of the rows, on these and on the " +
        "rows held out. A held-out loss that still falls at the right asks for more rows; a wide gap " +
        "between the curves, for a stiffer network.",
      size: "small",
    })
  }</div>`;
  return {
    id: "judging",
    title: "Rows not seen",
    html: `<p class="lead">${escapeHtml(lead)}</p>${tables.map(reportTable).join("")}${chart}`,
  };
}

/** A table of text. */
export function reportTable({ caption, head, rows }: ReportTable): string {
  const [first, ...others] = head;
  const unbroken = rows.map(([name, ...cells]) => [name.replaceAll(" ", "\u00a0"), ...cells]);
  return table(caption, [{ heading: first }, ...numberColumns(...others)], unbroken);
}

/** Residuals of every target. */
export function residualSection(scatter: readonly ScatterSeries[]): PageSection | undefined {
  const names = [...new Set(scatter.map(({ name }) => name))];
  if (names.length === 0) return undefined;
  const html = names.map((name, i) => {
    const points = scatter.filter((series) => series.name === name)
      .reduce((sum, { target }) => sum + target.length, 0);
    const figures = [
      {
        id: `spread-${i}`,
        label: `Residual against prediction, ${points} points of ${name}`,
        caption: "Residual against prediction. A cloud that widens means errors that grow with " +
          "the prediction; a bend, that something is missing in the network.",
      },
      {
        id: `normal-${i}`,
        label: `Residuals of ${name} against quantiles of the normal distribution`,
        caption:
          "Residuals in their order against those of a normal distribution. Ends that leave " +
          "the line are errors larger than normal ones.",
      },
      {
        id: `histogram-${i}`,
        label: `Histogram of the residuals of ${name}`,
        caption: "How often residuals have what size.",
      },
    ].map((place) => chartFigure({ ...place, size: "small" }));
    return (names.length > 1 ? `<h3>${escapeHtml(name)}</h3>` : "") +
      `<div class="pair">${figures.join("")}</div>`;
  });
  return { id: "residuals", title: "Residuals", html: html.join("") };
}

/** How well classes are told apart, and how good probabilities are. */
export function probabilitySection(
  parts: readonly PartCurves[] = [],
): PageSection | undefined {
  const shown = shownCurves(parts);
  if (shown.length === 0) return undefined;
  const several = parts.some(({ curves }) => curves.length > 1);
  const of = several
    ? `of ${shown.length} classes, each against the rest`
    : `of the class ${shown[0].curves.label}`;
  const lead = several
    ? `Each class against the rest, on the ${PART_WORDS[tellingPart(parts)!.part]}` +
      (shown.length < tellingPart(parts)!.curves.length ? `; the first ${shown.length}.` : ".")
    : `Of the class ${shown[0].curves.label}.`;
  const figures = [
    {
      id: "roc",
      label: `Receiver operating characteristic ${of}`,
      caption:
        "What share of the class is found where what share of the others is taken for it. The " +
        "area below is the AUC; chance lies on the dashed line.",
    },
    {
      id: "precision-recall",
      label: `Precision and recall ${of}`,
      caption:
        "Precision, the share of what is found that is right, over recall, the share that is " +
        "found.",
    },
    {
      id: "calibration",
      label: `Calibration ${of}`,
      caption: "Calibration: how often what was given a probability happened, in ten bins with " +
        "equally many rows. Below the dashed line probabilities are too high, above too low.",
    },
  ].map((place) => chartFigure({ ...place, size: "small" }));
  return {
    id: "probabilities",
    title: "Probabilities",
    html: `<p class="lead">${escapeHtml(lead)}</p><div class="pair">${figures.join("")}</div>`,
  };
}

const PART_WORDS: Readonly<Record<ShownPart, string>> = {
  train: "training rows",
  test: "test rows",
  "held-out": "rows held out",
  rows: "rows of the table",
};
