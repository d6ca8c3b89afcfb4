/**
 * Poisson's equation on a square (Liu et al. 2024, section 3.4, figure 3.3): errors of the solution
 * and its slopes over time and over parameters, beside multilayer perceptrons.
 *
 * @module
 */

import {
  createNetwork,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../model/mod.ts";
import { coarseSchedule, prolong } from "../../multilevel/mod.ts";
import { solutionError, solutionPoints } from "../../physics/inner.ts";
import { findPde, pdeEngine, type PdeProblem, samplePoints } from "../../physics/mod.ts";
import { gaussNewton, lbfgs, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, powerFit, verdict } from "./_fits.ts";

/** A grid of a chain, or an MLP at its end. */
interface PoissonRow {
  readonly intervals: number;
  readonly parameters: number;
  /** Relative errors in the mean square: of `u`, and of `u` with its slopes. */
  readonly l2: number;
  readonly h1: number;
  /** Mean of the squared error of `u`. */
  readonly squared: number;
  readonly loss: number;
  /** Seconds up to here. */
  readonly seconds: number;
}

/** Errors on the way. */
interface PoissonStep {
  readonly seconds: number;
  readonly l2: number;
  readonly h1: number;
}

interface PoissonValue {
  readonly name: string;
  readonly kind: "kan" | "mlp";
  readonly degree: number;
  readonly optimizer: string;
  readonly rows: readonly PoissonRow[];
  readonly steps: readonly PoissonStep[];
}

/** What is trained. */
interface PoissonRun {
  readonly id: string;
  readonly name: string;
  readonly network: NetworkOptions;
  readonly optimizer: "gauss-newton" | "lbfgs";
  /** Grids, one after the other; of an MLP none. */
  readonly grids?: readonly number[];
  readonly epochs: number;
  /** Points along a side of the square. Default: 60, 30 in the quick form. */
  readonly side?: number;
}

const SEED = 1234;
/** What the paper's text says of figure 3.3: mean squared errors. */
const PAPER = { kan: 1e-7, mlp: 1e-5 };

/** The experiment. */
export const poisson: Experiment<PoissonValue> = {
  name: "poisson",
  title: "Poisson's equation: errors over time and over parameters",
  source: "Liu et al. 2024 (arXiv 2404.19756), section 3.4, figure 3.3; slides of 2025",
  minutes: 3,
  parts,
  conclude,
};

/** The paper's loss: the equation by a hundredth, the boundary by one; no ansatz. */
function posed(): PdeProblem {
  const { ansatz: _, ...problem } = findPde("poisson");
  return {
    ...problem,
    equations: problem.equations.map((each) => ({ ...each, weight: 0.01 })),
    // two terms of two faces each: the mean over all four
    conditions: problem.conditions.map((each) => ({ ...each, weight: 0.5 })),
  };
}

function runsOf(quick: boolean): readonly PoissonRun[] {
  const spline = (degree: number): NetworkOptions => ({
    ...{ widths: [2, 10, 1], firstLayer: "spline", degree, intervals: 5, knots: "uniform" },
  });
  const kans = (quick ? [5] : [3, 5]).map((degree) => ({
    id: `kan-degree-${degree}`,
    name: `splines [2, 10, 1], degree ${degree}`,
    network: spline(degree),
    optimizer: "gauss-newton" as const,
    grids: doublings(5, quick ? 10 : 20),
    epochs: quick ? 20 : 40,
  }));
  const mlp = (hidden: number[], epochs: number): PoissonRun => ({
    id: `mlp-${hidden.join("-")}`,
    name: `MLP [2, ${hidden.join(", ")}, 1], tanh`,
    network: { widths: [2, ...hidden, 1], activation: "tanh" },
    optimizer: "lbfgs",
    epochs,
  });
  return quick ? [...kans, mlp([20, 20], 10)] : [
    ...kans,
    mlp([20, 20], 40),
    mlp([50, 50], 30),
    // the paper's perceptron: fewer points and epochs for its 30,700 parameters
    { ...mlp([100, 100, 100, 100], 10), side: 24 },
  ];
}

function parts(
  { quick = false, seeds: [seed] = [SEED], threads }: ExperimentOptions,
): ExperimentPart<PoissonValue>[] {
  return runsOf(quick).map((run) => ({
    id: run.id,
    run: (running) => solve(run, run.side ?? (quick ? 30 : 60), seed, threads, running),
  }));
}

async function solve(
  { name, network: config, optimizer, grids = [1], epochs }: PoissonRun,
  side: number,
  seed: number,
  threads: number | undefined,
  running: PartRunning,
): Promise<PoissonValue> {
  const problem = posed(), sampler = { kind: "grid", counts: [side, side] } as const;
  const engine = pdeEngine(problem, {
    ...{ sampler, facePoints: 2 * side },
    ...(threads === undefined ? {} : { threads }),
  });
  const points = samplePoints(Object.values(problem.domain), sampler);
  const some = solutionPoints(problem), rows: PoissonRow[] = [], steps: PoissonStep[] = [];
  const isMlp = config.activation === "tanh", begin = performance.now();
  let network = createNetwork(config, { seed }), measuring = 0;
  const seconds = () => (performance.now() - begin - measuring) / 1000;
  for (const [g] of grids.entries()) {
    running.signal.throwIfAborted();
    if (g > 0) network = prolong(network);
    const end = await trainToEnd(network, undefined, {
      ...{ engine, signal: running.signal, schedule: coarseSchedule(epochs) },
      optimizer: optimizer === "lbfgs" ? lbfgs() : gaussNewton(),
      onEvent(event) {
        if (event.type !== "epoch") return;
        const from = performance.now(), { start, best } = event.checkpoint!();
        const reached = withStatistics({ ...start, parameters: best.parameters }, points);
        steps.push({ seconds: seconds(), ...errorsOf(problem, reached, some) });
        measuring += performance.now() - from;
      },
    });
    network = end.network;
    const { l2, h1, squared } = errorsOf(problem, network);
    rows.push({
      intervals: isMlp ? 0 : network.config.intervals,
      parameters: network.parameters.length,
      ...{ l2, h1, squared, loss: end.loss, seconds: seconds() },
    });
  }
  const kind = isMlp ? "mlp" : "kan";
  return { name, kind, degree: network.config.degree, optimizer, rows, steps };
}

function errorsOf(problem: PdeProblem, network: Network, points?: Float64Array) {
  const { relativeL2, relativeH1, squared } = solutionError(problem, network, points)!;
  return { l2: relativeL2, h1: relativeH1!, squared };
}

function conclude(values: ReadonlyMap<string, PoissonValue>): Findings {
  const all = [...values.values()];
  const kans = all.filter(({ kind }) => kind === "kan");
  const mlps = all.filter(({ kind }) => kind === "mlp");
  const best = (found: readonly PoissonValue[], of: "l2" | "squared") =>
    Math.min(...found.flatMap(({ rows }) => rows.map((row) => row[of])));
  return {
    claims: [
      verdict(
        `Splines come below the mean squared error ${PAPER.kan} of the paper's`,
        kans,
        (found) => ({
          holds: best(found, "squared") < PAPER.kan,
          measured: brief(best(found, "squared")),
        }),
      ),
      verdict(
        "Their error is below a tenth of every perceptron's",
        kans.length > 0 && mlps.length > 0 ? [...kans, ...mlps] : [],
        () => ({
          holds: best(kans, "l2") < 0.1 * best(mlps, "l2"),
          measured: `relative error ${brief(best(kans, "l2"))}, the best perceptron's ` +
            brief(best(mlps, "l2")),
        }),
      ),
      verdict(
        "Errors of splines fall at least like the second power of the intervals, with slopes like " +
          "the power 1.5",
        kans,
        (found) => {
          const powers = found.map(({ rows }) => slopesOf(rows));
          return {
            holds: powers.every(([l2, h1]) => l2 <= -2 && h1 <= -1.5),
            measured: powers.map(([l2, h1], i) =>
              `degree ${found[i].degree}: powers ${brief(l2)} and ${brief(h1)}`
            ).join("; "),
          };
        },
      ),
    ],
    tables: all.length === 0 ? [] : [{
      title: "Errors of the solution, relative in the mean square",
      columns: [
        ...["network", "optimizer", "intervals", "parameters", "L2", "H1", "mean square", "loss"],
        "seconds",
      ],
      rows: all.flatMap(({ name, optimizer, rows }) =>
        rows.map((row) => [
          ...[name, optimizer, row.intervals || null, row.parameters, row.l2, row.h1],
          ...[row.squared, row.loss, row.seconds],
        ])
      ),
    }],
    charts: all.length === 0 ? [] : (["l2", "h1"] as const).flatMap((of) => charts(all, of)),
    notes: [
      "The paper's text gives mean squared errors of 1e-7 for its two-layer network of width 10 and " +
      "1e-5 for a perceptron of four layers of width 100, which sees 24 x 24 points and ten epochs here.",
      "Loss: 0.01 times the mean squared residual inside, plus the mean square on the boundary. " +
      "Other points: a grid of 30 x 30 in the quick form, else 60 x 60 (the paper's 10,000 at random), " +
      "and twice as many on a face as on a side of it. Errors on 101 x 101 points; charts over time " +
      "on 600, without the time that measuring takes.",
      "As the slides print it the problem has lost its squares: f belongs to sin(pi x) sin(pi y^2).",
    ],
  };
}

/** Powers of the intervals by which errors fall over a chain. */
function slopesOf(rows: readonly PoissonRow[]): [l2: number, h1: number] {
  const n = rows.map(({ intervals }) => intervals);
  return [
    powerFit(n, rows.map(({ l2 }) => l2)).slope,
    powerFit(n, rows.map(({ h1 }) => h1)).slope,
  ];
}

function charts(all: readonly PoissonValue[], of: "l2" | "h1") {
  const what = of === "l2" ? "of the solution" : "of the solution and its slopes";
  return [
    {
      title: `Error ${what} over time`,
      text: `Relative error ${what} after every epoch, over the seconds of training.`,
      ...{ xTitle: "seconds", yTitle: "relative error", logarithmic: "both" as const },
      curves: all.map(({ name, optimizer, steps }) => ({
        label: `${name}, ${optimizer}`,
        x: steps.map(({ seconds }) => seconds),
        y: steps.map((step) => step[of]),
      })),
    },
    {
      title: `Error ${what} over parameters`,
      text: `Relative error ${what} at the end of every grid, over the number of parameters.`,
      ...{ xTitle: "parameters", yTitle: "relative error", logarithmic: "both" as const },
      curves: all.map(({ name, optimizer, kind, rows }) => ({
        label: `${name}, ${optimizer}`,
        x: rows.map(({ parameters }) => parameters),
        y: rows.map((row) => row[of]),
        kind: kind === "mlp" ? "points" as const : "line" as const,
      })),
    },
  ];
}
