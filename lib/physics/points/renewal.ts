/**
 * What a stage of training takes from the network that it starts with: points that follow the
 * solution, weights of residuals, constants on their way to their values.
 *
 * All of it stays fixed within a stage, so that every optimizer sees one objective.
 *
 * @module
 */

import { customSchedule, type Schedule } from "../../multilevel/mod.ts";

/** Points inside, drawn anew at the start of every stage but the first, whose points are even. */
export interface AdaptivePoints {
  /** Number of points. */
  readonly count: number;
  /** Where they gather: where the equations' residuals are large, or the solution is steep. */
  readonly by: "residual" | "slope";
}

/**
 * How residuals are weighted at the start of a stage:
 *
 * - `gradients`: terms, so that the gradients of all are of one length (Wang, Teng, Perdikaris
 *   2021): `w_k = mean_j |grad L_j| / |grad L_k|`;
 * - `attention`: points, by their share of the largest residual (Anagnostopoulos et al. 2024):
 *   `w_r <- 0.5 w_r + 0.5 |r| / max |r|`, squared, of mean 1;
 * - `causal`: points of the equations, by what is solved before them (Wang, Sankaran, Perdikaris
 *   2024): `w(t) = exp(-sum of mean squared residuals of the 32 slabs before t)`.
 */
export type ResidualWeighting = "gradients" | "attention" | "causal";

/** What is renewed, and when. */
export interface Renewal {
  /** Epochs of a stage: levels are cut into stages of so many. Default: a level is one stage. */
  readonly every?: number;
  /** Points inside, instead of a grid. */
  readonly points?: AdaptivePoints;
  /** Weights, beside the problem's own. */
  readonly weights?: ResidualWeighting;
  /**
   * Factors of constants in the first stages, such as `{ nu: [8, 4, 2] }`: a problem that is hard
   * to begin with is reached by easier ones. From then on the factor is 1; a run with fewer stages
   * leaves the first factors out.
   */
  readonly continuation?: Readonly<Record<string, readonly number[]>>;
}

/** Cuts the levels of a schedule into stages, with the same epochs on the same grids. */
export function renewalSchedule(schedule: Schedule, { every }: Renewal): Schedule {
  if (every === undefined) return schedule;
  const stages = schedule.stages.flatMap((stage) => {
    const { refine: _, placement: _from, ...rest } = stage;
    const count = Math.max(1, Math.ceil(stage.epochs / every));
    return Array.from({ length: count }, (_, i) => ({
      ...(i === 0 ? stage : rest),
      epochs: Math.min(every, stage.epochs - i * every),
    }));
  });
  return customSchedule(stages, { name: schedule.name, startFactor: schedule.startFactor });
}

/**
 * Fits a continuation to the number of stages of a run, so that the last one has the problem's own
 * constants: without the first factors of a constant that has too many.
 */
export function fitContinuation(renewal: Renewal, stages: number): Renewal {
  const { continuation } = renewal;
  if (!continuation) return renewal;
  const fitted = Object.entries(continuation).map(([name, factors]) => [
    name,
    factors.slice(Math.max(0, factors.length + 1 - stages)),
  ]);
  return { ...renewal, continuation: Object.fromEntries(fitted) };
}

/**
 * Checks what is to be renewed.
 *
 * @throws {RangeError} If a number is out of range, a continued constant is not one of the
 * problem's, or there is no time for causal weights.
 */
export function checkRenewal(
  { domain, constants = {} }: {
    readonly domain: Readonly<Record<string, unknown>>;
    readonly constants?: Readonly<Record<string, number>>;
  },
  { every, points, continuation, weights }: Renewal,
): void {
  const fail = (text: string): never => {
    throw new RangeError(`Cannot solve: ${text}`);
  };
  if (every !== undefined && !(Number.isInteger(every) && every >= 1)) {
    fail(`renewal.every must be an integer >= 1, current value is ${every}`);
  }
  if (points && !(Number.isInteger(points.count) && points.count >= 1)) {
    fail(`renewal.points.count must be an integer >= 1, current value is ${points.count}`);
  }
  if (weights === "causal" && !("t" in domain)) {
    fail(
      "renewal.weights must be gradients or attention without a coordinate t, current value is causal",
    );
  }
  for (const [name, factors] of Object.entries(continuation ?? {})) {
    const names = Object.keys(constants);
    if (!names.includes(name)) {
      fail(
        `renewal.continuation must name constants (${names.join(", ") || "there are none"}), ` +
          `current value is ${name}`,
      );
    }
    if (!factors.every((factor) => Number.isFinite(factor))) {
      fail(`renewal.continuation.${name} must be finite numbers, current value is [${factors}]`);
    }
  }
}
