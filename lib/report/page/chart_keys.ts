/**
 * Reading a chart with the arrow keys.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Chart, Point } from "chart.js";

type LineChart = Chart<"line", Point[]>;

/** Points along a line and lines downwards that a key steps. */
const STEPS: Readonly<Record<string, readonly [along: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Left and right walk along a line, with Shift ten points at once; up and down change the line. */
export function walkChart(canvas: HTMLCanvasElement, current: () => LineChart | undefined): void {
  let line = 0, point = -1;
  canvas.tabIndex = 0;
  canvas.addEventListener("keydown", (event) => {
    const chart = current(), step = STEPS[event.key];
    if (chart === undefined || step === undefined) return;
    event.preventDefault();
    const lines = chart.data.datasets.map(({ data, pointHitRadius }, datasetIndex) => ({
      datasetIndex,
      shown: pointHitRadius === 0 || !chart.isDatasetVisible(datasetIndex)
        ? []
        : data.flatMap(({ y }, index) => Number.isFinite(y) ? [index] : []),
    })).filter(({ shown }) => shown.length > 0);
    if (lines.length === 0) return;
    line = (line + step[1] + lines.length) % lines.length;
    const { datasetIndex, shown } = lines[line];
    point += step[0] * (event.shiftKey ? 10 : 1);
    point = Math.min(Math.max(point, 0), shown.length - 1);
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
