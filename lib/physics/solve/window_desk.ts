/**
 * Who works on the parts of windows: this thread, and another one where there may be one.
 *
 * @module
 */

import type { PdeProblem } from "../equations/pde.ts";
import { resolvePde } from "../equations/resolve.ts";
import type { PdeScales } from "./scales.ts";
import {
  checkPart,
  createPart,
  type PartCheck,
  type Reduced,
  type Side,
  type SoughtPart,
} from "./window_part.ts";
import type { WindowProblem } from "./window_points.ts";
import { type Evolution, stillProblem, windowProblem } from "./window_problem.ts";
import type { Window } from "./window_space.ts";

/** A window that is worked on. */
export interface WindowJob extends Window {
  readonly scales: PdeScales;
  /** Whether it has the conditions of the beginning. */
  readonly isFirst: boolean;
  /** Whether nothing changes in time instead of the equations: to begin with. */
  readonly isStill?: boolean;
  /** Derivatives by time that the window before gives, per unknown. */
  readonly kept: readonly number[];
}

/** Works on parts of windows: on one window's parts at a time. */
export interface WindowDesk {
  begin(side: Side, job: WindowJob): ReturnType<SoughtPart["measure"]>;
  move(side: Side, step: Float64Array): ReturnType<SoughtPart["measure"]>;
  reduce(side: Side): Reduced;
  check(side: Side, job: WindowJob): PartCheck;
}

/** A desk elsewhere. */
export type FarDesk = {
  readonly [K in keyof WindowDesk]: (
    ...args: Parameters<WindowDesk[K]>
  ) => Promise<ReturnType<WindowDesk[K]>>;
};

/** What a window's problem depends on. */
function keyOf({ scales, span, isFirst, isStill }: WindowJob): string {
  return JSON.stringify([scales, span, isFirst, isStill]);
}

/** A desk in this thread. */
export function createDesk(problem: PdeProblem, evolution: Evolution): WindowDesk {
  const whole = resolvePde(problem), parts: SoughtPart[] = [];
  let last: { readonly job: WindowJob; readonly on: WindowProblem } | undefined;
  const problemOf = (job: WindowJob): WindowProblem => {
    if (!last || keyOf(last.job) !== keyOf(job)) {
      const on = windowProblem(whole, evolution, job.scales, job.span, job.isFirst);
      last = { job, on: job.isStill ? stillProblem(on) : on };
    }
    return last.on;
  };
  return {
    begin(side, job) {
      parts[side] = createPart(problemOf(job), job, side);
      return parts[side].measure();
    },
    move: (side, step) => parts[side].measure(step),
    reduce: (side) => parts[side].reduce(),
    check: (side, job) => checkPart(problemOf(job), job, side),
  };
}

/** Who works on the first and on the second part. */
export interface WindowTeam {
  readonly near: WindowDesk;
  readonly far: WindowDesk | FarDesk;
}

/** Has both parts worked on, at the same time where there are two threads. */
export function bothSides<T>(
  { near, far }: WindowTeam,
  work: (desk: WindowDesk | FarDesk, side: Side) => T | Promise<T>,
): Promise<[T, T]> {
  const other = (async () => await work(far, 1))(); // begins first
  return Promise.all([(async () => await work(near, 0))(), other]);
}
