/**
 * A tournament of first guesses, in words.
 *
 * @module
 */

import type { TournamentEvent } from "../../lib/train/mod.ts";
import { duration } from "./text_table.ts";

/** What a tournament was and cost, in a line. */
export function tournamentText(
  { intervals, rows, winner, objectives, evaluations, seconds }: TournamentEvent,
): string {
  return `first guess ${winner + 1} of ${objectives.length} won a tournament on ${intervals} ` +
    `interval${intervals === 1 ? "" : "s"} and ${rows} rows ` +
    `(${evaluations} evaluations, ${duration(seconds)})`;
}
