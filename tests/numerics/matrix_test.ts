import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "@std/assert";
import { pivotedCholesky, solvePositive, solveSmall } from "../../lib/numerics/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** `B^T B` of a random matrix with so many rows; of a band where `width` is given. */
function positive(n: number, rank: number, seed: number, width = n): Float64Array {
  const random = createRandom(seed, "matrix");
  const b = Array.from({ length: rank }, (_, r) =>
    Float64Array.from({ length: n }, (_, i) => {
      const at = Math.floor(r * n / rank);
      return i >= at && i < at + width ? random.normal() : 0;
    }));
  const matrix = new Float64Array(n * n);
  for (const row of b) {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j] += row[i] * row[j];
  }
  return matrix;
}

function multiply(matrix: Float64Array, x: Float64Array, n: number): Float64Array {
  return Float64Array.from(
    { length: n },
    (_, i) => x.reduce((sum, value, j) => sum + matrix[i * n + j] * value, 0),
  );
}

Deno.test("solveSmall() solves with pivots, and says where it cannot", () => {
  for (const n of [1, 2, 5, 9]) {
    const random = createRandom(n, "small");
    const matrix = Float64Array.from({ length: n * n }, () => random.normal());
    const x = Float64Array.from({ length: n }, () => random.normal());
    const right = multiply(matrix, x, n);
    assert(solveSmall(matrix.slice(), right, n));
    right.forEach((value, i) => assertAlmostEquals(value, x[i], 1e-10));
  }
  assert(solveSmall(new Float64Array([0, 1, 1, 0]), new Float64Array([3, 4]), 2), "a zero first");
  assert(!solveSmall(new Float64Array([1, 2, 2, 4]), new Float64Array([1, 1]), 2), "singular");
});

Deno.test("solvePositive() solves band systems with several right sides", () => {
  const n = 12, bandwidth = 3;
  const matrix = positive(n, 3 * n, 5, bandwidth + 1);
  const random = createRandom(3, "right");
  const x = Float64Array.from({ length: 2 * n }, () => random.normal());
  const column = (q: number) => Float64Array.from({ length: n }, (_, i) => x[2 * i + q]);
  const right = new Float64Array(2 * n);
  for (const q of [0, 1]) multiply(matrix, column(q), n).forEach((v, i) => right[2 * i + q] = v);
  solvePositive(matrix, n, bandwidth, right, 2).forEach((value, i) =>
    assertAlmostEquals(value, x[i], 1e-9)
  );
  const hole = new Float64Array([1, 0, 0, 0]); // a row without diagonal gives 0
  assertEquals([...solvePositive(hole, 2, 1, new Float64Array([5, 3]), 1)], [5, 0]);
});

Deno.test("pivotedCholesky() finds the rank of a matrix and of its principal submatrices", () => {
  for (const [n, rank] of [[6, 6], [8, 5], [7, 1]]) {
    const matrix = positive(n, rank, n + rank);
    const all = Array.from({ length: n }, (_, i) => i);
    const { pivots, next } = pivotedCholesky(matrix, n, all);
    assertEquals(pivots.length, rank);
    pivots.slice(1).forEach((pivot, k) => assertLessOrEqual(pivot, pivots[k]));
    assertLessOrEqual(next, 1e-10);
    assertEquals(pivotedCholesky(matrix, n, all.slice(0, 2)).pivots.length, Math.min(2, rank));
  }
  assertEquals(pivotedCholesky(new Float64Array(4), 2, [0, 1]), { pivots: [], next: 0 });
});
