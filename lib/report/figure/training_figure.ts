/**
 * The figure of a trained network.
 *
 * @module
 */

import { forward } from "../../model/mod.ts";
import { networkDrawing } from "../network/drawing.ts";
import { type CollectOptions, collectReport } from "../training/collect.ts";
import type { PartCurves } from "../judging/data.ts";
import type { ReportData, ScatterSeries } from "../training/data.ts";
import { between, inputRanges, mapAxis, predictor, unscaler } from "../training/error_map.ts";
import { findEnd } from "../training/training_log.ts";
import type { CurvePanel, Figure, FigurePanel, FigureSeries, PictureName } from "./data.ts";
import { classPanels, edgePanels, lossPanel, scatterPanels, sizeMap, valueMaps } from "./panels.ts";

/** Pictures of a trained network, those that are drawn unless others are asked for first. */
export const TRAINING_PICTURES = [
  ...["loss", "network", "prediction", "error", "edges"] as const,
] as const satisfies readonly PictureName[];

/** Points along the curve of one input; most rows that are drawn. */
const POINTS = 401, MOST_ROWS = 1500;

/**
 * Makes the figure of a trained network. What a run does not have is left out: the loss without
 * events, predictions of classes.
 *
 * @param options The run, as for a report.
 * @param pictures What is drawn, in this order. Default: loss, network, prediction, error.
 * @returns Plain data for {@linkcode figureSvg}.
 * @throws {TypeError} If there is neither a network nor a `finished` event.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { figureSvg, trainingFigure } from "@freeknot/freeknot/report";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [1, 2, 1], firstLayer: "spline" }, { seed: 1 });
 * const inputs = new Float64Array([0, 0.5, 1]), targets = new Float64Array([0, 1, 0]);
 * const figure = trainingFigure({
 *   title: "bump", network, events: [], train: { rows: 3, nIn: 1, nOut: 1, inputs, targets },
 *   losses: { train: 0.5 }, scores: { train: {} }, reproduce: "", version: "",
 * }, ["network", "prediction"]);
 * assertEquals(figure.panels.map(({ kind }) => kind), ["network", "curves"]);
 * assertStringIncludes(figureSvg(figure), "<svg");
 * ```
 */
export function trainingFigure(
  options: CollectOptions,
  pictures: readonly string[] = TRAINING_PICTURES.slice(0, 4),
): Figure {
  const data = collectReport(options);
  const draw: Readonly<Record<string, () => readonly FigurePanel[]>> = {
    loss: () => lossOf(data),
    network: () => [networkOf(options)],
    prediction: () => predictionOf(options, data),
    error: () => errorOf(options, data),
    edges: () => edgePanels(data.activations),
  };
  return { panels: pictures.flatMap((name) => draw[name]?.() ?? []) };
}

/**
 * Makes the figure of predictions beside targets, or of classes at every threshold.
 *
 * @param scatter Predictions and targets of some rows.
 * @param classCurves How well classes are told apart.
 * @param shown Whether predictions are drawn, or their errors, which classes have none of.
 * @returns Plain data for {@linkcode figureSvg}.
 *
 * @example
 * ```ts
 * import { scatterFigure } from "@freeknot/freeknot/report";
 * import { assertEquals } from "@std/assert";
 *
 * const series = { part: "test", name: "price", target: [1, 2], prediction: [1.1, 1.9] } as const;
 * const [panel] = scatterFigure([series], [], "prediction").panels;
 * assertEquals(panel.title, "Prediction of price");
 * ```
 */
export function scatterFigure(
  scatter: readonly ScatterSeries[],
  classCurves: readonly PartCurves[],
  shown: "prediction" | "error",
): Figure {
  const classes = shown === "prediction" ? classPanels(classCurves) : [];
  return { panels: [...scatterPanels(scatter, shown === "error"), ...classes] };
}

function lossOf({ history, refinements, lossName }: ReportData): CurvePanel[] {
  const held = history.map(({ validationLoss }) => validationLoss ?? NaN);
  const panel = lossPanel(history, refinements, lossName, [
    { label: "training", values: history.map(({ loss }) => loss) },
    ...(held.some(Number.isFinite) ? [{ label: "validation", values: held }] : []),
  ]);
  return panel === undefined ? [] : [panel];
}

function networkOf(options: CollectOptions): FigurePanel {
  const { network } = findEnd(options.events, options.network), { train, classLabels } = options;
  const rows = Math.min(train.rows, 5000), nOut = network.config.widths.at(-1)!;
  return {
    kind: "network",
    title: "Network",
    drawing: networkDrawing(network, train.inputs.subarray(0, rows * train.nIn), {
      inputNames: options.inputNames ?? options.inputScales?.map(({ name }) => name),
      outputNames: options.targetNames ?? options.targetScales?.map(({ name }) => name) ??
        (classLabels && (nOut === 1 ? [classLabels[1]] : classLabels)),
    }),
  };
}

function predictionOf(options: CollectOptions, data: ReportData): FigurePanel[] {
  const { errorMap, scatter, classCurves } = data, curve = curveOf(options);
  if (curve !== undefined) return [curve.prediction];
  if (classCurves !== undefined) return classPanels(classCurves);
  if (errorMap === undefined) return scatterPanels(scatter, false);
  const { prediction, target, targetName } = errorMap;
  return valueMaps({ ...errorMap, equal: false }, [
    { title: `Prediction of ${targetName}`, values: prediction },
    ...(target === undefined ? [] : [{ title: `True ${targetName}`, values: target }]),
  ], false);
}

function errorOf(options: CollectOptions, data: ReportData): FigurePanel[] {
  const { errorMap, scatter } = data, curve = curveOf(options);
  if (curve !== undefined) return [curve.error];
  if (errorMap?.error === undefined) return scatterPanels(scatter, true);
  const title = `Absolute error of ${errorMap.targetName}`;
  return [sizeMap({ ...errorMap, equal: false }, title, errorMap.error)];
}

/** The first output over the only input, between the rows; undefined of other networks. */
function curveOf(options: CollectOptions) {
  const { train, truth, classLabels, link, inputScales, targetScales } = options;
  if (train.nIn !== 1 || train.rows === 0 || classLabels || link?.kind === "hazard") {
    return undefined;
  }
  const { network } = findEnd(options.events, options.network), [range] = inputRanges(train);
  const { name: xTitle, show } = mapAxis(
    inputScales?.[0],
    options.inputNames?.[0] ?? inputScales?.[0]?.name ?? "x",
  );
  const yTitle = options.targetNames?.[0] ?? targetScales?.[0]?.name ?? "y";
  const unscale = unscaler(targetScales?.[0]), said = predictor(targetScales?.[0], link);
  const first = (values: ArrayLike<number>, map: (value: number) => number) =>
    Array.from({ length: values.length / train.nOut }, (_, r) => map(values[r * train.nOut]));
  const at = Float64Array.from({ length: POINTS }, (_, i) => between(range, i / (POINTS - 1)));
  const predicted = first(forward(network, at, POINTS), said);
  const right = truth && first(truth(at, POINTS), unscale);
  const count = Math.min(train.rows, MOST_ROWS);
  const rows = Array.from({ length: count }, (_, i) => Math.floor(i * train.rows / count));
  const places = Float64Array.from(rows, (row) => train.inputs[row]);
  const targets = rows.map((row) => unscale(train.targets[row * train.nOut]));
  const there = first(forward(network, places, count), said), x = [...at].map(show);
  const points = { x: [...places].map(show), kind: "points", width: 1.75 } as const;
  const rest = targets.map((target, i) => there[i] - target);
  const base = { kind: "curves", xTitle } as const;
  const dashed: FigureSeries[] = right === undefined ? [] : [{
    ...{
      label: "true function",
      kind: "line",
      color: "ink",
      dash: "5 4",
      width: 1.25,
      x,
      y: right,
    },
  }];
  const prediction: CurvePanel = {
    ...{ ...base, title: `Prediction of ${yTitle}`, yTitle },
    series: [
      ...(right === undefined
        ? [{ ...points, label: "training rows", color: "muted", y: targets } as const]
        : []),
      { ...{ label: "prediction", kind: "line", color: 0, width: 2.25, x, y: predicted } },
      ...dashed,
    ],
  };
  const error: CurvePanel = right === undefined
    ? {
      ...{ ...base, title: `Error of ${yTitle}`, yTitle: "prediction − target" },
      series: [
        { ...points, label: "training rows", color: 0, y: rest },
        {
          ...{ label: "no error", kind: "guide", color: "muted", width: 1, dash: "4 3" },
          ...{ x: [x[0], x[POINTS - 1]], y: [0, 0] },
        },
      ],
    }
    : {
      ...{ ...base, title: `Absolute error of ${yTitle}`, yTitle: "absolute error" },
      logarithmic: true,
      series: [{
        ...{ label: "", kind: "line", color: 0, x },
        y: predicted.map((value, i) => Math.abs(value - right[i]) || NaN),
      }],
    };
  return { prediction, error };
}
