/**
 * True against predicted labels.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import { forward, type Network } from "../../model/mod.ts";

/**
 * Counts rows by true and predicted label.
 *
 * @param network One output (the logit of the second label) or one logit per label.
 * @param dataset Targets as probabilities: one column for two labels, else one per label.
 * @param labels Number of labels.
 * @returns `counts[true][predicted]`; the lowest label wins a tie, as in the scores.
 */
export function confusionCounts(network: Network, dataset: Dataset, labels: number): number[][] {
  const { rows, nOut, inputs, targets } = dataset;
  const counts = Array.from({ length: labels }, () => new Array<number>(labels).fill(0));
  if (rows === 0) return counts;
  const outputs = forward(network, inputs, rows);
  for (let r = 0; r < rows; r++) {
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
