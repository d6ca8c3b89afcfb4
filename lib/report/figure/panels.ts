/**
 * Panels that several figures have: the loss, the edges, scatter.
 *
 * @module
 */

import type { EpochRecord } from "../../train/mod.ts";
import { finiteRange } from "../html/numbers.ts";
import type { PartCurves } from "../judging/data.ts";
import type { ActivationCurve, RefinementMark, ScatterSeries } from "../training/data.ts";
import type { CurvePanel, FigureSeries, MapPanel } from "./data.ts";

/** Most edges, and most clouds of points, that a figure draws. */
const MOST_EDGES = 12, MOST_CLOUDS = 4;
/** Decades below the largest value that a logarithmic map shows. */
const DECADES = 4;

/** A named list with one number per epoch. */
export interface LossSeries {
  readonly label: string;
  readonly values: readonly number[];
}

/** The loss over work, logarithmic, with the grids between which it was refined. */
export function lossPanel(
  history: readonly EpochRecord[],
  refinements: readonly RefinementMark[],
  yTitle: string,
  series: readonly LossSeries[],
): CurvePanel | undefined {
  if (history.length === 0) return undefined;
  const x = history.map(({ work }) => work);
  return {
    kind: "curves",
    title: "Loss",
    xTitle: "work (epochs of the coarsest grid)",
    yTitle,
    logarithmic: true,
    xRange: [0, x[x.length - 1]],
    steps: refinements.map(({ work, toIntervals }) => ({
      at: work,
      label: `${toIntervals} intervals`,
      short: `${toIntervals}`,
    })),
    series: series.map(({ label, values }, k): FigureSeries => ({
      ...{ label, x, y: values, kind: "line", color: k },
    })),
  };
}

/** One panel per edge of those that move most, knots below. */
export function edgePanels(activations: readonly ActivationCurve[]): CurvePanel[] {
  const size = ({ y }: ActivationCurve) => Math.max(...y) - Math.min(...y);
  const kept = new Set(activations.toSorted((a, b) => size(b) - size(a)).slice(0, MOST_EDGES));
  return activations.filter((each) => kept.has(each)).map((edge): CurvePanel => {
    const { layer, domain: [a, b], rawRange: [c, d], rawInputName, outputName } = edge;
    const raw = (position: number) => c + (d - c) * (position - a) / (b - a);
    return {
      kind: "curves",
      title: `Edge from ${rawInputName} to ${outputName}, layer ${layer + 1}`,
      xTitle: rawInputName,
      yTitle: `share of ${outputName}`,
      series: [{ ...{ label: "", kind: "line", color: 0 }, x: edge.x.map(raw), y: edge.y }],
      rug: edge.knots.map(raw),
      xRange: [Math.min(c, d), Math.max(c, d)],
    };
  });
}

/** Predictions beside targets; with `left`, what is left of them. */
export function scatterPanels(scatter: readonly ScatterSeries[], left: boolean): CurvePanel[] {
  const names = [...new Set(scatter.map(({ name }) => name))].slice(0, MOST_CLOUDS);
  return names.map((name): CurvePanel => {
    const clouds = scatter.filter((each) => each.name === name);
    const ends = finiteRange(clouds.flatMap(({ target }) => target)) ?? [0, 1];
    return {
      kind: "curves",
      title: left ? `Error of ${name}` : `Prediction of ${name}`,
      xTitle: name,
      yTitle: left ? "prediction − target" : "prediction",
      series: [
        ...clouds.map(({ part, target, prediction }, k): FigureSeries => ({
          ...{ label: `${part} rows`, kind: "points", color: k, width: 1.75, x: target },
          y: left ? prediction.map((value, i) => value - target[i]) : prediction,
        })),
        {
          ...{ label: "no error", kind: "guide", color: "muted", width: 1, dash: "4 3" },
          ...{ x: ends, y: left ? [0, 0] : ends },
        },
      ],
    };
  });
}

/** Of classes: the share found over the share of others taken for the class, at every threshold. */
export function classPanels(classCurves: readonly PartCurves[]): CurvePanel[] {
  return classCurves.filter(({ curves }) => curves.length > 0).map((
    { part, curves },
  ): CurvePanel => ({
    kind: "curves",
    title: `Classes told apart, ${part} rows`,
    xTitle: "share of the others taken for the class",
    yTitle: "share of the class found",
    series: [
      ...curves.map(({ label, roc }, k): FigureSeries => ({
        ...{ label, kind: "line", color: k },
        ...{ x: roc.falsePositiveRate, y: roc.truePositiveRate },
      })),
      {
        ...{ label: "by chance", kind: "guide", color: "muted", width: 1, dash: "4 3" },
        ...{ x: [0, 1], y: [0, 1] },
      },
    ],
  }));
}

/** The place of a map. */
type MapGround = Pick<MapPanel, "x" | "y" | "names" | "columns" | "rows" | "equal" | "points">;

/** Maps of one quantity that share their colours: centred on 0 where both signs are large. */
export function valueMaps(
  ground: MapGround,
  maps: readonly { readonly title: string; readonly values: readonly number[] }[],
  centred: boolean,
): MapPanel[] {
  const [low, high] = finiteRange(maps.flatMap(({ values }) => values)) ?? [0, 1];
  const most = Math.max(-low, high), signed = centred && Math.min(-low, high) > 0.1 * most;
  return maps.map(({ title, values }): MapPanel => ({
    ...{ ...ground, kind: "map", title, values, logarithmic: false },
    palette: signed ? "diverging" : "sequential",
    range: signed ? [-most, most] : [low, high],
  }));
}

/** A logarithmic map of sizes that should be 0, four decades below the largest. */
export function sizeMap(ground: MapGround, title: string, values: readonly number[]): MapPanel {
  const [, worst] = finiteRange(values.map(Math.abs)) ?? [0, 0], high = Math.log10(worst || 1);
  return {
    ...{ ...ground, kind: "map", title, values, logarithmic: true, palette: "magnitude" },
    range: [high - DECADES, high],
  };
}
