/**
 * The values of flags, checked one by one.
 *
 * @module
 */

import { didYouMean } from "../../lib/data/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import type { GivenFlags } from "./parse.ts";

/** Limits of a number, both allowed unless `above` is set. */
export interface Limits {
  readonly least?: number;
  readonly most?: number;
  /** The number must be greater than this. */
  readonly above?: number;
  /** The number must be less than this. */
  readonly below?: number;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The text of a flag, or undefined. */
export function textFlag(given: GivenFlags, name: string): string | undefined {
  const value = given.get(name);
  return typeof value === "string" ? value : undefined;
}

/** Whether a switch is on; undefined if it was not given. */
export function switchFlag(given: GivenFlags, name: string): boolean | undefined {
  const value = given.get(name);
  return typeof value === "boolean" ? value : undefined;
}

/**
 * `NAME=VALUE,NAME=VALUE` as trimmed pairs; a name may hold `=`, but no comma. A part without `=` has
 * no name.
 */
export function namedValues(text: string): { readonly name?: string; readonly value: string }[] {
  return text.split(",").map((part) => {
    const at = part.lastIndexOf("="), value = part.slice(at + 1).trim();
    return at < 0 ? { value } : { name: part.slice(0, at).trim(), value };
  });
}

/** The text of a flag that must be given. */
export function requiredFlag(given: GivenFlags, name: string, rule: string): string {
  const value = textFlag(given, name);
  if (value === undefined) {
    throw new UsageError(`Cannot read flags: --${name} must be ${rule}, current value is none`);
  }
  return value;
}

/** A number, finite and within its limits. */
export function numberFlag(given: GivenFlags, name: string, limits: Limits): number | undefined {
  const text = textFlag(given, name);
  return text === undefined ? undefined : parse(name, text, text, "a number", limits, false);
}

/** An integer within its limits. */
export function integerFlag(given: GivenFlags, name: string, limits: Limits): number | undefined {
  const text = textFlag(given, name);
  return text === undefined ? undefined : parse(name, text, text, "an integer", limits, true);
}

/** Integers with commas between them. */
export function integersFlag(
  given: GivenFlags,
  name: string,
  limits: Limits,
): number[] | undefined {
  const text = textFlag(given, name);
  const rule = "integers with commas between them";
  return text?.split(",").map((part) => parse(name, part.trim(), text, rule, limits, true));
}

/** Most seeds of one request. */
const MOST_SEEDS = 1000;

/** Integers and ranges of them: `1234..1238`, `1,2,5`, `1..3,7`. */
export function seedsFlag(given: GivenFlags, name: string): number[] | undefined {
  const text = textFlag(given, name);
  if (text === undefined) return undefined;
  const rule = `different integers, at most ${MOST_SEEDS}, such as 1234..1238 or 1,2,5`;
  const seeds: number[] = [];
  for (const part of text.split(",")) {
    const [, from, to = from] = part.trim().match(/^([+-]?\d+)(?:\.\.([+-]?\d+))?$/) ?? [];
    const first = Number(from), last = Number(to);
    const fits = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last;
    if (!fits || seeds.length + last - first >= MOST_SEEDS) throw wrong(name, rule, text);
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  if (new Set(seeds).size < seeds.length) throw wrong(name, rule, text);
  return seeds;
}

/** Two numbers `A,B` with A < B. */
export function rangeFlag(given: GivenFlags, name: string): [number, number] | undefined {
  const text = textFlag(given, name);
  if (text === undefined) return undefined;
  const rule = "two numbers A,B with A < B";
  const parts = text.split(",").map((part) => parse(name, part.trim(), text, rule, {}, false));
  if (parts.length !== 2 || !(parts[0] < parts[1])) throw wrong(name, rule, text);
  return [parts[0], parts[1]];
}

/**
 * The place of a name among names.
 *
 * @param rule What the error says of the flag: `Cannot explain: --output must be one of a, b`.
 * @throws {UsageError} If it is none of them.
 */
export function nameIndex(name: string, names: readonly string[], rule: string): number {
  const found = names.indexOf(name);
  if (found >= 0) return found;
  throw new UsageError(
    `${rule}, current value is ${JSON.stringify(name)}${didYouMean(name, names)}`,
  );
}

/** The number that a part of a flag is: NaN if there is nothing, which `Number` takes for 0. */
export function numberPart(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}

/** One of some words. */
export function choiceFlag<Choice extends string>(
  given: GivenFlags,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textFlag(given, name);
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice === undefined) {
    const near = didYouMean(text, choices);
    throw new UsageError(`${wrong(name, `one of ${choices.join(", ")}`, text).message}${near}`);
  }
  return choice;
}

/** Refuses flags that were given without what they belong to. */
export function refuse(given: GivenFlags, flags: readonly string[], other: string): void {
  for (const flag of flags) if (given.has(flag)) throw only(flag, other);
}

/** The error of a flag that was given without what it belongs to. */
export function only(flag: string, other: string): UsageError {
  return new UsageError(`Cannot train: --${flag} must come with ${other} only`);
}

function parse(
  name: string,
  part: string,
  whole: string,
  kind: string,
  limits: Limits,
  integer: boolean,
): number {
  const value = NUMBER.test(part) ? Number(part) : NaN;
  const { least = -Infinity, most = Infinity, above = -Infinity, below = Infinity } = limits;
  const kindFits = integer ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!kindFits || value < least || value > most || value <= above || value >= below) {
    throw wrong(name, `${kind}${limitText(limits)}`, whole);
  }
  return value;
}

function limitText({ least, most, above, below }: Limits): string {
  const parts = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function wrong(name: string, rule: string, text: string): UsageError {
  return new UsageError(
    `Cannot read flags: --${name} must be ${rule}, current value is ${JSON.stringify(text)}`,
  );
}
