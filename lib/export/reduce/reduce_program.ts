/**
 * Programs made smaller up to a proven error: fewer knots, lower degrees, fewer digits, float32.
 *
 * @module
 */

import {
  countNumbers,
  type NetworkProgram,
  type ProgramStep,
  type SplineStep,
} from "../program/program.ts";
import type { NumberFormat } from "../writers/text.ts";
import { fitStep, withoutSilu } from "./fit_step.ts";
import {
  type BoundedStep,
  boundStep,
  columnReach,
  type Reach,
  resultError,
  type StepErrors,
  stepErrors,
  throughPlain,
  throughSplines,
  UNIT_ROUNDOFF,
  unscaled,
} from "./reach.ts";
import { log10, pow } from "../../numerics/inner.ts";

/** What a smaller program may be. */
export interface ReduceOptions {
  /** The largest error, in the target's units; of classes, of the probabilities. */
  readonly error: number;
  /** The number format. Absent: float32 where its rounding takes at most a quarter of the error. */
  readonly dtype?: NumberFormat;
  /** Whether float32 is among the formats. */
  readonly single: boolean;
  /** Whether digits cost space: of texts. */
  readonly digits: boolean;
}

/** A smaller program. */
export interface ReducedProgram {
  readonly program: NetworkProgram;
  readonly dtype: NumberFormat;
  /** The proven error, rounding of both included. */
  readonly error: number;
}

/** A member of a program, bounded. */
interface BoundedMember {
  readonly steps: readonly ProgramStep[];
  readonly bounds: ReadonlyMap<SplineStep, BoundedStep>;
  readonly outputs: readonly Reach[];
  /** What a change of each output of a step counts at the end, by output of the network. */
  readonly weights: ReadonlyMap<ProgramStep, readonly Float64Array[]>;
}

/** What is written for some layers of splines; the others stay. */
type Written = ReadonlyMap<SplineStep, SplineStep>;

/** Share of the error that fits may take; the rest is for digits. */
const FITS = 0.85;

/** Numbers of intervals that are tried. */
const INTERVALS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256];

/**
 * Makes a program smaller, as far as an error allows that is proven for every row inside the columns'
 * ranges.
 *
 * @throws {RangeError} If rounding alone is more than the error.
 */
export function reduceProgram(program: NetworkProgram, options: ReduceOptions): ReducedProgram {
  const { error: wanted, digits } = options;
  const members = program.members.map((steps) => boundMember(program, steps));
  const known = new ErrorTable(program, members);
  const single = options.single && known.total("float32", []) <= wanted / 4;
  const dtype = options.dtype ?? (single ? "float32" : "float64");
  const rounding = known.total(dtype, []);
  if (!(rounding <= wanted)) {
    throw new RangeError(
      `Cannot export model: error must be at least ${
        (1.001 * rounding).toPrecision(3)
      }, which is ` +
        `proven for rounding in ${dtype} alone, current value is ${wanted}`,
    );
  }
  let chosen: Written[] = [];
  for (let share = FITS; share > 0.01; share /= 1.6) {
    const budget = share * (wanted - rounding);
    const tried = members.map((member) => smallest(program, member, budget));
    if (!(known.total(dtype, tried) <= (digits ? rounding + FITS * (wanted - rounding) : wanted))) {
      continue;
    }
    chosen = tried;
    break;
  }
  if (digits) chosen = shortened(members, known, dtype, chosen, wanted);
  const error = known.total(dtype, chosen);
  const steps = members.map((member, m) => known.widened(member, chosen[m], dtype));
  return { program: { ...program, members: steps }, dtype, error };
}

function boundMember(program: NetworkProgram, steps: readonly ProgramStep[]): BoundedMember {
  const bounds = new Map<SplineStep, BoundedStep>();
  let values: readonly Reach[] = program.columns.map((column) => {
    return { ...columnReach(column, 0), error: 0 };
  });
  const entering = steps.map((step) => {
    const before = values;
    if (step.kind === "splines") {
      const bounded = boundStep(step, values, bounds.size === 0);
      bounds.set(step, bounded);
      values = bounded.outputs;
    } else values = throughPlain(step, values, 0);
    return before;
  });
  const weights = new Map<ProgramStep, readonly Float64Array[]>();
  let behind: Float64Array[] = values.map((reach, q) => {
    const { result } = program;
    const slope = result.kind === "classes" ? 0.5 : unscaled(result.scales[q], reach, 0).slope;
    return new Float64Array(values.length).fill(0).map((_, k) => k === q ? slope : 0);
  });
  steps.toReversed().forEach((step, i) => {
    weights.set(step, behind);
    const inputs = entering[steps.length - 1 - i];
    behind = behind.map((list) => entered(step, list, inputs, bounds));
  });
  return { steps, bounds, outputs: values, weights };
}

/** What changes of the inputs of a step count, where those of its outputs do. */
function entered(
  step: ProgramStep,
  outputs: Float64Array,
  inputs: readonly Reach[],
  bounds: ReadonlyMap<SplineStep, BoundedStep>,
): Float64Array {
  const { nIn, nOut } = step, counts = new Float64Array(nIn);
  if (step.kind === "tanh") return outputs;
  if (step.kind === "relu") {
    const { power = 1 } = step;
    return outputs.map((count, p) => count * power * pow(Math.max(0, inputs[p].high), power - 1));
  }
  if (step.kind === "sparse") {
    for (let q = 0; q < nOut; q++) {
      for (let k = step.starts[q]; k < step.starts[q + 1]; k++) {
        counts[step.columns[k]] += Math.abs(step.values[k]) * outputs[q];
      }
    }
    return counts;
  }
  for (let p = 0; p < nIn; p++) {
    const scale = step.kind === "splines" ? Math.abs(step.maps[3 * p + 1]) : 1;
    const slopes = step.kind === "splines" ? bounds.get(step)!.slopes : step.weights;
    for (let q = 0; q < nOut; q++) {
      counts[p] += scale * Math.abs(slopes[p * nOut + q]) * outputs[q];
    }
  }
  return counts;
}

/** Proven errors of what is written, with what was computed before. */
class ErrorTable {
  readonly #known = new Map<string, Map<SplineStep, Map<SplineStep, StepErrors>>>();
  readonly #model: number;

  constructor(
    readonly program: NetworkProgram,
    readonly members: readonly BoundedMember[],
  ) {
    this.#model = this.#copied("float64", []);
  }

  /** The error of the copy, and the rounding of the model itself. */
  total(dtype: NumberFormat, written: readonly Written[]): number {
    return (this.#copied(dtype, written) + this.#model) * (1 + 1e-9);
  }

  #copied(dtype: NumberFormat, written: readonly Written[]): number {
    const outputs: (readonly Reach[])[] = [];
    for (const [m, member] of this.members.entries()) {
      const reached = this.#through(member, written[m], dtype);
      if (reached === undefined) return Infinity;
      outputs.push(reached[reached.length - 1]);
    }
    return resultError(this.program, outputs, UNIT_ROUNDOFF[dtype]);
  }

  /** What enters each step, and what comes out at the end. */
  #through(
    { steps, bounds }: BoundedMember,
    written: Written | undefined,
    dtype: NumberFormat,
  ): (readonly Reach[])[] | undefined {
    const unit = UNIT_ROUNDOFF[dtype];
    const all: (readonly Reach[])[] = [
      this.program.columns.map((column) => columnReach(column, unit)),
    ];
    for (const step of steps) {
      const values = all[all.length - 1];
      if (step.kind !== "splines") {
        all.push(throughPlain(step, values, unit));
        continue;
      }
      const errors = this.#errors(bounds.get(step)!, written?.get(step) ?? step, dtype);
      const outputs = throughSplines(bounds.get(step)!, errors, values);
      if (outputs === undefined) return undefined;
      all.push(outputs);
    }
    return all;
  }

  #errors(bounded: BoundedStep, written: SplineStep, dtype: NumberFormat): StepErrors {
    const byDtype = this.#known.get(dtype) ?? new Map<SplineStep, Map<SplineStep, StepErrors>>();
    this.#known.set(dtype, byDtype);
    const byStep = byDtype.get(bounded.step) ?? new Map<SplineStep, StepErrors>();
    byDtype.set(bounded.step, byStep);
    const known = byStep.get(written) ?? stepErrors(bounded, written, UNIT_ROUNDOFF[dtype]);
    byStep.set(written, known);
    return known;
  }

  /** The steps as they are written; refusing layers accept what differs by an error. */
  widened(member: BoundedMember, written: Written | undefined, dtype: NumberFormat): ProgramStep[] {
    const inputs = this.#through(member, written, dtype);
    return member.steps.map((step, s) => {
      if (step.kind !== "splines") return step;
      const copy = written?.get(step) ?? step;
      const limits = copy.limits?.map((limit, i) => {
        const error = 1.01 * (inputs?.[s][i >> 1].error ?? 0);
        return i % 2 === 0 ? limit - error : limit + error;
      });
      return limits ? { ...copy, limits } : copy;
    });
  }
}

/** A way to write a layer: what it counts at the end, and its numbers. */
interface Candidate {
  readonly step: SplineStep;
  readonly error: number;
  readonly numbers: number;
}

/** Ways to write some layers, none of which is worse than another in both. */
interface Combination {
  readonly written: Written;
  readonly error: number;
  readonly numbers: number;
}

/** Most combinations that are kept. */
const KEPT = 400;

/** The fewest numbers whose fits count at most `budget` at the end. */
function smallest(program: NetworkProgram, member: BoundedMember, budget: number): Written {
  let all: Combination[] = [{ written: new Map(), error: 0, numbers: 0 }];
  for (const [step, bounded] of member.bounds) {
    const candidates = candidatesOf(program, bounded, member.weights.get(step)!, budget);
    const next = all.flatMap(({ written, error, numbers }) =>
      candidates.map((each): Combination => ({
        written: new Map([...written, [step, each.step]]),
        error: error + each.error,
        numbers: numbers + each.numbers,
      }))
    ).filter(({ error }) => error <= budget).sort((a, b) =>
      a.numbers - b.numbers || a.error - b.error
    );
    let least = Infinity;
    all = next.filter(({ error }) => error < least && (least = error, true)).slice(0, KEPT);
    const exact = next.find(({ error }) => error === 0);
    if (exact && !all.includes(exact)) all.push(exact);
  }
  return all[0].written;
}

const candidatesKnown = new WeakMap<SplineStep, Map<string, Candidate>>();

function candidatesOf(
  program: NetworkProgram,
  bounded: BoundedStep,
  weights: readonly Float64Array[],
  budget: number,
): Candidate[] {
  const { step, ranges } = bounded, { nIn, nOut } = step, plain = withoutSilu(step);
  const numbersOf = (each: SplineStep) => countNumbers({ ...program, members: [[each]] });
  const same: Candidate = { step, error: 0, numbers: numbersOf(step) };
  const known = candidatesKnown.get(step) ?? new Map<string, Candidate>();
  candidatesKnown.set(step, known);
  const sizes = new Float64Array(nOut).map((_, q) => Math.max(...weights.map((list) => list[q])));
  const found: Candidate[] = [same];
  const ways = Array.from({ length: step.degree }, (_, i) => [step.degree - i, false] as const);
  for (const [degree, kept] of [[step.degree, true] as const, ...ways]) {
    for (const intervals of INTERVALS) {
      if (degree === step.degree && intervals >= step.pieces - 2) break;
      const key = `${degree} ${kept} ${intervals}`, before = known.get(key);
      const fitted = before?.step ?? {
        ...fitStep(plain, ranges, degree, intervals, sizes, kept),
        ...(step.silu ? { silu: step.silu } : {}),
      };
      const numbers = before?.numbers ?? numbersOf(fitted);
      if (numbers >= same.numbers) break;
      const error = before?.error ?? countedError(bounded, fitted, weights, nIn, nOut);
      const candidate = { step: fitted, error, numbers };
      known.set(key, candidate);
      if (error <= budget) found.push(candidate);
      if (error < 0.02 * budget) break;
    }
  }
  return found;
}

/** What the distances of fitted edges count at the end, in the worst output. */
function countedError(
  bounded: BoundedStep,
  fitted: SplineStep,
  weights: readonly Float64Array[],
  nIn: number,
  nOut: number,
): number {
  const { distances } = stepErrors(bounded, fitted, 0);
  const sums = new Float64Array(nOut);
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) sums[q] += distances![p * nOut + q];
  }
  return Math.max(...weights.map((list) => list.reduce((sum, w, q) => sum + w * sums[q], 0)));
}

/** Rounds the tables to as few decimals as the error allows. */
function shortened(
  members: readonly BoundedMember[],
  known: ErrorTable,
  dtype: NumberFormat,
  chosen: readonly Written[],
  wanted: number,
): Written[] {
  const before = known.total(dtype, chosen), room = wanted - before;
  const layers = Math.max(1, ...members.map(({ bounds }) => bounds.size));
  for (let more = 0; more < 4; more++) {
    const tried = members.map(({ bounds, weights }, m): Written =>
      new Map(
        [...bounds.keys()].map((step): [SplineStep, SplineStep] => {
          const copy = chosen[m]?.get(step) ?? step;
          const worst = Math.max(
            ...weights.get(step)!.map((list) => list.reduce((sum, w) => sum + w, 0)),
          );
          const each = worst * step.nIn * (copy.degree + 1) / 2 * layers / room;
          const decimals = Math.ceil(log10(each)) + more;
          return [step, roundedTable(copy, Math.min(300, Math.max(-300, decimals)))];
        }),
      )
    );
    if (known.total(dtype, tried) <= wanted) return tried;
  }
  return [...chosen];
}

/** A table of multiples of `10^-decimals`. */
function roundedTable(step: SplineStep, decimals: number): SplineStep {
  const table = step.table.map((value) => {
    const size = Math.abs(value) * pow(10, decimals);
    if (size === 0 || !(size < 1e15)) return value;
    const digits = Math.round(size);
    return digits === 0 ? 0 : Math.sign(value) * Number(`${digits}e${-decimals}`);
  });
  return { ...step, table };
}
