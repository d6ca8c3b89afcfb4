import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../lib/model/mod.ts";
import {
  type EigenSystem,
  reducedEigenvectors,
  symmetricEigenvectors,
  tridiagonalEigenvectors,
} from "../../lib/numerics/inner.ts";

function tridiagonalMatrix(d: Float64Array, e: Float64Array): Float64Array {
  const n = d.length, matrix = new Float64Array(n * n);
  d.forEach((value, i) => matrix[i * n + i] = value);
  e.forEach((value, i) => matrix[i * n + i + 1] = matrix[(i + 1) * n + i] = value);
  return matrix;
}

/** Largest entries of `A v - value v` and of `V V^T - I`. */
function faults(matrix: Float64Array, { values, vectors }: EigenSystem) {
  const n = values.length;
  let residual = 0, turned = 0;
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      let product = 0, dot = 0;
      for (let j = 0; j < n; j++) {
        product += matrix[i * n + j] * vectors[k * n + j];
        dot += vectors[i * n + j] * vectors[k * n + j];
      }
      residual = Math.max(residual, Math.abs(product - values[k] * vectors[k * n + i]));
      turned = Math.max(turned, Math.abs(dot - (i === k ? 1 : 0)));
    }
  }
  return { residual, turned };
}

Deno.test("tridiagonalEigenvectors() finds what Jacobi's rotations find", () => {
  const random = createRandom(4), n = 40;
  const d = Float64Array.from({ length: n }, () => random.normal());
  const e = Float64Array.from({ length: n - 1 }, () => random.normal());
  const matrix = tridiagonalMatrix(d, e);
  const found = tridiagonalEigenvectors(d, e), known = symmetricEigenvectors(matrix, n);
  found.values.forEach((value, i) => assertAlmostEquals(value, known.values[i], 1e-13));
  const { residual, turned } = faults(matrix, found);
  assertAlmostEquals(residual, 0, 1e-13);
  assertAlmostEquals(turned, 0, 1e-9);
});

Deno.test("tridiagonalEigenvectors() has the sines of a chain, zero pivots included", () => {
  const n = 101,
    { values, vectors } = tridiagonalEigenvectors(
      new Float64Array(n),
      new Float64Array(n - 1).fill(1),
    );
  for (let k = 0; k < n; k++) {
    const angle = Math.PI * (n - k) / (n + 1);
    assertAlmostEquals(values[k], 2 * Math.cos(angle), 1e-13);
    const size = Math.sqrt(2 / (n + 1)), sign = Math.sign(vectors[k * n]) || 1;
    for (let i = 0; i < n; i++) {
      assertAlmostEquals(sign * vectors[k * n + i], size * Math.sin(angle * (i + 1)), 1e-10);
    }
  }
});

Deno.test("tridiagonalEigenvectors() keeps a chain of strong disorder: residuals of rounding", () => {
  const random = createRandom(5), n = 300;
  const d = Float64Array.from({ length: n }, () => 20 * random.uniform());
  const e = new Float64Array(n - 1).fill(1);
  const { residual } = faults(tridiagonalMatrix(d, e), tridiagonalEigenvectors(d, e));
  assertAlmostEquals(residual, 0, 1e-12);
  const one = tridiagonalEigenvectors(new Float64Array([3]), new Float64Array());
  assertEquals([...one.values, ...one.vectors], [3, 1]);
});

Deno.test("reducedEigenvectors() finds vectors of full matrices", () => {
  const random = createRandom(6), n = 50, matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.normal();
  }
  const { residual, turned } = faults(matrix, reducedEigenvectors(matrix, n));
  assertAlmostEquals(residual, 0, 1e-12);
  assertAlmostEquals(turned, 0, 1e-9);
});
