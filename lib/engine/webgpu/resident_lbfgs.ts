/**
 * L-BFGS on the device: an epoch is one submit and one readback.
 *
 * @module
 */

import type { EpochReading, LbfgsMethod } from "../engine.ts";
import { upload } from "./buffers.ts";
import { type Dispatch, manyGroups } from "./kernel.ts";
import type { Program } from "./program.ts";
import type { PointReading, Reader, Resident } from "./reading.ts";
import type { Session, Step } from "./session.ts";
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
} from "./wgsl/mod.ts";

/** Trial lengths for 1, 2 and more slots, as multiples of the unit step. */
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
export const SLOT_CHOICES = [4, 2, 1] as const;

/** Whether the device holds so many pairs. */
export function fitsLbfgs({ memory }: LbfgsMethod): boolean {
  return memory <= MAX_MEMORY;
}

/** Allocates L-BFGS for a program and a number of pairs. */
export function createResidentLbfgs(
  session: Session,
  program: Program,
  reader: Reader,
  numParameters: number,
  memory: number,
  remember: (point: PointReading) => void,
): Resident<LbfgsMethod> {
  const { buffers, slots, theta } = program;
  const { device } = session.gpu;
  const n = numParameters;
  const ring = memory + 1, width = 2 * ring + 1;
  const point = buffers.storage("point", n);
  const named = {
    point,
    slope: buffers.storage("gradient at the point", n),
    settings: buffers.storage("settings", LBFGS_SETTINGS_LENGTH),
    pairs: buffers.storage("pairs", 2 * ring * n),
    gram: buffers.storage("inner products", 2 * width * width + 2),
    delta: buffers.storage("coefficients of the direction", 2 * width),
  };
  const one = (...args: Parameters<Program["dispatch"]>): Dispatch => program.dispatch(...args);
  const start = one(START, program.uniform, named, [1, 1], false);
  const choose = one(CHOOSE, program.uniform, named, [1, 1], false);
  const gram = one(GRAM, program.uniform, named, [width, 1], false);
  const direction = one(DIRECTION, program.uniform, named, [1, 1], false);
  const combine = one(COMBINE, program.uniform, named, manyGroups(Math.ceil(n / 64)), false);
  let latest: Float64Array | undefined;
  let evaluated = 0;
  let written = "";

  function writeSettings(method: LbfgsMethod): void {
    const key = JSON.stringify(method);
    if (key === written) return;
    written = key;
    const searches = method.lineSearch === "wolfe";
    const settings = new Float32Array(LBFGS_SETTINGS_LENGTH);
    const used = searches ? slots : 1;
    settings[LBFGS_SETTINGS.slots] = used;
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

  async function run(method: LbfgsMethod, parameters: Float64Array): Promise<EpochReading> {
    writeSettings(method);
    const steps: Step[] = [];
    if (parameters === latest) steps.push({ run: [combine], slots: 1 });
    else {
      upload(device, theta, 0, parameters);
      upload(device, point, 0, parameters);
      evaluated = 0;
      const all = [...program.forward, ...program.evaluate, ...program.backward];
      steps.push({ run: [...all, start, gram, direction, combine], slots: 1 });
    }
    const used = method.lineSearch === "wolfe" ? slots : 1;
    for (let k = 0; k < method.maxIterations; k++) {
      steps.push({ run: program.forward, slots: used });
      steps.push({ run: [choose, ...program.backward, gram, direction, combine], slots: 1 });
    }
    // Once more at the point reached, for its statistics.
    steps.push({ copy: point, from: 0, to: theta, at: 0, count: n });
    steps.push({ run: [...program.forward, ...program.evaluate], slots: 1 });
    steps.push(...reader.steps([point, named.slope]));
    const numbers = await session.read(steps, reader.staging, reader.count(2));
    const at = (index: number) => reader.state(numbers, index);
    const reading: EpochReading = {
      parameters: Float64Array.from(reader.vector(numbers, 0)),
      gradient: Float64Array.from(reader.vector(numbers, 1)),
      objective: at(STATE.objective),
      evaluations: at(STATE.evaluations) - evaluated,
      status: at(STATE.diverged) ? "diverged" : at(STATE.converged) ? "converged" : "running",
    };
    evaluated = at(STATE.evaluations);
    latest = reading.parameters;
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
