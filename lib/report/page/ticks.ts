/**
 * Round numbers along an axis.
 *
 * @module
 */

import { finiteRange } from "../html/numbers.ts";
import type { JsonNumbers } from "./data.ts";

/** Round numbers that divide a range into about `count` parts. */
export function roundTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  if (!(rough > 0)) return [low];
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * size >= rough * 0.999)! * size;
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
}

/** Where ticks stand on an axis: about `count` round numbers, with their shares of the way along it. */
export function placedTicks(
  [low, high]: readonly [number, number],
  count: number,
  logarithmic = false,
): { readonly tick: number; readonly share: number }[] {
  if (!(high > low)) return [{ tick: low, share: 0.5 }];
  const along = logarithmic ? Math.log10 : (value: number) => value;
  const [a, b] = [along(low), along(high)], near = 0.01 * (b - a); // one just beyond an end stands there
  const ticks = logarithmic
    ? logarithmicTicks(low, high)
    : roundTicks(low - near, high + near, 1.05 * count);
  return ticks.filter((tick) => along(tick) >= a - near && along(tick) <= b + near).map((tick) => ({
    tick,
    share: Math.min(Math.max((along(tick) - a) / (b - a), 0), 1),
  }));
}

function logarithmicTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    for (const digit of [1, 2, 5]) {
      const tick = Number(`${digit}e${e}`);
      if (isLogarithmicTick(tick, low, high)) ticks.push(tick);
    }
  }
  return ticks;
}

/** The exponent of a power of ten, -2 of 0.01; `undefined` for any other number. */
export function decade(value: number): number | undefined {
  const exponent = Math.log10(value), whole = Math.round(exponent);
  return Math.abs(exponent - whole) < 1e-9 ? whole : undefined;
}

/**
 * Whether a logarithmic axis shows a tick: powers of ten, at most about eight of them; on a range
 * below 1.5 decades also 2 and 5.
 */
export function isLogarithmicTick(value: number, low: number, high: number): boolean {
  const decades = Math.log10(high / low), exponent = decade(value);
  if (decades < 1.5) return [1, 2, 5].some((digit) => decade(value / digit) !== undefined);
  return exponent !== undefined && exponent % Math.max(1, Math.ceil(decades / 8)) === 0;
}

/**
 * The range of a logarithmic axis, with room at both ends; `undefined` without a positive value.
 *
 * @param share Values below this share of the largest one are left out.
 * @param ceiling Values above are left out.
 */
export function logarithmicRange(
  values: JsonNumbers,
  share: number,
  ceiling = Infinity,
): [number, number] | undefined {
  const range = finiteRange(values.filter((value) => value !== null && value > 0));
  if (range === undefined) return undefined;
  const [least, most] = range;
  return [Math.max(least, share * most) / 1.5, Math.min(ceiling, most) * 1.5];
}
