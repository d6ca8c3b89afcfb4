import { assert, assertEquals, assertThrows } from "@std/assert";
import { createCholesky } from "../../lib/engine/inner.ts";
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

Deno.test("createCholesky() solves systems of any size, from the lower half alone", () => {
  for (const n of [1, 2, 3, 5, 31, 32, 33, 35, 64, 97, 130, 165]) {
    const A = positive(n), { matrix, stride, factorise, solve } = createCholesky(n);
    matrix.fill(NaN);
    for (let i = 0; i < n; i++) matrix.set(A.subarray(i * n, i * n + i + 1), i * stride);
    assert(factorise(), `${n}`);
    const x = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
    const right = x.map((_, i) => x.reduce((sum, own, j) => sum + A[i * n + j] * own, 0));
    solve(right);
    const size = A.reduce((most, a) => Math.max(most, Math.abs(a)), 0);
    x.forEach((own, i) => assert(Math.abs(right[i] - own) <= 1e-13 * n * size, `${n} ${i}`));
  }
});

Deno.test("createCholesky() tells that a matrix is not positive", () => {
  for (const bad of [0, 40, 69]) {
    const n = 70, { matrix, stride, factorise } = createCholesky(n);
    for (let i = 0; i < n; i++) matrix[i * stride + i] = i === bad ? -1e-3 : 1;
    assertEquals(factorise(), false);
    matrix[bad * stride + bad] = NaN;
    assertEquals(factorise(), false);
  }
});

Deno.test("createCholesky() refuses more than 4 GiB", () => {
  assertThrows(() => createCholesky(30_000), RangeError, "at most 23000");
});
