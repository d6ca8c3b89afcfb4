/**
 * An evaluator on the device: one submit and one readback per call.
 *
 * @module
 */

import { forward, type Network } from "../../model/mod.ts";
import { type Dataset, subset } from "../../data/mod.ts";
import type { AdamMethod, Evaluation, Evaluator, LbfgsMethod } from "../contract.ts";
import { checkProblem, type Loss } from "../loss.ts";
import { createBuffers, upload } from "./buffers.ts";
import { createProgram, type Program } from "./webgpu_program.ts";
import { createResidentAdam, fitsAdam } from "./resident_adam.ts";
import { createResidentLbfgs, fitsLbfgs } from "./resident_lbfgs.ts";
import { createResults, type WebgpuResults } from "./device_results.ts";
import { hostRows, onDevice, type WebgpuRows } from "./device_rows.ts";
import {
  createReader,
  type PointReading,
  type Reader,
  type ResidentOptimizer,
} from "./result_reader.ts";
import type { Session, Step } from "./device_session.ts";
import { prolongationSteps } from "./prolongation_steps.ts";
import { STATE } from "./wgsl/mod.ts";

/** A program with its staging buffer. */
interface Loaded {
  readonly program: Program;
  readonly reader: Reader;
  readonly dataset: Dataset | WebgpuRows;
}

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
  const n = network.parameters.length;
  const whole: Loaded = { program, reader: createReader(program, network), dataset };
  const batches = new Map<number, Loaded>();
  let active = whole;
  let latest: PointReading = {
    parameters: network.parameters,
    objective: NaN,
    loss: NaN,
    statistics: [...network.statistics],
  };
  let known = false; // whether `latest` is of the active rows

  /** Evaluates at the first trial; the gradient too, where it is to come back. */
  async function evaluate(
    before: readonly Step[],
    vectors: readonly GPUBuffer[],
  ): Promise<Float32Array> {
    const { program, reader } = active;
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

  function remember(numbers: Float32Array, parameters: Float64Array): void {
    const { reader } = active;
    latest = {
      parameters,
      objective: reader.state(numbers, STATE.objective),
      loss: reader.state(numbers, STATE.loss),
      statistics: reader.statistics(numbers, parameters),
    };
    known = true;
  }

  /** The parameters that the device has prolonged; they come back with the first value. */
  async function start(coarse: Network): Promise<Float64Array> {
    const { gpu } = session, { theta } = program;
    const buffers = createBuffers(gpu.device);
    try {
      const steps = await gpu.allocate(() =>
        prolongationSteps(gpu, coarse, network, theta, buffers)
      );
      const numbers = await evaluate(steps, [theta]);
      const parameters = Float64Array.from(whole.reader.vector(numbers, 0));
      remember(numbers, parameters);
      return parameters.slice();
    } finally {
      buffers.destroy();
    }
  }

  async function run(parameters: Float64Array, gradientOut?: Float64Array): Promise<void> {
    if (!gradientOut && known && equal(parameters, latest.parameters)) return;
    if (!parameters.every((value) => Number.isFinite(Math.fround(value)))) {
      gradientOut?.fill(NaN);
      latest = { ...latest, parameters: parameters.slice(), objective: NaN, loss: NaN };
      return;
    }
    upload(session.gpu.device, active.program.theta, 0, parameters);
    const numbers = await evaluate([], gradientOut ? [active.program.gradient] : []);
    gradientOut?.set(active.reader.vector(numbers, 0));
    remember(numbers, parameters.slice());
    if (!Number.isFinite(latest.objective)) gradientOut?.fill(NaN);
  }

  async function evaluation(
    parameters: Float64Array,
    gradientOut?: Float64Array,
  ): Promise<Evaluation> {
    await run(parameters, gradientOut);
    const point = latest, { statistics } = point;
    return {
      objective: point.objective,
      loss: point.loss,
      statistics: () => statistics,
      outputs() {
        const { inputs, rows } = hostRows("give outputs", active.dataset);
        return forward({ ...network, parameters: point.parameters, statistics }, inputs, rows);
      },
    };
  }

  /** A program for as many rows, made once for each number. */
  function batchOf(rows: Int32Array): Loaded {
    if (onDevice(dataset)) return blankBatch(rows.length, dataset);
    const batch = subset(dataset, rows);
    checkProblem(network, loss, batch);
    let loaded = batches.get(batch.rows);
    if (loaded) loaded.program.load(batch);
    else {
      const batchProgram = createProgram(session.gpu, network, loss, batch, 1);
      loaded = {
        program: batchProgram,
        reader: createReader(batchProgram, network),
        dataset: batch,
      };
      batches.set(batch.rows, loaded);
    }
    return { ...loaded, dataset: batch };
  }

  /** A program for so many rows, which a kernel fills from those on the device. */
  function blankBatch(rows: number, { nIn, nOut }: WebgpuRows): Loaded {
    const known = batches.get(rows);
    if (known) return known;
    const [inputs, targets] = [nIn, nOut].map((width) => new Float64Array(rows * width));
    const blank: Dataset = { rows, nIn, nOut, inputs, targets };
    const batchProgram = createProgram(session.gpu, network, loss, blank, 1);
    const loaded = {
      program: batchProgram,
      reader: createReader(batchProgram, network),
      dataset: blank,
    };
    batches.set(rows, loaded);
    return loaded;
  }

  let results: ReturnType<typeof createResults> | undefined;

  function rowsOnDevice(): WebgpuRows {
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

  let adam: ResidentOptimizer<AdamMethod> | undefined;

  function residentAdam(): ResidentOptimizer<AdamMethod> {
    return adam ??= createResidentAdam(
      session,
      program,
      whole.reader,
      dataset,
      n,
      (rows) => batchOf(rows).program,
      (point) => {
        latest = point;
        known = true;
      },
    );
  }

  /** L-BFGS is allocated once, for the memory that is asked for first. */
  let lbfgs:
    | { readonly memory: number; readonly resident: ResidentOptimizer<LbfgsMethod> }
    | undefined;

  async function residentLbfgs(
    memory: number,
  ): Promise<ResidentOptimizer<LbfgsMethod> | undefined> {
    lbfgs ??= {
      memory,
      resident: await session.gpu.allocate(() =>
        createResidentLbfgs(session, program, whole.reader, n, memory, (point) => {
          latest = point;
          known = true;
        })
      ),
    };
    return lbfgs.memory === memory ? lbfgs.resident : undefined;
  }

  return {
    numParameters: n,
    evaluate: evaluation,
    resident: {
      ...coarse ? { start: () => start(coarse) } : {},
      async runEpoch(method, parameters, context = {}) {
        if (active !== whole) return undefined;
        if (method.kind === "adam") {
          if (!fitsAdam(method, program, dataset)) return undefined;
          return await residentAdam().run(method, parameters, context);
        }
        if (!fitsLbfgs(method, n, session.gpu.adapter.maxBindingBytes)) return undefined;
        const resident = await residentLbfgs(method.memory);
        return await resident?.run(method, parameters, context);
      },
    },
    async resultsAt(parameters) {
      results ??= createResults(session, network, loss, rowsOnDevice());
      return (await results).at(parameters);
    },
    batches: {
      select(rows) {
        if (rows) hostRows("select rows", dataset);
        active = rows ? batchOf(rows) : whole;
        known = false;
      },
    },
    dispose() {
      adam?.dispose?.();
      for (const each of [whole, ...batches.values()]) each.program.buffers.destroy();
      results?.then(({ program }) => program.buffers.destroy(), () => {}); // who asked knows of failures
    },
  };
}

function equal(one: Float64Array, other: Float64Array): boolean {
  return one === other || one.every((value, i) => value === other[i]);
}
