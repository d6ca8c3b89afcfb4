/**
 * The clock that ends a run after some seconds.
 *
 * @module
 */

import type { Peers } from "../../engine/mod.ts";
import type { SolveKeeper } from "./solve_checkpoint.ts";

/** A clock, and the way to ask it. */
export interface SolveClock {
  /** Aborted when the time is up. */
  readonly signal: AbortSignal;
  /** Asks whether the time is up; called after every epoch, by all processes at once. */
  ask(): void;
}

/**
 * Starts a clock. Clocks of processes differ, and processes must stop at the same evaluation: the first
 * one's is asked after every epoch, and told to all.
 */
export function startClock(seconds: number, peers: Peers | undefined): SolveClock {
  const milliseconds = Math.max(0, Math.ceil(1000 * seconds));
  if (peers === undefined || peers.size === 1) {
    return { signal: AbortSignal.timeout(milliseconds), ask() {} };
  }
  const controller = new AbortController(), end = performance.now() + milliseconds;
  return {
    signal: controller.signal,
    ask() {
      const told = new Float64Array([performance.now() >= end ? 1 : 0]);
      const [isLate] = peers.gather(told, new Array(peers.size).fill(1));
      if (isLate === 1) controller.abort();
    },
  };
}

/** Asks the clock after every epoch, once what is to be kept is kept. */
export function asking(clock: SolveClock, keep: SolveKeeper | undefined): SolveKeeper {
  return async (...args) => {
    await keep?.(...args);
    clock.ask();
  };
}
