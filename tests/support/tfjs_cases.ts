/**
 * Comparisons of the TensorFlow.js layers with this package, for Deno and for browsers.
 *
 * @module
 */

import { evaluateSpline } from "../../lib/basis/mod.ts";
import { knotsFromBreakpoints } from "../../lib/knots/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { splineLayer, type TfTensor } from "../../lib/tfjs/mod.ts";
import type { TestTf } from "./tfjs.ts";

/** Sums of a few float32 products, knots rounded to float32 where an interval is 0.05 wide. */
export const TOLERANCE = 2e-5;

/** Of two inputs, on [-1, 1]. */
export const BREAKPOINTS = [[-1, -0.7, 0.1, 0.15, 1], [-1, -0.2, 0.3, 0.9, 1]];

/** The values of a tensor. */
export async function valuesOf(tensor: TfTensor): Promise<Float32Array> {
  return await tensor.data() as Float32Array;
}

/** `max |a - b| / max |b|`. */
export function normwise(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let error = 0, size = 0;
  for (let i = 0; i < b.length; i++) {
    error = Math.max(error, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return a.length === b.length ? error / size : NaN;
}

/** Normal numbers that float32 has. */
export function randoms(size: number, seed: number, scale = 1): Float64Array {
  const random = createRandom(seed, "tfjs");
  return Float64Array.from({ length: size }, () => Math.fround(scale * random.normal()));
}

/** Numbers as a tensor. */
export function tensor(tf: TestTf, values: Float64Array, shape: number[]): TfTensor {
  return tf.tensor(Float32Array.from(values), shape);
}

/** A comparison. */
export interface SplineError {
  readonly title: string;
  /** Normwise. */
  readonly error: number;
}

/** `splineLayer` beside `evaluateSpline`, all derivatives, shared knots or not, both rules outside. */
export async function splineErrors(tf: TestTf, degree: number): Promise<SplineError[]> {
  const rows = 9, nIn = 2, nOut = 3;
  const t = BREAKPOINTS.map((points) =>
    knotsFromBreakpoints(points, { degree }).values.map(Math.fround)
  );
  const numBasis = t[0].length - 1 - degree;
  const x = randoms(rows * nIn, degree, 0.8), c = randoms(nIn * numBasis * nOut, degree + 10);
  const errors: SplineError[] = [];
  for (const vectors of [1, 2]) {
    for (let derivative = 0; derivative <= degree + 1; derivative++) {
      const extrapolation = (derivative + vectors) % 2 === 0 ? "linear" : "clamp";
      const expected = new Float64Array(rows * nOut);
      for (let r = 0; r < rows; r++) {
        for (let p = 0; p < nIn; p++) {
          const knots = { values: t[vectors === 1 ? 0 : p], degree };
          for (let q = 0; q < nOut; q++) {
            const own = Array.from(
              { length: numBasis },
              (_, i) => c[(p * numBasis + i) * nOut + q],
            );
            const options = { derivative, extrapolation } as const;
            expected[r * nOut + q] += evaluateSpline(knots, own, x[r * nIn + p], options);
          }
        }
      }
      const rowsOfKnots = vectors === 1 ? t[0] : Float64Array.from([...t[0], ...t[1]]);
      const y = tf.tidy(() =>
        splineLayer(
          tf,
          tensor(tf, x, [rows, nIn]),
          tensor(tf, c, [nIn, numBasis, nOut]),
          tensor(tf, rowsOfKnots, [vectors, t[0].length]),
          { degree, derivative, extrapolation },
        )
      );
      const found = await valuesOf(y);
      y.dispose();
      const zero = derivative > degree;
      errors.push({
        title: `degree ${degree}, derivative ${derivative}, ${vectors} rows of knots`,
        error: zero ? Number(found.some((value) => value !== 0)) : normwise(found, expected),
      });
    }
  }
  return errors;
}
