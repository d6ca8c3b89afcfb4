/**
 * The training log out of a run's events.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import type { EpochRecord, TrainEvent } from "../../train/mod.ts";
import type { RefinementMark } from "./data.ts";

const MOST_RECORDS = 2000;

/** Epoch records, and refinements with the work done when they happened. */
export function readEvents(
  events: readonly TrainEvent[],
): { history: EpochRecord[]; refinements: RefinementMark[] } {
  const history: EpochRecord[] = [], refinements: RefinementMark[] = [];
  for (const event of events) {
    if (event.type === "epoch") history.push(event.record);
    if (event.type === "refined") {
      const { fromIntervals, toIntervals } = event;
      const work = history.length === 0 ? 0 : history[history.length - 1].work;
      refinements.push({ work, fromIntervals, toIntervals });
    }
  }
  return { history, refinements };
}

/** At most about 2000 records, evenly, and always the last of each stage. */
export function thinHistory(
  history: readonly EpochRecord[],
  refinements: readonly RefinementMark[],
): EpochRecord[] {
  if (history.length <= MOST_RECORDS) return [...history];
  const step = Math.ceil(history.length / MOST_RECORDS);
  const kept = new Set(refinements.map(({ work }) => work));
  return history.filter((record, i) =>
    i % step === 0 || i === history.length - 1 || kept.has(record.work)
  );
}

/**
 * The event that ends a run, and the trained network.
 *
 * @throws {TypeError} If there is neither a network nor a `finished` event.
 */
export function findEnd(events: readonly TrainEvent[], trained: Network | undefined) {
  const finished = events.find((event) => event.type === "finished");
  const network = trained ?? finished?.network;
  if (network !== undefined) return { finished, network };
  throw new TypeError(
    "Cannot collect report: options must hold a network or a finished event, current value is " +
      `${events.length} events without one`,
  );
}
