/**
 * Schedules that refine when progress stalls.
 *
 * @module
 */

import { checkOptions } from "../numerics/inner.ts";
import { customSchedule, multilevelSchedule, type Schedule, type StallRule } from "./schedule.ts";

/** Options of {@linkcode adaptiveSchedule}. */
export interface AdaptiveScheduleOptions {
  /** Most epochs per level, coarsest first, as for `multilevelSchedule`. Default: 4 times 32. */
  readonly epochs?: readonly number[];
  /** When training leaves a level for the next. Default: less than 10% in 5 epochs. */
  readonly stall?: StallRule;
  /** Where new knots go, as in a stage. Default `"even"`. */
  readonly placement?: "even" | "residual";
}

/**
 * Creates a schedule that refines as soon as progress stalls, and ends when it stalls on the finest
 * grid.
 *
 * @param options Most epochs per level, the rule, the place of new knots.
 * @returns Schedule, frozen.
 * @throws {RangeError} As `multilevelSchedule` and `customSchedule`.
 *
 * @example
 * ```ts
 * import { adaptiveSchedule } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const { name, stages } = adaptiveSchedule({ epochs: [100, 50] });
 * assertEquals(name, "adaptive [<=100, <=50]");
 * assertEquals(stages[1], { epochs: 50, refine: 2, stall: { share: 0.1, epochs: 5 } });
 * ```
 */
export function adaptiveSchedule(options: AdaptiveScheduleOptions = {}): Schedule {
  checkOptions("create schedule", options, "epochs stall placement");
  const { epochs = [32, 32, 32, 32], stall = { share: 0.1, epochs: 5 }, placement } = options;
  const { stages, startFactor } = multilevelSchedule(epochs);
  return customSchedule(
    stages.map((stage) => ({
      ...stage,
      ...(placement !== undefined && stage.refine !== undefined ? { placement } : {}),
      stall,
    })),
    { name: `adaptive [${epochs.map((count) => `<=${count}`).join(", ")}]`, startFactor },
  );
}
