/**
 * The local B-spline recursion for any order of derivative, on the host: the readable twin of the
 * WGSL in webgpu/.
 *
 * @module
 */

/** Which function of the knots a kernel computes with. */
export interface SplineSpace {
  /** Polynomial degree. */
  readonly degree: number;
  /** Order of the derivative by the input. */
  readonly order: number;
  /** Index of the knot at the left end of the domain; `degree` unless an outer knot is doubled. */
  readonly first: number;
  /** Index of the knot at the right end of the domain. */
  readonly last: number;
  /** Whether the spline is constant outside the domain; else it goes on as a straight line. */
  readonly clamp: boolean;
}

/** A point of one spline input: where the basis is evaluated, and how far beyond it lies. */
export interface LocalPoint {
  /** Index of the interval in the row of knots. */
  interval: number;
  /** Nearest point of the domain. */
  at: number;
  /** What is left to the point; 0 inside. */
  beyond: number;
}

/** Finds interval and nearest point of `x`; `row` is the index of the row's first knot in `t`. */
export function locate(
  t: ArrayLike<number>,
  row: number,
  { first, last }: SplineSpace,
  x: number,
  out: LocalPoint,
): void {
  const a = t[row + first], b = t[row + last];
  out.at = x < a ? a : x > b ? b : x;
  out.beyond = x - out.at;
  let low = first, high = last;
  if (!(x >= a)) {
    while (low < last - 1 && !(t[row + low + 1] > t[row + low])) low++;
  } else if (x >= b) {
    low = last - 1;
    while (low > first && !(t[row + low + 1] > t[row + low])) low--;
  } else {
    while (high - low > 1) { // t[low] <= x < t[high]
      const middle = (low + high) >>> 1;
      if (t[row + middle] <= x) low = middle;
      else high = middle;
    }
  }
  out.interval = low;
}

/**
 * Copies the `2 degree` knots that matter on an interval; knot `doubled` of them (if not negative)
 * twice.
 *
 * @returns Index in `out` of the interval's left knot.
 */
export function loadKnots(
  t: ArrayLike<number>,
  start: number,
  degree: number,
  doubled: number,
  out: Float64Array,
): number {
  if (doubled < 0) {
    for (let i = 0; i < 2 * degree; i++) out[i] = t[start + i];
    return degree - 1;
  }
  for (let i = 0; i <= 2 * degree; i++) out[i] = t[start + (i > doubled ? i - 1 : i)];
  return doubled < degree ? degree : degree - 1;
}

/**
 * Writes the derivatives of order `space.order` of the `degree + 1` functions of an interval, with
 * the rule outside the domain: `B(e) + B'(e) (x - e)` beyond an end `e`, or `B(e)` if clamped.
 */
export function pointBasis(
  knots: Float64Array,
  mu: number,
  { at, beyond }: LocalPoint,
  { degree, order, clamp }: SplineSpace,
  out: Float64Array,
  scratch: Float64Array,
): void {
  if (beyond === 0) return recursion(knots, mu, degree, at, order, out);
  if (Number.isNaN(beyond)) return void out.fill(NaN, 0, degree + 1);
  if (order + (clamp ? 1 : 0) > 1) return void out.fill(0, 0, degree + 1);
  recursion(knots, mu, degree, at, order, out);
  if (order > 0 || clamp) return;
  recursion(knots, mu, degree, at, 1, scratch);
  for (let i = 0; i <= degree; i++) out[i] += beyond * scratch[i];
}

/**
 * `B_{mu-degree}^(order)(x) .. B_mu^(order)(x)`: the Cox-de Boor recursion for the first
 * `degree - order` steps, then `B_{i,k}' = k (B_{i,k-1} / (t_{i+k} - t_i) - B_{i+1,k-1} / (...))`.
 * 0/0 = 0 where knots coincide.
 */
function recursion(
  t: Float64Array,
  mu: number,
  degree: number,
  x: number,
  order: number,
  out: Float64Array,
): void {
  out.fill(0, 0, degree + 1);
  if (order > degree) return;
  out[0] = 1;
  for (let k = 1; k <= degree; k++) {
    let saved = 0;
    for (let r = 0; r < k; r++) {
      const left = t[mu + 1 + r - k], right = t[mu + 1 + r];
      const share = right > left ? out[r] / (right - left) : 0;
      if (k <= degree - order) {
        out[r] = saved + (right - x) * share;
        saved = (x - left) * share;
      } else {
        out[r] = saved - k * share;
        saved = k * share;
      }
    }
    out[k] = saved;
  }
}
