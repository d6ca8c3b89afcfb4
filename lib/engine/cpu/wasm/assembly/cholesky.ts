// Cholesky's factorisation of a dense matrix, M = L L^T, rows of `step` bytes (a multiple of 16).
// Only the lower half is read; tiles overwrite a few entries above the diagonal. Columns are done
// in panels: products of earlier columns are subtracted in tiles of 4 x 2 entries, over so many
// columns at a time that the panel's rows stay in the first cache.

import { madd, sumLanes } from "./lanes";

/** Columns of a panel, and earlier columns that are summed at a time. */
const PANEL = 32;
const DEPTH = 128;

/** sum_k a_k b_k over `size` bytes, a multiple of 8. */
@inline
function dot(a: usize, b: usize, size: usize): f64 {
  let sum = f64x2.splat(0), other = f64x2.splat(0);
  let v: usize = 0;
  for (; v + 32 <= size; v += 32) {
    sum = madd<f64>(v128.load(a + v), v128.load(b + v), sum);
    other = madd<f64>(v128.load(a + v, 16), v128.load(b + v, 16), other);
  }
  if (v + 16 <= size) {
    sum = madd<f64>(v128.load(a + v), v128.load(b + v), sum);
    v += 16;
  }
  let total = sumLanes<f64>(f64x2.add(sum, other));
  if (v < size) total += load<f64>(a + v) * load<f64>(b + v);
  return total;
}

@inline
function less(to: usize, sum: v128): void {
  store<f64>(to, load<f64>(to) - sumLanes<f64>(sum));
}

/** Entries (4 rows, 2 columns) lose their rows' products over `size` bytes, a multiple of 32. */
@inline
function tile(to: usize, step: usize, a: usize, b: usize, size: usize): void {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  let c = b + step, a1 = a + step, a2 = a1 + step, a3 = a2 + step;
  for (const end = a + size; a < end; a += 32) {
    let x = v128.load(b), y = v128.load(c), row = v128.load(a);
    s0 = madd<f64>(row, x, s0);
    s1 = madd<f64>(row, y, s1);
    row = v128.load(a1);
    s2 = madd<f64>(row, x, s2);
    s3 = madd<f64>(row, y, s3);
    row = v128.load(a2);
    s4 = madd<f64>(row, x, s4);
    s5 = madd<f64>(row, y, s5);
    row = v128.load(a3);
    s6 = madd<f64>(row, x, s6);
    s7 = madd<f64>(row, y, s7);
    x = v128.load(b, 16), y = v128.load(c, 16), row = v128.load(a, 16);
    s0 = madd<f64>(row, x, s0);
    s1 = madd<f64>(row, y, s1);
    row = v128.load(a1, 16);
    s2 = madd<f64>(row, x, s2);
    s3 = madd<f64>(row, y, s3);
    row = v128.load(a2, 16);
    s4 = madd<f64>(row, x, s4);
    s5 = madd<f64>(row, y, s5);
    row = v128.load(a3, 16);
    s6 = madd<f64>(row, x, s6);
    s7 = madd<f64>(row, y, s7);
    a1 += 32;
    a2 += 32;
    a3 += 32;
    b += 32;
    c += 32;
  }
  less(to, s0);
  less(to + 8, s1);
  less(to + step, s2);
  less(to + step + 8, s3);
  less(to + 2 * step, s4);
  less(to + 2 * step + 8, s5);
  less(to + 3 * step, s6);
  less(to + 3 * step + 8, s7);
}

/** Factorises n rows in place; false where a pivot is not above `least`: the matrix is spoilt. */
export function factorise(n: i32, matrixAt: usize, step: usize, least: f64): bool {
  for (let j0 = 0; j0 < n; j0 += PANEL) {
    const j1 = min(n, j0 + PANEL), columns = matrixAt + (<usize>j0 << 3);
    for (let k = 0; k < j0; k += DEPTH) { // of whole vectors
      const size = <usize>min(DEPTH, j0 - k) << 3, shift = <usize>k << 3;
      let i = j0;
      for (; i + 4 <= n; i += 4) {
        const row = <usize>i * step, end = min(j1, i + 4); // a little above the diagonal too
        let j = j0;
        for (; j + 2 <= end; j += 2) {
          const b = matrixAt + <usize>j * step + shift;
          tile(matrixAt + row + (<usize>j << 3), step, matrixAt + row + shift, b, size);
        }
        for (; j < end; j++) {
          for (let l = 0; l < 4; l++) {
            const line = matrixAt + row + <usize>l * step, to = line + (<usize>j << 3);
            const b = matrixAt + <usize>j * step + shift;
            store<f64>(to, load<f64>(to) - dot(line + shift, b, size));
          }
        }
      }
      for (; i < n; i++) {
        const line = matrixAt + <usize>i * step;
        for (let j = j0, end = min(j1, i + 1); j < end; j++) {
          const to = line + (<usize>j << 3), b = matrixAt + <usize>j * step + shift;
          store<f64>(to, load<f64>(to) - dot(line + shift, b, size));
        }
      }
    }
    for (let i = j0; i < n; i++) {
      const row = <usize>i * step, line = columns + row;
      for (let j = j0, end = min(i, j1); j < end; j++) {
        const size = <usize>(j - j0) << 3, other = columns + <usize>j * step;
        const value = load<f64>(line + size) - dot(line, other, size);
        store<f64>(line + size, value / load<f64>(other + size));
      }
      if (i >= j1) continue;
      const size = <usize>(i - j0) << 3, pivot = load<f64>(line + size) - dot(line, line, size);
      if (!(pivot > least)) return false;
      store<f64>(line + size, Math.sqrt(pivot));
    }
  }
  return true;
}

/** Solves L L^T x = v in place of v, which has n numbers. */
export function solveFactorised(n: i32, matrixAt: usize, step: usize, vectorAt: usize): void {
  for (let i = 0; i < n; i++) {
    const row = matrixAt + <usize>i * step, size = <usize>i << 3, to = vectorAt + size;
    store<f64>(to, (load<f64>(to) - dot(row, vectorAt, size)) / load<f64>(row + size));
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = matrixAt + <usize>i * step, size = <usize>i << 3;
    const value = load<f64>(vectorAt + size) / load<f64>(row + size);
    store<f64>(vectorAt + size, value);
    const factor = f64x2.splat(-value);
    let v: usize = 0;
    for (; v + 16 <= size; v += 16) {
      const to = vectorAt + v;
      v128.store(to, madd<f64>(factor, v128.load(row + v), v128.load(to)));
    }
    if (v < size) {
      store<f64>(vectorAt + v, load<f64>(vectorAt + v) - value * load<f64>(row + v));
    }
  }
}
