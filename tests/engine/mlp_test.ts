import { evaluatedAt } from "../support/evaluated_at.ts";
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { cpuEngine, createCpuEngine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import { blockValues, stagesOf, stageValues } from "../../lib/model/inner.ts";
import type { Network, NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";
import { runTorch, torchVersion } from "../support/torch.ts";

const LOSSES: readonly Loss[] = [
  { kind: "mse" },
  { kind: "huber", delta: 0.4, weightDecay: 1e-3 },
  { kind: "crossEntropy" },
];

function mlp(widths: readonly number[], bias: boolean, seed: number): Network {
  const options: NetworkOptions = { widths, activation: "relu", bias };
  return randomNetwork(options, seed);
}

Deno.test("cpuEngine equals referenceEngine on MLPs of random shape", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 3, maxLength: 5 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 150 }), // kernels take 64 rows at a time, and 8 columns
      fc.constantFrom(...LOSSES),
      fc.integer({ min: 0, max: 1e6 }),
      async (widths, bias, rows, loss, seed) => {
        const network = mlp(widths, bias, seed);
        const nIn = widths[0], nOut = widths.at(-1)!;
        const targets = loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot";
        const dataset = randomDataset({ rows, nIn, nOut, seed, targets, weighted: seed % 2 === 0 });
        const fast = await cpuEngine.compile({ network, loss, dataset });
        const plain = await referenceEngine.compile({ network, loss, dataset });
        const g = new Float64Array(network.parameters.length).fill(NaN), h = g.slice();
        const evaluation = await fast.evaluate(network.parameters, g), f = evaluation.objective;
        const e = (await plain.evaluate(network.parameters, h)).objective;
        assertLessOrEqual(Math.abs(f - e), 1e-13 * (1 + Math.abs(e)));
        const scale = h.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
        g.forEach((x, i) => assertLessOrEqual(Math.abs(x - h[i]), 1e-12 * scale));
        assertEquals(evaluation.statistics(), []);
        assertEquals((await fast.evaluate(network.parameters)).objective, f);
        fast.dispose();
        plain.dispose();
      },
    ),
    { seed: SEED, numRuns: 80 },
  );
});

Deno.test("gradients of an MLP equal central differences away from the kinks", async () => {
  const network = mlp([2, 6, 5, 2], true, 3);
  const dataset = randomDataset({ rows: 12, nIn: 2, nOut: 2, seed: 3 });
  for (const engine of [cpuEngine, referenceEngine]) {
    for (const loss of LOSSES.slice(0, 1)) {
      const evaluator = await engine.compile({ network, loss, dataset });
      const gradient = new Float64Array(network.parameters.length);
      await evaluator.evaluate(network.parameters, gradient);
      const sides = signs(network, dataset), moved = network.parameters.slice(), h = 1e-4;
      let compared = 0;
      gradient.forEach((g, i) => {
        const at = moved[i];
        const stays = [-2 * h, 2 * h].every((d) => {
          moved[i] = at + d;
          return signs({ ...network, parameters: moved }, dataset) === sides;
        });
        moved[i] = at;
        if (!stays) return;
        const difference = fourthOrderDifference(
          (x) => {
            moved[i] = x;
            return evaluatedAt(evaluator, moved).objective;
          },
          at,
          h,
        );
        moved[i] = at;
        assertLessOrEqual(Math.abs(g - difference), 1e-9, `${engine.name} ${i}`);
        compared++;
      });
      assert(compared > 0.9 * gradient.length, `${compared} of ${gradient.length}`);
      evaluator.dispose();
    }
  }
});

/** On which side of its corner every ReLU is at every row. */
function signs(network: Network, { inputs, rows }: Dataset): string {
  const values = stageValues(network, inputs, rows);
  return stagesOf(network.config)
    .flatMap(({ kind }, k) => kind === "relu" ? [...values[k]].map((x) => Number(x > 0)) : [])
    .join("");
}

Deno.test("an MLP gives the same bits for any number of threads", async () => {
  const network = mlp([2, 8, 7, 1], true, 1);
  const dataset = randomDataset({ rows: 5000, nIn: 2, nOut: 1, seed: 1 });
  const results = await Promise.all([1, 2, 3].map(async (threads) => {
    const evaluator = await createCpuEngine({ threads })
      .compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    const value = (await evaluator.evaluate(network.parameters, gradient)).objective;
    evaluator.dispose();
    return [value, ...gradient];
  }));
  assertEquals(results[1], results[0]);
  assertEquals(results[2], results[0]);
});

Deno.test({
  name: "value and gradient of an MLP equal PyTorch's nn.Sequential",
  ignore: torchVersion === undefined,
  async fn() {
    const widths = [2, 20, 20, 1];
    const network = mlp(widths, true, 9);
    const dataset = randomDataset({ rows: 50, nIn: 2, nOut: 1, seed: 9 });
    const evaluator = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    const value = (await evaluator.evaluate(network.parameters, gradient)).objective;
    evaluator.dispose();
    const torch = await runTorch<{ value: number; count: number; gradient: number[] }>(
      [
        "widths = data['widths']",
        "n = len(widths) - 1",
        "stages = []",
        "for i in range(n):",
        "    stages.append(torch.nn.Linear(widths[i], widths[i + 1], bias=i < n - 1))",
        "    if i < n - 1: stages.append(torch.nn.ReLU())",
        "net = torch.nn.Sequential(*stages)",
        "linear = [s for s in stages if isinstance(s, torch.nn.Linear)]",
        "with torch.no_grad():",
        "    for i, s in enumerate(linear):",
        "        s.weight.copy_(torch.tensor(data['weights'][i]).reshape(widths[i], widths[i + 1]).T)",
        "        if s.bias is not None: s.bias.copy_(torch.tensor(data['biases'][i]))",
        "x = torch.tensor(data['x']).reshape(-1, widths[0])",
        "loss = torch.nn.functional.mse_loss(net(x), torch.tensor(data['y']).reshape(-1, 1))",
        "loss.backward()",
        "flat = []",
        "for s in linear:",
        "    flat += s.weight.grad.T.reshape(-1).tolist()",
        "    if s.bias is not None: flat += s.bias.grad.tolist()",
        "count = sum(p.numel() for p in net.parameters())",
        "answer = {'value': loss.item(), 'gradient': flat, 'count': count}",
      ].join("\n"),
      {
        widths,
        weights: [0, 1, 2].map((k) => [...blockValues(network, `linear${k}.weights`)]),
        biases: [0, 1].map((k) => [...blockValues(network, `linear${k}.bias`)]),
        x: [...dataset.inputs],
        y: [...dataset.targets],
      },
    );
    assertEquals(torch.count, 500);
    assertLessOrEqual(Math.abs(value - torch.value), 1e-13 * torch.value);
    const scale = Math.max(...torch.gradient.map(Math.abs));
    gradient.forEach((g, i) => assertLessOrEqual(Math.abs(g - torch.gradient[i]), 1e-13 * scale));
  },
});
