/**
 * Singular values and vectors of small dense matrices.
 *
 * @module
 */

import { dot, norm } from "./vector.ts";

/** A singular value with both vectors, of length 1. */
export interface SingularTriple {
  readonly size: number;
  /** As long as a column. */
  readonly left: Float64Array;
  /** One number per column. */
  readonly right: Float64Array;
}

/** Singular values below this share of the largest are rounding. */
const ROUNDING = 1e-15;
const MOST_SWEEPS = 30;

/** Singular values and vectors of a matrix of columns (Hestenes 1958, one-sided rotations). */
export function singularTriples(columns: readonly Float64Array[]): SingularTriple[] {
  const count = columns.length, a = columns.map((column) => column.slice());
  const v = Array.from({ length: count }, (_, i) => {
    const unit = new Float64Array(count);
    unit[i] = 1;
    return unit;
  });
  const rotate = (x: Float64Array, y: Float64Array, c: number, s: number) => {
    for (let i = 0; i < x.length; i++) {
      const old = x[i];
      x[i] = c * old - s * y[i];
      y[i] = s * old + c * y[i];
    }
  };
  const most = Math.max(...a.map(norm));
  for (let sweep = 0, turned = true; sweep < MOST_SWEEPS && turned; sweep++) {
    turned = false;
    for (let p = 0; p < count; p++) {
      for (let q = p + 1; q < count; q++) {
        const [pp, qq, pq] = [dot(a[p], a[p]), dot(a[q], a[q]), dot(a[p], a[q])];
        if (!(Math.abs(pq) > ROUNDING * (Math.sqrt(pp * qq) + ROUNDING * most * most))) continue;
        turned = true;
        const ratio = (qq - pp) / (2 * pq);
        const t = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
        const c = 1 / Math.sqrt(1 + t * t), s = c * t;
        rotate(a[p], a[q], c, s);
        rotate(v[p], v[q], c, s);
      }
    }
  }
  const triples = a.map((column, i) => ({ size: norm(column), column, right: v[i] }))
    .sort((x, y) => y.size - x.size);
  return triples.filter(({ size }) => size > ROUNDING * triples[0].size)
    .map(({ size, column, right }) => ({ size, right, left: column.map((x) => x / size) }));
}
