/**
 * Charts of lines over a coordinate or over epochs (runs in the browser).
 *
 * @module
 */

import type { JsonNumbers, PageChart, PageKit, PalettePair } from "./types.ts";

/** One line of a chart. */
export interface PageLine {
  /** Its name in the legend; empty: not in it. */
  readonly label: string;
  /** Name of the CSS variable of its colour, or where in the sequential colour map, 0 to 1. */
  readonly color: string | number;
  readonly dash: readonly number[];
  readonly width: number;
  readonly values: JsonNumbers;
}

/** One chart. */
export interface PageProfile {
  /** Id of its canvas. */
  readonly id: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly logarithmic: boolean;
  readonly x: readonly number[];
  readonly lines: readonly PageLine[];
}

/** Draws all charts of lines; self-contained, see `_page_types.ts`. */
export function drawProfiles(
  kit: PageKit,
  data: {
    readonly profiles: readonly PageProfile[];
    readonly palettes: { sequential: PalettePair };
  },
): void {
  const { document, Chart } = kit.window;

  /** Ordered colours that stand out from the page. */
  function tone(share: number): string {
    const stops = data.palettes.sequential[kit.isDark() ? "dark" : "light"];
    const last = stops.length - 1;
    return stops[Math.round(last * (kit.isDark() ? 0.3 + 0.7 * share : 0.78 * share))];
  }

  function build(profile: PageProfile): PageChart | null {
    const canvas = document.getElementById(profile.id);
    if (canvas === null) return null;
    const { logarithmic, x } = profile;
    let least = Infinity, most = -Infinity;
    for (const { values } of profile.lines) {
      for (const value of values) {
        if (value === null || (logarithmic && !(value > 0))) continue;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    if (!(least <= most)) return null;
    const datasets = profile.lines.map((line) => {
      const color = typeof line.color === "string" ? kit.color(line.color) : tone(line.color);
      return {
        label: line.label,
        data: line.values.map((y, i) => ({
          x: x[i],
          y: y === null || (logarithmic && !(y > 0)) ? null : y,
        })),
        borderColor: color,
        backgroundColor: color,
        borderDash: line.dash,
        order: line.dash.length > 0 ? 0 : 1, // dashes lie on top
        borderWidth: line.width,
        pointRadius: 0,
        pointHitRadius: 6,
      };
    });
    return new Chart(canvas, {
      type: "line",
      data: { datasets },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "nearest", intersect: false, axis: "x" },
        scales: {
          x: {
            type: "linear",
            min: x[0],
            max: x[x.length - 1],
            title: { display: true, text: profile.xTitle },
            grid: { display: false },
            ticks: { maxRotation: 0, autoSkipPadding: 24 },
          },
          y: {
            type: logarithmic ? "logarithmic" : "linear",
            ...(logarithmic
              ? { min: Math.max(least, 1e-6 * most) / 1.5, max: 1.5 * most }
              : { grace: "5%" }),
            title: { display: true, text: profile.yTitle },
            grid: { color: kit.color("rule") },
            ...(logarithmic
              ? {
                afterBuildTicks(scale: { ticks: { value: number }[] }) {
                  const decades = scale.ticks.filter(({ value }) => kit.decade(value) !== null);
                  if (decades.length > 1) scale.ticks = decades;
                },
                ticks: {
                  autoSkip: false,
                  callback(value: number) {
                    const exponent = kit.decade(value);
                    return exponent === null ? "" : kit.power(exponent);
                  },
                },
              }
              : {}),
          },
        },
        plugins: {
          legend: {
            position: "bottom",
            labels: {
              usePointStyle: true,
              pointStyle: "line",
              boxWidth: 28,
              sort: (a: { datasetIndex: number }, b: { datasetIndex: number }) =>
                a.datasetIndex - b.datasetIndex,
              filter: (item: { text: string }) => item.text !== "",
            },
          },
          tooltip: {
            callbacks: {
              title: (items: { parsed: { x: number } }[]) =>
                profile.xTitle + " = " + kit.number(items[0]?.parsed.x ?? 0),
              label: (item: { dataset: { label: string }; parsed: { y: number } }) =>
                (item.dataset.label || "true") + ": " + kit.number(item.parsed.y, 4),
            },
          },
        },
      },
    });
  }

  for (const profile of data.profiles) {
    let chart: PageChart | null = null;
    kit.onScheme(() => {
      chart?.destroy();
      chart = build(profile);
    });
  }
}
