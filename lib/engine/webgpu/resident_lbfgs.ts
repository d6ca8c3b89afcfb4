/**
 * L-BFGS on the device: an epoch is one submit and one readback.
 *
 * Where another epoch is to be expected it is submitted before the host looks at the results of the
 * one before: the device does not wait for the way back. Once an epoch has converged, the epochs
 * submitted after it change nothing.
 *
 * @module
 */

import type { EpochContext, EpochReading, LbfgsMethod } from "../contract.ts";
import { upload } from "./buffers.ts";
import { type KernelSource, manyGroups } from "./kernel.ts";
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
  const held = allocate(program, reader, numParameters, memory);
  let latest: Float64Array | undefined;
  let latestMemory: Float32Array | undefined;
  let ahead: Flight | undefined;
  let evaluated = 0;
  let written = "";

  function submit(first: readonly Step[], method: LbfgsMethod, key: string): Flight {
    if (key !== written) {
      const settings = settingsOf(method, program.trials, held.ring);
      program.device.queue.writeBuffer(held.named.settings, 0, settings);
      written = key;
    }
    const staging = held.stagings[ahead?.staging === held.stagings[0] ? 1 : 0];
    session.submit([...first, ...epochSteps(held, method, staging)]);
    return { key, staging };
  }

  /** The epoch that was begun ahead, or one that begins here. */
  function take(
    method: LbfgsMethod,
    key: string,
    parameters: Float64Array,
    carried: Float32Array | undefined,
  ): Flight {
    const goesOn = parameters === latest;
    if (goesOn && ahead?.key === key) return ahead;
    // What was begun ahead and is not wanted has moved on from `latest`: back from the memory.
    const known = !goesOn ? carried : ahead ? latestMemory : undefined;
    const usable = known?.length === held.learnedCount ? known : undefined;
    if (usable) {
      restore(held, parameters, usable);
      evaluated = usable[STATE.evaluations];
    } else if (!goesOn || ahead) {
      evaluated = 0;
      return submit(beginning(held, parameters), method, key);
    }
    return submit(goingOn(held), method, key);
  }

  async function run(
    method: LbfgsMethod,
    parameters: Float64Array,
    { memory: carried, more = false }: EpochContext,
  ): Promise<EpochReading> {
    const key = JSON.stringify(method);
    const flight = take(method, key, parameters, carried);
    ahead = flight; // so that the next one takes the other buffer
    const arriving = session.map(flight.staging, held.count);
    arriving.catch(() => {}); // should the next line throw, that says why
    ahead = more ? submit(goingOn(held), method, key) : undefined;
    const numbers = await arriving;
    const point = reader.point(numbers, reader.vector(numbers, 0));
    const reading: EpochReading = {
      parameters: point.parameters,
      gradient: reader.vector(numbers, 1),
      ...(held.travels ? { memory: numbers.slice(reader.count(2)) } : {}),
      objective: point.objective,
      evaluations: numbers[STATE.evaluations] - evaluated,
      status: (["diverged", "converged"] as const).find((end) => numbers[STATE[end]]) ?? "running",
    };
    evaluated = numbers[STATE.evaluations];
    latest = point.parameters;
    latestMemory = reading.memory;
    remember(point);
    return reading;
  }

  return { run };
}

/** What L-BFGS holds on the device: buffers, and its kernels bound to them. */
type Held = ReturnType<typeof allocate>;

function allocate(program: Program, reader: Reader, n: number, memory: number) {
  const { buffers, uniform } = program, ring = memory + 1, width = 2 * ring + 1;
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
  const bind = (kernel: KernelSource, groups: readonly [number, number] = [1, 1]) =>
    program.dispatch(kernel, uniform, named, groups);
  return {
    ...{ program, reader, n, ring, named, kept, learned, learnedCount, travels, count },
    stagings: [0, 1].map((i) => buffers.staging(`results ${i}`, count)),
    start: bind(START),
    choose: bind(CHOOSE),
    gram: bind(GRAM, [width, 1]),
    direction: bind(DIRECTION),
    combine: bind(COMBINE, manyGroups(Math.ceil(n / 64))),
  };
}

function settingsOf(method: LbfgsMethod, trials: number, ring: number): Float32Array<ArrayBuffer> {
  const searches = method.lineSearch === "wolfe", used = searches ? trials : 1;
  const settings = new Float32Array(LBFGS_SETTINGS_LENGTH);
  settings[LBFGS_SETTINGS.trials] = used;
  settings[LBFGS_SETTINGS.ring] = ring;
  settings[LBFGS_SETTINGS.searches] = Number(searches);
  settings[LBFGS_SETTINGS.gradientTolerance] = method.gradientTolerance;
  settings[LBFGS_SETTINGS.changeTolerance] = method.changeTolerance;
  settings[LBFGS_SETTINGS.leastProduct] = searches ? 0 : 1e-10;
  settings[LBFGS_SETTINGS.leastCurvature] = searches ? 1e-7 : 0;
  settings.set(LADDERS[used], LBFGS_SETTINGS.ladder);
  settings.set(FIRST_LADDERS[used], LBFGS_SETTINGS.firstLadder);
  return settings;
}

/** Brings what was learned back to the device. */
function restore(
  { program: { device }, named, learned }: Held,
  parameters: Float64Array,
  memory: Float32Array,
): void {
  upload(device, named.point, 0, parameters);
  let at = 0;
  for (const [buffer, count] of learned) {
    upload(device, buffer, 0, memory.subarray(at, at + count));
    at += count;
  }
}

/** The first steps of an epoch that goes on. */
function goingOn({ program, kept, combine }: Held): Step[] {
  return [
    { copy: kept, from: 0, to: program.state, at: 0, count: STATE_LENGTH },
    { run: [combine], trials: 1 },
  ];
}

/** The first steps of an epoch that begins anew. */
function beginning(
  { program, named, start, gram, direction, combine }: Held,
  parameters: Float64Array,
): Step[] {
  upload(program.device, program.theta, 0, parameters);
  upload(program.device, named.point, 0, parameters);
  const all = [...program.forward, ...program.evaluate, ...program.backward];
  return [{ run: [...all, start, gram, direction, combine], trials: 1 }];
}

/** The iterations of an epoch, and the way back of what it has reached. */
function epochSteps(held: Held, method: LbfgsMethod, staging: GPUBuffer): Step[] {
  const { program, reader, named, kept, choose, gram, direction, combine } = held;
  const steps: Step[] = [];
  const used = method.lineSearch === "wolfe" ? program.trials : 1;
  for (let k = 0; k < method.maxIterations; k++) {
    steps.push({ run: program.forward, trials: used });
    steps.push({ run: [choose, ...program.backward, gram, direction, combine], trials: 1 });
  }
  // Once more at the point reached, for its statistics.
  steps.push({ copy: named.point, from: 0, to: program.theta, at: 0, count: held.n });
  steps.push({ run: [...program.forward, ...program.evaluate], trials: 1 });
  steps.push({ copy: program.state, from: 0, to: kept, at: 0, count: STATE_LENGTH });
  steps.push(...reader.steps([named.point, named.slope], staging));
  let at = reader.count(2);
  for (const [copy, count] of held.travels ? held.learned : []) {
    steps.push({ copy, from: 0, to: staging, at, count });
    at += count;
  }
  return steps;
}
