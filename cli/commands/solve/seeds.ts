/**
 * `solve --seeds`: the same problem from several first guesses, the best solution kept.
 *
 * @module
 */

import { relativeDistance, testPoints } from "../../../lib/physics/inner.ts";
import { evaluateSolution, type PdeProblem, type PdeSolution } from "../../../lib/physics/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { outputFiles } from "../../flags/shared.ts";
import { seedsFlag, textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs } from "../../terminal/files.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, shortNumber, textTable } from "../../terminal/text_table.ts";
import { SOLUTION_FILES, type SolveRequest, solveRequest } from "./request.ts";
import { finishSolve, type Solved, type SolveResult, watchedSolve } from "./run.ts";

/** The run of one seed. */
export interface SeedSolution {
  readonly seed: number;
  readonly solution: PdeSolution;
  /** Relative L2 distance from the solution that is kept. */
  readonly distance: number;
}

/** All runs, the best first in `result`. */
export interface SeedsResult {
  readonly runs: readonly SeedSolution[];
  readonly result: SolveResult;
  readonly best: number;
}

/**
 * The requests of all seeds.
 *
 * @param problem The problem, where it was read before.
 * @param writes Whether this process writes files.
 * @throws {UsageError} If one is wrong.
 */
export async function seedRequests(
  given: GivenFlags,
  problem: PdeProblem | undefined,
  writes = true,
): Promise<readonly SolveRequest[]> {
  const seeds = seedsFlag(given, "seeds")!;
  for (const flag of ["seed", "resume"]) {
    if (!given.has(flag)) continue;
    throw new UsageError(
      `Cannot solve: --${flag} must come without --seeds` +
        (flag === "resume" ? "; --checkpoint FILE goes on from FILE.SEED" : ""),
    );
  }
  const file = textFlag(given, "checkpoint"), requests: SolveRequest[] = [];
  for (const seed of seeds) {
    const flags = new Map(given);
    flags.delete("seeds");
    flags.set("seed", `${seed}`);
    if (file !== undefined) flags.set("checkpoint", `${file}.${seed}`);
    requests.push(await solveRequest(flags, { problem, writes }));
  }
  if (!writes) return requests;
  const kept = seeds.map((seed) => ({ flag: "checkpoint", path: `${file}.${seed}` }));
  const outputs = outputFiles(given, SOLUTION_FILES);
  await checkOutputs(file === undefined ? outputs : [...outputs, ...kept], []);
  return requests;
}

/** Solves from every seed, one after the other, and writes the best solution's files. */
export async function performSeeds(
  requests: readonly SolveRequest[],
  terminal: Terminal,
): Promise<SeedsResult> {
  const done: { readonly request: SolveRequest; readonly solved: Solved }[] = [];
  for (const request of requests) {
    if (!request.quiet && !request.json) terminal.err(`seed ${request.seed}\n`);
    const solved = await watchedSolve(request, terminal);
    done.push({ request, solved });
    if (solved.solution.finished.status === "stopped") break;
  }
  const fresh = ({ solved }: typeof done[0]) => {
    const { fresh } = solved.solution.verification;
    return Number.isFinite(fresh) ? fresh : Infinity;
  };
  const best = done.reduce((a, b) => fresh(b) < fresh(a) ? b : a);
  const result = await finishSolve(best.request, best.solved, terminal);
  const runs = done.map(({ request: { seed, problem }, solved: { solution } }) => ({
    ...{ seed, solution },
    distance: distanceOf(problem, solution, best.solved.solution),
  }));
  return { runs, result, best: best.request.seed };
}

/** Relative L2 distance of two solutions, all unknowns together, at the points of tables. */
function distanceOf(problem: PdeProblem, one: PdeSolution, other: PdeSolution): number {
  const points = testPoints(problem), names = problem.unknowns ?? ["u"];
  const [a, b] = [one, other].map(({ network, coefficients }) =>
    evaluateSolution(problem, network, points, names, coefficients)
  );
  return relativeDistance(a, b);
}

/** The runs as a table, and how far they spread. */
export function seedsText({ runs, best }: SeedsResult): string {
  const names = Object.keys(runs[0].solution.coefficients);
  const hasTruth = runs[0].solution.error !== undefined;
  const table = textTable([
    [
      ...["seed", "status", "fresh residual", "estimate", ...hasTruth ? ["error"] : []],
      ...names,
      ...["from the best", "time"],
    ],
    ...runs.map(({ seed, solution, distance }) => [
      `${seed}${seed === best ? " (best)" : ""}`,
      solution.finished.status,
      shortNumber(solution.verification.fresh),
      solution.errorEstimate === undefined ? "-" : shortNumber(solution.errorEstimate),
      ...solution.error ? [shortNumber(solution.error.relativeL2)] : [],
      ...names.map((name) => `${+solution.coefficients[name].toPrecision(6)}`),
      seed === best ? "-" : shortNumber(distance),
      duration(solution.finished.seconds),
    ]),
  ], `ll${"r".repeat(4 + names.length + (hasTruth ? 1 : 0))}`);
  const spread = spreadOf(runs);
  const lines = [
    `fresh residuals from ${shortNumber(spread.fresh.least)} to ${shortNumber(spread.fresh.most)}`,
    ...names.map((name) => {
      const { mean, deviation } = spread.coefficients[name];
      return `${name} = ${+mean.toPrecision(6)}, standard deviation ${shortNumber(deviation)} ` +
        "over the seeds";
    }),
  ];
  return `${table}\n\n${lines.join("\n")}\n\n`;
}

/** How far the runs spread. */
function spreadOf(runs: SeedsResult["runs"]) {
  const fresh = runs.map(({ solution }) => solution.verification.fresh);
  const names = Object.keys(runs[0].solution.coefficients);
  return {
    fresh: { least: Math.min(...fresh), most: Math.max(...fresh) },
    distance: Math.max(...runs.map(({ distance }) => distance)),
    coefficients: Object.fromEntries(names.map((name) => {
      const values = runs.map(({ solution }) => solution.coefficients[name]);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return [name, { mean, deviation: Math.sqrt(square / Math.max(1, values.length - 1)) }];
    })),
  };
}

/** What `--json` adds to the best run's object. */
export function seedsFields({ runs, best }: SeedsResult) {
  return {
    best,
    runs: runs.map(({ seed, solution, distance }) => ({
      ...{ seed, status: solution.finished.status, fresh: solution.verification.fresh },
      ...{ errorEstimate: solution.errorEstimate, error: solution.error?.relativeL2 },
      ...{ coefficients: solution.coefficients, distance, seconds: solution.finished.seconds },
    })),
    spread: spreadOf(runs),
  };
}
