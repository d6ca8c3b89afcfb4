/**
 * BFGS with the whole matrix, Nocedal and Wright (2006), Algorithm 6.1: with `rho = 1 / y.s`,
 * `H <- V^T H V + rho s s^T`, `V = I - rho y s^T`.
 *
 * @module
 */

import { dot } from "../../numerics/inner.ts";
import {
  type BfgsOptions,
  type BfgsState,
  denseQuasiNewton,
  type Pair,
  timesInverse,
} from "./dense_quasi_newton.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Creates the BFGS optimizer, for up to 5,000 parameters. After a refinement it begins anew.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, findProblem, galleryDatasets, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";
 * import { bfgs } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([4, 2]);
 * const { loss } = await trainToEnd(network, rows, { schedule, optimizer: bfgs() });
 * assert(loss < 0.1);
 * ```
 */
export function bfgs(options: BfgsOptions = {}): Optimizer<BfgsState> {
  return denseQuasiNewton("bfgs", options, update);
}

/** `H <- H - rho (s (H y)^T + (H y) s^T) + (rho^2 y.H y + rho) s s^T`, the same in one pass. */
function update(inverse: Float64Array, { s, y, product }: Pair): void {
  const n = s.length, rho = 1 / product, z = timesInverse(inverse, y);
  const weight = rho * (rho * dot(y, z) + 1);
  for (let i = 0; i < n; i++) {
    // the same sum for both halves keeps the matrix symmetric to the last bit
    for (let j = 0; j <= i; j++) {
      const value = inverse[i * n + j] - rho * (s[i] * z[j] + z[i] * s[j]) + weight * s[i] * s[j];
      inverse[i * n + j] = value;
      inverse[j * n + i] = value;
    }
  }
}
