// exp, without tables.

/**
 * exp by `x = k ln 2 + r` and Taylor's polynomial in r, to about 1e-16 of its size. The standard
 * one brings tables, which every thread's start would write over the shared memory again.
 */
export function exponential(x: f64): f64 {
  x = x < -700 ? -700 : x > 700 ? 700 : x;
  const k = nearest<f64>(x * 1.4426950408889634);
  const r = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
  let sum: f64 = 1;
  for (let i = 14; i > 0; i--) sum = 1 + sum * r / <f64>i;
  return sum * reinterpret<f64>((<i64>k + 1023) << 52);
}
