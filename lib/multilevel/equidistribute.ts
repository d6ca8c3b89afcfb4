/**
 * Where new knots go: into the intervals with most of the error.
 *
 * @module
 */

/**
 * Distributes `total` parts over intervals so that no part carries much more energy (the sum of
 * squared residuals of the rows that lie there, say) than another.
 *
 * Starts with one part per interval and, again and again, gives one more to the interval whose
 * parts carry most, `energies[i] / parts[i]` (of equal ones the one with fewer parts, then the
 * leftmost), until there are `total`, from `n` to `most * n` for `n` intervals. No interval gets
 * more than `most` parts.
 *
 * @throws {RangeError} If an energy is negative or not finite, or a number is out of range.
 */
export function equidistribute(
  energies: ArrayLike<number>,
  total: number,
  most = Infinity,
): Int32Array {
  const n = energies.length;
  for (let i = 0; i < n; i++) {
    if (energies[i] >= 0 && energies[i] < Infinity) continue;
    throw new RangeError(
      `Cannot distribute parts: energies must be finite and not negative, ` +
        `current value at ${i} is ${energies[i]}`,
    );
  }
  if (!(most === Infinity || Number.isInteger(most) && most >= 1)) {
    throw new RangeError(
      `Cannot distribute parts: most must be an integer >= 1, current value is ${most}`,
    );
  }
  const limit = n === 0 ? 0 : most * n;
  if (!(Number.isInteger(total) && total >= n && total <= limit)) {
    throw new RangeError(
      `Cannot distribute parts: total must be an integer from ${n} to ${limit}, ` +
        `current value is ${total}`,
    );
  }
  const parts = new Int32Array(n).fill(1);
  for (let spent = n; spent < total; spent++) {
    let worst = -1;
    for (let i = 0; i < n; i++) {
      if (parts[i] >= most) continue;
      const difference = worst < 0
        ? 1
        : energies[i] / parts[i] - energies[worst] / parts[worst] || parts[worst] - parts[i];
      if (difference > 0) worst = i;
    }
    parts[worst]++;
  }
  return parts;
}
