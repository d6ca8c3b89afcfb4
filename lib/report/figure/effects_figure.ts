/**
 * The figure of what single columns do.
 *
 * @module
 */

import type { ColumnEffect, OutputEffects } from "../search/data.ts";
import { bandEnds } from "../search/words.ts";
import type { CurvePanel, Figure, FigureSeries } from "./data.ts";

/** Most columns of an output that are drawn. */
const MOST_COLUMNS = 8;

/**
 * Makes the figure of how the mean prediction moves with single columns, those first that matter
 * most, with bands of 90 %.
 *
 * @param outputs The effects on every output.
 * @returns Plain data for {@linkcode figureSvg}.
 *
 * @example
 * ```ts
 * import { effectsFigure } from "@freeknot/freeknot/report";
 * import { assertEquals } from "@std/assert";
 *
 * const effect = { column: "age", at: [20, 60], rows: [1, 1], effect: [-1, 1], error: [0.1, 0.2] };
 * const output = { name: "pay", probability: false, mean: 3, weights: [], effects: [effect], pairs: [] };
 * assertEquals(effectsFigure([output]).panels[0].title, "Effect of age on pay");
 * ```
 */
export function effectsFigure(outputs: readonly OutputEffects[]): Figure {
  return {
    panels: outputs.flatMap((output) =>
      output.effects.slice(0, MOST_COLUMNS).map((effect) => panel(output, effect))
    ),
  };
}

function panel(
  output: OutputEffects,
  { column, at, effect, error }: ColumnEffect,
): CurvePanel {
  const { name, probability } = output,
    unit = probability ? 100 : 1,
    numbers = typeof at[0] === "number";
  const x = numbers ? at as readonly number[] : at.map((_, i) => i);
  const y = effect.map((value) => unit * value);
  const [low, high] = bandEnds(output, { effect, error }).map((ends) =>
    ends.map((value) => unit * value)
  );
  // a band may be many times as wide as the effect, where few rows are: the effect is to be seen
  const least = Math.min(0, ...y), most = Math.max(0, ...y), room = (most - least) || 1;
  const yRange: [number, number] = [
    Math.max(Math.min(least, ...low), least - room) - 0.05 * room,
    Math.min(Math.max(most, ...high), most + room) + 0.05 * room,
  ];
  const yTitle = probability ? "percentage points" : `effect on ${name}`;
  const shared = { xTitle: column, yTitle, yRange };
  const zero: FigureSeries = {
    ...{ label: "", kind: "guide", color: "muted", width: 1, dash: "4 3", y: [0, 0] },
    x: numbers ? [x[0], x[x.length - 1]] : [-0.5, x.length - 0.5],
  };
  const title = `Effect of ${column} on ${name}`;
  if (numbers) {
    return {
      ...{ ...shared, kind: "curves", title },
      series: [
        { label: "90 % band", kind: "band", color: 0, x, y: high, low },
        zero,
        { label: "effect", kind: "line", color: 0, width: 2, x, y },
      ],
    };
  }
  const bars = x.flatMap((place) => [place, place, NaN]);
  return {
    ...{ ...shared, kind: "curves", title, levels: at as readonly string[] },
    series: [
      zero,
      {
        ...{ label: "90 % interval", kind: "line", color: 0, width: 1.25, x: bars },
        y: x.flatMap((_, i) => [low[i], high[i], NaN]),
      },
      { label: "effect", kind: "points", color: 0, width: 3.5, x, y },
    ],
  };
}
