import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { ssbroyden } from "../../../lib/train/mod.ts";
import { evaluatorOf, quadratic, rosenbrock } from "../../support/objectives.ts";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, each, i) => sum + each * b[i], 0);

/** `M^-1` of a symmetric positive matrix, by Gauss and Jordan. */
function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => +(i === j))]);
  for (let k = 0; k < n; k++) {
    rows[k] = rows[k].map((x) => x / rows[k][k]);
    for (let i = 0; i < n; i++) {
      if (i !== k) rows[i] = rows[i].map((x, j) => x - rows[i][k] * rows[k][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}

/**
 * The Hessian's side of the family: `B <- tau (B - B s (B s)^T / s.B s + theta (s.B s) w w^T) + y y^T / y.s`,
 * `w = y / y.s - B s / s.B s` (Urban, Stefanou and Pons 2025), from `H = (y.s / y.y) I`.
 */
function textbook(n: number, pairs: readonly [Float64Array, Float64Array][]): number[][] {
  const [s0, y0] = pairs[0], first = dot(y0, y0) / dot(s0, y0);
  let B = Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => +(i === j) * first),
  );
  for (const [s, y] of pairs) {
    const Bs = B.map((row) => dot(row, s)), sBs = dot(s, Bs), ys = dot(y, s);
    const h = dot(y, inverseOf(B).map((row) => dot(row, y))) / ys, b = sBs / ys, a = b * h - 1;
    const least = Math.min(1, h * (1 - Math.sqrt(a / (1 + a))));
    const theta = Math.max((least - 1) / a, Math.min(1 / least, (1 - b) / b));
    const sigma = 1 + a * theta, w = sigma ** (1 / (1 - n)), share = Math.min(1, 1 / b);
    const tau = theta <= 0 ? Math.min(share * w, sigma) : share * Math.min(w, 1 / theta);
    const v = Array.from(y, (each, i) => each / ys - Bs[i] / sBs);
    B = B.map((row, i) =>
      row.map((x, j) =>
        tau * (x - Bs[i] * Bs[j] / sBs + theta * sBs * v[i] * v[j]) + y[i] * y[j] / ys
      )
    );
  }
  return inverseOf(B);
}

Deno.test("ssbroyden() keeps the inverse of the Hessian's own update, symmetric, H y = s", async () => {
  const n = 4, { f } = quadratic(n, 50, 5), evaluator = evaluatorOf(n, f);
  const single = ssbroyden({ maxIterations: 1 }),
    state = single.init(Float64Array.of(1, -2, 3, -4));
  const gradient = new Float64Array(n);
  f(state.parameters, gradient);
  let last: [Float64Array, Float64Array] = [state.parameters.slice(), gradient];
  const pairs: [Float64Array, Float64Array][] = [];
  for (let k = 0; k < 5; k++) {
    await single.epoch(state, evaluator);
    const next: [Float64Array, Float64Array] = [state.parameters.slice(), state.gradient.slice()];
    pairs.push([next[0].map((x, i) => x - last[0][i]), next[1].map((g, i) => g - last[1][i])]);
    last = next;
  }
  const expected = textbook(n, pairs).flat(), most = Math.max(...expected.map(Math.abs));
  state.inverse.forEach((h, i) => assertAlmostEquals(h, expected[i], 1e-9 * most));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) assertEquals(state.inverse[i * n + j], state.inverse[j * n + i]);
  }
  const [s, y] = pairs.at(-1)!;
  for (let i = 0; i < n; i++) {
    assertAlmostEquals(dot(state.inverse.subarray(i * n, i * n + n), y), s[i], 1e-10);
  }
});

Deno.test("ssbroyden() comes down Rosenbrock's valley to the last digits, and says converged", async () => {
  const optimizer = ssbroyden(), evaluator = evaluatorOf(2, rosenbrock);
  const state = optimizer.init(Float64Array.of(-1.2, 1));
  let status = "running", epochs = 0;
  while (status === "running" && epochs++ < 20) status = await optimizer.epoch(state, evaluator);
  assertEquals(status, "converged");
  assertLess(state.objective, 1e-24);
  assertLess(state.evaluations, 120);
  assertEquals(state.evaluations, evaluator.calls);
});

Deno.test("ssbroyden() refuses numbers out of range by its name", () => {
  assertThrows(() => ssbroyden({ maxIterations: 0 }), RangeError, "Cannot create ssbroyden");
});
