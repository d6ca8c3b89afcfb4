/**
 * The elementary functions in integers: numbers times `2^320`, by series whose terms go down to 0.
 *
 * @module
 */

/** Bits behind the point. */
export const DIGITS = 320n;
const ONE = 1n << DIGITS;

/** A number times `2^DIGITS`, exactly; it must be a multiple of `2^-320`. */
export function fixed(x: number): bigint {
  let value = x, shift = 0n;
  while (Math.floor(value) !== value) {
    value *= 2;
    shift++;
  }
  return BigInt(value) << DIGITS - shift;
}

export const times = (a: bigint, b: bigint) => a * b >> DIGITS;
export const over = (a: bigint, b: bigint) => (a << DIGITS) / b;

/** `first + first * ratio(1) + ...`. */
function series(first: bigint, next: (term: bigint, k: bigint) => bigint): bigint {
  let term = first, sum = first;
  for (let k = 1n; term > 1n || term < -1n; k++) sum += term = next(term, k);
  return sum;
}

/** The square root of an integer, rounded down (Heron). */
export function integerRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt(n.toString(2).length + 1 >> 1);
  while (true) {
    const next = x + n / x >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

export const root = (a: bigint) => integerRoot(a << DIGITS);

/** `artanh(1 / n)` or, with sign -1, `arctan(1 / n)`, times `2^bits`. */
function inverseOf(n: bigint, sign: bigint, bits: bigint): bigint {
  let power = (1n << bits) / n, sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power = sign * power / (n * n);
    sum += power / k;
  }
  return sum;
}

/** ln 2 = 18 artanh(1/26) - 2 artanh(1/4801) + 8 artanh(1/8749). */
const LN2 = [[18n, 26n], [-2n, 4801n], [8n, 8749n]].reduce(
  (sum, [factor, n]) => sum + factor * inverseOf(n, 1n, DIGITS + 20n),
  0n,
) >> 20n;
/** Digits of pi that the largest number needs. */
const LONG = 1400n;
/** pi / 4 = 12 arctan(1/18) + 8 arctan(1/57) - 5 arctan(1/239) (Gauss). */
const LONG_PI = 4n * (12n * inverseOf(18n, -1n, LONG) + 8n * inverseOf(57n, -1n, LONG) -
  5n * inverseOf(239n, -1n, LONG));
export const PI = LONG_PI >> LONG - DIGITS;

/** `e^a = value 2^k`. */
export function exponential(a: bigint): { value: bigint; k: number } {
  const k = (2n * a + LN2) / (2n * LN2) - (a < 0n ? 1n : 0n), r = a - k * LN2;
  return { value: series(ONE, (term, i) => times(term, r) / i), k: Number(k) };
}

export function logarithm(a: bigint): bigint {
  let k = BigInt(a.toString(2).length - 1) - DIGITS;
  const m = k >= 0n ? a >> k : a << -k, s = over(m - ONE, m + ONE), z = times(s, s);
  let power = s, sum = s;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = times(power, z);
    sum += power / n;
    if (power === -1n) break;
  }
  k *= LN2;
  return 2n * sum + k;
}

/** Sine and cosine of a float64 number of any size. */
export function sineAndCosine(x: number): [bigint, bigint] {
  let size = Math.abs(x), shift = LONG;
  while (Math.floor(size) !== size) {
    size *= 2;
    shift--;
  }
  const r = (BigInt(size) << shift) % (2n * LONG_PI) >> LONG - DIGITS, z = times(r, r);
  const sine = series(r, (term, k) => -times(term, z) / (2n * k * (2n * k + 1n)));
  const cosine = series(ONE, (term, k) => -times(term, z) / ((2n * k - 1n) * 2n * k));
  return [x < 0 ? -sine : sine, cosine];
}

export function arctangent(a: bigint): bigint {
  let x = a;
  for (let half = 0; half < 4; half++) x = over(x, ONE + root(ONE + times(x, x)));
  const z = times(x, x);
  let power = x, sum = x;
  for (let n = 3n; power > 1n || power < -1n; n += 2n) {
    power = -times(power, z);
    sum += power / n;
  }
  return sum << 4n;
}

/** How far a number lies from `exact 2^(k - DIGITS)`, in units of the last place of the latter. */
export function unitsOff(actual: number, exact: bigint, k = 0): number {
  let scaled = actual;
  for (let left = k; left !== 0;) {
    const step = Math.max(-1000, Math.min(1000, left));
    scaled *= 2 ** -step;
    left -= step;
  }
  const size = exact < 0n ? -exact : exact, difference = fixed(scaled) - exact;
  const unit = BigInt(size.toString(2).length - 53);
  return Math.abs(Number(difference >> unit - 20n)) / 2 ** 20;
}
