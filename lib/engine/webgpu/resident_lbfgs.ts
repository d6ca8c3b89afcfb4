/**
 * L-BFGS on the device: an epoch is one submit and one readback.
 *
 * Where another epoch is to be expected it is submitted before the host looks at the results of
 * the one before: the device does not wait for the way back. What an epoch did not do because
 * everything has converged before, the next one does not do either.
 *
 * @module
 */

import type { EpochContext, EpochReading, LbfgsMethod } from "../contract.ts";
import { upload } from "./buffers.ts";
import { type Dispatch, manyGroups } from "./kernel.ts";
import type { Program } from "./webgpu_program.ts";
import type { PointReading, Reader, ResidentOptimizer } from "./result_reader.ts";
import type { Session, Step } from "./device_session.ts";
import {
  CHOOSE,
  COMBINE,
  DIRECTION,
  GRAM,
  LBFGS_SETTINGS,
  LBFGS_SETTINGS_LENGTH,
  MAX_MEMORY,
  START,
  STATE,
  STATE_LENGTH,
} from "./wgsl/mod.ts";

/** Step lengths for 1, 2 and more trials, as multiples of the unit step. */
const LADDERS: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  2: [1, 0.25],
  4: [1, 3, 0.3, 0.05],
};
/** The same for steps along the negative gradient, of unknown length. */
const FIRST_LADDERS: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  2: [1, 0.1],
  4: [1, 10, 100, 0.1],
};

/** Numbers of trials that are offered, most first. */
export const TRIAL_CHOICES = [4, 2, 1] as const;

/** Whether the device holds so many pairs, in one binding. */
export function fitsLbfgs(
  { memory }: LbfgsMethod,
  numParameters: number,
  maxBindingBytes: number,
): boolean {
  return memory <= MAX_MEMORY && 8 * (memory + 1) * numParameters <= maxBindingBytes;
}

/** Most numbers that come back with every epoch so that a run can be resumed: 4 MiB. */
const MOST_MEMORY = 2 ** 20;

/** An epoch whose results are not read yet. */
interface Flight {
  readonly key: string;
  readonly staging: GPUBuffer;
}

/** Allocates L-BFGS for a program and a number of pairs. */
export function createResidentLbfgs(
  session: Session,
  program: Program,
  reader: Reader,
  numParameters: number,
  memory: number,
  remember: (point: PointReading) => void,
): ResidentOptimizer<LbfgsMethod> {
  const { buffers, trials, theta } = program;
  const { device } = session.gpu;
  const n = numParameters;
  const ring = memory + 1, width = 2 * ring + 1;
  const named = {
    point: buffers.storage("point", n),
    slope: buffers.storage("gradient at the point", n),
    settings: buffers.storage("settings", LBFGS_SETTINGS_LENGTH),
    pairs: buffers.storage("pairs", 2 * ring * n),
    gram: buffers.storage("inner products", 2 * width * width + 2),
    delta: buffers.storage("coefficients of the direction", 2 * width),
  };
  /** The state between epochs: evaluations at other points overwrite the program's. */
  const kept = buffers.storage("state between epochs", STATE_LENGTH);
  const learned: readonly (readonly [GPUBuffer, number])[] = [
    [kept, STATE_LENGTH],
    [named.delta, 2 * width],
    [named.gram, 2 * width * width + 2],
    [named.slope, n],
    [named.pairs, 2 * ring * n],
  ];
  const learnedCount = learned.reduce((sum, [, count]) => sum + count, 0);
  const travels = learnedCount <= MOST_MEMORY;
  const count = reader.count(2) + (travels ? learnedCount : 0);
  const stagings = [0, 1].map((i) => buffers.staging(`results ${i}`, count));
  const one = (...args: Parameters<Program["dispatch"]>): Dispatch => program.dispatch(...args);
  const start = one(START, program.uniform, named, [1, 1], false);
  const choose = one(CHOOSE, program.uniform, named, [1, 1], false);
  const gram = one(GRAM, program.uniform, named, [width, 1], false);
  const direction = one(DIRECTION, program.uniform, named, [1, 1], false);
  const combine = one(COMBINE, program.uniform, named, manyGroups(Math.ceil(n / 64)), false);
  let latest: Float64Array | undefined;
  let latestMemory: Float32Array | undefined;
  let ahead: Flight | undefined;
  let evaluated = 0;
  let written = "";

  function writeSettings(method: LbfgsMethod, key: string): void {
    if (key === written) return;
    written = key;
    const searches = method.lineSearch === "wolfe";
    const settings = new Float32Array(LBFGS_SETTINGS_LENGTH);
    const used = searches ? trials : 1;
    settings[LBFGS_SETTINGS.trials] = used;
    settings[LBFGS_SETTINGS.ring] = ring;
    settings[LBFGS_SETTINGS.searches] = Number(searches);
    settings[LBFGS_SETTINGS.gradientTolerance] = method.gradientTolerance;
    settings[LBFGS_SETTINGS.changeTolerance] = method.changeTolerance;
    settings[LBFGS_SETTINGS.leastProduct] = searches ? 0 : 1e-10;
    settings[LBFGS_SETTINGS.leastCurvature] = searches ? 1e-7 : 0;
    settings.set(LADDERS[used], LBFGS_SETTINGS.ladder);
    settings.set(FIRST_LADDERS[used], LBFGS_SETTINGS.firstLadder);
    device.queue.writeBuffer(named.settings, 0, settings);
  }

  /** The first steps of an epoch that goes on, with what was learned brought back if need be. */
  function goingOn(parameters: Float64Array, memory: Float32Array | undefined): Step[] {
    if (memory) {
      upload(device, named.point, 0, parameters);
      let at = 0;
      for (const [buffer, count] of learned) {
        upload(device, buffer, 0, memory.subarray(at, at + count));
        at += count;
      }
      evaluated = memory[STATE.evaluations];
    }
    return [
      { copy: kept, from: 0, to: program.state, at: 0, count: STATE_LENGTH },
      { run: [combine], trials: 1 },
    ];
  }

  function beginning(parameters: Float64Array): Step[] {
    upload(device, theta, 0, parameters);
    upload(device, named.point, 0, parameters);
    evaluated = 0;
    const all = [...program.forward, ...program.evaluate, ...program.backward];
    return [{ run: [...all, start, gram, direction, combine], trials: 1 }];
  }

  function submit(first: readonly Step[], method: LbfgsMethod, key: string): Flight {
    writeSettings(method, key);
    const staging = stagings[ahead?.staging === stagings[0] ? 1 : 0];
    const steps = [...first];
    const used = method.lineSearch === "wolfe" ? trials : 1;
    for (let k = 0; k < method.maxIterations; k++) {
      steps.push({ run: program.forward, trials: used });
      steps.push({ run: [choose, ...program.backward, gram, direction, combine], trials: 1 });
    }
    // Once more at the point reached, for its statistics.
    steps.push({ copy: named.point, from: 0, to: theta, at: 0, count: n });
    steps.push({ run: [...program.forward, ...program.evaluate], trials: 1 });
    steps.push({ copy: program.state, from: 0, to: kept, at: 0, count: STATE_LENGTH });
    steps.push(...reader.steps([named.point, named.slope], staging));
    let at = reader.count(2);
    for (const [copy, count] of travels ? learned : []) {
      steps.push({ copy, from: 0, to: staging, at, count });
      at += count;
    }
    session.submit(steps);
    return { key, staging };
  }

  async function run(
    method: LbfgsMethod,
    parameters: Float64Array,
    { memory: carried, more = false }: EpochContext,
  ): Promise<EpochReading> {
    const key = JSON.stringify(method);
    const goesOn = parameters === latest;
    let flight = goesOn && ahead?.key === key ? ahead : undefined;
    if (!flight) {
      // What was begun ahead and is not wanted has moved on from `latest`: back from the memory.
      const known = !goesOn ? carried : ahead ? latestMemory : undefined;
      const usable = known?.length === learnedCount ? known : undefined;
      flight = submit(
        usable || (goesOn && !ahead) ? goingOn(parameters, usable) : beginning(parameters),
        method,
        key,
      );
    }
    ahead = flight; // so that the next one takes the other buffer
    const arriving = session.map(flight.staging, count);
    arriving.catch(() => {}); // should the next line throw, that says why
    ahead = more ? submit(goingOn(parameters, undefined), method, key) : undefined;
    const numbers = await arriving;
    const at = (index: number) => reader.state(numbers, index);
    const reading: EpochReading = {
      parameters: Float64Array.from(reader.vector(numbers, 0)),
      gradient: Float64Array.from(reader.vector(numbers, 1)),
      ...(travels ? { memory: numbers.slice(reader.count(2)) } : {}),
      objective: at(STATE.objective),
      evaluations: at(STATE.evaluations) - evaluated,
      status: at(STATE.diverged) ? "diverged" : at(STATE.converged) ? "converged" : "running",
    };
    evaluated = at(STATE.evaluations);
    latest = reading.parameters;
    latestMemory = reading.memory;
    remember({
      parameters: latest,
      objective: reading.objective,
      loss: at(STATE.loss),
      statistics: reader.statistics(numbers, latest),
    });
    return reading;
  }

  return { run };
}
