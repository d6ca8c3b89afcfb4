/**
 * Losses and scores as text.
 *
 * @module
 */

import { type LabelScores, type NumberScores, plainScores, type Scores } from "./metadata.ts";
import { lossNumbers, textTable } from "../terminal/text_table.ts";

/** Loss and scores of one part of the data. */
export interface ScoredPart {
  /** Name of the part. */
  readonly part: string;
  readonly rows: number;
  readonly loss: number;
  readonly scores: Scores;
}

/** Scores in the target's units: printed in one notation for all parts. */
const IN_UNITS = ["rmse", "mae", "maxError", "medianError", "pinball"];

/** Headings of the scores whose names are long. */
const TITLES: Readonly<Record<string, string>> = {
  medianError: "median",
  balancedAccuracy: "balanced",
  auc: "AUC",
  f1: "F1",
  averagePrecision: "AP",
  brier: "Brier",
  calibrationError: "ECE",
};

/** Most classes whose confusion is printed. */
const MOST_CLASSES = 12;

/**
 * Losses and scores of some parts as text.
 *
 * Of one target a line per part; of several a line per part and target, since numbers of different
 * units have no sum; of classes a line per part, one per part and class, and how the last part's
 * rows were taken for each other.
 */
export function scoreText(parts: readonly ScoredPart[]): string {
  const first = parts[0]?.scores;
  if (first === undefined) return textTable([["part", "rows", "loss"]], "lrr");
  if ("confusion" in first) return classText(parts);
  if ("concordance" in first) return numberText(parts);
  return first.targets === undefined ? numberText(parts) : targetText(parts);
}

function numberText(parts: readonly ScoredPart[]): string {
  const { titles, cells } = scoreCells(parts.map(({ scores }) => plainScores(scores)));
  const losses = lossNumbers(parts.map(({ loss }) => loss));
  const rows = parts.map(({ part, rows }, i) => [part, `${rows}`, losses[i], ...cells[i]]);
  return textTable(
    [["part", "rows", "loss", ...titles], ...rows],
    `lrr${"r".repeat(titles.length)}`,
  );
}

function targetText(parts: readonly ScoredPart[]): string {
  const of = (each: ScoredPart) => (each.scores as NumberScores).targets ?? {};
  const names = Object.keys(of(parts[0]));
  const losses = lossNumbers(parts.map(({ loss }) => loss));
  // One notation per target, whose units are its own.
  const byTarget = names.map((name) => scoreCells(parts.map((each) => ({ ...of(each)[name] }))));
  const { titles } = byTarget[0];
  const lines = parts.flatMap(({ part, rows }, i) =>
    names.map((name, q) => [part, `${rows}`, losses[i], name, ...byTarget[q].cells[i]])
  );
  return textTable(
    [["part", "rows", "loss", "target", ...titles], ...lines],
    `lrrl${"r".repeat(titles.length)}`,
  );
}

function classText(parts: readonly ScoredPart[]): string {
  const scores = parts.map((each) => each.scores as LabelScores);
  // The log loss is the loss, but for class weights.
  const same = parts.every(({ loss }, i) => close(loss, scores[i].logLoss));
  const { titles, cells } = scoreCells(scores.map((each) => {
    const { logLoss, ...others } = plainScores(each);
    return same ? others : { logLoss, ...others };
  }));
  const losses = lossNumbers(parts.map(({ loss }) => loss));
  const summary = textTable(
    [
      ["part", "rows", "loss", ...titles],
      ...parts.map(({ part, rows }, i) => [part, `${rows}`, losses[i], ...cells[i]]),
    ],
    `lrr${"r".repeat(titles.length)}`,
  );
  const classes = parts.flatMap(({ part }, i) =>
    scores[i].labels.map((label) => {
      const { rows, ...others } = scores[i].classes[label];
      const { recall, precision, f1, auc, averagePrecision } = others;
      const shares = [recall, precision, f1, auc, averagePrecision].map(share);
      return [part, label, count(rows), ...shares];
    })
  );
  const head = ["part", "class", "rows", "recall", "precision", "F1", "AUC", "AP"];
  const last = scores[scores.length - 1];
  return [
    summary,
    textTable([head, ...classes], "llrrrrrr"),
    ...(last.labels.length > MOST_CLASSES
      ? []
      : [confusionText(parts[parts.length - 1].part, last)]),
  ].join("\n\n");
}

/** How the rows of a part were taken for each other. */
export function confusionText(
  part: string,
  { labels, confusion }: Pick<LabelScores, "labels" | "confusion">,
): string {
  const head = [`${part} rows of class`, ...labels.map((label) => `said ${label}`)];
  const rows = labels.map((label, k) => [label, ...confusion[k].map(count)]);
  return textTable([head, ...rows], `l${"r".repeat(labels.length)}`);
}

/**
 * Scores as text, in one notation per column; the scores in the target's units share theirs.
 *
 * @returns Titles of the columns and the cells of each line.
 */
export function scoreCells(
  lines: readonly Readonly<Record<string, number | null>>[],
): { readonly titles: readonly string[]; readonly cells: readonly (readonly string[])[] } {
  const names = Object.keys(lines[0] ?? {});
  const sizes = lines.flatMap((scores) => IN_UNITS.map((name) => Math.abs(scores[name] ?? 0)));
  const powers = sizes.some((size) => size !== 0 && (size < 1e-3 || size >= 1e9));
  return {
    titles: names.map((name) => TITLES[name] ?? name),
    cells: lines.map((scores) =>
      names.map((name) => {
        const value = scores[name];
        return typeof value === "number" && IN_UNITS.includes(name)
          ? unitNumber(value, powers)
          : name === "events"
          ? `${typeof value === "number" ? Number(value.toPrecision(4)) : value}`
          : share(value);
      })
    ),
  };
}

/** Five digits, three with an exponent. */
function unitNumber(value: number, power: boolean): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  if (power) return value.toExponential(2);
  return Math.abs(value) < 1e5 ? value.toPrecision(5) : value.toFixed(0);
}

/** A share of 1 with five decimals, so that 0.99999 is not rounded to 1; a dash for none. */
function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  return Math.abs(value) < 1e9 ? value.toFixed(5) : value.toExponential(2);
}

/** A number of rows, or a sum of weights. */
function count(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(5);
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.abs(b);
}
