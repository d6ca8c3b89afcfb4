/**
 * The charts of prediction and residual against target (runs in the browser).
 *
 * @module
 */

import type { PageChart, PageData, PageKit, PageScatter } from "./types.ts";

/** Draws both charts of every target column; self-contained, see `_page_types.ts`. */
export function drawScatter(kit: PageKit, data: PageData): void {
  const { document, Chart } = kit.window;

  function draw(id: string, series: readonly PageScatter[], kind: "prediction" | "residual"): void {
    const canvas = document.getElementById(id);
    if (canvas === null) return;
    let chart: PageChart | null = null;
    let low = Infinity, high = -Infinity;
    for (const { target, prediction } of series) {
      for (const value of kind === "prediction" ? [...target, ...prediction] : target) {
        if (value === null) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (!(low <= high)) return;
    const pad = 0.03 * (high - low || 1);

    kit.onScheme(() => {
      chart?.destroy();
      const clouds: unknown[] = series.map((cloud) => ({
        label: cloud.part === "train" ? "training" : "test",
        data: cloud.target.map((x, i) => ({ x, y: cloud[kind][i] }))
          .filter(({ x, y }) => x !== null && y !== null),
        pointRadius: 2,
        pointHoverRadius: 4,
        borderWidth: 0,
        backgroundColor: kit.fade(cloud.part === "train" ? "train" : "test", 0.45),
        pointStyle: cloud.part === "train" ? "circle" : "rectRot",
      }));
      const guide = {
        type: "line",
        label: kind === "prediction" ? "prediction = target" : "no error",
        data: [
          { x: low - pad, y: kind === "prediction" ? low - pad : 0 },
          { x: high + pad, y: kind === "prediction" ? high + pad : 0 },
        ],
        borderColor: kit.color("muted"),
        borderWidth: 1,
        borderDash: [4, 3],
        pointRadius: 0,
        pointHitRadius: 0,
        pointStyle: "line",
      };
      const format = (value: number) => kit.number(value);
      chart = new Chart(canvas!, {
        type: "scatter",
        data: { datasets: [...clouds, guide] },
        options: {
          animation: false,
          responsive: true,
          maintainAspectRatio: false,
          scales: {
            x: {
              min: low - pad,
              max: high + pad,
              title: { display: true, text: "target " + series[0].name },
              grid: { color: kit.color("rule") },
              ticks: { callback: format, maxRotation: 0, includeBounds: false, maxTicksLimit: 7 },
            },
            y: {
              ...(kind === "prediction" ? { min: low - pad, max: high + pad } : {}),
              title: {
                display: true,
                text: kind === "prediction" ? "prediction" : "prediction − target",
              },
              grid: { color: kit.color("rule") },
              ticks: { callback: format, maxTicksLimit: 7, includeBounds: false },
            },
          },
          plugins: {
            legend: {
              position: "bottom",
              labels: { usePointStyle: true, boxWidth: 8, boxHeight: 7 },
            },
            tooltip: {
              callbacks: {
                label: (item: { parsed: { x: number; y: number } }) =>
                  "target " + kit.number(item.parsed.x, 4) + ", " + kind + " " +
                  kit.number(item.parsed.y, 4),
              },
              filter: (item: { datasetIndex: number }) => item.datasetIndex < series.length,
            },
          },
        },
      });
    });
  }

  const names = [...new Set(data.scatter.map((cloud) => cloud.name))];
  names.forEach((name, i) => {
    const series = data.scatter.filter((cloud) => cloud.name === name);
    draw("scatter-" + i, series, "prediction");
    draw("residual-" + i, series, "residual");
  });
}
