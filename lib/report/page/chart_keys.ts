/**
 * Reading a chart with the arrow keys.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Chart, Point } from "chart.js";
import { arrowStep } from "./screen.ts";

type LineChart = Chart<"line", Point[]>;

/** Left and right walk along a line, up and down change the line; with Shift ten at once. */
export function walkChart(canvas: HTMLCanvasElement, current: () => LineChart | undefined): void {
  let line = 0, point = -1;
  canvas.tabIndex = 0;
  canvas.addEventListener("keydown", (event) => {
    const chart = current(), step = arrowStep(event);
    if (chart === undefined || step === undefined) return;
    event.preventDefault();
    const lines = chart.data.datasets.map(({ data, pointHitRadius }, datasetIndex) => ({
      datasetIndex,
      shown: pointHitRadius === 0 || !chart.isDatasetVisible(datasetIndex)
        ? []
        : data.flatMap(({ y }, index) => Number.isFinite(y) ? [index] : []),
    })).filter(({ shown }) => shown.length > 0);
    if (lines.length === 0) return;
    line = Math.min(Math.max(line - step[1], 0), lines.length - 1);
    const { datasetIndex, shown } = lines[line];
    point = Math.min(Math.max(point + step[0], 0), shown.length - 1);
    mark(chart, [{ datasetIndex, index: shown[point] }]);
  });
  canvas.addEventListener("blur", () => mark(current(), []));
}

/** Shows the tooltip of points. */
function mark(
  chart: LineChart | undefined,
  points: { readonly datasetIndex: number; readonly index: number }[],
): void {
  if (chart === undefined) return;
  const [place] = points.map(({ datasetIndex, index }) =>
    chart.getDatasetMeta(datasetIndex).data[index]
  );
  chart.setActiveElements(points);
  chart.tooltip?.setActiveElements(points, place ?? { x: 0, y: 0 });
  chart.update();
}
