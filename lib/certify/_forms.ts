/**
 * Affine forms: numbers that depend on where in a box one is, as a linear function of the box's
 * coordinates plus a remainder, beside an interval that holds them (L. H. de Figueiredo and J.
 * Stolfi, Affine arithmetic: concepts and applications, 2004; here all remainders of a form are one).
 *
 * With `e_j` in [-1, 1], the place in direction `j` from the middle of the box, a form says
 * `x in c_0 + sum_j c_j e_j + [-r, r]` and `x in [low, high]`; rounding is part of `r`.
 *
 * @module
 */

import {
  above,
  below,
  intervalProductAbove,
  intervalProductBelow,
  productAbove,
  productBelow,
  SMALL,
  ULP,
} from "./_rounding.ts";
import type { LineBound } from "./_smooth.ts";

/** Some forms in one place. */
export interface Forms {
  /** `c_0, c_1 .. c_n, r` of each, `n + 2` numbers. */
  readonly data: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** While terms are added: the sizes of all terms, which rounding is a share of. Then the form's. */
  readonly size: Float64Array;
  /** Numbers of a form. */
  readonly stride: number;
}

/** Makes room for forms of `n` directions; all are 0. */
export function makeForms(count: number, n: number): Forms {
  return {
    data: new Float64Array(count * (n + 2)),
    low: new Float64Array(count),
    high: new Float64Array(count),
    size: new Float64Array(count),
    stride: n + 2,
  };
}

/** Makes all forms 0. */
export function clearForms({ data, low, high, size }: Forms): void {
  data.fill(0);
  low.fill(0);
  high.fill(0);
  size.fill(0);
}

/** Makes a form a number. */
export function setConstant({ data, low, high, size, stride }: Forms, o: number, x: number): void {
  data.fill(0, o * stride, (o + 1) * stride);
  data[o * stride] = low[o] = high[o] = x;
  size[o] = Math.abs(x);
}

/** Whether a form is a number. */
export function isConstant({ low, high }: Forms, o: number): boolean {
  return low[o] === high[o];
}

/** Adds `factor * from[s]` to a form. */
export function addMultiple(out: Forms, o: number, factor: number, from: Forms, s: number): void {
  if (factor === 0) return;
  if (from.low[s] === from.high[s]) {
    const x = factor * from.low[s];
    if (x !== 0) addRounded(out, o, x);
    return;
  }
  const { stride, data } = out, size = Math.abs(factor);
  const to = o * stride, at = s * stride, r = stride - 1;
  for (let j = 0; j < r; j++) data[to + j] += factor * from.data[at + j];
  data[to + r] += size * from.data[at + r];
  out.size[o] += size * from.size[s];
  const low = factor > 0 ? from.low[s] : from.high[s];
  const high = factor > 0 ? from.high[s] : from.low[s];
  out.low[o] = below(out.low[o] + productBelow(factor, low));
  out.high[o] = above(out.high[o] + productAbove(factor, high));
}

/** Adds a number that is itself rounded. */
function addRounded(out: Forms, o: number, x: number): void {
  const least = below(x), most = above(x);
  out.data[o * out.stride] += x;
  out.size[o] += 2 * Math.abs(x);
  out.low[o] = below(out.low[o] + least);
  out.high[o] = above(out.high[o] + most);
}

/** Adds a number to a form. */
export function addConstant(out: Forms, o: number, x: number): void {
  if (x === 0) return;
  out.data[o * out.stride] += x;
  out.size[o] += Math.abs(x);
  out.low[o] = below(out.low[o] + x);
  out.high[o] = above(out.high[o] + x);
}

/** Adds `slope * from[s] + [low, high]`, a number in `[least, most]`. */
export function addLine(
  out: Forms,
  o: number,
  { slope, low, high, least, most }: Readonly<LineBound>,
  from: Forms,
  s: number,
): void {
  const { stride, data } = out, r = stride - 1, to = o * stride, at = s * stride;
  const radius = (high - low) / 2;
  if (radius < Infinity) {
    const middle = low + radius, steep = Math.abs(slope);
    if (slope !== 0) {
      for (let j = 0; j < r; j++) data[to + j] += slope * from.data[at + j];
      data[to + r] += steep * from.data[at + r];
    }
    data[to] += middle;
    data[to + r] += radius;
    out.size[o] += Math.abs(middle) + radius + (steep === 0 ? 0 : steep * from.size[s]);
  } else data[to + r] = Infinity;
  out.low[o] = below(out.low[o] + least);
  out.high[o] = above(out.high[o] + most);
}

/** Adds the product of two forms. */
export function addProduct(
  out: Forms,
  o: number,
  a: Forms,
  ia: number,
  b: Forms,
  ib: number,
): void {
  if (a.low[ia] === a.high[ia]) return addMultiple(out, o, a.low[ia], b, ib);
  if (b.low[ib] === b.high[ib]) return addMultiple(out, o, b.low[ib], a, ia);
  const { stride, data } = out, r = stride - 1;
  const to = o * stride, at = ia * stride, bt = ib * stride;
  const a0 = a.data[at], b0 = b.data[bt], ra = a.data[at + r], rb = b.data[bt + r];
  if (ra < Infinity && rb < Infinity) {
    let sa = 0, sb = 0, squares = 0, sizes = 0;
    for (let j = 1; j < r; j++) {
      const x = a.data[at + j], y = b.data[bt + j];
      data[to + j] += a0 * y + b0 * x;
      sa += Math.abs(x);
      sb += Math.abs(y);
      squares += x * y; // times e_j^2, which is 1/2 +- 1/2
      sizes += Math.abs(x * y);
    }
    data[to] += a0 * b0 + squares / 2;
    data[to + r] += sa * sb - sizes / 2 + rb * (Math.abs(a0) + sa) + ra * (Math.abs(b0) + sb + rb);
    out.size[o] += 4 * a.size[ia] * b.size[ib];
  } else data[to + r] = Infinity;
  out.low[o] = below(
    out.low[o] + intervalProductBelow(a.low[ia], a.high[ia], b.low[ib], b.high[ib]),
  );
  out.high[o] = above(
    out.high[o] + intervalProductAbove(a.low[ia], a.high[ia], b.low[ib], b.high[ib]),
  );
}

/** Widens a form by `[-x, x]`. */
export function widen(out: Forms, o: number, x: number): void {
  if (x === 0) return;
  out.data[(o + 1) * out.stride - 1] += x;
  out.low[o] = below(out.low[o] - x);
  out.high[o] = above(out.high[o] + x);
}

/** Ends the adding of `terms` terms: accounts for rounding, and lets form and interval learn from each other. */
export function settle(out: Forms, o: number, terms: number): void {
  const { data, stride, low, high, size } = out, to = o * stride, r = to + stride - 1;
  const share = (terms + stride + 8) * ULP;
  let spread = data[r] * (1 + share) + share * size[o] + (terms + stride) * SMALL;
  data[r] = spread;
  for (let j = to + 1; j < r; j++) spread += Math.abs(data[j]);
  spread *= 1 + share;
  const from = below(data[to] - spread), until = above(data[to] + spread);
  if (from > low[o]) low[o] = from;
  if (until < high[o]) high[o] = until;
  const half = (high[o] - low[o]) / 2;
  if (half < data[r] || !(data[r] < Infinity)) { // the interval alone says more
    data.fill(0, to, r);
    data[r] = Infinity;
    if (half < Infinity) {
      data[to] = low[o] + half;
      data[r] = half + 4 * ULP * Math.max(Math.abs(low[o]), Math.abs(high[o]));
      spread = data[r];
    } else spread = Infinity;
  }
  size[o] = Math.abs(data[to]) + spread;
}
