/**
 * The training log as a page carries it.
 *
 * @module
 */

import type { EpochRecord } from "../../train/mod.ts";
import { round } from "../html/html.ts";
import type { PageHistory, PageSeries } from "../page/types.ts";

/** The training log by columns. */
export function pageHistory(
  history: readonly EpochRecord[],
  series: readonly PageSeries[],
): PageHistory {
  return {
    work: history.map(({ work }) => work),
    evaluations: history.map(({ evaluations }) => evaluations),
    seconds: history.map(({ seconds }) => Number(seconds.toFixed(3))),
    epoch: history.map(({ epoch }) => epoch),
    intervals: history.map(({ intervals }) => intervals),
    gradientNorm: history.map(({ gradientNorm }) => round(gradientNorm, 4)),
    series,
  };
}
