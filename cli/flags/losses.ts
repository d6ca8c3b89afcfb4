/**
 * The flags that say what is learned: the loss, and the columns that belong to it.
 *
 * @module
 */

import type { TargetLink } from "../../lib/data/mod.ts";
import { DEFAULT_HUBER_DELTA, type Loss } from "../../lib/engine/mod.ts";
import { didYouMean } from "../../lib/data/inner.ts";
import { defined } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { type Flag, flag, type GivenFlags } from "./parse.ts";
import { numberFlag, numberPart, only, textFlag } from "./values.ts";

/** The names of losses as `--loss` has them. */
const NAMES = [
  ...[
    "mse",
    "huber",
    "cross-entropy",
    "quantile",
    "poisson",
    "gamma",
    "tweedie",
    "binomial",
    "cox",
  ],
] as readonly string[];

/** The flags of {@linkcode readLink}. */
export const LINK_FLAGS: readonly Flag[] = [
  flag(
    "exposure COL",
    "Of poisson, gamma, tweedie: the target's mean is a rate times this column, above 0.",
  ),
  flag(
    "trials COL",
    "Of binomial: the target counts the successes among so many trials.",
    "none: the target is a share from 0 to 1",
  ),
  flag(
    "event COL",
    "Of cox: 1 where the event came at the target's time, 0 where it had not come by then.",
  ),
];

/**
 * Reads `--loss`: a name, of a quantile and of Tweedie's with a number behind a colon.
 *
 * @throws {UsageError} If there is no such loss, or its number is out of range.
 */
export function readLoss(given: GivenFlags): Loss {
  const text = textFlag(given, "loss") ?? "mse", [kind, number] = text.split(/:(.*)/s);
  if (!NAMES.includes(kind)) {
    throw new UsageError(
      `Cannot read flags: --loss must be one of ${NAMES.join(", ")}, ` +
        `current value is ${JSON.stringify(text)}${didYouMean(kind, NAMES)}`,
    );
  }
  // adamw's decay acts on the parameters, not through the objective
  const decoupled = textFlag(given, "optimizer") === "adamw";
  const weightDecay = decoupled ? 0 : numberFlag(given, "weight-decay", { least: 0 }) ?? 0;
  if (given.has("huber-delta") && kind !== "huber") throw only("huber-delta", "--loss huber");
  if (kind === "huber") return { kind, delta: DEFAULT_HUBER_DELTA, weightDecay };
  if (kind === "quantile") {
    return { kind, tau: readNumber(text, number, "quantile:TAU", 0, 1), weightDecay };
  }
  if (kind === "tweedie") {
    return { kind, power: readNumber(text, number, "tweedie:P", 1, 2), weightDecay };
  }
  if (number !== undefined) {
    throw new UsageError(
      `Cannot read flags: --loss ${kind} must come without a number, current value is ` +
        JSON.stringify(text),
    );
  }
  return { kind: kind === "cross-entropy" ? "crossEntropy" : kind as "mse", weightDecay };
}

/** Where Huber's loss turns linear unless told otherwise: 95 % efficient with normal errors. */
const HUBER_UNITS = 1.345;

/** Reads `--huber-delta`, in spreads of the residuals. */
export function readHuberUnits(given: GivenFlags): number {
  return numberFlag(given, "huber-delta", { above: 0 }) ?? HUBER_UNITS;
}

function readNumber(text: string, part = "", form: string, low: number, high: number): number {
  const value = numberPart(part);
  if (value > low && value < high) return value;
  throw new UsageError(
    `Cannot read flags: --loss must be ${form} with a number between ${low} and ${high}, such as ` +
      `${form.split(":")[0]}:${low === 0 ? 0.9 : 1.5}, current value is ${JSON.stringify(text)}`,
  );
}

/** A loss as `--loss` has it. */
export function lossText(loss: Loss): string {
  if (loss.kind === "crossEntropy") return "cross-entropy";
  if (loss.kind === "quantile") return `quantile:${loss.tau}`;
  return loss.kind === "tweedie" ? `tweedie:${loss.power}` : loss.kind;
}

/** Whether targets are numbers, scaled and nothing else. */
export function isPlain({ kind }: Loss): boolean {
  return kind === "mse" || kind === "huber";
}

/**
 * What the targets of a table are by the loss and its columns; undefined of plain numbers and classes.
 *
 * @throws {UsageError} If a column is given to a loss that has none, or Cox's has no events.
 */
export function readLink(given: GivenFlags, loss: Loss): TargetLink | undefined {
  const exposure = textFlag(given, "exposure"), trials = textFlag(given, "trials");
  const event = textFlag(given, "event");
  const power = { poisson: 1, gamma: 2, tweedie: loss.kind === "tweedie" ? loss.power : NaN }[
    loss.kind as string
  ];
  if (exposure !== undefined && power === undefined) {
    throw only("exposure", "--loss poisson, gamma or tweedie");
  }
  if (trials !== undefined && loss.kind !== "binomial") throw only("trials", "--loss binomial");
  if (event !== undefined && loss.kind !== "cox") throw only("event", "--loss cox");
  if (power !== undefined) return { kind: "log", power, ...defined({ exposure }) };
  if (loss.kind === "binomial") return { kind: "logit", ...defined({ trials }) };
  if (loss.kind === "quantile") return { kind: "quantile", tau: loss.tau };
  if (loss.kind !== "cox") return undefined;
  if (event === undefined) {
    throw new UsageError(
      "Cannot train: --event must name the column that is 1 where the event came with --loss cox, " +
        "current value is none",
    );
  }
  return { kind: "hazard", event };
}

/** Columns of a link, by the names of their flags. */
export function linkOptions(link: TargetLink | undefined): Record<string, string> {
  if (link?.kind === "log" && link.exposure !== undefined) return { exposure: link.exposure };
  if (link?.kind === "logit" && link.trials !== undefined) return { trials: link.trials };
  return link?.kind === "hazard" ? { event: link.event } : {};
}
