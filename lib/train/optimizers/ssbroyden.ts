/**
 * The self-scaled Broyden method with the whole matrix (Al-Baali 1998; Urban, Stefanou and Pons 2025,
 * eq. 13 to 23, where it is called SSBroyden).
 *
 * Broyden's family divides what it knew by a factor `tau` before it learns from a pair. With
 * `rho = 1 / y.s`, `h = rho y.H y`, `b = rho s.B s`, `a = b h - 1` and `v = rho s - H y / y.H y`,
 *
 * `H <- (H - (H y)(H y)^T / y.H y + phi (y.H y) v v^T) / tau + rho s s^T`,
 * `phi = (1 - theta) / (1 + a theta)`,
 *
 * so that `H y = s`. `theta` is 0 in BFGS, 1 in DFP; here it is `(1 - b) / b` between
 * `(rho' - 1) / a` and `1 / rho'`, `rho' = min(1, h (1 - sqrt(a / (1 + a))))`. With
 * `sigma = 1 + a theta` and `w = sigma^(1 / (1 - n))`, `tau` is `min(1, 1 / b) w`, at most `sigma`,
 * where `theta <= 0`, and `min(1, 1 / b) min(w, 1 / theta)` elsewhere.
 *
 * @module
 */

import { dot, pow } from "../../numerics/inner.ts";
import {
  type BfgsOptions,
  type BfgsState,
  denseQuasiNewton,
  type Pair,
  timesInverse,
} from "./dense_quasi_newton.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Creates the self-scaled Broyden optimizer, for up to 5,000 parameters. After a refinement it
 * begins anew.
 *
 * @param options Its numbers, those of `bfgs`.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, findProblem, galleryDatasets, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";
 * import { ssbroyden } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("product"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([4, 2]);
 * const { loss } = await trainToEnd(network, rows, { schedule, optimizer: ssbroyden() });
 * assert(loss < 0.1);
 * ```
 */
export function ssbroyden(options: BfgsOptions = {}): Optimizer<BfgsState> {
  return denseQuasiNewton("ssbroyden", options, update);
}

/** The two numbers of the update. */
function numbersOf(h: number, b: number, n: number): { phi: number; tau: number } {
  // |y.s| <= |s|_B |y|_H: a is never below 0 but by rounding
  const a = Math.max(0, b * h - 1);
  const least = Math.min(1, h * (1 - Math.sqrt(a / (1 + a))));
  const low = a > 0 ? (least - 1) / a : -Infinity;
  const theta = Math.max(low, Math.min(1 / least, (1 - b) / b));
  const sigma = 1 + a * theta, share = Math.min(1, 1 / b);
  const root = n > 1 ? pow(sigma, 1 / (1 - n)) : 1;
  const tau = theta <= 0 ? Math.min(share * root, sigma) : share * Math.min(root, 1 / theta);
  return { phi: (1 - theta) / sigma, tau };
}

function update(inverse: Float64Array, { s, y, product, model }: Pair): void {
  const n = s.length, rho = 1 / product, z = timesInverse(inverse, y), square = dot(y, z);
  const { phi, tau } = numbersOf(square * rho, model, n);
  if (!(tau > 0 && square > 0 && Number.isFinite(phi / tau))) return; // rounding: nothing is learnt
  const v = s.map((each, i) => rho * each - z[i] / square);
  const weight = phi * square;
  for (let i = 0; i < n; i++) {
    // the same sum for both halves keeps the matrix symmetric to the last bit
    for (let j = 0; j <= i; j++) {
      const known = inverse[i * n + j] - z[i] * z[j] / square + weight * (v[i] * v[j]);
      const value = known / tau + rho * (s[i] * s[j]);
      inverse[i * n + j] = value;
      inverse[j * n + i] = value;
    }
  }
}
