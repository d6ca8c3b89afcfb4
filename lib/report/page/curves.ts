/**
 * The chart of many runs' convergence (runs in the browser).
 *
 * @module
 */

import type { JsonNumbers, PageChart, PageElement, PageKit } from "./types.ts";

/** One run's curve. */
export interface PageCurve {
  readonly label: string;
  /** Name of the CSS variable that holds its colour. */
  readonly color: string;
  /** Lengths of dashes and gaps in pixels; empty: solid. */
  readonly dash: readonly number[];
  readonly width: number;
  readonly work: readonly number[];
  readonly evaluations: readonly number[];
  readonly seconds: readonly number[];
  readonly loss: JsonNumbers;
}

/** The data that the page carries. */
export interface CurvesPageData {
  readonly curves: readonly PageCurve[];
  /** A published result as a level to compare with. */
  readonly reference: { readonly label: string; readonly value: number } | null;
}

/** Draws one line per row; self-contained, see `_page_types.ts`. */
export function drawCurves(kit: PageKit, data: CurvesPageData): void {
  const { document, Chart } = kit.window;
  const canvas = document.getElementById("curves");
  if (canvas === null || data.curves.length === 0) return;
  const choices: PageElement[] = [...document.querySelectorAll("input[name=curves-axis]")];
  const titles = { work: "work units", evaluations: "evaluations", seconds: "seconds" };
  let axis: keyof typeof titles = "work";
  let chart: PageChart | null = null;

  function build(): void {
    chart?.destroy();
    const datasets: unknown[] = data.curves.map((curve) => ({
      label: curve.label,
      data: curve.loss.map((y, i) => ({
        x: curve[axis][i],
        y: y !== null && y > 0 ? y : null,
      })),
      borderColor: kit.color(curve.color),
      backgroundColor: kit.color(curve.color),
      borderDash: curve.dash,
      borderWidth: curve.width,
      pointRadius: 0,
      pointHitRadius: 6,
    }));
    const last = Math.max(...data.curves.map((curve) => Math.max(...curve[axis])));
    const shown = data.curves.flatMap((curve) => curve.loss)
      .filter((value): value is number => value !== null && value > 0);
    if (data.reference !== null) {
      shown.push(data.reference.value);
      datasets.push({
        label: data.reference.label,
        data: [{ x: 0, y: data.reference.value }, { x: last, y: data.reference.value }],
        borderColor: kit.color("muted"),
        backgroundColor: kit.color("muted"),
        borderWidth: 1,
        borderDash: [1, 3],
        pointRadius: 0,
        pointHitRadius: 0,
      });
    }
    if (shown.length === 0) return;
    chart = new Chart(canvas!, {
      type: "line",
      data: { datasets },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "nearest", intersect: false },
        scales: {
          x: {
            type: "linear",
            min: 0,
            max: last,
            title: { display: true, text: titles[axis] },
            grid: { display: false },
            ticks: { maxRotation: 0, autoSkipPadding: 24 },
          },
          y: {
            type: "logarithmic",
            min: shown.reduce((m, v) => Math.min(m, v)) / 1.5,
            max: Math.min(10, shown.reduce((m, v) => Math.max(m, v))) * 1.5,
            title: { display: true, text: "mean squared error" },
            grid: { color: kit.color("rule") },
            afterBuildTicks(scale: { ticks: { value: number }[] }) {
              scale.ticks = scale.ticks.filter(({ value }) => kit.decade(value) !== null);
            },
            ticks: {
              autoSkip: false,
              callback: (value: number) => kit.power(Math.round(Math.log10(value))),
            },
          },
        },
        plugins: {
          legend: {
            position: "bottom",
            labels: { usePointStyle: true, pointStyle: "line", boxWidth: 34 },
          },
          tooltip: {
            callbacks: {
              title: (items: { parsed: { x: number } }[]) =>
                kit.number(items[0]?.parsed.x ?? 0) + " " + titles[axis],
              label: (item: { dataset: { label: string }; parsed: { y: number } }) =>
                item.dataset.label + ": " + kit.number(item.parsed.y),
            },
          },
        },
      },
    });
  }

  for (const choice of choices) {
    choice.addEventListener("change", () => {
      axis = choice.value as keyof typeof titles;
      build();
    });
  }
  kit.onScheme(build);
}
