/**
 * Which optimizer trains where none is asked for.
 *
 * @module
 */

import { countParameters, type NetworkConfig } from "../../model/mod.ts";
import { type Schedule, scheduleCost } from "../../multilevel/mod.ts";
import type { Engine, Loss } from "../../engine/mod.ts";
import { gaussNewton } from "./gauss_newton/gauss_newton.ts";
import { lbfgs } from "./lbfgs.ts";
import type { Optimizer } from "./optimizer.ts";

/** Losses whose curvature by the outputs says all near a minimum: squares, and Fisher's information. */
const DIRECT_LOSSES: readonly Loss["kind"][] = [
  ...["mse", "poisson", "gamma", "tweedie", "binomial", "cox"] as const,
];

/** Whether Gauss-Newton is the first choice for a loss. */
export function fitsDirectly({ kind }: Loss): boolean {
  return DIRECT_LOSSES.includes(kind);
}

/**
 * Chooses the optimizer: Gauss-Newton for squared losses, deviances and Cox's likelihood, and as many parameters on the finest grid
 * as the engine prefers it for (2,500 on the CPU in float64); L-BFGS otherwise.
 *
 * @param config The network's configuration; its intervals are the first stage's.
 * @param schedule The schedule.
 * @param loss The criterion.
 * @param engine The engine.
 * @returns The optimizer with its default numbers.
 *
 * @example
 * ```ts
 * import { cpuEngine, multilevelSchedule } from "@freeknot/freeknot";
 * import { resolveConfig } from "@freeknot/freeknot/model";
 * import { defaultOptimizer } from "@freeknot/freeknot/train";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = multilevelSchedule([32, 16, 8, 4]), config = resolveConfig({ widths: [2, 5, 1] });
 * const { name } = defaultOptimizer(config, schedule, { kind: "mse" }, cpuEngine);
 * assertEquals(name, "gauss-newton");
 * ```
 */
export function defaultOptimizer(
  config: NetworkConfig,
  schedule: Schedule,
  loss: Loss,
  engine: Engine,
  // deno-lint-ignore no-explicit-any
): Optimizer<any> {
  const coarsest = config.intervals / schedule.startFactor;
  const { finestIntervals } = scheduleCost(schedule, Math.max(1, Math.round(coarsest)));
  const parameters = countParameters({ ...config, intervals: finestIntervals });
  const direct = fitsDirectly(loss) && parameters <= engine.prefers.gaussNewton;
  return direct ? gaussNewton() : lbfgs();
}
