/**
 * Classes as targets of cross-entropy, and network outputs back as classes.
 *
 * Two classes take one column, the probability of the second label; more take one column
 * each ("one-hot").
 *
 * @module
 */

import { cellError, quoteCell } from "./_cell_error.ts";
import { findColumn } from "./_column.ts";
import { parseNumber } from "./_number.ts";
import type { Table } from "./table_data.ts";
import { TableError } from "./table_error.ts";
import { exp } from "../numerics/inner.ts";

/**
 * Finds the distinct labels of a column of classes, in all rows: by size if all are numbers (then
 * `1` and `1.0` are one label, spelt as it first occurs), else by code points.
 *
 * @throws {TableError} If a cell is missing, there is only one class, or there are so many (more
 * than half the rows) that the column holds numbers or identifiers.
 */
export function classLabels(table: Table, column: string): string[] {
  const { cells, labels: { texts } } = findColumn(table, column);
  const missing = cells.indexOf("");
  if (missing >= 0) throw cellError(table, column, missing, "", "a class label");
  let labels = [...texts];
  if (labels.every((label) => numericLabel(label) !== undefined)) {
    const spelling = new Map<number, string>();
    for (const label of labels) {
      const value = numericLabel(label)!;
      if (!spelling.has(value)) spelling.set(value, label);
    }
    labels = [...spelling].sort(([a], [b]) => a - b).map(([, label]) => label);
  } else {
    labels.sort(compareCodePoints);
  }
  const place = { table: table.name, column };
  if (labels.length < 2) {
    throw new TableError(place, "hold at least 2 classes", `only ${quoteCell(labels[0])}`);
  }
  if (labels.length > Math.max(2, table.rows / 2)) {
    const found = `${labels.length} classes in ${table.rows} rows`;
    throw new TableError(place, "hold classes with 2 rows each or more on average", found);
  }
  return labels;
}

/**
 * The index of each row's label in {@linkcode classLabels}.
 *
 * @throws {TableError} If a cell is missing or none of the labels.
 */
export function classIndices(table: Table, column: string, labels: readonly string[]): Int32Array {
  const { texts, codes } = findColumn(table, column).labels, known = knownLabel(labels);
  const indices = texts.map((text, code) => {
    const index = known(text);
    if (index === undefined) {
      const known = labels.map(quoteCell).join(", ");
      throw cellError(table, column, codes.indexOf(code), text, `one of the labels ${known}`);
    }
    return index;
  });
  return codes.map((code) => indices[code]);
}

/** What finds the index of a label as it is written, of numbers in any spelling; else undefined. */
export function knownLabel(labels: readonly string[]): (text: string) => number | undefined {
  const byText = new Map(labels.map((label, index) => [label, index]));
  const numbers = labels.map(numericLabel);
  const byNumber = new Map(
    numbers.includes(undefined) ? [] : numbers.map((value, index) => [value!, index]),
  );
  return (text) => {
    const value = numericLabel(text);
    return byText.get(text) ?? (value === undefined ? undefined : byNumber.get(value));
  };
}

/**
 * Turns classes, `0..numClasses-1` for each row, into targets of cross-entropy: shape `[rows, 1]`
 * with 0 or 1 for two classes, `[rows, numClasses]` for more.
 *
 * @throws {RangeError} If there are fewer than two classes or an index is out of range.
 */
export function encodeClasses(indices: ArrayLike<number>, numClasses: number): Float64Array {
  if (!(Number.isInteger(numClasses) && numClasses >= 2)) {
    throw new RangeError(
      `Cannot encode classes: numClasses must be an integer of at least 2, ` +
        `current value is ${numClasses}`,
    );
  }
  const nOut = numClasses === 2 ? 1 : numClasses;
  const targets = new Float64Array(indices.length * nOut);
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row];
    if (!(Number.isInteger(index) && index >= 0 && index < numClasses)) {
      throw new RangeError(
        `Cannot encode classes: indices must be integers in 0..${numClasses - 1}, ` +
          `current value is ${index} at ${row}`,
      );
    }
    if (nOut === 1) targets[row] = index;
    else targets[row * nOut + index] = 1;
  }
  return targets;
}

/**
 * Turns logits, shape `[rows, 1]` for two labels, `[rows, labels.length]` for more, into the most
 * probable classes (of equals the first), their labels, shape `[rows]` both, and the probabilities
 * of all classes, shape `[rows, labels.length]`.
 *
 * Two classes: `p_1 = 1 / (1 + exp(-z))`, `p_0 = 1 / (1 + exp(z))`. More:
 * `p_k = exp(z_k - max z) / sum_j exp(z_j - max z)`. Neither overflows.
 *
 * @throws {TypeError} If there are fewer than two labels or the length does not fit them.
 */
export function decodeClasses(
  logits: ArrayLike<number>,
  labels: readonly string[],
): { indices: Int32Array; labels: string[]; probabilities: Float64Array } {
  const classes = labels.length;
  const nOut = classes === 2 ? 1 : classes;
  if (classes < 2 || logits.length % nOut !== 0) {
    throw new TypeError(
      `Cannot decode classes: length of logits must be a multiple of the outputs for ` +
        `${classes} labels (at least 2), current value is ${logits.length}`,
    );
  }
  const rows = logits.length / nOut;
  const indices = new Int32Array(rows);
  const probabilities = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const at = row * classes;
    if (nOut === 1) {
      const z = logits[row];
      probabilities[at] = 1 / (1 + exp(z));
      probabilities[at + 1] = 1 / (1 + exp(-z));
      indices[row] = z > 0 ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let k = 1; k < classes; k++) if (logits[at + k] > logits[at + best]) best = k;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      sum += probabilities[at + k] = exp(logits[at + k] - logits[at + best]);
    }
    for (let k = 0; k < classes; k++) probabilities[at + k] /= sum;
    indices[row] = best;
  }
  return { indices, labels: Array.from(indices, (index) => labels[index]), probabilities };
}

/** The number that a label spells, unless it is so large that others read as the same float64. */
function numericLabel(label: string): number | undefined {
  const value = parseNumber(label);
  return value !== undefined && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Orders texts by code points. */
export function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a), right = Array.from(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i].codePointAt(0)! - right[i].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
