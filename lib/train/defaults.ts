/**
 * How to train where little is asked for: schedule, optimizer, first guesses, smoothing.
 *
 * @module
 */

import { type NetworkOptions, resolveConfig } from "../model/mod.ts";
import {
  adaptiveSchedule,
  coarseSchedule,
  customSchedule,
  multilevelSchedule,
  type Schedule,
} from "../multilevel/mod.ts";
import type { Engine, Loss } from "../engine/mod.ts";
import { defaultOptimizer } from "./optimizers/default_optimizer.ts";
import { lbfgs } from "./optimizers/lbfgs.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { GAUSS_NEWTON_SMOOTHING } from "./run_options.ts";
import { defaultStarts } from "./tournament.ts";

/** Where a level's new knots go: into every interval, or where the error is. */
export type Refinement = "even" | "residual";

/** What is asked for; what is left out is chosen. */
export interface TrainingRequest {
  /** Default mean squared error. */
  readonly loss: Loss;
  readonly engine: Engine;
  readonly schedule?: Schedule | undefined;
  readonly optimizer?: Optimizer | undefined;
  readonly refinement?: Refinement | undefined;
  /** First guesses that compete, at least 1. */
  readonly starts?: number | undefined;
  readonly smoothing?: number | undefined;
}

/** How to train. */
export interface TrainingChoice {
  /** Whether the schedule refines when progress stalls. */
  readonly auto: boolean;
  readonly schedule: Schedule;
  readonly optimizer: Optimizer;
  readonly refinement: Refinement;
  readonly starts: number;
  readonly smoothing: number;
}

/** First guesses of networks all of splines by L-BFGS: what counts is that they are polynomials. */
const POLYNOMIAL_STARTS = 2;

/**
 * Chooses what is not asked for, for a network on the coarsest grid. Where Gauss-Newton trains and
 * no schedule is asked for, the schedule refines when progress stalls, first guesses compete, new
 * knots go where the error is, and coefficients are smoothed; a schedule that was asked for is all
 * there is.
 */
export function chooseTraining(options: NetworkOptions, asked: TrainingRequest): TrainingChoice {
  const { loss, engine } = asked;
  if (resolveConfig(options).activation !== "spline") return chooseMlpTraining(asked);
  const schedule = asked.schedule ?? multilevelSchedule([32, 16, 8, 4]);
  const intervals = (options.intervals ?? 5) * schedule.startFactor;
  const config = resolveConfig({ ...options, intervals });
  const optimizer = asked.optimizer ?? defaultOptimizer(config, schedule, loss, engine);
  const auto = optimizer.name === "gauss-newton" && !asked.schedule;
  // Behind a linear map kinks lie in the directions that it finds; elsewhere waves that a coarse grid
  // cannot follow draw the knots to the wrong places, and even halving keeps them there.
  const gathers = auto && config.firstLayer === "spline" && config.knots === "free" &&
    config.basis === "bspline" && loss.kind === "mse";
  const polynomial = !asked.schedule && optimizer.name === "lbfgs" && engine.prefers.shortRuns &&
    config.firstLayer === "spline";
  const refinement = asked.refinement ?? (gathers ? "residual" : "even");
  return {
    ...{ auto, optimizer, refinement },
    schedule: placedSchedule(auto ? adaptiveSchedule() : schedule, refinement),
    starts: asked.starts ?? (auto ? defaultStarts(config) : polynomial ? POLYNOMIAL_STARTS : 1),
    smoothing: asked.smoothing ??
      (auto && config.basis === "bspline" ? GAUSS_NEWTON_SMOOTHING : 0),
  };
}

/** An MLP has no grid to refine: L-BFGS for as much work as splines take. */
function chooseMlpTraining(
  { schedule = coarseSchedule(128), optimizer = lbfgs(), starts = 1, smoothing = 0 }:
    TrainingRequest,
): TrainingChoice {
  return { auto: false, schedule, optimizer, refinement: "even", starts, smoothing };
}

/** The same schedule with new knots where they are asked for. */
export function placedSchedule(schedule: Schedule, placement: Refinement): Schedule {
  if (placement === "even") return schedule;
  const stages = schedule.stages.map((stage) => stage.refine ? { ...stage, placement } : stage);
  return customSchedule(stages, schedule);
}
