/**
 * An evaluator on the device: one submit and one readback per call.
 *
 * @module
 */

import {
  blockValues,
  forward,
  type Network,
  type NormalisationStatistics,
  splineStages,
} from "../../model/mod.ts";
import { type Dataset, subset } from "../../data/mod.ts";
import type { AdamMethod, Evaluator, LbfgsMethod, Loss } from "../engine.ts";
import { checkProblem } from "../loss.ts";
import { upload } from "./buffers.ts";
import { createProgram, type Program } from "./program.ts";
import { createResidentAdam, fitsAdam } from "./resident_adam.ts";
import { createResidentLbfgs, fitsLbfgs, type Resident } from "./resident_lbfgs.ts";
import type { Session, Step } from "./session.ts";
import { planTables, shiftsAway } from "./sizes.ts";
import { STATE, STATE_LENGTH, STATS_LENGTH } from "./wgsl/mod.ts";

/** What is known of one point. */
export interface PointReading {
  readonly parameters: Float64Array;
  readonly objective: number;
  readonly loss: number;
  readonly statistics: NormalisationStatistics[];
}

/** Where a program's results lie in its staging buffer, and how they come there. */
export interface Reader {
  readonly staging: GPUBuffer;
  /** Copies of state and statistics of slot 0, then of the given buffers of n numbers. */
  steps(vectors: readonly GPUBuffer[]): Step[];
  /** Numbers copied. */
  count(vectors: number): number;
  /** Number `index` of the state. */
  state(numbers: Float32Array, index: number): number;
  /** Statistics at the given parameters. */
  statistics(numbers: Float32Array, parameters: Float64Array): NormalisationStatistics[];
  /** The given one of the vectors. */
  vector(numbers: Float32Array, index: number): Float32Array;
}

/** Most vectors that come back at once. */
const MOST_VECTORS = 4;

/** Allocates the staging buffer of a program. */
export function createReader(program: Program, network: Network): Reader {
  const layers = splineStages(network.config);
  const n = network.parameters.length;
  const total = layers.reduce((sum, { nIn }) => sum + nIn * STATS_LENGTH, STATE_LENGTH);
  const staging = program.buffers.staging("results", total + MOST_VECTORS * n);
  return {
    staging,
    steps(vectors) {
      const steps: Step[] = [
        { copy: program.state, from: 0, to: staging, at: 0, count: STATE_LENGTH },
      ];
      let at = STATE_LENGTH;
      for (const stage of layers) {
        const count = stage.nIn * STATS_LENGTH;
        const from = planTables(stage).tStats;
        steps.push({ copy: program.tables[stage.layer], from, to: staging, at, count });
        at += count;
      }
      for (const copy of vectors) {
        steps.push({ copy, from: 0, to: staging, at, count: n });
        at += n;
      }
      return steps;
    },
    count: (vectors) => total + vectors * n,
    state: (numbers, index) => numbers[index],
    statistics(numbers, parameters) {
      let at = STATE_LENGTH;
      const bias = shiftsAway(network.config)
        ? blockValues({ ...network, parameters }, "linear.bias")
        : [];
      return layers.map(({ layer, nIn, normalisation }): NormalisationStatistics => {
        const first = at;
        at += nIn * STATS_LENGTH;
        const value = (p: number, index: number) => numbers[first + p * STATS_LENGTH + index];
        const column = (index: number) =>
          Float64Array.from({ length: nIn }, (_, p) => value(p, index));
        const shifted = (index: number) =>
          column(index).map((value, p) => layer === 0 ? value + (bias[p] ?? 0) : value);
        switch (normalisation) {
          case "none":
            return { kind: "none" };
          case "minmax":
            return { kind: "minmax", minimum: shifted(3), maximum: shifted(4) };
          case "batchnorm":
            return { kind: "batchnorm", mean: shifted(3), variance: column(4) };
        }
      });
    },
    vector: (numbers, index) => numbers.subarray(total + index * n, total + (index + 1) * n),
  };
}

/** A program with its staging buffer. */
interface Loaded {
  readonly program: Program;
  readonly reader: Reader;
  readonly dataset: Dataset;
}

/**
 * Creates the evaluator of a program.
 *
 * @param program The program on all rows, for one slot or more.
 */
export function createEvaluator(
  session: Session,
  program: Program,
  network: Network,
  loss: Loss,
  dataset: Dataset,
): Evaluator {
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

  async function run(parameters: Float64Array, gradientOut?: Float64Array): Promise<number> {
    if (!gradientOut && known && equal(parameters, latest.parameters)) return latest.objective;
    if (!parameters.every((value) => Number.isFinite(Math.fround(value)))) {
      gradientOut?.fill(NaN);
      latest = { ...latest, parameters: parameters.slice(), objective: NaN, loss: NaN };
      return NaN;
    }
    const { program, reader } = active;
    upload(session.gpu.device, program.theta, 0, parameters);
    const vectors = gradientOut ? [program.gradient] : [];
    const dispatches = [
      ...program.forward,
      ...program.evaluate,
      ...gradientOut ? program.backward : [],
    ];
    const numbers = await session.read(
      [{ run: dispatches, slots: 1 }, ...reader.steps(vectors)],
      reader.staging,
      reader.count(vectors.length),
    );
    gradientOut?.set(reader.vector(numbers, 0));
    latest = {
      parameters: parameters.slice(),
      objective: reader.state(numbers, STATE.objective),
      loss: reader.state(numbers, STATE.loss),
      statistics: reader.statistics(numbers, parameters),
    };
    known = true;
    if (!Number.isFinite(latest.objective)) gradientOut?.fill(NaN);
    return latest.objective;
  }

  /** A program for as many rows, made once for each number. */
  function batchOf(rows: Int32Array): Loaded {
    const batch = subset(dataset, rows);
    checkProblem(network, loss, batch);
    let loaded = batches.get(batch.rows);
    if (loaded) loaded.program.load(batch);
    else {
      const own = createProgram(session.gpu, network, loss, batch, 1);
      loaded = { program: own, reader: createReader(own, network), dataset: batch };
      batches.set(batch.rows, loaded);
    }
    return { ...loaded, dataset: batch };
  }

  let adam: Resident<AdamMethod> | undefined;

  function residentAdam(): Resident<AdamMethod> {
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
  let lbfgs: { readonly memory: number; readonly resident: Resident<LbfgsMethod> } | undefined;

  function residentLbfgs(memory: number): Resident<LbfgsMethod> | undefined {
    lbfgs ??= {
      memory,
      resident: createResidentLbfgs(session, program, whole.reader, n, memory, (point) => {
        latest = point;
        known = true;
      }),
    };
    return lbfgs.memory === memory ? lbfgs.resident : undefined;
  }

  return {
    numParameters: n,
    async runEpoch(method, parameters) {
      if (active !== whole) return undefined;
      if (method.kind === "adam") {
        if (!fitsAdam(method, program, dataset)) return undefined;
        return await residentAdam().run(method, parameters);
      }
      if (!fitsLbfgs(method)) return undefined;
      return await residentLbfgs(method.memory)?.run(method, parameters);
    },
    value: (parameters) => run(parameters),
    valueAndGradient: (parameters, gradientOut) => run(parameters, gradientOut),
    selectRows(rows) {
      active = rows ? batchOf(rows) : whole;
      known = false;
    },
    loss: () => latest.loss,
    statistics: () => latest.statistics,
    outputs() {
      const { parameters, statistics } = latest;
      const { inputs, rows } = active.dataset;
      return forward({ ...network, parameters, statistics }, inputs, rows);
    },
    dispose() {
      for (const each of [whole, ...batches.values()]) each.program.buffers.destroy();
    },
  };
}

function equal(one: Float64Array, other: Float64Array): boolean {
  return one === other || one.every((value, i) => value === other[i]);
}
