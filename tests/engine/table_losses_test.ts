import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Dataset } from "../../lib/data/mod.ts";
import {
  cpuEngine,
  createCpuEngine,
  type Engine,
  evaluateLoss,
  type Loss,
  referenceEngine,
} from "../../lib/engine/mod.ts";
import { lossRoots } from "../../lib/engine/loss_roots.ts";
import { createRandom, type Network, type NetworkOptions } from "../../lib/model/mod.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";
import { rowsForLoss as dataFor, TABLE_LOSSES as LOSSES } from "../support/table_losses.ts";

const OPTIONS: readonly NetworkOptions[] = [
  { widths: [2, 3, 1] },
  { widths: [2, 3, 1], firstLayer: "spline", knots: "uniform" },
];

/** Half the unit deviances and others, as books write them. */
const BOOK: { readonly [kind in Loss["kind"]]?: (y: number, t: number) => number } = {
  poisson: (y, t) => (t === 0 ? 0 : t * Math.log(t / Math.exp(y))) - t + Math.exp(y),
  gamma: (y, t) => -Math.log(t / Math.exp(y)) + (t - Math.exp(y)) / Math.exp(y),
  tweedie: (y, t) =>
    t ** 0.7 / (-0.3 * 0.7) - t * Math.exp(-0.3 * y) / -0.3 + Math.exp(0.7 * y) / 0.7,
  binomial: (y, t) => {
    const p = 1 / (1 + Math.exp(-y)), term = (a: number, b: number) => a && a * Math.log(a / b);
    return term(t, p) + term(1 - t, 1 - p);
  },
  quantile: (y, t) => {
    const e = t - y, pinball = Math.max(0.8 * e, -0.2 * e);
    return Math.abs(e) > 0.3 ? pinball : (e * e / 0.3 + 0.3) / 4 + 0.3 * e;
  },
};

Deno.test("losses for tables are those of the books, weighted", () => {
  for (const loss of LOSSES) {
    const book = BOOK[loss.kind];
    if (!book) continue;
    const data = dataFor(loss), y = randomDataset({ rows: 23, nIn: 1, nOut: 1, seed: 6 }).inputs;
    let sum = 0, total = 0;
    data.targets.forEach((t, r) => {
      sum += data.weights![r] * book(y[r], t);
      total += data.weights![r];
    });
    assertAlmostEquals(evaluateLoss(loss, y, data), sum / total, 1e-13, loss.kind);
  }
});

/** The partial likelihood, sum by sum. */
function plainCox(y: Float64Array, { targets, weights, rows }: Dataset): number {
  let sum = 0, total = 0;
  for (let i = 0; i < rows; i++) {
    if (targets[i] < 0 || weights![i] === 0) continue;
    let risk = 0;
    for (let j = 0; j < rows; j++) {
      if (Math.abs(targets[j]) >= targets[i]) risk += weights![j] * Math.exp(y[j]);
    }
    sum += weights![i] * (Math.log(risk) - y[i]);
    total += weights![i];
  }
  return sum / total;
}

Deno.test("the Cox loss is Breslow's partial likelihood, and does not overflow", () => {
  const loss = { kind: "cox" } as const, data = dataFor(loss);
  const y = randomDataset({ rows: 23, nIn: 1, nOut: 1, seed: 6 }).inputs;
  assertAlmostEquals(evaluateLoss(loss, y, data), plainCox(y, data), 1e-14);
  const far = y.map((each) => each + 2000);
  assertAlmostEquals(evaluateLoss(loss, far, data), plainCox(y, data), 1e-12);
  const wide = y.map((each) => 3000 * each), slope = new Float64Array(23);
  assert(Number.isFinite(evaluateLoss(loss, wide, data, slope)));
  assert(slope.every(Number.isFinite));
});

Deno.test("losses for tables differentiate by the outputs; their curvature is not negative", () => {
  for (const loss of LOSSES) {
    for (const nOut of loss.kind === "cox" ? [1] : [1, 3]) {
      const data = dataFor(loss, 6, nOut);
      const y = randomDataset({ rows: 6, nIn: nOut, nOut: 1, seed: 6, reach: 2 }).inputs;
      const gradient = new Float64Array(y.length).fill(NaN);
      evaluateLoss(loss, y, data, gradient);
      y.forEach((x, i) => {
        const at = (x: number) => evaluateLoss(loss, y.with(i, x), data);
        assertAlmostEquals(gradient[i], fourthOrderDifference(at, x, 1e-3), 1e-10, loss.kind);
      });
      assert(lossRoots(loss, y, data).roots.every((root) => root >= 0));
    }
  }
});

/** `d outputs / d parameters`, shape `[rows, n]`, the statistics moving along, by differences. */
async function jacobian(network: Network, dataset: Dataset): Promise<Float64Array[]> {
  const evaluator = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
  const columns: Float64Array[] = [];
  for (let i = 0; i < network.parameters.length; i++) {
    const at = async (step: number) => {
      const moved = network.parameters.slice();
      moved[i] += step;
      return (await evaluator.evaluate(moved)).outputs();
    };
    const h = 1e-4;
    const [a, b, c, d] = [await at(h), await at(-h), await at(2 * h), await at(-2 * h)];
    columns.push(a.map((x, r) => (8 * (x - b[r]) - (c[r] - d[r])) / (12 * h)));
  }
  evaluator.dispose();
  return columns;
}

/** The curvature by all outputs, from the definitions; shape `[rows, rows]`. */
function plainCurvature(loss: Loss, y: Float64Array, data: Dataset): number[][] {
  const { rows, targets, weights } = data;
  const H = Array.from({ length: rows }, () => new Array<number>(rows).fill(0));
  if (loss.kind !== "cox") {
    const total = weights!.reduce((sum, w) => sum + w, 0);
    for (let r = 0; r < rows; r++) {
      const mean = Math.exp(y[r]), p = mean / (1 + mean), e = Math.abs(targets[r] - y[r]);
      const fisher = {
        poisson: mean,
        gamma: 1,
        tweedie: mean ** 0.7,
        binomial: p * (1 - p),
        quantile: 0.5 / Math.max(0.3, e),
      }[loss.kind as "poisson"];
      H[r][r] = weights![r] * fisher / total;
    }
    return H;
  }
  const total = targets.reduce((sum, t, r) => sum + (t > 0 ? weights![r] : 0), 0);
  for (let i = 0; i < rows; i++) {
    if (targets[i] < 0 || weights![i] === 0) continue;
    const risk = Array.from(
      y,
      (each, j) => Math.abs(targets[j]) >= targets[i] ? weights![j] * Math.exp(each) : 0,
    );
    const sum = risk.reduce((a, b) => a + b, 0), w = weights![i] / total;
    for (let j = 0; j < rows; j++) {
      H[j][j] += w * risk[j] / sum;
      for (let k = 0; k < rows; k++) H[j][k] -= w * risk[j] * risk[k] / sum ** 2;
    }
  }
  return H;
}

for (const options of OPTIONS) {
  for (const loss of LOSSES) {
    Deno.test(`Fisher matrices are J^T H J, ${loss.kind}, ${JSON.stringify(options)}`, async () => {
      const data = dataFor(loss), network = randomNetwork(options, 3, "mild");
      const n = network.parameters.length, J = await jacobian(network, data);
      let first: Float64Array | undefined;
      for (const engine of [referenceEngine, createCpuEngine({ threads: 1 })] as Engine[]) {
        const evaluator = await engine.compile({ network, loss, dataset: data });
        const y = (await evaluator.evaluate(network.parameters)).outputs();
        const H = plainCurvature(loss, y, data);
        const A = new Float64Array(n * n), gradient = new Float64Array(n);
        await evaluator.curvature!.matrix!(network.parameters, A, gradient);
        const size = Math.max(...A.map(Math.abs));
        for (let a = 0; a < n; a++) {
          for (let b = 0; b <= a; b++) {
            let sum = a === b ? loss.weightDecay ?? 0 : 0;
            H.forEach((row, j) => row.forEach((h, k) => sum += J[a][j] * h * J[b][k]));
            assertAlmostEquals(A[a * n + b], sum, 1e-8 * size, `${engine.name} ${a} ${b}`);
            assertAlmostEquals(A[b * n + a], A[a * n + b], 1e-13 * size);
          }
        }
        const r = await evaluator.curvature!.residuals(network.parameters);
        const pulled = new Float64Array(n);
        await evaluator.curvature!.vjp(network.parameters, r, pulled);
        gradient.forEach((g, i) =>
          assertAlmostEquals(
            pulled[i] + (loss.weightDecay ?? 0) * network.parameters[i],
            g,
            1e-11,
            `${engine.name} gradient`,
          )
        );
        const v = Float64Array.from({ length: n }, (_, i) => Math.cos(i)), Av = new Float64Array(n);
        await evaluator.curvature!.product(network.parameters, v, Av);
        Av.forEach((each, i) => {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += A[i * n + k] * v[k];
          assertAlmostEquals(each, sum, 1e-7 * size * n);
        });
        if (first) A.forEach((a, i) => assertAlmostEquals(a, first![i], 1e-11 * size));
        first = A;
        evaluator.dispose();
      }
    });
  }
}

Deno.test("the curvature of more than 32 times of events lies above the exact one", () => {
  const random = createRandom(3), rows = 90;
  const data = {
    ...randomDataset({ rows, nIn: 2, nOut: 1, seed: 4, weighted: true }),
    targets: Float64Array.from({ length: rows }, (_, r) => r % 4 === 3 ? -1 - r : 1 + r),
  };
  const y = Float64Array.from({ length: rows }, () => random.normal());
  const found = lossRoots({ kind: "cox" }, y, data), H = plainCurvature({ kind: "cox" }, y, data);
  assert(found.kind === "shared" && found.shared.length === 32);
  for (let trial = 0; trial < 50; trial++) {
    const v = Array.from({ length: rows }, () => random.normal());
    let exact = 0, upper = 0;
    H.forEach((row, j) => row.forEach((h, k) => exact += v[j] * h * v[k]));
    v.forEach((x, r) => upper += (found.roots[r] * x) ** 2);
    for (const each of found.shared) upper -= v.reduce((sum, x, r) => sum + x * each[r], 0) ** 2;
    assert(upper >= exact - 1e-14 && upper <= 1.05 * exact, `${upper} ${exact}`);
  }
});

Deno.test("losses for tables have the same bits on any number of threads; float32 is near", async () => {
  for (const loss of LOSSES) {
    const data = dataFor(loss, 3000), network = randomNetwork(OPTIONS[0], 3, "mild");
    const results: { objective: number; gradient: Float64Array }[] = [];
    for (
      const engine of [
        createCpuEngine({ threads: 1 }),
        createCpuEngine({ threads: 3 }),
        createCpuEngine({ threads: 2, dtype: "float32" }),
        referenceEngine,
      ]
    ) {
      const evaluator = await engine.compile({ network, loss, dataset: data });
      const gradient = new Float64Array(network.parameters.length);
      const { objective } = await evaluator.evaluate(network.parameters, gradient);
      results.push({ objective, gradient });
      evaluator.dispose();
    }
    const [one, three, short, plain] = results;
    assertEquals(three, one, loss.kind);
    const size = Math.max(...one.gradient.map(Math.abs));
    assertAlmostEquals(plain.objective, one.objective, 1e-12 * Math.abs(one.objective));
    assertAlmostEquals(short.objective, one.objective, 1e-5 * Math.abs(one.objective));
    one.gradient.forEach((g, i) => {
      assertAlmostEquals(plain.gradient[i], g, 1e-11 * size, loss.kind);
      assertAlmostEquals(short.gradient[i], g, 1e-3 * size, loss.kind);
    });
  }
});

Deno.test("mini-batches are means over their rows; Cox's loss refuses them", async () => {
  const rows = Int32Array.of(5, 2, 9);
  for (const loss of LOSSES) {
    const data = dataFor(loss), network = randomNetwork(OPTIONS[0], 3, "mild");
    for (const engine of [referenceEngine, cpuEngine]) {
      const evaluator = await engine.compile({ network, loss, dataset: data });
      if (loss.kind === "cox") {
        assertThrows(() => evaluator.batches!.select(rows), RangeError, "compares every event");
        evaluator.batches!.select(undefined);
      } else {
        evaluator.batches!.select(rows);
        const found = await evaluator.evaluate(network.parameters);
        const take = (values: Float64Array) => Float64Array.from(rows, (r) => values[r]);
        const few = { ...data, rows: 3, targets: take(data.targets), weights: take(data.weights!) };
        assertAlmostEquals(found.loss, evaluateLoss(loss, found.outputs(), few), 1e-13);
      }
      evaluator.dispose();
    }
  }
});

Deno.test("targets and numbers that a loss cannot take are refused", async () => {
  const network = randomNetwork(OPTIONS[0], 3, "mild");
  const good = dataFor({ kind: "gamma" });
  const refuse = (loss: Loss, data: Dataset, words: string) =>
    assertRejects(() => cpuEngine.compile({ network, loss, dataset: data }), RangeError, words);
  const bad = { ...good, targets: good.targets.with(3, -1) };
  await refuse({ kind: "poisson" }, bad, "at least 0 for poisson, current value is -1 in row 3");
  await refuse({ kind: "gamma" }, { ...good, targets: good.targets.with(3, 0) }, "above 0");
  await refuse({ kind: "binomial" }, { ...good, targets: good.targets.with(3, 2) }, "from 0 to 1");
  await refuse({ kind: "cox" }, { ...good, targets: good.targets.map((t) => -t) }, "event");
  await refuse({ kind: "tweedie", power: 2 }, good, "power must be a number between 1 and 2");
  await refuse({ kind: "quantile", tau: 1 }, good, "tau must be a number between 0 and 1");
});

Deno.test("counts of zero, empty weights and large outputs stay numbers", () => {
  const zeros = {
    rows: 2,
    nIn: 1,
    nOut: 1,
    inputs: new Float64Array(2),
    targets: new Float64Array(2),
  };
  const slope = new Float64Array(2);
  for (const loss of [{ kind: "poisson" }, { kind: "tweedie", power: 1.5 }] as Loss[]) {
    assert(evaluateLoss(loss, Float64Array.of(-800, -30), zeros, slope) < 1e-5);
    assert(slope.every(Number.isFinite));
    assertEquals(evaluateLoss(loss, Float64Array.of(1e4, 0), zeros), Infinity);
  }
  const half = { ...zeros, weights: Float64Array.of(0, 1) };
  assertEquals(evaluateLoss({ kind: "poisson" }, Float64Array.of(1e4, 0), half, slope), 1);
  assertEquals(slope[0], 0);
});
