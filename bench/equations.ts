/**
 * What `solve` reaches by its defaults: the gallery of equations, and problems that people bring.
 *
 * `deno run --allow-read bench/equations.ts [NAME...]`, with `--seed N`, `--tolerance R` and
 * `--time-limit SECONDS` before the names. Seconds are those of the processor, all threads together.
 */

import { parseArgs } from "@std/cli/parse-args";
import { parsePde, solvePde } from "@freeknot/freeknot";
import { pdeProblems } from "@freeknot/freeknot/physics";
import process from "node:process";
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
  const before = process.cpuUsage();
  const { network, finished, verification, error, errorEstimate } = await solvePde(problem, {
    seed: Number(seed),
    ...(tolerance !== undefined && { tolerance: Number(tolerance) }),
    ...(timeLimit !== undefined && { timeLimit: Number(timeLimit) }),
  });
  const { user, system } = process.cpuUsage(before), spent = (user + system) / 1e6;
  rows.push([
    problem.name,
    `[${network.config.widths}]`,
    `${network.parameters.length}`,
    error?.relativeL2.toExponential(1) ?? "-",
    errorEstimate?.toExponential(1) ?? "-",
    verification.fresh.toExponential(1),
    finished.status,
    spent.toFixed(spent < 10 ? 1 : 0),
  ]);
  console.error(rows.at(-1)!.join("  "));
}
const titles =
  "problem;network;parameters;relative L2 error;its estimate;residual;status;processor seconds";
console.log(markdown(titles.split(";"), rows));
