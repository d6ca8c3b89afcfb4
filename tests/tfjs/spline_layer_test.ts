import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import {
  freeKnots,
  freeKnotsVjp,
  knotsFromBreakpoints,
  type OuterKnots,
} from "../../lib/knots/mod.ts";
import { numKnotLogits } from "../../lib/knots/inner.ts";
import { freeKnotTensor, splineLayer, type TfTensor } from "../../lib/tfjs/mod.ts";
import { normwise, type TestTf, tfjsTest, valuesOf } from "../support/tfjs.ts";
import { BREAKPOINTS, randoms, splineErrors, tensor, TOLERANCE } from "../support/tfjs_cases.ts";

tfjsTest("splineLayer() equals evaluateSpline, all degrees and derivatives", async (tf) => {
  for (let degree = 1; degree <= 9; degree++) {
    for (const { title, error } of await splineErrors(tf, degree)) assert(error < TOLERANCE, title);
  }
});

/** Inputs for differentiation, away from the ends and from knots. */
function differentiable(tf: TestTf, degree: number): TfTensor[] {
  const knots = BREAKPOINTS.flatMap((
    points,
  ) => [...knotsFromBreakpoints(points, { degree }).values]);
  const numKnots = knots.length / 2;
  return [
    tf.tensor([0.31, -0.6, 0.93, 1.2, -1.5, 0.05], [3, 2]),
    tensor(tf, randoms(2 * (numKnots - 1 - degree) * 2, 3), [2, numKnots - 1 - degree, 2]),
    tf.tensor(knots, [2, numKnots]),
  ];
}

tfjsTest("splineLayer() has second derivatives by x, coefficients and knots", async (tf) => {
  const degree = 3;
  const inputs = differentiable(tf, degree);
  const numKnots = inputs[2].shape[1];
  // The outermost knots do not matter, the ends of the domain do not move.
  const free = Array.from(
    { length: 2 * numKnots },
    (_, i) => [0, degree, numKnots - 1 - degree, numKnots - 1].includes(i % numKnots) ? 0 : 1,
  );
  const directions = inputs.map(({ shape, size }, k) => {
    const own = randoms(size, 20 + k);
    return tensor(tf, k === 2 ? own.map((value, i) => value * free[i]) : own, shape);
  });
  const f = (...[x, c, t]: TfTensor[]) => tf.sum(tf.square(splineLayer(tf, x, c, t, { degree })));
  const before = tf.memory().numTensors;
  for (let first = 0; first < 3; first++) {
    const slope = (...args: TfTensor[]) =>
      tf.sum(tf.mul(tf.grads(f)(args)[first], directions[first]));
    for (let second = 0; second < 3; second++) {
      const [derivative, ahead, behind] = [0, 1, -1].map((side) =>
        tf.tidy(() => {
          const moved = inputs.map((input, k) =>
            k === second ? tf.add(input, tf.mul(directions[k], 2e-3 * side)) : input
          );
          if (side !== 0) return slope(...moved);
          return tf.sum(tf.mul(tf.grads(slope)(inputs)[second], directions[second]));
        })
      );
      const [exact, high, low] = await Promise.all([derivative, ahead, behind].map(valuesOf));
      tf.dispose([derivative, ahead, behind]);
      // float32 values near 10: rounding 1e-6 / 2e-3, and the step squared
      const difference = (high[0] - low[0]) / 4e-3;
      const scale = Math.max(10, Math.abs(exact[0]));
      assertAlmostEquals(exact[0], difference, 5e-3 * scale, `block ${first}, ${second}`);
    }
  }
  assert(tf.memory().numTensors === before, "no tensor is left behind");
  tf.dispose([...inputs, ...directions]);
});

tfjsTest("splineLayer() sums long columns in chunks", async (tf) => {
  const rows = 700, degree = 2;
  const { values } = knotsFromBreakpoints(BREAKPOINTS[0], { degree });
  const x = randoms(rows, 5, 0.5), c = randoms(values.length - 1 - degree, 6);
  const [inputs, coefficients, knots] = [
    tensor(tf, x, [rows, 1]),
    tensor(tf, c, [1, c.length, 1]),
    tensor(tf, values, [1, values.length]),
  ];
  // d/dc of the sum of all outputs adds up to the number of rows: partition of unity
  const f = (y: TfTensor) => tf.sum(splineLayer(tf, inputs, y, knots, { degree }));
  const gradient = tf.grad(f)(coefficients);
  const sum = (await valuesOf(gradient)).reduce((total, value) => total + value, 0);
  assertAlmostEquals(sum, rows, 1e-3);
  tf.dispose([inputs, coefficients, knots, gradient]);
});

tfjsTest("freeKnotTensor() equals freeKnots", async (tf) => {
  for (const outerKnots of ["free", "even", "clamped"] as OuterKnots[]) {
    for (const [degree, intervals] of [[1, 1], [3, 5], [5, 2], [3, 40]]) {
      const space = { degree, intervals, domain: [-2, 1], outerKnots } as const;
      const count = intervals + (outerKnots === "free" ? 2 * degree : 0);
      const logits = randoms(2 * count, intervals);
      const knots = tf.tidy(() => freeKnotTensor(tf, tensor(tf, logits, [2, count]), space));
      const expected = [0, 1].flatMap((row) => [
        ...freeKnots(logits.slice(row * count, (row + 1) * count), space).values,
      ]);
      const found = await valuesOf(knots);
      assert(normwise(found, expected) < 1e-6, `${outerKnots} ${degree} ${intervals}`);
      assert(found[degree] === -2 && found[degree + intervals] === 1, "exact ends");
      knots.dispose();
    }
  }
});

tfjsTest("freeKnotTensor() hands gradients of any order back to the logits", async (tf) => {
  for (const outerKnots of ["free", "even", "clamped"] as const) {
    for (const [degree, intervals] of [[2, 5], [1, 3], [3, 1]]) {
      const space = { degree, intervals, domain: [-1, 2], outerKnots } as const;
      const count = numKnotLogits(space), numKnots = intervals + 1 + 2 * degree;
      const [logits, u, v] = [1, 2, 3].map((seed) => randoms(2 * count, seed));
      const [g, h] = [4, 5].map((seed) => randoms(2 * numKnots, seed));
      const tensorOf = (values: Float64Array) => tensor(tf, values, [2, values.length / 2]);
      const dot = (x: TfTensor, values: Float64Array) => tf.sum(tf.mul(x, tensorOf(values)));
      /** On the host, in float64: `u^T J(s)^T g`. */
      const exact = (s: Float64Array, bar: Float64Array): number =>
        [0, 1].reduce((sum, row) => {
          const out = new Float64Array(count); // added to
          const part = (x: Float64Array, n: number) => x.slice(row * n, (row + 1) * n);
          freeKnotsVjp(part(s, count), space, part(bar, numKnots), out);
          return sum + out.reduce((all, value, i) => all + value * u[row * count + i], 0);
        }, 0);
      const along = (
        x: Float64Array,
        d: Float64Array,
        f: (x: Float64Array) => number,
        step: number,
      ) =>
        (f(x.map((value, i) => value + step * d[i])) -
          f(x.map((value, i) => value - step * d[i]))) / (2 * step);
      const found = await Promise.all(
        tf.tidy(() => {
          const knots = (s: TfTensor) => freeKnotTensor(tf, s, space);
          const first = (s: TfTensor, bar: TfTensor) => dot(tf.grad(knots)(s, bar), u);
          const bySpace = (s: TfTensor) => tf.grad((own) => first(own, tensorOf(g)))(s);
          const byBar = tf.grad((bar) => first(tensorOf(logits), bar))(tensorOf(g));
          const third = tf.grad((s) => dot(bySpace(s), v))(tensorOf(logits));
          return [
            first(tensorOf(logits), tensorOf(g)),
            dot(bySpace(tensorOf(logits)), v),
            dot(byBar, h),
            dot(third, v),
          ];
        }).map(valuesOf),
      );
      const second = (s: Float64Array) => along(s, v, (own) => exact(own, g), 1e-4);
      const expected = [
        exact(logits, g),
        second(logits),
        exact(logits, h), // linear in g
        along(logits, v, second, 1e-3),
      ];
      const scale = Math.max(1, ...expected.map(Math.abs));
      expected.forEach((value, i) =>
        assertAlmostEquals(found[i][0], value, 1e-5 * scale, `${outerKnots} ${degree} ${i}`)
      );
    }
  }
});

tfjsTest("freeKnotTensor() hands NaN on", async (tf) => {
  const space = { degree: 1, intervals: 2, domain: [0, 1], outerKnots: "even" } as const;
  const found = await valuesOf(freeKnotTensor(tf, tf.tensor([NaN, 0, 0, 0], [2, 2]), space));
  assert(Number.isNaN(found[2]));
  assertAlmostEquals(found[7], 0.5, 1e-6); // the other row
});

tfjsTest("splineLayer() says what does not fit", (tf) => {
  const [x, c, t] = differentiable(tf, 3);
  assertThrows(
    () => splineLayer(tf, x, c, t, { degree: 2 }),
    TypeError,
    "Cannot compute spline layer: coefficients must have shape [2, 8, nOut], current value is [2,7,2]",
  );
  assertThrows(() => splineLayer(tf, x, c, t, { degree: 0 }), RangeError, "degree must be");
  assertThrows(() => splineLayer(tf, c, c, t, { degree: 3 }), TypeError, "x must have shape");
  assertThrows(
    () => splineLayer({ ...tf, getBackend: () => "tensorflow" }, x, c, t, { degree: 3 }),
    RangeError,
    "the backend of TensorFlow.js must be cpu, wasm, webgl, webgpu, current value is tensorflow",
  );
  tf.dispose([x, c, t]);
  return Promise.resolve();
}, ["cpu"]);
