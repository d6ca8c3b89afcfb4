/**
 * The largest value of a quantity on a box, by branch and bound (R. B. Kearfott, Rigorous Global
 * Search: Continuous Problems, 1996).
 *
 * @module
 */

import type { Enclosure, NodeForms } from "./_enclosure.ts";
import type { Forms } from "./_forms.ts";
import { largestFirst } from "./_heap.ts";
import { above, below } from "./_rounding.ts";

/** What is looked at: an output, a derivative of it, or the length of its gradient. */
export interface Quantity {
  readonly kind: "value" | "slope" | "bend" | "norm";
  readonly output: number;
  /** The input of a slope, the pair of a bend. */
  readonly index: number;
}

/** How far a search goes. */
export interface SearchLimits {
  /** It ends when the bound is at most so far above the best point. */
  readonly tolerance: number;
  /** Most boxes that are looked at. */
  readonly boxes: number;
  /** It ends as soon as it is known whether the quantity exceeds this. */
  readonly threshold?: number;
}

/** What a search found. */
export interface Found {
  /** No value in the box is larger. */
  readonly bound: number;
  /** A value that is reached, from below. */
  readonly reached: number;
  /** Where. */
  readonly at: Float64Array;
  /** Boxes that were looked at. */
  readonly boxes: number;
  readonly status: "tight" | "budget";
}

/** Finds a point where a quantity is large, near another one if there is one. */
export type Climb = (from?: Float64Array) => Float64Array;

interface Part {
  readonly key: number;
  readonly box: Float64Array;
  /** The direction to split; -1: none is left. */
  readonly split: number;
}

/** Rounding of the forward pass that no claim minds, as a share of the output. */
const NOISE = 1e-9;

/** Climbs of one search. */
const MOST_CLIMBS = 20;

/** Boxes after which a bound that is still infinite will not become finite: there is a kink. */
const HOPELESS = 500;

/** Highest order of derivatives that a quantity needs. */
function orderOf({ kind }: Quantity): number {
  return kind === "value" ? 0 : kind === "bend" ? 2 : 1;
}

/** An upper bound of `sign * quantity`; infinite where numbers overflow. */
function upperOf(forms: NodeForms, what: Quantity, sign: number, n: number, pairs: number) {
  if (what.kind === "norm") return known(lengthOf(forms.slopes, what.output * n, n, true));
  const [set, o] = formOf(forms, what, n, pairs);
  return known(sign > 0 ? set.high[o] : -set.low[o]);
}

function known(bound: number): number {
  return Number.isNaN(bound) ? Infinity : Math.max(bound, -Number.MAX_VALUE);
}

/**
 * Where the derivatives of a quantity are among the forms of the order above its own, one per input;
 * undefined where they are not known.
 */
function gradientOf({ nIn, pairs }: Enclosure, { kind, output, index }: Quantity): Gradient {
  const inputs = Array.from({ length: nIn }, (_, j) => j);
  if (kind === "value") return inputs.map((j) => output * nIn + j);
  if (kind !== "slope" || pairs.length < nIn * (nIn + 1) / 2) return undefined;
  return inputs.map((j) =>
    output * pairs.length +
    pairs.findIndex(([a, b]) => a === Math.min(index, j) && b === Math.max(index, j))
  );
}

type Gradient = readonly number[] | undefined;

function formOf(forms: NodeForms, what: Quantity, n: number, pairs: number): [Forms, number] {
  const { kind, output, index } = what;
  if (kind === "value") return [forms.values, output];
  if (kind === "slope") return [forms.slopes, output * n + index];
  return [forms.bends, output * pairs + index];
}

/** A bound of the length of a gradient. */
function lengthOf({ low, high }: Forms, at: number, n: number, upper: boolean): number {
  let sum = 0;
  for (let i = at; i < at + n; i++) {
    const least = low[i] > 0 ? low[i] : high[i] < 0 ? -high[i] : 0;
    const size = upper ? Math.max(-low[i], high[i]) : least;
    sum = upper ? above(sum + above(size * size)) : below(sum + below(size * size));
  }
  return upper ? above(Math.sqrt(sum)) : below(Math.sqrt(sum));
}

/** What `sign * what` surely is at least at a point; `point` is room for the box that it is. */
function sureValue(
  enclosure: Enclosure,
  what: Quantity,
  sign: number,
  x: Float64Array,
  point: Float64Array,
): number {
  const { nIn: n, pairs } = enclosure;
  for (let i = 0; i < n; i++) point[2 * i] = point[2 * i + 1] = x[i];
  const forms = enclosure.enclose(point, orderOf(what));
  if (what.kind === "norm") return lengthOf(forms.slopes, what.output * n, n, false);
  const [set, o] = formOf(forms, what, n, pairs.length);
  return sign > 0 ? set.low[o] : -set.high[o];
}

/**
 * Whether signs of exact slopes and lines of the exact function may be used, which bound what is
 * computed up to the `slack`; and where the slopes are.
 */
function trustOf(
  enclosure: Enclosure,
  box: Float64Array,
  what: Quantity,
  tolerance: number,
): { readonly exact: boolean; readonly slack: number; readonly gradient: Gradient } {
  if (what.kind !== "value") {
    return { exact: false, slack: 0, gradient: gradientOf(enclosure, what) };
  }
  const noise = enclosure.noise(box)[what.output];
  const { low, high } = enclosure.enclose(box, 0).values;
  const size = Math.max(Math.abs(low[what.output]), Math.abs(high[what.output]));
  const exact = noise <= Math.max(tolerance / 4, size < Infinity ? NOISE * size : 0);
  return exact
    ? { exact, slack: noise, gradient: gradientOf(enclosure, what) }
    : { exact, slack: 0, gradient: undefined };
}

/**
 * Finds the largest value of `sign * what` on a box.
 *
 * @param climb Where it is large: at first, and near a point.
 */
export function findLargest(
  enclosure: Enclosure,
  box: Float64Array,
  what: Quantity,
  sign: 1 | -1,
  climb: Climb,
  { tolerance, boxes: most, threshold }: SearchLimits,
): Found {
  const { nIn: n, pairs } = enclosure, order = orderOf(what), point = new Float64Array(2 * n);
  const { exact, slack, gradient } = trustOf(enclosure, box, what, tolerance);
  const cap = what.kind === "value" ? sign > 0 ? enclosure.ends[1] : -enclosure.ends[0] : Infinity;
  let reached = -Infinity, at = middleOf(box), boxes = 0, climbs = 0, settled = -Infinity;

  function offer(x: Float64Array): boolean {
    const value = sureValue(enclosure, what, sign, x, point);
    if (!(value > reached)) return false;
    reached = value;
    at = x.slice();
    return true;
  }
  const decided = (bound: number) =>
    threshold === undefined
      ? bound <= reached + tolerance + 2 * slack
      : bound <= threshold || reached > threshold;

  const queue = largestFirst<Part>();
  /** Encloses a part, shrinks it to where more than `reached` may be found, keeps it. */
  function look(part: Float64Array, limit: number, sharp: boolean): void {
    let key = limit, split = -1;
    for (let round = 0; round < 4 && (round === 0 || boxes < most); round++) {
      boxes++;
      const forms = enclosure.enclose(part, gradient ? order + 1 : order, sharp);
      key = Math.min(key, upperOf(forms, what, sign, n, pairs.length));
      if (exact && key > reached) {
        key = Math.min(key, finite(enclosure.upper(what.output, sign)));
      }
      if (key <= reached) return settle(key);
      const goal = Math.max(reached, threshold ?? -Infinity);
      const shrunk = shrink(forms, what, sign, part, n, pairs.length, goal, gradient);
      split = direction(forms, what, part, n, pairs.length, gradient);
      if (shrunk === "empty") return settle(Math.min(key, goal));
      if (shrunk !== "less") break;
    }
    queue.push({ key, box: part, split });
  }
  function settle(key: number): void {
    settled = Math.max(settled, key);
  }

  offer(climb());
  look(box.slice(), Infinity, true);
  for (;;) {
    const next = queue.pop();
    const bound = Math.min(cap, above(Math.max(next?.key ?? -Infinity, settled, reached) + slack));
    const found = { bound, reached, at, boxes };
    if (next === undefined || decided(bound)) return { ...found, status: "tight" };
    if (boxes >= most || (bound === Infinity && boxes > HOPELESS)) {
      return { ...found, status: "budget" };
    }
    const middle = middleOf(next.box);
    if (offer(middle) && climbs++ < MOST_CLIMBS) offer(climb(at));
    const j = next.split;
    const cut = j < 0 ? NaN : middle[j];
    if (!(cut > next.box[2 * j] && cut < next.box[2 * j + 1])) {
      const forms = enclosure.enclose(next.box, order); // floating point knows no smaller box
      settle(Math.min(next.key, upperOf(forms, what, sign, n, pairs.length)));
      continue;
    }
    const left = next.box.slice(), right = next.box;
    left[2 * j + 1] = right[2 * j] = cut;
    look(left, next.key, false);
    look(right, next.key, false);
  }
}

/** A bound that is one: where lines end in infinities there is none. */
function finite(bound: number): number {
  return bound > -Infinity ? bound : Infinity;
}

function middleOf(box: Float64Array): Float64Array {
  return Float64Array.from(
    { length: box.length / 2 },
    (_, i) => box[2 * i] + (box[2 * i + 1] - box[2 * i]) / 2,
  );
}

/** The direction in which the quantity is least like a line: -1 if the box is a point. */
function direction(
  forms: NodeForms,
  what: Quantity,
  box: Float64Array,
  n: number,
  pairs: number,
  gradient: Gradient,
): number {
  const { low, high } = what.kind === "value" ? forms.slopes : forms.bends;
  let best = -1, most = -1;
  const [set, o] = what.kind === "norm" ? [undefined, 0] : formOf(forms, what, n, pairs);
  for (let j = 0; j < n; j++) {
    const width = box[2 * j + 1] - box[2 * j];
    if (!(width > 0)) continue;
    let score = 0;
    if (gradient) score = width * (high[gradient[j]] - low[gradient[j]]);
    else if (set) score = Math.abs(set.data[o * set.stride + 1 + j]);
    else {
      for (let i = 0; i < n; i++) {
        const { data, stride } = forms.slopes;
        score += Math.abs(data[(what.output * n + i) * stride + 1 + j]);
      }
    }
    if (!(score < Infinity)) score = 1e300 * Math.min(1, width);
    score += 1e-12 * width;
    if (score > most) {
      most = score;
      best = j;
    }
  }
  return best;
}

/** A part of the box that is left must be less than this share of it, to be worth another look. */
const LESS = 0.8;

/**
 * Takes away, in place, what cannot hold more than `goal`: by the sign of slopes all but a face, by
 * the affine form what lies beyond a plane.
 */
function shrink(
  forms: NodeForms,
  what: Quantity,
  sign: number,
  box: Float64Array,
  n: number,
  pairs: number,
  goal: number,
  gradient: Gradient,
): "empty" | "less" | "same" {
  if (what.kind === "norm") return "same";
  const [set, o] = formOf(forms, what, n, pairs),
    at = o * set.stride,
    radius = set.data[at + n + 1];
  const slopes = what.kind === "value" ? forms.slopes : forms.bends;
  let less = false, total = 0;
  for (let j = 1; j <= n; j++) total += Math.abs(set.data[at + j]);
  for (let j = 0; j < n; j++) {
    const low = box[2 * j], high = box[2 * j + 1];
    if (!(high > low)) continue;
    if (gradient) {
      const k = gradient[j];
      const up = sign > 0 ? slopes.low[k] >= 0 : slopes.high[k] <= 0;
      const down = sign > 0 ? slopes.high[k] <= 0 : slopes.low[k] >= 0;
      if (up || down) {
        box[2 * j] = box[2 * j + 1] = up ? high : low;
        less = true;
        continue;
      }
    }
    const slope = sign * set.data[at + 1 + j], steep = Math.abs(slope);
    if (!(radius < Infinity) || steep === 0) continue;
    // goal < c_0 + slope e_j + (total - steep) + radius
    const rest = sign * set.data[at] + (total - steep) + radius;
    const place = (goal - rest) / steep - 1e-9 * (1 + (Math.abs(goal) + total) / steep);
    if (place > 1) return "empty";
    if (!(place > -1)) continue;
    const cut = (low + high) / 2 + (slope > 0 ? place : -place) * (high - low) / 2;
    if (slope > 0) box[2 * j] = Math.max(low, Math.min(high, cut));
    else box[2 * j + 1] = Math.min(high, Math.max(low, cut));
    if (box[2 * j + 1] - box[2 * j] < LESS * (high - low)) less = true;
  }
  return less ? "less" : "same";
}
