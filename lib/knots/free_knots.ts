/**
 * Free knots: positions from logits by a softmax, and the gradient back to the logits.
 *
 * Knots inside the domain follow Actor et al. 2025, eq. (22), outer knots section 5 of that paper.
 * Sums run in double-double arithmetic and each knot is rounded once, so that logits copied to the
 * parts of their interval (see {@linkcode refineLogits}) give the coarse knots again bit for bit.
 *
 * @module
 */

import { checkRecord, exp, pointAt, sumError } from "../numerics/inner.ts";
import { checkCount, checkDegree, checkDomain } from "./_check.ts";
import { fillOuterKnots } from "./_outer.ts";
import type { KnotSpace, KnotVector } from "./knot_vector.ts";

const SMALLEST_WIDTH = 1e-100; // relative to the widest interval; narrower intervals become empty

/**
 * Counts the logits of a free knot vector: `intervals + 2 degree`, laid out
 * `[degree left | intervals inner | degree right]`, where the outer knots are free, otherwise
 * `intervals`.
 */
export function numKnotLogits(space: KnotSpace): number {
  return space.intervals + (space.outerKnots === "free" ? 2 * space.degree : 0);
}

/**
 * Computes knots from logits, `t_i = a + (b - a) sum_{j <= i} softmax(s)_j` (Actor et al. 2025,
 * eq. (22)).
 *
 * `t_0 = a` and `t_n = b` exactly. Free outer knots: the softmax of the left logits times `b - a`
 * gives the gaps from `t_{-degree} = a - (b - a)` up to `t_0`, the softmax of the right logits the
 * gaps from `t_n` up to `t_{n+degree} = b + (b - a)`, both from left to right. Knots never
 * decrease: an interval below 1e-100 of the widest, or below the spacing of float64, becomes empty.
 *
 * @param logits Logits `s`, shape `[numKnotLogits(space)]`, any finite numbers. Not changed.
 * @param space Degree, intervals, domain, outer knots.
 * @param out Receives the knots, shape `[intervals + 1 + 2 degree]`; allocated if left out. The
 * result's `values` is this array.
 * @returns The knot vector.
 * @throws {TypeError} If `logits` or `out` has another length.
 * @throws {RangeError} If a logit is not finite, or `space` is not valid.
 *
 * @example
 * ```ts
 * import { freeKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const space = { degree: 1, intervals: 4, domain: [0, 1], outerKnots: "free" } as const;
 * const knots = freeKnots(new Float64Array(6), space);
 * assertEquals([...knots.values], [-1, 0, 0.25, 0.5, 0.75, 1, 2]);
 * ```
 */
export function freeKnots(
  logits: Readonly<Float64Array>,
  space: KnotSpace,
  out?: Float64Array,
): KnotVector {
  checkRecord("create free knots", "space", space, "a knot space { degree, intervals }", [
    "degree",
    "intervals",
  ]);
  const verb = "compute free knots";
  const { degree, intervals, domain, outerKnots } = space;
  checkSpace(verb, logits, space);
  const length = intervals + 1 + 2 * degree;
  if (out !== undefined && out.length !== length) {
    throw new TypeError(
      `Cannot ${verb}: out must have length ${length}, current length is ${out.length}`,
    );
  }
  const values = out ?? new Float64Array(length);
  const [a, b] = domain;
  if (outerKnots === "free") {
    const left = a - (b - a), right = b + (b - a);
    partition(verb, logits, 0, degree, left, a, values, 0);
    partition(verb, logits, degree, intervals, a, b, values, degree);
    partition(verb, logits, degree + intervals, degree, b, right, values, degree + intervals);
  } else {
    partition(verb, logits, 0, intervals, a, b, values, degree);
    fillOuterKnots(values, degree, outerKnots);
  }
  return { values, degree };
}

/**
 * Adds to `logitsBarOut` the gradient by the logits, given the gradient by the knots.
 *
 * `dL/ds_k = (b - a) p_k (sum_{i >= k} g_i - sum_i g_i S_i)` with `p = softmax(s)`,
 * `S_i = sum_{j <= i} p_j`, `g_i = dL/dt_i`, `i = 1..n-1`; the same for the outer knots at each
 * side. Entries of `knotsBar` at knots that do not move (both ends of the domain, the outermost
 * knots, all outer knots that are not free) are ignored. Finite also where the softmax underflows.
 *
 * @param logits Logits, shape `[numKnotLogits(space)]`.
 * @param space As for {@linkcode freeKnots}.
 * @param knotsBar `dL/dt` for all knots, shape `[intervals + 1 + 2 degree]`.
 * @param logitsBarOut `dL/ds` is added to it, shape `[numKnotLogits(space)]`.
 * @throws {TypeError} If a length does not fit.
 * @throws {RangeError} If a logit is not finite, or `space` is not valid.
 *
 * @example
 * ```ts
 * import { freeKnotsVjp } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const space = { degree: 1, intervals: 2, domain: [0, 1], outerKnots: "even" } as const;
 * const gradient = new Float64Array(2);
 * freeKnotsVjp(new Float64Array(2), space, new Float64Array([0, 0, 1, 0, 0]), gradient);
 * assertEquals([...gradient], [0.25, -0.25]);
 * ```
 */
export function freeKnotsVjp(
  logits: Readonly<Float64Array>,
  space: KnotSpace,
  knotsBar: Readonly<Float64Array>,
  logitsBarOut: Float64Array,
): void {
  const verb = "differentiate free knots";
  const { degree, intervals, domain, outerKnots } = space;
  checkSpace(verb, logits, space);
  const length = intervals + 1 + 2 * degree;
  if (knotsBar.length !== length || logitsBarOut.length !== logits.length) {
    throw new TypeError(
      `Cannot ${verb}: knotsBar and logitsBarOut must have lengths ${length} and ` +
        `${logits.length}, current lengths are ${knotsBar.length} and ${logitsBarOut.length}`,
    );
  }
  const width = domain[1] - domain[0];
  if (outerKnots === "free") {
    const right = degree + intervals;
    partitionVjp(logits, 0, degree, width, knotsBar, 0, logitsBarOut);
    partitionVjp(logits, degree, intervals, width, knotsBar, degree, logitsBarOut);
    partitionVjp(logits, right, degree, width, knotsBar, right, logitsBarOut);
  } else {
    partitionVjp(logits, 0, intervals, width, knotsBar, degree, logitsBarOut);
  }
}

function checkSpace(verb: string, logits: Readonly<Float64Array>, space: KnotSpace): void {
  checkDegree(verb, space.degree);
  checkCount(verb, "intervals", space.intervals, 1);
  checkDomain(verb, space.domain);
  const count = numKnotLogits(space);
  if (logits.length !== count) {
    throw new TypeError(
      `Cannot ${verb}: logits must have length ${count}, current length is ${logits.length}`,
    );
  }
}

/** Numerators of a group's softmax. */
let numerators = new Float64Array(64);

/** Computes numerators, 0 where the interval counts as empty; throws if a logit is not finite. */
function fillWeights(
  verb: string,
  logits: Readonly<Float64Array>,
  offset: number,
  count: number,
): Float64Array {
  let largest = -Infinity;
  for (let j = offset; j < offset + count; j++) {
    if (!Number.isFinite(logits[j])) {
      throw new RangeError(
        `Cannot ${verb}: logits must be finite, current value at index ${j} is ${logits[j]}`,
      );
    }
    if (logits[j] > largest) largest = logits[j];
  }
  if (numerators.length < count) numerators = new Float64Array(2 * count);
  const out = numerators;
  for (let j = 0; j < count; j++) {
    const w = exp(logits[offset + j] - largest);
    out[j] = w < SMALLEST_WIDTH ? 0 : w;
  }
  return out;
}

/** Writes `from = values[start] <= ... <= values[start + count] = to`. */
function partition(
  verb: string,
  logits: Readonly<Float64Array>,
  offset: number,
  count: number,
  from: number,
  to: number,
  values: Float64Array,
  start: number,
): void {
  const weights = fillWeights(verb, logits, offset, count);
  let totalHigh = 0, totalLow = 0;
  for (let j = 0; j < count; j++) {
    const w = weights[j];
    const sum = totalHigh + w;
    totalLow += sumError(totalHigh, w, sum);
    totalHigh = sum;
  }
  const total = totalHigh + totalLow;
  totalLow = sumError(totalHigh, totalLow, total);
  values[start] = from;
  let high = 0, low = 0, previous = from;
  for (let j = 0; j < count - 1; j++) {
    const w = weights[j];
    const sum = high + w;
    low += sumError(high, w, sum);
    high = sum;
    const knot = pointAt(from, to, high, low, total, totalLow);
    previous = knot < previous ? previous : knot > to ? to : knot;
    values[start + j + 1] = previous;
  }
  values[start + count] = to;
}

/** Adds the gradient of one group of logits; `start` is the index of the group's first knot. */
function partitionVjp(
  logits: Readonly<Float64Array>,
  offset: number,
  count: number,
  width: number,
  knotsBar: Readonly<Float64Array>,
  start: number,
  logitsBarOut: Float64Array,
): void {
  if (count < 2) return; // a single interval does not move
  const weights = fillWeights("differentiate free knots", logits, offset, count);
  let total = 0;
  for (let j = 0; j < count; j++) total += weights[j];
  let cumulated = 0, weighted = 0, suffix = 0;
  for (let j = 0; j < count - 1; j++) {
    cumulated += weights[j];
    const bar = knotsBar[start + j + 1];
    weighted += bar * (cumulated / total);
    suffix += bar;
  }
  for (let j = 0; j < count; j++) {
    const share = weights[j] / total;
    // suffix = sum of knotsBar over the knots to the right of interval j, inside the group
    if (share > 0) logitsBarOut[offset + j] += width * share * (suffix - weighted);
    if (j < count - 1) suffix -= knotsBar[start + j + 1];
  }
}
