/**
 * The chart of many runs' convergence.
 *
 * @module
 */

import { shortNumber } from "../html/numbers.ts";
import {
  bottomAxis,
  curvePoints,
  lineChart,
  type LineConfiguration,
  lineDataset,
  logarithmicAxis,
  referenceDatasets,
  showChart,
} from "./chart.ts";
import type { PageConvergence, PageProgress } from "./data.ts";
import { PROGRESS_TITLES } from "./loss.ts";
import { onChoice } from "./screen.ts";
import { logarithmicRange } from "./ticks.ts";

/** Shows one line per run. */
export function showConvergence(data: PageConvergence): void {
  let axis: keyof PageProgress = "work";
  const redraw = showChart("curves", () => configure(data, axis));
  onChoice("input[name=curves-axis]", ({ value }) => {
    axis = value as keyof PageProgress;
    redraw();
  });
}

function configure(
  { curves, reference }: PageConvergence,
  axis: keyof PageProgress,
): LineConfiguration | undefined {
  const shown = [...curves.flatMap(({ values }) => values), reference?.value ?? null]
    .filter((value): value is number => value !== null && value > 0);
  if (curves.length === 0 || shown.length === 0) return undefined;
  const last = curves.flatMap((curve) => curve[axis]).reduce((m, x) => Math.max(m, x));
  return lineChart(
    [
      ...curves.map((curve) => lineDataset(curve, curvePoints(curve[axis], curve.values))),
      ...referenceDatasets(reference, last, { color: "muted", dash: [1, 3], width: 1 }),
    ],
    {
      x: bottomAxis(PROGRESS_TITLES[axis], 0, last),
      y: logarithmicAxis("mean squared error", logarithmicRange(shown, 1e-18, 10)),
    },
    {
      title: ({ parsed }) => `${shortNumber(parsed.x)} ${PROGRESS_TITLES[axis]}`,
      label: ({ dataset, parsed }) => `${dataset.label}: ${shortNumber(parsed.y)}`,
    },
    {},
  );
}
