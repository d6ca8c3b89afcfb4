/**
 * The functions of a knot vector as polynomials on its pieces, and how these move with the knots.
 *
 * On interval m every function is a polynomial in `w = (u - t_m) / h`. Its derivative by a knot is
 * taken at a fixed point u and written in the same w, so that what parameters do to a spline is again
 * a table of polynomials: the rows of a device need not know of knots.
 *
 * @module
 */

/** The functions that are not 0 on one interval. */
export interface IntervalPolynomials {
  /** Index of the first function. */
  readonly first: number;
  /** Number of functions. */
  readonly count: number;
  /** Shape `[count, degree + 1]`: function, power of w. */
  readonly values: Float64Array;
  /** Index of the first knot that moves them. */
  readonly firstKnot: number;
  /**
   * B-splines: derivatives by `2 degree` knots, shape `[knots, count, degree + 1]`. ReLU powers:
   * shape `[count, degree + 1]`, each function by its own knot.
   */
  readonly byKnots: Float64Array;
}

/**
 * B-splines on interval m by the recursion of Cox and de Boor, as polynomials in w; an empty interval
 * has none but zeros.
 *
 * @param t All knots, outer ones included.
 * @param moves Whether derivatives by knots are wanted.
 */
export function bsplinePieces(
  t: Float64Array,
  degree: number,
  m: number,
  moves: boolean,
): IntervalPolynomials {
  const size = degree + 1, mu = degree + m, h = t[mu + 1] - t[mu];
  const values = new Float64Array(size * size), knots = 2 * degree;
  const byKnots = new Float64Array(moves ? knots * size * size : 0);
  const found = { first: m, count: size, values, firstKnot: m + 1, byKnots };
  if (!(h > 0)) return found;
  recurse(t, degree, mu, values);
  for (let x = 0; moves && x < knots; x++) {
    recurse(t, degree, mu, new Float64Array(size * size), {
      knot: m + 1 + x,
      rates: byKnots.subarray(x * size * size, (x + 1) * size * size),
    });
  }
  return found;
}

/** Runs the recursion; with `moved` also its derivative by one knot, into `rates`. */
function recurse(
  t: Float64Array,
  degree: number,
  mu: number,
  rows: Float64Array,
  moved?: { readonly knot: number; readonly rates: Float64Array },
): void {
  const size = degree + 1, knot = t[mu], h = t[mu + 1] - knot;
  const kept = new Float64Array(size), keptRates = new Float64Array(size);
  let next = new Float64Array(size * size), nextRates = new Float64Array(size * size);
  let current = Float64Array.from(rows), rates = new Float64Array(size * size);
  current[0] = 1;
  for (let j = 1; j <= degree; j++) {
    next.fill(0);
    nextRates.fill(0);
    for (let r = 0; r < j; r++) {
      const high = mu + r + 1, low = mu + 1 + r - j, up = r * size, down = up + size;
      const inverse = 1 / (t[high] - t[low]);
      const highRate = moved?.knot === high ? 1 : 0, lowRate = moved?.knot === low ? 1 : 0;
      const inverseRate = -inverse * inverse * (highRate - lowRate);
      const right = t[high] - knot, left = knot - t[low];
      for (let k = 0; k < j; k++) {
        kept[k] = current[up + k] * inverse;
        keptRates[k] = rates[up + k] * inverse + current[up + k] * inverseRate;
      }
      for (let k = 0; k < j; k++) {
        next[up + k] += right * kept[k];
        next[up + k + 1] -= h * kept[k];
        next[down + k] += left * kept[k];
        next[down + k + 1] += h * kept[k];
        nextRates[up + k] += right * keptRates[k] + highRate * kept[k];
        nextRates[up + k + 1] -= h * keptRates[k];
        nextRates[down + k] += left * keptRates[k] - lowRate * kept[k];
        nextRates[down + k + 1] += h * keptRates[k];
      }
    }
    [current, next] = [next, current];
    [rates, nextRates] = [nextRates, rates];
  }
  rows.set(current);
  moved?.rates.set(rates);
}

/**
 * ReLU powers `(u - t_i)_+^degree` on interval m as polynomials in w: with `y = t_m - t_i` the
 * coefficient of `w^k` is `C(degree, k) h^k y^(degree - k)`.
 */
export function reluPieces(
  t: Float64Array,
  degree: number,
  m: number,
  moves: boolean,
): IntervalPolynomials {
  const size = degree + 1, mu = degree + m, h = t[mu + 1] - t[mu], count = mu + 1;
  const values = new Float64Array(count * size);
  const byKnots = new Float64Array(moves ? count * size : 0);
  for (let i = 0; h > 0 && i < count; i++) {
    const y = t[mu] - t[i];
    writePower(y, h, degree, 1, values.subarray(i * size));
    if (moves) writePower(y, h, degree - 1, -degree, byKnots.subarray(i * size));
  }
  return { first: 0, count, values, firstKnot: 0, byKnots };
}

/** Writes the coefficients of `factor (y + h w)^power`. */
function writePower(y: number, h: number, power: number, factor: number, out: Float64Array): void {
  // powers of y from behind, so that every coefficient is one product
  let ofY = 1;
  for (let k = power; k >= 0; k--) {
    out[k] = ofY;
    ofY *= y;
  }
  let term = factor;
  for (let k = 0; k <= power; k++) {
    out[k] *= term;
    term *= h * (power - k) / (k + 1);
  }
}
