/**
 * The charts of prediction and residual against target.
 *
 * @module
 */

import { compactNumber, finiteRange } from "../html/numbers.ts";
import { lineChart, type LineConfiguration, lineDataset, showChart, valueAxis } from "./chart.ts";
import type { PageScatter } from "./data.ts";
import { fade } from "./screen.ts";

type Kind = "prediction" | "residual";

/** Shows both charts of every target column. */
export function showScatter(clouds: readonly PageScatter[]): void {
  [...new Set(clouds.map(({ name }) => name))].forEach((name, i) => {
    const series = clouds.filter((cloud) => cloud.name === name);
    showChart(`scatter-${i}`, () => configure(series, "prediction"));
    showChart(`residual-${i}`, () => configure(series, "residual"));
  });
}

function configure(series: readonly PageScatter[], kind: Kind): LineConfiguration | undefined {
  const shown = series.flatMap(({ target, prediction }) =>
    kind === "prediction" ? [...target, ...prediction] : target
  );
  const ends = finiteRange(shown);
  if (ends === undefined) return undefined;
  const [low, high] = ends, pad = 0.03 * (high - low || 1);
  const range = { min: low - pad, max: high + pad };
  const label = kind === "prediction" ? "prediction = target" : "no error";
  const guide = lineDataset(
    { label, color: "muted", dash: [4, 3], width: 1 },
    [range.min, range.max].map((x) => ({ x, y: kind === "prediction" ? x : 0 })),
  );
  const numbers = {
    callback: (value: number | string) => compactNumber(Number(value)),
    includeBounds: false,
    maxTicksLimit: 7,
  };
  const title = kind === "prediction" ? "prediction" : "prediction − target";
  return lineChart(
    [...series.map((cloud) => cloudDataset(cloud, kind)), { ...guide, pointHitRadius: 0 }],
    {
      x: {
        ...valueAxis(`target ${series[0].name}`),
        ...range,
        ticks: { ...numbers, maxRotation: 0 },
      },
      y: { ...valueAxis(title), ...(kind === "prediction" ? range : {}), ticks: numbers },
    },
    {
      title: () => "",
      label: ({ parsed: { x, y } }) =>
        `target ${compactNumber(x, 4)}, ${kind} ${compactNumber(y, 4)}`,
    },
    { mode: "point", intersect: true },
  );
}

/** Name in the legend, colour and shape of the points of a part. */
const PARTS: Readonly<Record<string, readonly [string, string, "circle" | "rectRot"]>> = {
  train: ["training", "train", "circle"],
  test: ["test", "test", "rectRot"],
  "held-out": ["held out", "third", "rectRot"],
  rows: ["rows", "train", "circle"],
};

/** The points of one part of the data. */
function cloudDataset({ part, target, ...cloud }: PageScatter, kind: Kind) {
  const [label, color, pointStyle] = PARTS[part] ?? PARTS.rows;
  return {
    label,
    data: target.flatMap((x, i) => {
      const y = cloud[kind][i];
      return x === null || y === null ? [] : [{ x, y }];
    }),
    showLine: false,
    pointRadius: 2,
    pointHoverRadius: 4,
    borderWidth: 0,
    backgroundColor: fade(color, 0.45),
    pointStyle,
  } as const;
}
