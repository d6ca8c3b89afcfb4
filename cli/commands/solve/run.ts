/**
 * One run of `solve`, watched and interruptible.
 *
 * @module
 */

import type { PdeSolution } from "../../../lib/physics/mod.ts";
import { renewalSchedule } from "../../../lib/physics/inner.ts";
import { solutionFigure } from "../../../lib/report/mod.ts";
import { writeFigure } from "../../pictures/write.ts";
import { type Output, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt, neverInterrupted } from "../../terminal/interrupt.ts";
import { showProgress } from "../../terminal/progress.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { setupOf, solutionModel, solveAsked } from "./asked.ts";
import { type SolveLog, solveLog } from "./log.ts";
import { reportOptions, solveReport } from "./report.ts";
import type { SolveRequest } from "./request.ts";
import { levelText, planText, solutionTable, type SolveSetup } from "./result.ts";

/** A solved problem, and what was written. */
export interface SolveResult {
  readonly setup: SolveSetup;
  readonly solution: PdeSolution;
  readonly written: readonly Output[];
  /** Whether another process prints. */
  readonly silent?: boolean;
}

/** Solves, shows progress, writes the files. */
export async function performSolve(
  request: SolveRequest,
  terminal: Terminal,
): Promise<SolveResult> {
  const log = solveLog(), solution = await watchedSolution(request, log, terminal);
  if (!request.quiet) { for (const note of solution.notes) terminal.err(`note: ${note}\n`); }
  const setup = setupOf(request, solution);
  return { setup, solution, written: await writeFiles(request, setup, solution, log, terminal) };
}

async function watchedSolution(
  request: SolveRequest,
  log: SolveLog,
  terminal: Terminal,
): Promise<PdeSolution> {
  const { schedule, tolerance, timeLimit, peers } = request;
  const stages = schedule && renewalSchedule(schedule, request.points.renewal).stages.length;
  const progress = await showProgress(terminal, stages, request.quiet);
  let begun = false;
  // ranks that stop at different times would wait for each other: mpirun ends them instead
  const listen = peers ? neverInterrupted : listenForInterrupt;
  const interrupt = listen(
    () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
    () => progress.stop(),
  );
  try {
    return await solveAsked(request, {
      signal: interrupt.signal,
      onLevel: (level) => progress.line(levelText(level)),
      onEvent(event, terms, coefficients) {
        if (!begun && !schedule) progress.line(planText(tolerance, timeLimit));
        begun = true;
        progress.event(event);
        if ((request.report ?? request.pictures) !== undefined) {
          log.take(event, terms, coefficients);
        }
      },
    });
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

/** Writes what was asked for; nothing if there is no network worth keeping. */
async function writeFiles(
  { files, problem, pictures }: SolveRequest,
  setup: SolveSetup,
  solution: PdeSolution,
  log: SolveLog,
  terminal: Terminal,
): Promise<readonly Output[]> {
  const { network, finished } = solution;
  const sound = network.parameters.every(Number.isFinite) && Number.isFinite(finished.loss);
  if (!sound && files.length > 0) {
    terminal.err("freeknot: nothing was written: the loss was never finite\n");
  }
  const contents: Readonly<Record<string, () => string | Uint8Array>> = {
    "out": () => solutionTable(problem, solution),
    "report": () => solveReport(setup, solution, log),
    "model-out": () => solutionModel(problem, solution),
  };
  const written = sound ? files.filter(({ flag }) => contents[flag] !== undefined) : [];
  for (const { flag, path } of written) await writeFile(path, contents[flag]());
  if (!sound || pictures === undefined) return written;
  const drawn = await writeFigure(
    pictures,
    (names) => solutionFigure(reportOptions(setup, solution, log), names),
    (text) => terminal.err(`${text}\n`),
  );
  return [...written, ...files.filter(({ flag }) => flag in drawn)];
}
