/**
 * True against predicted labels.
 *
 * @module
 */

/**
 * Counts rows by true and predicted label.
 *
 * @param outputs Shape `[rows, nOut]`: the logit of the second label, or one logit per label.
 * @param targets The same shape, probabilities.
 * @param labels Number of labels.
 * @returns `counts[true][predicted]`; the lowest label wins a tie, as in the scores.
 */
export function countConfusion(
  outputs: Float64Array,
  targets: Float64Array,
  nOut: number,
  labels: number,
): number[][] {
  const counts = Array.from({ length: labels }, () => new Array<number>(labels).fill(0));
  for (let r = 0; r < outputs.length / nOut; r++) {
    const truth = nOut === 1 ? Number(targets[r] > 0.5) : largest(targets, r * nOut, nOut);
    const guess = nOut === 1 ? Number(outputs[r] > 0) : largest(outputs, r * nOut, nOut);
    counts[truth][guess]++;
  }
  return counts;
}

function largest(values: Float64Array, offset: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[offset + k] > values[offset + best]) best = k;
  return best;
}
