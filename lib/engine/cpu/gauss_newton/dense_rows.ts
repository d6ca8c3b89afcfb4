/**
 * The Jacobian of residuals of jets, all columns of every row: for steps that the product of the
 * Jacobian with itself has no digits for.
 *
 * @module
 */

import type { Jacobian } from "../../jets.ts";
import type { KnotSoftmax } from "./knot_softmax.ts";
import type { RowsOfPoints } from "./residual_rows.ts";
import type { SparseGradient } from "./statistic_gradients.ts";

/** What rows are made of. */
export interface DenseRowParts {
  readonly points: RowsOfPoints;
  readonly softmax: KnotSoftmax;
  readonly gradientsOf: (known: number) => readonly SparseGradient[];
  /** Parameters, scales and shifts, rows of a chunk. */
  readonly n: number;
  readonly numMaps: number;
  readonly chunk: number;
}

/** Creates the function that writes all rows; see `JetProgram.jacobian`. */
export function createDenseRows(
  { points, softmax, gradientsOf, n, numMaps, chunk }: DenseRowParts,
): Jacobian {
  return (residuals, extra) => {
    const known = n + extra, line = new Float64Array(known + numMaps);
    points.begin(known);
    softmax.load();
    const gradients = gradientsOf(known);
    const total = residuals.reduce((sum, { rows }) => sum + rows, 0);
    const all = new Float64Array(total * known);
    const lines = Float64Array.from({ length: chunk * line.length }, () => 0);
    let first = 0;

    /** Turns a row of knots, scales and shifts into one of parameters. */
    function finish(from: number, to: number): void {
      line.set(lines.subarray(from, from + line.length));
      softmax.pullVector(line);
      gradients.forEach(({ columns, values }, k) => {
        const share = line[known + k];
        if (share === 0) return;
        for (let e = 0; e < columns.length; e++) line[columns[e]] += share * values[e];
      });
      all.set(line.subarray(0, known), to);
    }

    for (const { rows, parts, extra: more } of residuals) {
      for (let begin = 0; begin < rows; begin += chunk) {
        const end = Math.min(rows, begin + chunk);
        lines.fill(0);
        for (const part of parts) {
          points.fill(0, part, begin, end);
          for (const strip of points.strips(0, part.output)) {
            for (let r = begin; r < end; r++) {
              const from = (r - begin) * line.length;
              const dense = lines.subarray(from, from + line.length);
              strip.addRow(r - begin, part.group, (part.from ?? 0) + r, dense);
            }
          }
        }
        for (let r = begin; r < end; r++) {
          const from = (r - begin) * line.length;
          for (let i = 0; i < extra; i++) lines[from + n + i] = more[r * extra + i];
          finish(from, (first + r) * known);
        }
      }
      first += rows;
    }
    return all;
  };
}
