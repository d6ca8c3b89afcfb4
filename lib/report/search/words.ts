/**
 * What a searched model has found, in plain sentences.
 *
 * @module
 */

import { formatInteger, formatNumber } from "../html/numbers.ts";
import type { ColumnEffect, ColumnWeight, OutputEffects } from "./data.ts";

/** The normal quantile of 95 %: an interval of 90 % reaches so many standard errors on both sides. */
export const REACH = 1.6449;
/** Columns that get a sentence; share of the largest size below which columns hardly matter. */
const TOLD = 4, HARDLY = 0.1;

/** An amount in the unit of an output; of probabilities in percentage points. */
export function amount(value: number, { probability }: Pick<OutputEffects, "probability">): string {
  return probability ? `${amountNumber(100 * value, 2)} points` : amountNumber(value);
}

/** A number without powers of ten as far as that can be read: `114 000`. */
export function amountNumber(value: number, digits = 3): string {
  const size = Math.abs(value);
  return size >= 1e4 && size < 1e9
    ? formatInteger(Number(value.toPrecision(digits)))
    : formatNumber(value, digits);
}

/** An amount with its sign. */
export function signedAmount(value: number, output: Pick<OutputEffects, "probability">): string {
  return `${value < 0 ? "" : "+"}${amount(value, output)}`;
}

/** Whether an effect is nowhere told from none. */
export function isOpen({ effect, error }: Pick<ColumnEffect, "effect" | "error">): boolean {
  return effect.every((value, s) => Math.abs(value) <= REACH * error[s]);
}

/**
 * The lower and the upper end of an effect's band of 90 %; of a probability they stay where the mean
 * prediction moved by the effect is one.
 */
export function bandEnds(
  { probability, mean }: Pick<OutputEffects, "probability" | "mean">,
  { effect, error }: Pick<ColumnEffect, "effect" | "error">,
): readonly [number[], number[]] {
  const [least, most] = probability ? [-mean, 1 - mean] : [-Infinity, Infinity];
  const ends = (sign: number) =>
    effect.map((value, s) => Math.min(Math.max(value + sign * REACH * error[s], least), most));
  return [ends(-1), ends(1)];
}

/** What matters, how, and how sure that is: a sentence per column. */
export function plainWords(output: OutputEffects): string[] {
  const { weights, name, mean, effects } = output;
  const [first] = weights;
  if (first === undefined) return [];
  const bySize = weights.toSorted((a, b) => b.size - a.size), told = bySize.slice(0, TOLD);
  const others = bySize.slice(TOLD),
    level = output.probability ? `${formatNumber(100 * mean, 3)} %` : amountNumber(mean);
  const [sure, vague] = [false, true].map((open) =>
    others.filter(({ column }) => open === isVague(column)).map(({ column }) => column)
  );
  return [
    `The mean prediction of ${name} is ${level}.`,
    ...told.map((weight, i) => columnWords(output, weight, i)),
    ...(sure.length === 0 ? [] : [`Less, but surely: ${sure.join(", ")}.`]),
    ...(vague.length === 0 ? [] : [`Not to be told from no effect: ${vague.join(", ")}.`]),
    ...(weights.filter(({ column }) => isVague(column)).length < 2 ? [] : [
      "Where columns say nearly the same, each can stand for the other: then none of them is sure by " +
      "itself, though together they are.",
    ]),
  ];

  function isVague(column: string): boolean {
    const effect = effects.find((each) => each.column === column);
    return effect !== undefined && isOpen(effect);
  }
}

function columnWords(output: OutputEffects, weight: ColumnWeight, place: number): string {
  const { column, size, range: [low, high] } = weight;
  const largest = Math.max(...output.weights.map((each) => each.size));
  const how = place === 0
    ? "matters most"
    : size < HARDLY * largest
    ? "matters little"
    : "comes next";
  const effect = output.effects.find((each) => each.column === column);
  const least = output.probability ? amountNumber(100 * low, 2) : amountNumber(low);
  return `${column} ${how}: it moves the prediction by ${amount(size, output)} on average (90 %: ` +
    `${least} to ${amount(high, output)})` +
    (effect === undefined ? "." : `, ${endsWords(output, effect)}.` +
      (isOpen(effect)
        ? " Its band holds 0 everywhere: by these rows alone it cannot be told from no effect."
        : ""));
}

/** Where an effect is lowest and where it is highest. */
function endsWords(output: OutputEffects, { at, effect }: ColumnEffect): string {
  const least = effect.indexOf(Math.min(...effect)), most = effect.indexOf(Math.max(...effect));
  const where = (s: number) => {
    const value = at[s];
    return typeof value === "number" ? `at ${formatNumber(value, 4)}` : `for ${value}`;
  };
  return `from ${signedAmount(effect[least], output)} ${where(least)} to ` +
    `${signedAmount(effect[most], output)} ${where(most)}`;
}
