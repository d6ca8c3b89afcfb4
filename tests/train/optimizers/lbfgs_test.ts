import { freezeParameters } from "../../../lib/train/evaluators/frozen.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { lbfgs, type LbfgsOptions } from "../../../lib/train/mod.ts";
import {
  denseBfgs,
  evaluatorOf,
  type Objective,
  quadratic,
  rosenbrock,
} from "../../support/objectives.ts";
import { runTorch, torchVersion } from "../../support/torch.ts";

/** Points after each of `count` iterations. */
async function iterates(
  f: Objective,
  start: number[],
  count: number,
  options: LbfgsOptions = {},
): Promise<number[][]> {
  const evaluator = evaluatorOf(start.length, f);
  const optimizer = lbfgs({ lineSearch: "none", maxIterations: 1, changeTolerance: 0, ...options });
  const state = optimizer.init(Float64Array.from(start));
  const points: number[][] = [];
  for (let k = 0; k < count; k++) {
    await optimizer.epoch(state, evaluator);
    points.push([...state.parameters]);
  }
  return points;
}

for (const [n, condition] of [[1, 1], [2, 10], [5, 100], [12, 1e3], [30, 1e4]]) {
  Deno.test(`lbfgs() minimises a quadratic of ${n} variables, condition ${condition}`, async () => {
    const { f, minimum } = quadratic(n, condition, n);
    const evaluator = evaluatorOf(n, f);
    const optimizer = lbfgs();
    const state = optimizer.init(new Float64Array(n));
    let status = "running";
    for (let epoch = 0; epoch < 20 && status === "running"; epoch++) {
      status = await optimizer.epoch(state, evaluator);
    }
    // Where rounding hides the last decrease before max |g| is 1e-12, an epoch may end running.
    if (condition <= 100) assertEquals(status, "converged");
    // values of f that rounding cannot tell apart lie so far from each other
    const near = Math.max(1e-6, 2 * Math.sqrt(2 ** -52 * condition));
    state.parameters.forEach((x, i) => assertAlmostEquals(x, minimum[i], near));
    assertEquals(state.evaluations, evaluator.calls);
  });
}

Deno.test("lbfgs() walks along Rosenbrock's valley", async () => {
  for (const start of [[-1.2, 1], [0, 0], [3, -4], [-100, 70]]) {
    const evaluator = evaluatorOf(2, rosenbrock);
    const optimizer = lbfgs();
    const state = optimizer.init(Float64Array.from(start));
    for (let epoch = 0; epoch < 10; epoch++) {
      if (await optimizer.epoch(state, evaluator) !== "running") break;
    }
    assertAlmostEquals(state.parameters[0], 1, 1e-6);
    assertAlmostEquals(state.parameters[1], 1, 1e-6);
  }
});

Deno.test("lbfgs() steps along -H g of the dense BFGS recursion", async () => {
  for (const memory of [2, 5, 100]) {
    const n = 6;
    const { f } = quadratic(n, 30, 4);
    const start = new Array(n).fill(1);
    const points = [start, ...await iterates(f, start, 12, { memory })];
    const gradients = points.map((x) => {
      const g = new Float64Array(n);
      f(Float64Array.from(x), g);
      return g;
    });
    const steps: Float64Array[] = [], differences: Float64Array[] = [];
    for (let k = 1; k < points.length - 1; k++) {
      steps.push(Float64Array.from(points[k], (x, i) => x - points[k - 1][i]));
      differences.push(gradients[k].map((g, i) => g - gradients[k - 1][i]));
      if (steps.length > memory) {
        steps.shift();
        differences.shift();
      }
      const h = denseBfgs(n, steps, differences);
      const g = gradients[k];
      const size = Math.max(...points[k + 1].map((x, i) => Math.abs(x - points[k][i])));
      for (let i = 0; i < n; i++) {
        const expected = -g.reduce((sum, each, j) => sum + h[i * n + j] * each, 0);
        assertAlmostEquals(points[k + 1][i] - points[k][i], expected, 1e-8 * size + 1e-15);
      }
    }
  }
});

const TORCH_OBJECTIVES = [
  "if data['kind'] == 'rosenbrock':",
  "    f = lambda x: (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2",
  "elif data['kind'] == 'hills':",
  "    f = lambda x: 10 * torch.cos(x).sum() + 0.01 * (x**4).sum()",
  "else:",
  "    m = torch.tensor(data['matrix']); b = torch.tensor(data['vector'])",
  "    f = lambda x: x @ (m @ x) / 2 - b @ x",
  "x = torch.tensor(data['start'], dtype=torch.float64, requires_grad=True)",
].join("\n");

/** `10 sum cos x + sum x^4 / 100`: concave at the start, so that the first pair is refused. */
function hills(x: Float64Array, g: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    sum += 10 * Math.cos(x[i]) + 0.01 * x[i] ** 4;
    g[i] = -10 * Math.sin(x[i]) + 0.04 * x[i] ** 3;
  }
  return sum;
}

const QUADRATIC = quadratic(5, 20, 3);
const CASES: [string, Objective, number[], Record<string, unknown>][] = [
  ["quadratic", QUADRATIC.f, [1, -1, 2, 0, 3], {
    matrix: Array.from({ length: 5 }, (_, i) => [...QUADRATIC.matrix.subarray(5 * i, 5 * i + 5)]),
    vector: [...QUADRATIC.vector],
  }],
  ["rosenbrock", rosenbrock, [-1.2, 1], {}],
  ["hills", hills, [0.9, 0.5, -0.7], {}],
];

for (const [kind, f, start, data] of CASES) {
  Deno.test({
    name: `lbfgs() without a line search repeats torch.optim.LBFGS: ${kind}, 10 iterations`,
    ignore: torchVersion === undefined,
    fn: async () => {
      const program = [
        TORCH_OBJECTIVES,
        "opt = torch.optim.LBFGS([x], lr=1, max_iter=1, tolerance_grad=0, tolerance_change=0)",
        "answer = []",
        "def closure():",
        "    opt.zero_grad(); loss = f(x); loss.backward(); return loss",
        "for _ in range(10):",
        "    opt.step(closure); answer.append(x.detach().tolist())",
      ].join("\n");
      const expected = await runTorch<number[][]>(program, { kind, start, ...data });
      const actual = await iterates(f, start, 10);
      actual.forEach((point, k) => {
        const scale = Math.max(1, ...expected[k].map(Math.abs));
        point.forEach((x, i) => {
          assertAlmostEquals(x, expected[k][i], 1e-10 * scale, `iteration ${k}, variable ${i}`);
        });
      });
    },
  });

  Deno.test({
    name: `lbfgs() without a line search repeats torch.optim.LBFGS: ${kind}, 3 epochs`,
    ignore: torchVersion === undefined,
    fn: async () => {
      const program = [
        TORCH_OBJECTIVES,
        "opt = torch.optim.LBFGS([x], lr=1, tolerance_grad=1e-12, tolerance_change=1e-9)",
        "answer = []",
        "def closure():",
        "    opt.zero_grad(); loss = f(x); loss.backward(); return loss",
        "for _ in range(3):",
        "    opt.step(closure); answer.append(x.detach().tolist())",
      ].join("\n");
      const expected = await runTorch<number[][]>(program, { kind, start, ...data });
      const optimizer = lbfgs({ lineSearch: "none" });
      const evaluator = evaluatorOf(start.length, f);
      const state = optimizer.init(Float64Array.from(start));
      for (const [epoch, point] of expected.entries()) {
        await optimizer.epoch(state, evaluator);
        const scale = Math.max(1, ...point.map(Math.abs));
        point.forEach((x, i) => {
          // Rounding grows along 60 steps on a curved path; at a minimum it shrinks again.
          assertAlmostEquals(state.parameters[i], x, 1e-7 * scale, `epoch ${epoch}, variable ${i}`);
        });
      }
    },
  });
}

/** Objectives that are not nice: cliffs, kinks, flat places. */
const ROUGH: Record<string, Objective> = {
  "infinite beyond 2": (x, g) => {
    g[0] = -1 / (2 - x[0]);
    g[1] = 2 * x[1];
    return x[0] >= 2 ? Infinity : Math.log(2 - x[0]) + x[1] ** 2 + (x[0] < -50 ? Infinity : 0);
  },
  "NaN outside the unit ball": (x, g) => {
    const inside = x[0] ** 2 + x[1] ** 2 < 1;
    g[0] = inside ? 1 : NaN;
    g[1] = inside ? 2 : NaN;
    return inside ? x[0] + 2 * x[1] : NaN;
  },
  "kinks": (x, g) => {
    const a = Math.sign(x[0] - 0.3), b = Math.sign(x[1] + x[0]);
    g[0] = a + 3 * b;
    g[1] = 3 * b;
    return Math.abs(x[0] - 0.3) + 3 * Math.abs(x[1] + x[0]);
  },
  "flat": (_, g) => {
    g.fill(0);
    return 1;
  },
  "wiggles": (x, g) => {
    g[0] = 2 * x[0] + 30 * Math.cos(30 * x[0]);
    g[1] = 2 * x[1];
    return x[0] ** 2 + Math.sin(30 * x[0]) + x[1] ** 2;
  },
  "steep": (x, g) => {
    g[0] = 4e8 * x[0] ** 3;
    g[1] = 2e-8 * x[1];
    return 1e8 * x[0] ** 4 + 1e-8 * x[1] ** 2;
  },
};

for (const [name, f] of Object.entries(ROUGH)) {
  Deno.test(`lbfgs() never ends an epoch higher or not finite: ${name}`, async () => {
    const optimizer = lbfgs();
    const evaluator = evaluatorOf(2, f);
    const state = optimizer.init(Float64Array.of(0.4, 0.35));
    let before = f(Float64Array.of(0.4, 0.35), new Float64Array(2));
    for (let epoch = 0; epoch < 6; epoch++) {
      const calls = evaluator.calls;
      const status = await optimizer.epoch(state, evaluator);
      assertLessOrEqual(evaluator.calls - calls, 25 + (epoch === 0 ? 1 : 0));
      assert(Number.isFinite(state.objective) && state.parameters.every(Number.isFinite));
      assertLessOrEqual(state.objective, before);
      assertEquals(f(state.parameters, new Float64Array(2)), state.objective);
      before = state.objective;
      if (status !== "running") break;
    }
    if (name === "kinks") assertLess(before, 1e-6);
  });
}

Deno.test("lbfgs() says diverged where the start is not finite", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const evaluator = evaluatorOf(1, (_, g) => {
      g[0] = 1;
      return bad;
    });
    const optimizer = lbfgs();
    assertEquals(await optimizer.epoch(optimizer.init(Float64Array.of(1)), evaluator), "diverged");
  }
  const evaluator = evaluatorOf(1, (_, g) => {
    g[0] = NaN;
    return 1;
  });
  const optimizer = lbfgs();
  assertEquals(await optimizer.epoch(optimizer.init(Float64Array.of(1)), evaluator), "diverged");
});

Deno.test("lbfgs() copies its start and leaves it alone", async () => {
  const start = Float64Array.of(-1.2, 1);
  const optimizer = lbfgs();
  const state = optimizer.init(start);
  await optimizer.epoch(state, evaluatorOf(2, rosenbrock));
  assertEquals([...start], [-1.2, 1]);
  assert(state.steps.length > 0 && state.steps.length === state.differences.length);
});

Deno.test("lbfgs() keeps at most `memory` pairs", async () => {
  const { f } = quadratic(20, 1e4, 1);
  const optimizer = lbfgs({ memory: 3 });
  const state = optimizer.init(new Float64Array(20));
  await optimizer.epoch(state, evaluatorOf(20, f));
  assertEquals(state.steps.length, 3);
});

Deno.test("lbfgs() goes on from its plain state, bit by bit", async () => {
  const { f } = quadratic(20, 1e6, 1);
  const optimizer = lbfgs({ memory: 7, maxIterations: 5 });
  const evaluator = evaluatorOf(20, f);
  const unbroken = optimizer.init(new Float64Array(20));
  for (let k = 0; k < 5; k++) await optimizer.epoch(unbroken, evaluator);
  let broken = optimizer.init(new Float64Array(20));
  for (let k = 0; k < 5; k++) {
    await optimizer.epoch(broken, evaluator);
    const { steps, differences } = broken;
    broken = k % 2 === 0 ? structuredClone(broken) : {
      ...broken,
      steps: steps.map((each) => Float64Array.from([...each])),
      differences: differences.map((each) => Float64Array.from([...each])),
    };
  }
  assertEquals(broken, unbroken);
  assertEquals(broken.steps.length, 7);
});

Deno.test("lbfgs() carries its pairs over a restart if asked to, else begins anew", async () => {
  const { f } = quadratic(6, 100, 1);
  const transfer = {
    step: (s: Float64Array) => Float64Array.of(...s, 1),
    difference: (y: Float64Array) => Float64Array.of(...y, 0),
  };
  const other = new Float64Array(7);
  for (const carryMemory of [true, false]) {
    const optimizer = lbfgs({ carryMemory, maxIterations: 4 });
    const state = optimizer.init(new Float64Array(6));
    await optimizer.epoch(state, evaluatorOf(6, f));
    const next = optimizer.restart!(state, other, () => transfer);
    assertEquals(next.steps, carryMemory ? state.steps.map(transfer.step) : []);
    assertEquals(next.differences, carryMemory ? state.differences.map(transfer.difference) : []);
    assertEquals([next.evaluations, next.objective], [state.evaluations, NaN]);
    assertEquals(optimizer.restart!(state, other).steps, []);
    const { f: wider } = quadratic(7, 100, 1);
    assertEquals(await optimizer.epoch(next, evaluatorOf(7, wider)), "running");
  }
});

Deno.test("freezeParameters() keeps parameters where they are", async () => {
  const { f } = quadratic(4, 10, 2);
  const evaluator = freezeParameters(evaluatorOf(4, f), Uint8Array.of(0, 1, 0, 1));
  const optimizer = lbfgs();
  const state = optimizer.init(Float64Array.of(1, 2, 3, 4));
  for (let epoch = 0; epoch < 3; epoch++) await optimizer.epoch(state, evaluator);
  assertEquals([state.parameters[1], state.parameters[3]], [2, 4]);
  assertLess(Math.abs(state.gradient[0]) + Math.abs(state.gradient[2]), 1e-6);
  assertEquals([state.gradient[1], state.gradient[3]], [0, 0]);
});

Deno.test("lbfgs() refuses numbers out of range", () => {
  for (
    const options of [
      { memory: 0 },
      { memory: 1.5 },
      { maxIterations: 0 },
      { maxEvaluations: NaN },
      { gradientTolerance: -1 },
      { changeTolerance: NaN },
    ]
  ) {
    assertThrows(() => lbfgs(options), RangeError, "Cannot create lbfgs");
  }
  assertThrows(
    () => lbfgs({ lineSearch: "armijo" as unknown as "wolfe" }),
    RangeError,
    "lineSearch",
  );
});
