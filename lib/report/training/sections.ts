/**
 * The sections of the page: what each says in words, tables and places for pictures.
 *
 * @module
 */

import { chartFigure, MAP_READOUT, mapGrid, progressChoice } from "../html/figures.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatInteger, formatNumber, formatScore, formatSeconds } from "../html/numbers.ts";
import type { PageSection } from "../html/shell.ts";
import { activationFigures } from "./activation_view.ts";
import { judgingSection, probabilitySection, residualSection } from "../judging/sections.ts";
import type { ShownPart } from "../judging/data.ts";
import type { ConfusionTable, ReportData } from "./data.ts";
import { ownScoreTable, scoreCell, scoreName } from "./score_words.ts";
import { knotLinePanels } from "./knot_line_view.ts";

/** The sections that the data fill, in order. */
export function sections(data: ReportData): PageSection[] {
  const all: (PageSection | undefined)[] = [
    { id: "result", title: "Result", html: tiles(data) + scoreTable(data) + ownScoreTable(data) },
    judgingSection(data),
    { id: "training", title: "Training", html: training(data) },
    prediction(data),
    residualSection(data.scatter),
    probabilitySection(data.classCurves),
    maps(data),
    activations(data),
    knotLines(data),
    { id: "setup", title: "Setup", html: setup(data) },
  ];
  return all.filter((section) => section !== undefined);
}

function tiles(data: ReportData): string {
  const { losses, scores } = data;
  const shown = scores.test ?? scores.train, part = scores.test ? "test" : "training";
  const names = ["accuracy", "balancedAccuracy", "d2", "concordance", "r2"].filter((name) =>
    name in shown
  );
  return tileList([
    ...(losses.test === undefined ? [] : [["test loss", formatNumber(losses.test)] as const]),
    ["training loss", formatNumber(losses.train)],
    ...names.map((name) => [`${part} ${scoreName(name)}`, formatScore(shown[name])] as const),
    ...costTiles(data),
  ]);
}

/** Numbers that matter most; the values are HTML. */
export function tileList(rows: readonly (readonly [string, string])[]): string {
  return `<dl class="tiles">${
    rows.map(([term, value]) => `<div><dt>${escapeHtml(term)}</dt><dd>${value}</dd></div>`).join("")
  }</dl>`;
}

/** What a run has cost, first guesses that competed included, as tiles. */
export function costTiles(
  { levels, history }: Pick<ReportData, "levels" | "history">,
): [string, string][] {
  if (levels.length === 0) return [];
  const sum = (pick: (level: typeof levels[0]) => number) =>
    levels.reduce((total, level) => total + pick(level), 0);
  const last = history.at(-1);
  return [
    ["parameters", formatInteger(levels[levels.length - 1].parameters)],
    ["evaluations", formatInteger(last?.evaluations ?? sum(({ evaluations }) => evaluations))],
    ["training time", formatSeconds(last?.seconds ?? sum(({ seconds }) => seconds))],
  ];
}

function scoreTable(data: ReportData): string {
  const parts = (["train", "validation", "test"] as const).filter((part) =>
    data.losses[part] !== undefined
  );
  const heading = { train: "training", validation: "validation", test: "test" };
  const rows = [["loss", ...parts.map((p) => formatNumber(data.losses[p]!, 4))]];
  const names = new Set(parts.flatMap((part) => Object.keys(data.scores[part] ?? {})));
  for (const name of names) {
    rows.push([scoreName(name), ...parts.map((part) => scoreCell(data.scores[part]?.[name]))]);
  }
  return table(`Loss: ${data.lossName} on scaled targets. Scores: in the target's own units.`, [
    { heading: "" },
    ...numberColumns(...parts.map((part) => heading[part])),
  ], rows);
}

/** The place of the chart that `drawLoss` draws. */
export function lossChart(
  { history, refinements }: Pick<ReportData, "history" | "refinements">,
  lead: string,
  atSplit =
    "The curve does not jump there, because refinement keeps the function, and it should bend down again just after.",
): string {
  if (history.length === 0) return `<p class="lead">No epoch was recorded.</p>`;
  const last = history[history.length - 1];
  const label = `Loss over work: ${history.length} epochs, ends at ${formatNumber(last.loss)} ` +
    `after ${formatNumber(last.work)} work units.`;
  const marks = refinements.length > 0
    ? `Each band is one grid; at a dashed line every interval was split. ${atSplit}`
    : "The grid did not change during the run.";
  return chartFigure({
    id: "loss-chart",
    label,
    caption: `${lead} ${marks} A work unit is one epoch on the coarsest grid.`,
    choices: progressChoice("loss-axis"),
  });
}

/** What each level cost and reached. */
export function levelTable(levels: ReportData["levels"]): string {
  if (levels.length === 0) return "";
  return table(
    "Levels, the coarsest first: what each cost, and the loss at its end.",
    numberColumns(
      ...["intervals", "loss", "lower by", "parameters", "epochs", "evaluations", "time"],
    ),
    levels.map((level, i) => [
      String(level.intervals),
      formatNumber(level.loss),
      i === 0 ? "" : `${formatNumber(levels[i - 1].loss / level.loss)}×`,
      formatInteger(level.parameters),
      formatInteger(level.epochs),
      formatInteger(level.evaluations),
      formatSeconds(level.seconds),
    ]),
  );
}

function training(data: ReportData): string {
  const levels = lossChart(data, "Loss on the training rows after every epoch, logarithmic.") +
    levelTable(data.levels);
  if (data.paper === undefined || data.paper.length === 0) return levels;
  const rows = data.paper.map(({ label, parameters, mse }) => [
    label,
    formatInteger(parameters),
    formatNumber(mse),
  ]);
  const mine = data.levels[data.levels.length - 1];
  if (mine !== undefined) {
    rows.push(["this run", formatInteger(mine.parameters), formatNumber(data.losses.train)]);
  }
  return levels + table("Published results (mean over starts) beside this run.", [
    { heading: "" },
    ...numberColumns("parameters", "mean squared error"),
  ], rows);
}

/** Predictions beside targets, and what is taken for what. */
export function prediction(
  data: Pick<ReportData, "scatter" | "confusion">,
): PageSection | undefined {
  const names = [...new Set(data.scatter.map(({ name }) => name))];
  const charts = names.map((name, i) => {
    const points = data.scatter.filter((series) => series.name === name)
      .reduce((sum, { target }) => sum + target.length, 0);
    const figures = [
      {
        id: "scatter",
        label: "Prediction against target",
        caption: "Prediction against target. A good fit lies on the dashed diagonal.",
      },
      {
        id: "residual",
        label: "Residual against target",
        caption:
          "What is left: prediction − target. Look for structure, and for test points that " +
          "spread wider than training points.",
      },
    ].map(({ id, label, caption }) =>
      chartFigure({
        id: `${id}-${i}`,
        label: `${label}, ${points} points of ${name}`,
        caption,
        size: "small",
      })
    );
    return (names.length > 1 ? `<h3>${escapeHtml(name)}</h3>` : "") +
      `<div class="pair">${figures.join("")}</div>`;
  });
  const confusion = (data.confusion ?? []).map(confusionTable);
  if (charts.length + confusion.length === 0) return undefined;
  return {
    id: "prediction",
    title: "Prediction against target",
    html: charts.join("") +
      (confusion.length > 0 ? `<div class="columns">${confusion.join("")}</div>` : ""),
  };
}

const PART_TITLES: Readonly<Record<ShownPart, string>> = {
  train: "Training rows",
  test: "Test rows",
  "held-out": "Held-out rows",
  rows: "Rows",
};

function confusionTable({ part, labels, counts }: ConfusionTable): string {
  const head = labels.map((label) => `<th scope="col" class="number">${escapeHtml(label)}</th>`);
  const body = counts.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, j) => {
      const share = total > 0 ? 100 * count / total : 0;
      const colour = `color-mix(in srgb, var(--${i === j ? "train" : "test"}) ${
        (0.4 * share).toFixed(0)
      }%, transparent)`;
      return `<td class="shade" style="background:${colour}">${formatInteger(count)}</td>`;
    });
    const recall = total > 0 ? `${(100 * row[i] / total).toFixed(1)} %` : "";
    return `<tr><th scope="row">${escapeHtml(labels[i])}</th>${cells.join("")}` +
      `<td class="number">${recall}</td></tr>`;
  });
  const label = `${PART_TITLES[part]}: true label (row) against ` +
    "predicted label (column). The diagonal is right.";
  return `<div><p class="caption">${label}</p><div class="table"><table aria-label="${label}">` +
    `<thead><tr><th scope="col">true</th>${head.join("")}<th scope="col" class="number">recall` +
    `</th></tr></thead><tbody>${body.join("")}</tbody></table></div></div>`;
}

function maps(data: ReportData): PageSection | undefined {
  const map = data.errorMap;
  if (map === undefined) return undefined;
  const kinds = map.target === undefined ? ["prediction"] : ["target", "prediction", "error"];
  const titles: Record<string, string> = {
    target: `Target ${map.targetName}`,
    prediction: `Prediction of ${map.targetName}`,
    error: "Absolute error",
  };
  const panels = kinds.map((kind) => ({
    id: kind,
    title: titles[kind],
    label: `${titles[kind]} over ${map.names[0]} and ${map.names[1]}`,
  }));
  const note = map.target === undefined
    ? "The learned function over the two inputs."
    : "Target and prediction share one colour scale. The error's scale is logarithmic, four " +
      "decades below its largest value: ridges show what the grid cannot follow (kinks, steep " +
      "fronts), blobs show where training was not finished.";
  return {
    id: "map",
    title: map.target === undefined ? "Learned surface" : "Error map",
    html: `<figure>${mapGrid(panels)}${MAP_READOUT}<figcaption>${note}</figcaption></figure>`,
  };
}

/** The learned activations. */
export function activations(
  data: Pick<ReportData, "activations" | "layerShapes" | "layerEdges" | "support">,
): PageSection | undefined {
  if (data.activations.length === 0) return undefined;
  return {
    id: "activations",
    title: "Learned activations",
    html: `<p class="lead">One spline per edge over its domain, each on its own scale: the ` +
      `lowest and highest value stand beside its name. The bar below the name compares its range ` +
      `with the largest of the layer; a short bar marks an edge that hardly matters. The ticks ` +
      `are the knots: where they crowd, free knots went after a kink or a steep front. The shaded ` +
      `part holds training data; the numbers below are the raw inputs at the ends of the domain.` +
      `</p>${activationFigures(data)}${supportTable(data)}`,
  };
}

function supportTable({ support = [] }: Pick<ReportData, "support">): string {
  if (support.length === 0) return "";
  return table(
    "Basis functions of each spline layer. A dead one is 0 at every training row: its " +
      "coefficients learn nothing. A batch of the last column's size meets each of the others " +
      "with probability 0.999.",
    numberColumns("layer", "basis functions", "dead", "least batch"),
    support.map(({ layer, functions, dead, batchSize }) =>
      [layer + 1, functions, dead, batchSize].map(formatInteger)
    ),
  );
}

function knotLines(data: ReportData): PageSection | undefined {
  const map = data.knotLines;
  if (map === undefined || map.nodes.length === 0) return undefined;
  return {
    id: "knot-lines",
    title: "Knot lines in input space",
    html: `<p class="lead">Each line is the set of inputs where one node of the first spline ` +
      `layer passes one of its inner knots. Together they cut the input space into the regions ` +
      `on which the first layer is polynomial, as the separating hyperplanes of a ReLU network ` +
      `do. Lines of one node are parallel; crowded lines show where free knots bought ` +
      `resolution.</p>${knotLinePanels(map)}`,
  };
}

/** Options, layout and the command line. */
export function setup(
  data: Pick<ReportData, "configuration" | "layout" | "reproduce">,
): string {
  const configuration = table(
    "Configuration: every resolved option.",
    [{ heading: "option" }, { heading: "value" }],
    data.configuration,
  );
  const layout = data.layout.length === 0 ? "" : table(
    "Layout of the parameter vector.",
    [{ heading: "block" }, ...numberColumns("offset", "shape", "size")],
    data.layout.map(({ name, offset, shape }) => [
      name,
      formatInteger(offset),
      shape.join(" × "),
      formatInteger(shape.reduce((product, n) => product * n, 1)),
    ]),
  );
  // Each flag stays in one piece where a line breaks.
  const command = data.reproduce.split(/ (?=--)/)
    .map((part) => `<span>${escapeHtml(part)}</span>`).join(" ");
  return `<div class="columns"><div>${configuration}</div><div>${layout}</div></div>` +
    `<h3>Run it again</h3><pre>${command}</pre>`;
}
