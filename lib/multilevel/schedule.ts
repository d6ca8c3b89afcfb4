/**
 * Schedules: how many epochs on which grid, as printable data.
 *
 * @module
 */

import { checkArray, checkOptions } from "../numerics/inner.ts";

/** One stage of training on one grid. */
export interface ScheduleStage {
  /** Epochs (outer steps) at this stage, at least 1. */
  readonly epochs: number;
  /** Splits every interval into this many parts before the stage; 1 (default) keeps the grid. */
  readonly refine?: number;
  /**
   * Where `refine` puts the new knots: `"even"` (default) the same number into every interval,
   * `"residual"` the same number into every node, at the node's residuals (see `equidistribute`).
   */
  readonly placement?: "even" | "residual";
  /** Parameter groups that do not move in this stage; they move again in the next. */
  readonly freeze?: readonly ("knots" | "coefficients" | "linear")[];
  /** Name of the optimizer of this stage: `adam`, `lbfgs`, ... Default: the run's optimizer. */
  readonly optimizer?: string;
  /** Ends the stage before its epochs are used up. */
  readonly stall?: StallRule;
}

/** Progress has stalled when the objective fell by less than `share` in `epochs` epochs. */
export interface StallRule {
  /** Share by which the objective must fall, in (0, 1). */
  readonly share: number;
  /** Number of epochs in which it must fall that far, at least 1. */
  readonly epochs: number;
}

/** A list of stages; the training loop walks it. */
export interface Schedule {
  /** `multilevel [32, 16, 8, 4]`, ... */
  readonly name: string;
  /** The first stage's grid has this many times the configured intervals (1: the coarsest). */
  readonly startFactor: number;
  /** At least one stage. */
  readonly stages: readonly ScheduleStage[];
}

/** What a schedule costs; see {@linkcode scheduleCost}. */
export interface ScheduleCost {
  /** Sum of epochs times intervals, in units of the configured intervals (Actor et al. 2025). */
  readonly workUnits: number;
  /** Sum of epochs. */
  readonly epochs: number;
  /** Most evaluations of value and gradient that L-BFGS may take, 25 per epoch. */
  readonly maxEvaluations: number;
  /** Intervals of the finest grid. */
  readonly finestIntervals: number;
}

const EVALUATIONS_PER_EPOCH = 25; // PyTorch's max_eval = 1.25 max_iter, max_iter = 20

/**
 * Creates the schedule that halves the grid after each entry: `[32, 16, 8, 4]`.
 *
 * An entry of 0 skips its stage but not its refinement: leading zeros start on a finer grid
 * (`startFactor` 2 each), zeros in the middle make the next refinement larger, trailing zeros are
 * dropped. So `[128, 0, 0, 0]` is {@linkcode coarseSchedule}(128), `[0, 0, 0, 16]` is
 * {@linkcode fineSchedule}(16, 3).
 *
 * @param epochs Epochs per level, coarsest first; integers of at least 0, not all 0.
 * @returns Schedule, frozen.
 * @throws {RangeError} If there is no entry, one is not an integer of at least 0, or all are 0.
 *
 * @example
 * ```ts
 * import { multilevelSchedule } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const { name, stages } = multilevelSchedule([32, 16, 0, 4]);
 * assertEquals(name, "multilevel [32, 16, 0, 4]");
 * assertEquals(stages, [{ epochs: 32 }, { epochs: 16, refine: 2 }, { epochs: 4, refine: 4 }]);
 * ```
 */
export function multilevelSchedule(epochs: readonly number[]): Schedule {
  checkArray("create schedule", "epochs", epochs, "an array such as [32, 16, 8, 4]");
  return halvingSchedule("multilevel", epochs);
}

/**
 * Creates the schedule that stays on the configured, coarsest grid.
 *
 * @param epochs Number of epochs, at least 1.
 * @returns Schedule with one stage, frozen.
 * @throws {RangeError} If `epochs` is not an integer of at least 1.
 *
 * @example
 * ```ts
 * import { coarseSchedule } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const { startFactor, stages } = coarseSchedule(128);
 * assertEquals({ startFactor, stages }, { startFactor: 1, stages: [{ epochs: 128 }] });
 * ```
 */
export function coarseSchedule(epochs: number): Schedule {
  return halvingSchedule("coarse", [epochs]);
}

/**
 * Creates the schedule that trains on the finest grid from the start, without prolongation.
 *
 * @param epochs Number of epochs, at least 1.
 * @param levels How often the configured grid is halved, at least 0: `[0, ..., 0, epochs]`.
 * @returns Schedule with one stage and `startFactor` `2^levels`, frozen.
 * @throws {RangeError} If `epochs` is not an integer of at least 1, or `levels` not one from 0 to
 * 20.
 *
 * @example
 * ```ts
 * import { fineSchedule } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const { startFactor, stages } = fineSchedule(16, 3);
 * assertEquals({ startFactor, stages }, { startFactor: 8, stages: [{ epochs: 16 }] });
 * ```
 */
export function fineSchedule(epochs: number, levels: number): Schedule {
  if (!(Number.isInteger(levels) && levels >= 0 && levels <= 20)) {
    throw new RangeError(
      `Cannot create schedule: levels must be an integer from 0 to 20, current value is ${levels}`,
    );
  }
  return halvingSchedule("fine", [...new Array(levels).fill(0), epochs]);
}

/** Options of {@linkcode customSchedule}. */
export interface CustomScheduleOptions {
  /** Default: `custom` and the stages' epochs. */
  readonly name?: string;
  /** The first stage's grid has this many times the configured intervals. Default 1. */
  readonly startFactor?: number;
}

/**
 * Creates a schedule from any list of stages, after checking them.
 *
 * @param stages At least one stage. Copied.
 * @param options Name and start factor.
 * @returns Schedule, frozen.
 * @throws {RangeError} If a number is not an integer of at least 1, there is no stage, `freeze`
 * names another group than `knots`, `coefficients`, `linear` (or all three), the share of a stall
 * rule is not between 0 and 1, or another field is not one of its words.
 *
 * @example
 * ```ts
 * import { customSchedule } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = customSchedule([
 *   { epochs: 100, optimizer: "adam", freeze: ["knots"] }, // then the run's optimizer, on
 *   { epochs: 8 }, // the same grid, knots freed,
 *   { epochs: 4, refine: 3, placement: "residual" }, // then on a finer one
 * ]);
 * assertEquals(schedule.name, "custom [100, 8, 4]");
 * ```
 */
export function customSchedule(
  stages: readonly ScheduleStage[],
  options: CustomScheduleOptions = {},
): Schedule {
  checkOptions("create schedule", options, "name startFactor stages");
  checkArray("create schedule", "stages", stages, "an array of stages such as { epochs: 10 }");
  const name = options.name ?? `custom [${stages.map((stage) => stage.epochs).join(", ")}]`;
  const { startFactor = 1 } = options;
  checkPositive("startFactor", startFactor);
  if (stages.length === 0) {
    throw new RangeError(
      "Cannot create schedule: stages must hold at least one stage, current length is 0",
    );
  }
  const frozen = stages.map((stage, s) => {
    checkPositive(`stages[${s}].epochs`, stage.epochs);
    if (stage.refine !== undefined) checkPositive(`stages[${s}].refine`, stage.refine);
    const freeze = stage.freeze && checkFreeze(`stages[${s}].freeze`, stage.freeze);
    checkStage(`stages[${s}]`, stage);
    return Object.freeze({
      epochs: stage.epochs,
      ...(stage.refine !== undefined && { refine: stage.refine }),
      ...(stage.placement !== undefined && { placement: stage.placement }),
      ...(freeze && { freeze }),
      ...(stage.optimizer !== undefined && { optimizer: stage.optimizer }),
      ...(stage.stall && { stall: Object.freeze({ ...stage.stall }) }),
    });
  });
  return Object.freeze({ name, startFactor, stages: Object.freeze(frozen) });
}

/**
 * Counts what a schedule costs.
 *
 * `workUnits = sum of epochs * grid factor`: `[32, 16, 8, 4]`, `[128, 0, 0, 0]` and
 * `[0, 0, 0, 16]` cost 128 each.
 *
 * @param schedule Schedule.
 * @param intervals Configured (coarsest) number of intervals, at least 1.
 * @returns Work units, epochs, most evaluations, finest intervals.
 * @throws {RangeError} If `intervals` is not an integer of at least 1.
 *
 * @example
 * ```ts
 * import { multilevelSchedule } from "@freeknot/freeknot";
 * import { scheduleCost } from "@freeknot/freeknot/multilevel";
 * import { assertEquals } from "@std/assert";
 *
 * const cost = scheduleCost(multilevelSchedule([32, 16, 8, 4]), 5);
 * assertEquals(cost, { workUnits: 128, epochs: 60, maxEvaluations: 1500, finestIntervals: 40 });
 * ```
 */
export function scheduleCost(schedule: Schedule, intervals: number): ScheduleCost {
  checkPositive("intervals", intervals, "count the cost of schedule");
  let factor = schedule.startFactor, workUnits = 0, epochs = 0;
  for (const stage of schedule.stages) {
    factor *= stage.refine ?? 1;
    workUnits += stage.epochs * factor;
    epochs += stage.epochs;
  }
  return {
    workUnits,
    epochs,
    maxEvaluations: EVALUATIONS_PER_EPOCH * epochs,
    finestIntervals: factor * intervals,
  };
}

/**
 * Prints a schedule as a small table: stage, intervals, epochs, work, frozen groups.
 *
 * @param schedule Schedule.
 * @param intervals Configured (coarsest) number of intervals, at least 1.
 * @returns Lines of text without a final line break.
 * @throws {RangeError} If `intervals` is not an integer of at least 1.
 *
 * @example
 * ```ts
 * import { multilevelSchedule } from "@freeknot/freeknot";
 * import { formatSchedule } from "@freeknot/freeknot/multilevel";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatSchedule(multilevelSchedule([4, 1]), 5).split("\n"), [
 *   "multilevel [4, 1]",
 *   "stage  intervals  epochs  work  frozen",
 *   "    1          5       4     4  -",
 *   "    2         10       1     2  -",
 *   "total         10       5     6",
 * ]);
 * ```
 */
export function formatSchedule(schedule: Schedule, intervals: number): string {
  const cost = scheduleCost(schedule, intervals);
  const extras = EXTRA_COLUMNS.filter(([, cell]) => schedule.stages.some((stage) => cell(stage)));
  const titles = extras.map(([title]) => title);
  const rows: string[][] = [["stage", "intervals", "epochs", "work", ...titles, "frozen"]];
  let factor = schedule.startFactor;
  schedule.stages.forEach((stage, s) => {
    factor *= stage.refine ?? 1;
    const numbers = [s + 1, factor * intervals, stage.epochs, stage.epochs * factor];
    const words = extras.map(([, cell]) => cell(stage) || "-");
    rows.push([...numbers.map(String), ...words, stage.freeze?.join(", ") || "-"]);
  });
  const totals = [cost.finestIntervals, cost.epochs, cost.workUnits];
  rows.push(["total", ...totals.map(String), ""]);
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, c) => c < 4 ? cell.padStart(widths[c]) : cell.padEnd(widths[c])).join("  ")
      .trimEnd()
  );
  return [schedule.name, ...lines].join("\n");
}

function halvingSchedule(kind: string, epochs: readonly number[]): Schedule {
  epochs.forEach((count, level) => {
    if (!(Number.isSafeInteger(count) && count >= 0)) {
      throw new RangeError(
        `Cannot create schedule: epochs must be integers of at least 0, ` +
          `current value at level ${level} is ${count}`,
      );
    }
  });
  if (!epochs.some((count) => count > 0)) {
    throw new RangeError(
      `Cannot create schedule: epochs must hold a number above 0, ` +
        `current value is [${epochs.join(", ")}]`,
    );
  }
  const stages: ScheduleStage[] = [];
  let startFactor = 1, refine = 1;
  epochs.forEach((count, level) => {
    if (level > 0) refine *= 2;
    if (count === 0) return;
    if (stages.length === 0) {
      startFactor = refine;
      stages.push({ epochs: count });
    } else {
      stages.push({ epochs: count, refine });
    }
    refine = 1;
  });
  return customSchedule(stages, { name: `${kind} [${epochs.join(", ")}]`, startFactor });
}

/** Columns of `formatSchedule` that are shown where a stage has something to say. */
const EXTRA_COLUMNS: readonly (readonly [string, (stage: ScheduleStage) => string | undefined])[] =
  [
    ["optimizer", ({ optimizer }) => optimizer],
    ["new knots", ({ placement }) => placement === "residual" ? "by residual" : undefined],
    [
      "ends early below",
      ({ stall }) => stall && `${100 * stall.share}% in ${stall.epochs} epochs`,
    ],
  ];

function checkStage(name: string, { placement, optimizer, stall }: ScheduleStage): void {
  function refuse(field: string, rule: string, value: unknown): never {
    throw new RangeError(
      `Cannot create schedule: ${name}.${field} must be ${rule}, current value is ${value}`,
    );
  }
  if (placement !== undefined && !["even", "residual"].includes(placement)) {
    refuse("placement", "even or residual", placement);
  }
  if (optimizer === "") refuse("optimizer", "a name", '""');
  if (!stall) return;
  checkPositive(`${name}.stall.epochs`, stall.epochs);
  if (!(stall.share > 0 && stall.share < 1)) {
    refuse("stall.share", "between 0 and 1", stall.share);
  }
}

function checkPositive(name: string, value: number, verb = "create schedule"): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    throw new RangeError(
      `Cannot ${verb}: ${name} must be an integer of at least 1, current value is ${value}`,
    );
  }
}

function checkFreeze(
  name: string,
  groups: NonNullable<ScheduleStage["freeze"]>,
): NonNullable<ScheduleStage["freeze"]> {
  const known: readonly string[] = ["knots", "coefficients", "linear"];
  const distinct = new Set<string>(groups);
  if (groups.some((group) => !known.includes(group)) || distinct.size === known.length) {
    throw new RangeError(
      `Cannot create schedule: ${name} must hold some, not all, of ${known.join(", ")}, ` +
        `current value is [${groups.join(", ")}]`,
    );
  }
  return Object.freeze([...groups]);
}
