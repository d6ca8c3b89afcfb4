/**
 * Cholesky factorisation of dense symmetric matrices, in blocks of 4 x 4 entries whose sums stay in
 * registers.
 *
 * @module
 */

/**
 * Replaces the lower half of a symmetric matrix by its factor, `M = L L^T`.
 *
 * @param matrix Row-major, shape `[n, n]`; only the lower half is read and written.
 * @param n Number of rows.
 * @param least Pivots must be larger than this.
 * @returns Whether all pivots were; if not, the matrix is spoilt.
 */
export function factorise(matrix: Float64Array, n: number, least = 0): boolean {
  for (let j0 = 0; j0 < n; j0 += 4) {
    const j1 = Math.min(n, j0 + 4);
    if (!factoriseCorner(matrix, n, j0, j1, least)) return false;
    let i = j1;
    if (j1 - j0 === 4) { for (; i + 4 <= n; i += 4) solveBlock(matrix, n, i, j0); }
    for (; i < n; i++) solveRow(matrix, n, i, j0, j1);
  }
  return true;
}

/** Rows and columns `j0 .. j1 - 1` on the diagonal. */
function factoriseCorner(
  m: Float64Array,
  n: number,
  j0: number,
  j1: number,
  least: number,
): boolean {
  for (let i = j0; i < j1; i++) {
    solveRow(m, n, i, j0, i);
    const row = i * n;
    let pivot = m[row + i];
    for (let k = 0; k < i; k++) pivot -= m[row + k] * m[row + k];
    if (!(pivot > least)) return false;
    m[row + i] = Math.sqrt(pivot);
  }
  return true;
}

/** Entries `j0 .. j1 - 1` of row i, below the diagonal. */
function solveRow(m: Float64Array, n: number, i: number, j0: number, j1: number): void {
  const row = i * n;
  for (let j = j0; j < j1; j++) {
    const other = j * n;
    let sum = m[row + j];
    for (let k = 0; k < j; k++) sum -= m[row + k] * m[other + k];
    m[row + j] = sum / m[other + j];
  }
}

/** Rows `i .. i + 3` of columns `j .. j + 3`. */
function solveBlock(m: Float64Array, n: number, i: number, j: number): void {
  const a0 = i * n, a1 = a0 + n, a2 = a1 + n, a3 = a2 + n;
  const b0 = j * n, b1 = b0 + n, b2 = b1 + n, b3 = b2 + n;
  let s00 = m[a0 + j], s01 = m[a0 + j + 1], s02 = m[a0 + j + 2], s03 = m[a0 + j + 3];
  let s10 = m[a1 + j], s11 = m[a1 + j + 1], s12 = m[a1 + j + 2], s13 = m[a1 + j + 3];
  let s20 = m[a2 + j], s21 = m[a2 + j + 1], s22 = m[a2 + j + 2], s23 = m[a2 + j + 3];
  let s30 = m[a3 + j], s31 = m[a3 + j + 1], s32 = m[a3 + j + 2], s33 = m[a3 + j + 3];
  for (let k = 0; k < j; k++) {
    const x0 = m[a0 + k], x1 = m[a1 + k], x2 = m[a2 + k], x3 = m[a3 + k];
    const y0 = m[b0 + k], y1 = m[b1 + k], y2 = m[b2 + k], y3 = m[b3 + k];
    s00 -= x0 * y0;
    s01 -= x0 * y1;
    s02 -= x0 * y2;
    s03 -= x0 * y3;
    s10 -= x1 * y0;
    s11 -= x1 * y1;
    s12 -= x1 * y2;
    s13 -= x1 * y3;
    s20 -= x2 * y0;
    s21 -= x2 * y1;
    s22 -= x2 * y2;
    s23 -= x2 * y3;
    s30 -= x3 * y0;
    s31 -= x3 * y1;
    s32 -= x3 * y2;
    s33 -= x3 * y3;
  }
  const r0 = 1 / m[b0 + j], r1 = 1 / m[b1 + j + 1], r2 = 1 / m[b2 + j + 2];
  const r3 = 1 / m[b3 + j + 3];
  const l10 = m[b1 + j], l20 = m[b2 + j], l21 = m[b2 + j + 1];
  const l30 = m[b3 + j], l31 = m[b3 + j + 1], l32 = m[b3 + j + 2];
  function finish(at: number, s0: number, s1: number, s2: number, s3: number): void {
    const z0 = s0 * r0, z1 = (s1 - z0 * l10) * r1, z2 = (s2 - z0 * l20 - z1 * l21) * r2;
    m[at] = z0;
    m[at + 1] = z1;
    m[at + 2] = z2;
    m[at + 3] = (s3 - z0 * l30 - z1 * l31 - z2 * l32) * r3;
  }
  finish(a0 + j, s00, s01, s02, s03);
  finish(a1 + j, s10, s11, s12, s13);
  finish(a2 + j, s20, s21, s22, s23);
  finish(a3 + j, s30, s31, s32, s33);
}

/**
 * Solves `L L^T x = v`, in place of `v`.
 *
 * @param factor Left by {@linkcode factorise}.
 * @param n Number of rows.
 * @param vector `v`, shape `[n]`; becomes `x`.
 */
export function solveFactorised(factor: Float64Array, n: number, vector: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let sum = vector[i];
    for (let k = 0; k < i; k++) sum -= factor[row + k] * vector[k];
    vector[i] = sum / factor[row + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const own = vector[i] /= factor[row + i];
    for (let k = 0; k < i; k++) vector[k] -= own * factor[row + k];
  }
}
