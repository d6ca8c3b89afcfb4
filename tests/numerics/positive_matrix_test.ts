import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  factorPositive,
  inverseFromFactor,
  invertFactor,
  symmetricEigenvalues,
  symmetricEigenvectors,
} from "../../lib/numerics/inner.ts";

/** A positive definite matrix whose eigenvalues span six decades. */
function example(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const v = Float64Array.from({ length: n }, (_, i) => Math.cos((k + 1) * (i + 0.5) * 1.1));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) matrix[i * n + j] += v[i] * v[j] * 10 ** (-6 * k / n);
    }
  }
  for (let i = 0; i < n; i++) matrix[i * n + i] += 1e-4;
  return matrix;
}

Deno.test("factorPositive(), invertFactor() and inverseFromFactor() agree with the definition", () => {
  for (const n of [1, 2, 3, 4, 5, 7, 8, 13, 30]) {
    const matrix = example(n), { factor, logDeterminant } = factorPositive(matrix, n)!;
    const inverse = inverseFromFactor(invertFactor(factor, n), n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let square = 0, product = 0;
        for (let k = 0; k < n; k++) {
          square += factor[i * n + k] * factor[j * n + k];
          product += matrix[i * n + k] * inverse[k * n + j];
        }
        assertAlmostEquals(square, matrix[i * n + j], 1e-12 * n);
        assertAlmostEquals(product, i === j ? 1 : 0, 1e-8);
      }
    }
    const values = symmetricEigenvalues(matrix, n);
    assertAlmostEquals(
      logDeterminant,
      values.reduce((sum, value) => sum + Math.log(value), 0),
      1e-8,
    );
  }
});

Deno.test("factorPositive() says where a matrix is not positive definite", () => {
  assertEquals(factorPositive(Float64Array.of(1, 1, 1, 1), 2), undefined);
  assertEquals(factorPositive(Float64Array.of(NaN), 1), undefined);
});

Deno.test("symmetricEigenvectors() are orthonormal and diagonalise", () => {
  for (const n of [1, 2, 5, 24]) {
    const matrix = example(n), { values, vectors } = symmetricEigenvectors(matrix, n);
    for (let k = 0; k < n; k++) {
      const v = vectors.subarray(k * n, (k + 1) * n);
      for (let i = 0; i < n; i++) {
        let image = 0, inner = 0;
        for (let j = 0; j < n; j++) {
          image += matrix[i * n + j] * v[j];
          inner += vectors[i * n + j] * v[j];
        }
        assertAlmostEquals(image, values[k] * v[i], 1e-12 * n);
        assertAlmostEquals(inner, i === k ? 1 : 0, 1e-13 * n);
      }
    }
    assert(values.every((value, k) => k === 0 || value >= values[k - 1]));
  }
});
