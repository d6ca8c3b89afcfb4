/**
 * Runs the rows of a table, telling of each run.
 *
 * @module
 */

import { scheduleCost } from "../../../lib/multilevel/mod.ts";
import { type RowRun, summariseRow } from "../../../lib/reproduce/mod.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, shortNumber } from "../../terminal/text_table.ts";
import type { KeptRuns } from "./kept_runs.ts";
import type { ReproduceRequest } from "./request.ts";
import type { ReproduceResult } from "./result.ts";

/** Runs all rows, telling of each run; Ctrl-C ends it with what is done. */
export async function runTable(
  request: ReproduceRequest,
  kept: KeptRuns,
  terminal: Terminal,
): Promise<ReproduceResult> {
  const { rows, seeds, quiet } = request;
  const total = rows.length * seeds.length;
  const tell = (text: string) => quiet ? undefined : terminal.err(`${text}\n`);
  const interrupt = listenForInterrupt(
    () => tell("stopping; what is done is printed. Ctrl-C again leaves at once"),
    () => {},
  );
  const runs: RowRun[] = [...kept.runs];
  if (runs.length > 0) tell(`${runs.length} of ${total} runs were done before`);
  let last = performance.now();
  try {
    const running = request.run({
      skip: (row, seed) => kept.runs.some((run) => run.row === row && run.seed === seed),
      signal: interrupt.signal,
      onEpoch: (row, seed, { epoch, loss }) => {
        if (performance.now() - last < PAUSE_MS) return;
        last = performance.now();
        const { epochs } = scheduleCost(row.schedule, 1);
        tell(`  ${row.label}, seed ${seed}: epoch ${epoch} of ${epochs}, ${shortNumber(loss)}`);
      },
    });
    for await (const run of running) {
      runs.push(run);
      await kept.add(run);
      last = performance.now();
      const { row, seed, loss, evaluations, seconds, status } = run;
      const count = String(runs.length).padStart(String(total).length);
      tell(
        `${count}/${total} ${row.label}, seed ${seed}: ` +
          `${shortNumber(loss)}, ${evaluations} evaluations, ${duration(seconds)}` +
          (status === "diverged" ? ", diverged" : ""),
      );
    }
  } finally {
    interrupt.dispose();
  }
  const summaries = rows
    .map((row) => runs.filter((run) => run.row === row))
    .filter(({ length }) => length > 0)
    .map(summariseRow);
  return { request, summaries, complete: runs.length === total };
}

/** Least milliseconds between two lines about one run. */
const PAUSE_MS = 10_000;
