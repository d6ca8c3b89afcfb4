/**
 * The sections of an explanation's page.
 *
 * @module
 */

import type { OutputExplanation, RowExplanation } from "../../interpret/mod.ts";
import { chartFigure } from "../html/figures.ts";
import { escapeHtml, type HtmlColumn, numberColumns, table } from "../html/html.ts";
import { formatInteger, formatNumber } from "../html/numbers.ts";
import { bar, heatTable, percent } from "../html/shares.ts";
import type { PageSection } from "../html/shell.ts";
import { networkSvg } from "../network/svg.ts";
import { tileList } from "../training/sections.ts";
import type { ExplanationReport } from "./data.ts";
import { effectId, outputTitle, shownEffects, shownOutputs } from "./pictures.ts";

/** Most inputs of a heat map, most lines of a table. */
const MOST_CELLS = 10, MOST_LINES = 30;

/** The sections that the explanation fills, in order. */
export function explanationSections(report: ExplanationReport): PageSection[] {
  const { explanation: { outputs } } = report;
  const all: (PageSection | undefined)[] = [
    { id: "importance", title: "What matters", html: importance(report) },
    drawing(report),
    { id: "effects", title: "Effects of single inputs", html: effects(report) },
    outputs.some(({ interactions }) => interactions.length > 0)
      ? { id: "interactions", title: "What acts together", html: interactions(report) }
      : undefined,
    outputs.some(({ row }) => row !== undefined)
      ? { id: "row", title: "One row", html: rows(report) }
      : undefined,
    { id: "again", title: "Run it again", html: `<pre>${escapeHtml(report.reproduce)}</pre>` },
  ];
  return all.filter((section) => section !== undefined);
}

/** A part per output, with its name where there are several. */
function perOutput(
  report: ExplanationReport,
  html: (output: OutputExplanation) => string,
): string {
  const shown = shownOutputs(report), left = report.explanation.outputs.length - shown.length;
  const parts = shown.map((output) => {
    const text = html(output);
    const heading = report.explanation.outputs.length > 1 && text !== ""
      ? `<h3>${escapeHtml(outputTitle(output))}</h3>`
      : "";
    return heading + text;
  });
  return parts.join("") +
    (left > 0 ? `<p class="lead">${left} more outputs are left out; --output names one.</p>` : "");
}

function importance(report: ExplanationReport): string {
  const { rows, samples } = report.explanation;
  return perOutput(report, (output) => {
    const scored = output.inputs.some(({ attribution }) => attribution !== undefined);
    const columns: HtmlColumn[] = [
      { heading: "input" },
      { heading: "", html: true },
      ...numberColumns("of the variance", "±", "by itself", "slope"),
      ...(scored ? numberColumns("attribution", "share") : []),
    ];
    const sorted = output.inputs.toSorted((a, b) => b.total - a.total).slice(0, MOST_LINES);
    const largest = Math.max(...sorted.map(({ total }) => total));
    const body = sorted.map((input) => [
      input.name,
      bar(0, largest > 0 ? input.total / largest : 0, "train"),
      percent(input.total),
      percent(input.totalError),
      percent(input.main),
      formatNumber(input.slope),
      ...(scored ? [formatNumber(input.attribution ?? 0), formatNumber(input.share ?? 0)] : []),
    ]);
    const tiles: [string, string][] = [
      ["mean prediction", formatNumber(output.mean)],
      ["deviation of predictions", formatNumber(output.deviation)],
      ["by single inputs", percent(output.additiveShare)],
      ["groups of inputs", formatInteger(output.groups.length)],
    ];
    return tileList(tiles) + table(
      `Importance of inputs, ${formatInteger(rows)} rows. Of the variance: what an input has a ` +
        `part in, alone or with others, from ${formatInteger(samples)} pairs of rows, with its ` +
        `standard error; above 100 % where inputs depend on each other and recombined rows lie ` +
        `far from all rows. By itself: its main effect. Slope: mean derivative by the column. ` +
        `Attribution and share follow deviations and variances along the edges.`,
      columns,
      body,
    );
  });
}

function drawing({ drawing }: ExplanationReport): PageSection | undefined {
  if (drawing === undefined) return undefined;
  const splines = drawing.layers.filter(({ kind }) => kind === "spline");
  const left = splines.reduce(
    (sum, { nIn, nOut, edges, missing = 0 }) => sum + nIn * nOut - missing - edges.length,
    0,
  );
  return {
    id: "network",
    title: "The network",
    html: `<figure>${networkSvg(drawing, { embedded: true })}<figcaption>Inputs below, outputs ` +
      `above. A box holds the curve of one spline over its domain, on its own scale; the fainter, ` +
      `the less of it arrives at the outputs (attribution). Lines of a linear map: one colour for ` +
      `positive weights, the other for negative ones.${
        splines.some(({ edges }) => edges.some(({ symbol }) => symbol !== undefined))
          ? " A curve with a name below it is that function, stretched and shifted, or like it."
          : ""
      }${
        left > 0 ? ` The ${formatInteger(left)} splines that matter least are left out.` : ""
      }</figcaption></figure>`,
  };
}

function effects(report: ExplanationReport): string {
  const { background } = report.explanation;
  const lead = `<p class="lead">The mean prediction over ${formatInteger(background)} rows with ` +
    `one input changed, less a constant, so that the mean over the rows is 0. Where an input meets ` +
    `no other in the network its effect is exact and has no band; else the wide band holds the ` +
    `curves of eight tenths of the rows, the narrow one two standard errors of the mean.</p>`;
  return lead + perOutput(report, (output) => {
    const shown = shownEffects(output), left = output.effects.length - shown.length;
    const figures = shown.map(({ name, exact }, place) =>
      chartFigure({
        id: effectId(output.output, place),
        label: `Effect of ${name} on ${outputTitle(output)}`,
        caption: exact ? `${name}: exact, the same at all rows.` : name,
        size: "small",
      })
    );
    return `<div class="pair">${figures.join("")}</div>` +
      (left > 0
        ? `<p class="lead">${left} inputs that matter less, or do not vary, are left out.</p>`
        : "");
  });
}

function interactions(report: ExplanationReport): string {
  const lead = `<p class="lead">Share of the variance of the predictions in interactions that ` +
    `hold both inputs; 0 exactly where the network cannot join them. Mixed derivative: its mean by ` +
    `scaled inputs, times both deviations, in units of the output; positive where one input ` +
    `amplifies the other.</p>`;
  return lead + perOutput(report, (output) => {
    if (output.interactions.length === 0) return "";
    const body = output.interactions.slice(0, MOST_CELLS).map((each) => [
      each.inputs.join("\u00a0×\u00a0"),
      percent(each.share),
      percent(each.shareError),
      each.sign === undefined ? "" : formatNumber(each.sign),
      each.strength === undefined ? "" : formatNumber(each.strength),
    ]);
    const columns = [
      { heading: "inputs" },
      ...numberColumns("of the variance", "±", "mixed derivative", "its size"),
    ];
    return heatMap(output) + table("The strongest pairs.", columns, body);
  });
}

/** Inputs against inputs, shaded by the share of their interactions. */
function heatMap({ inputs, interactions }: OutputExplanation): string {
  const weight = new Map<string, number>();
  for (const { inputs: both, share } of interactions) {
    for (const name of both) weight.set(name, Math.max(weight.get(name) ?? 0, share));
  }
  const strongest = [...weight].sort((a, b) => b[1] - a[1]).slice(0, MOST_CELLS);
  const names = inputs.map(({ name }) => name).filter((name) =>
    strongest.some(([each]) => each === name)
  );
  const shares = new Map(interactions.map((each) => [each.inputs.join("\0"), each.share]));
  return heatTable(
    "Interactions of inputs: share of the variance",
    names,
    (a, b) => shares.get([a, b].join("\0")) ?? shares.get([b, a].join("\0")) ?? 0,
  );
}

function rows(report: ExplanationReport): string {
  const lead =
    `<p class="lead">How the prediction of one row comes about: from the mean prediction ` +
    `of the background rows each input adds its Shapley value, the mean over all orders in which ` +
    `the row's values can come in.</p>`;
  return lead + perOutput(report, ({ row }) => row === undefined ? "" : waterfall(row));
}

/** The steps from the mean to the prediction, the largest first. */
function waterfall({ row, mean, prediction, exact, inputs }: RowExplanation): string {
  const sorted = inputs.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = sorted.slice(0, MOST_LINES), others = sorted.slice(MOST_LINES);
  const steps = shown.map(({ name, x, value, error }) => ({
    name: `${name} = ${formatNumber(x, 4)}`,
    value,
    error,
  }));
  if (others.length > 0) {
    const value = others.reduce((sum, each) => sum + each.value, 0);
    steps.push({ name: `${others.length} others`, value, error: 0 });
  }
  const ends = [mean];
  for (const { value } of steps) ends.push(ends[ends.length - 1] + value);
  const low = Math.min(...ends), high = Math.max(...ends), length = high - low || 1;
  const place = (value: number) => (value - low) / length;
  const signed = (value: number) => `${value < 0 ? "" : "+"}${formatNumber(value)}`;
  const body = [
    ["mean", bar(place(mean), place(mean), "muted"), formatNumber(mean), ""],
    ...steps.map(({ name, value, error }, i) => [
      name,
      bar(place(ends[i]), place(ends[i + 1]), value < 0 ? "test" : "train"),
      signed(value),
      error === 0 ? "" : `± ${formatNumber(error, 2)}`,
    ]),
    [
      "prediction",
      bar(place(prediction), place(prediction), "muted"),
      formatNumber(prediction),
      "",
    ],
  ];
  return table(
    `Row ${row}: Shapley values, ${exact ? "exact" : "sampled, with standard errors"}.`,
    [{ heading: "" }, { heading: "", html: true }, ...numberColumns("adds", "")],
    body,
  );
}
