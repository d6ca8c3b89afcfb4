/**
 * The sections that tell what a searched model does with the columns.
 *
 * @module
 */

import { chartFigure } from "../html/figures.ts";
import { escapeHtml, type HtmlColumn, numberColumns, table } from "../html/html.ts";
import { formatInteger, formatNumber } from "../html/numbers.ts";
import { heatTable, percent, whisker } from "../html/shares.ts";
import type { PageSection } from "../html/shell.ts";
import type { ColumnEffect, OutputEffects, SearchReport } from "./data.ts";
import { effectCanvas, isCurve } from "./pictures.ts";
import {
  amount,
  amountNumber,
  bandEnds,
  isOpen,
  plainWords,
  REACH,
  signedAmount,
} from "./words.ts";

/** Most pairs in a table. */
const MOST_PAIRS = 8;

/** Words, importance, effects, pairs. */
export function effectSections(report: SearchReport): PageSection[] {
  const { effects = [] } = report;
  if (effects.every(({ weights }) => weights.length === 0)) return [];
  const pairs = perOutput(effects, pairsHtml);
  return [
    {
      id: "importance",
      title: "What matters",
      html: perOutput(effects, (output) => wordsHtml(output) + weightsHtml(output)),
    },
    { id: "effects", title: "Effects", html: effectsHtml(report) },
    ...(pairs === "" ? [] : [{ id: "pairs", title: "What acts together", html: PAIRS + pairs }]),
  ];
}

const PAIRS = `<p class="lead">Share of the variance of the predictions in what two columns do ` +
  `together, beyond the sum of what each does by itself.</p>`;

function perOutput(
  effects: readonly OutputEffects[],
  html: (output: OutputEffects, q: number) => string,
): string {
  return effects.map((output, q) => {
    const text = html(output, q);
    return (effects.length > 1 && text !== "" ? `<h3>${escapeHtml(output.name)}</h3>` : "") + text;
  }).join("");
}

function wordsHtml(output: OutputEffects): string {
  return plainWords(output).map((text) => `<p>${escapeHtml(text)}</p>`).join("");
}

function weightsHtml(output: OutputEffects): string {
  const { weights, worseOf, probability } = output;
  const unit = probability ? 100 : 1;
  const most = Math.max(...weights.map(({ range }) => range[1]));
  const columns: HtmlColumn[] = [
    { heading: "column" },
    { heading: "", html: true },
    ...numberColumns("moves it by", "90 %", "of the variance", "±"),
    ...(worseOf === undefined ? [] : numberColumns("error grows by", "±")),
  ];
  const body = weights.map(({ column, size, range: [low, high], share, shareError, worse }) => [
    column,
    whisker({ low, value: size, high, range: [0, most], from: 0 }),
    amountNumber(unit * size),
    `${amountNumber(unit * low)} – ${amountNumber(unit * high)}`,
    percent(share),
    percent(shareError),
    ...(worseOf === undefined
      ? []
      : [amountNumber(worse?.[0] ?? 0), amountNumber(worse?.[1] ?? 0)]),
  ]);
  return table(
    `Moves it by: mean size of the effect over the training rows${
      probability ? ", percentage points" : ""
    }, with an interval of 90 %. Of the variance: share of the predictions' variance that the ` +
      `column has a part in, alone or with others; above 100 % in sum where columns act together ` +
      `or depend on each other.` +
      (worseOf === undefined
        ? ""
        : ` Error grows by: where the column's cells are shuffled among the rows; ${worseOf}.`) +
      ` ±: standard errors, from the rows.`,
    columns,
    body,
  );
}

function effectsHtml({ effects = [], bands }: SearchReport): string {
  const lead = `<p class="lead">The mean prediction with one column changed and all others as ` +
    `they are, less the mean prediction over the rows. ${escapeHtml(bands ?? "")}</p>`;
  return lead + perOutput(effects, (output, q) => {
    const parts = output.effects.map((effect, place) =>
      isCurve(effect) ? curveFigure(output, effect, effectCanvas(q, place)) : levels(output, effect)
    );
    return `<div class="pair">${parts.join("")}</div>`;
  });
}

/** What a picture of an effect shows, in words. */
function effectWords(output: OutputEffects, { at, effect, error }: ColumnEffect): string {
  const low = effect.indexOf(Math.min(...effect)), high = effect.indexOf(Math.max(...effect));
  const place = (s: number) => {
    const value = at[s];
    return typeof value === "number" ? formatNumber(value, 4) : value;
  };
  return `lowest ${signedAmount(effect[low], output)} at ${place(low)}, highest ` +
    `${signedAmount(effect[high], output)} at ${place(high)}` +
    (isOpen({ effect, error }) ? "; the band holds 0 everywhere" : "");
}

function curveFigure(output: OutputEffects, effect: ColumnEffect, id: string): string {
  const words = effectWords(output, effect);
  return chartFigure({
    ...{ id, size: "small" },
    label: `Effect of ${effect.column} on ${output.name} with its band: ${words}`,
    caption: `${effect.column}: ${words}.`,
  });
}

function levels(output: OutputEffects, { column, at, rows, effect, error }: ColumnEffect): string {
  const [low, high] = bandEnds(output, { effect, error });
  const range = [Math.min(0, ...low), Math.max(0, ...high)] as const;
  const body = at.map((level, s) => [
    String(level),
    whisker({ low: low[s], value: effect[s], high: high[s], range, mark: 0 }),
    signedAmount(effect[s], output),
    `± ${amount(REACH * error[s], output)}`,
    formatInteger(Math.round(rows[s])),
  ]);
  const open = isOpen({ effect, error }) ? "; the bands hold 0 everywhere" : "";
  const columns = [
    { heading: column },
    { heading: "", html: true },
    ...numberColumns("effect", "90 %", "rows"),
  ];
  return `<div class="levels">${
    table(
      `${column}: effect of every level, the line in the middle is no effect${open}.`,
      columns,
      body,
    )
  }</div>`;
}

function pairsHtml({ pairs }: OutputEffects): string {
  if (pairs.length === 0) return "";
  const names = [...new Set(pairs.flatMap(({ columns }) => columns))];
  const shares = new Map(pairs.map(({ columns, share }) => [columns.join("\0"), share]));
  const map = names.length < 3 ? "" : heatTable(
    "Columns against columns: share of the variance in what they do together",
    names,
    (a, b) => shares.get(`${a}\0${b}`) ?? shares.get(`${b}\0${a}`) ?? 0,
  );
  const body = pairs.slice(0, MOST_PAIRS).map(({ columns, share, error }) => [
    columns.join("\u00a0×\u00a0"),
    percent(share),
    percent(error),
  ]);
  const head = [{ heading: "columns" }, ...numberColumns("of the variance", "±")];
  return map + table("The strongest pairs; ±: standard errors, from the rows.", head, body);
}
