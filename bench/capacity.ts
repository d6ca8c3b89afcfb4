/**
 * What keeps a solution from rounding: for problems of the gallery with a known solution the error of
 * `solve`, and that of the same network fitted on to the solution itself, from where `solve` has led
 * (what it can represent).
 *
 * `deno run --allow-read bench/capacity.ts [NAME...]`, with `--time-limit SECONDS` before the names
 * for the equations; by default they get the work of a minute on two cores.
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  customSchedule,
  gaussNewton,
  type PdeProblem,
  solvePde,
  trainToEnd,
} from "@freeknot/freeknot";
import { pdeEngine, pdeProblems } from "@freeknot/freeknot/physics";
import { evenSampler, solutionError } from "../lib/physics/inner.ts";
import { markdown } from "./_table.ts";

const { _: names, ...flags } = parseArgs(Deno.args, { string: ["time-limit"] });
const known = pdeProblems.filter(({ exact, coefficients }) => exact && !coefficients);
const chosen = names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
const seconds = flags["time-limit"], tolerance = 1e-13;
const limit = seconds === undefined ? {} : { timeLimit: Number(seconds) };

/** Epochs of a fit. */
const EPOCHS = 60;

/** The problem whose equations say what the solution is, at every point. */
function fitOf(problem: PdeProblem): PdeProblem {
  const { unknowns = ["u"], exact, ansatz, domain, constants, periodic } = problem;
  return {
    name: `${problem.name}-fit`,
    title: "values of the solution",
    domain,
    ...(constants && { constants }),
    ...(periodic && { periodic }),
    ...(ansatz && { ansatz }),
    unknowns: [...unknowns],
    conditions: [],
    equations: unknowns.map((u) => ({ name: u, equation: `${u} = ${exact![u]}` })),
    incomplete: true,
    exact: exact!,
  };
}

const rows: string[][] = [];
for (const problem of chosen) {
  const solved = await solvePde(problem, { tolerance, ...limit });
  const { network } = solved, { config } = network;
  const fit = fitOf(problem), d = Object.keys(problem.domain).length;
  const count = Math.max(512, 3 * network.parameters.length);
  const { network: fitted } = await trainToEnd(network, undefined, {
    engine: pdeEngine(fit, { sampler: evenSampler(d, count, 7), frozenStatistics: true }),
    schedule: customSchedule([{ epochs: EPOCHS }], { name: "fit" }),
    optimizer: gaussNewton({ gradientTolerance: 0, dampingPower: 0.7 }),
  });
  const { trained, fresh } = solved.verification;
  rows.push([
    problem.name,
    `[${config.widths}], degree ${config.degree}, ${config.intervals} pieces`,
    `${network.parameters.length}`,
    solved.error!.relativeL2.toExponential(1),
    solved.errorEstimate?.toExponential(1) ?? "-",
    trained.toExponential(1),
    fresh.toExponential(1),
    solutionError(problem, fitted)!.relativeL2.toExponential(1),
  ]);
  console.error(rows.at(-1)!.join("  "));
}
const titles = "problem,network,parameters,error,its estimate,residual trained,residual fresh," +
  "error of a fit";
console.log(markdown(titles.split(","), rows));
