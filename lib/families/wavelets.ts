/**
 * Multiwavelets as a nested family: piecewise polynomials on dyadic intervals.
 *
 * @module
 */

import { gaussLegendre, hypot, log2, pow } from "../numerics/inner.ts";
import { type FamilyOptions, type NestedFamily, splineSizes, zeroPadding } from "./family.ts";
import { writeLegendre } from "./legendre.ts";

/**
 * Creates orthonormal multiwavelets of Legendre polynomials (B. Alpert, SIAM J. Math. Anal. 24,
 * 1993): the polynomials up to `degree` on all of `[-1, 1]`, and on every dyadic interval
 * `degree + 1` wavelets: polynomials on either half that are orthogonal to all polynomials of the
 * whole. A finer level adds the wavelets of intervals half as long. Degree 0 would be Haar's.
 *
 * Which `degree + 1` functions span the wavelets' space is free; these come from Gram and Schmidt.
 *
 * @param options Level 0 has pieces of `degree` on the fewest dyadic intervals that give at least
 * `intervals + degree` functions.
 * @returns The family.
 * @throws {RangeError} If an option is not an integer from 1 to 1000, or the degree exceeds 20.
 *
 * @example They are orthonormal on `[-1, 1]`
 * ```ts
 * import { familyGram, wavelets } from "@freeknot/freeknot/families";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const family = wavelets({ intervals: 5, degree: 3 }), n = family.size(0);
 * familyGram(family, 0).forEach((value, i) => assertAlmostEquals(value, i % (n + 1) ? 0 : 1, 1e-12));
 * ```
 */
export function wavelets(options: FamilyOptions = {}): NestedFamily {
  const order = (options.degree ?? 3) + 1, wanted = splineSizes("wavelets", options)(0);
  if (order > 21) {
    throw new RangeError(
      `Cannot create wavelets: degree must be an integer from 1 to 20, current value is ${
        order - 1
      }`,
    );
  }
  const first = Math.max(0, Math.ceil(log2(wanted / order) - 1e-9));
  const size = (level: number) => order * pow(2, first + level);
  const mother = motherWavelets(order);
  const local = new Float64Array(order), localSlopes = new Float64Array(order);
  return {
    name: "wavelets",
    title: `multiwavelets of degree ${order - 1}`,
    size,
    evaluate(level, u, values, slopes, at = 0) {
      writeLegendre(order, u, values, slopes, at);
      values.fill(0, at + order, at + size(level));
      slopes.fill(0, at + order, at + size(level));
      for (let scale = 0; scale < first + level; scale++) {
        const cells = pow(2, scale);
        const cell = Math.max(0, Math.min(cells - 1, Math.floor((u + 1) / 2 * cells)));
        const v = (u + 1) * cells - 2 * cell - 1; // u in the cell's [-1, 1]
        const right = v >= 0 ? 1 : 0, w = 2 * v + (right ? -1 : 1); // and in the half's
        writeLegendre(order, w, local, localSlopes, 0);
        const height = Math.sqrt(2 * cells), start = at + order * (cells + cell);
        for (let k = 0; k < order; k++) {
          let value = 0, slope = 0;
          for (let i = 0, m = (2 * k + right) * order; i < order; i++, m++) {
            value += mother[m] * local[i];
            slope += mother[m] * localSlopes[i];
          }
          values[start + k] = height * value;
          slopes[start + k] = height * 2 * cells * slope;
        }
      }
    },
    embedding: (level) => zeroPadding(size(level + 1), size(level)),
  };
}

/**
 * The wavelets of `[-1, 1]`: coefficients by the orthonormal Legendre polynomials of the left and of
 * the right half, shape `[order, 2, order]`; a half's polynomial is `sqrt(2) P(2 u -+ 1)`.
 */
function motherWavelets(order: number): Float64Array {
  const width = 2 * order, { nodes, weights } = gaussLegendre(order + 1);
  const basis: Float64Array[] = [];
  const whole = new Float64Array(order), half = new Float64Array(order);
  const unused = new Float64Array(order);
  // polynomials of the whole interval, by those of the halves
  for (let k = 0; k < order; k++) {
    const row = new Float64Array(width);
    for (const side of [0, 1]) {
      nodes.forEach((node, j) => {
        writeLegendre(order, (node + 2 * side - 1) / 2, whole, unused, 0);
        writeLegendre(order, node, half, unused, 0);
        for (let i = 0; i < order; i++) {
          row[side * order + i] += weights[j] * whole[k] * half[i] / Math.SQRT2;
        }
      });
    }
    basis.push(row);
  }
  // the rest of the space, from the right half's polynomials
  for (let k = 0; k < order; k++) {
    const row = new Float64Array(width);
    row[order + k] = 1;
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const product = other.reduce((sum, value, i) => sum + value * row[i], 0);
        for (let i = 0; i < width; i++) row[i] -= product * other[i];
      }
    }
    const length = hypot(...row);
    basis.push(row.map((value) => value / length));
  }
  return Float64Array.from(basis.slice(order).flatMap((row) => [...row]));
}
