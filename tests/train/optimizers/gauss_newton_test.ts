import { freezeParameters } from "../../../lib/train/evaluators/frozen.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createNetwork, createRandom } from "../../../lib/model/mod.ts";
import { coarseSchedule, multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { type Dataset, findProblem, galleryDatasets } from "../../../lib/data/mod.ts";
import { cpuEngine, type Curvature, type Evaluation } from "../../../lib/engine/mod.ts";
import { difference, secondDifference } from "../../../lib/engine/inner.ts";
import { gaussNewton, lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset } from "../../support/networks.ts";
import { evaluatorOf } from "../../support/objectives.ts";
import { runScipy, scipyVersion } from "../../support/scipy.ts";

/** Residuals and their Jacobian, row-major: the objective is the sum of squares. */
type Residuals = (x: Float64Array) => { r: number[]; J: number[][] };

function squaresOf(
  n: number,
  residuals: Residuals,
): ReturnType<typeof evaluatorOf> & { readonly curvature: Curvature } {
  const plain = evaluatorOf(n, (x, g) => {
    const { r, J } = residuals(x);
    for (let i = 0; i < n; i++) g[i] = 2 * r.reduce((sum, e, k) => sum + e * J[k][i], 0);
    return r.reduce((sum, e) => sum + e * e, 0);
  });
  const scaled = (x: Float64Array) => Float64Array.from(residuals(x).r, (e) => Math.SQRT2 * e);
  const curvature: Curvature = {
    matrix(x, matrix, g) {
      const { J } = residuals(x);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          matrix[i * n + j] = 2 * J.reduce((sum, row) => sum + row[i] * row[j], 0);
        }
      }
      return (plain.evaluate(x, g) as Evaluation).objective;
    },
    residuals: scaled,
    jvp: (x, v) => difference(scaled, x, v),
    vjp(x, w, out) {
      const { J } = residuals(x);
      for (let i = 0; i < n; i++) {
        out[i] = Math.SQRT2 * w.reduce((sum, each, k) => sum + each * J[k][i], 0);
      }
    },
    secondJvp: (x, v, reach) => secondDifference(scaled, scaled(x), x, v, reach),
    product() {
      throw new Error("not asked for");
    },
  };
  return Object.assign(plain, { curvature });
}

const valley = squaresOf(2, ([x, y]) => ({
  r: [10 * (y - x * x), 1 - x],
  J: [[-20 * x, 10], [-1, 0]],
}));

Deno.test("gaussNewton() walks along Rosenbrock's valley", async () => {
  for (const start of [[-1.2, 1], [0, 0], [3, -4], [-100, 70]]) {
    const optimizer = gaussNewton({ accelerationLimit: 0 }); // its evaluations are all counted here
    const state = optimizer.init(Float64Array.from(start));
    const calls = valley.calls;
    let before = Infinity, epochs = 0;
    for (; epochs < 200; epochs++) {
      if (await optimizer.epoch(state, valley) !== "running") break;
      assertLessOrEqual(state.objective, before);
      before = state.objective;
    }
    assertLess(epochs, 100);
    state.parameters.forEach((x) => assertAlmostEquals(x, 1, 1e-8));
    assertEquals(state.evaluations, valley.calls - calls);
  }
});

Deno.test("gaussNewton() with acceleration follows a bent valley in fewer steps", async () => {
  // Transtrum and Sethna 2012: a narrow valley along y = x^2
  const bent = squaresOf(2, ([x, y]) => ({
    r: [1000 * (y - x * x), 1 - x],
    J: [[-2000 * x, 1000], [-1, 0]],
  }));
  const steps = [];
  for (const accelerationLimit of [0, 0.75]) {
    const optimizer = gaussNewton({ accelerationLimit });
    const state = optimizer.init(new Float64Array([-2, 4]));
    while (state.objective > 1e-20 || Number.isNaN(state.objective)) {
      if (await optimizer.epoch(state, bent) !== "running") break;
    }
    assertLess(state.objective, 1e-16);
    steps.push(state.iterations);
  }
  assertLess(steps[1], steps[0] / 2);
});

Deno.test("gaussNewton() tells damping, gain ratio and bend of its steps", async () => {
  const optimizer = gaussNewton();
  const state = optimizer.init(new Float64Array([-1.2, 1]));
  for (let k = 0; k < 5; k++) {
    await optimizer.epoch(state, valley);
    const { damping, gain, bend } = state.step!;
    assert(damping > 0 && gain > 0 && bend >= 0 && bend <= 0.75);
  }
});

Deno.test("gaussNewton() goes on from a copy of its state as if nothing had happened", async () => {
  const whole = gaussNewton(), parts = gaussNewton();
  const a = whole.init(new Float64Array([-1.2, 1]));
  for (let k = 0; k < 6; k++) await whole.epoch(a, valley);
  let b = parts.init(new Float64Array([-1.2, 1]));
  for (let k = 0; k < 3; k++) await parts.epoch(b, valley);
  b = structuredClone(b);
  for (let k = 0; k < 3; k++) await gaussNewton().epoch(b, valley);
  assertEquals(b, a);
});

Deno.test("gaussNewton() is not stopped by parameters without effect", async () => {
  const flat = squaresOf(3, ([x, , z]) => ({
    r: [x + z - 3, x - z + 1],
    J: [[1, 0, 1], [1, 0, -1]],
  }));
  const optimizer = gaussNewton();
  const state = optimizer.init(new Float64Array([5, 7, 9]));
  for (let k = 0; k < 30; k++) if (await optimizer.epoch(state, flat) !== "running") break;
  [1, 7, 2].forEach((x, i) => assertAlmostEquals(state.parameters[i], x, 1e-10));
});

Deno.test("gaussNewton() finds a way down from a kink", async () => {
  // |x| and a smooth valley along it: r = (1 + |x|, y - 1): minimum at x = 0.
  const bent = squaresOf(2, ([x, y]) => ({
    r: [1 + 30 * Math.abs(x), y - 1 + x],
    J: [[30 * (x < 0 ? -1 : 1), 0], [1, 1]],
  }));
  const optimizer = gaussNewton();
  const state = optimizer.init(new Float64Array([0.3, -40]));
  for (let k = 0; k < 100; k++) if (await optimizer.epoch(state, bent) !== "running") break;
  assertAlmostEquals(state.parameters[1], 1, 1e-2);
  assertLess(state.objective, 1.01);
});

Deno.test("gaussNewton() does not move frozen parameters", async () => {
  const frozen = freezeParameters(valley, new Uint8Array([1, 0]));
  const optimizer = gaussNewton();
  const state = optimizer.init(new Float64Array([2, 0]));
  for (let k = 0; k < 30; k++) if (await optimizer.epoch(state, frozen) !== "running") break;
  assertEquals(state.parameters[0], 2);
  assertAlmostEquals(state.parameters[1], 4, 1e-9);
});

Deno.test({
  name: "gaussNewton() solves a linear problem in one step, as numpy's lstsq",
  ignore: scipyVersion === undefined,
  fn: async () => {
    const rows = 60, intervals = 7;
    const random = createRandom(2);
    const inputs = Float64Array.from({ length: rows }, () => 2 * random.uniform() - 1);
    inputs[0] = -1;
    inputs[1] = 1;
    const dataset: Dataset = {
      rows,
      nIn: 1,
      nOut: 1,
      inputs,
      targets: inputs.map((x) => Math.exp(x) + 0.1 * random.normal()),
    };
    const network = createNetwork(
      { widths: [1, 1], firstLayer: "spline", knots: "uniform", intervals },
      { seed: 1 },
    );
    const evaluator = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset });
    const optimizer = gaussNewton({ damping: 1e-15 });
    const state = optimizer.init(network.parameters);
    await optimizer.epoch(state, evaluator);
    evaluator.dispose();
    const expected = await runScipy<number>(
      `
import numpy as np
from scipy.interpolate import BSpline
x, y, n = np.array(data["x"]), np.array(data["y"]), data["n"]
t = -1 + 2 / n * np.arange(-3, n + 4)
B = np.column_stack([BSpline(t, np.eye(n + 3)[i], 3)(x) for i in range(n + 3)])
c = np.linalg.lstsq(B, y, rcond=None)[0]
answer = float(np.mean((B @ c - y) ** 2))`,
      { x: [...inputs], y: [...dataset.targets], n: intervals },
    );
    assertEquals(state.iterations, 1);
    assertAlmostEquals(state.objective, expected, 1e-10 * expected);
  },
});

Deno.test("gaussNewton() goes lower than lbfgs() with fewer than half its evaluations", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 400 });
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1234 });
  const second = await trainToEnd(network, train, {
    optimizer: gaussNewton(),
    schedule: multilevelSchedule([16, 8]),
  });
  const first = await trainToEnd(network, train, {
    optimizer: lbfgs(),
    schedule: multilevelSchedule([16, 8]),
  });
  assertLess(second.loss, first.loss);
  // about seven a step: the matrix's, the trial's, three for the acceleration, some of them twice
  assertLess(2 * second.evaluations, first.evaluations);
});

Deno.test("gaussNewton() without a matrix goes as low as with one", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 300 });
  const network = createNetwork({ widths: [2, 5, 1], knots: "uniform" }, { seed: 1234 });
  const losses: number[] = [];
  for (const directLimit of [5000, 0]) {
    const finished = await trainToEnd(network, train, {
      optimizer: gaussNewton({ directLimit }),
      schedule: coarseSchedule(30),
    });
    assert(["completed", "converged"].includes(finished.status));
    losses.push(finished.loss);
  }
  assertLess(losses[1], 3 * losses[0]);
});

Deno.test("gaussNewton() never ends worse than it began, and never without a number", async () => {
  for (const problem of ["nonsmooth", "xor"]) {
    const { train } = galleryDatasets(findProblem(problem), { rows: 120 });
    for (let seed = 0; seed < 20; seed++) {
      const network = createNetwork({
        widths: seed % 3 === 0 ? [2, 3, 3, 1] : [2, 5, 1],
        basis: seed % 2 === 0 ? "bspline" : "relu",
        knots: seed % 5 === 0 ? "uniform" : "free",
        intervals: 4,
      }, { seed });
      const evaluator = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset: train });
      const before = (await evaluator.evaluate(network.parameters)).objective;
      evaluator.dispose();
      const { loss, status, network: best } = await trainToEnd(network, train, {
        optimizer: gaussNewton(),
        schedule: multilevelSchedule([6, 3]),
      });
      assert(
        status !== "diverged" && best.parameters.every(Number.isFinite),
        `${problem}, ${seed}`,
      );
      assertLess(loss, before, `${problem}, seed ${seed}`);
    }
  }
});

for (const [kind, targets] of [["huber", "normal"], ["crossEntropy", "oneHot"]] as const) {
  Deno.test(`gaussNewton() lowers ${kind} at every epoch`, async () => {
    const dataset = randomDataset({ rows: 90, nIn: 2, nOut: 3, seed: 7, targets });
    const network = createNetwork({ widths: [2, 4, 3], intervals: 2 }, { seed: 3 });
    const loss = { kind, weightDecay: 1e-3 };
    const losses: number[] = [];
    const finished = await trainToEnd(network, dataset, {
      loss,
      optimizer: gaussNewton(),
      schedule: coarseSchedule(25),
      onEvent: (event) => {
        if (event.type === "epoch") losses.push(event.record.objective);
      },
    });
    assert(losses.every((each, k) => k === 0 || each <= losses[k - 1]), losses.join());
    const other = await trainToEnd(network, dataset, {
      loss,
      optimizer: lbfgs(),
      schedule: coarseSchedule(25),
    });
    assertLess(finished.loss, 1.1 * other.loss);
  });
}

Deno.test("gaussNewton() refuses numbers out of range, and engines without the matrix", async () => {
  const error = assertThrows(() => gaussNewton({ damping: 0 }), RangeError);
  assertEquals(
    error.message,
    "Cannot create gaussNewton: damping must be a number > 0, current value is 0",
  );
  assertThrows(() => gaussNewton({ maxTrials: 0.5 }), RangeError);
  assertThrows(() => gaussNewton({ gradientTolerance: NaN }), RangeError);
  assertThrows(() => gaussNewton({ dampingPower: 1.5 }), RangeError);
  const optimizer = gaussNewton();
  const evaluator = evaluatorOf(1, ([x], g) => (g[0] = 2 * x) * x / 2);
  await assertRejects(
    () => optimizer.epoch(optimizer.init(new Float64Array([1])), evaluator),
    TypeError,
    "must give normal equations",
  );
});

Deno.test("gaussNewton() with products and a sample's matrix takes the steps of the matrix", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
  const network = createNetwork({ widths: [2, 4, 1], degree: 2, intervals: 3 }, { seed: 1 });
  const schedule = coarseSchedule(4), optimizer = gaussNewton({ accelerationLimit: 0 });
  const losses: number[] = [];
  for (const share of [undefined, 1, 0.999]) {
    const { loss } = await trainToEnd(network, train, {
      schedule,
      optimizer,
      engine: {
        ...cpuEngine,
        async compile(request) {
          const evaluator = await cpuEngine.compile(request), { curvature } = evaluator;
          if (share === undefined) return evaluator;
          const { matrix, jacobian: _, ...products } = curvature!;
          const n = evaluator.numParameters, gradient = new Float64Array(n);
          return {
            ...evaluator,
            curvature: {
              ...products,
              // the same damping, and a preconditioner that is the matrix or another one
              async sample(parameters, matrixOut) {
                await matrix!(parameters, matrixOut, gradient);
                matrixOut.forEach((value, i) =>
                  matrixOut[i] = i % (n + 1) === 0 ? value : value * share
                );
              },
            },
          };
        },
      },
    });
    losses.push(loss);
  }
  for (const loss of losses.slice(1)) assertAlmostEquals(loss / losses[0], 1, 1e-2);
});
