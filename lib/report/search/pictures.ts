/**
 * The pictures of a searched model as the page carries them.
 *
 * @module
 */

import { rounded } from "../html/numbers.ts";
import type { PageData, PageLine, PagePlot, PageProfile } from "../page/data.ts";
import { judgingPlots } from "../judging/pictures.ts";
import { pageScatter } from "../training/pictures.ts";
import type { ColumnEffect, OutputEffects, SearchReport } from "./data.ts";
import { bandEnds } from "./words.ts";

/** The id of an effect's canvas. */
export function effectCanvas(output: number, place: number): string {
  return `column-${output}-${place}`;
}

/** Whether an effect is drawn as a curve, over numbers. */
export function isCurve({ at }: ColumnEffect): boolean {
  return typeof at[0] === "number";
}

/** What the page draws. */
export function searchPageData(report: SearchReport): PageData {
  const { effects = [], scatter = [], classCurves = [], judging, residuals = [] } = report;
  return {
    profiles: effects.flatMap((output, q) =>
      output.effects.flatMap((effect, place) =>
        isCurve(effect) ? [profile(output, effect, effectCanvas(q, place))] : []
      )
    ),
    scatter: scatter.map(pageScatter),
    plots: [
      ...judgingPlots({ scatter, classCurves, ...(judging && { judging }) }),
      ...residuals.map(({ column, at, residual }, i): PagePlot => ({
        ...{ id: `left-${i}`, xTitle: column, yTitle: "prediction − target" },
        series: [
          {
            ...{ label: "rows", color: "train", dash: [], width: 0, kind: "cloud" },
            x: rounded(at, 5),
            y: rounded(residual, 4),
          },
          {
            ...{ label: "no error", color: "muted", dash: [4, 3], width: 1, kind: "guide" },
            x: rounded([Math.min(...at), Math.max(...at)], 6),
            y: [0, 0],
          },
        ],
      })),
    ],
  };
}

function profile(
  output: OutputEffects,
  { column, at, effect, error }: ColumnEffect,
  id: string,
): PageProfile {
  const { name, probability } = output, [low, high] = bandEnds(output, { effect, error });
  const unit = probability ? 100 : 1;
  const line = (
    label: string,
    values: readonly number[],
    more: Partial<PageLine>,
  ): PageLine => ({
    ...{ label, color: "train", dash: [], width: 2 },
    values: rounded(values.map((value) => unit * value), 4),
    ...more,
  });
  return {
    ...{ id, xTitle: column, logarithmic: false },
    yTitle: probability ? "effect, percentage points" : `effect on ${name}`,
    x: rounded(at as readonly number[], 6).map((value) => value ?? 0),
    lines: [
      line("", low, { width: 0.75 }),
      line("band of 90 %", high, { width: 0.75, fill: true }),
      line("no effect", at.map(() => 0), { color: "muted", width: 1, dash: [4, 3] }),
      line("effect", effect, {}),
    ],
  };
}
