/**
 * Flags about how a model is judged: folds, groups, order in time, and learning curve.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { type Flag, flag, type GivenFlags } from "./parse.ts";
import { integerFlag, namedValues, numberPart, refuse, switchFlag, textFlag } from "./values.ts";

/** The flags of `train` about judging. */
export const JUDGING_FLAGS: readonly Flag[] = [
  flag(
    "folds K",
    "Cross-validation: K networks, or searches, each judged on rows that it has not seen, classes " +
      "by equal shares. The model kept is trained on all rows but those of --test-fraction.",
  ),
  flag(
    "group COL",
    "Of --folds and of searches: rows with the same cell in this column are never on both sides of " +
      "a fold. The " +
      "column is no input unless --inputs names it.",
  ),
  flag(
    "order COL",
    "Of --folds and of searches: a column of numbers or dates; a fold is trained on what came " +
      "before the rows that " +
      "it is judged on. The column is no input unless --inputs names it.",
  ),
  flag(
    "cost LABEL=X,...",
    "Of --folds with classes: what a row of a label costs that is taken for another one, 1 if not " +
      "named; tells what decisions cost on the held-out rows. See freeknot help evaluate.",
  ),
  {
    name: "learning-curve",
    text: "Trains on growing shares of the rows, too, and tells what more rows would bring.",
  },
];

/** How rows are held out to judge by. */
export interface JudgingRequest {
  /** Number of folds; absent: the test rows judge. */
  readonly folds?: number;
  /** Name of the column of groups. */
  readonly group?: string;
  /** Name of the column of times. */
  readonly order?: string;
  /** Costs of rows that are taken for another class, by their labels. */
  readonly costs?: Readonly<Record<string, number>>;
  /** Whether networks are trained on fewer rows, too. */
  readonly learningCurve: boolean;
}

/**
 * Reads the flags about judging; undefined where there is none.
 *
 * @param searches Whether a model is searched for, which heeds groups and times by itself.
 * @throws {UsageError} If a flag is given that only counts with another, or excludes it.
 */
export function readJudging(given: GivenFlags, searches = false): JudgingRequest | undefined {
  const folds = integerFlag(given, "folds", { least: 2, most: 1000 });
  const learningCurve = switchFlag(given, "learning-curve") ?? false;
  if (folds === undefined) {
    refuse(given, [...(searches ? [] : ["group", "order"]), "cost"], "--folds");
  }
  if (folds === undefined && !learningCurve) return undefined;
  for (const name of ["checkpoint", "resume"]) {
    if (!given.has(name)) continue;
    throw new UsageError(
      `Cannot train: --${name} must come without --folds and --learning-curve, which are many runs`,
    );
  }
  const group = textFlag(given, "group"), order = textFlag(given, "order");
  return { ...defined({ folds, group, order, costs: readCosts(given) }), learningCurve };
}

/** Reads `--cost LABEL=X,LABEL=X`. */
export function readCosts(given: GivenFlags): Readonly<Record<string, number>> | undefined {
  const text = textFlag(given, "cost");
  if (text === undefined) return undefined;
  return Object.fromEntries(
    namedValues(text).map(({ name, value }) => {
      const cost = numberPart(value);
      if (name === undefined || name === "" || !(cost >= 0 && cost < Infinity)) {
        throw new UsageError(
          "Cannot read flags: --cost must be LABEL=COST with commas between them, costs of at " +
            `least 0, current value is ${JSON.stringify(text)}`,
        );
      }
      return [name, cost];
    }),
  );
}

/** `LABEL=X,LABEL=X`. */
export function costsText(costs: Readonly<Record<string, number>>): string {
  return Object.entries(costs).map(([label, cost]) => `${label}=${cost}`).join(",");
}

/** The columns of groups and times; undefined where there are none. */
export function asideColumns(given: GivenFlags): string[] | undefined {
  const columns = ["group", "order"].flatMap((name) => textFlag(given, name) ?? []);
  return columns.length === 0 ? undefined : columns;
}
