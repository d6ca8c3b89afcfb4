/**
 * The chart of many runs' convergence.
 *
 * @module
 */

import { finiteRange, shortNumber } from "../html/numbers.ts";
import {
  bottomAxis,
  curvePoints,
  lineChart,
  type LineConfiguration,
  lineDataset,
  logarithmicAxis,
  referenceDatasets,
} from "./chart.ts";
import type { PageConvergence, PageProgress } from "./data.ts";
import { PROGRESS_TITLES, showProgress } from "./loss.ts";
import { logarithmicRange } from "./ticks.ts";

/** Shows one line per run. */
export function showConvergence(data: PageConvergence): void {
  showProgress("curves", "curves-axis", (axis) => configure(data, axis));
}

function configure(
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
      x: bottomAxis(PROGRESS_TITLES[axis], 0, last),
      y: logarithmicAxis("mean squared error", range),
    },
    {
      title: ({ parsed }) => `${shortNumber(parsed.x)} ${PROGRESS_TITLES[axis]}`,
      label: ({ dataset, parsed }) => `${dataset.label}: ${shortNumber(parsed.y)}`,
    },
    {},
  );
}
