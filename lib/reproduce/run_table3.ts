/**
 * Trains the rows of Table 3 from every seed.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import { type ReproduceOptions, type RowRun, runTableRows } from "./run_rows.ts";
import type { TableRow } from "./table_rows.ts";
import {
  burgers,
  evaluateSolution,
  pdeEngine,
  type PdeProblem,
  samplePoints,
} from "../physics/mod.ts";
import { positionsOf } from "../physics/inner.ts";
import { table3, table3Rows } from "./table3.ts";

/** What to run; all may be left out. */
export interface ReproduceTable3Options extends Omit<ReproduceOptions, "points" | "engine"> {
  /** Default: all of `table3Rows()`. */
  readonly rows?: readonly TableRow[];
  /** Collocation points `[t, x]` inside. Default: the paper's 64 x 64. */
  readonly grid?: readonly number[];
  /** Factor of `u_xx + u_tt` in the equation, which the paper does not print. Default 0.05. */
  readonly perturbation?: number;
  /** Threads, the caller included; see `pdeEngine`. */
  readonly threads?: number;
}

/**
 * Runs rows of Table 3, row by row, seed by seed.
 *
 * `loss` of a run is the objective of its best state: mean squared residual, plus mean squared
 * errors at the start and at the sides. `testLoss` is the same at 1,000 points of Sobol's sequence
 * inside and 101 on each face.
 *
 * @param options Rows, seeds, points, abort signal.
 * @returns The runs, each as soon as it is done; fewer if the signal stops them.
 *
 * @example One row, one seed, few points
 * ```ts
 * import { reproduceTable3, summariseRow, table3Rows } from "@freeknot/freeknot/reproduce";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = table3Rows({ quick: true }).filter(({ id }) => id === "spline-uniform-fine");
 * const runs = await Array.fromAsync(reproduceTable3({ rows, seeds: [1234], grid: [6, 6] }));
 * assertEquals(runs.map(({ parameters }) => parameters), [9700]);
 * assertEquals(summariseRow(runs).mse.mean, runs[0].loss);
 * ```
 */
export async function* reproduceTable3(
  options: ReproduceTable3Options = {},
): AsyncGenerator<RowRun, void, void> {
  const { rows = table3Rows(), seeds = table3.seeds, grid, perturbation, threads } = options;
  const problem = perturbation === undefined ? table3.problem : burgers({ perturbation });
  const engine = pdeEngine(problem, {
    ...(threads === undefined ? {} : { threads }),
    allowMissingDerivatives: true, // ReLU MLPs are among the published rows
    ...(grid ? { sampler: { kind: "grid", counts: grid } } : {}),
  });
  yield* runTableRows(rows, seeds, {
    ...options,
    engine,
    testLoss: (network) => freshLoss(problem, network),
  });
}

/** Fresh points inside, and on each face. */
const INSIDE = 1000, FACE = 101;

/** The loss at fresh points, under the network's kept statistics. */
function freshLoss(problem: PdeProblem, network: Network): number {
  const names = Object.keys(problem.domain), ranges = Object.values(problem.domain);
  let sum = 0;
  function add(equation: string, points: Float64Array): void {
    const [residuals] = evaluateSolution(problem, network, points, [equation]);
    sum += residuals.reduce((all, r) => all + r * r, 0) / residuals.length;
  }
  const inside = samplePoints(ranges, { kind: "sobol", count: INSIDE, seed: 1 });
  for (const { equation } of problem.equations) add(equation, inside);
  for (const { at, equation } of problem.conditions) {
    const faces = Object.entries(at ?? {}).flatMap(([name, values]) =>
      positionsOf(values).map((value) => ({ axis: names.indexOf(name), value }))
    );
    add(
      equation,
      Float64Array.from(faces.flatMap(({ axis, value }) => [
        ...samplePoints(ranges.map((range, i) => i === axis ? [value, value] : range), {
          kind: "grid",
          counts: ranges.map((_, i) => i === axis ? 1 : FACE),
        }),
      ])),
    );
  }
  return sum;
}
