/**
 * One run of `solve`, watched and interruptible.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import type { PdeSolution } from "../../../lib/physics/mod.ts";
import { renewalSchedule } from "../../../lib/physics/inner.ts";
import { solutionFigure } from "../../../lib/report/mod.ts";
import { writeFigure } from "../../pictures/write.ts";
import { type Output, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt, neverInterrupted } from "../../terminal/interrupt.ts";
import { showProgress } from "../../terminal/progress.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { setupOf, solutionModel, solveAsked } from "./asked.ts";
import { openSolveCheckpoint, sharedSolveCheckpoint, solveResumeFault } from "./keeping.ts";
import { openDevice, type OpenedDevice } from "./device.ts";
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
  /** Why the checkpoint does not hold the last state that it should. */
  readonly checkpointFault?: string;
}

/** A solution and what was told on the way. */
export interface Solved {
  readonly solution: PdeSolution;
  readonly log: SolveLog;
  /** Why the checkpoint does not hold the last state that it should. */
  readonly checkpointFault?: string;
}

/** Solves, shows progress, writes the files. */
export async function performSolve(
  request: SolveRequest,
  terminal: Terminal,
): Promise<SolveResult> {
  return await finishSolve(request, await watchedSolve(request, terminal), terminal);
}

/** Tells the notes of a solution and writes its files. */
export async function finishSolve(
  request: SolveRequest,
  { solution, log, checkpointFault }: Solved,
  terminal: Terminal,
): Promise<SolveResult> {
  if (!request.quiet) { for (const note of solution.notes) terminal.err(`note: ${note}\n`); }
  const setup = setupOf(request, solution);
  const written = await writeFiles(request, setup, solution, log, terminal);
  return { setup, solution, written, ...defined({ checkpointFault }) };
}

/** Solves, shows progress, keeps the checkpoint. */
export async function watchedSolve(request: SolveRequest, terminal: Terminal): Promise<Solved> {
  const opened = request.engine === "webgpu" ? await openDevice() : undefined;
  try {
    return await watchedOn(opened, request, terminal);
  } finally {
    opened?.close();
  }
}

async function watchedOn(
  opened: OpenedDevice | undefined,
  request: SolveRequest,
  terminal: Terminal,
): Promise<Solved> {
  const { schedule, tolerance, timeLimit, checkpoint, quiet, cluster } = request;
  const stages = schedule && renewalSchedule(schedule, request.points.renewal).stages.length;
  const kept = checkpoint && await sharedSolveCheckpoint(
    cluster,
    () => openSolveCheckpoint(checkpoint, request.given, (text) => terminal.err(`${text}\n`)),
  );
  const progress = await showProgress(terminal, stages, quiet);
  const resume = kept?.found?.checkpoint, log = solveLog(kept?.found?.log);
  if (resume) {
    progress.line(`going on from ${checkpoint?.file}, after ${resume.seconds.toFixed(1)} s`);
  }
  if (opened) progress.line(opened.note);
  let begun = false;
  // ranks that stop at different times would wait for each other: mpirun ends them instead
  const listen = (cluster?.size ?? 1) > 1 ? neverInterrupted : listenForInterrupt;
  const interrupt = listen(
    () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
    () => progress.stop(),
  );
  try {
    const solution = await solveAsked(request, {
      ...defined({ resume, device: opened?.device }),
      signal: interrupt.signal,
      onLevel: (level) => progress.line(levelText(level)),
      onEvent(event, terms, coefficients) {
        if (!begun && !schedule) progress.line(planText(tolerance, timeLimit));
        begun = true;
        progress.event(event);
        if ((request.report ?? request.pictures) !== undefined || kept) {
          log.take(event, terms, coefficients);
        }
      },
      ...(kept && {
        onCheckpoint: (epoch, make) => kept.take(epoch, make, log.content),
      }),
    });
    return { solution, log, ...defined({ checkpointFault: kept?.fault() }) };
  } catch (error) {
    throw solveResumeFault(error, checkpoint?.file ?? "");
  } finally {
    progress.stop();
    interrupt.dispose();
    await kept?.close();
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
