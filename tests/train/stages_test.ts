import { assert, assertEquals, assertLess, assertLessOrEqual, assertThrows } from "@std/assert";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createCpuEngine } from "../../lib/engine/mod.ts";
import { blockValues } from "../../lib/model/inner.ts";
import { createNetwork, forward, layerKnots } from "../../lib/model/mod.ts";
import {
  adaptiveSchedule,
  customSchedule,
  formatSchedule,
  multilevelSchedule,
} from "../../lib/multilevel/mod.ts";
import {
  adam,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  lbfgs,
  type TrainEvent,
  type TrainOptions,
  trainToEnd,
} from "../../lib/train/mod.ts";
import { refineByResidual, residualEnergies, stageOptimizers } from "../../lib/train/inner.ts";
import { hasStalled } from "../../lib/train/policies/stall.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const ENGINE = createCpuEngine({ threads: 1 });
const { train: ROWS } = galleryDatasets(findProblem("nonsmooth"), { rows: 300 });

/** Trains a small network; gives the last event and all records. */
async function run(options: TrainOptions, knots: "free" | "uniform" = "free") {
  const network = createNetwork({ widths: [2, 3, 1], intervals: 3, knots }, { seed: 3 });
  const events: TrainEvent[] = [];
  const finished = await trainToEnd(network, ROWS, {
    engine: ENGINE,
    optimizer: lbfgs(),
    ...options,
    onEvent: (event) => events.push(event),
  });
  const records = events.flatMap((event) => event.type === "epoch" ? [event.record] : []);
  return { network, finished, events, records };
}

Deno.test("train() gives each stage the optimizer that it names", async () => {
  const schedule = customSchedule([
    { epochs: 4, optimizer: "adam" },
    { epochs: 2 },
    { epochs: 3, optimizer: "adam" },
    { epochs: 2, refine: 2, optimizer: "lbfgs" },
  ]);
  const optimizers = { adam: adam({ learningRate: 0.02 }) };
  const { finished, records } = await run({ schedule, optimizers });
  const spent = records.map(({ evaluations }, i) =>
    evaluations - (records[i - 1]?.evaluations ?? 0)
  );
  // Adam evaluates once in an epoch (and once at its start), L-BFGS at least 20 times.
  assertEquals(records.map(({ stage }) => stage), [0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3]);
  spent.forEach((count, i) =>
    assertEquals(count < 5, [0, 2].includes(records[i].stage), `${spent}`)
  );
  assertEquals(finished.network.config.intervals, 6);
  assertLess(finished.loss, records[3].loss);
});

Deno.test("stageOptimizers() shares optimizers of one name and refuses unknown ones", () => {
  const usual = lbfgs({ memory: 3 }), mine = adam();
  const schedule = customSchedule([
    { epochs: 1, optimizer: "adamw" },
    { epochs: 1 },
    { epochs: 1, optimizer: "mine" },
    { epochs: 1, optimizer: "adamw" },
  ]);
  const [first, second, third, fourth] = stageOptimizers(schedule, usual, { mine });
  assertEquals([first.name, second === usual, third === mine], ["adamw", true, true]);
  assert(first === fourth);
  assertThrows(
    () => stageOptimizers(schedule, usual),
    RangeError,
    "stages[2].optimizer must be one of gauss-newton, lbfgs, adam, adamw",
  );
});

Deno.test("train() freezes the knots in one stage and frees them in the next", async () => {
  const logits = async (schedule: TrainOptions["schedule"]) =>
    blockValues((await run({ schedule: schedule! })).finished.network, "spline0.knotLogits");
  const frozen = { epochs: 3, freeze: ["knots"] } as const;
  assert((await logits(customSchedule([frozen]))).every((s) => s === 0));
  assert((await logits(customSchedule([frozen, { epochs: 2 }]))).some((s) => s !== 0));
});

Deno.test("hasStalled() compares the best of the last epochs with the best before", () => {
  const rule = { share: 0.1, epochs: 2 };
  const after = (...values: number[]) =>
    hasStalled(rule, values.map((objective) => ({ objective })) as never);
  assertEquals([after(), after(1), after(1, 1)], [false, false, false]);
  assertEquals([after(1, 1, 1), after(1, 0.95, 0.91), after(1, 0.95, 0.89)], [true, true, false]);
  assertEquals([after(1, 0.5, 9, 9), after(9, 1, 2, 0.8), after(1, 0, 0, 0)], [true, false, true]);
});

Deno.test("train() refines when progress stalls and ends when it stalls on the last grid", async () => {
  const schedule = adaptiveSchedule({ epochs: [60, 60, 60], stall: { share: 0.2, epochs: 2 } });
  const { finished, records } = await run({ schedule });
  assertEquals([finished.status, finished.reason], [
    "stalled",
    "the loss has fallen by less than 20 % in 2 epochs",
  ]);
  assertEquals(finished.levels.map(({ intervals }) => intervals), [3, 6, 12]);
  for (const [stage, { epochs }] of finished.levels.entries()) {
    assert(epochs >= 3 && epochs < 60, `${epochs} epochs`);
    const own = records.filter((record) => record.stage === stage);
    own.forEach((_, i) => {
      assertEquals(
        hasStalled({ share: 0.2, epochs: 2 }, own.slice(0, i + 1)),
        i === own.length - 1,
      );
    });
  }
});

Deno.test("residualEnergies() sums squared residuals interval by interval", () => {
  const dataset = randomDataset({ rows: 40, nIn: 2, nOut: 2, seed: 4, weighted: true } as never);
  for (const knotSharing of ["input", "layer"] as const) {
    const options = { widths: [2, 3, 2], intervals: 4, firstLayer: "spline", knotSharing } as const;
    const network = randomNetwork({ ...options, normalisation: "none" }, 5);
    const energies = residualEnergies(network, { kind: "mse" }, dataset);
    const y = forward(network, dataset.inputs, 40);
    const squares = Array.from({ length: 40 }, (_, r) =>
      (dataset.weights?.[r] ?? 1) *
      ((y[2 * r] - dataset.targets[2 * r]) ** 2 +
        (y[2 * r + 1] - dataset.targets[2 * r + 1]) ** 2));
    const total = squares.reduce((a, b) => a + b);
    for (const [layer, nIn] of [2, 3].entries()) {
      assertEquals(energies[layer].length, 4 * (knotSharing === "input" ? nIn : 1));
      const share = (i: number) =>
        energies[layer][i] / energies[layer].reduce((a, b) => a + b) * nIn;
      if (layer > 0 || knotSharing === "layer") continue;
      for (let p = 0; p < 2; p++) {
        const { values: t } = layerKnots(network, 0, p);
        for (let i = 0; i < 4; i++) {
          const own = squares.filter((_, r) => {
            const x = dataset.inputs[2 * r + p];
            return (i === 0 || x >= t[3 + i]) && (i === 3 || x < t[4 + i]);
          });
          const expected = own.reduce((a, b) => a + b, 0) / total;
          assert(Math.abs(share(4 * p + i) - expected) < 1e-12);
        }
      }
    }
  }
});

Deno.test("train() refines where the error is, exactly", async () => {
  for (const knots of ["free", "uniform"] as const) {
    const schedule = customSchedule([
      { epochs: 3 },
      { epochs: 2, refine: 2, placement: "residual" },
      { epochs: 2, refine: 2, placement: "residual" },
    ]);
    const { finished, events } = await run({ schedule }, knots);
    const { config } = finished.network;
    assertEquals([config.intervals, config.knots], [12, knots === "uniform" ? "fixed" : "free"]);
    const refined = events.filter((event) => event.type === "refined");
    assertEquals(refined.map(({ toIntervals }) => toIntervals), [6, 12]);
    for (const { lossBefore, lossAfter } of refined) {
      assertLessOrEqual(Math.abs(lossAfter - lossBefore), 1e-10 * lossBefore);
    }
  }
});

Deno.test("refineByResidual() is even where there is no residual, and refuses odd factors", () => {
  const network = createNetwork({ widths: [2, 3, 1], knots: "uniform" }, { seed: 1 });
  const perfect = { ...ROWS, targets: forward(network, ROWS.inputs, ROWS.rows) };
  assertEquals(refineByResidual(network, { kind: "mse" }, perfect).config.knots, "uniform");
  for (const factor of [1, 1.5, NaN]) {
    assertThrows(
      () => refineByResidual(network, { kind: "mse" }, ROWS, factor),
      RangeError,
      "factor must be",
    );
  }
});

Deno.test("train() resumes schedules of all kinds to the same bits", async () => {
  const stall = { share: 0.3, epochs: 2 };
  const options: TrainOptions = {
    schedule: customSchedule([
      { epochs: 4, optimizer: "adam", stall },
      { epochs: 3, freeze: ["knots"] },
      { epochs: 6, refine: 2, placement: "residual", stall },
    ]),
    optimizers: { adam: adam({ learningRate: 0.03 }) },
  };
  const kept: Uint8Array[] = [];
  const network = createNetwork({ widths: [2, 3, 1], intervals: 3 }, { seed: 3 });
  const whole = await trainToEnd(network, ROWS, {
    engine: ENGINE,
    ...options,
    onEvent(event) {
      if (event.type === "epoch") kept.push(encodeCheckpoint(event.checkpoint!()));
    },
  });
  assert(kept.length > 6);
  for (const bytes of kept) {
    const resume: Checkpoint = decodeCheckpoint(bytes).checkpoint;
    const resumed = await trainToEnd(network, ROWS, { engine: ENGINE, ...options, resume });
    assertEquals(resumed.network, whole.network);
    assertEquals([resumed.status, resumed.loss], [whole.status, whole.loss]);
  }
  const resume = decodeCheckpoint(kept[0]).checkpoint;
  const optimizers = { adam: adam({ learningRate: 0.04 }) };
  const other = trainToEnd(network, ROWS, { engine: ENGINE, ...options, optimizers, resume });
  await other.then(() => assert(false), (error) => assert(/stageOptimizers/.test(error.message)));
});

Deno.test("formatSchedule() shows optimizers, placement and stall rules where there are any", () => {
  const schedule = customSchedule([
    { epochs: 9, optimizer: "adam", freeze: ["knots"] },
    { epochs: 4, refine: 2, placement: "residual", stall: { share: 0.1, epochs: 3 } },
  ]);
  assertEquals(formatSchedule(schedule, 5).split("\n"), [
    "custom [9, 4]",
    "stage  intervals  epochs  work  optimizer  new knots    ends early below  frozen",
    "    1          5       9     9  adam       -            -                 knots",
    "    2         10       4     8  -          by residual  10% in 3 epochs   -",
    "total         10      13    17",
  ]);
  assertEquals(formatSchedule(multilevelSchedule([1]), 5).includes("optimizer"), false);
  for (
    const [stage, text] of [
      [{ epochs: 1, placement: "odd" as "even" }, "placement must be even or residual"],
      [{ epochs: 1, optimizer: "" }, "optimizer must be a name"],
      [{ epochs: 1, stall: { share: 1, epochs: 1 } }, "stall.share must be between 0 and 1"],
      [{ epochs: 1, stall: { share: 0.5, epochs: 0 } }, "stall.epochs must be an integer"],
    ] as const
  ) assertThrows(() => customSchedule([stage]), RangeError, text);
});
