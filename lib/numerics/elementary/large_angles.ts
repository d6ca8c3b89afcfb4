/**
 * Angles of any size, less their multiple of pi/2, in integers without limit (Payne and Hanek 1983 take from 2/pi the
 * digits that matter; ECMAScript's integers are long enough for all).
 *
 * @module
 */

import { AT_ONE, BITS, LOW, NUMBER, POWERS } from "./parts.ts";

/**
 * Bits of pi/2 behind the point. The largest numbers have 1024 bits before it, and no float64 comes nearer to a
 * multiple of pi/2 than 2^-61 (Kahan 1983): 115 bits of the remainder are right.
 */
const DIGITS = 1200n;
/** Digits of the remainder that are dropped, so that it is no larger than the largest float64. */
const DROPPED = 300n;

let halfPi = 0n;

/**
 * `x - n pi/2`, at most pi/4 in size, its second part in `LOW[0]` and `n mod 4` in `LOW[1]`; NaN where `x` is not
 * finite. `|x|` must be above 2^-50.
 */
export function withoutQuarterTurns(x: number): number {
  LOW[0] = LOW[1] = 0;
  if (!(Math.abs(x) < Infinity)) return NaN;
  halfPi ||= 2n * (4n * inverseTangent(5n) - inverseTangent(239n)) >> 64n; // Machin 1706
  NUMBER[0] = Math.abs(x);
  const [lower, upper] = BITS;
  const digits = BigInt((upper & 0xfffff) + 0x100000) * 0x100000000n + BigInt(lower >>> 0);
  const all = digits << BigInt((upper >> 20) - 1075 + Number(DIGITS));
  const n = (2n * all + halfPi) / (2n * halfPi), rest = all - n * halfPi >> DROPPED;
  const high = Number(rest), low = Number(rest - BigInt(high)), unit = POWERS[AT_ONE - 900];
  const sign = x < 0 ? -1 : 1;
  LOW[0] = sign * low * unit;
  LOW[1] = Number(x < 0 ? -n & 3n : n & 3n);
  return sign * high * unit;
}

/** `atan(1 / n)` times `2^(DIGITS + 64)`: `1/n - 1/(3 n^3) + 1/(5 n^5) - ...` (Gregory 1671). */
function inverseTangent(n: bigint): bigint {
  let power = (1n << DIGITS + 64n) / n, sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power /= -n * n;
    sum += power / k;
  }
  return sum;
}
