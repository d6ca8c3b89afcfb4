/**
 * An evaluator on the device: one submit and one readback per call.
 *
 * @module
 */

import { forward, type Network } from "../../model/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import type { AdamMethod, Evaluation, Evaluator, LbfgsMethod } from "../contract.ts";
import type { Loss } from "../loss.ts";
import { type BatchPrograms, createBatchPrograms, type LoadedProgram } from "./batch_programs.ts";
import { createBuffers, upload } from "./buffers.ts";
import { createResults, type WebgpuResults } from "./device_results.ts";
import { hostRows, onDevice, type WebgpuRows } from "./device_rows.ts";
import type { Session, Step } from "./device_session.ts";
import { prolongationSteps } from "./prolongation_steps.ts";
import { createResidentAdam, fitsAdam } from "./resident_adam.ts";
import { createResidentLbfgs, fitsLbfgs } from "./resident_lbfgs.ts";
import { createReader, type PointReading, type ResidentOptimizer } from "./result_reader.ts";
import type { Program } from "./webgpu_program.ts";

/** An evaluator whose results may stay on the device. */
export interface WebgpuEvaluator extends Evaluator {
  /**
   * Computes outputs and gradient on all rows and leaves them on the device, for others who share
   * it: nothing is read back or waited for (but the first call compiles). Optimizers that run on
   * the device are not disturbed.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @throws {RangeError} If the rows are split over several bindings.
   * @throws {EngineError} If the device failed.
   */
  resultsAt(parameters: Float64Array): Promise<WebgpuResults>;
}

/**
 * Creates the evaluator of a program.
 *
 * @param program The program on all rows, for one trial or more.
 * @param coarse The network that the given one is the prolongation of, see `canProlong`.
 */
export function createEvaluator(
  session: Session,
  program: Program,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
  coarse?: Network,
): WebgpuEvaluator {
  const whole = { program, reader: createReader(program, network), dataset };
  const batches = createBatchPrograms(session, network, loss, dataset);
  const { parameters } = network;
  const latest = { parameters, objective: NaN, loss: NaN, statistics: [...network.statistics] };
  const point: CurrentPoint = { session, network, whole, active: whole, latest, isKnown: false };
  const optimizers = createResidentOptimizers(point, batches);
  let results: ReturnType<typeof createResults> | undefined;
  return {
    numParameters: parameters.length,
    evaluate: (parameters, gradientOut) => evaluate(point, parameters, gradientOut),
    resident: {
      ...coarse ? { start: () => prolongOnDevice(point, coarse) } : {},
      async runEpoch(method, parameters, context = {}) {
        if (point.active !== whole) return undefined;
        if (method.kind === "adam") {
          return await optimizers.adam(method)?.run(method, parameters, context);
        }
        return await (await optimizers.lbfgs(method))?.run(method, parameters, context);
      },
    },
    async resultsAt(parameters) {
      results ??= createResults(session, network, loss, rowsOnDevice(whole));
      return (await results).at(parameters);
    },
    batches: {
      select(rows) {
        if (rows) hostRows("select rows", dataset);
        point.active = rows ? batches.of(rows) : whole;
        point.isKnown = false;
      },
    },
    dispose() {
      optimizers.dispose();
      program.buffers.destroy();
      batches.dispose();
      // where `resultsAt` has failed its caller has had the error
      results?.then(({ program }) => program.buffers.destroy(), () => {});
    },
  };
}

/** What was evaluated last, and on which rows the next evaluation is. */
interface CurrentPoint {
  readonly session: Session;
  readonly network: Network;
  readonly whole: LoadedProgram;
  active: LoadedProgram;
  latest: PointReading;
  /** Whether `latest` is of the active rows. */
  isKnown: boolean;
}

/** Evaluates at the first trial; the gradient too, where it is to come back. */
async function evaluateOnDevice(
  { session, active: { program, reader } }: CurrentPoint,
  before: readonly Step[],
  vectors: readonly GPUBuffer[],
): Promise<Float32Array> {
  const dispatches = [
    ...program.forward,
    ...program.evaluate,
    ...vectors.includes(program.gradient) ? program.backward : [],
  ];
  return await session.read(
    [...before, { run: dispatches, trials: 1 }, ...reader.steps(vectors)],
    reader.staging,
    reader.count(vectors.length),
  );
}

function remember(point: CurrentPoint, latest: PointReading): void {
  point.latest = latest;
  point.isKnown = true;
}

/** The parameters that the device has prolonged; they come back with the first value. */
async function prolongOnDevice(point: CurrentPoint, coarse: Network): Promise<Float64Array> {
  const { session: { gpu }, network, whole: { program: { theta }, reader } } = point;
  const buffers = createBuffers(gpu.device);
  try {
    const steps = await gpu.allocate(() => prolongationSteps(gpu, coarse, network, theta, buffers));
    const numbers = await evaluateOnDevice(point, steps, [theta]);
    const parameters = reader.vector(numbers, 0);
    remember(point, reader.point(numbers, parameters));
    return parameters.slice();
  } finally {
    buffers.destroy();
  }
}

/** Makes `latest` what is at the parameters; NaN where float32 cannot hold them. */
async function measure(
  point: CurrentPoint,
  parameters: Float64Array,
  gradientOut?: Float64Array,
): Promise<void> {
  if (!gradientOut && point.isKnown && equal(parameters, point.latest.parameters)) return;
  if (!parameters.every((value) => Number.isFinite(Math.fround(value)))) {
    gradientOut?.fill(NaN);
    const { latest } = point;
    point.latest = { ...latest, parameters: parameters.slice(), objective: NaN, loss: NaN };
    return;
  }
  const { program, reader } = point.active;
  upload(point.session.gpu.device, program.theta, 0, parameters);
  const numbers = await evaluateOnDevice(point, [], gradientOut ? [program.gradient] : []);
  gradientOut?.set(reader.vector(numbers, 0));
  remember(point, reader.point(numbers, parameters.slice()));
  if (!Number.isFinite(point.latest.objective)) gradientOut?.fill(NaN);
}

async function evaluate(
  point: CurrentPoint,
  parameters: Float64Array,
  gradientOut?: Float64Array,
): Promise<Evaluation> {
  await measure(point, parameters, gradientOut);
  const { latest: { parameters: kept, objective, loss, statistics }, network } = point;
  return {
    objective,
    loss,
    statistics: () => statistics,
    outputs() {
      const { inputs, rows } = hostRows("give outputs", point.active.dataset);
      return forward({ ...network, parameters: kept, statistics }, inputs, rows);
    },
  };
}

/** All rows, where they lie on the device. */
function rowsOnDevice({ dataset, program }: LoadedProgram): WebgpuRows {
  if (onDevice(dataset)) return dataset;
  const { rows, nIn, nOut, weights } = dataset, [chunk, ...more] = program.data;
  if (more.length > 0) {
    throw new RangeError(
      "Cannot leave results on the device: rows must fit one binding, " +
        `current value is ${rows} rows in ${1 + more.length} pieces`,
    );
  }
  const total = weights?.reduce((sum, weight) => sum + weight, 0);
  return {
    rows,
    nIn,
    nOut,
    inputs: chunk.inputs,
    targets: chunk.targets,
    ...(total === undefined ? {} : { weights: { buffer: chunk.weights, total } }),
  };
}

/** Optimizers on the device, each allocated when it is first asked for; undefined: does not fit. */
function createResidentOptimizers(point: CurrentPoint, batches: BatchPrograms) {
  const { session, network: { parameters: { length: n } }, whole } = point;
  const { program, reader, dataset } = whole;
  let adam: ResidentOptimizer<AdamMethod> | undefined;
  let lbfgs: ResidentOptimizer<LbfgsMethod> | undefined, pairs = 0;

  const told = (latest: PointReading) => remember(point, latest);
  return {
    adam(method: AdamMethod) {
      if (!fitsAdam(method, program, dataset)) return undefined;
      const batchOf = (rows: Int32Array) => batches.of(rows).program;
      return adam ??= createResidentAdam(session, program, reader, dataset, n, batchOf, told);
    },
    /** For the memory that is asked for first. */
    async lbfgs(method: LbfgsMethod) {
      if (!fitsLbfgs(method, n, session.gpu.adapter.maxBindingBytes)) return undefined;
      if (!lbfgs) {
        pairs = method.memory;
        lbfgs = await session.gpu.allocate(() =>
          createResidentLbfgs(session, program, reader, n, pairs, told)
        );
      }
      return pairs === method.memory ? lbfgs : undefined;
    },
    dispose: () => adam?.dispose?.(),
  };
}

function equal(one: Float64Array, other: Float64Array): boolean {
  return one === other || one.every((value, i) => value === other[i]);
}
