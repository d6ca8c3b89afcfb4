/**
 * Charts: Chart.js with the axes, lines, tooltips and legends that all pages share.
 *
 * @module
 */

/// <reference lib="dom" />

import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  type ChartOptions,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  type Point,
  PointElement,
  type Scale,
  type Tick,
  Ticks,
  Tooltip,
  type TooltipItem,
} from "chart.js";
import { compactNumber, powerOfTen } from "../html/numbers.ts";
import type { JsonNumbers, PageLine, PageReference } from "./data.ts";
import { walkChart } from "./chart_keys.ts";
import { showLegend } from "./legend.ts";
import { tone } from "./palette.ts";
import { color, findCanvas, onScheme } from "./screen.ts";
import { decade, isLogarithmicTick } from "./ticks.ts";

Chart.register(
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
);
Chart.defaults.font.family = "system-ui, -apple-system, 'Segoe UI', sans-serif";
Object.assign(globalThis, { Chart }); // for a reader's console, and for tests

/** What a chart of lines or of points is made from. */
export type LineConfiguration = ChartConfiguration<"line", Point[]>;
/** One line or cloud of points of a chart. */
export type LineDataset = ChartDataset<"line", Point[]>;
/** A point that a tooltip tells of. */
export type Item = TooltipItem<"line">;
type Axis = NonNullable<ChartOptions<"line">["scales"]>[string];

/**
 * Shows a chart on a canvas, and its legend below; arrow keys walk along its points.
 *
 * @param configure Builds the chart; `undefined` where there is nothing to draw.
 * @returns A function that draws the chart anew, after a choice of the reader.
 */
export function showChart(id: string, configure: () => LineConfiguration | undefined): () => void {
  const canvas = findCanvas(id);
  if (canvas === undefined) return () => {};
  let chart: Chart<"line", Point[]> | undefined;
  function draw(): void {
    const hidden = chart?.data.datasets.map((_, i) => !chart!.isDatasetVisible(i)) ?? [];
    chart?.destroy();
    setColours();
    const configuration = configure();
    chart = configuration && new Chart(canvas!, configuration);
    if (chart !== undefined) showLegend(chart, hidden);
  }
  onScheme(draw);
  walkChart(canvas, () => chart);
  return draw;
}

function setColours(): void {
  Chart.defaults.color = color("muted");
  Chart.defaults.borderColor = color("rule");
  const ink = color("ink"), paper = color("paper");
  Object.assign(Chart.defaults.plugins.tooltip, {
    backgroundColor: ink,
    titleColor: paper,
    bodyColor: paper,
    footerColor: paper,
    multiKeyBackground: paper,
  });
}

/** What the tooltip of a chart says. */
export interface TooltipText {
  readonly title: (item: Item) => string;
  readonly label: (item: Item) => string;
  readonly footer?: (item: Item) => string;
}

/** A chart of lines; the pointer reads the nearest point, in both directions or along `x`. */
export function lineChart(
  datasets: LineDataset[],
  scales: { readonly x: Axis; readonly y: Axis },
  tooltip: TooltipText,
  interaction: ChartOptions<"line">["interaction"],
): LineConfiguration {
  const { title, label, footer } = tooltip;
  const ofFirst = (text: (item: Item) => string) => (items: Item[]) =>
    items.length === 0 ? "" : text(items[0]);
  return {
    type: "line",
    data: { datasets },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", intersect: false, ...interaction },
      scales,
      plugins: {
        tooltip: {
          callbacks: {
            title: ofFirst(title),
            label,
            ...(footer && { footer: ofFirst(footer) }),
          },
          filter: ({ dataset }) => dataset.pointHitRadius !== 0,
        },
      },
    },
  };
}

/** Points of a curve; a gap where a number is missing, or has no logarithm. */
export function curvePoints(x: readonly number[], y: JsonNumbers, logarithmic = true): Point[] {
  return y.map((value, i) => ({
    x: x[i],
    y: value === null || (logarithmic && !(value > 0)) ? NaN : value,
  }));
}

/** A colour `#rrggbb` with an opacity. */
function withOpacity(stroke: string, opacity: number): string {
  return stroke + Math.round(255 * opacity).toString(16).padStart(2, "0");
}

/** One line of a chart. */
export function lineDataset(line: Omit<PageLine, "values">, data: Point[]): LineDataset {
  const stroke = typeof line.color === "string" ? color(line.color) : tone(line.color);
  return {
    label: line.label,
    data,
    borderColor: stroke,
    backgroundColor: line.fill ? withOpacity(stroke, 0.16) : stroke,
    fill: line.fill ? "-1" : false,
    borderDash: [...line.dash],
    borderWidth: line.width,
    pointRadius: 0,
    pointHitRadius: 6,
  };
}

/** A published result as a level from 0 to `last`. */
export function referenceDatasets(
  reference: PageReference | null,
  last: number,
  line: Pick<PageLine, "color" | "dash" | "width">,
): LineDataset[] {
  if (reference === null) return [];
  const { label, value: y } = reference;
  return [lineDataset({ label, ...line }, [{ x: 0, y }, { x: last, y }])];
}

/** A linear axis along the bottom of a chart of lines. */
export function bottomAxis(title: string, min: number, max: number): Axis {
  return {
    type: "linear",
    min,
    max,
    title: { display: true, text: title },
    grid: { display: false },
    ticks: { callback: tickText, maxRotation: 0, autoSkipPadding: 24 },
  };
}

/** A linear axis with lines across the chart. */
export function valueAxis(title: string): Axis {
  return {
    type: "linear",
    title: { display: true, text: title },
    grid: { color: color("rule") },
    ticks: { callback: tickText },
  };
}

/** All ticks of an axis with the same decimals, as Chart.js writes them, and real minus signs. */
function tickText(this: Scale, value: number | string, index: number, ticks: Tick[]): string {
  return Ticks.formatters.numeric.call(this, Number(value), index, ticks).replaceAll("-", "−");
}

/** A logarithmic axis at the left. */
export function logarithmicAxis(title: string, [min, max]: readonly [number, number]): Axis {
  // beside ticks such as 5 and 20, ten is 10 and not a power
  const powers = !isLogarithmicTick(5, min, max);
  return {
    type: "logarithmic",
    min,
    max,
    title: { display: true, text: title },
    grid: { color: color("rule") },
    afterBuildTicks(scale) {
      scale.ticks = scale.ticks.filter(({ value }) =>
        isLogarithmicTick(value, scale.min, scale.max)
      );
    },
    ticks: {
      autoSkip: false,
      callback(value) {
        const exponent = powers ? decade(Number(value)) : undefined;
        return exponent === undefined ? compactNumber(Number(value), 2) : powerOfTen(exponent);
      },
    },
  };
}
