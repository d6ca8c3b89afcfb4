/**
 * The command `reproduce`.
 *
 * @module
 */

import { renderTableReport } from "../../../lib/report/mod.ts";
import { scheduleCost } from "../../../lib/multilevel/mod.ts";
import { type RowRun, summariseRow } from "../../../lib/reproduce/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import { type KeptRuns, readKeptRuns } from "./kept_runs.ts";
import { REPRODUCE_FLAGS, type ReproduceRequest, reproduceRequest, TABLES } from "./request.ts";
import {
  reproduceJson,
  type ReproduceResult,
  reproduceText,
  rowMarks,
  tableNotes,
  tableTitle,
  warnings,
} from "./result.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";

/** Runs the rows of a published table and lays them beside the paper's numbers. */
export const reproduce: Command = {
  name: "reproduce",
  purpose: "Run the paper's table of a problem, row by row, and print it beside the published one.",
  synopsis: TABLES.map((table) => `freeknot reproduce ${table} [FLAGS]`),
  flags: REPRODUCE_FLAGS,
  positionals: 1,
  notes: [
    "Data, networks, epochs and seeds are the paper's; in Tables 1 and 2 the work of every row is " +
    "the same. What differs there: steps of L-BFGS are safeguarded (--line-search none takes the " +
    "paper's), numbers are float64, the first parameters are this library's, and MLPs, whose " +
    "epochs the paper does not print, get 128. Rows that begin with ours are not in the paper.",
    "Table 1 or 2 is 16 or 15 rows of five seeds and takes minutes, Table 3 takes hours; --only " +
    "and --seeds choose, --keep goes on where an earlier call has ended. Ctrl-C ends it: what is " +
    "done by then is printed and written.",
  ],
  examples: [
    { text: "See that it works, in seconds", line: "freeknot reproduce table1 --quick" },
    { text: "All of Table 1, with a page", line: "freeknot reproduce table1 --report table1.html" },
    {
      text: "The differential equation, our row alone",
      line: "freeknot reproduce table3 --only ours --seeds 1234 --keep table3.json",
    },
    {
      text: "Free knots only, the paper's steps beside ours, two seeds",
      line: "freeknot reproduce table2 --only spline-free --line-search both --seeds 1232,1233",
    },
  ],
  async run(given, [name], terminal) {
    const request = reproduceRequest(given, name);
    const { report, keep, json } = request;
    const files = { report, keep };
    await checkOutputs(
      Object.entries(files).flatMap(([flag, path]) => path === undefined ? [] : [{ flag, path }]),
      [],
    );
    const kept = await readKeptRuns(request);
    const result = await runTable(request, kept, terminal);
    terminal.out(
      json ? `${JSON.stringify(reproduceJson(result), null, 2)}\n` : reproduceText(result),
    );
    if (report !== undefined) await writeFile(report, tableReport(result));
    return result.complete ? EXIT.done : EXIT.interrupted;
  },
};

/** Runs all rows, telling of each run; Ctrl-C ends it with what is done. */
async function runTable(
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
      tell(
        `${
          String(runs.length).padStart(String(total).length)
        }/${total} ${row.label}, seed ${seed}: ` +
          `${shortNumber(loss)}, ${evaluations} evaluations, ${duration(seconds)}` +
          (status === "diverged" ? ", diverged" : ""),
      );
    }
  } finally {
    interrupt.dispose();
  }
  const summaries = rows
    .map((row) => runs.filter((run) => run.row === row))
    .filter((own) => own.length > 0)
    .map(summariseRow);
  return { request, summaries, complete: runs.length === total };
}

/** Least milliseconds between two lines about one run. */
const PAUSE_MS = 10_000;

function tableReport(result: ReproduceResult): string {
  const { request, summaries, complete } = result;
  return renderTableReport({
    title: `${request.table}, ${request.problem.name}`,
    subtitle: tableTitle(result).replace(/^.*?: /, "").replace(/^m/, "M"),
    status: !complete ? "stopped" : request.quick ? "quick try, not comparable" : "completed",
    warnings: warnings(result),
    notes: tableNotes(result),
    rows: summaries.map((summary) => ({
      summary,
      marks: rowMarks(summary, request),
    })),
    reproduce: request.command,
    version: VERSION,
  });
}
