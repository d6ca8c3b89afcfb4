/**
 * Simulated tables whose truth is a sum of functions of single columns.
 *
 * @module
 */

import type { Dataset } from "../../lib/data/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** A table and its truth: the linear predictor of every row. */
export interface AdditiveTable extends Dataset {
  readonly truth: Float64Array;
}

/** What a table is like. */
export interface AdditiveTableOptions {
  readonly rows: number;
  readonly columns: number;
  readonly kind: "numbers" | "labels" | "classes";
  readonly noise?: number;
  readonly seed: number;
}

/** The first three columns matter: a sine, an exponential and a wave; more are noise. */
export function additiveTable(
  { rows, columns, kind, noise = 1, seed }: AdditiveTableOptions,
): AdditiveTable {
  const random = createRandom(seed, "additive");
  const inputs = Float64Array.from({ length: rows * columns }, () => random.uniform());
  const truth = Float64Array.from({ length: rows }, (_, r) => {
    const [a, b = 0, c = 0] = inputs.subarray(r * columns, (r + 1) * columns);
    return 2 * Math.sin(Math.PI * a) + Math.exp(2 * b) / 3 + 4 * c ** 2 * Math.sin(7 * c) - 3;
  });
  const nOut = kind === "classes" ? 3 : 1, targets = new Float64Array(rows * nOut);
  truth.forEach((value, r) => {
    if (kind === "numbers") targets[r] = value + noise * random.normal();
    else if (kind === "labels") targets[r] = +(random.uniform() < 1 / (1 + Math.exp(-value)));
    else {
      const logits = [0, value, Math.cos(3 * inputs[r * columns])], e = logits.map(Math.exp);
      let u = random.uniform() * (e[0] + e[1] + e[2]), k = 0;
      while (k < 2 && u > e[k]) u -= e[k++];
      targets[r * 3 + k] = 1;
    }
  });
  return { rows, nIn: columns, nOut, inputs, targets, truth };
}

/** One column of the inputs. */
export function inputColumn({ rows, nIn, inputs }: Dataset, p: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => inputs[r * nIn + p]);
}
