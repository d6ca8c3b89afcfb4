/**
 * Charts of curves and clouds of points that each have their own places along `x`.
 *
 * @module
 */

import { compactNumber, finiteRange } from "../html/numbers.ts";
import {
  lineChart,
  type LineConfiguration,
  type LineDataset,
  lineDataset,
  logarithmicAxis,
  showChart,
  valueAxis,
} from "./chart.ts";
import type { PagePlot, PagePlotSeries } from "./data.ts";
import { fade } from "./screen.ts";
import { logarithmicRange } from "./ticks.ts";

/** What lies below this share of the largest value is left out of a logarithmic axis. */
const LEAST_SHARE = 1e-9;

/** A cloud of so many points or fewer is drawn with larger ones. */
const FEW = 100;

/** Shows all of them. */
export function showPlots(plots: readonly PagePlot[]): void {
  for (const plot of plots) showChart(plot.id, () => configure(plot));
}

function configure(plot: PagePlot) {
  const { xTitle, yTitle, x, y, logarithmic, logarithmicX, series } = plot;
  const [places, values] = [series.flatMap((each) => each.x), series.flatMap((each) => each.y)];
  const across = x ??
    (logarithmicX ? logarithmicRange(places, LEAST_SHARE) : padded(finiteRange(places)));
  const up = y ??
    (logarithmic ? logarithmicRange(values, LEAST_SHARE) : padded(finiteRange(values)));
  if (across === undefined || up === undefined) return undefined;
  const clouds = series.every(({ kind }) => kind !== "line" && kind !== "steps");
  const numbers = {
    callback: (value: number | string) => compactNumber(Number(value)),
    includeBounds: x !== undefined,
    maxTicksLimit: 7,
    maxRotation: 0,
  };
  const [min, max] = up;
  return lineChart(
    series.map((each, i) => ({ ...plotDataset(each), order: -i })), // the last ones lie on top
    {
      x: logarithmicX
        ? logarithmicAxis(xTitle, across)
        : { ...valueAxis(xTitle), min: across[0], max: across[1], ticks: numbers },
      y: logarithmic
        ? logarithmicAxis(yTitle, up)
        : { ...valueAxis(yTitle), min, max, ticks: { ...numbers, includeBounds: y !== undefined } },
    },
    {
      title: () => "",
      label: ({ dataset, parsed }) =>
        `${dataset.label}: ${xTitle} ${compactNumber(parsed.x)}, ${yTitle} ${
          compactNumber(parsed.y)
        }`,
    },
    clouds ? { mode: "point", intersect: true } : {},
  ) satisfies LineConfiguration;
}

/** A range with a little room at both ends. */
function padded(range: [number, number] | undefined): [number, number] | undefined {
  if (range === undefined) return undefined;
  const room = 0.03 * (range[1] - range[0] || Math.abs(range[0]) || 1);
  return [range[0] - room, range[1] + room];
}

function plotDataset(series: PagePlotSeries): LineDataset {
  const { label, color, dash, width, kind, x, y } = series;
  const data = y.flatMap((value, i) => {
    const place = x[i];
    return value === null || place === null ? [] : [{ x: place, y: value }];
  });
  const line = lineDataset({ label, color, dash, width }, data);
  if (kind === "guide") return { ...line, pointHitRadius: 0 };
  if (kind === "steps") {
    return { ...line, stepped: true, fill: "origin", backgroundColor: fade(String(color), 0.16) };
  }
  if (kind === "marked") return { ...line, pointRadius: 3, pointHoverRadius: 5, clip: 6 };
  if (kind === "line") return line;
  const few = data.length <= FEW;
  return {
    ...{ label, data, showLine: false, borderWidth: 0 },
    ...(few ? { pointRadius: 4, pointHoverRadius: 6 } : { pointRadius: 2, pointHoverRadius: 4 }),
    backgroundColor: fade(String(color), few ? 0.9 : 0.5),
    pointStyle: color === "train" ? "circle" : "rectRot",
  };
}
