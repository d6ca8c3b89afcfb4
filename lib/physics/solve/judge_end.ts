/**
 * The status of a run after a look at its residuals at fresh points.
 *
 * @module
 */

import { HONEST } from "./levels.ts";
import type { LevelsEnd, SolveStatus } from "./search_state.ts";
import { type PdeVerification, placeText } from "./verification.ts";

/** A relative residual below this is a solution, however small it is where it was trained. */
const SMALL_RESIDUAL = 1e-5;
/** A relative residual above this is no solution. */
const MOST_RESIDUAL = 0.03;

/** The status of a run after a look at its residuals at fresh points. */
export function judgeEnd(
  { status, reason, verification }: LevelsEnd,
  tolerance: number,
  { stopped, outOfTime }: { readonly stopped: boolean; readonly outOfTime: boolean },
): { readonly status: SolveStatus; readonly reason: string } {
  const { trained, fresh } = verification;
  if (status === "diverged" || status === "failed" || stopped) return { status, reason };
  if (fresh > Math.max(tolerance, SMALL_RESIDUAL) && fresh > HONEST * trained) {
    return {
      status: "unresolved",
      reason: `at fresh points the residuals are ${(fresh / trained).toPrecision(2)} times those ` +
        "at the points of training; more points, intervals or hidden nodes help, in this order",
    };
  }
  if (!(fresh <= Math.max(MOST_RESIDUAL, tolerance))) {
    const reason = outOfTime
      ? `the time is used up while ${residuals(verification)}; more time may help`
      : contradiction(verification);
    return { status: "unresolved", reason };
  }
  return outOfTime ? { status: "budget", reason: "the time is used up" } : { status, reason };
}

function residuals({ fresh }: PdeVerification): string {
  return `equations and conditions hold to ${(100 * fresh).toPrecision(2)} % only`;
}

/** Says how large the residuals stay, and where the largest is. */
function contradiction(verification: PdeVerification): string {
  const { terms } = verification;
  const worst = terms.reduce((a, b) => b.fresh.max / b.size > a.fresh.max / a.size ? b : a);
  return `${residuals(verification)}: the residual of ` +
    `${worst.name} stays at ${+worst.fresh.max.toPrecision(3)} at ${
      placeText(worst.fresh.at, 4)
    }; they contradict each ` +
    "other, or the network is too small or stuck";
}
