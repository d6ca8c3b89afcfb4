/**
 * Effective degrees of freedom.
 *
 * @module
 */

import { inverseFromFactor, invertFactor } from "../numerics/inner.ts";
import type { Coefficients } from "./_coefficients.ts";
import type { Design } from "./_design.ts";
import type { StrengthFit } from "./_strengths.ts";

/** Effective degrees of freedom, `tr (X^T W X + S)^-1 X^T W X`, of every term and in all. */
export function columnEdf(
  { terms, count }: Design,
  { inverse, ridge, b }: StrengthFit,
): { readonly terms: Float64Array; readonly total: number } {
  const n = b.length, each = new Float64Array(terms.length);
  const edf = (i: number) => 1 - ridge[i] * inverse[i * n + i];
  let total = 0;
  for (let i = 0; i < n; i++) total += edf(i);
  terms.forEach(({ first, count: k }, t) => {
    for (let i = 0; i < n; i++) if (i % count >= first && i % count < first + k) each[t] += edf(i);
  });
  return { terms: each, total };
}

/** All of them together, of coefficients without their inverse. */
export function edfOf({ factor, ridge, b }: Coefficients): number {
  const n = b.length, inverse = inverseFromFactor(invertFactor(factor.factor, n), n);
  let edf = n;
  for (let i = 0; i < n; i++) edf -= ridge[i] * inverse[i * n + i];
  return edf;
}
