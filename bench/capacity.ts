/**
 * What keeps a solution from rounding: for problems of the gallery with a known solution the error of
 * `solve`, and that of the same network fitted to the solution itself (what it can represent).
 *
 * `deno run --allow-read bench/capacity.ts [NAME...]`, with `--time-limit SECONDS` before the names
 * for each of both runs; by default each does the work of a minute on two cores.
 */

import { parseArgs } from "@std/cli/parse-args";
import { type PdeProblem, solvePde } from "@freeknot/freeknot";
import { pdeProblems } from "@freeknot/freeknot/physics";
import { markdown } from "./_table.ts";

const { _: names, ...flags } = parseArgs(Deno.args, { string: ["time-limit"] });
const known = pdeProblems.filter(({ exact, coefficients }) => exact && !coefficients);
const chosen = names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
const seconds = flags["time-limit"], tolerance = 1e-13;
const limit = seconds === undefined ? {} : { timeLimit: Number(seconds) };

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
  const { widths: _, ...config } = solved.network.config;
  const hidden = solved.network.config.widths.slice(1, -1);
  const fitted = await solvePde(fitOf(problem), {
    tolerance,
    ...limit,
    network: { hidden, degree: config.degree, intervals: solved.finished.levels[0].intervals },
  });
  const { trained, fresh } = solved.verification;
  rows.push([
    problem.name,
    `[${solved.network.config.widths}], degree ${config.degree}, ${config.intervals} pieces`,
    `${solved.network.parameters.length}`,
    solved.error!.relativeL2.toExponential(1),
    solved.errorEstimate?.toExponential(1) ?? "-",
    trained.toExponential(1),
    fresh.toExponential(1),
    fitted.error!.relativeL2.toExponential(1),
  ]);
  console.error(rows.at(-1)!.join("  "));
}
const titles = "problem,network,parameters,error,its estimate,residual trained,residual fresh," +
  "error of a fit";
console.log(markdown(titles.split(","), rows));
