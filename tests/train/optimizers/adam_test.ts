import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { adam, type AdamOptions, adamw, type AdamwOptions } from "../../../lib/train/mod.ts";
import { evaluatorOf, type Objective, quadratic, rosenbrock } from "../../support/objectives.ts";
import { runTorch, torchVersion } from "../../support/torch.ts";

async function iterates(
  f: Objective,
  start: number[],
  count: number,
  options: AdamOptions,
  create: (options: AdamwOptions) => ReturnType<typeof adam> = adam,
): Promise<number[][]> {
  const optimizer = create(options);
  const evaluator = evaluatorOf(start.length, f);
  const state = optimizer.init(Float64Array.from(start));
  const points: number[][] = [];
  for (let k = 0; k < count; k++) {
    assertEquals(await optimizer.epoch(state, evaluator), "running");
    points.push([...state.parameters]);
  }
  assertEquals(state.evaluations, evaluator.calls);
  return points;
}

/** Algorithm 1 of Kingma and Ba (2015), line by line. */
function textbook(
  f: Objective,
  start: number[],
  count: number,
  a: number,
  b1: number,
  b2: number,
  eps: number,
): number[][] {
  const theta = Float64Array.from(start), g = theta.slice();
  const m = theta.map(() => 0), v = theta.map(() => 0);
  const points: number[][] = [];
  for (let t = 1; t <= count; t++) {
    f(theta, g);
    for (let i = 0; i < theta.length; i++) {
      m[i] = b1 * m[i] + (1 - b1) * g[i];
      v[i] = b2 * v[i] + (1 - b2) * g[i] ** 2;
      const mHat = m[i] / (1 - b1 ** t), vHat = v[i] / (1 - b2 ** t);
      theta[i] -= a * mHat / (Math.sqrt(vHat) + eps);
    }
    points.push([...theta]);
  }
  return points;
}

Deno.test("adam() equals the textbook step by step", async () => {
  for (
    const [f, start] of [[rosenbrock, [-1.2, 1]], [quadratic(4, 100, 1).f, [1, 2, 3, 4]]] as const
  ) {
    const options = { learningRate: 0.05, beta1: 0.8, beta2: 0.99, epsilon: 1e-6 };
    const actual = await iterates(f, [...start], 60, options);
    const expected = textbook(f, [...start], 60, 0.05, 0.8, 0.99, 1e-6);
    actual.forEach((point, k) =>
      point.forEach((x, i) => assertAlmostEquals(x, expected[k][i], 1e-11))
    );
  }
});

Deno.test({
  name: "adam() equals torch.optim.Adam step by step, with its defaults",
  ignore: torchVersion === undefined,
  fn: async () => {
    const program = [
      "x = torch.tensor(data, dtype=torch.float64, requires_grad=True)",
      "opt = torch.optim.Adam([x])",
      "answer = []",
      "for _ in range(40):",
      "    opt.zero_grad(); f = (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2; f.backward(); opt.step()",
      "    answer.append(x.detach().tolist())",
    ].join("\n");
    const expected = await runTorch<number[][]>(program, [-1.2, 1]);
    const actual = await iterates(rosenbrock, [-1.2, 1], 40, {});
    actual.forEach((point, k) =>
      point.forEach((x, i) => assertAlmostEquals(x, expected[k][i], 1e-12))
    );
  },
});

const TORCH_ROSENBROCK = [
  "import math",
  "L = torch.optim.lr_scheduler",
  "def run(case):",
  "    x = torch.tensor([-1.2, 1], dtype=torch.float64, requires_grad=True)",
  "    opt = getattr(torch.optim, case['name'])([x], **case['options'])",
  "    sched = eval(case['schedule'], {'L': L, 'math': math, 'opt': opt})",
  "    points = []",
  "    for _ in range(case['count']):",
  "        opt.zero_grad(); f = (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2; f.backward()",
  "        if case['clip']: torch.nn.utils.clip_grad_norm_([x], case['clip'])",
  "        opt.step(); sched.step()",
  "        points.append(x.detach().tolist())",
  "    return points",
  "answer = [run(case) for case in data]",
].join("\n");

const TORCH_CASES: {
  name: "Adam" | "AdamW";
  what: string;
  options: AdamwOptions;
  schedule?: string;
}[] = [
  { name: "AdamW", what: "its defaults", options: {} },
  { name: "AdamW", what: "decay 0.3", options: { learningRate: 0.05, weightDecay: 0.3 } },
  { name: "Adam", what: "clipping", options: { learningRate: 0.05, clipNorm: 2.5 } },
  {
    name: "Adam",
    what: "a cosine",
    options: { learningRate: 0.05, schedule: { kind: "cosine", epochs: 40, final: 0.02 } },
    schedule: "L.CosineAnnealingLR(opt, 40, 0.001)",
  },
  {
    name: "Adam",
    what: "exponential decay",
    options: { learningRate: 0.05, schedule: { kind: "exponential", decay: 0.93 } },
    schedule: "L.ExponentialLR(opt, 0.93)",
  },
  {
    name: "AdamW",
    what: "the exponentially cyclic schedule of Actor et al. 2025",
    options: { learningRate: 1e-3, schedule: { kind: "cyclic" } },
    schedule: "L.CyclicLR(opt, 1e-4, 1e-3, step_size_up=50, mode='exp_range', gamma=0.9995, " +
      "cycle_momentum=False)",
  },
  {
    name: "AdamW",
    what: "warm-up, a cosine and clipping",
    options: {
      learningRate: 0.05,
      weightDecay: 0.1,
      clipNorm: 10,
      schedule: { kind: "cosine", warmup: 10, epochs: 40 },
    },
    schedule: "L.LambdaLR(opt, lambda k: (k + 1) / 10 if k < 9 else " +
      "(1 + math.cos(math.pi * min(1, max(0, k - 10) / 30))) / 2)",
  },
];

Deno.test({
  name: "adam() and adamw() equal PyTorch's step by step",
  ignore: torchVersion === undefined,
  fn: async (t) => {
    const cases = TORCH_CASES.map(({ name, options, schedule, what }) => ({
      name,
      options: {
        lr: options.learningRate ?? 1e-3,
        ...(options.weightDecay === undefined ? {} : { weight_decay: options.weightDecay }),
      },
      clip: options.clipNorm ?? 0,
      schedule: schedule ?? "L.ConstantLR(opt, 1)",
      count: what.includes("cyclic") ? 230 : 40,
    }));
    const answers = await runTorch<number[][][]>(TORCH_ROSENBROCK, cases);
    for (const [c, expected] of answers.entries()) {
      const { name, what, options } = TORCH_CASES[c];
      await t.step(`${name}: ${what}`, async () => {
        const create = name === "Adam" ? adam : adamw;
        const actual = await iterates(rosenbrock, [-1.2, 1], expected.length, options, create);
        actual.forEach((point, k) =>
          point.forEach((x, i) => assertAlmostEquals(x, expected[k][i], 1e-12, `step ${k}`))
        );
      });
    }
  },
});

Deno.test("adam() comes down Rosenbrock's valley", async () => {
  const points = await iterates(rosenbrock, [-1.2, 1], 3000, { learningRate: 0.02 });
  const [x, y] = points[points.length - 1];
  assertLess(rosenbrock(Float64Array.of(x, y), new Float64Array(2)), 1e-3);
});

Deno.test("adam() says diverged where the objective is not finite", async () => {
  const optimizer = adam({ learningRate: 1 });
  const cliff = evaluatorOf(1, (x, g) => {
    g[0] = -1;
    return x[0] > 2.5 ? NaN : -x[0];
  });
  const state = optimizer.init(Float64Array.of(0));
  const statuses: string[] = [];
  for (let k = 0; k < 3; k++) statuses.push(await optimizer.epoch(state, cliff));
  assertEquals(statuses, ["running", "running", "diverged"]);
});

Deno.test("adam() refuses numbers out of range", () => {
  for (
    const options of [
      { learningRate: 0 },
      { learningRate: -1 },
      { learningRate: Infinity },
      { beta1: 1 },
      { beta1: -0.1 },
      { beta2: NaN },
      { epsilon: 0 },
      { clipNorm: 0 },
      { clipNorm: NaN },
      { batchSize: 0 },
      { batchSize: 1.5 },
      { batchSize: 2, batchSeed: 0.5 },
    ]
  ) {
    assertThrows(() => adam(options), RangeError, "Cannot create adam");
  }
  assertThrows(() => adamw({ weightDecay: -1 }), RangeError, "Cannot create adamw: weightDecay");
  assertThrows(() => adam({ batchSize: 3 }).init(Float64Array.of(1)), RangeError, "rows must be");
});
