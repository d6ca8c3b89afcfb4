/**
 * The epochs of a schedule for a problem.
 *
 * @module
 */

import { countParameters, createNetwork } from "../../model/mod.ts";
import { customSchedule, type Schedule, scheduleCost } from "../../multilevel/mod.ts";
import { type FinishedEvent, gaussNewton, lbfgs } from "../../train/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { resolvePde } from "../equations/resolve.ts";
import { firstSampler } from "../points/adaptive_points.ts";
import { fitContinuation, type Renewal, renewalSchedule } from "../points/renewal.ts";
import type { Sampler } from "../points/sampling.ts";
import { levelPoints } from "./automatic.ts";
import { MOST_PARAMETERS } from "./levels.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { correctRun, runPiece } from "./piece_runs.ts";
import { renewingEngine } from "./renewing_engine.ts";
import { restoredRun, snapshotOf } from "./solve_checkpoint.ts";
import { type AskedRun, beginAt, type EndedRun, type RunKeeping } from "./asked_run.ts";
import { verifySolution } from "./verification.ts";

/** The epochs of a schedule, the sizes corrected after its first level. */
export async function runSchedule(
  problem: PdeProblem,
  request: AskedRun,
  planned: Schedule,
  { resumed, keep }: RunKeeping,
): Promise<EndedRun> {
  const { network, seed, threads, peers, signal, onEvent, device } = request;
  const { points, ...others } = request.renewal ?? problem.renewal ?? {};
  const renewal: Renewal = points && !request.sampler ? { points, ...others } : others;
  const schedule = renewalSchedule(planned, renewal), resolved = resolvePde(problem);
  const coarsest = request.start?.config.intervals ?? network.intervals ?? 5;
  const isSpline = (network.activation ?? "spline") === "spline";
  const start = request.start ?? createNetwork(
    { ...network, ...(isSpline ? { intervals: coarsest * schedule.startFactor } : {}) },
    { seed },
  );
  const { finestIntervals } = scheduleCost(schedule, coarsest);
  const most = countParameters({ ...start.config, intervals: finestIntervals });
  const direct = isSpline && start.config.basis === "bspline" && most <= MOST_PARAMETERS;
  const { optimizer = direct ? gaussNewton() : lbfgs() } = request;
  const run = resumed
    ? restoredRun(resumed.piece.run, resumed.seconds)
    : beginAt(problem, request, () => start);
  const grid: Sampler | undefined = problem.grid && { kind: "grid", counts: problem.grid };
  const chosen = request.sampler ?? (points ? undefined : grid);
  const level = levelPoints(resolved, most, 0, firstSampler(points, chosen));
  const engineOptions: PdeEngineOptions = {
    ...level,
    get scales() {
      return run.scales;
    },
    ...(threads !== undefined && { threads }),
    ...(peers && { peers }),
    ...(device && { firstStages: { device, count: stagesBeforeLast(schedule) } }),
  };
  const engine = renewingEngine(
    problem,
    fitContinuation(renewal, schedule.stages.length),
    engineOptions,
  );
  let finished: FinishedEvent | undefined;
  for (const [index, stages] of firstAndRest(schedule).entries()) {
    if (stages.length === 0 || index < (resumed?.piece.index ?? 0)) continue;
    const before = keep && snapshotOf(run);
    finished = await runPiece(run, {
      engine,
      schedule: customSchedule(stages, { name: schedule.name, startFactor: 1 }),
      deviceOf: (intervals) => intervals < finestIntervals ? device : undefined,
      ...{ optimizer, onEvent },
      ...(signal && { signal }),
      resume: index === resumed?.piece.index ? resumed.piece.training : undefined,
      keep: before &&
        ((epoch, training) => keep!(epoch, () => ({ run: before, index, training: training() }))),
    });
    if (finished.status === "diverged" || finished.status === "failed" || signal?.aborted) break;
    if (stages.length < schedule.stages.length) correctRun(problem, run);
  }
  const options: PdeEngineOptions = {
    ...level,
    scales: run.scales,
    coefficients: run.coefficients,
  };
  const verification = await verifySolution(problem, run.network, options);
  const { status, reason } = finished!;
  return { run, end: { status, reason, verification, engineOptions: options } };
}

/** How many stages come before those of the last grid. */
function stagesBeforeLast({ stages }: Schedule): number {
  return Math.max(0, stages.findLastIndex(({ refine = 1 }, i) => i > 0 && refine > 1));
}

/** The stages of the first grid, and the others. */
function firstAndRest({ stages }: Schedule): Schedule["stages"][] {
  const at = stages.findIndex(({ refine = 1 }, i) => i > 0 && refine > 1);
  return at < 0 ? [stages] : [stages.slice(0, at), stages.slice(at)];
}
