/**
 * Progress on stderr: a bar where a person watches, sparse lines elsewhere.
 *
 * @module
 */

import type CliProgress from "cli-progress";
import type { TournamentEvent, TrainEvent } from "../../lib/train/mod.ts";
import { duration, shortNumber } from "./text_table.ts";
import type { Terminal } from "./terminal.ts";

/** A listener to the events of training. */
export interface Progress {
  /** Shows an event. */
  event(event: TrainEvent): void;
  /** Writes a line without spoiling the bar. */
  line(text: string): void;
  /** Ends the display; may be called twice. */
  stop(): void;
}

/**
 * Makes a progress display.
 *
 * @param levels Stages of the schedule; undefined: found on the way.
 * @param quiet Shows nothing at all.
 */
export async function showProgress(
  terminal: Terminal,
  levels: number | undefined,
  quiet: boolean,
): Promise<Progress> {
  if (quiet) return { event: () => {}, line: () => {}, stop: () => {} };
  if (!terminal.interactive) return lines(terminal, levels);
  const { default: bars } = await import("cli-progress"); // only where a person watches
  return bar(terminal, levels, bars);
}

/**
 * Follows the events; the position is the same object all the time. Epochs that a level did not need
 * are done, too.
 */
function follow() {
  const now = { level: 0, intervals: 0, done: 0, total: 0, loss: NaN, seconds: 0 };
  let stageEnd = 0, skipped = 0;
  function take(event: TrainEvent): void {
    if (event.type === "stage") {
      skipped += stageEnd - now.done; // a level that converged leaves epochs undone
      now.done = stageEnd;
      stageEnd += event.epochs;
      now.level = event.stage + 1;
      now.intervals = event.intervals;
      now.total = event.totalEpochs;
    } else if (event.type === "epoch") {
      now.done = event.record.epoch + skipped;
      now.loss = event.record.loss;
      now.seconds = event.record.seconds;
    }
  }
  return { now, take };
}

function bar(
  terminal: Terminal,
  levels: number | undefined,
  cliProgress: typeof CliProgress,
): Progress {
  const { now, take } = follow();
  const display = new cliProgress.SingleBar({
    format: `level {level}${levels === undefined ? "" : "/{levels}"}, ` +
      "{intervals} intervals [{bar}] epoch {value}/{total}, " +
      "loss {loss}, {left} left",
    barsize: 16,
    hideCursor: true,
    gracefulExit: false,
    emptyOnZero: true,
  }, cliProgress.Presets.legacy);
  let active = false;
  function stop(): void {
    if (active) display.stop();
    active = false;
  }
  return {
    event(event) {
      take(event);
      const payload = {
        level: now.level,
        levels,
        intervals: now.intervals,
        loss: Number.isNaN(now.loss) ? "-" : shortNumber(now.loss),
        left: now.done === 0 ? "?" : duration(now.seconds / now.done * (now.total - now.done)),
      };
      if (!active && event.type === "stage") {
        display.start(now.total, now.done, payload);
        active = true;
      } else if (active) {
        display.update(now.done, payload);
      }
    },
    line(text) {
      stop();
      terminal.err(`${text}\n`);
    },
    stop,
  };
}

/** Least milliseconds between two lines within a level. */
const INTERVAL_MS = 5000;

function lines(terminal: Terminal, levels: number | undefined): Progress {
  const { now, take } = follow();
  let last = performance.now(), told = true;
  function tell(): void {
    const { done, total, loss, seconds } = now;
    terminal.err(
      `  epoch ${done}${levels === undefined ? "" : ` of ${total} in all`}, loss ` +
        `${shortNumber(loss)}, ${duration(seconds)}\n`,
    );
    last = performance.now();
    told = true;
  }
  return {
    event(event) {
      if (event.type !== "epoch" && !told) tell(); // the last epoch of a level
      take(event);
      if (event.type === "tournament") terminal.err(`${tournamentText(event)}\n`);
      if (event.type === "stage") {
        terminal.err(
          `level ${now.level}${
            levels === undefined ? "" : `/${levels}`
          }: ${now.intervals} intervals, ${event.parameters} ` +
            `parameters, ${event.epochs} epochs${memoryText(event.bytes)}\n`,
        );
        last = performance.now();
      } else if (event.type === "epoch") {
        told = false;
        if (performance.now() - last > INTERVAL_MS) tell();
      }
    },
    line: (text) => terminal.err(`${text}\n`),
    stop: () => {},
  };
}

/** What a tournament of first guesses was and cost, in a line. */
export function tournamentText(
  { intervals, rows, winner, objectives, evaluations, seconds }: TournamentEvent,
): string {
  return `first guess ${winner + 1} of ${objectives.length} won a tournament on ${intervals} ` +
    `interval${intervals === 1 ? "" : "s"} and ${rows} rows ` +
    `(${evaluations} evaluations, ${duration(seconds)})`;
}

/** Memory that somebody should know of. */
const MUCH = 2 ** 28;

function memoryText(bytes = 0): string {
  return bytes < MUCH ? "" : `, ${(bytes / 2 ** 30).toFixed(1)} GiB of memory`;
}
