/**
 * Formulas of coordinates, a network's outputs and their derivatives on a box, as Taylor models.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import {
  createJetModels,
  enterBox,
  type JetChannels,
  type JetFindings,
  type JetInputs,
  type NodeLimits,
} from "./_jet_models.ts";
import {
  addModelProduct,
  addNumber,
  addTimes,
  type Algebra,
  clearModel,
  clipModel,
  compose,
  copyModel,
  makeModel,
  makeModels,
  makePowers,
  type Model,
  type Powers,
  setNumber,
  setRange,
  settleModel,
} from "./_models.ts";
import { ULP } from "./_rounding.ts";
import { powerSeries, SERIES } from "./_series.ts";

/** A formula, as data. */
export type JetFormula =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly JetFormula[] };

/** What a variable of a formula stands for. */
export type FormulaVariable =
  | { readonly kind: "coordinate"; readonly index: number }
  /** A number, which may be another one from call to call. */
  | { readonly kind: "number"; readonly name: string }
  /** A derivative of an output by coordinates; elsewhere where a place is named. */
  | {
    readonly kind: "output";
    readonly output: number;
    readonly derivative: readonly number[];
    readonly place?: readonly JetFormula[];
  };

/** A formula with what it is about. */
export interface NetworkFormula {
  readonly network: Network;
  readonly inputs: JetInputs;
  readonly formula: JetFormula;
  variable(name: string): FormulaVariable;
}

/** A formula made ready. */
export interface FormulaModels {
  readonly algebra: Algebra;
  /** Encloses it on a box, shape `[coordinates, 2]`; the model holds until the next call. */
  enclose(
    box: Float64Array,
    findings: JetFindings,
    numbers: Readonly<Record<string, number>>,
    limits?: NodeLimits,
  ): Model;
}

/** One operation. */
interface Step {
  readonly out: Model;
  run(numbers: Readonly<Record<string, number>>): void;
}

/** Makes a formula ready. */
export function createFormulaModels(
  { network, inputs, formula, variable }: NetworkFormula,
  algebra: Algebra,
): FormulaModels {
  const coordinates = makeModels(algebra, inputs.ranges.length);
  const tools: Tools = { algebra, powers: makePowers(algebra), scratch: makeModels(algebra, 4) };
  const known = new Map<string, Model>(), steps: Step[] = [];
  /** The network here and elsewhere, and what is read of it. */
  const places = new Map<string, Place>();
  const orders: Place[] = [];

  function add(part: JetFormula, target: Step[]): Model {
    const key = JSON.stringify(part), found = known.get(key);
    if (found) return found;
    const out = makeModel(algebra);
    if (part.kind === "number") setNumber(out, part.value);
    else if (part.kind === "call") {
      const operands = part.arguments.map((each) => add(each, target));
      const run = operation(tools, part, operands, out);
      target.push({ out, run });
    } else {
      const what = variable(part.name);
      if (what.kind === "coordinate") return coordinates[what.index];
      if (what.kind === "number") {
        target.push({ out, run: (numbers) => setNumber(out, numbers[what.name]) });
      } else {
        const at = placeOf(what.place);
        at.reads.push({ out, output: what.output, derivative: what.derivative });
      }
    }
    known.set(key, out);
    return out;
  }

  function placeOf(place: readonly JetFormula[] | undefined): Place {
    const key = JSON.stringify(place ?? null), found = places.get(key);
    if (found) return found;
    const before: Step[] = [];
    const models = place?.map((each) => add(each, before)) ?? coordinates;
    const made: Place = { models, before, reads: [], here: place === undefined };
    places.set(key, made);
    orders.push(made);
    return made;
  }

  const result = add(formula, steps);
  const runs = placeRuns(network, inputs, algebra, orders);
  return {
    algebra,
    enclose(box, findings, numbers, limits) {
      enterBox(algebra, coordinates, box);
      for (const run of runs) run(findings, numbers, limits);
      for (const step of steps) step.run(numbers);
      return result;
    },
  };
}

/** A place at which the network is needed. */
interface Place {
  readonly models: readonly Model[];
  /** What computes the place. */
  readonly before: readonly Step[];
  readonly here: boolean;
  readonly reads: {
    readonly out: Model;
    readonly output: number;
    readonly derivative: readonly number[];
  }[];
}

type PlaceRun = (
  findings: JetFindings,
  numbers: Readonly<Record<string, number>>,
  limits?: NodeLimits,
) => void;

/** The network at every place: two programs at most, with the derivatives here and elsewhere. */
function placeRuns(
  network: Network,
  inputs: JetInputs,
  algebra: Algebra,
  places: readonly Place[],
): PlaceRun[] {
  const programs = [true, false].map((here) => {
    const reads = places.filter((place) => place.here === here).flatMap((place) => place.reads);
    if (reads.length === 0) return undefined;
    const channels = closed(reads.map(({ derivative }) => derivative));
    return { channels, models: createJetModels(network, inputs, channels, algebra) };
  });
  return places.map(({ models, before, here, reads }): PlaceRun => {
    const { channels, models: jets } = programs[here ? 0 : 1]!;
    const found = reads.map(({ out, output, derivative }) => ({
      ...{ out, output },
      channel: channels.findIndex((each) => each.join() === derivative.join()),
    }));
    return (findings, numbers, limits) => {
      for (const step of before) step.run(numbers);
      const outputs = jets.enclose(models, findings, here ? limits : undefined);
      for (const { out, output, channel } of found) copyModel(out, outputs[output][channel]);
    };
  });
}

/** Derivatives and all their parts, in order; no derivative is the first. */
function closed(wanted: readonly (readonly number[])[]): JetChannels {
  const all = new Map<string, readonly number[]>([["", []]]);
  function add(derivative: readonly number[]): void {
    all.set(derivative.join(), derivative);
    derivative.forEach((_, i) => add(derivative.filter((_, j) => j !== i)));
  }
  for (const derivative of wanted) add([...derivative].sort((a, b) => a - b));
  return [...all.values()].sort((a, b) => a.length - b.length);
}

/** What operations compute with. */
interface Tools {
  readonly algebra: Algebra;
  readonly powers: Powers;
  readonly scratch: readonly Model[];
}

type Call = JetFormula & { readonly kind: "call" };

/** An operation on models. */
function operation(
  tools: Tools,
  { name, arguments: [, right] }: Call,
  [a, b]: readonly Model[],
  out: Model,
): () => void {
  const { algebra, powers } = tools;
  const exponent = right?.kind === "number" ? right.value : undefined;
  switch (name) {
    case "+":
    case "-":
      return () => {
        clearModel(out);
        addTimes(out, 1, a);
        addTimes(out, name === "+" ? 1 : -1, b);
        settleModel(algebra, out, 2);
      };
    case "*":
      return () => multiply(tools, out, a, b);
    case "/":
      return () => {
        const [, , , inverse] = tools.scratch;
        if (b.rank === 0 && b.r === 0) setNumber(inverse, 1 / b.c[0], 2 * ULP / Math.abs(b.c[0]));
        else compose(algebra, inverse, b, powerSeries(-1), powers);
        multiply(tools, out, a, inverse);
      };
    case "^":
      return () => power(tools, out, a, b, exponent);
    case "whole":
      return () => copyModel(out, a);
    case "abs":
      return () => absolute(tools, out, a);
    case "min":
    case "max":
      return () => extreme(tools, out, a, b, name === "min" ? -1 : 1);
    default:
      if (SERIES[name]) return () => compose(algebra, out, a, SERIES[name], powers);
      return steps(name, tools, out, a, b);
  }
}

/** Functions with steps: known where their argument is on one side. */
function steps(name: string, tools: Tools, out: Model, a: Model, b: Model): () => void {
  switch (name) {
    case "sign":
      return () =>
        setRange(out, a.low > 0 ? 1 : a.low >= 0 ? 0 : -1, a.high < 0 ? -1 : a.high <= 0 ? 0 : 1);
    case "heaviside":
      return () =>
        setRange(out, a.low > 0 ? 1 : a.low >= 0 ? 0.5 : 0, a.high < 0 ? 0 : a.high <= 0 ? 0.5 : 1);
    case "floor":
      return () => setRange(out, Math.floor(a.low), Math.floor(a.high));
    case "mod":
      return () => remainder(tools, out, a, b);
    case "<":
      return () => truth(out, a.high < b.low, a.low < b.high);
    case "<=":
      return () => truth(out, a.high <= b.low, a.low <= b.high);
    case "==":
      return () => {
        const same = a.low === a.high && a.low === b.low && b.low === b.high;
        truth(out, same, a.low <= b.high && b.low <= a.high);
      };
    case "when":
      return () => {
        if (a.low > 0 || a.high < 0) copyModel(out, b);
        else if (a.low === 0 && a.high === 0) clearModel(out);
        else setRange(out, Math.min(0, b.low), Math.max(0, b.high));
      };
    case "atan2":
      return () => {
        if (!(b.low > 0)) return setRange(out, -3.1415926535897936, 3.1415926535897936);
        const [, , quotient, inverse] = tools.scratch;
        compose(tools.algebra, inverse, b, powerSeries(-1), tools.powers);
        multiply(tools, quotient, a, inverse);
        compose(tools.algebra, out, quotient, SERIES.atan, tools.powers);
      };
    default:
      throw new RangeError(
        `Cannot certify: a formula must hold functions that can be enclosed, current value is ${name}`,
      );
  }
}

/** 1 where it is so, 0 where it cannot be. */
function truth(out: Model, always: boolean, sometimes: boolean): void {
  setRange(out, always ? 1 : 0, sometimes ? 1 : 0);
}

function multiply({ algebra }: Tools, out: Model, a: Model, b: Model): void {
  clearModel(out);
  addModelProduct(algebra, out, a, b);
  settleModel(algebra, out, algebra.count);
  if (a === b) clipModel(out, 0, Infinity);
}

/** Whole powers that are products. */
const MOST_FACTORS = 16;

function power(tools: Tools, out: Model, a: Model, b: Model, exponent: number | undefined): void {
  const { algebra, powers, scratch: [first, second, third] } = tools;
  if (exponent !== undefined && Number.isInteger(exponent) && Math.abs(exponent) <= MOST_FACTORS) {
    let base = a;
    if (exponent < 0) {
      compose(algebra, third, a, powerSeries(-1), powers);
      base = third;
    }
    setNumber(out, 1);
    copyModel(first, base);
    for (let left = Math.abs(exponent); left > 0; left >>= 1) {
      if (left & 1) {
        copyModel(second, out);
        multiply(tools, out, second, first);
      }
      if (left === 1) break;
      copyModel(second, first);
      multiply(tools, first, second, second);
    }
    if (exponent % 2 === 0) clipModel(out, 0, Infinity);
    return;
  }
  if (exponent !== undefined) return compose(algebra, out, a, powerSeries(exponent), powers);
  compose(algebra, first, a, SERIES.log, powers); // a^b = exp(b log a)
  multiply(tools, second, first, b);
  compose(algebra, out, second, SERIES.exp, powers);
}

/** `|a|`: the line through its ends and what is below it, where the sign is not known. */
function absolute({ algebra }: Tools, out: Model, a: Model): void {
  const { low, high } = a;
  clearModel(out);
  if (low >= 0 || high <= 0) {
    addTimes(out, low >= 0 ? 1 : -1, a);
    settleModel(algebra, out, 1);
    return clipModel(out, 0, Infinity);
  }
  if (!(high - low < Infinity)) return setRange(out, 0, Infinity);
  const slope = (high + low) / (high - low); // |a| <= -low + slope (a - low), at least the same less that at 0
  const top = -low * (1 + slope), most = Math.max(-low, high);
  addTimes(out, slope, a);
  addNumber(out, top / 2);
  out.r += top / 2 + 16 * ULP * most;
  settleModel(algebra, out, 2);
  clipModel(out, 0, most);
}

/** `min` and `max` as half of `a + b -+ |a - b|`. */
function extreme(tools: Tools, out: Model, a: Model, b: Model, sign: 1 | -1): void {
  const { algebra, scratch: [difference, size] } = tools;
  if (sign * (a.low - b.high) >= 0 && sign * (a.high - b.low) >= 0) return copyModel(out, a);
  clearModel(difference);
  addTimes(difference, 1, a);
  addTimes(difference, -1, b);
  settleModel(algebra, difference, 2);
  absolute(tools, size, difference);
  clearModel(out);
  addTimes(out, 0.5, a);
  addTimes(out, 0.5, b);
  addTimes(out, sign * 0.5, size);
  settleModel(algebra, out, 3);
  const pick = sign < 0 ? Math.min : Math.max;
  clipModel(out, pick(a.low, b.low), pick(a.high, b.high));
}

/** `a - b floor(a / b)`. */
function remainder(tools: Tools, out: Model, a: Model, b: Model): void {
  const { algebra, powers, scratch: [quotient, inverse] } = tools;
  if (b.rank === 0 && b.r === 0) setNumber(inverse, 1 / b.c[0], 2 * ULP / Math.abs(b.c[0]));
  else compose(algebra, inverse, b, powerSeries(-1), powers);
  multiply(tools, quotient, a, inverse);
  const times = Math.floor(quotient.low);
  if (times !== Math.floor(quotient.high)) {
    const size = Math.max(Math.abs(b.low), Math.abs(b.high));
    return setRange(out, b.low >= 0 ? 0 : -size, b.high <= 0 ? 0 : size);
  }
  clearModel(out);
  addTimes(out, 1, a);
  addTimes(out, -times, b);
  settleModel(algebra, out, 2);
}
