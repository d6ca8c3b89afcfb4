/**
 * The figure of a solved differential equation.
 *
 * @module
 */

import { networkDrawing } from "../network/drawing.ts";
import { type CollectSolutionOptions, collectSolutionReport } from "../solution/collect.ts";
import type { KnotPath, SolutionReportData } from "../solution/data.ts";
import { findEnd } from "../training/training_log.ts";
import type { CurvePanel, Figure, FigurePanel, FigureSeries, PictureName } from "./data.ts";
import { edgePanels, lossPanel, sizeMap, valueMaps } from "./panels.ts";

/** Pictures of a solution, those that are drawn unless others are asked for first. */
export const SOLUTION_PICTURES = [
  ...["loss", "network", "solution", "error", "residual", "edges", "knots"] as const,
] as const satisfies readonly PictureName[];

/** Most nodes whose knots are followed. */
const MOST_PATHS = 8;

/**
 * Makes the figure of a solution. What there is not is left out: the loss without events, the error
 * where the true solution is not known.
 *
 * @param options The run, as for a report.
 * @param pictures What is drawn, in this order. Default: loss, network, solution, error.
 * @returns Plain data for {@linkcode figureSvg}.
 * @throws {TypeError} If there is neither a network nor a `finished` event.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { figureSvg, solutionFigure } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const figure = solutionFigure({
 *   title: "decay",
 *   events: [],
 *   network: createNetwork({ widths: [1, 2, 1] }, { seed: 1 }),
 *   fields: {
 *     domain: { t: [0, 1] },
 *     unknowns: ["u"],
 *     equations: ["equation"],
 *     solution: (points) => [points.map((t) => 1 - t)],
 *     truth: (points) => [points.map((t) => Math.exp(-t))],
 *     residuals: (points) => [points.map((t) => -t)],
 *   },
 *   problem: [{ name: "equation", formula: "u_t = -u", where: "inside" }],
 *   terms: [{ name: "equation", loss: 0.3, history: [] }],
 *   inputs: new Float64Array([0, 1]),
 *   inputNames: ["t"],
 *   reproduce: "",
 *   version: "",
 * }, ["solution", "error"]);
 * assertStringIncludes(figureSvg(figure), "true solution");
 * ```
 */
export function solutionFigure(
  options: CollectSolutionOptions,
  pictures: readonly string[] = SOLUTION_PICTURES.slice(0, 4),
): Figure {
  const data = collectSolutionReport(options);
  const draw: Readonly<Record<string, () => readonly FigurePanel[]>> = {
    loss: () => lossOf(data),
    network: () => [networkOf(options)],
    solution: () => [...curvePanels(data, "solution"), ...mapPanels(data, "solution")],
    error: () => [...curvePanels(data, "error"), ...mapPanels(data, "error")],
    residual: () => [...curvePanels(data, "residual"), ...mapPanels(data, "residual")],
    edges: () => edgePanels(data.activations),
    knots: () => data.knotPaths.slice(0, MOST_PATHS).map(knotPanel),
  };
  return { panels: pictures.flatMap((name) => draw[name]?.() ?? []) };
}

function lossOf({ history, refinements, terms }: SolutionReportData): CurvePanel[] {
  const panel = lossPanel(history, refinements, "weighted mean squared residual", [
    { label: terms.length === 1 ? terms[0].name : "loss", values: history.map(({ loss }) => loss) },
    ...(terms.length === 1
      ? []
      : terms.map(({ name, history }) => ({ label: name, values: history }))),
  ]);
  return panel === undefined ? [] : [panel];
}

function networkOf(options: CollectSolutionOptions): FigurePanel {
  const { network } = findEnd(options.events, options.network), { inputs, inputNames } = options;
  return {
    kind: "network",
    title: "Network",
    drawing: networkDrawing(network, inputs, {
      ...{ inputNames, outputNames: options.fields.unknowns },
    }),
  };
}

/** What a picture of a solution shows. */
type Shown = "solution" | "error" | "residual";

function curvePanels({ curves }: SolutionReportData, shown: Shown): CurvePanel[] {
  if (curves === undefined) return [];
  const { coordinate, x, unknowns, residuals } = curves;
  const base = { kind: "curves", xTitle: coordinate } as const;
  const line = (label: string, y: readonly number[], k: number): FigureSeries => ({
    ...{ label, kind: "line", color: k, x, y },
  });
  const size = (values: readonly number[]) => values.map((value) => Math.abs(value) || NaN);
  const known = unknowns.filter(({ truth }) => truth !== undefined);
  if (shown === "solution") {
    return [{
      ...{ ...base, title: "Solution", yTitle: unknowns.map(({ name }) => name).join(", ") },
      series: [
        ...unknowns.map(({ name, values }, k) => ({ ...line(name, values, k), width: 2.25 })),
        ...known.map(({ truth }, k): FigureSeries => ({
          ...line(k === 0 ? "true solution" : "", truth!, 0),
          ...{ color: "ink", dash: "5 4", width: 1.25 },
        })),
      ],
    }];
  }
  const lines = shown === "residual"
    ? residuals.map(({ name, values }, k) => line(name, size(values), k))
    : known.map(({ name, values, truth }, k) =>
      line(name, size(values.map((value, i) => value - truth![i])), k)
    );
  if (lines.length === 0) return [];
  return [{
    ...{ ...base, title: shown === "error" ? "Absolute error" : "Absolute residual" },
    ...{ yTitle: `absolute ${shown}`, logarithmic: true, series: lines },
  }];
}

function mapPanels({ maps, measurements }: SolutionReportData, shown: Shown): FigurePanel[] {
  return maps.flatMap((map): FigurePanel[] => {
    const where = map.held === "" ? "" : ` at ${map.held}`;
    const ground = { ...map, equal: map.isShape, points: measurements };
    if (shown === "residual") {
      return map.residuals.map(({ name, values }) =>
        sizeMap(ground, `Absolute residual of ${name}${where}`, values)
      );
    }
    return map.unknowns.flatMap(({ name, values, truth }): FigurePanel[] => {
      if (shown === "solution") {
        return valueMaps(ground, [{ title: `Solution ${name}${where}`, values }], true);
      }
      return truth === undefined ? [] : [
        sizeMap(ground, `Absolute error of ${name}${where}`, values.map((u, i) => u - truth[i])),
      ];
    });
  });
}

/** Every inner knot over the epochs; a knot that refinement adds begins there. */
function knotPanel({ node, layer, range, moments }: KnotPath): CurvePanel {
  const x: number[] = [], y: number[] = [];
  for (let from = 0; from < moments.length;) {
    const count = moments[from].knots.length;
    let to = from;
    while (to + 1 < moments.length && moments[to + 1].knots.length === count) to++;
    for (let i = 1; i < count - 1; i++) {
      for (const { epoch, knots } of moments.slice(from, to + 1)) {
        x.push(epoch);
        y.push(knots[i]);
      }
      x.push(NaN);
      y.push(NaN);
    }
    from = to + 1;
  }
  return {
    kind: "curves",
    title: `Knots of ${node}, layer ${layer + 1}`,
    xTitle: "epoch",
    yTitle: node,
    series: [
      { label: "", x, y, kind: "line", color: 0, width: 1 },
      { label: "", x: [moments[0].epoch], y: [range[0]], kind: "guide", color: "muted" },
      { label: "", x: [moments[0].epoch], y: [range[1]], kind: "guide", color: "muted" },
    ],
  };
}
