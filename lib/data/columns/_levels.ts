/**
 * The levels of categories: how they are spelt, ordered and counted.
 *
 * @module
 */

import { parseNumber, plainNumber } from "../_number.ts";
import { compareCodePoints } from "../target.ts";

/** Most levels of a category that have a feature each. */
export const MOST_LEVELS = 30;

/**
 * A level with fewer training rows is rare: 5 or half a per cent of the rows, but at most 100, and
 * in tables of fewer than 50 rows a tenth of them.
 */
export function rareBelow(rows: number): number {
  const few = Math.min(100, Math.max(5, Math.ceil(0.005 * rows)));
  return Math.min(few, Math.max(2, Math.floor(rows / 10)));
}

/** One spelling for all spellings of a number: `1.0` is the level `1`. */
export function levelOf(text: string): string {
  const value = parseNumber(text);
  return value !== undefined && Math.abs(value) <= Number.MAX_SAFE_INTEGER
    ? plainNumber(value + 0)
    : text;
}

/** Orders levels: numbers by size, texts by code points. */
export function sortLevels(levels: readonly string[]): string[] {
  const numbers = levels.every((level) => Number.isFinite(parseNumber(level) ?? NaN));
  return [...levels].sort(numbers ? (a, b) => Number(a) - Number(b) : compareCodePoints);
}

/** Words for no and yes. */
const BOOLEANS = [["no", "yes"], ["false", "true"], ["n", "y"], ["f", "t"], ["off", "on"]] as const;

/** The two levels of a boolean, no first; undefined where they are not words for it. */
export function booleanLevels(levels: readonly string[]): [string, string] | undefined {
  if (levels.length !== 2) return undefined;
  const [a, b] = levels.map((level) => level.toLowerCase());
  for (const [no, yes] of BOOLEANS) {
    if (a === no && b === yes) return [levels[0], levels[1]];
    if (a === yes && b === no) return [levels[1], levels[0]];
  }
  return undefined;
}

/** Orders that words have, the lowest first. */
const ORDERS: readonly (readonly string[])[] = [
  ["very low", "low", "medium low", "medium", "middle", "medium high", "high", "very high"],
  ["tiny", "very small", "small", "medium", "large", "very large", "huge"],
  ["xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"],
  ["never", "rarely", "seldom", "sometimes", "often", "usually", "always"],
  [
    "very bad",
    "very poor",
    "bad",
    "poor",
    "fair",
    "average",
    "typical",
    "good",
    "very good",
    "excellent",
  ],
  ["none", "mild", "moderate", "severe"],
  ["strongly disagree", "disagree", "neutral", "agree", "strongly agree"],
  ["first", "second", "third", "fourth", "fifth"],
  ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th"],
  [
    ...["january", "february", "march", "april", "may", "june", "july", "august", "september"],
    ...["october", "november", "december"],
  ],
  ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
];

/** Levels in the order that their words or their first numbers have; undefined: they have none. */
export function orderedLevels(levels: readonly string[]): string[] | undefined {
  if (levels.length < 3) return undefined;
  const words = levels.map((level) => level.toLowerCase().replace(/[_-]/g, " "));
  for (const order of ORDERS) {
    if (!words.every((word) => order.includes(word))) continue;
    return levels.toSorted((a, b) => place(order, a) - place(order, b));
  }
  const starts = levels.map(firstNumber);
  if (starts.some((start) => start === undefined)) return undefined;
  if (new Set(starts).size < levels.length) return undefined;
  return levels.toSorted((a, b) => firstNumber(a)! - firstNumber(b)!);
}

function place(order: readonly string[], level: string): number {
  return order.indexOf(level.toLowerCase().replace(/[_-]/g, " "));
}

/** Where an interval such as `18-25`, `<18`, `65+`, `[10, 20)` begins. */
function firstNumber(level: string): number | undefined {
  const found =
    /^\s*([<≤(\[>≥]*)\s*(-?\d+(?:\.\d+)?)\s*(?:(?:-|–|to|,|\.\.)\s*-?\d+(?:\.\d+)?\s*[)\]]?|\+)?$/
      .exec(level);
  if (found === null || !/[<≤(\[>≥–+,]|\d\s*-|to|\.\./.test(level)) return undefined;
  const start = Number(found[2]);
  return /[<≤]/.test(found[1]) ? start - 1e-9 * (1 + Math.abs(start)) : start;
}
