/**
 * Ten problems on which the last digits of training are measured: five regressions whose targets the
 * network can follow, five equations. Small networks, one thread. All steps begin at the same place:
 * of eight random first guesses the best after 12 epochs of Gauss-Newton on the coarsest grid.
 *
 * @module
 */

import {
  createCpuEngine,
  createNetwork,
  customSchedule,
  findPde,
  findProblem,
  galleryDatasets,
  gaussNewton,
  type Network,
  trainToEnd,
} from "@freeknot/freeknot";
import { type Dataset, datasetOf } from "@freeknot/freeknot/data";
import type { Engine } from "@freeknot/freeknot/engine";
import { pdeEngine, pdeNetwork } from "@freeknot/freeknot/physics";
import { createRandom } from "@freeknot/freeknot/model";
import { evenSampler, solutionError } from "../lib/physics/inner.ts";
import { fitOf } from "./_fit_of.ts";

/** A problem as `trainToEnd` takes it. */
export interface DigitCase {
  readonly name: string;
  readonly kind: "regression" | "equation";
  /** The network on the coarsest grid. */
  readonly network: Network;
  readonly dataset?: Dataset;
  readonly engine: Engine;
  /** The relative error of a solution. */
  readonly error?: (network: Network) => number;
  /** Grids and epochs of Gauss-Newton on each. */
  readonly levels: readonly (readonly [intervals: number, epochs: number])[];
}

const SEED = 1234, ROWS = 1000, GUESSES = 8, GUESS_EPOCHS = 12;
const cpu = createCpuEngine({ threads: 1 });

/** A regression. */
function regression(
  name: string,
  dataset: Dataset,
  { widths, degree }: { readonly widths: number[]; readonly degree: number },
  levels: DigitCase["levels"],
): DigitCase {
  const options = { widths, degree, intervals: levels[0][0], firstLayer: "spline" } as const;
  const network = createNetwork(options, { seed: SEED });
  return { name, kind: "regression", network, dataset, engine: cpu, levels };
}

/** A problem of the gallery. */
function ofGallery(name: string, degree: number, levels: DigitCase["levels"]): DigitCase {
  const problem = findProblem(name), { train } = galleryDatasets(problem, { rows: ROWS });
  return regression(name, train, { widths: [...problem.defaults.widths!], degree }, levels);
}

/** A wave of a product, three layers deep. */
function waveOfProduct(): DigitCase {
  const random = createRandom(SEED);
  const inputs = Float64Array.from({ length: 2 * ROWS }, () => 2 * random.uniform() - 1);
  const rows = Array.from(
    { length: ROWS },
    (_, r) => Array.from(inputs.subarray(2 * r, 2 * r + 2)),
  );
  const targets = rows.map(([x, y]) => Math.sin(Math.PI * x * y));
  const levels = [[4, 40], [8, 40], [16, 100]] as const;
  return regression("wave-of-product", datasetOf({ inputs: rows, targets }), {
    ...{ widths: [2, 2, 1, 1], degree: 5 },
  }, levels);
}

/** An equation, at even points, from a random first guess. */
function equation(
  name: string,
  hidden: number[],
  levels: DigitCase["levels"],
  isFit: boolean,
): DigitCase {
  const asked = findPde(name),
    problem = isFit && asked.exact ? fitOf(asked) : asked,
    d = Object.keys(problem.domain).length;
  const count = d === 1 ? 400 : 900;
  const engine = pdeEngine(problem, {
    ...{ sampler: evenSampler(d, count, 7), facePoints: 60, threads: 1 },
  });
  const options = pdeNetwork(asked, { hidden, degree: 9, intervals: levels[0][0] });
  const network = createNetwork(options, { seed: SEED });
  const error = (found: Network) => solutionError(asked, found)!.relativeL2;
  return { name, kind: "equation", network, engine, levels, error };
}

/** The best of several first guesses after a short training. */
async function begun(which: DigitCase): Promise<DigitCase> {
  const { dataset, engine, network: { config } } = which;
  let best: { readonly network: Network; readonly loss: number } | undefined;
  for (let seed = SEED; seed < SEED + GUESSES; seed++) {
    const end = await trainToEnd(createNetwork(config, { seed }), dataset, {
      ...{ engine, optimizer: gaussNewton() },
      schedule: customSchedule([{ epochs: GUESS_EPOCHS }], { name: "first guess" }),
    });
    if (!(best && best.loss <= end.loss)) best = end;
  }
  return { ...which, network: best!.network };
}

/**
 * The ten; those named, where there are names.
 *
 * @param isFit Whether the values of the solution stand in place of the equations, where there is a
 * formula of it.
 */
export async function digitCases(
  names: readonly string[] = [],
  isFit = false,
): Promise<DigitCase[]> {
  const some = allCases(isFit).filter(({ name }) => names.length === 0 || names.includes(name));
  return await Promise.all(some.map(begun));
}

function allCases(isFit: boolean): DigitCase[] {
  const path = [[4, 60], [8, 60], [16, 200]] as const;
  return [
    ofGallery("product", 3, [[5, 20], [10, 20], [20, 100]]),
    ofGallery("exp-sine", 7, [[4, 20], [8, 20], [16, 100]]),
    ofGallery("bessel", 7, [[10, 20], [20, 20], [40, 100]]),
    ofGallery("four-d", 5, [[2, 40], [4, 40], [8, 100]]),
    waveOfProduct(),
    equation("poisson", [2], path, isFit),
    equation("helmholtz", [4], path, isFit),
    equation("heat", [4], path, isFit),
    equation("wave", [4], path, isFit),
    equation("lotka-volterra", [], [[16, 40], [32, 40], [64, 100]], isFit),
  ];
}

/** Stages of a schedule, each grid with so many epochs. */
export function stagesOf({ levels }: Pick<DigitCase, "levels">) {
  return levels.map(([intervals, epochs], i) => ({
    epochs,
    refine: i === 0 ? 1 : intervals / levels[i - 1][0],
  }));
}

/** The residual of the function that is 0: what residuals are measured in. */
export async function sizeOf({ network, dataset, engine }: DigitCase): Promise<number> {
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const { objective } = await evaluator.evaluate(new Float64Array(network.parameters.length));
  evaluator.dispose();
  return Math.sqrt(objective);
}
