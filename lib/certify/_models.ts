/**
 * Taylor models: numbers that depend on where in a box one is, as a polynomial of the box's
 * coordinates plus a remainder (M. Berz and K. Makino, Verified integration of ODEs and flows using
 * differential algebraic methods on high-order Taylor models, 1998).
 *
 * With `e_j` in [-1, 1], the place in direction `j` from the middle of the box, a model says
 * `x in p(e) + [-r, r]` and `x in [low, high]`; rounding is part of `r`.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { above, below, SMALL, ULP } from "./_rounding.ts";
import type { Interval, Series } from "./_series.ts";

/** Polynomials of a number of directions up to a degree: their terms, and products of these. */
export interface Algebra {
  readonly directions: number;
  readonly degree: number;
  /** Number of terms. */
  readonly count: number;
  /** Degree of each term; the constant is the first, then those of degree 1 in order. */
  readonly degrees: Uint8Array;
  /** Exponents, shape `[count, directions]`. */
  readonly exponents: Uint8Array;
  /** Products of two terms that are kept: left, right, product, alternating. */
  readonly products: Uint16Array;
  /** Most products that one term collects. */
  readonly collected: number;
  /** Numbers of the squares, per direction; -1 where they are not kept. */
  readonly squares: Int16Array;
}

/** Makes the algebra of polynomials of `directions` variables up to a degree. */
export function createAlgebra(directions: number, degree: number): Algebra {
  const terms: number[][] = [];
  function add(begun: readonly number[], left: number): void {
    if (begun.length === directions) {
      if (left === 0) terms.push([...begun]);
      return;
    }
    for (let k = left; k >= 0; k--) add([...begun, k], left - k);
  }
  for (let total = 0; total <= degree; total++) add([], total);
  const places = new Map(terms.map((term, k) => [term.join(), k]));
  const products: number[] = [];
  terms.forEach((a, i) =>
    terms.forEach((b, j) => {
      const product = places.get(a.map((x, k) => x + b[k]).join());
      if (product !== undefined) products.push(i, j, product);
    })
  );
  const collected = new Uint32Array(terms.length);
  for (let i = 2; i < products.length; i += 3) collected[products[i]]++;
  return {
    ...{ directions, degree, count: terms.length, products: Uint16Array.from(products) },
    collected: Math.max(...collected),
    degrees: Uint8Array.from(terms, (term) => term.reduce((sum, x) => sum + x, 0)),
    exponents: Uint8Array.from(terms.flat()),
    squares: Int16Array.from(
      { length: directions },
      (_, i) => places.get(terms[0].map((_, k) => k === i ? 2 : 0).join()) ?? -1,
    ),
  };
}

/** A number on a box. */
export interface Model {
  /** Coefficients of the terms. */
  readonly c: Float64Array;
  /** Radius of the remainder. */
  r: number;
  /** While terms are added: the sizes of all terms, which rounding is a share of. */
  size: number;
  low: number;
  high: number;
  /** -1: it is 0; 0: its polynomial is a constant; 1: anything. */
  rank: number;
  /** Sums of the sizes of the coefficients of each degree, from `settleModel` on. */
  readonly norms: Float64Array;
  /** Their sum. */
  norm: number;
}

/** Makes a model of 0. */
export function makeModel({ count, degree }: Algebra): Model {
  return {
    ...{ c: new Float64Array(count), r: 0, size: 0, low: 0, high: 0, rank: -1 },
    ...{ norms: new Float64Array(degree + 1), norm: 0 },
  };
}

/** Makes some models of 0. */
export function makeModels(algebra: Algebra, count: number): Model[] {
  return Array.from({ length: count }, () => makeModel(algebra));
}

/** Makes a model 0. */
export function clearModel(out: Model): void {
  if (out.rank > 0) out.c.fill(0);
  else out.c[0] = 0;
  if (out.rank >= 0) out.norms.fill(0);
  out.r =
    out.size =
    out.low =
    out.high =
    out.norm =
      0;
  out.rank = -1;
}

/** Makes a model a number, or an interval around it. */
export function setNumber(out: Model, x: number, radius = 0): void {
  clearModel(out);
  if (x === 0 && radius === 0) return;
  out.rank = 0;
  out.c[0] = x;
  out.r = radius;
  out.norms[0] = out.norm = Math.abs(x);
  out.low = radius === 0 ? x : below(x - radius);
  out.high = radius === 0 ? x : above(x + radius);
}

/** Makes a model all that is known of a range. */
export function setRange(out: Model, low: number, high: number): void {
  const middle = low + (high - low) / 2;
  if (!(Math.abs(middle) < Infinity)) {
    clearModel(out);
    out.rank = 0;
    out.r = Infinity;
  } else {
    const radius = Math.max(high - middle, middle - low);
    setNumber(out, middle, radius === 0 ? 0 : radius * (1 + 4 * ULP) + ULP * Math.abs(middle));
  }
  out.low = low;
  out.high = high;
}

/** Makes a model a copy of another. */
export function copyModel(out: Model, from: Model): void {
  out.c.set(from.c);
  out.norms.set(from.norms);
  out.r = from.r;
  out.size = from.size;
  out.low = from.low;
  out.high = from.high;
  out.rank = from.rank;
  out.norm = from.norm;
}

/** Adds a number. */
export function addNumber(out: Model, x: number): void {
  if (x === 0) return;
  out.c[0] += x;
  out.size += Math.abs(x);
  if (out.rank < 0) out.rank = 0;
}

/** Adds `[-radius, radius]`. */
export function widenModel(out: Model, radius: number): void {
  if (radius === 0) return;
  out.r += radius;
  if (out.rank < 0) out.rank = 0;
}

/** Adds `factor * a`. */
export function addTimes(out: Model, factor: number, a: Model): void {
  if (factor === 0 || a.rank < 0) return;
  const size = Math.abs(factor);
  if (a.rank === 0) out.c[0] += factor * a.c[0];
  else {
    const { c } = out, { c: from } = a;
    for (let k = 0; k < c.length; k++) c[k] += factor * from[k];
  }
  out.r += size * a.r;
  out.size += size * a.norm;
  if (a.rank > out.rank) out.rank = a.rank;
}

/** Adds `a * b`. */
export function addModelProduct({ products, degree }: Algebra, out: Model, a: Model, b: Model) {
  if (a.rank < 0 || b.rank < 0) return;
  if (a.rank === 0) return addConstantTimes(out, a, b);
  if (b.rank === 0) return addConstantTimes(out, b, a);
  out.rank = 1;
  if (!(a.r < Infinity && b.r < Infinity)) {
    out.r = Infinity;
    return;
  }
  const { c } = out, { c: left, norms: above } = a, { c: right, norms: beside } = b;
  for (let i = 0; i < products.length; i += 3) {
    c[products[i + 2]] += left[products[i]] * right[products[i + 1]];
  }
  let lost = 0, tail = 0; // products of terms whose degrees exceed what is kept
  for (let g = 1; g <= degree; g++) {
    tail += beside[degree - g + 1];
    lost += above[g] * tail;
  }
  out.r += lost + a.r * (b.norm + b.r) + a.norm * b.r;
  out.size += lost + a.norm * b.norm;
}

/** Adds the product of a model whose polynomial is a constant and another one. */
function addConstantTimes(out: Model, constant: Model, b: Model): void {
  addTimes(out, constant.c[0], b);
  if (constant.r === 0) return;
  out.r += b.norm === 0 && b.r === 0 ? 0 : constant.r * (b.norm + b.r);
  if (out.rank < 0) out.rank = 0;
}

/**
 * Ends the adding of `terms` terms to each coefficient: rounding, and the hull. A sum of `m` rounded
 * terms is off by at most `m + 1` half units in the last place of the sum of their sizes (N. J.
 * Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2).
 */
export function settleModel(algebra: Algebra, out: Model, terms: number): void {
  if (out.rank < 0) return;
  const { count, degrees } = algebra, { c, norms } = out;
  const share = 0.6 * (terms + 6) * ULP, slackShare = (count + 8) * ULP;
  out.r = out.r * (1 + 4 * share) + share * out.size + terms * SMALL;
  norms.fill(0);
  if (out.rank === 0) out.norm = norms[0] = Math.abs(c[0]);
  else {
    for (let k = 0; k < count; k++) norms[degrees[k]] += Math.abs(c[k]);
    out.norm = 0;
    for (let g = 0; g < norms.length; g++) {
      norms[g] *= 1 + count * ULP;
      out.norm += norms[g];
    }
    out.norm *= 1 + count * ULP;
  }
  out.size = 0;
  if (!(out.norm + out.r < Infinity)) {
    setRange(out, -Infinity, Infinity);
    return;
  }
  const slack = out.r + slackShare * out.norm;
  out.high = above(rangeEnd(algebra, out, 1) + slack);
  out.low = -above(rangeEnd(algebra, out, -1) + slack);
}

/** An upper bound of `sign p(e)`: lines and parabolas as they are, all other terms by their sizes. */
function rangeEnd(
  { directions, squares, count }: Algebra,
  { c, rank, norms }: Model,
  sign: 1 | -1,
) {
  let most = sign * c[0];
  if (rank === 0 || count === 1) return most;
  let rest = 0;
  for (let g = 2; g < norms.length; g++) rest += norms[g];
  for (let i = 0; i < directions; i++) {
    const slope = Math.abs(c[1 + i]), square = squares[i];
    if (square < 0) {
      most += slope;
      continue;
    }
    const bend = sign * c[square];
    rest -= Math.abs(bend);
    most += bend < 0 && slope < -2 * bend ? slope * slope / (-4 * bend) : slope + bend;
  }
  return most + Math.max(0, rest);
}

/** The end `e_j` of direction `j` at which `sign p(e)` is largest, as far as lines and parabolas say. */
export function likelyPlace({ squares }: Algebra, { c }: Model, sign: 1 | -1, j: number): number {
  if (c.length === 1) return 0;
  const slope = sign * c[1 + j], bend = squares[j] < 0 ? 0 : sign * c[squares[j]];
  if (bend < 0 && Math.abs(slope) < -2 * bend) return slope / (-2 * bend);
  return slope > 0 ? 1 : slope < 0 ? -1 : 0;
}

/** Lets a model learn that it lies in a range. */
export function clipModel(out: Model, low: number, high: number): void {
  if (out.low < low) out.low = Math.min(low, out.high);
  if (out.high > high) out.high = Math.max(high, out.low);
}

/** What compositions of functions with a model have in common: powers of its place in its hull. */
export interface Powers {
  /** `((u - middle) / radius)^j`, from 0 on. */
  readonly powers: readonly Model[];
  middle: number;
  radius: number;
}

/** Makes room for powers. */
export function makePowers(algebra: Algebra): Powers {
  const powers = makeModels(algebra, algebra.degree + 1);
  setNumber(powers[0], 1);
  return { powers, middle: 0, radius: 0 };
}

/** Computes the powers of a model's place in `[low, high]`, which holds it. */
export function takePowers(
  algebra: Algebra,
  out: Powers,
  u: Model,
  low: number,
  high: number,
): void {
  const { powers } = out;
  const middle = out.middle = low + (high - low) / 2;
  const radius = out.radius = Math.max(high - middle, middle - low) * (1 + 4 * ULP);
  for (let j = 1; j < powers.length; j++) clearModel(powers[j]);
  if (algebra.degree === 0 || radius === 0) return;
  const [, first] = powers;
  addTimes(first, 1 / radius, u);
  addNumber(first, -middle / radius);
  first.size += 4 * Math.abs(middle) / radius;
  settleModel(algebra, first, 2);
  if (!(first.r < 1)) setNumber(first, 0, 1);
  clipModel(first, -1, 1);
  for (let j = 2; j < powers.length; j++) {
    addModelProduct(algebra, powers[j], powers[j >> 1], powers[j - (j >> 1)]);
    settleModel(algebra, powers[j], algebra.collected);
    clipModel(powers[j], j % 2 === 0 ? 0 : -1, 1);
  }
}

/** Adds `sum_j a_j power_j + [-error, error]`; `out` is settled afterwards. */
export function addPolynomial(
  algebra: Algebra,
  out: Model,
  { powers }: Powers,
  coefficients: Float64Array,
  error: number,
): void {
  for (let j = 0; j < powers.length; j++) addTimes(out, coefficients[j], powers[j]);
  widenModel(out, error);
  settleModel(algebra, out, powers.length);
}

const coefficients = new Float64Array(16);

/**
 * Composes a function with a model: `out = f^(order)(u)`, by Taylor's formula with the remainder of
 * the hull.
 */
export function compose(
  algebra: Algebra,
  out: Model,
  u: Model,
  series: Series,
  powers: Powers,
): void {
  const { low, high } = u;
  if (!(high - low < Infinity)) return setRange(out, ...hullOf(series, [low, high]));
  takePowers(algebra, powers, u, low, high);
  composeTaken(algebra, out, [low, high], series, powers, 0);
}

/** The same with powers that are taken, of a derivative of an order. */
export function composeTaken(
  algebra: Algebra,
  out: Model,
  hull: Interval,
  series: Series,
  powers: Powers,
  order: number,
): void {
  const { degree } = algebra, { middle, radius } = powers;
  clearModel(out);
  if (radius === 0) {
    const [low, high] = derived(series([middle, middle], order), order, 0);
    return setRange(out, low, high);
  }
  const here = series([middle, middle], order + degree);
  const around = series(hull, order + degree + 1);
  let error = 0;
  for (let j = 0; j <= degree; j++) {
    const [low, high] = derived(here, order, j), size = pow(radius, j);
    coefficients[j] = (low + high) / 2 * size;
    error += (high - low) * size + 8 * ULP * Math.abs(coefficients[j]);
  }
  const [low, high] = derived(around, order, degree + 1);
  error += Math.max(Math.abs(low), Math.abs(high)) * pow(radius, degree + 1) * (1 + 64 * ULP);
  const [least, most] = derived(around, order, 0);
  if (!(error < Infinity)) return setRange(out, least, most);
  addPolynomial(algebra, out, powers, coefficients, error);
  clipModel(out, least, most);
}

/** Coefficient `j` of the derivative of an order, from those of the function. */
function derived(series: readonly Interval[], order: number, j: number): Interval {
  let factor = 1;
  for (let k = 1; k <= order; k++) factor *= j + k;
  const [low, high] = series[j + order];
  return factor === 1 ? [low, high] : [below(low * factor), above(high * factor)];
}

function hullOf(series: Series, x: Interval): Interval {
  return series(x, 0)[0];
}
