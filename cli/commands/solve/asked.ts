/**
 * A request of `solve` as a run of the library, wherever it runs: in a terminal or in a page.
 *
 * @module
 */

import { encodeModel, resolveConfig } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  pdeNetwork,
  type PdeProblem,
  type PdeSolution,
  type SolveOptions,
  solvePde,
} from "../../../lib/physics/mod.ts";
import type { SolutionModel } from "../../models/solution_file.ts";
import { VERSION } from "../../terminal/version.ts";
import { PDE_OPTIMIZERS } from "./flags.ts";
import type { SolveRequest } from "./request.ts";
import { repeatingCommand, type SolveSetup } from "./result.ts";

/** Solves what was asked for, and lets the caller listen and end it. */
export async function solveAsked(
  request: SolveRequest,
  listener: Pick<
    SolveOptions,
    "device" | "signal" | "onLevel" | "onEvent" | "onCheckpoint" | "resume"
  >,
): Promise<PdeSolution> {
  const { problem, network, start, schedule, tolerance, timeLimit, seed, optimizer } = request;
  const { threads, cluster: peers } = request;
  const { renewal, sampler, words } = request.points;
  return await solvePde(problem, {
    network,
    ...defined({ tolerance, timeLimit, threads, peers, sampler }),
    ...(schedule && request.given.has("schedule") && { schedule }), // else the problem's
    seed,
    ...(words.length > 0 && { renewal }), // else the problem's
    ...(start && startOf(start, problem)),
    ...(optimizer === "auto" ? {} : { optimizer: PDE_OPTIMIZERS[optimizer]() }),
    ...listener,
  });
}

/** The network to begin with, and those of its coefficients that this problem has. */
function startOf({ network, coefficients = {} }: SolutionModel, problem: PdeProblem) {
  const names = Object.keys(problem.coefficients ?? {});
  const found = Object.entries(coefficients).filter(([name]) => names.includes(name));
  return { start: network, coefficients: Object.fromEntries(found) };
}

/** How a run was asked for, with what it has found itself. */
export function setupOf(request: SolveRequest, solution: PdeSolution): SolveSetup {
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

/** The model file of a solution. */
export function solutionModel(
  problem: PdeProblem,
  { network, coefficients }: PdeSolution,
): Uint8Array {
  return encodeModel(network, {
    ...{ version: VERSION, problem },
    ...(problem.coefficients ? { coefficients } : {}),
  });
}
