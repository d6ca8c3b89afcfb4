/**
 * A report's pictures as the page carries them, with the digits that a picture can show.
 *
 * @module
 */

import type { EpochRecord } from "../../train/mod.ts";
import { finiteRange, rounded } from "../html/numbers.ts";
import type {
  PageData,
  PageHistory,
  PageLine,
  PageMap,
  PageMapPanel,
  PageProgress,
  PageScatter,
} from "../page/data.ts";
import { judgingPlots } from "../judging/pictures.ts";
import type { ErrorMap, ReportData, ScatterSeries } from "./data.ts";

/** The part of the data that the page draws. */
export function pageData(data: ReportData): PageData {
  const { history } = data;
  const [best] = (data.paper ?? []).filter(({ mse }) => mse > 0).sort((a, b) => a.mse - b.mse);
  const validated = history.some(({ validationLoss }) => validationLoss !== undefined);
  const losses = history.map(({ loss }) => loss);
  const held = history.map(({ validationLoss }) => validationLoss ?? NaN);
  return {
    lossName: data.lossName,
    history: pageHistory(
      history,
      [
        { label: "training", color: "train", dash: [], width: 2, values: rounded(losses, 6) },
        { label: "validation", color: "test", dash: [6, 3], width: 2, values: rounded(held, 6) },
      ].slice(0, validated ? 2 : 1),
    ),
    refinements: data.refinements,
    reference: best === undefined ? null : { label: "published best", value: best.mse },
    scatter: data.scatter.map(pageScatter),
    maps: data.errorMap === undefined ? [] : [pageMap(data.errorMap)],
    plots: judgingPlots(data),
  };
}

/** Targets beside predictions of some rows. */
export function pageScatter({ part, name, target, prediction }: ScatterSeries): PageScatter {
  return {
    part,
    name,
    target: rounded(target, 6),
    prediction: rounded(prediction, 6),
    residual: rounded(prediction.map((value, i) => value - target[i]), 4),
  };
}

function pageMap({ x, y, columns, rows, names, prediction, target, error }: ErrorMap): PageMap {
  const values = [
    { id: "prediction", name: "prediction", values: prediction },
    ...(target === undefined ? [] : [{ id: "target", name: "target", values: target }]),
  ];
  return {
    ...{ readout: "map-readout", x, y, columns, rows, names, ratio: 1 },
    panels: [
      ...valuePanels(values, false),
      ...(error === undefined ? [] : [magnitudePanel("error", "error", error)]),
    ],
    knots: [[], []],
    points: [],
  };
}

/** What the run had spent after every epoch, by columns. */
export function pageProgress(history: readonly EpochRecord[]): PageProgress {
  return {
    work: history.map(({ work }) => work),
    evaluations: history.map(({ evaluations }) => evaluations),
    seconds: history.map(({ seconds }) => Number(seconds.toFixed(3))),
  };
}

/** The training log by columns. */
export function pageHistory(
  history: readonly EpochRecord[],
  series: readonly PageLine[],
): PageHistory {
  return {
    ...pageProgress(history),
    epoch: history.map(({ epoch }) => epoch),
    intervals: history.map(({ intervals }) => intervals),
    gradientNorm: rounded(history.map(({ gradientNorm }) => gradientNorm), 4),
    series,
  };
}

/** Decades below the largest value that a logarithmic map shows. */
const DECADES = 4;

/**
 * Maps of one quantity that share their colours: centred on 0 where both signs are large.
 *
 * @param maps Id, name and values of each.
 * @param centred Whether 0 may be the middle of the colours.
 */
export function valuePanels(
  maps: readonly { readonly id: string; readonly name: string; readonly values: Numbers }[],
  centred: boolean,
): PageMapPanel[] {
  const [low, high] = finiteRange(maps.flatMap(({ values }) => values)) ?? [0, 1];
  const most = Math.max(-low, high), signed = centred && Math.min(-low, high) > 0.1 * most;
  const range: [number, number] = signed ? [-most, most] : [low, high];
  return maps.map(({ id, name, values }): PageMapPanel => ({
    id,
    name,
    values: rounded(values, 4),
    digits: 4,
    palette: signed ? "diverging" : "sequential",
    range,
    logarithmic: false,
    marked: false,
  }));
}

/** A logarithmic map of values that should be 0: the largest size and four decades below. */
export function magnitudePanel(id: string, name: string, values: Numbers): PageMapPanel {
  const [, worst] = finiteRange(values.map(Math.abs)) ?? [0, 0];
  const high = Math.log10(worst || 1);
  return {
    id,
    name,
    values: rounded(values, 3),
    digits: 2,
    palette: "magnitude",
    range: [high - DECADES, high],
    logarithmic: true,
    marked: false,
  };
}

type Numbers = readonly number[];
