/**
 * Weights of classes: rare ones count as much as frequent ones.
 *
 * @module
 */

import { quoteCell } from "./_cell_error.ts";

/**
 * Weights by which every class has the same sum of weights: `w_k = W / (K W_k)`, `W_k` the sum of
 * the weights (default: all 1) of the rows of class `k`, `W` the sum over all rows, `K` the number
 * of classes; 1 for a class without rows. The mean of `w_k` over the rows is 1 (G. King and L.
 * Zeng, Logistic regression in rare events data, 2001, section 4.2, with equal shares in the
 * population).
 */
export function balancedClassWeights(
  indices: ArrayLike<number>,
  numClasses: number,
  weights?: ArrayLike<number>,
): number[] {
  const sums = new Array<number>(numClasses).fill(0);
  let total = 0;
  for (let row = 0; row < indices.length; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    sums[indices[row]] += weight;
    total += weight;
  }
  const classes = sums.filter((sum) => sum > 0).length;
  return sums.map((sum) => sum > 0 ? total / (classes * sum) : 1);
}

/**
 * Weights that the user chose by label, in the order of the labels; 1 for the other labels.
 *
 * @throws {RangeError} If a name is no label, or a weight is not positive or not finite.
 */
export function labelWeights(
  labels: readonly string[],
  weightOf: Readonly<Record<string, number>>,
): number[] {
  for (const [label, weight] of Object.entries(weightOf)) {
    if (!labels.includes(label)) {
      throw new RangeError(
        `Cannot prepare table: classWeights must name labels (${
          labels.map(quoteCell).join(", ")
        }), current value is ${quoteCell(label)}`,
      );
    }
    if (!(weight > 0 && weight < Infinity)) {
      throw new RangeError(
        `Cannot prepare table: classWeights must be finite and above 0, current value is ` +
          `${weight} for ${quoteCell(label)}`,
      );
    }
  }
  return labels.map((label) => Object.hasOwn(weightOf, label) ? weightOf[label] : 1);
}
