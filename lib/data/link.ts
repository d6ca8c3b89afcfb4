/**
 * Targets that are not plain numbers: counts over an exposure, shares of trials, times of events; and
 * how a network's outputs become predictions of them.
 *
 * @module
 */

import { cellError } from "./_cell_error.ts";
import { findColumn, finiteNumbers } from "./_column.ts";
import { type ColumnScale, unscaleColumns, unscaleValue } from "./scaling.ts";
import type { Table } from "./table_data.ts";
import { exp, pow } from "../numerics/inner.ts";

/** What the outputs of a network say about its targets, where these are not simply scaled. */
export type TargetLink =
  | {
    /** An output is the logarithm of the mean, in units of the scale's `maximum`. */
    readonly kind: "log";
    /** The variance grows with this power of the mean: 1 of Poisson's counts, 2 of gamma's. */
    readonly power: number;
    /** Column of exposures: the mean is a rate times these. */
    readonly exposure?: string;
  }
  | {
    /** An output is the logit of a probability. */
    readonly kind: "logit";
    /** Column of numbers of trials, of which targets count the successes. Default: all 1. */
    readonly trials?: string;
  }
  | {
    /** The output is the logarithm of a hazard ratio; the target is a time. */
    readonly kind: "hazard";
    /** Column that is 1 where the event came at that time, 0 where it had not come. */
    readonly event: string;
  }
  | {
    /** An output is a quantile of the scaled target. */
    readonly kind: "quantile";
    /** Share of the targets below it. */
    readonly tau: number;
  };

/** The columns that a link reads beside the targets. */
export function linkColumns(link: TargetLink | undefined): string[] {
  const column = link?.kind === "log"
    ? link.exposure
    : link?.kind === "logit"
    ? link.trials
    : link?.kind === "hazard"
    ? link.event
    : undefined;
  return column === undefined ? [] : [column];
}

/**
 * Reads the exposures or numbers of trials of the rows, all above 0; undefined where the link has
 * none.
 *
 * @throws {TableError} If there is no such column or a cell is not above 0.
 */
export function linkAmounts(table: Table, link: TargetLink | undefined): Float64Array | undefined {
  if (link?.kind !== "log" && link?.kind !== "logit") return undefined;
  const [column] = linkColumns(link);
  if (column === undefined) return undefined;
  const rule = link.kind === "log" ? "an exposure above 0" : "a number of trials above 0";
  return checked(table, column, rule, (value) => value > 0);
}

/** Targets of one column in their own units, and what multiplies the weights of the rows. */
export interface LinkedTargets {
  /** Rates, shares, or times that are negative where no event came. */
  readonly values: Float64Array;
  /** Absent: 1. */
  readonly weights?: Float64Array;
}

/**
 * Reads a target column as its link wants it: counts become rates `t / E` with the weight
 * `E^(2 - power)`, which leaves the deviance of `t` with mean `mu E` as it is; successes become shares
 * with their trials as weight; times of rows without an event become negative.
 *
 * @throws {TableError} If a cell is not what the link needs.
 */
export function linkedTargets(table: Table, name: string, link: TargetLink): LinkedTargets {
  const amounts = linkAmounts(table, link);
  switch (link.kind) {
    case "quantile":
      return { values: finiteNumbers(table, name) };
    case "hazard":
      return { values: signedTimes(table, name, link.event) };
    case "logit": {
      const rule = amounts ? "from 0 to its number of trials" : "a share from 0 to 1";
      const counts = checked(table, name, rule, (t, r) => t >= 0 && t <= (amounts?.[r] ?? 1));
      return amounts
        ? { values: counts.map((t, r) => t / amounts[r]), weights: amounts }
        : { values: counts };
    }
    case "log": {
      const { power } = link;
      const rule = power < 2 ? "at least 0" : "above 0";
      const counts = checked(table, name, rule, (t) => power < 2 ? t >= 0 : t > 0);
      if (!amounts) return { values: counts };
      return {
        values: counts.map((t, r) => t / amounts[r]),
        ...(power === 2 ? {} : { weights: amounts.map((each) => pow(each, 2 - power)) }),
      };
    }
  }
}

/**
 * Finds the scale of a linked target: of means with a logarithm a factor, the mean of the rows that
 * count (1 where all are 0); none of shares and times.
 */
export function linkScale(
  name: string,
  { values, weights }: LinkedTargets,
  rows: Uint32Array,
  link: TargetLink,
): ColumnScale {
  if (link.kind !== "log") return { name, minimum: 0, maximum: 1 };
  let sum = 0, total = 0;
  for (const r of rows) {
    const weight = weights ? weights[r] : 1;
    sum += weight * values[r];
    total += weight;
  }
  const mean = sum / total;
  return { name, minimum: 0, maximum: mean > 0 && mean < Infinity ? mean : 1 };
}

/**
 * Predictions from outputs, in the targets' own units: means, of counts per unit of exposure, of
 * trials the probability of a success; quantiles; hazard ratios.
 *
 * @param targets Scales of the targets.
 * @param link What the outputs say about them.
 * @param outputs Shape `[rows, targets]`.
 * @throws {TypeError} If their number is not a multiple of that of the targets.
 */
export function predictedValues(
  targets: readonly ColumnScale[],
  link: TargetLink | undefined,
  outputs: ArrayLike<number>,
): Float64Array {
  const plain = link === undefined && targets.every(({ smearing }) => smearing === undefined);
  if (plain || outputs.length % targets.length !== 0) return unscaleColumns(outputs, targets);
  return Float64Array.from(outputs, (y, i) => predictedValue(targets[i % targets.length], link, y));
}

/** One prediction from one output. */
export function predictedValue(
  scale: ColumnScale,
  link: TargetLink | undefined,
  y: number,
): number {
  if (link?.kind === "log") return scale.maximum * exp(y);
  if (link?.kind === "logit") return 1 / (1 + exp(-y));
  if (link?.kind === "hazard") return exp(y);
  if (scale.smearing !== undefined) {
    return scale.minimum * pow(scale.maximum / scale.minimum, y) * scale.smearing;
  }
  return unscaleValue(scale, y);
}

function signedTimes(table: Table, name: string, event: string): Float64Array {
  const times = checked(table, name, "a time above 0", (t) => t > 0);
  const events = checked(table, event, "1 (the event came) or 0", (e) => e === 0 || e === 1);
  return times.map((t, r) => events[r] === 1 ? t : -t);
}

function checked(
  table: Table,
  column: string,
  rule: string,
  holds: (value: number, row: number) => boolean,
): Float64Array {
  const values = finiteNumbers(table, column);
  const bad = values.findIndex((value, row) => !holds(value, row));
  if (bad < 0) return values;
  throw cellError(table, column, bad, findColumn(table, column).cells[bad], rule);
}
