/**
 * One run of `solve`, watched and interruptible.
 *
 * @module
 */

import { encodeModel, resolveConfig } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  pdeNetwork,
  type PdeProblem,
  type PdeSolution,
  solvePde,
} from "../../../lib/physics/mod.ts";
import type { SolutionModel } from "../../models/solution_file.ts";
import { renewalSchedule } from "../../../lib/physics/inner.ts";
import { type Output, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import { showProgress } from "../../terminal/progress.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { VERSION } from "../../terminal/version.ts";
import { PDE_OPTIMIZERS } from "./flags.ts";
import { openSolveCheckpoint, solveResumeFault } from "./keeping.ts";
import { type SolveLog, solveLog, solveReport, type SolveSetup } from "./report.ts";
import type { SolveRequest } from "./request.ts";
import { levelText, planText, repeatingCommand, solutionTable } from "./result.ts";

/** A solved problem, and what was written. */
export interface SolveResult {
  readonly setup: SolveSetup;
  readonly solution: PdeSolution;
  readonly written: readonly Output[];
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
  const { problem, network, start, schedule, tolerance, timeLimit, seed, threads, optimizer } =
    request;
  const { renewal, sampler } = request.points;
  const { checkpoint, quiet } = request;
  const stages = schedule && renewalSchedule(schedule, renewal).stages.length;
  const kept = checkpoint && await openSolveCheckpoint(
    checkpoint,
    request.given,
    (text) => terminal.err(`${text}\n`),
  );
  const progress = await showProgress(terminal, stages, quiet);
  const resume = kept?.found?.checkpoint, log = solveLog(kept?.found?.log);
  if (resume) {
    progress.line(`going on from ${checkpoint?.file}, after ${resume.seconds.toFixed(1)} s`);
  }
  let begun = false;
  const interrupt = listenForInterrupt(
    () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
    () => progress.stop(),
  );
  try {
    const solution = await solvePde(problem, {
      network,
      ...defined({ schedule, tolerance, timeLimit, threads, sampler, resume }),
      ...{ seed, renewal, signal: interrupt.signal },
      ...(start && startOf(start, problem)),
      ...(optimizer === "auto" ? {} : { optimizer: PDE_OPTIMIZERS[optimizer]() }),
      onLevel: (level) => progress.line(levelText(level)),
      onEvent(event, terms, coefficients) {
        if (!begun && !schedule) progress.line(planText(tolerance, timeLimit));
        begun = true;
        progress.event(event);
        if (request.report !== undefined || kept) log.take(event, terms, coefficients);
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

/** The network to begin with, and those of its coefficients that this problem has. */
function startOf({ network, coefficients = {} }: SolutionModel, problem: PdeProblem) {
  const names = Object.keys(problem.coefficients ?? {});
  const found = Object.entries(coefficients).filter(([name]) => names.includes(name));
  return { start: network, coefficients: Object.fromEntries(found) };
}

function setupOf(request: SolveRequest, solution: PdeSolution): SolveSetup {
  const { problem, network, schedule, points, seed, optimizer } = request;
  const { intervals: usual } = resolveConfig(pdeNetwork(problem, network));
  // a fine tolerance may begin on another grid
  const found = schedule || solution.network.config.widths.length === 2
    ? undefined
    : solution.finished.levels[0]?.intervals;
  const intervals = found ?? usual;
  const command = repeatingCommand(request, solution, intervals);
  return { problem, schedule, intervals, optimizer, points, seed, command };
}

/** Writes what was asked for; nothing if there is no network worth keeping. */
async function writeFiles(
  { files, problem }: SolveRequest,
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
    "model-out": () =>
      encodeModel(network, {
        ...{ version: VERSION, problem },
        ...(problem.coefficients ? { coefficients: solution.coefficients } : {}),
      }),
  };
  const written = sound ? files : [];
  for (const { flag, path } of written) await writeFile(path, contents[flag]());
  return written;
}
