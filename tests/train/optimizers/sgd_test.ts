import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { gradientDescent, sgd, type SgdOptions } from "../../../lib/train/mod.ts";
import { evaluatorOf, quadratic, rosenbrock } from "../../support/objectives.ts";
import { runTorch, torchVersion } from "../../support/torch.ts";

async function iterates(count: number, options: SgdOptions): Promise<number[][]> {
  const optimizer = sgd(options), evaluator = evaluatorOf(2, rosenbrock);
  const state = optimizer.init(Float64Array.of(-1.2, 1)), points: number[][] = [];
  for (let k = 0; k < count; k++) {
    assertEquals(await optimizer.epoch(state, evaluator), "running");
    points.push([...state.parameters]);
  }
  assertEquals(state.evaluations, evaluator.calls);
  return points;
}

const CASES: readonly { options: SgdOptions; schedule?: string }[] = [
  { options: { learningRate: 1e-3 } },
  { options: { learningRate: 1e-3, momentum: 0 } },
  { options: { learningRate: 5e-4, momentum: 0.95, nesterov: true, clipNorm: 20 } },
  {
    options: { learningRate: 1e-3, momentum: 0.5, schedule: { kind: "cosine", epochs: 40 } },
    schedule: "L.CosineAnnealingLR(opt, 40, 0)",
  },
];

Deno.test({
  name: "sgd() equals torch.optim.SGD step by step",
  ignore: torchVersion === undefined,
  fn: async () => {
    const program = [
      "L = torch.optim.lr_scheduler",
      "def run(case):",
      "    x = torch.tensor([-1.2, 1], requires_grad=True)",
      "    opt = torch.optim.SGD([x], **case['options'])",
      "    sched = eval(case['schedule'], {'L': L, 'opt': opt})",
      "    points = []",
      "    for _ in range(40):",
      "        opt.zero_grad(); f = (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2; f.backward()",
      "        if case['clip']: torch.nn.utils.clip_grad_norm_([x], case['clip'])",
      "        opt.step(); sched.step()",
      "        points.append(x.detach().tolist())",
      "    return points",
      "answer = [run(case) for case in data]",
    ].join("\n");
    const answers = await runTorch<number[][][]>(
      program,
      CASES.map(({ options, schedule = "L.ConstantLR(opt, 1)" }) => ({
        options: {
          lr: options.learningRate!,
          momentum: options.momentum ?? 0.9,
          nesterov: options.nesterov ?? false,
        },
        clip: options.clipNorm ?? 0,
        schedule,
      })),
    );
    for (const [c, expected] of answers.entries()) {
      const actual = await iterates(40, CASES[c].options);
      actual.forEach((point, k) =>
        point.forEach((x, i) => assertAlmostEquals(x, expected[k][i], 1e-12, `${c}, step ${k}`))
      );
    }
  },
});

Deno.test("sgd() without momentum is gradientDescent() with a learning rate", async () => {
  const { f } = quadratic(4, 30, 1), learningRate = 0.03;
  const begin = Float64Array.of(1, 2, 3, 4), evaluator = evaluatorOf(4, f);
  const one = sgd({ learningRate, momentum: 0 }), other = gradientDescent({ learningRate });
  const a = one.init(begin), b = other.init(begin);
  for (let k = 0; k < 50; k++) {
    await one.epoch(a, evaluator);
    await other.epoch(b, evaluator);
  }
  for (let i = 0; i < 4; i++) assertAlmostEquals(a.parameters[i], b.parameters[i], 1e-14);
});

Deno.test("sgd() refuses numbers out of range", () => {
  for (
    const options of [
      { learningRate: 0 },
      { momentum: 1 },
      { momentum: -0.1 },
      { momentum: 0, nesterov: true },
      { clipNorm: 0 },
      { batchSize: 0 },
      { batchSize: 2, batchSeed: 0.5 },
    ]
  ) assertThrows(() => sgd(options), RangeError, "Cannot create sgd");
  assertThrows(() => sgd({ batchSize: 3 }).init(Float64Array.of(1)), RangeError, "rows must be");
});
