/**
 * The sections of a solution's page: what each says in words, tables and places for pictures.
 *
 * @module
 */

import { chartFigure, choices, MAP_READOUT, mapGrid } from "../html/figures.ts";
import { formulaHtml } from "../html/formula_html.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatNumber } from "../html/numbers.ts";
import type { PageSection } from "../html/shell.ts";
import {
  activations,
  costTiles,
  levelTable,
  lossChart,
  setup,
  tileList,
} from "../training/sections.ts";
import type { SolutionReportData } from "./data.ts";
import { knotPathFigures } from "./knot_path_view.ts";
import { mapTabs } from "./pictures.ts";

/** The sections that the data fill, in order. */
export function solutionSections(data: SolutionReportData): PageSection[] {
  const all: (PageSection | undefined)[] = [
    { id: "result", title: "Result", html: tiles(data) + problem(data) },
    curves(data),
    maps(data),
    slices(data),
    coefficients(data),
    { id: "training", title: "Training", html: training(data) },
    knots(data),
    activations(data),
    { id: "setup", title: "Setup", html: setup(data) },
  ];
  return all.filter((section) => section !== undefined);
}

function tiles(data: SolutionReportData): string {
  return tileList([
    ...data.errors.map(([name, value]): [string, string] => [name, formatNumber(value)]),
    ...data.coefficients.map(({ name, value }): [string, string] => [
      `coefficient ${name}`,
      formatNumber(value, 4),
    ]),
    ["loss", formatNumber(data.loss)],
    ...costTiles(data),
  ]);
}

function problem({ problem, facts, terms, lossNote }: SolutionReportData): string {
  const measured = terms.some(({ fresh }) => fresh !== undefined);
  const rows = problem.map(({ name, formula, where }) => {
    const term = terms.find((each) => each.name === name);
    return [
      name,
      formulaHtml(formula),
      formulaHtml(where),
      term === undefined ? "holds by construction" : formatNumber(term.loss),
      ...measured
        ? [term?.trained, term?.fresh].map((x) => x === undefined ? "" : formatNumber(x))
        : [],
    ];
  });
  const factLine = facts.length === 0
    ? ""
    : `<p class="caption">${
      facts.map(([label, value]) => `${escapeHtml(label)} ${formulaHtml(value)}`).join("; ")
    }.</p>`;
  return table(
    "The problem: what must hold, where, and what is left of it: weighted mean square" +
      (measured
        ? ", and root mean squares of the residual at the points of training and at fresh ones."
        : "."),
    [
      { heading: "" },
      { heading: "equation", html: true },
      { heading: "where", html: true },
      ...numberColumns("loss", ...measured ? ["trained", "fresh"] : []),
    ],
    rows,
  ) + factLine + (lossNote === "" ? "" : `<p class="caption">${escapeHtml(lossNote)}</p>`);
}

function curves({ curves }: SolutionReportData): PageSection | undefined {
  if (curves === undefined) return undefined;
  const { coordinate, unknowns, residuals } = curves;
  const names = unknowns.map(({ name }) => name).join(", ");
  const known = unknowns.some(({ truth }) => truth !== undefined);
  const error = chartFigure({
    id: "curve-errors",
    label: `Errors of ${names} over ${coordinate}`,
    caption: "Absolute difference from the true solution, logarithmic.",
    size: "small",
  });
  const residual = chartFigure({
    id: "curve-residuals",
    label: `Residuals over ${coordinate}`,
    caption: `Absolute residual of ${
      residuals.length === 1 ? "the equation" : "each equation"
    }, logarithmic: what is left when the solution is put in.`,
    size: "small",
  });
  const caption = known
    ? "The network's solution, and on it, dashed, the true one."
    : "The network's solution.";
  return {
    id: "solution",
    title: "Solution",
    html: chartFigure({ id: "curves", label: `${names} over ${coordinate}`, caption }) +
      `<div class="pair">${known ? error : ""}${residual}</div>`,
  };
}

function maps(data: SolutionReportData): PageSection | undefined {
  const tabs = mapTabs(data);
  if (tabs.length === 0) return undefined;
  const options = tabs.map(({ name }, i) => ({ value: String(i), label: name }));
  const chooser = tabs.length === 1 ? "" : choices("Show", "map-tab", options, ' data-tab="map"');
  const parts = tabs.map(({ panels }, i) =>
    `<div data-tab-of="map" data-tab-name="${i}"${i === 0 ? "" : " hidden"}>` +
    `${mapGrid(panels, " two")}</div>`
  );
  const known = data.maps.some(({ unknowns }) => unknowns.some(({ truth }) => truth));
  const rug = data.mapKnots.some((knots) => knots.length > 0)
    ? " Ticks inside the frame of the solution are the knots of the first layer."
    : "";
  const measured = data.measurements.length > 0 ? " Dots are the measurements." : "";
  return {
    id: "solution",
    title: "Solution",
    html: `<figure>${chooser}${parts.join("")}${MAP_READOUT}<figcaption>` +
      (known
        ? "Solution and true solution share one colour scale. The scales of error"
        : "The scale") +
      `${
        known ? " and residual are" : " of the residual is"
      } logarithmic, four decades below the ` +
      `largest value; the residual is what is left when the solution is put into the equation.` +
      `${rug}${measured}</figcaption></figure>`,
  };
}

function slices({ slices }: SolutionReportData): PageSection | undefined {
  if (slices.length === 0) return undefined;
  const known = slices.some(({ lines }) => lines.some(({ truth }) => truth !== undefined));
  return {
    id: "slices",
    title: "Slices",
    html: slices.map(({ unknown, along, across }, k) =>
      chartFigure({
        id: `slices-${k}`,
        label: `${unknown} over ${along} at several ${across}`,
        caption: `${unknown} over ${along} at several values of ${across}` +
          (known ? "; dashed, on each line, the true solution." : "."),
      })
    ).join(""),
  };
}

function coefficients({ coefficients, history }: SolutionReportData): PageSection | undefined {
  if (coefficients.length === 0) return undefined;
  const found = table(
    "Coefficients that were found together with the solution.",
    [{ heading: "" }, ...numberColumns("began at", "found")],
    coefficients.map(({ name, start, value }) => [
      name,
      formatNumber(start, 6),
      formatNumber(value, 6),
    ]),
  );
  const names = coefficients.map(({ name }) => name).join(", ");
  return {
    id: "coefficients",
    title: "Coefficients",
    html: found + (history.length < 2 ? "" : chartFigure({
      id: "coefficients-chart",
      label: `${names} over epochs`,
      caption: "The best value for the network of each epoch: the search solves for the " +
        "coefficients anew at every step.",
      size: "small",
    })),
  };
}

function training(data: SolutionReportData): string {
  return lossChart(
    data,
    "Loss after every epoch, logarithmic: the sum, and the share of each equation and condition.",
    "That keeps the function: where the curve jumps, points, weights or constants were renewed.",
  ) + levelTable(data.levels);
}

function knots({ knotPaths }: SolutionReportData): PageSection | undefined {
  if (knotPaths.length === 0) return undefined;
  return {
    id: "knots",
    title: "Knots",
    html: `<p class="lead">One picture per input node of a spline layer: each line is an inner ` +
      `knot on its way through training, left to right; upwards lies the spline's domain, shaded ` +
      `where there are points. At a dashed line the grid was refined and ` +
      `every interval got a knot in its middle. Where lines crowd, knots went to a front or a ` +
      `kink and bought resolution there.</p>${knotPathFigures(knotPaths)}`,
  };
}
