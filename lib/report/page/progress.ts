/**
 * Charts over work, evaluations or seconds: the loss of one run, the convergence of many.
 *
 * @module
 */

import type { Plugin } from "chart.js";
import { compactNumber, finiteRange } from "../html/numbers.ts";
import {
  bottomAxis,
  curvePoints,
  type Item,
  lineChart,
  type LineConfiguration,
  lineDataset,
  logarithmicAxis,
  referenceDatasets,
  showChart,
} from "./chart.ts";
import type { PageConvergence, PageLoss, PageProgress } from "./data.ts";
import { color, onChoice } from "./screen.ts";
import { logarithmicRange } from "./ticks.ts";

/** Titles of the axes that a reader may choose. */
const TITLES: Readonly<Record<keyof PageProgress, string>> = {
  work: "work units",
  evaluations: "evaluations",
  seconds: "seconds",
};

/** Shows the loss, and each level as a band. */
export function showLoss(data: PageLoss): void {
  showProgress("loss-chart", "loss-axis", (axis) => configureLoss(data, axis));
}

/** Shows a chart over work, evaluations or seconds; the radio buttons `name` choose which. */
function showProgress(
  id: string,
  name: string,
  configure: (axis: keyof PageProgress) => LineConfiguration | undefined,
): void {
  let axis: keyof PageProgress = "work";
  const redraw = showChart(id, () => configure(axis));
  onChoice(`input[name=${name}]`, ({ value }) => {
    axis = value as keyof PageProgress;
    redraw();
  });
}

function configureLoss(data: PageLoss, axis: keyof PageProgress): LineConfiguration | undefined {
  const { history, reference } = data, { series } = history;
  const shown = [...series.flatMap(({ values }) => values), reference?.value ?? null];
  const range = logarithmicRange(shown, 1e-18);
  if (range === undefined) return undefined;
  const last = history[axis][history[axis].length - 1];
  const dots = { pointRadius: history.work.length <= 80 ? 2 : 0, pointHitRadius: 8, clip: 8 };
  const isEpoch = ({ datasetIndex }: Item) => datasetIndex < series.length;
  const chart = lineChart(
    [
      ...series.map((line) => ({
        ...lineDataset(line, curvePoints(history[axis], line.values)),
        ...dots,
      })),
      ...referenceDatasets(reference, last, { color: "third", dash: [2, 3], width: 1.5 }),
    ],
    {
      x: bottomAxis(TITLES[axis], 0, last),
      y: logarithmicAxis(data.lossName, range),
    },
    {
      title: (item) =>
        isEpoch(item)
          ? `epoch ${history.epoch[item.dataIndex]}, ${history.intervals[item.dataIndex]} intervals`
          : "",
      label: ({ dataset, parsed }) => `${dataset.label}: ${compactNumber(parsed.y)}`,
      footer: (item) =>
        isEpoch(item) ? `gradient norm ${compactNumber(history.gradientNorm[item.dataIndex])}` : "",
    },
    { axis: "x" },
  );
  return { ...chart, plugins: [levelBands(levelsOf(data, axis))] };
}

/** One level on the axis of the chart. */
interface Level {
  readonly from: number;
  readonly to: number;
  readonly intervals: number;
}

/** The levels, split where the grid was refined. */
function levelsOf({ history, refinements }: PageLoss, axis: keyof PageProgress): Level[] {
  const x = history[axis], levels: Level[] = [];
  let from = 0;
  for (const { work, fromIntervals } of refinements) {
    const i = history.work.findLastIndex((value) => value <= work + 1e-9);
    const to = i < 0 ? 0 : x[i];
    if (to > from) levels.push({ from, to, intervals: fromIntervals });
    from = to;
  }
  const last = x.length - 1;
  if (x[last] > from) levels.push({ from, to: x[last], intervals: history.intervals[last] });
  return levels;
}

/** Paints every second level, a dashed line at each refinement, and the intervals of each level. */
function levelBands(levels: readonly Level[]): Plugin<"line"> {
  return {
    id: "levels",
    beforeDatasetsDraw({ ctx, chartArea: area, scales }) {
      ctx.save();
      ctx.font = "11px system-ui, sans-serif";
      ctx.textAlign = "center";
      ctx.textBaseline = "top";
      ctx.strokeStyle = color("muted");
      ctx.lineWidth = 1;
      ctx.setLineDash([3, 3]);
      levels.forEach(({ from, to, intervals }, i) => {
        const left = Math.max(area.left, scales.x.getPixelForValue(from));
        const right = Math.min(area.right, scales.x.getPixelForValue(to));
        if (i % 2 === 1) {
          ctx.fillStyle = color("band");
          ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
        }
        if (i > 0) {
          ctx.beginPath();
          ctx.moveTo(left, area.top);
          ctx.lineTo(left, area.bottom);
          ctx.stroke();
        }
        const label = [`${intervals} intervals`, `n = ${intervals}`]
          .find((text) => ctx.measureText(text).width < right - left - 6);
        if (label === undefined) return;
        ctx.fillStyle = color("muted");
        ctx.fillText(label, (left + right) / 2, area.top + 5);
      });
      ctx.restore();
    },
  };
}

/** Shows one line per run. */
export function showConvergence(data: PageConvergence): void {
  showProgress("curves", "curves-axis", (axis) => configureConvergence(data, axis));
}

function configureConvergence(
  { curves, reference }: PageConvergence,
  axis: keyof PageProgress,
): LineConfiguration | undefined {
  const shown = [...curves.flatMap(({ values }) => values), reference?.value ?? null];
  const range = logarithmicRange(shown, 1e-18, 10);
  const [, last] = finiteRange(curves.flatMap((curve) => curve[axis])) ?? [];
  if (range === undefined || last === undefined) return undefined;
  return lineChart(
    [
      ...curves.map((curve) => lineDataset(curve, curvePoints(curve[axis], curve.values))),
      ...referenceDatasets(reference, last, { color: "muted", dash: [1, 3], width: 1 }),
    ],
    {
      x: bottomAxis(TITLES[axis], 0, last),
      y: logarithmicAxis("mean squared error", range),
    },
    {
      title: ({ parsed }) => `${compactNumber(parsed.x)} ${TITLES[axis]}`,
      label: ({ dataset, parsed }) => `${dataset.label}: ${compactNumber(parsed.y)}`,
    },
    {},
  );
}
