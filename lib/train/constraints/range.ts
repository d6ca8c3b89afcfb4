/**
 * Outputs within a range: a sum of splines lies between the sums of their least and largest
 * coefficients; where these leave the range, the last layer shrinks and moves.
 *
 * @module
 */

import type { Bound } from "./chains.ts";

type Last = NonNullable<Bound["last"]>;

/** The sums of an output's least and largest coefficients, and where they stand. */
interface Ends {
  low: number;
  high: number;
  readonly lows: number[];
  readonly highs: number[];
}

function endsOf({ at, nIn, numBasis, nOut }: Last, q: number, values: Float64Array): Ends {
  const ends: Ends = { low: 0, high: 0, lows: [], highs: [] };
  for (let p = 0; p < nIn; p++) {
    const start = at + p * numBasis * nOut + q;
    let least = start, most = start;
    for (let k = 1, i = start + nOut; k < numBasis; k++, i += nOut) {
      if (values[i] < values[least]) least = i;
      if (values[i] > values[most]) most = i;
    }
    ends.low += values[least];
    ends.high += values[most];
    ends.lows.push(least);
    ends.highs.push(most);
  }
  return ends;
}

/** `c -> factor c + shift` for all coefficients of an output. */
function mapOf({ range: [from, to], nIn }: Last, { low, high }: Ends) {
  if (high - low > to - from) {
    const factor = (to - from) / (high - low);
    return { factor, shift: ((from + to) / 2 - factor * (low + high) / 2) / nIn };
  }
  const shift = high > to ? to - high : low < from ? from - low : 0;
  return { factor: 1, shift: shift / nIn };
}

/** Maps the last layer so that no output leaves its range, in place. */
export function intoRange(last: Last, values: Float64Array): void {
  for (let q = 0; q < last.nOut; q++) {
    const { factor, shift } = mapOf(last, endsOf(last, q, values));
    if (factor === 1 && shift === 0) continue;
    each(last, q, (i) => values[i] = factor * values[i] + shift);
  }
}

/** How the mapped coefficients change as the others do: `vector` in place, at `values`. */
export function rangePush(last: Last, values: Float64Array, vector: Float64Array): void {
  const { nIn, range: [from, to] } = last;
  for (let q = 0; q < last.nOut; q++) {
    const ends = endsOf(last, q, values), { factor, shift } = mapOf(last, ends);
    if (factor === 1 && shift === 0) continue;
    const low = ends.lows.reduce((sum, i) => sum + vector[i], 0);
    const high = ends.highs.reduce((sum, i) => sum + vector[i], 0);
    if (factor === 1) {
      const moved = (ends.high > to ? -high : -low) / nIn;
      each(last, q, (i) => vector[i] += moved);
      continue;
    }
    const steeper = -(to - from) * (high - low) / (ends.high - ends.low) ** 2;
    const middle = (ends.low + ends.high) / 2;
    const moved = -(steeper * middle + factor * (low + high) / 2) / nIn;
    each(last, q, (i) => vector[i] = factor * vector[i] + steeper * values[i] + moved);
  }
}

/** The transpose of {@linkcode rangePush}: `gradient` in place, at `values`. */
export function rangePullBack(last: Last, values: Float64Array, gradient: Float64Array): void {
  const { nIn, range: [from, to] } = last;
  for (let q = 0; q < last.nOut; q++) {
    const ends = endsOf(last, q, values), { factor, shift } = mapOf(last, ends);
    if (factor === 1 && shift === 0) continue;
    let sum = 0, weighted = 0;
    each(last, q, (i) => {
      sum += gradient[i];
      weighted += gradient[i] * values[i];
      gradient[i] *= factor;
    });
    if (factor === 1) {
      for (const i of ends.high > to ? ends.highs : ends.lows) gradient[i] -= sum / nIn;
      continue;
    }
    const middle = (ends.low + ends.high) / 2;
    const bySteeper = weighted - sum * middle / nIn;
    const rate = (to - from) / (ends.high - ends.low) ** 2;
    const byMiddle = -factor * sum / (2 * nIn);
    for (const i of ends.lows) gradient[i] += rate * bySteeper + byMiddle;
    for (const i of ends.highs) gradient[i] += -rate * bySteeper + byMiddle;
  }
}

/** Calls back with the index of every coefficient that leads to an output. */
function each({ at, nIn, numBasis, nOut }: Last, q: number, call: (i: number) => void): void {
  for (let k = 0, i = at + q; k < nIn * numBasis; k++, i += nOut) call(i);
}
