/**
 * The chart of the loss over the work (runs in the browser).
 *
 * @module
 */

import type { JsonNumbers, PageChart, PageElement, PageKit, PageLoss } from "./types.ts";

/** Draws the loss with the levels as bands; self-contained, see `_page_types.ts`. */
export function drawLoss(kit: PageKit, data: PageLoss): void {
  const { document, Chart } = kit.window;
  const canvas = document.getElementById("loss-chart");
  if (canvas === null || data.history.work.length === 0) return;
  const history = data.history;
  const choices: PageElement[] = [...document.querySelectorAll("input[name=loss-axis]")];
  const titles = { work: "work units", evaluations: "evaluations", seconds: "seconds" };
  let axis: keyof typeof titles = "work";
  let chart: PageChart | null = null;

  /** The last epoch's index at a refinement. */
  function lastBefore(work: number): number {
    let found = -1;
    for (let i = 0; i < history.work.length; i++) if (history.work[i] <= work + 1e-9) found = i;
    return found;
  }

  /** Edges of the levels on the current axis, with their labels. */
  function levels(): { from: number; to: number; intervals: number }[] {
    const x = history[axis];
    const bands = [];
    let from = 0;
    for (const mark of data.refinements) {
      const i = lastBefore(mark.work);
      const to = i < 0 ? 0 : x[i];
      if (to > from) bands.push({ from, to, intervals: mark.fromIntervals });
      from = to;
    }
    const last = x.length - 1;
    if (x[last] > from) bands.push({ from, to: x[last], intervals: history.intervals[last] });
    return bands;
  }

  const bands = {
    id: "levels",
    beforeDatasetsDraw(target: PageChart): void {
      const { ctx, chartArea: area, scales } = target;
      ctx.save();
      ctx.font = "11px system-ui, sans-serif";
      ctx.textAlign = "center";
      ctx.textBaseline = "top";
      levels().forEach((level, i) => {
        const left = Math.max(area.left, scales.x.getPixelForValue(level.from));
        const right = Math.min(area.right, scales.x.getPixelForValue(level.to));
        if (i % 2 === 1) {
          ctx.fillStyle = kit.color("band");
          ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
        }
        if (i > 0) {
          ctx.strokeStyle = kit.color("muted");
          ctx.lineWidth = 1;
          ctx.setLineDash([3, 3]);
          ctx.beginPath();
          ctx.moveTo(left, area.top);
          ctx.lineTo(left, area.bottom);
          ctx.stroke();
        }
        const labels = [level.intervals + " intervals", "n = " + level.intervals];
        const label = labels.find((text) => ctx.measureText(text).width < right - left - 6);
        if (label === undefined) return;
        ctx.fillStyle = kit.color("muted");
        ctx.fillText(label, (left + right) / 2, area.top + 5);
      });
      ctx.restore();
    },
  };

  function points(y: JsonNumbers): { x: number; y: number | null }[] {
    return y.map((value, i) => ({
      x: history[axis][i],
      y: value !== null && value > 0 ? value : null,
    }));
  }

  function build(): void {
    chart?.destroy();
    const dots = history.work.length <= 80 ? 2 : 0;
    const line = { pointRadius: dots, pointHitRadius: 8, clip: 8 };
    const last = history[axis][history.work.length - 1];
    const datasets: unknown[] = history.series.map((series) => ({
      ...line,
      label: series.label,
      data: points(series.values),
      borderColor: kit.color(series.color),
      backgroundColor: kit.color(series.color),
      borderDash: series.dash,
      borderWidth: series.width,
    }));
    if (data.reference !== null) {
      datasets.push({
        label: data.reference.label,
        data: [{ x: 0, y: data.reference.value }, { x: last, y: data.reference.value }],
        borderColor: kit.color("third"),
        backgroundColor: kit.color("third"),
        borderWidth: 1.5,
        borderDash: [2, 3],
        pointRadius: 0,
        pointHitRadius: 0,
      });
    }
    const shown = [...history.series.flatMap(({ values }) => values), data.reference?.value ?? null]
      .filter((value): value is number => value !== null && value > 0);
    if (shown.length === 0) return;
    const most = shown.reduce((m, v) => Math.max(m, v));
    const least = Math.max(shown.reduce((m, v) => Math.min(m, v)), 1e-18 * most);
    chart = new Chart(canvas!, {
      type: "line",
      data: { datasets },
      plugins: [bands],
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "nearest", intersect: false, axis: "x" },
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
            min: least / 1.5,
            max: most * 1.5,
            title: { display: true, text: data.lossName },
            grid: { color: kit.color("rule") },
            afterBuildTicks(scale: { ticks: { value: number }[]; min: number; max: number }) {
              const decades = Math.log10(scale.max / scale.min);
              const every = Math.max(1, Math.ceil(decades / 8));
              scale.ticks = scale.ticks.filter(({ value }) => {
                const digit = Number(value.toExponential().split("e")[0]);
                const exponent = Math.floor(Math.log10(value) + 1e-9);
                if (decades >= 1.5) return digit === 1 && exponent % every === 0;
                return digit === 1 || digit === 2 || digit === 5;
              });
            },
            ticks: {
              autoSkip: false,
              callback(value: number) {
                const exponent = kit.decade(value);
                return exponent === null ? kit.number(value, 2) : kit.power(exponent);
              },
            },
          },
        },
        plugins: {
          legend: {
            position: "bottom",
            labels: { usePointStyle: true, pointStyle: "line", boxWidth: 28 },
          },
          tooltip: {
            callbacks: {
              title: (items: { dataIndex: number; datasetIndex: number }[]) => {
                const i = items[0]?.dataIndex ?? 0;
                return "epoch " + history.epoch[i] + ", " + history.intervals[i] + " intervals";
              },
              label: (item: { dataset: { label: string }; parsed: { y: number } }) =>
                item.dataset.label + ": " + kit.number(item.parsed.y),
              footer: (items: { dataIndex: number }[]) => {
                const i = items[0]?.dataIndex ?? 0;
                return "gradient norm " + kit.number(history.gradientNorm[i]);
              },
            },
            filter: (item: { datasetIndex: number }) => item.datasetIndex < history.series.length,
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
