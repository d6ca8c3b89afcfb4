/**
 * Pairs of columns that act together: found where the additive model errs.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";

/** Cells along a side of the table of a pair, and most columns whose pairs are looked at. */
const CELLS = 4, MOST_COLUMNS = 40;

/**
 * Finds the pairs whose two-dimensional table of mean residuals explains most of their squares
 * (Lou et al. 2013, with quantiles as cells).
 *
 * @param residuals Shape `[rows, nOut]`.
 * @returns Pairs of columns, the strongest first.
 */
export function strongestPairs(
  { rows, nIn, nOut, inputs }: Dataset,
  residuals: Float64Array,
  most: number,
): (readonly [number, number])[] {
  const columns = Math.min(nIn, MOST_COLUMNS);
  const cells = Array.from({ length: columns }, (_, p) => cellsOf(inputs, rows, nIn, p));
  const found: { readonly pair: readonly [number, number]; readonly strength: number }[] = [];
  const sums = new Float64Array(CELLS * CELLS), counts = new Float64Array(CELLS * CELLS);
  for (let p = 0; p < columns; p++) {
    for (let q = p + 1; q < columns; q++) {
      let strength = 0;
      for (let k = 0; k < nOut; k++) {
        sums.fill(0);
        counts.fill(0);
        for (let r = 0; r < rows; r++) {
          const cell = cells[p][r] * CELLS + cells[q][r];
          sums[cell] += residuals[r * nOut + k];
          counts[cell]++;
        }
        for (let i = 0; i < sums.length; i++) strength += sums[i] ** 2 / (counts[i] + 5);
      }
      found.push({ pair: [p, q], strength });
    }
  }
  return found.sort((a, b) => b.strength - a.strength).slice(0, most).map(({ pair }) => pair);
}

/** The quarter of a column's values in which each row lies. */
function cellsOf(inputs: Float64Array, rows: number, nIn: number, p: number): Uint8Array {
  const column = Float64Array.from({ length: rows }, (_, r) => inputs[r * nIn + p]);
  const sorted = column.slice().sort();
  const cuts = Array.from(
    { length: CELLS - 1 },
    (_, i) => sorted[Math.floor((i + 1) * rows / CELLS)],
  );
  return Uint8Array.from(column, (x) => cuts.filter((cut) => x >= cut).length);
}

/** Sums and differences of pairs: two directions each, shape `[2 pairs, nIn]`. */
export function pairDirections(
  pairs: readonly (readonly [number, number])[],
  nIn: number,
): Float64Array {
  const directions = new Float64Array(2 * pairs.length * nIn);
  pairs.forEach(([p, q], k) => {
    for (const [i, sign] of [[2 * k, 1], [2 * k + 1, -1]]) {
      directions[i * nIn + p] = 1;
      directions[i * nIn + q] = sign;
    }
  });
  return directions;
}
