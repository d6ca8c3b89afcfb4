/**
 * Adam on the device: a pass over all mini-batches is one submit and one readback.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import type { Dataset } from "../../data/mod.ts";
import type { AdamMethod, AdamStep, EpochReading } from "../contract.ts";
import { createBuffers, upload } from "./buffers.ts";
import { encodeFields } from "./stage_fields.ts";
import { manyGroups } from "./kernel.ts";
import type { Program } from "./webgpu_program.ts";
import type { PointReading, Reader, ResidentOptimizer } from "./result_reader.ts";
import type { Session, Step } from "./device_session.ts";
import { ADAM, ADAM_SETTINGS, ADAM_STEP_LENGTH, GATHER, ROW_BITS } from "./wgsl/mod.ts";

/** Where the count of steps is put in the state for the way back. */
const COUNT_AT = 40;

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
  shape: Pick<Dataset, "rows" | "nIn" | "nOut">,
  n: number,
  batchOf: (rows: Int32Array) => Program,
  remember: (point: PointReading) => void,
): ResidentOptimizer<AdamMethod> {
  const adam = allocate(program, shape, n, batchOf), { point, mean, square, gradientSum } = adam;
  let pass: Pass | undefined;

  async function run(method: AdamMethod, parameters: Float64Array): Promise<EpochReading> {
    const shape = method.steps.map(({ rows: batch }) => batch?.length ?? "all").join();
    if (pass?.shape !== shape) {
      pass?.buffers.destroy();
      pass = undefined;
      pass = await session.gpu.allocate(() => createPass(adam, method, shape));
    }
    writePass(adam, pass, method);
    upload(program.device, point, 0, parameters);
    upload(program.device, mean, 0, method.mean);
    upload(program.device, square, 0, method.square);
    upload(program.device, gradientSum, 0, new Float64Array(n));
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
    const end = reader.point(numbers, reader.vector(numbers, 0)), done = numbers[COUNT_AT];
    remember(end);
    return {
      parameters: end.parameters,
      gradient: reader.vector(numbers, 1),
      moments: {
        mean: reader.vector(numbers, 2),
        square: reader.vector(numbers, 3),
        iterations: method.iterations + done,
      },
      objective: end.objective,
      evaluations: 2, // of all rows: one in batches, one for the value at the end
      status: done > 0 && Number.isFinite(end.objective) ? "running" : "diverged",
    };
  }

  return { run, dispose: () => pass?.buffers.destroy() };
}

/** The program of all rows, the shape of the dataset, and what Adam needs beside them. */
type Adam = ReturnType<typeof allocate>;

function allocate(
  program: Program,
  { rows, nIn, nOut }: Pick<Dataset, "rows" | "nIn" | "nOut">,
  n: number,
  batchOf: (rows: Int32Array) => Program,
) {
  const storage = (label: string) => program.buffers.storage(label, n);
  return {
    ...{ program, rows, nIn, nOut, n, batchOf },
    point: storage("point"),
    mean: storage("mean gradient"),
    square: storage("mean square"),
    gradientSum: storage("sum of gradients"),
  };
}

/** The numbers of the settings buffer: of the method, and of its steps and the one after them. */
function settingsLength(steps: readonly AdamStep[]): number {
  return ADAM_SETTINGS.steps + ADAM_STEP_LENGTH * (steps.length + 1);
}

/** What a pass needs on the device. */
type Pass = ReturnType<typeof createPass>;

/**
 * The steps of a pass; kept while the batches have the same sizes. Each gathers its rows, evaluates
 * there, and moves the parameters.
 *
 * @param shape Number and sizes of its batches.
 */
function createPass(adam: Adam, { steps }: AdamMethod, shape: string) {
  const { program, rows, nIn, nOut, n, point, mean, square, gradientSum, batchOf } = adam;
  const buffers = createBuffers(program.device);
  const order = buffers.storage("order of the rows", rows);
  const settings = buffers.storage("settings", settingsLength(steps));
  const counts = buffers.storage("steps done", steps.length + 1);
  const [{ inputs: allInputs, targets: allTargets }] = program.data;
  let next = 0;
  const all = steps.flatMap(({ rows: some }, index): Step[] => {
    const batch = some ? batchOf(some) : program, count = some?.length ?? rows, firstRow = next;
    next += some?.length ?? 0;
    const fields = { rows: count, firstRow, firstGroup: index, nIn, nOut, numParameters: n };
    const uniform = buffers.uniform("step", encodeFields(fields));
    const [{ inputs, targets }] = batch.data;
    const named = { order, allInputs, allTargets, inputs, targets };
    const groups = manyGroups(Math.ceil(count / 64));
    const gather = some ? [batch.dispatch(GATHER, uniform, named, groups)] : [];
    const moved = { settings, counts, point, mean, square, gradientSum };
    const move = batch.dispatch(ADAM, uniform, moved, manyGroups(Math.ceil(n / 256)));
    const run = [...gather, ...batch.forward, ...batch.evaluate, ...batch.backward, move];
    return [{ copy: point, from: 0, to: batch.theta, at: 0, count: n }, { run, trials: 1 }];
  });
  return { shape, buffers, order, settings, counts, steps: all };
}

/** Writes the numbers of a pass: settings of the method and of its steps, and the order of rows. */
function writePass(
  { program: { device }, rows }: Adam,
  { order, settings, counts }: Pass,
  method: AdamMethod,
): void {
  const numbers = new Float32Array(settingsLength(method.steps));
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
    numbers[at + 2] = 1 - pow(method.beta1, power);
    numbers[at + 3] = 1 - pow(method.beta2, power);
    batch?.forEach((row, i) => places[first + i] = row + ROW_BITS);
    first += batch?.length ?? 0;
  });
  device.queue.writeBuffer(settings, 0, numbers);
  device.queue.writeBuffer(order, 0, places);
  device.queue.writeBuffer(counts, 0, new Float32Array(1));
}
