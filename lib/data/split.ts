/**
 * Rows for training, validation and test, drawn by a seed.
 *
 * @module
 */

import { checkOptions } from "../numerics/inner.ts";
import { createRandom } from "../model/mod.ts";

/** Options of {@linkcode splitRows}. */
export interface SplitOptions {
  /** Number of rows. */
  readonly rows: number;
  /** Share of all rows kept for the test, in [0, 1). Default 0.2. */
  readonly testFraction?: number;
  /** Share of all rows for validation, taken from the training rows. Default 0. */
  readonly validationFraction?: number;
  /** Any integer. */
  readonly seed: number;
  /** Class index of each row, shape `[rows]`: every class is split by the same shares. */
  readonly labels?: Int32Array;
}

/** The parts of a split: disjoint, together all rows, each ascending. */
export interface RowSplit {
  /** Rows to train on, at least one. */
  readonly train: Uint32Array;
  /** Rows that decide when training stops. */
  readonly validation: Uint32Array;
  /** Rows that training does not see, for scores. */
  readonly test: Uint32Array;
}

/**
 * Splits rows into training, validation and test rows.
 *
 * A part has `round(fraction * rows)` rows, at least one if its fraction is positive. With labels,
 * the number of rows of each class in a part is within one of its share; to keep the training part
 * so too, the validation part may be a few rows larger or smaller. The test part depends on the
 * seed and the test fraction only, not on the validation fraction.
 *
 * @param options Rows, fractions, seed, labels.
 * @returns The parts; the same for the same options everywhere.
 * @throws {RangeError} If a fraction is outside [0, 1), their sum is not below 1, or there are
 * too few rows for one in each part.
 * @throws {TypeError} If there are not as many labels as rows.
 *
 * @example
 * ```ts
 * import { splitRows } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const { train, validation, test } = splitRows({ rows: 10, validationFraction: 0.1, seed: 1 });
 * assertEquals([train.length, validation.length, test.length], [7, 1, 2]);
 * assertEquals([...train, ...validation, ...test].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * ```
 */
export function splitRows(options: SplitOptions): RowSplit {
  checkOptions("split rows", options, "rows testFraction validationFraction seed labels");
  const { rows, testFraction = 0.2, validationFraction = 0, seed, labels } = options;
  const sizes = partSizes(rows, testFraction, validationFraction);
  if (!(Number.isInteger(rows) && sizes.train >= 1)) {
    throw new RangeError(
      `Cannot split rows: rows must be an integer of at least ${rows - sizes.train + 1} ` +
        `(${sizes.test} for the test, ${sizes.validation} for validation, 1 to train on), ` +
        `current value is ${rows}`,
    );
  }
  const groups = groupRows(rows, labels);
  const groupSizes = groups.map((group) => group.length);
  const testShares = groupSizes.map((size) => size * testFraction);
  const inTest = roundShares(testShares.map(bounds), testShares, sizes.test);

  // Both the validation and the training rows of each class must be within one of their shares.
  const shares = groupSizes.map((size) => size * validationFraction);
  const limits = groupSizes.map((size, g): [number, number] => {
    const rest = size - inTest[g];
    const [least, most] = bounds(shares[g]);
    const training = labels ? bounds(size - testShares[g] - shares[g]) : [0, size];
    const low = Math.max(least, rest - training[1]);
    return [Math.min(low, rest), Math.max(low, Math.min(most, rest - training[0], rest))];
  });
  const inValidation: number[] = validationFraction > 0
    ? roundShares(limits, shares, sizes.validation)
    : groupSizes.map(() => 0);
  if (validationFraction > 0 && !inValidation.some((count) => count > 0)) {
    const spare = groupSizes.map((size, g) => size - inTest[g]);
    inValidation[spare.indexOf(Math.max(...spare))] = 1;
  }

  const random = createRandom(seed, "split");
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  groups.forEach((group, g) => {
    const order = random.permutation(group.length);
    order.forEach((index, rank) => {
      const part = rank < inTest[g]
        ? parts.test
        : rank < inTest[g] + inValidation[g]
        ? parts.validation
        : parts.train;
      part.push(group[index]);
    });
  });
  return {
    train: Uint32Array.from(parts.train).sort(),
    validation: Uint32Array.from(parts.validation).sort(),
    test: Uint32Array.from(parts.test).sort(),
  };
}

/**
 * The number of rows in each part of a split without labels: `round(fraction * rows)`, at least 1
 * for a positive fraction; the training rows are what is left, and not positive where there are too
 * few rows.
 *
 * @throws {RangeError} If a fraction is outside [0, 1), or their sum is not below 1.
 */
export function partSizes(
  rows: number,
  testFraction: number,
  validationFraction: number,
): { readonly train: number; readonly validation: number; readonly test: number } {
  checkFractions(testFraction, validationFraction);
  const size = (fraction: number): number =>
    fraction > 0 ? Math.max(1, Math.round(rows * fraction)) : 0;
  const test = size(testFraction), validation = size(validationFraction);
  return { train: rows - test - validation, validation, test };
}

function checkFractions(test: number, validation: number): void {
  for (const [name, value] of [["testFraction", test], ["validationFraction", validation]]) {
    if (!((value as number) >= 0 && (value as number) < 1)) {
      throw new RangeError(
        `Cannot split rows: ${name} must be at least 0 and below 1, current value is ${value}`,
      );
    }
  }
  if (!(test + validation < 1)) {
    throw new RangeError(
      `Cannot split rows: testFraction + validationFraction must be below 1, ` +
        `current value is ${test + validation}`,
    );
  }
}

function groupRows(rows: number, labels: Int32Array | undefined): number[][] {
  if (labels === undefined) return [Array.from({ length: rows }, (_, row) => row)];
  if (labels.length !== rows) {
    throw new TypeError(
      `Cannot split rows: labels must have ${rows} entries, current value is ${labels.length}`,
    );
  }
  const groups = new Map<number, number[]>();
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) groups.set(label, []);
  labels.forEach((label, row) => groups.get(label)!.push(row));
  return [...groups.values()];
}

/** The integers next to a share; one number where the share is an integer up to rounding. */
function bounds(share: number): [number, number] {
  const nearest = Math.round(share);
  if (Math.abs(share - nearest) <= 1e-12 * nearest) return [nearest, nearest];
  return [Math.floor(share), Math.ceil(share)];
}

/**
 * Integers within their limits, with a sum as near to `total` as the limits allow; the shares with
 * the largest remainders are rounded up first, of equal ones the first.
 */
function roundShares(
  limits: readonly (readonly [number, number])[],
  shares: readonly number[],
  total: number,
): number[] {
  const counts = limits.map(([low]) => low);
  let missing = total - counts.reduce((sum, count) => sum + count, 0);
  const order = counts.map((_, g) => g)
    .sort((a, b) => (shares[b] - counts[b]) - (shares[a] - counts[a]) || a - b);
  for (const g of order) {
    if (missing > 0 && counts[g] < limits[g][1]) {
      counts[g]++;
      missing--;
    }
  }
  return counts;
}
