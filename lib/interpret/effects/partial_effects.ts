/**
 * What each input does by itself: the main effects of the functional analysis of variance.
 *
 * @module
 */

import { checkInteger, checkOptions, column, moments, quantile } from "../../numerics/inner.ts";
import { inputGroups } from "../structure/input_groups.ts";
import {
  countRows,
  type Explained,
  type OutputFunction,
  outputFunction,
  spreadRows,
} from "../structure/output_function.ts";

/** The main effect of one input on one output. */
export interface MainEffect {
  /** Which input. */
  readonly input: number;
  /**
   * Positions, ascending, from the smallest to the largest value of the rows; of at most 12 different
   * values these.
   */
  readonly x: Float64Array;
  /** `f_i(x)`, centred: its mean over the rows is 0. */
  readonly value: Float64Array;
  /** Standard error of `value`: of the mean over the background rows. 0 where it is exact. */
  readonly error: Float64Array;
  /** A tenth of the rows have a lower curve; equal to `value` where it is exact. */
  readonly low: Float64Array;
  /** A tenth of the rows have a higher curve. */
  readonly high: Float64Array;
  /** Whether the input acts by itself in this network, so that its effect is the same at all rows. */
  readonly exact: boolean;
  /** Standard deviation of the effect over the rows. */
  readonly deviation: number;
}

/** The main effects on one output. */
export interface PartialEffects {
  /** Mean prediction over all rows given. */
  readonly mean: number;
  /** Standard deviation of the predictions over all rows given. */
  readonly deviation: number;
  /** One per input. */
  readonly effects: readonly MainEffect[];
  /**
   * Share of the variance of the predictions (at the background rows) that mean and main effects
   * account for: 1 for an additive network; it can be negative where inputs depend on each other.
   */
  readonly additiveShare: number;
  /** Rows that stand for the other inputs' values. */
  readonly background: number;
}

/** Options of {@linkcode partialEffects}. */
export interface PartialEffectsOptions {
  /** Most rows that stand for the other inputs' values. Default: 200, fewer of many inputs. */
  readonly background?: number | undefined;
  /** Positions of a curve. Default 41. */
  readonly points?: number | undefined;
}

/**
 * Computes the main effects `f_i(x_i) = mean_b f(x_i, x_b) - constant` of all inputs on all outputs.
 *
 * The average is over background rows `b`, evenly chosen among the rows given: other inputs keep
 * the values that occur. Its standard error is that of a mean of independent rows. Where an input
 * meets no other in the network ({@linkcode inputGroups}) its effect does not depend on the
 * background: it is exact, and so is the centring over all rows; of an additive network mean plus
 * effects are the prediction.
 *
 * @param explained A network, or several whose mean is meant.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options Sizes of the background and of the curves.
 * @returns One entry per output.
 * @throws {TypeError} If the inputs are not rows of the network.
 * @throws {RangeError} If a number is not finite or an option out of range.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { partialEffects } from "@freeknot/freeknot/interpret";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 1], firstLayer: "spline" }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * const [{ effects, additiveShare }] = partialEffects(network, inputs);
 * assertEquals(effects.map(({ exact }) => exact), [true, true]);
 * assertAlmostEquals(additiveShare, 1, 1e-12);
 * ```
 */
export function partialEffects(
  explained: Explained,
  inputs: Float64Array,
  options: PartialEffectsOptions = {},
): PartialEffects[] {
  const verb = "compute effects";
  checkOptions(verb, options, "background points");
  const model = outputFunction(verb, explained), { nIn, nOut } = model;
  countRows(verb, inputs, nIn);
  const points = options.points ?? 41;
  const most = options.background ?? defaultBackground(nIn);
  checkInteger(verb, "points", points, 2);
  checkInteger(verb, "background", most, 1);
  const rows = spreadRows(inputs, nIn, most);
  const alone = Array.from({ length: nOut }, (_, q) => {
    const groups = inputGroups(explained, q);
    return (input: number) => !groups.some((group) => group.length > 1 && group.includes(input));
  });
  const columns = Array.from(
    { length: nIn },
    (_, input) => inputEffects(model, { inputs, rows, points, input }, alone),
  );
  const outputs = model.evaluate(inputs), atRows = model.evaluate(rows);
  return Array.from({ length: nOut }, (_, q) => {
    const { mean, deviation } = moments(column(outputs, nOut, q));
    const left = column(atRows, nOut, q);
    const total = moments(left).deviation;
    for (const effects of columns) left.forEach((_, r) => left[r] -= effects[q].atRows[r]);
    const share = total > 0 ? 1 - (moments(left).deviation / total) ** 2 : 1;
    const effects = columns.map((each) => each[q].effect);
    return { mean, deviation, effects, additiveShare: share, background: rows.length / nIn };
  });
}

/** Rows whose squared number times the inputs is about two million. */
function defaultBackground(nIn: number): number {
  return Math.min(200, Math.max(50, Math.floor(Math.sqrt(2e6 / nIn))));
}

interface EffectRequest {
  /** All rows. */
  readonly inputs: Float64Array;
  /** The background rows. */
  readonly rows: Float64Array;
  readonly points: number;
  readonly input: number;
}

interface EffectOfOutput {
  readonly effect: MainEffect;
  /** The effect at the background rows. */
  readonly atRows: Float64Array;
}

/** The effects of one input on all outputs. */
function inputEffects(
  model: OutputFunction,
  request: EffectRequest,
  alone: readonly ((input: number) => boolean)[],
): EffectOfOutput[] {
  const { nIn, nOut } = model, { inputs, rows, input } = request;
  const values = column(inputs, nIn, input), ownValues = column(rows, nIn, input);
  const x = positions(values, request.points), points = x.length;
  const allAlone = alone.every((isAlone) => isAlone(input));
  const curves = allAlone ? undefined : rowCurves(model, rows, input, [...x, ...ownValues]);
  const first = rows.subarray(0, nIn);
  const single = rowCurves(model, first, input, [...x, ...ownValues]);
  const centres = alone.some((isAlone) => isAlone(input))
    ? rowCurves(model, first, input, values)
    : undefined;
  return alone.map((isAlone, q) => {
    if (isAlone(input)) {
      const { mean, deviation } = moments(column(centres!, nOut, q));
      const all = column(single, nOut, q).map((value) => value - mean);
      const value = all.slice(0, points);
      return {
        effect: {
          ...{ input, x, value, low: value, high: value, deviation },
          error: new Float64Array(points),
          exact: true,
        },
        atRows: all.slice(points),
      };
    }
    const { value, error, low, high } = average(curves!, nOut, q, points, ownValues.length);
    const atRows = value.slice(points);
    return {
      effect: {
        ...{ input, x, exact: false, deviation: moments(atRows).deviation },
        value: value.slice(0, points),
        ...{
          error: error.slice(0, points),
          low: low.slice(0, points),
          high: high.slice(0, points),
        },
      },
      atRows,
    };
  });
}

/** The outputs of every row with other values of one input, shape `[rows, values, nOut]`. */
function rowCurves(
  { nIn, nOut, evaluate }: OutputFunction,
  rows: Float64Array,
  input: number,
  values: ArrayLike<number>,
): Float64Array {
  const count = rows.length / nIn, points = values.length;
  const outputs = new Float64Array(count * points * nOut), block = new Float64Array(points * nIn);
  for (let b = 0; b < count; b++) {
    for (let k = 0; k < points; k++) {
      for (let p = 0; p < nIn; p++) block[k * nIn + p] = rows[b * nIn + p];
      block[k * nIn + input] = values[k];
    }
    outputs.set(evaluate(block), b * points * nOut);
  }
  return outputs;
}

/** The mean of centred curves, its standard error, and the curves' tenths. */
function average(
  curves: Float64Array,
  nOut: number,
  q: number,
  points: number,
  count: number,
) {
  const length = points + count; // positions, then the values of the rows
  const value = new Float64Array(length), error = new Float64Array(length);
  const low = new Float64Array(length), high = new Float64Array(length);
  const means = Array.from({ length: count }, (_, b) => {
    let sum = 0;
    for (let k = points; k < length; k++) sum += curves[(b * length + k) * nOut + q];
    return sum / count;
  });
  const at = new Float64Array(count);
  for (let k = 0; k < length; k++) {
    for (let b = 0; b < count; b++) at[b] = curves[(b * length + k) * nOut + q] - means[b];
    const { mean, deviation } = moments(at);
    value[k] = mean;
    error[k] = count > 1 ? deviation / Math.sqrt(count - 1) : 0;
    at.sort();
    low[k] = quantile(at, 0.1);
    high[k] = quantile(at, 0.9);
  }
  return { value, error, low, high };
}

/** Columns of so few different values are steps, not a scale. */
const MOST_STEPS = 12;

/** Evenly from the smallest to the largest value; the values themselves where they are few. */
function positions(values: Float64Array, points: number): Float64Array {
  const different = [...new Set(values)].sort((a, b) => a - b);
  if (different.length <= Math.min(points, MOST_STEPS)) return Float64Array.from(different);
  const low = different[0], high = different[different.length - 1];
  return Float64Array.from(
    { length: points },
    (_, i) => i === points - 1 ? high : low + (high - low) * i / (points - 1),
  );
}
