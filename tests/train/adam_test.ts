import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { adam, type AdamOptions } from "../../lib/train/mod.ts";
import { evaluatorOf, type Objective, quadratic, rosenbrock } from "../support/objectives.ts";
import { runTorch, torchVersion } from "../support/torch.ts";

async function iterates(
  f: Objective,
  start: number[],
  count: number,
  options: AdamOptions,
): Promise<number[][]> {
  const optimizer = adam(options);
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
    ]
  ) {
    assertThrows(() => adam(options), RangeError, "Cannot create adam");
  }
});
