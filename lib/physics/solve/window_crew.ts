/**
 * Threads that work on windows of time: this one, and a second one once there is much to do.
 *
 * @module
 */

import { hardwareThreads } from "../../engine/inner.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { createDesk, type WindowTeam } from "./window_desk.ts";
import type { Evolution } from "./window_problem.ts";
import type { WorkerDesk } from "./window_worker.ts";

/** Multiply-adds that are worth the start of a thread. */
const WORTH = 1e8;

/** Who works on windows. */
export interface WindowCrew {
  /** Those who are there, for a whole window. */
  team(): WindowTeam;
  /** Hears of multiply-adds that were done. */
  worked(work: number): void;
  /** Lets helpers go. */
  dispose(): void;
}

/** Who works on the windows of a problem, by up to two threads; results do not depend on it. */
export function createCrew(
  problem: PdeProblem,
  evolution: Evolution,
  threads: number = hardwareThreads(),
): WindowCrew {
  const near = createDesk(problem, evolution);
  let work = 0, isAsked = threads < 2, isGone = false, helper: WorkerDesk | undefined;
  return {
    team: () => ({ near, far: helper?.desk() ?? near }),
    worked(more) {
      work += more;
      if (isAsked || work < WORTH) return;
      isAsked = true;
      // loaded when it is wanted: the module is a thread's program, which bundles cannot leave out
      import("./window_worker.ts").then(({ startWorkerDesk }) => {
        if (!isGone) helper = startWorkerDesk(problem, evolution);
      }, () => {}); // without it this thread works alone
    },
    dispose() {
      isGone = true;
      helper?.dispose();
    },
  };
}
