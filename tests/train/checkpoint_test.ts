import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import {
  adam,
  bfgs,
  type Checkpoint,
  CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  type FinishedEvent,
  gradientDescent,
  lbfgs,
  type Optimizer,
  type OptimizerState,
  sgd,
  ssbroyden,
  train,
  type TrainEvent,
  type TrainOptions,
  trainToEnd,
} from "../../lib/train/mod.ts";
import { startingPoint } from "../../lib/train/inner.ts";
import { coarseSchedule, customSchedule, multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { cpuEngine } from "../../lib/engine/mod.ts";
import { crc32 } from "../../lib/model/inner.ts";
import { createNetwork, decodeModel, encodeModel, type Network } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { decodePlain, encodePlain } from "../../lib/train/_plain_data.ts";
import { randomDataset } from "../support/networks.ts";
import { crc32 as plainCrc32 } from "../support/safetensors.ts";

const DATA = wavyRows(80, 1), HELD_OUT = wavyRows(40, 2);

function wavyRows(rows: number, seed: number): Dataset {
  const dataset = randomDataset({ rows, nIn: 2, nOut: 1, seed });
  const { inputs } = dataset;
  const targets = Float64Array.from(
    { length: rows },
    (_, r) => 0.5 + 0.4 * Math.sin(3 * inputs[2 * r] + inputs[2 * r + 1] ** 2),
  );
  return { ...dataset, targets };
}

function start(options: Partial<Parameters<typeof createNetwork>[0]> = {}): Network {
  return createNetwork({ widths: [2, 3, 1], intervals: 3, ...options }, { seed: 7 });
}

/** A run with the file of the checkpoint after each of its epochs. */
async function watched(
  network: Network,
  options: TrainOptions,
  dataset = DATA,
): Promise<{ events: TrainEvent[]; files: Uint8Array[] }> {
  const events: TrainEvent[] = [], files: Uint8Array[] = [];
  for await (const event of train(network, dataset, options)) {
    if (event.type === "epoch" && event.checkpoint) {
      files.push(encodeCheckpoint(event.checkpoint()));
    }
    events.push(event);
  }
  return { events, files };
}

/** Events without what differs from process to process: times, and the way to a checkpoint. */
function timeless(events: readonly TrainEvent[]): unknown {
  return JSON.parse(JSON.stringify(
    events,
    (key, value) =>
      key === "seconds" ? undefined : value instanceof Float64Array ? [...bits(value)] : value,
  ));
}

function bits(values: Float64Array): string[] {
  return [...new BigUint64Array(values.slice().buffer)].map(String);
}

function last(events: readonly TrainEvent[]): FinishedEvent {
  return events[events.length - 1] as FinishedEvent;
}

/** An optimizer whose state holds one of everything: random state, lists, special numbers. */
function walking(): Optimizer<OptimizerState & Record<string, unknown>> {
  return {
    name: "walking",
    options: { width: 0.01 },
    init: (parameters) => ({
      ...startingPoint(parameters),
      random: Uint32Array.of(123456789, 362436069),
      trail: [new Float32Array(2), new Int32Array([-1])],
      nested: {
        damping: -0,
        radius: Infinity,
        label: "π",
        none: null,
        absent: undefined,
        on: true,
      },
    }),
    async epoch(state, evaluator) {
      const random = state.random as Uint32Array;
      state.parameters = state.parameters.map((x) => {
        random[0] = Math.imul(random[0], 1664525) + 1013904223;
        return x + 0.01 * (random[0] / 2 ** 32 - 0.5);
      });
      state.objective = (await evaluator.evaluate(state.parameters, state.gradient)).objective;
      state.evaluations++;
      (state.trail as Float32Array[]).push(Float32Array.of(state.objective));
      return "running";
    },
  };
}

const CASES: readonly (readonly [name: string, network: Network, options: TrainOptions])[] = [
  ["lbfgs", start(), { schedule: multilevelSchedule([3, 2, 2]) }],
  ["lbfgs, weight decay, relu", start({ basis: "relu", knots: "uniform" }), {
    schedule: multilevelSchedule([2, 2]),
    loss: { kind: "mse", weightDecay: 1e-4 },
  }],
  ["lbfgs, unit steps", start(), {
    schedule: multilevelSchedule([3, 2]),
    optimizer: lbfgs({ lineSearch: "none" }),
  }],
  ["adam", start(), {
    schedule: multilevelSchedule([4, 3]),
    optimizer: adam({ learningRate: 0.01 }),
  }],
  ...(["sgd", "sgd in batches"] as const).map((name) =>
    [name, start(), {
      schedule: multilevelSchedule([4, 3]),
      optimizer: sgd({ learningRate: 0.02, ...(name === "sgd" ? {} : { batchSize: 30 }) }),
    }] as const
  ),
  ["gradient descent, a searched step", start(), {
    schedule: multilevelSchedule([4, 3]),
    optimizer: gradientDescent(),
  }],
  ["gradient descent, a rate", start(), {
    schedule: multilevelSchedule([4, 3]),
    optimizer: gradientDescent({ learningRate: 0.1 }),
  }],
  ["bfgs", start(), { schedule: multilevelSchedule([3, 2]), optimizer: bfgs() }],
  ["ssbroyden", start(), { schedule: multilevelSchedule([3, 2]), optimizer: ssbroyden() }],
  ["random state", start(), { schedule: multilevelSchedule([4, 3]), optimizer: walking() }],
  ["validation, patience", start(), {
    schedule: coarseSchedule(40),
    validation: HELD_OUT,
    patience: 2,
    optimizer: adam({ learningRate: 0.2 }),
  }],
  ["validation, lbfgs", start(), { schedule: multilevelSchedule([3, 3]), validation: HELD_OUT }],
  ["frozen groups", start(), {
    schedule: customSchedule([{ epochs: 2, freeze: ["knots"] }, { epochs: 2, refine: 3 }]),
  }],
  ["collapsed ranges are rescaled", collapsed(), { schedule: multilevelSchedule([3, 2]) }],
  ["levels that converge", start(), {
    schedule: multilevelSchedule([20, 20]),
    optimizer: lbfgs({ gradientTolerance: 3e-3 }),
  }],
  ["divergence", start(), {
    schedule: multilevelSchedule([6, 6]),
    optimizer: adam({ learningRate: 1e150 }),
  }],
];

function collapsed(): Network {
  const network = start();
  network.parameters.subarray(0, 6).forEach((_, i) => network.parameters[i] *= 1e-6);
  return network;
}

for (const [name, network, options] of CASES) {
  Deno.test(`train() resumes to the same bits after every epoch: ${name}`, async () => {
    const { events, files } = await watched(network, options);
    const whole = timeless(events);
    assert(files.length >= 1);
    for (const file of files) {
      const { checkpoint } = decodeCheckpoint(file);
      const resumed = await watched(network, { ...options, resume: checkpoint });
      assertEquals(timeless(resumed.events), whole);
      assertEquals(last(resumed.events).network, last(events).network);
      assertEquals(resumed.files.length, files.length - files.indexOf(file) - 1);
    }
  });
}

Deno.test("train() counts the seconds of all parts of a run", async () => {
  const { files } = await watched(start(), { schedule: coarseSchedule(2) });
  const { checkpoint } = decodeCheckpoint(files[0]);
  const finished = await trainToEnd(start(), DATA, {
    schedule: coarseSchedule(2),
    resume: { ...checkpoint, seconds: 1000 },
  });
  assert(finished.seconds >= 1000 && finished.levels[0].seconds >= 999);
});

Deno.test("a checkpoint is made at its event only, and training does not change it later", async () => {
  const network = start(), options = { schedule: coarseSchedule(4) };
  let early: TrainEvent | undefined, kept: Checkpoint | undefined, then = "";
  for await (const event of train(network, DATA, options)) {
    if (event.type !== "epoch") continue;
    if (event.record.epoch === 2) {
      early = event;
      kept = event.checkpoint!();
      then = JSON.stringify(encodePlain(kept, "x").json);
    }
  }
  assert(early?.type === "epoch" && kept);
  assertThrows(() => early.checkpoint!(), RangeError, "latest");
  assertEquals(JSON.stringify(encodePlain(kept, "x").json), then);
  // One checkpoint serves several runs: it is not used up.
  const first = await trainToEnd(network, DATA, { ...options, resume: kept });
  const second = await trainToEnd(network, DATA, { ...options, resume: kept });
  assertEquals(first.network, second.network);
});

Deno.test("train() stops a resumed run when asked", async () => {
  const options = { schedule: multilevelSchedule([3, 2]) };
  const { files, events } = await watched(start(), options);
  const { checkpoint } = decodeCheckpoint(files[3]);
  const stopped = await trainToEnd(start(), DATA, {
    ...options,
    resume: checkpoint,
    signal: AbortSignal.abort(),
  });
  assertEquals(stopped.status, "stopped");
  assertEquals(stopped.levels.length, 2);
  const record = events.filter((event) => event.type === "epoch")[3];
  assert(record.type === "epoch" && stopped.loss <= record.record.loss);
});

Deno.test("train() refuses the checkpoint of another run and says what differs", async () => {
  const options: TrainOptions = {
    schedule: multilevelSchedule([2, 1]),
    validation: HELD_OUT,
    optimizer: lbfgs(),
  };
  const { files } = await watched(start(), options);
  const resume = decodeCheckpoint(files[0]).checkpoint;
  const refused = async (
    word: string,
    change: TrainOptions,
    network = start(),
    dataset = DATA,
  ): Promise<void> => {
    const error = await assertRejects(
      () => trainToEnd(network, dataset, { ...options, ...change, resume }),
      RangeError,
    );
    assertMatch(error.message, /^Cannot resume training: .+ must be the checkpoint's, .+current/);
    assertStringIncludes(error.message, word);
  };
  await refused("dataset must", {}, start(), wavyRows(80, 3));
  await refused("dataset must", {}, start(), { ...DATA, weights: new Float64Array(80).fill(2) });
  await refused("validation must", { validation: wavyRows(40, 5) });
  await refused("network must", {}, start({ degree: 2 }));
  await refused(
    "network must",
    {},
    createNetwork({ widths: [2, 3, 1], intervals: 3 }, { seed: 8 }),
  );
  await refused("loss must", { loss: { kind: "huber" } });
  await refused("schedule must", { schedule: multilevelSchedule([2, 2]) });
  await refused("optimizer must", { optimizer: adam() });
  await refused("optimizer must", { optimizer: lbfgs({ memory: 5 }) });
  await refused("engine must", { engine: { ...cpuEngine, name: "other" } });
  await refused("patience must", { patience: 11 });
  await trainToEnd(start(), DATA, { ...options, resume, patience: 10, loss: { kind: "mse" } });
});

Deno.test("decodeCheckpoint() refuses damaged, truncated and foreign files", async () => {
  const { files: [file] } = await watched(start(), { schedule: coarseSchedule(1) });
  const fault = (bytes: Uint8Array): string => {
    const error = assertThrows(() => decodeCheckpoint(bytes));
    assertInstanceOf(error, CheckpointError);
    assertMatch(error.message, /^Cannot read checkpoint: .{5,}/);
    return error.message;
  };
  for (let length = 0; length < file.length; length += 97) fault(file.subarray(0, length));
  for (let at = 0; at < file.length; at += 61) {
    const damaged = file.slice();
    damaged[at] ^= 1 << (at % 8);
    let same: unknown;
    try {
      same = decodeCheckpoint(damaged);
    } catch (error) {
      assertInstanceOf(error, CheckpointError);
    }
    if (same !== undefined) assertEquals(same, decodeCheckpoint(file)); // a space of the padding
  }
  assertStringIncludes(fault(encodeModel(start())), "its format is freeknot, not");
  assertStringIncludes(
    assertThrows(() => decodeModel(file), Error).message,
    "its format is freeknot-checkpoint, not freeknot",
  );
  const later = file.slice();
  const at = new TextDecoder("ascii").decode(file.subarray(0, 200)).indexOf('"version":"1"');
  later[at + '"version":"'.length] = "2".charCodeAt(0);
  assertStringIncludes(fault(later), "its version is 2");
});

Deno.test("decodeCheckpoint() looks at the sizes that training relies on", async () => {
  const { files: [file] } = await watched(start(), { schedule: coarseSchedule(1) });
  const { checkpoint } = decodeCheckpoint(file);
  const short = { ...checkpoint.optimizer, gradient: new Float64Array(3) };
  for (
    const wrong of [{ ...checkpoint, optimizer: short }, {} as Checkpoint, {
      ...checkpoint,
      events: undefined as never,
    }]
  ) {
    assertThrows(() => decodeCheckpoint(encodeCheckpoint(wrong)), CheckpointError);
  }
});

Deno.test("encodeCheckpoint() keeps metadata and gives the same bytes every time", async () => {
  const { files: [file] } = await watched(start(), { schedule: coarseSchedule(1) });
  const { checkpoint } = decodeCheckpoint(file);
  assertEquals(encodeCheckpoint(checkpoint), file);
  const metadata = { version: "0.1.0", options: { seed: 1, widths: [2, 3, 1] } };
  assertEquals(decodeCheckpoint(encodeCheckpoint(checkpoint, metadata)).metadata, metadata);
});

Deno.test("decodePlain() gives back what encodePlain() took, bit by bit", () => {
  const typed = fc.oneof(
    fc.float64Array({ maxLength: 5 }),
    fc.float32Array({ maxLength: 5 }),
    fc.int32Array({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 5 }),
    fc.bigUint64Array({ maxLength: 3 }),
  );
  const leaf = fc.oneof(
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.constant(-0),
    typed,
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(fc.string().filter((key) => !key.startsWith("$")), tie("tree"), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const { json, tensors } = encodePlain(value, "state");
      const named = new Map(tensors.map(({ name, values }) => [name, values]));
      assertEquals(decodePlain(json, (name) => named.get(name)), value);
    }),
    { seed: 5, numRuns: 200 },
  );
});

Deno.test("encodePlain() refuses what is not plain, and names the place", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (
    const [value, words] of [
      [{ a: { b: [0, () => 1] } }, "state.a.b.1 must be plain data"],
      [{ at: new Date(0) }, "current value is a Date"],
      [{ map: new Map() }, "current value is a Map"],
      [{ big: 1n }, "current value is a bigint"],
      [{ $number: "1" }, "a key that begins with $"],
      [cycle, "current value is a cycle"],
    ] as const
  ) {
    assertStringIncludes(assertThrows(() => encodePlain(value, "state"), TypeError).message, words);
  }
  const shared = Float64Array.of(1);
  assertEquals(encodePlain({ a: shared, b: shared }, "x").tensors.length, 2); // no cycle
});

Deno.test("crc32() equals the bitwise definition", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      assertEquals(crc32(bytes), plainCrc32(bytes));
    }),
    { seed: 3, numRuns: 50 },
  );
});
