/**
 * What happened in a run of `solve`, for its report.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import type { PdeTermLoss } from "../../../lib/physics/mod.ts";
import { type KnotSnapshot, knotSnapshot } from "../../../lib/report/inner.ts";
import type { TrainEvent } from "../../../lib/train/mod.ts";

/** What happened in a run, kept for its report. */
export type SolveLog = ReturnType<typeof solveLog>;

/** Moments of the knots in a picture, the ends of levels apart. */
const MOMENTS = 60;

/** What a log holds: plain data. */
export interface LogContent {
  readonly events: readonly TrainEvent[];
  readonly knots: readonly KnotSnapshot[];
  readonly terms: readonly (readonly PdeTermLoss[])[];
  readonly coefficients: readonly Record<string, number>[];
}

/**
 * Begins a log: the events, and after every epoch terms of the loss, coefficients, free knots;
 * `before` is what an earlier part of the run has told.
 */
export function solveLog(before?: LogContent) {
  const events: TrainEvent[] = [...before?.events ?? []];
  const knots: KnotSnapshot[] = [...before?.knots ?? []];
  const terms: (readonly PdeTermLoss[])[] = [...before?.terms ?? []];
  const coefficients: Record<string, number>[] = [...before?.coefficients ?? []];
  let every = 1, stageBegins = true, latest: KnotSnapshot | undefined;

  function takeKnots(start: Network, parameters: Float64Array, epoch: number): void {
    if (start.config.knots !== "free") return;
    if (stageBegins) knots.push(knotSnapshot(start, epoch - 1));
    stageBegins = false;
    latest = knotSnapshot({ ...start, parameters }, epoch);
    if (epoch % every === 0) flush();
  }

  function flush(): void {
    if (latest) knots.push(latest);
    latest = undefined;
  }

  return {
    events,
    terms,
    coefficients,
    knots,
    /** A copy of all that it holds. */
    content: (): LogContent => ({
      ...{ events: events.slice(), knots: latest ? [...knots, latest] : knots.slice() },
      ...{ terms: terms.slice(), coefficients: coefficients.slice() },
    }),
    take(
      event: TrainEvent,
      termsNow: readonly PdeTermLoss[],
      coefficientsNow: Readonly<Record<string, number>>,
    ): void {
      if (event.type !== "epoch") {
        flush();
        stageBegins = true;
        if (event.type === "stage") every = Math.ceil(event.totalEpochs / MOMENTS);
        events.push(event);
        return;
      }
      const { record, checkpoint } = event;
      events.push({ type: "epoch", record });
      terms.push(termsNow);
      coefficients.push({ ...coefficientsNow });
      const state = checkpoint?.();
      if (state) takeKnots(state.start, state.best.parameters, record.epoch);
    },
  };
}
