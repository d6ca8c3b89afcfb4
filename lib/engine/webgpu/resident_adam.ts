/**
 * Adam on the device: a pass over all mini-batches is one submit and one readback.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { AdamMethod, AdamStep, EpochReading } from "../contract.ts";
import { type Buffers, createBuffers, upload } from "./buffers.ts";
import { encodeFields } from "./stage_fields.ts";
import { manyGroups } from "./kernel.ts";
import type { Program } from "./webgpu_program.ts";
import type { PointReading, Reader, ResidentOptimizer } from "./result_reader.ts";
import type { Session, Step } from "./device_session.ts";
import { ADAM, ADAM_SETTINGS, ADAM_STEP_LENGTH, GATHER, ROW_BITS, STATE } from "./wgsl/mod.ts";

/** Where the count of steps is put in the state for the way back. */
const COUNT_AT = 40;

/** The program of all rows, and what Adam needs beside it. */
interface AdamBuffers {
  readonly program: Program;
  /** Shape of the dataset. */
  readonly rows: number;
  readonly nIn: number;
  readonly nOut: number;
  /** Parameters, moments and the sum of gradients, `n` numbers each. */
  readonly n: number;
  readonly point: GPUBuffer;
  readonly mean: GPUBuffer;
  readonly square: GPUBuffer;
  readonly gradientSum: GPUBuffer;
  /** Gives the program for a number of rows. */
  batchOf(rows: Int32Array): Program;
}

/** What a pass needs on the device. */
interface Pass {
  /** Number and sizes of its batches. */
  readonly shape: string;
  readonly buffers: Buffers;
  readonly order: GPUBuffer;
  readonly settings: GPUBuffer;
  readonly counts: GPUBuffer;
  readonly steps: readonly Step[];
}

/**
 * Whether the device can take such a pass: without row weights, whose sum differs from batch to
 * batch, and with rows that lie in one chunk.
 */
export function fitsAdam(
  { steps }: AdamMethod,
  program: Program,
  dataset: { readonly weights?: unknown },
): boolean {
  const batches = steps.some(({ rows }) => rows);
  return steps.length > 0 && (!batches || (!dataset.weights && program.data.length === 1));
}

/**
 * Allocates Adam for a program.
 *
 * @param batchOf Gives the program for a number of rows.
 */
export function createResidentAdam(
  session: Session,
  program: Program,
  reader: Reader,
  { rows, nIn, nOut }: Pick<Dataset, "rows" | "nIn" | "nOut">,
  n: number,
  batchOf: (rows: Int32Array) => Program,
  remember: (point: PointReading) => void,
): ResidentOptimizer<AdamMethod> {
  const { device, buffers } = program;
  const point = buffers.storage("point", n);
  const mean = buffers.storage("mean gradient", n), square = buffers.storage("mean square", n);
  const gradientSum = buffers.storage("sum of gradients", n);
  const adam = { program, rows, nIn, nOut, n, point, mean, square, gradientSum, batchOf };
  let pass: Pass | undefined;

  async function run(method: AdamMethod, parameters: Float64Array): Promise<EpochReading> {
    const shape = method.steps.map(({ rows: batch }) => batch?.length ?? "all").join();
    if (pass?.shape !== shape) {
      pass?.buffers.destroy();
      pass = undefined;
      pass = await session.gpu.allocate(() => createPass(adam, method, shape));
    }
    writePass(adam, pass, method);
    upload(device, point, 0, parameters);
    upload(device, mean, 0, method.mean);
    upload(device, square, 0, method.square);
    upload(device, gradientSum, 0, new Float64Array(n));
    const numbers = await session.read(
      [
        ...pass.steps,
        { copy: point, from: 0, to: program.theta, at: 0, count: n },
        { run: [...program.forward, ...program.evaluate], trials: 1 },
        { copy: pass.counts, from: method.steps.length, to: program.state, at: COUNT_AT, count: 1 },
        ...reader.steps([point, gradientSum, mean, square]),
      ],
      reader.staging,
      reader.count(4),
    );
    const vector = (index: number) => Float64Array.from(reader.vector(numbers, index));
    const at = (index: number) => reader.state(numbers, index);
    const end = vector(0), done = at(COUNT_AT);
    const objective = at(STATE.objective);
    remember({
      parameters: end,
      objective,
      loss: at(STATE.loss),
      statistics: reader.statistics(numbers, end),
    });
    return {
      parameters: end,
      gradient: vector(1),
      moments: { mean: vector(2), square: vector(3), iterations: method.iterations + done },
      objective,
      evaluations: 2, // of all rows: one in batches, one for the value at the end
      status: done > 0 && Number.isFinite(objective) ? "running" : "diverged",
    };
  }

  return {
    run,
    dispose() {
      pass?.buffers.destroy();
    },
  };
}

/** The steps of a pass; kept while the batches have the same sizes. */
function createPass(adam: AdamBuffers, { steps }: AdamMethod, shape: string): Pass {
  const { program, rows } = adam, buffers = createBuffers(program.device);
  const order = buffers.storage("order of the rows", rows);
  const settings = buffers.storage(
    "settings",
    ADAM_SETTINGS.steps + ADAM_STEP_LENGTH * (steps.length + 1),
  );
  const counts = buffers.storage("steps done", steps.length + 1);
  let first = 0;
  const all = steps.map((step, index): Step[] => {
    const taken = createStep(adam, { buffers, order, settings, counts }, step, index, first);
    first += step.rows?.length ?? 0;
    return taken;
  });
  return { shape, buffers, order, settings, counts, steps: all.flat() };
}

/** One step of Adam: gathers its rows, evaluates there, and moves the parameters. */
function createStep(
  { program, rows, nIn, nOut, n, point, mean, square, gradientSum, batchOf }: AdamBuffers,
  { buffers, order, settings, counts }: Pick<Pass, "buffers" | "order" | "settings" | "counts">,
  { rows: some }: AdamStep,
  index: number,
  firstRow: number,
): Step[] {
  const batch = some ? batchOf(some) : program, count = some?.length ?? rows;
  const fields = { rows: count, firstRow, firstGroup: index, nIn, nOut, numParameters: n };
  const uniform = buffers.uniform("step", encodeFields(fields));
  const [{ inputs, targets }] = batch.data, [whole] = program.data;
  const from = { order, allInputs: whole.inputs, allTargets: whole.targets };
  const gather = some
    ? [batch.dispatch(
      GATHER,
      uniform,
      { ...from, inputs, targets },
      manyGroups(Math.ceil(count / 64)),
      false,
    )]
    : [];
  const named = { settings, counts, point, mean, square, gradientSum };
  const move = batch.dispatch(ADAM, uniform, named, manyGroups(Math.ceil(n / 256)), false);
  const run = [...gather, ...batch.forward, ...batch.evaluate, ...batch.backward, move];
  return [{ copy: point, from: 0, to: batch.theta, at: 0, count: n }, { run, trials: 1 }];
}

/** Writes the numbers of a pass: settings of the method and of its steps, and the order of rows. */
function writePass(
  { program: { device }, rows }: AdamBuffers,
  { order, settings, counts }: Pass,
  method: AdamMethod,
): void {
  const numbers = new Float32Array(
    ADAM_SETTINGS.steps + ADAM_STEP_LENGTH * (method.steps.length + 1),
  );
  numbers[ADAM_SETTINGS.beta1] = method.beta1;
  numbers[ADAM_SETTINGS.beta2] = method.beta2;
  numbers[ADAM_SETTINGS.epsilon] = method.epsilon;
  numbers[ADAM_SETTINGS.weightDecay] = method.weightDecay;
  numbers[ADAM_SETTINGS.clipNorm] = Math.min(method.clipNorm, 3e38);
  const places = new Uint32Array(rows);
  let first = 0;
  method.steps.forEach(({ rate, rows: batch }, index) => {
    const at = ADAM_SETTINGS.steps + index * ADAM_STEP_LENGTH;
    const power = method.iterations + index + 1;
    numbers[at] = rate;
    numbers[at + 1] = (batch?.length ?? rows) / rows;
    numbers[at + 2] = 1 - method.beta1 ** power;
    numbers[at + 3] = 1 - method.beta2 ** power;
    batch?.forEach((row, i) => places[first + i] = row + ROW_BITS);
    first += batch?.length ?? 0;
  });
  device.queue.writeBuffer(settings, 0, numbers);
  device.queue.writeBuffer(order, 0, places);
  device.queue.writeBuffer(counts, 0, new Float32Array(1));
}
