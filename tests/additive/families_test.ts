import { assert, assertAlmostEquals, assertLess } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { fitRidgeFunctions } from "../../lib/additive/inner.ts";
import { pointFamily } from "../../lib/additive/_point_family.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { evaluateLoss, type Loss } from "../../lib/engine/mod.ts";
import { createRandom, forward, type Random } from "../../lib/model/mod.ts";

/** Rows whose linear predictor is `sin(4 a) + b`, and what is drawn from it. */
function drawn(rows: number, draw: (eta: number, random: Random) => number): Dataset {
  const random = createRandom(3, "families"), inputs = new Float64Array(2 * rows);
  for (let i = 0; i < inputs.length; i++) inputs[i] = random.uniform();
  const targets = Float64Array.from(
    { length: rows },
    (_, r) => draw(etaOf(inputs, r), random),
  );
  return { rows, nIn: 2, nOut: 1, inputs, targets };
}
const etaOf = (inputs: Float64Array, r: number) => Math.sin(4 * inputs[2 * r]) + inputs[2 * r + 1];

function count(mean: number, random: Random): number {
  let n = 0;
  for (let time = -Math.log(random.uniform()); time < mean; n++) time -= Math.log(random.uniform());
  return n;
}
const exponential = (random: Random) => -Math.log(1 - random.uniform());

/** A loss, draws, and what the outputs are about. */
const CASES: [Loss, (eta: number, random: Random) => number, (eta: number) => number][] = [
  [{ kind: "poisson" }, (eta, random) => count(Math.exp(eta), random), (eta) => eta],
  [
    { kind: "gamma" },
    (eta, random) => Math.exp(eta) * (exponential(random) + exponential(random)) / 2,
    (eta) => eta,
  ],
  [{ kind: "tweedie", power: 1.5 }, (eta, random) => {
    let sum = 0;
    for (let k = count(Math.exp(eta / 2) * 2, random); k > 0; k--) sum += exponential(random);
    return sum * Math.exp(eta / 2) / 2;
  }, (eta) => eta],
  [
    { kind: "binomial" },
    (eta, random) => {
      let hits = 0;
      for (let k = 0; k < 10; k++) hits += +(random.uniform() < 1 / (1 + Math.exp(-eta)));
      return hits / 10;
    },
    (eta) => eta,
  ],
  [
    { kind: "huber", delta: 0.3 },
    (eta, random) => eta + (random.uniform() < 0.1 ? 20 : 0.2) * random.normal(),
    (eta) => eta,
  ],
  [
    { kind: "quantile", tau: 0.9 },
    (eta, random) => eta + 0.3 * random.normal(),
    (eta) => eta + 0.3 * 1.2816,
  ],
];

for (const [loss, draw, expected] of CASES) {
  Deno.test(`additive models and sums of splines fit ${loss.kind}`, () => {
    const data = drawn(800, draw);
    const weights = loss.kind === "binomial" ? new Float64Array(800).fill(10) : undefined;
    const dataset = { ...data, ...(weights ? { weights } : {}) };
    const networks = [
      fitAdditive(dataset, { loss, intervals: 8 }).network,
      fitRidgeFunctions(dataset, { loss, intervals: 8, bends: true }).network,
    ];
    for (const network of networks) {
      const outputs = forward(network, data.inputs);
      const square = outputs.reduce(
        (sum, y, r) => sum + (y - expected(etaOf(data.inputs, r))) ** 2,
        0,
      );
      assertLess(Math.sqrt(square / 800), 0.17);
      const flat = new Float64Array(800).fill(outputs.reduce((sum, y) => sum + y, 0) / 800);
      assertLess(evaluateLoss(loss, outputs, dataset), evaluateLoss(loss, flat, dataset));
    }
  });
}

Deno.test("a family's gradient and thirds are derivatives of deviance and weights", () => {
  for (const [loss, draw] of CASES) {
    const { targets } = drawn(5, draw), weights = Float64Array.of(1, 2, 0.5, 1, 3);
    const family = pointFamily(loss, targets, weights)!, step = 1e-5;
    const eta = Float64Array.of(0.3, -0.4, 1.1, 0.7, 0.2), gradient = [new Float64Array(5)];
    family.deviance([eta], gradient);
    const forms = new Float64Array(5).fill(1), [thirds] = family.thirds([eta], [forms]);
    for (let r = 0; r < 5; r++) {
      const [more, less] = [step, -step].map((move) => {
        const second = [new Float64Array(5)];
        const value = family.deviance([eta.with(r, eta[r] + move)], undefined, second);
        return { value, weight: second[0][r] };
      });
      assertAlmostEquals(gradient[0][r], (more.value - less.value) / (4 * step), 1e-5);
      if (loss.kind === "huber" || loss.kind === "quantile") continue;
      assertAlmostEquals(thirds[r], (more.weight - less.weight) / (2 * step), 1e-4);
    }
    assert(family.start.every(Number.isFinite));
  }
});

Deno.test("logits of separated classes stay moderate", () => {
  const data = drawn(120, (eta) => eta > 0.9 ? 1 : 0);
  const three: Dataset = {
    ...data,
    nOut: 3,
    targets: Float64Array.from({ length: 360 }, (_, i) => {
      const eta = etaOf(data.inputs, Math.floor(i / 3));
      return (eta < 0.5 ? 0 : eta < 1.2 ? 1 : 2) === i % 3 ? 1 : 0;
    }),
  };
  for (const dataset of [data, three]) {
    const loss = { kind: "crossEntropy" } as const;
    const { network } = fitRidgeFunctions(dataset, { loss, intervals: 5, bends: true });
    const outputs = forward(network, dataset.inputs);
    assert(outputs.every((z) => Math.abs(z) < 200));
    assertLess(evaluateLoss(loss, outputs, dataset), 0.1);
  }
});
