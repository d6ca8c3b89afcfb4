/**
 * What keeps a solution from rounding. For problems of the gallery with a known solution: the error of
 * `solve`; of the same network fitted on to the solution itself, from where `solve` has led (what it
 * can represent); and trained on for the equations at four times as many points, by triangles of the
 * rows and by their products. What changes the error by a factor of three is what binds; where nothing
 * does it is the path, or rounding where the error is below 1e-12.
 *
 * `deno run --allow-read bench/capacity.ts [NAME...]`, with `--time-limit SECONDS` before the names
 * for the equations; by default they get the work of a minute on two cores.
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  customSchedule,
  gaussNewton,
  type Network,
  type PdeProblem,
  solvePde,
  trainToEnd,
} from "@freeknot/freeknot";
import { pdeEngine, pdeProblems } from "@freeknot/freeknot/physics";
import { evenSampler, solutionError } from "../lib/physics/inner.ts";
import { fitOf } from "./_fit_of.ts";
import { markdown } from "./_table.ts";

const { _: names, ...flags } = parseArgs(Deno.args, { string: ["time-limit"] });
const known = pdeProblems.filter(({ exact, coefficients }) => exact && !coefficients);
const chosen = names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
const seconds = flags["time-limit"], tolerance = 1e-13;
const limit = seconds === undefined ? {} : { timeLimit: Number(seconds) };

/** Epochs of a fit. */
const EPOCHS = 60;

/** A factor that counts. */
const MATTERS = 3;
/** Errors below this are rounding. */
const ROUNDING = 1e-12;

/** Trains on for a problem at even points, and tells the error. */
async function trainedOn(
  problem: PdeProblem,
  aim: PdeProblem,
  network: Network,
  { count, sizes, fineDamping }: {
    readonly count: number;
    readonly sizes?: readonly number[];
    readonly fineDamping?: number;
  },
): Promise<number> {
  const d = Object.keys(problem.domain).length;
  const { network: found } = await trainToEnd(network, undefined, {
    engine: pdeEngine(aim, {
      sampler: evenSampler(d, count, 7),
      facePoints: Math.ceil(2 * Math.sqrt(count)),
      frozenStatistics: true,
      ...(sizes && {
        scales: { unknowns: (problem.unknowns ?? ["u"]).map(() => 1), terms: sizes },
      }),
    }),
    schedule: customSchedule([{ epochs: EPOCHS }], { name: "on" }),
    optimizer: gaussNewton({
      gradientTolerance: 0,
      dampingPower: 0.7,
      ...(fineDamping !== undefined && { fineDamping }),
    }),
  });
  return solutionError(problem, found)!.relativeL2;
}

function binding(error: number, fitted: number, more: number, products: number): string {
  if (fitted > error / MATTERS) return error < ROUNDING ? "rounding" : "capacity";
  if (more < error / MATTERS) return "points";
  if (products > MATTERS * more) return "path (products of rows: arithmetic)";
  return error < ROUNDING ? "rounding" : "path";
}

const rows: string[][] = [];
for (const problem of chosen) {
  const solved = await solvePde(problem, { tolerance, ...limit });
  const { network, verification } = solved, { config } = network;
  const count = Math.max(512, 3 * network.parameters.length), error = solved.error!.relativeL2;
  const sizes = verification.terms.map(({ size }) => size), dense = { count: 4 * count, sizes };
  const fitted = await trainedOn(problem, fitOf(problem), network, { count });
  const more = await trainedOn(problem, problem, network, dense);
  const products = await trainedOn(problem, problem, network, { ...dense, fineDamping: 0 });
  rows.push([
    problem.name,
    `[${config.widths}], degree ${config.degree}, ${config.intervals} pieces`,
    `${network.parameters.length}`,
    ...[error, fitted, more, products].map((each) => each.toExponential(1)),
    binding(error, fitted, more, products),
  ]);
  console.error(rows.at(-1)!.join("  "));
}
const titles =
  "problem;network;parameters;error;of a fit;at more points;the same by products;binds";
console.log(markdown(titles.split(";"), rows));
