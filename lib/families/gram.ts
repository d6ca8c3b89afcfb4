/**
 * Gram matrices of nested families.
 *
 * @module
 */

import { gaussLegendre, pow } from "../numerics/inner.ts";
import type { NestedFamily } from "./family.ts";

/** Points of Gauss and Legendre on every cell: exact for products of pieces up to degree 15. */
const POINTS = 16;

/**
 * Computes the Gram matrix of a level, `G_ij` the integral of `f_i f_j` over `[-1, 1]`.
 *
 * Gauss-Legendre quadrature on equal cells: exact but for rounding where pieces begin at ends of
 * cells and have at most degree 15; for smooth functions far below rounding.
 *
 * @param family The family.
 * @param level From 0, the coarsest.
 * @param cells Equal cells. Default `40 2^level`, which fits families of 5 intervals and dyadic ones.
 * @returns Symmetric matrix, shape `[size, size]`, row-major.
 *
 * @example
 * ```ts
 * import { familyGram, legendre } from "@freeknot/freeknot/families";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const gram = familyGram(legendre({ intervals: 1, degree: 1 }), 0);
 * [1, 0, 0, 1].forEach((value, i) => assertAlmostEquals(gram[i], value, 1e-14));
 * ```
 */
export function familyGram(
  family: NestedFamily,
  level: number,
  cells: number = 40 * pow(2, level),
): Float64Array {
  const n = family.size(level), gram = new Float64Array(n * n);
  const values = new Float64Array(n), slopes = new Float64Array(n);
  const { nodes, weights } = gaussLegendre(POINTS);
  for (let cell = 0; cell < cells; cell++) {
    nodes.forEach((node, g) => {
      family.evaluate(level, (2 * cell + 1 + node) / cells - 1, values, slopes);
      for (let i = 0; i < n; i++) {
        const weighted = values[i] * weights[g] / cells;
        if (weighted === 0) continue;
        for (let j = 0; j <= i; j++) gram[i * n + j] += weighted * values[j];
      }
    });
  }
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) gram[i * n + j] = gram[j * n + i];
  }
  return gram;
}
