import { assert, assertEquals, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import { type Dataset, findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createCpuEngine, evaluateLoss, type Loss } from "../../lib/engine/mod.ts";
import {
  createNetwork,
  createRandom,
  forward,
  type Network,
  type NetworkOptions,
} from "../../lib/model/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import {
  adam,
  type FinishedEvent,
  gaussNewton,
  lbfgs,
  type Optimizer,
  type TrainOptions,
  trainToEnd,
} from "../../lib/train/mod.ts";

const ENGINE = createCpuEngine({ threads: 1 });
const LOSS: Loss = { kind: "mse" };

const OPTIMIZERS: readonly Optimizer[] = [lbfgs(), adam(), gaussNewton()];

/** Trains, and makes sure that nothing in the result is NaN and that it is not worse than before. */
async function survive(
  network: Network,
  dataset: Dataset,
  options: TrainOptions,
  what: string,
): Promise<FinishedEvent> {
  const losses: number[] = [];
  const finished = await trainToEnd(network, dataset, {
    engine: ENGINE,
    ...options,
    onEvent(event) {
      if (event.type === "refined") losses.push(event.lossBefore, event.lossAfter);
      if (event.type !== "epoch") return;
      const { loss, objective, gradientNorm, validationLoss = 0 } = event.record;
      losses.push(loss, objective, gradientNorm, validationLoss);
    },
  });
  const { loss, levels, network: best } = finished;
  losses.push(loss, ...levels.map((level) => level.loss));
  assert(!losses.some(Number.isNaN), `${what}: a loss is NaN`);
  assert(best.parameters.every(Number.isFinite), `${what}: parameters are not finite`);
  const outputs = forward(best, dataset.inputs, dataset.rows);
  assert(outputs.every(Number.isFinite), `${what}: predictions are not finite`);
  const own = evaluateLoss(options.loss ?? LOSS, outputs, dataset);
  assertLessOrEqual(Math.abs(own - loss), 1e-9 * (1 + loss), `${what}: loss of the network kept`);
  return finished;
}

/** The loss of a network before training. */
async function lossBefore(network: Network, dataset: Dataset, loss = LOSS): Promise<number> {
  const evaluator = await ENGINE.compile({ network, loss, dataset });
  try {
    return (await evaluator.evaluate(network.parameters)).loss;
  } finally {
    evaluator.dispose();
  }
}

Deno.test("train() survives 200 starts: no NaN, none ends worse than it began", async () => {
  const problems = ["nonsmooth", "xor"].map((name) => findProblem(name));
  const seeds = Math.ceil(200 / (problems.length * OPTIMIZERS.length * 2));
  let starts = 0;
  for (const problem of problems) {
    const { train: rows } = galleryDatasets(problem, { rows: 60 });
    for (const optimizer of OPTIMIZERS) {
      const schedule = multilevelSchedule(optimizer.name === "adam" ? [3, 2] : [1, 1]);
      for (const basis of ["bspline", "relu"] as const) {
        for (let seed = 0; seed < seeds; seed++) {
          const options = { ...problem.defaults, intervals: 3, basis } as NetworkOptions;
          const network = createNetwork(options, { seed });
          const what = `${problem.name}, ${optimizer.name}, ${basis}, seed ${seed}`;
          const finished = await survive(network, rows, { schedule, optimizer }, what);
          assertLessOrEqual(finished.loss, await lossBefore(network, rows), what);
          starts++;
        }
      }
    }
  }
  assert(starts >= 200);
});

/** `rows` points of `y = x1 - x2^2`, changed by the caller. */
function points(rows: number, change: (x: number[], r: number) => number[]): Dataset {
  const random = createRandom(3, "robustness");
  const inputs = new Float64Array(2 * rows), targets = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const [a, b, y] = change([random.uniform(), random.uniform(), NaN], r);
    inputs.set([a, b], 2 * r);
    targets[r] = Number.isNaN(y) ? a - b * b : y;
  }
  return { rows, nIn: 2, nOut: 1, inputs, targets };
}

const AWKWARD: Record<string, Dataset> = {
  "one point": points(1, (x) => x),
  "two points that coincide but for the target": points(2, (_, r) => [0.5, 0.5, r]),
  "one point a hundred times": points(100, () => [0.3, 0.7, NaN]),
  "every point twice": points(80, ([a], r) => [Math.floor(r / 2) / 40, a > 2 ? 0 : 0.5, NaN]),
  "a constant column": points(60, ([a]) => [a, 0.5, NaN]),
  "a constant target": points(60, ([a, b]) => [a, b, 0.25]),
  "an outlier of 1e6 among the targets": points(60, ([a, b], r) => [a, b, r === 7 ? 1e6 : NaN]),
  "huge numbers": points(60, ([a, b]) => [1e150 * a, 1e150 * b, a]),
  "tiny numbers": points(60, ([a, b]) => [1e-300 * a, 1e-300 * b, a]),
  "huge targets": points(60, ([a, b]) => [a, b, 1e150 * a]),
};

Deno.test("train() takes awkward data with every optimizer", async () => {
  for (const [name, dataset] of Object.entries(AWKWARD)) {
    for (const optimizer of OPTIMIZERS) {
      for (const normalisation of ["minmax", "batchnorm"] as const) {
        const network = createNetwork({ widths: [2, 3, 1], normalisation }, { seed: 2 });
        const what = `${name}, ${optimizer.name}, ${normalisation}`;
        const schedule = multilevelSchedule([2, 1]);
        const { loss } = await survive(network, dataset, { schedule, optimizer }, what);
        assertLessOrEqual(loss, (1 + 1e-14) * await lossBefore(network, dataset), what);
      }
    }
  }
});

Deno.test("train() with the Huber loss keeps to the many where a few are wrong", async () => {
  const dirty = points(200, ([a, b], r) => [a, b, r % 20 === 0 ? 50 : NaN]);
  const clean = points(200, (x) => x);
  const errors: number[] = [];
  for (const loss of [{ kind: "mse" }, { kind: "huber", delta: 0.01 }] as const) {
    const network = createNetwork({ widths: [2, 3, 1], intervals: 2 }, { seed: 2 });
    const schedule = multilevelSchedule([20]);
    const { network: best } = await survive(network, dirty, { loss, schedule }, loss.kind);
    const outputs = forward(best, clean.inputs, clean.rows);
    const sorted = outputs.map((y, r) => Math.abs(y - clean.targets[r])).sort();
    errors.push(sorted[100]);
  }
  assertLess(errors[1], errors[0] / 10);
});

Deno.test("train() survives steps of any length", async () => {
  const dataset = points(60, (x) => x);
  const steps = [1e-320, 1e-160, 1e30, 1e160, 1e300];
  for (const learningRate of steps) {
    const network = createNetwork({ widths: [2, 3, 1] }, { seed: 2 });
    const optimizer = adam({ learningRate });
    const what = `learning rate ${learningRate}`;
    const options = { optimizer, schedule: multilevelSchedule([3, 2]) };
    const { loss } = await survive(network, dataset, options, what);
    assertLessOrEqual(loss, (1 + 1e-14) * await lossBefore(network, dataset), what);
  }
  for (const scale of [1e-300, 1e-30, 1e30, 1e75]) { // gradients as short and as long
    for (const optimizer of OPTIMIZERS) {
      const start = createNetwork({ widths: [2, 3, 1] }, { seed: 2 });
      const network = { ...start, parameters: start.parameters.map((x) => x * scale) };
      const what = `parameters times ${scale}, ${optimizer.name}`;
      const options = { optimizer, schedule: multilevelSchedule([2, 1]) };
      const { loss } = await survive(network, dataset, options, what);
      assertLessOrEqual(loss, (1 + 1e-14) * await lossBefore(network, dataset), what);
    }
  }
});

Deno.test("train() tells of a start that overflows by its status, without NaN", async () => {
  const dataset = points(20, (x) => x);
  for (const scale of [1e200, Infinity]) {
    const start = createNetwork({ widths: [2, 3, 1] }, { seed: 2 });
    const network = { ...start, parameters: start.parameters.map((x) => x && x * scale) };
    const finished = await trainToEnd(network, dataset, { engine: ENGINE });
    assertEquals([finished.status, finished.loss], ["diverged", Infinity]);
    assertEquals(finished.levels.map(({ loss }) => loss), [Infinity]);
    assertEquals(finished.network.parameters, network.parameters);
    for (const { kind: _, ...measured } of finished.network.statistics) {
      for (const values of Object.values(measured)) assert(values.every(Number.isFinite));
    }
  }
});

Deno.test("train() refuses NaN and infinities with row and column", async () => {
  const good = points(20, (x) => x);
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 2 });
  for (const value of [NaN, Infinity, -Infinity]) {
    const inputs = good.inputs.slice(), targets = good.targets.slice();
    inputs[7] = targets[4] = value;
    const cases = [
      [
        { ...good, inputs },
        `inputs must be finite numbers, current value is ${value} in row 3, column 1`,
      ],
      [{ ...good, targets }, `targets must be finite numbers, current value is ${value} in row 4`],
    ] as const;
    for (const [bad, message] of cases) {
      await assertRejects(() => trainToEnd(network, bad), RangeError, message);
      await assertRejects(
        () => trainToEnd(network, good, { validation: bad }),
        RangeError,
        message,
      );
    }
  }
});
