import { evaluatedAt } from "../support/evaluated_at.ts";
import { assertAlmostEquals, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  activationDerivatives,
  closeDerivatives,
  evaluateJets,
  jetPoints,
} from "../../lib/engine/inner.ts";
import { compileJets, cpuEngine, referenceEngine } from "../../lib/engine/mod.ts";
import { blockValues } from "../../lib/model/inner.ts";
import { forward, type Network } from "../../lib/model/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";
import { runTorch, torchVersion } from "../support/torch.ts";

type Kind = "relu" | "tanh";
const KINDS: readonly Kind[] = ["relu", "tanh"];

function mlp(widths: readonly number[], activation: Kind, seed: number): Network {
  return randomNetwork({ widths, activation }, seed);
}

Deno.test("activationDerivatives() are each other's differences", () => {
  for (const x of [-2, -0.3, 1e-3, 0.7, 3]) {
    for (const kind of KINDS) {
      const own = activationDerivatives(kind, x, 5);
      for (let m = 1; m <= 5; m++) {
        const slope = fourthOrderDifference(
          (y) => activationDerivatives(kind, y, m - 1)[m - 1],
          x,
          2e-4,
        );
        assertAlmostEquals(own[m], slope, 1e-9 * (1 + Math.abs(own[m])), `${kind} ${m} at ${x}`);
      }
    }
  }
});

Deno.test("compileJets() of MLPs equals evaluateJets()", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 5 }),
      fc.constantFrom(...KINDS),
      fc.array(fc.array(fc.nat(7), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(1e6),
      (widths, kind, wanted, rows, seed) => {
        const network = mlp(widths, kind, seed), nIn = widths[0];
        const derivatives = wanted.map((one) => one.map((input) => input % nIn));
        const { inputs } = randomDataset({ rows, nIn, nOut: 1, seed });
        const expected = evaluateJets(network, inputs, derivatives);
        const [values] = compileJets(network, [jetPoints(inputs, nIn, derivatives)])
          .forward(network.parameters);
        assertEquals(expected.derivatives, closeDerivatives(derivatives));
        const scale = expected.values.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
        values.forEach((x, i) => assertAlmostEquals(x, expected.values[i], 1e-13 * scale));
        const step = expected.derivatives.length * widths.at(-1)!;
        forward(network, inputs).forEach((y, i) => {
          const nOut = widths.at(-1)!;
          const at = Math.floor(i / nOut) * step + i % nOut;
          assertAlmostEquals(values[at], y, 1e-13 * scale);
        });
      },
    ),
    { seed: SEED, numRuns: 100 },
  );
});

Deno.test("compileJets() of MLPs: gradients equal differences, call after call", () => {
  for (const [k, kind] of KINDS.entries()) {
    const network = mlp([2, 5, 4, 2], kind, 3 + k);
    const groups = [
      jetPoints(randomDataset({ rows: 5, nIn: 2, nOut: 1, seed: 1 }).inputs, 2, [[0, 0, 1], [
        1,
        1,
      ]]),
      jetPoints(randomDataset({ rows: 3, nIn: 2, nOut: 1, seed: 2 }).inputs, 2, []),
    ];
    const program = compileJets(network, groups);
    const bars = program.forward(network.parameters).map((values, g) =>
      randomDataset({ rows: values.length, nIn: 1, nOut: 1, seed: 4 + g }).inputs
    );
    const gradient = new Float64Array(program.numParameters), again = gradient.slice();
    program.backward(bars, gradient);
    program.backward(bars, again);
    assertEquals(again, gradient);
    const moved = network.parameters.slice();
    const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    gradient.forEach((g, i) => {
      const difference = fourthOrderDifference(
        (x) => {
          moved[i] = x;
          const outputs = program.forward(moved);
          return outputs.reduce(
            (sum, values, g) => sum + values.reduce((all, y, j) => all + y * bars[g][j], 0),
            0,
          );
        },
        network.parameters[i],
        1e-4,
      );
      moved[i] = network.parameters[i];
      assertLessOrEqual(Math.abs(g - difference), 1e-8 * scale, `${kind} ${i}`);
    });
  }
});

Deno.test("referenceEngine trains tanh, cpuEngine refuses it", async () => {
  const network = mlp([2, 4, 3, 1], "tanh", 5);
  const dataset = randomDataset({ rows: 9, nIn: 2, nOut: 1, seed: 5 });
  const evaluator = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
  const gradient = new Float64Array(network.parameters.length);
  await evaluator.evaluate(network.parameters, gradient);
  const moved = network.parameters.slice();
  gradient.forEach((g, i) => {
    const difference = fourthOrderDifference(
      (x) => evaluatedAt(evaluator, moved.with(i, x)).objective,
      moved[i],
      1e-4,
    );
    assertAlmostEquals(g, difference, 1e-9);
  });
  await assertRejects(
    () => cpuEngine.compile({ network, loss: { kind: "mse" }, dataset }),
    RangeError,
    "activation must be spline or relu",
  );
});

Deno.test({
  name: "u_t, u_xx and their gradients of an MLP with tanh equal PyTorch's nested autograd",
  ignore: torchVersion === undefined,
  async fn() {
    const network = mlp([2, 6, 5, 1], "tanh", 9);
    const points = randomDataset({ rows: 4, nIn: 2, nOut: 1, seed: 9 }).inputs;
    const program = compileJets(network, [jetPoints(points, 2, [[0], [1, 1]])]);
    const [values] = program.forward(network.parameters); // u, u_t, u_x, u_xx
    const bars = values.map((_, i) => [0, 1, 0, 2][i % 4]);
    const gradient = new Float64Array(program.numParameters);
    program.backward([bars], gradient);
    const torch = await runTorch<{ values: number[]; gradient: number[] }>(
      [
        "maps = [torch.nn.Linear(a, b, bias=b > 1) for a, b in [(2, 6), (6, 5), (5, 1)]]",
        "net = torch.nn.Sequential(maps[0], torch.nn.Tanh(), maps[1], torch.nn.Tanh(), maps[2])",
        "with torch.no_grad():",
        "    for i, s in enumerate(maps):",
        "        s.weight.copy_(torch.tensor(data['weights'][i]).reshape(s.weight.T.shape).T)",
        "        if s.bias is not None: s.bias.copy_(torch.tensor(data['biases'][i]))",
        "x = torch.tensor(data['x']).reshape(-1, 2).requires_grad_()",
        "u = net(x)",
        "d = torch.autograd.grad(u.sum(), x, create_graph=True)[0]",
        "d2 = torch.autograd.grad(d[:, 1].sum(), x, create_graph=True)[0]",
        "(d[:, 0].sum() + 2 * d2[:, 1].sum()).backward()",
        "flat = []",
        "for s in maps:",
        "    flat += (s.weight.grad.T.reshape(-1)).tolist()",
        "    if s.bias is not None: flat += s.bias.grad.tolist()",
        "all = torch.cat([u, d, d2[:, 1:]], 1)",
        "answer = {'values': all.reshape(-1).tolist(), 'gradient': flat}",
      ].join("\n"),
      {
        weights: [0, 1, 2].map((k) => [...blockValues(network, `linear${k}.weights`)]),
        biases: [0, 1].map((k) => [...blockValues(network, `linear${k}.bias`)]),
        x: [...points],
      },
    );
    values.forEach((y, i) => assertAlmostEquals(y, torch.values[i], 1e-12));
    gradient.forEach((g, i) => assertAlmostEquals(g, torch.gradient[i], 1e-11));
  },
});
