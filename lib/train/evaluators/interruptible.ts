/**
 * Evaluators that can be asked to stop.
 *
 * Evaluations are synchronous, so that a Ctrl-C would wait for the end of training: the event loop
 * gets a turn after every few of them.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { around } from "./around.ts";

/** Thrown through an optimizer when training is asked to stop. */
export class StopRequest extends Error {
  /** Always `StopRequest`. */
  override name = "StopRequest";
}

const TURN_MS = 40;

/** When the event loop last had a turn; of all runs together, since one may be shorter. */
let lastTurn = performance.now();

/**
 * Wraps an evaluator: gives the event loop a turn about every 40 ms of work, and throws
 * {@linkcode StopRequest} once the signal is aborted.
 */
export function interruptible(evaluator: Evaluator, signal: AbortSignal | undefined): Evaluator {
  async function turn(): Promise<void> {
    if (performance.now() - lastTurn > TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      lastTurn = performance.now();
    }
    if (signal?.aborted) throw new StopRequest("Training was asked to stop");
  }

  return around(evaluator, turn);
}
