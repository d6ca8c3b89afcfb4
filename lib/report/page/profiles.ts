/**
 * Charts of lines over a coordinate or over epochs.
 *
 * @module
 */

import { compactNumber, finiteRange } from "../html/numbers.ts";
import {
  bottomAxis,
  curvePoints,
  lineChart,
  type LineConfiguration,
  lineDataset,
  logarithmicAxis,
  showChart,
  valueAxis,
} from "./chart.ts";
import type { PageProfile } from "./data.ts";
import { logarithmicRange } from "./ticks.ts";

/** Shows all charts of lines. */
export function showProfiles(profiles: readonly PageProfile[]): void {
  for (const profile of profiles) showChart(profile.id, () => configure(profile));
}

function configure(profile: PageProfile): LineConfiguration | undefined {
  const { logarithmic, x, xTitle, yTitle, lines } = profile;
  const values = lines.flatMap((line) => line.values);
  const range = logarithmic ? logarithmicRange(values, 1e-6) : finiteRange(values);
  if (range === undefined) return undefined;
  return lineChart(
    lines.map((line) => ({
      ...lineDataset(line, curvePoints(x, line.values, logarithmic)),
      order: line.dash.length > 0 ? 0 : 1, // dashes lie on top
    })),
    {
      x: bottomAxis(xTitle, x[0], x[x.length - 1]),
      y: logarithmic ? logarithmicAxis(yTitle, range) : { ...valueAxis(yTitle), grace: "5%" },
    },
    {
      title: ({ parsed }) => `${xTitle} = ${compactNumber(parsed.x)}`,
      label: ({ dataset, parsed }) => `${dataset.label || "true"}: ${compactNumber(parsed.y, 4)}`,
    },
    { axis: "x" },
  );
}
