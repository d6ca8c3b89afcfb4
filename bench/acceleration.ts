/**
 * What geodesic acceleration adds to a step of Gauss-Newton: second derivatives along the step and
 * a backward pass, beside the matrix that the step needs anyway.
 *
 * `deno run --allow-read bench/acceleration.ts`
 */

import {
  createCpuEngine,
  createNetwork,
  findPde,
  findProblem,
  galleryDatasets,
  type Network,
} from "@freeknot/freeknot";

import type { Evaluator } from "@freeknot/freeknot/engine";

import { pdeEngine, pdeNetwork } from "@freeknot/freeknot/physics";

import { createCholesky } from "../lib/engine/inner.ts";
import { nudged } from "./_nudged.ts";

const ROUNDS = 7;

async function milliseconds(run: () => unknown): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

/** The least of several runs, interleaved. */
async function measure(evaluator: Evaluator, { parameters: start }: Network): Promise<number[]> {
  const n = start.length, { matrix, secondJvp, vjp } = evaluator.curvature!;
  const gradient = new Float64Array(n), out = new Float64Array(n);
  const vector = Float64Array.from({ length: n }, (_, i) => 1e-3 * Math.sin(i + 1));
  const factor = createCholesky(n);
  const next = nudged(start);
  let parameters = start;
  const runs = [
    async () => (await evaluator.evaluate(parameters)).objective,
    () => matrix!(parameters, factor.matrix, gradient), // knows the gradient from the trial
    () => {
      factor.factorise({ shift: 1e-3 * Math.max(1e-3, factor.matrix[0]) });
      factor.solve(gradient.slice());
    },
    async () => {
      await vjp(parameters, await secondJvp(parameters, vector, 0.1), out);
      factor.solve(out);
    },
  ];
  const least = runs.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    parameters = next();
    for (const [i, run] of runs.entries()) least[i] = Math.min(least[i], await milliseconds(run));
  }
  evaluator.dispose();
  return least;
}

console.log("milliseconds, one thread, least of 7");
console.log("case                       parameters  matrix  factor  trial  acceleration  share");
async function row(name: string, network: Network, evaluator: Evaluator): Promise<void> {
  const [trial, matrix, factor, acceleration] = await measure(evaluator, network);
  const share = acceleration / (matrix + factor + trial);
  console.log(
    name.padEnd(27) + `${network.parameters.length}`.padStart(10) +
      [matrix, factor, trial].map((ms) => ms.toFixed(1).padStart(8)).join("") +
      acceleration.toFixed(1).padStart(14) + `${(100 * share).toFixed(0)} %`.padStart(7),
  );
}

const engine = createCpuEngine({ threads: 1 });
for (const name of ["product", "four-d", "nonsmooth", "xor"]) {
  const problem = findProblem(name);
  const { train } = galleryDatasets(problem);
  for (const intervals of [5, 40]) {
    const network = createNetwork({ ...problem.defaults, intervals }, { seed: 1 });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset: train });
    await row(`${name}, ${intervals} intervals`, network, evaluator);
  }
}
for (const name of ["poisson", "helmholtz", "kdv"]) {
  const problem = findPde(name);
  const equations = pdeEngine(problem, { threads: 1 });
  const network = createNetwork(pdeNetwork(problem), { seed: 1 });
  await row(name, network, await equations.compile({ network, loss: { kind: "mse" } }));
}
