import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { certify, type Claim } from "../../lib/certify/mod.ts";
import { type Dataset, foldRows } from "../../lib/data/mod.ts";
import {
  createCpuEngine,
  devianceScores,
  type Loss,
  quantileScores,
} from "../../lib/engine/mod.ts";
import { createRandom, ensembleOutputs, type Random } from "../../lib/model/mod.ts";
import { type FoundModel, searchModel, type SearchOptions } from "../../lib/search/mod.ts";
import { planDealing } from "../../lib/search/_folds.ts";
import { bestConstants, outputBounds } from "../../lib/search/_slopes.ts";
import { runScikit, scikitVersion } from "../support/scikit_learn.ts";

const engine = createCpuEngine({ threads: 1 });

/** The logarithm of a mean, or what stands for it. */
function signal([a, b, c]: Float64Array): number {
  return Math.sin(5 * a) + b * b + (c > 0.5 ? 0.8 : 0);
}

function rowsOf(rows: number, draw: (eta: number, random: Random) => number, seed = 1): Dataset {
  const random = createRandom(seed, "rows"), nIn = 3;
  const inputs = Float64Array.from({ length: rows * nIn }, () => random.uniform());
  const targets = Float64Array.from(
    { length: rows },
    (_, r) => draw(signal(inputs.subarray(r * nIn, (r + 1) * nIn)), random),
  );
  return { rows, nIn, nOut: 1, inputs, targets };
}

function count(mean: number, random: Random): number {
  let k = 0, p = Math.exp(-mean), sum = p;
  for (const u = random.uniform(); u > sum && k < 1000; sum += p) p *= mean / ++k;
  return k;
}

const search = (dataset: Dataset, options: Partial<SearchOptions>): Promise<FoundModel> =>
  searchModel(dataset, { task: "regression", engine, timeLimit: 2, ...options });

const DRAWS: readonly [Loss, (eta: number, random: Random) => number][] = [
  [{ kind: "poisson" }, (eta, random) => count(Math.exp(eta), random)],
  [{ kind: "gamma" }, (eta, random) => Math.exp(eta) * (0.1 - Math.log(1 - random.uniform()))],
  [
    { kind: "tweedie", power: 1.5 },
    (eta, random) => random.uniform() < 0.3 ? 0 : Math.exp(eta) * random.uniform(),
  ],
  [{ kind: "quantile", tau: 0.9 }, (eta, random) => eta / 4 + 0.1 * random.normal()],
  [{ kind: "huber", delta: 0.05 }, (eta, random) => eta / 4 + 0.05 * random.normal()],
  [{ kind: "binomial" }, (eta, random) => Math.min(1, count(5 / (1 + Math.exp(-eta)), random) / 9)],
  [
    { kind: "cox" },
    (eta, random) =>
      (random.uniform() < 0.3 ? 1 : -1) * Math.log(1 - random.uniform()) * Math.exp(-eta),
  ],
];

for (const [loss, draw] of DRAWS) {
  Deno.test(`a search by ${loss.kind} has sums and trees, and beats the constant`, async () => {
    const { tried, loss: reached, networks, bounds } = await search(rowsOf(400, draw), {
      ...{ loss, timeLimit: 0.4 },
    });
    const names = tried.map(({ name }) => name);
    assertEquals(names.slice(0, 3), ["constant", "linear", "additive splines"]);
    assert(names.includes("steps"));
    for (const { name, loss: own } of tried.slice(2, 3)) assertLess(own, tried[0].loss, name);
    assertLess(reached, tried[0].loss);
    assertEquals(bounds === undefined, loss.kind === "cox");
    assert(networks.length >= 1);
  });
}

Deno.test("constants and bounds are on the scale of the outputs", () => {
  const counts: Dataset = {
    ...{ rows: 4, nIn: 1, nOut: 1, inputs: Float64Array.of(0, 1, 2, 3) },
    targets: Float64Array.of(0, 1, 2, 5),
  };
  assertEquals([...bestConstants({ kind: "poisson" }, counts)], [Math.log(2)]);
  assertEquals([...bestConstants({ kind: "quantile", tau: 0.5 }, counts)], [1.5]);
  assertEquals([...bestConstants({ kind: "cox" }, counts)], [0]);
  const [[low, high]] = outputBounds({ kind: "poisson" }, counts)!;
  assert(low < Math.log(2 / 8) && high > Math.log(5));
  const none = { ...counts, targets: new Float64Array(4) };
  assert(
    [...bestConstants({ kind: "poisson" }, none), ...outputBounds({ kind: "poisson" }, none)![0]]
      .every(Number.isFinite),
  );
});

/** A search whose every network is proven to keep claims; so does their mean, and what bounds leave. */
async function proven(dataset: Dataset, options: Partial<SearchOptions>, claims: readonly Claim[]) {
  const { networks, tried, bounds } = await search(dataset, options);
  const box = Array.from({ length: dataset.nIn }, () => [0.02, 0.98] as const);
  for (const network of networks) {
    const { status } = certify(network, { box, claims, derivatives: 2 });
    assertEquals(status, "proven", JSON.stringify(network.config.widths));
  }
  return { names: tried.map(({ name }) => name), bounds };
}

Deno.test("what a search holds a model to is certified, of sums, steps and networks", async () => {
  const dataset = rowsOf(400, (eta, random) => eta / 4 + 0.05 * random.normal());
  const falls: SearchOptions["constraints"] = { monotone: [-1, 1, 0] };
  const signs: Claim[] = [{ kind: "decreasing", input: 0 }, { kind: "increasing", input: 1 }];
  const held = await proven(dataset, { constraints: falls, timeLimit: 8 }, signs);
  assertEquals(held.names, [
    ...["constant", "linear", "additive splines", "steps", "networks of 5", "networks of 10"],
  ]);
  const steps = await proven(
    dataset,
    { constraints: falls, interactions: "none", loss: { kind: "quantile", tau: 0.8 } },
    signs,
  );
  assertEquals(steps.names, ["constant", "linear", "additive splines", "steps"]);
  const bent = await proven(
    dataset,
    { constraints: { monotone: [0, 1, 0], convex: [1] }, timeLimit: 8 },
    [{ kind: "increasing", input: 1 }, { kind: "convex", input: 1 }],
  );
  assertEquals([bent.bounds, bent.names.includes("steps")], [undefined, false]);
});

Deno.test("groups are whole and times in order where candidates are judged", async () => {
  const dataset = rowsOf(120, (eta, random) => eta + 0.1 * random.normal());
  const groups = Array.from({ length: 120 }, (_, r) => `g${r % 4}`);
  const order = Array.from({ length: 120 }, (_, r) => r);
  const task = { family: "gaussian", seed: 1, engine } as const;
  assertEquals(planDealing(dataset, { ...task, groups }).folds, 4);
  assertEquals(planDealing(dataset, { ...task, order }), { folds: 5, holdouts: 5, repeats: 1 });
  assertThrows(() => planDealing(dataset, { ...task, groups: groups.map(() => 1) }), RangeError);
  const later = await search(dataset, { order, form: "linear" });
  const rows = foldRows({ rows: 120, folds: 5, seed: 1, order }).flatMap(({ test }) => [...test]);
  assertEquals(later.heldOut.targets.length, rows.length);
  // A column that tells groups apart explains a lot, but nothing of a group that was not seen.
  const marked = {
    ...dataset,
    inputs: dataset.inputs.map((x, i) => i % 3 === 0 ? Math.floor(i / 3) % 4 / 3 : x),
    targets: dataset.targets.map((_, r) => [0, 5, 1, 3][r % 4]),
  };
  const known = await search(marked, { timeLimit: 1 });
  const fresh = await search(marked, { timeLimit: 1, groups });
  assertLess(20 * known.loss, fresh.loss);
});

Deno.test({
  name: "deviances and pinball losses of searches are as good as scikit-learn's boosted trees'",
  ignore: scikitVersion === undefined,
  async fn() {
    const [, poisson] = DRAWS[0], [, normal] = DRAWS[3];
    for (const [loss, draw] of [[{ kind: "poisson" }, poisson], [DRAWS[3][0], normal]] as const) {
      const train = rowsOf(500, draw), test = rowsOf(2000, draw, 2);
      const { networks } = await search(train, { loss, timeLimit: 1.5 });
      const outputs = ensembleOutputs(networks, test.inputs);
      const program = [
        "from threadpoolctl import threadpool_limits",
        "threadpool_limits(1)", // their threads wait for each other on busy machines
        "from sklearn.ensemble import HistGradientBoostingRegressor as H",
        "from sklearn.linear_model import PoissonRegressor, QuantileRegressor",
        "X, y, Z, t = [np.array(data[k]) for k in ['x', 'y', 'z', 't']]",
        "X, Z = X.reshape(-1, 3), Z.reshape(-1, 3)",
        "count = data['loss'] == 'poisson'",
        "models = [H(loss='poisson', random_state=0), PoissonRegressor(alpha=1e-4)] if count else " +
        "[H(loss='quantile', quantile=0.9, random_state=0), QuantileRegressor(quantile=0.9, alpha=0, solver='highs')]",
        "score = metrics.mean_poisson_deviance if count else " +
        "(lambda t, p: metrics.mean_pinball_loss(t, p, alpha=0.9))",
        "answer = [score(t, m.fit(X, y).predict(Z)) for m in models]",
      ].join("\n");
      const others = await runScikit<number[]>(program, {
        ...{ loss: loss.kind, x: [...train.inputs], y: [...train.targets] },
        ...{ z: [...test.inputs], t: [...test.targets] },
      });
      const own = loss.kind === "poisson"
        ? devianceScores(loss, outputs, test).deviance
        : quantileScores(0.9, outputs, test).pinball;
      for (const other of others) assertLess(own, other, loss.kind);
    }
  },
});
