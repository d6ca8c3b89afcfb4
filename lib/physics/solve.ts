/**
 * From a problem to its solution in one call.
 *
 * @module
 */

import { countParameters, createNetwork, type Network, type NetworkOptions } from "../model/mod.ts";
import { multilevelSchedule, type Schedule, scheduleCost } from "../multilevel/mod.ts";
import {
  type FinishedEvent,
  gaussNewton,
  lbfgs,
  type Optimizer,
  train,
  type TrainEvent,
} from "../train/mod.ts";
import { firstSampler } from "./_adaptive_points.ts";
import { type PdeEngine, pdeEngine, type PdeEngineOptions, type PdeEvaluator } from "./engine.ts";
import { numPdeInputs } from "./inputs.ts";
import type { PdeProblem } from "./pde.ts";
import { fitContinuation, type Renewal, renewalSchedule } from "./renewal.ts";
import { renewingEngine } from "./renewing_engine.ts";
import { resolvePde } from "./_resolve.ts";
import type { Sampler } from "./sampling.ts";
import { type SolutionError, solutionError } from "./solution.ts";

/** Options of {@linkcode solvePde}; all may be left out. */
export interface SolveOptions {
  /** Fields of the network's configuration; `hidden`: widths without inputs and outputs. */
  readonly network?: PdeNetworkOptions;
  /** Default 1234. */
  readonly seed?: number;
  /** Epochs and grids. Default: the problem's. */
  readonly schedule?: Schedule;
  /** The algorithm. Default: Gauss-Newton for B-splines up to 2,500 parameters, else L-BFGS. */
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any>;
  /** Points inside, the same in all stages. Default: the problem's. */
  readonly sampler?: Sampler;
  /** What is renewed on the way. Default: the problem's; `{}` renews nothing. */
  readonly renewal?: Renewal;
  /** Threads, the caller included; see {@linkcode pdeEngine}. */
  readonly threads?: number;
  /** Stops the search. */
  readonly signal?: AbortSignal;
  /** Hears every event, and the weighted mean square of each term and the coefficients after it. */
  readonly onEvent?: (
    event: TrainEvent,
    terms: readonly PdeTermLoss[],
    coefficients: Readonly<Record<string, number>>,
  ) => void;
}

/** Fields of a network for a problem; what is left out is the problem's choice. */
export type PdeNetworkOptions = Partial<NetworkOptions> & {
  /** Widths between inputs and outputs. */
  readonly hidden?: readonly number[];
};

/** Parameters on the finest grid up to which Gauss-Newton is the default. */
const MOST_PARAMETERS = 2500;

/** The share of one equation or condition in the loss. */
export interface PdeTermLoss {
  /** Its name. */
  readonly name: string;
  /** Its weight times its mean squared residual. */
  readonly loss: number;
}

/** A solved problem. */
export interface PdeSolution {
  /** The network, for `evaluateSolution`. */
  readonly network: Network;
  /** How training ended. */
  readonly finished: FinishedEvent;
  /** Shares of the loss. */
  readonly terms: readonly PdeTermLoss[];
  /** Coefficients of an inverse problem. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** Distance from the true solution, where it is known. */
  readonly error?: SolutionError;
}

/**
 * The configuration of a network for a problem.
 *
 * Defaults: the problem's own network; degree one above the highest derivative, at least 3;
 * everything else as `resolveConfig` says. Of a problem's network of splines an MLP takes the widths
 * alone, and the other way round.
 *
 * @param problem The problem.
 * @param options Fields that replace the defaults.
 */
export function pdeNetwork(
  problem: PdeProblem,
  options: PdeNetworkOptions = {},
): NetworkOptions {
  const { hidden: usual, ...known } = { hidden: [5], ...problem.network };
  const { activation = known.activation ?? "spline" } = options, isSpline = activation === "spline";
  const alike = isSpline === ((known.activation ?? "spline") === "spline");
  const { hidden = usual, ...own } = { ...(alike ? known : {}), ...options };
  const { order, unknowns } = resolvePde(problem);
  return {
    ...(isSpline ? { degree: Math.max(3, order + 1) } : {}),
    ...own,
    widths: options.widths ?? [numPdeInputs(problem), ...hidden, unknowns.length],
  };
}

/**
 * Solves a problem: samples points, creates a network, trains it from coarse to fine.
 *
 * @param problem The problem.
 * @param options Network, schedule, optimizer, points, seed.
 * @returns The network, its loss by terms, its distance from the true solution.
 * @throws {RangeError} If the problem is not complete, its domain not bounded, or the degree too low
 * for its derivatives; before any training.
 *
 * @example One's own equation: u' = -u^2, u(0) = 1
 * ```ts
 * import { evaluateSolution, multilevelSchedule, solvePde } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const problem = {
 *   name: "decay",
 *   title: "u' = -u^2",
 *   domain: { t: [0, 1] },
 *   equations: [{ equation: "u_t = -u^2" }],
 *   conditions: [{ at: { t: 0 }, equation: "u = 1" }],
 *   exact: { u: "1/(1 + t)" },
 * } as const;
 * const { network, error } = await solvePde(problem, {
 *   network: { widths: [1, 1], firstLayer: "spline", normalisation: "none", domain: [0, 1], knots: "uniform" },
 *   schedule: multilevelSchedule([4, 4]),
 * });
 * assertAlmostEquals(evaluateSolution(problem, network, new Float64Array([1]))[0][0], 0.5, 1e-3);
 * assertAlmostEquals(error!.relativeL2, 0, 1e-3);
 * ```
 */
export async function solvePde(
  problem: PdeProblem,
  options: SolveOptions = {},
): Promise<PdeSolution> {
  const { points, ...others } = options.renewal ?? problem.renewal ?? {};
  const renewal: Renewal = points && !options.sampler ? { points, ...others } : others;
  const schedule = renewalSchedule(
    options.schedule ?? multilevelSchedule(problem.epochs ?? [40, 30]),
    renewal,
  );
  const sampler = firstSampler(points, options.sampler);
  const engineOptions: PdeEngineOptions = {
    ...(sampler && { sampler }),
    ...(options.threads !== undefined && { threads: options.threads }),
  };
  const fitted = fitContinuation(renewal, schedule.stages.length);
  const inner = renewingEngine(problem, fitted, engineOptions);
  let evaluator: PdeEvaluator | undefined;
  const engine: PdeEngine = {
    ...inner,
    async compile(...given) {
      return evaluator = await inner.compile(...given);
    },
  };
  const config = pdeNetwork(problem, options.network);
  const coarsest = config.intervals ?? 5, isSpline = (config.activation ?? "spline") === "spline";
  const start = createNetwork(
    { ...config, ...(isSpline ? { intervals: coarsest * schedule.startFactor } : {}) },
    { seed: options.seed ?? 1234 },
  );
  let finished: FinishedEvent | undefined;
  const { finestIntervals } = scheduleCost(schedule, coarsest);
  const most = countParameters({ ...start.config, intervals: finestIntervals });
  const direct = isSpline && start.config.basis === "bspline" && most <= MOST_PARAMETERS;
  const { optimizer = direct ? gaussNewton() : lbfgs(), signal } = options;
  for await (
    const event of train(start, engine.dataset, {
      engine,
      schedule,
      optimizer,
      ...(signal ? { signal } : {}),
    })
  ) {
    options.onEvent?.(event, evaluator?.terms() ?? [], evaluator?.coefficients() ?? {});
    if (event.type === "finished") finished = event;
  }
  const { network } = finished!;
  const last = pdeEngine(problem, { ...engineOptions, threads: 1, frozenStatistics: true });
  const judge = await last.compile(network, { kind: "mse" }, last.dataset);
  await judge.value(network.parameters);
  judge.dispose();
  const error = solutionError(problem, network);
  return {
    network,
    finished: finished!,
    terms: judge.terms(),
    coefficients: judge.coefficients(),
    ...(error ? { error } : {}),
  };
}
