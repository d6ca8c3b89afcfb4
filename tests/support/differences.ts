/**
 * Central differences: the check of derivatives written by hand.
 *
 * @module
 */

/**
 * `f'(x)` by central differences. The truncation error falls as `h^2`, rounding grows as `u |f| / h`:
 * `h` near `u^(1/3)` times the scale on which `f` varies gives about ten digits.
 */
export function centralDifference(f: (x: number) => number, x: number, h: number): number {
  return (f(x + h) - f(x - h)) / ((x + h) - (x - h));
}

/** The gradient of `f` by central differences, with steps `h` (one, or one per entry). */
export function gradientByDifferences(
  f: (x: Float64Array) => number,
  x: Float64Array,
  h: number | ((i: number) => number),
): Float64Array {
  const moved = x.slice();
  return x.map((value, i) => {
    const derivative = centralDifference(
      (moving) => {
        moved[i] = moving;
        return f(moved);
      },
      value,
      typeof h === "number" ? h : h(i),
    );
    moved[i] = value;
    return derivative;
  });
}
