/**
 * The time that no program can beat: arithmetic and memory traffic, computed.
 *
 * @module
 */

import { countParameters, resolveConfig } from "@freeknot/freeknot/model";
import { type Case, edgesOf, rowsOf } from "./_case.ts";
import type { Rate } from "./_plain_c.ts";

/** Used where there is no compiler to measure with: two 256-bit units at 2.5 GHz, one channel. */
export const STATED_RATE: Rate = { multiplyAdds: 20, bytes: 10 };

/** Bounds in ns per edge and point. */
export interface Floor {
  readonly operations: number;
  readonly bytes: number;
}

/**
 * Computes the floor of one loss-and-gradient in float64.
 *
 * Operations: `3 (degree + 1)` multiply-adds per edge and point: the sum of the output, the sums
 * that gradients by position and knots need, the gradients by the coefficients; shared by the
 * threads. Bytes: inputs and targets read, parameters read, gradient written, each once.
 */
export function floorOf(which: Case, rate: Rate): Floor {
  const { widths, degree, intervals, knots, threads } = which;
  const rows = rowsOf(which), edges = edgesOf(which);
  const parameters = countParameters(
    resolveConfig({ widths, degree, intervals, knots, firstLayer: "spline" }),
  );
  const points = rows * (widths[0] + widths[widths.length - 1]);
  return {
    operations: 3 * (degree + 1) / rate.multiplyAdds / threads,
    bytes: 8 * (points + 2 * parameters) / (rows * edges) / rate.bytes,
  };
}
