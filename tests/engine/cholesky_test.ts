import { assert, assertEquals, assertThrows } from "@std/assert";
import { choleskyOnThreads, createCholesky } from "../../lib/engine/inner.ts";
import type { Cholesky } from "../../lib/engine/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** A matrix of eigenvalues from about 1 to n. */
function positive(n: number): Float64Array {
  const random = createRandom(n, "cholesky"), A = new Float64Array(n * n);
  const B = A.map(() => random.normal());
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) sum += B[i * n + k] * B[j * n + k];
      A[i * n + j] = A[j * n + i] = sum;
    }
  }
  return A;
}

/** As `positive`, in a moment: `G G^T` of a matrix G with three diagonals. */
function positiveBand(n: number): Float64Array {
  const random = createRandom(n, "band"), A = new Float64Array(n * n);
  const rows = Array.from({ length: n }, () => [3, random.normal(), random.normal()]);
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - 2); j <= i; j++) {
      let sum = 0;
      for (let k = Math.max(0, i - 2); k <= j; k++) sum += rows[i][i - k] * rows[j][j - k];
      A[i * n + j] = A[j * n + i] = sum;
    }
  }
  return A;
}

/** The factor as it is written in books; undefined where a pivot is not positive. */
function plainFactor(A: Float64Array, n: number): Float64Array | undefined {
  const L = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j];
      for (let k = 0; k < j; k++) sum -= L[i * n + k] * L[j * n + k];
      if (i === j && !(sum > 0)) return undefined;
      L[i * n + j] = i === j ? Math.sqrt(sum) : sum / L[j * n + j];
    }
  }
  return L;
}

/** Fills the lower half; the rest is NaN. */
function fillLower({ matrix }: Cholesky, A: Float64Array, n: number): void {
  matrix.fill(NaN);
  for (let i = 0; i < n; i++) matrix.set(A.subarray(i * n, i * n + i + 1), i * n);
}

/** `|A x - right|` in units of `|A| |x|`, largest entries. */
function residual(A: Float64Array, x: Float64Array, right: Float64Array): number {
  const n = x.length;
  let worst = 0, size = 0;
  for (let i = 0; i < n; i++) {
    let sum = -right[i], row = 0;
    for (let j = 0; j < n; j++) {
      sum += A[i * n + j] * x[j];
      row += Math.abs(A[i * n + j]);
    }
    worst = Math.max(worst, Math.abs(sum));
    size = Math.max(size, row);
  }
  return worst / (size * x.reduce((most, each) => Math.max(most, Math.abs(each)), 0));
}

Deno.test("createCholesky() solves systems of any size, from the lower half alone", () => {
  const sizes = [...Array.from({ length: 70 }, (_, i) => i + 1), 97, 119, 120, 121, 180, 299];
  for (const n of sizes) {
    const A = positive(n), factor = createCholesky(n);
    fillLower(factor, A, n);
    const right = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1)), x = right.slice();
    for (let again = 0; again < 2; again++) { // the matrix is still there
      assert(factor.factorise(), `${n}`);
      x.set(right);
      factor.solve(x);
      assert(residual(A, x, right) <= 1e-15 * n, `${n}`);
    }
  }
});

Deno.test("createCholesky() factorises, L L^T = S M S + shift I, as the formula does", () => {
  for (const n of [1, 5, 12, 13, 37, 70, 130]) {
    const A = positive(n), factor = createCholesky(n), shift = 0.25;
    const scales = Float64Array.from({ length: n }, (_, i) => 1 / (1 + i % 7));
    fillLower(factor, A, n);
    assert(factor.factorise({ scales, shift }));
    const scaled = A.map((a, p) => {
      const i = Math.floor(p / n), j = p % n;
      return a * scales[i] * scales[j] + (i === j ? shift : 0);
    });
    // columns of the inverse, from both factors
    const L = plainFactor(scaled, n)!, size = scaled.reduce((most, a) => Math.max(most, a), 0);
    for (const column of [0, n >> 1, n - 1]) {
      const x = new Float64Array(n), y = new Float64Array(n);
      x[column] = y[column] = 1;
      factor.solve(x);
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < i; k++) y[i] -= L[i * n + k] * y[k];
        y[i] /= L[i * n + i];
      }
      for (let i = n - 1; i >= 0; i--) {
        for (let k = i + 1; k < n; k++) y[i] -= L[k * n + i] * y[k];
        y[i] /= L[i * n + i];
      }
      const most = y.reduce((each, v) => Math.max(each, Math.abs(v)), 0);
      x.forEach((each, i) => assert(Math.abs(each - y[i]) <= 1e-15 * n * size / shift * most));
      // L L^T = M: M times the column of the inverse is a unit vector
      for (let i = 0; i < n; i++) {
        let sum = i === column ? -1 : 0;
        for (let j = 0; j < n; j++) sum += scaled[i * n + j] * x[j];
        assert(Math.abs(sum) <= 1e-12 * Math.max(1, size * most), `${n} ${i} ${sum}`);
      }
    }
  }
});

Deno.test("createCholesky() finds the same bits on any number of threads", async () => {
  for (const n of [256, 500, 1811]) {
    const A = n > 500 ? positiveBand(n) : positive(n);
    const found: Float64Array[] = [];
    for (const threads of [1, 2, 3]) {
      const factor = createCholesky(n, threads);
      fillLower(factor, A, n);
      for (let again = 0; again < (n > 1000 ? 2 : 8); again++) {
        if (again === 1) await new Promise((resolve) => setTimeout(resolve, 100)); // helpers come
        const x = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
        assert(factor.factorise());
        factor.solve(x);
        found.push(x);
      }
      factor.dispose();
      assert(factor.factorise(), "alone after dispose()");
    }
    for (const x of found) assertEquals(x, found[0]);
  }
});

Deno.test("createCholesky() tells that a matrix is not positive, on any number of threads", () => {
  for (const [n, bads] of [[71, [0, 40, 69, 70]], [601, [0, 1, 59, 60, 301, 599]]] as const) {
    for (const threads of [1, 2]) {
      const factor = createCholesky(n, threads), { matrix } = factor;
      for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
      for (const bad of bads) {
        for (const pivot of [-1e-3, 0, NaN, -Infinity]) {
          matrix[bad * n + bad] = pivot;
          assertEquals(factor.factorise(), false, `${n} ${bad} ${pivot}`);
        }
        matrix[bad * n + bad] = 1;
        if (bad === 0) continue;
        for (const entry of [NaN, Infinity, 2]) {
          matrix[bad * n] = entry;
          assertEquals(factor.factorise(), false, `${n} ${bad} 0 ${entry}`);
        }
        matrix[bad * n] = 0;
      }
      factor.solve(new Float64Array(n).fill(NaN));
      assert(factor.factorise(), "works after failures");
      const right = Float64Array.from({ length: n }, (_, i) => i), x = right.slice();
      factor.solve(x);
      assertEquals(x, right);
      factor.dispose();
    }
  }
});

Deno.test("createCholesky() refuses more than 4 GiB", () => {
  assertThrows(() => createCholesky(30_000), RangeError, "at most 18900");
});

Deno.test("choleskyOnThreads() lends factorisations that take turns", async () => {
  const { cholesky, dispose } = choleskyOnThreads(2);
  const lent = [cholesky(300), cholesky(300), cholesky(300)];
  for (const { matrix } of lent) for (let i = 0; i < 300; i++) matrix[i * 301] = 1;
  for (let turn = 0; turn < 60; turn++) {
    for (const { factorise } of lent) assert(factorise());
    await new Promise((resolve) => setTimeout(resolve, 2)); // helpers come meanwhile
  }
  dispose();
});

Deno.test("choleskyOnThreads() makes one factorisation after the other", () => {
  const { cholesky, dispose } = choleskyOnThreads(2);
  const first = cholesky(300), second = cholesky(300);
  for (const { matrix, factorise } of [first, second]) {
    for (let i = 0; i < 300; i++) matrix[i * 301] = 1;
    assert(factorise());
  }
  dispose();
  second.dispose();
});
