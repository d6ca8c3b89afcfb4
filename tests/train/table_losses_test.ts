import { assert, assertAlmostEquals } from "@std/assert";
import { concordance, type Dataset } from "../../lib/data/mod.ts";
import { devianceScores, evaluateLoss, type Loss } from "../../lib/engine/mod.ts";
import { createNetwork, createRandom, forward } from "../../lib/model/mod.ts";
import { coarseSchedule } from "../../lib/multilevel/mod.ts";
import { gaussNewton, lbfgs, trainToEnd } from "../../lib/train/mod.ts";
import { pythonOracle } from "../support/python.ts";
import { rOracle } from "../support/r.ts";

const sklearn = pythonOracle("sklearn", "scikit-learn", [
  "import numpy as np",
  "from sklearn.linear_model import PoissonRegressor, GammaRegressor, TweedieRegressor",
  "from sklearn.linear_model import QuantileRegressor",
  "from sklearn.metrics import d2_tweedie_score, mean_tweedie_deviance",
]);
const survival = rOracle("survival"), stats = rOracle("stats");

const ROWS = 400;

/** Rows with two inputs whose linear predictor is known, and a weight. */
function rowsFor(loss: Loss): Dataset {
  const random = createRandom(11), inputs = new Float64Array(2 * ROWS);
  const targets = new Float64Array(ROWS), weights = new Float64Array(ROWS);
  for (let r = 0; r < ROWS; r++) {
    const x = inputs[2 * r] = random.uniform(), z = inputs[2 * r + 1] = random.uniform();
    weights[r] = 0.5 + random.uniform();
    const eta = 0.3 + 1.2 * x - 0.8 * z, mean = Math.exp(eta);
    const count = () => {
      let k = 0;
      for (let p = random.uniform(); p > Math.exp(-mean); p *= random.uniform()) k++;
      return k;
    };
    const exponential = () => -Math.log(1 - random.uniform());
    if (loss.kind === "poisson") targets[r] = count();
    else if (loss.kind === "gamma") targets[r] = mean * (exponential() + exponential()) / 2;
    else if (loss.kind === "tweedie") {
      for (let k = count(); k > 0; k--) targets[r] += exponential();
    } else if (loss.kind === "binomial") {
      weights[r] = 5;
      for (let k = 0; k < 5; k++) targets[r] += Number(random.uniform() < mean / (1 + mean)) / 5;
    } else if (loss.kind === "cox") {
      const event = exponential() / mean, seen = 2 * random.uniform();
      targets[r] = Math.ceil(20 * Math.min(event, seen)) / 20 * (event <= seen ? 1 : -1);
    } else targets[r] = eta + (0.2 + x) * random.normal();
  }
  return { rows: ROWS, nIn: 2, nOut: 1, inputs, targets, weights };
}

/** The outputs of a model that is linear in both inputs, at its optimum. */
async function linearFit(loss: Loss, dataset: Dataset, epochs = 60): Promise<Float64Array> {
  const network = createNetwork({
    ...{ widths: [2, 1], firstLayer: "spline", degree: 1, intervals: 1, knots: "uniform" },
  }, { seed: 1 });
  const finished = await trainToEnd(network, dataset, {
    ...{ loss, schedule: coarseSchedule(epochs), optimizer: gaussNewton() },
  });
  return forward(finished.network, dataset.inputs, ROWS);
}

for (
  const [loss, regressor] of [
    [{ kind: "poisson" }, "PoissonRegressor(alpha=0, tol=1e-10, max_iter=10000)"],
    [{ kind: "gamma" }, "GammaRegressor(alpha=0, tol=1e-10, max_iter=10000)"],
    [
      { kind: "tweedie", power: 1.5 },
      "TweedieRegressor(power=1.5, alpha=0, link='log', tol=1e-10, max_iter=10000)",
    ],
  ] as const
) {
  Deno.test({
    name: `a linear model with the ${loss.kind} loss is scikit-learn's`,
    ignore: sklearn.version === undefined,
    async fn() {
      const data = rowsFor(loss), outputs = await linearFit(loss, data);
      const power = loss.kind === "poisson" ? 1 : loss.kind === "gamma" ? 2 : 1.5;
      const found = await sklearn.run<{ mean: number[]; d2: number; deviance: number }>(
        `X = np.array(data["x"]).reshape(-1, 2); y = np.array(data["y"]); w = np.array(data["w"])
model = ${regressor}.fit(X, y, sample_weight=w)
answer = {"mean": model.predict(X).tolist(), "d2": d2_tweedie_score(y, model.predict(X), sample_weight=w, power=${power}),
"deviance": mean_tweedie_deviance(y, model.predict(X), sample_weight=w, power=${power})}`,
        { x: [...data.inputs], y: [...data.targets], w: [...data.weights!] },
      );
      const logarithms = Float64Array.from(found.mean, Math.log);
      assert(evaluateLoss(loss, outputs, data) <= evaluateLoss(loss, logarithms, data) + 1e-12);
      outputs.forEach((y, r) => assertAlmostEquals(Math.exp(y), found.mean[r], 1e-4));
      const scores = devianceScores(loss, outputs, data);
      assertAlmostEquals(scores.d2!, found.d2, 1e-7);
      assertAlmostEquals(scores.deviance, found.deviance, 1e-7);
    },
  });
}

Deno.test({
  name: "a linear model with the quantile loss is scikit-learn's",
  ignore: sklearn.version === undefined,
  async fn() {
    for (const tau of [0.5, 0.9]) {
      const loss = { kind: "quantile", tau, delta: 1e-4 } as const, data = rowsFor(loss);
      const outputs = await linearFit(loss, data, 200);
      const found = await sklearn.run<number[]>(
        `X = np.array(data["x"]).reshape(-1, 2); y = np.array(data["y"]); w = np.array(data["w"])
model = QuantileRegressor(quantile=${tau}, alpha=0, solver="highs").fit(X, y, sample_weight=w)
answer = model.predict(X).tolist()`,
        { x: [...data.inputs], y: [...data.targets], w: [...data.weights!] },
      );
      const theirs = evaluateLoss(loss, Float64Array.from(found), data);
      const ours = evaluateLoss(loss, outputs, data);
      assert(Math.abs(ours - theirs) <= 1e-5 * theirs, `${tau}: ${ours} ${theirs}`);
    }
  },
});

Deno.test({
  name: "a linear model of successes is R's glm",
  ignore: !stats.found,
  async fn() {
    const loss = { kind: "binomial" } as const, data = rowsFor(loss);
    const outputs = await linearFit(loss, data);
    const lines = Array.from(
      { length: ROWS },
      (_, r) => `${data.inputs[2 * r]},${data.inputs[2 * r + 1]},${data.targets[r]}`,
    );
    const [deviance, none, ...eta] = await stats.run(
      "m <- glm(y ~ x + z, binomial, data, weights = rep(5, nrow(data))); " +
        "cat(deviance(m), m$null.deviance, predict(m))",
      ["x,z,y", ...lines].join("\n"),
    );
    outputs.forEach((y, r) => assertAlmostEquals(y, eta[r], 1e-6));
    const { deviance: mean, d2 } = devianceScores(loss, outputs, data);
    assertAlmostEquals(mean * 5 * ROWS, deviance, 1e-8 * deviance);
    assertAlmostEquals(d2!, 1 - deviance / none, 1e-10);
  },
});

Deno.test({
  name: "a linear model of hazards is R's coxph with Breslow's ties, weighted",
  ignore: !survival.found,
  async fn() {
    const loss = { kind: "cox" } as const, data = rowsFor(loss);
    const outputs = await linearFit(loss, data);
    const lines = Array.from({ length: ROWS }, (_, r) =>
      [
        ...data.inputs.subarray(2 * r, 2 * r + 2),
        Math.abs(data.targets[r]),
        Number(data.targets[r] > 0),
        data.weights![r],
      ].join(","));
    const [a, b, likelihood, index] = await survival.run(
      'm <- coxph(Surv(t, e) ~ x + z, data, weights = w, ties = "breslow", ' +
        "control = coxph.control(eps = 1e-13)); cat(coef(m), m$loglik[2], m$concordance[6])",
      ["x,z,t,e,w", ...lines].join("\n"),
    );
    const eta = Float64Array.from(
      { length: ROWS },
      (_, r) => a * data.inputs[2 * r] + b * data.inputs[2 * r + 1],
    );
    const events = data.targets.reduce((s, t, r) => s + (t > 0 ? data.weights![r] : 0), 0);
    assertAlmostEquals(evaluateLoss(loss, eta, data) * events, -likelihood, 1e-9 * -likelihood);
    const shift = outputs[0] - eta[0];
    outputs.forEach((y, r) => assertAlmostEquals(y - shift, eta[r], 1e-6));
    assertAlmostEquals(concordance(eta, data.targets, data.weights).concordance!, index, 1e-6);
  },
});

Deno.test("training survives targets that are all zero, huge counts and separated successes", async () => {
  const some = rowsFor({ kind: "poisson" });
  for (
    const [loss, targets] of [
      [{ kind: "poisson" }, some.targets.map(() => 0)],
      [{ kind: "tweedie", power: 1.5 }, some.targets.map(() => 0)],
      [{ kind: "poisson" }, some.targets.map((t) => 1e9 * t)],
      [{ kind: "gamma" }, some.targets.map((t) => 1e-200 + 1e6 * t)],
      [{ kind: "binomial" }, some.targets.map((_, r) => Number(some.inputs[2 * r] > 0.5))],
    ] as const
  ) {
    for (const optimizer of [gaussNewton(), lbfgs()]) {
      const data = { ...some, targets: Float64Array.from(targets) };
      const network = createNetwork({ widths: [2, 3, 1], intervals: 2 }, { seed: 1 });
      const first = evaluateLoss(loss, forward(network, data.inputs, ROWS), data);
      const finished = await trainToEnd(network, data, {
        ...{ loss, schedule: coarseSchedule(10), optimizer },
      });
      assert(finished.status !== "diverged", `${loss.kind} ${optimizer.name}`);
      assert(
        finished.loss <= first && Number.isFinite(finished.loss),
        `${loss.kind} ${finished.loss}`,
      );
    }
  }
});
