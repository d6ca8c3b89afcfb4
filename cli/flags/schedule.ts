/**
 * The flags that say how many epochs on which grid: `--schedule` and `--refinement`.
 *
 * @module
 */

import { placedSchedule } from "../../lib/train/inner.ts";
import type { Refinement } from "../../lib/train/mod.ts";
import {
  adaptiveSchedule,
  customSchedule,
  multilevelSchedule,
  type Schedule,
  type ScheduleStage,
} from "../../lib/multilevel/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import { type Flag, flag, type GivenFlags } from "./parse.ts";
import { choiceFlag, integersFlag, only, textFlag } from "./values.ts";

/** What other programs call the schedule. */
const EPOCHS = Object.fromEntries(
  ["--epochs", "--epoch", "--iterations", "--steps"].map((
    name,
  ) => [name, "--schedule 10 trains 10 epochs"]),
);

/** The flags that are read here. */
export const SCHEDULE_FLAGS: readonly Flag[] = [
  {
    name: "schedule",
    value: "N,N,...",
    text: "Epochs per level, coarsest first; every level doubles the pieces. A 0 skips a " +
      "level's training, so 0,0,0,16 starts on the finest grid. Several stages on one level: " +
      "100@adam+32 (another optimizer), 8-knots+24 (knots frozen first). auto: at most 32 on each " +
      "of four levels, the next as soon as 5 epochs lower the objective by less than 10%.",
    fallback: "auto with gauss-newton, else 32,16,8,4",
    lookedFor: EPOCHS,
  },
  flag(
    "refinement KIND",
    "Where a level's new knots go: even, into every interval; residual, as many per node, " +
      "but where its error is.",
    "residual with gauss-newton, --first-layer spline and no --schedule, else even",
  ),
];

/** Optimizers that a stage of `--schedule` may name. */
export const STAGE_OPTIMIZERS = [
  ...["lbfgs", "gauss-newton", "adam", "sgd", "gradient-descent", "bfgs", "ssbroyden"] as const,
] as const;

/** What the flags say. */
export interface ScheduleRequest {
  readonly schedule: Schedule;
  /** The schedule as an option: epochs per level, or its text where it says more. */
  readonly epochs: readonly number[] | string;
  /** Undefined: not asked for, even where nothing else calls for another. */
  readonly refinement: Refinement | undefined;
}

/**
 * Reads `--schedule` and `--refinement`.
 *
 * @throws {UsageError} If the schedule cannot be read.
 * @throws {RangeError} If it holds no epoch.
 */
export function readSchedule(given: GivenFlags): ScheduleRequest {
  const refinement = choiceFlag(given, "refinement", ["even", "residual"]);
  const text = textFlag(given, "schedule")?.replaceAll(" ", "");
  const plain = text === undefined || !/[a-df-z@+]/i.test(text);
  const epochs = plain
    ? integersFlag(given, "schedule", { least: 0 }) ?? [32, 16, 8, 4]
    : text.toLowerCase();
  const schedule = typeof epochs !== "string"
    ? multilevelSchedule(epochs)
    : epochs === "auto"
    ? adaptiveSchedule()
    : levels(epochs);
  const refines = schedule.stages.some(({ refine }) => refine !== undefined);
  if (refinement === "residual" && !refines) {
    throw only("refinement", "a --schedule of several levels");
  }
  return { schedule: placedSchedule(schedule, refinement ?? "even"), epochs, refinement };
}

/** Epochs of the stages that use an optimizer. */
export function epochsOf({ stages }: Schedule, uses: (stage: ScheduleStage) => boolean): number {
  return stages.reduce((sum, stage) => sum + (uses(stage) ? stage.epochs : 0), 0);
}

const FROZEN = ["knots", "coefficients", "linear"] as const;
const STAGE = new RegExp(
  `^(\\d+)(?:@(${STAGE_OPTIMIZERS.join("|")}))?((?:-(?:${FROZEN.join("|")}))*)$`,
);

/** The schedule of levels with `+` between their stages. */
function levels(text: string): Schedule {
  const stages: ScheduleStage[] = [];
  let startFactor = 1, refine = 1;
  for (const [index, level] of text.split(",").entries()) {
    if (index > 0) refine *= 2;
    for (const part of level.split("+")) {
      const [, count, optimizer, frozen] = part.match(STAGE) ?? [];
      const epochs = Number(count);
      if (count === undefined || !Number.isSafeInteger(epochs)) {
        throw new UsageError(
          "Cannot read flags: --schedule must be auto, or epochs per level such as 32,16,8,4, with " +
            `+ between the stages of a level, @${STAGE_OPTIMIZERS.join(" or @")} and ` +
            `-${FROZEN.join(" or -")} after them, current value is ${JSON.stringify(part)}`,
        );
      }
      if (epochs === 0) continue;
      if (stages.length === 0) startFactor = refine;
      const freeze = FROZEN.filter((group) => frozen.includes(`-${group}`));
      stages.push({
        epochs,
        ...(stages.length > 0 && refine > 1 ? { refine } : {}),
        ...(optimizer === undefined ? {} : { optimizer }),
        ...(freeze.length === 0 ? {} : { freeze }),
      });
      refine = 1;
    }
  }
  if (stages.length === 0) multilevelSchedule([0]); // says what is wrong
  return customSchedule(stages, { name: `stages [${text.replaceAll(",", ", ")}]`, startFactor });
}
