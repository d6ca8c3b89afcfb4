/**
 * What `solve` reaches by its defaults: the gallery of equations, and problems that people bring.
 *
 * `deno run --allow-read bench/equations.ts [NAME...]`, with `--seed N`, `--tolerance R` and
 * `--time-limit SECONDS` before the names.
 */

import { parseArgs } from "@std/cli/parse-args";
import { parsePde, solvePde } from "@freeknot/freeknot";
import { pdeProblems } from "@freeknot/freeknot/physics";
import { markdown } from "./_table.ts";

/** Problems that people bring, in bench/cases. */
const BROUGHT = ["klein-gordon", "kovasznay", "heat-si", "poisson-3d", "heat-4d", "oscillator"].map(
  (name) => {
    const file = new URL(`cases/${name}.json`, import.meta.url);
    return parsePde({ ...JSON.parse(Deno.readTextFileSync(file)), name });
  },
);

const { _: names, seed, tolerance, ...flags } = parseArgs(Deno.args, {
  string: ["seed", "tolerance", "time-limit"],
  default: { seed: "1234" },
});
const timeLimit = flags["time-limit"];
const all = [...pdeProblems.filter(({ name }) => name !== "burgers-perturbed"), ...BROUGHT];
const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
const rows: string[][] = [];
for (const problem of chosen) {
  const { network, finished, verification, error, errorEstimate } = await solvePde(problem, {
    seed: Number(seed),
    ...(tolerance !== undefined && { tolerance: Number(tolerance) }),
    ...(timeLimit !== undefined && { timeLimit: Number(timeLimit) }),
  });
  rows.push([
    problem.name,
    `${network.parameters.length}`,
    error?.relativeL2.toExponential(1) ?? "-",
    errorEstimate?.toExponential(1) ?? "-",
    verification.fresh.toExponential(1),
    finished.status,
    finished.seconds.toFixed(finished.seconds < 10 ? 1 : 0),
  ]);
  console.error(rows.at(-1)!.join("  "));
}
const titles = "problem,parameters,relative L2 error,its estimate,residual,status,seconds";
console.log(markdown(titles.split(","), rows));
