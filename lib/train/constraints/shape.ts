/**
 * Free numbers in place of constrained parameters, so that any optimizer can move them.
 *
 * Steps that must not be negative are `s log(1 + exp(x / s))` of a free `x`, parameters are sums of
 * steps: `p = R(L e(x))` with `e` on every number by itself, `L` the sums along chains, which free
 * knots stretch, and `R` the map of the last layer into the range of the outputs. `s` is the mean size of the steps, so that
 * most of them are nearly `x` itself.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { type Bound, boundParameters, type RisingChain } from "./chains.ts";
import type { Constraints } from "./constraints.ts";
import {
  gather,
  type SpanTable,
  spanTable,
  sumUp,
  sumUpChange,
  takeApart,
} from "./moving_spans.ts";
import { intoRange, rangePullBack, rangePush } from "./range.ts";
import { exp, expm1, log, log1p } from "../../numerics/inner.ts";

/** The least step of a convex spline's slopes, and the least that is encoded, in units of `s`. */
const LEAST_BEND = 1e-7, LEAST_STEP = 1e-9;

/** The map from free numbers to parameters. */
export interface ConstraintMap {
  /** The map at some free numbers. */
  at(free: Float64Array): ConstraintPoint;
  /** Free numbers of parameters; where these break the constraints, of some near them. */
  encode(parameters: Float64Array): Float64Array;
}

/** The map from free numbers to parameters, and its derivatives, at a point. */
export interface ConstraintPoint {
  /** The parameters. */
  readonly parameters: Float64Array;
  /** Turns a gradient by the parameters into one by the free numbers, in place where as many. */
  pullBack(gradient: Float64Array): Float64Array;
  /** How parameters change as free numbers move along a vector; a new array. */
  push(vector: Float64Array): Float64Array;
  /**
   * The second derivative of the parameters along a vector, but for those of the range and of knots; a
   * new array.
   */
  bend(vector: Float64Array): Float64Array;
}

/** How a number becomes a step: free where the scale is 0. */
interface Steps {
  readonly scales: Float64Array;
  readonly signs: Float64Array;
  readonly least: Float64Array;
}

/** Makes the map for a network; scales come from its parameters. */
export function createShape(network: Network, constraints: Constraints): ConstraintMap {
  const bound = boundParameters(network, constraints);
  const steps = stepsOf(network.parameters, bound), { scales, signs, least } = steps;
  return {
    at: (free) => shapePoint(free, bound, steps),
    encode(parameters) {
      const free = parameters.slice(), table = spanTable(parameters);
      if (bound.last) intoRange(bound.last, free);
      for (const chain of bound.chains) mend(chain, free, scales, table);
      return free.map((x, i) => {
        if (!(scales[i] > 0)) return x;
        const step = signs[i] * x < 0 ? -signs[i] * x : signs[i] * x;
        return inverse(Math.max(step - least[i], LEAST_STEP * scales[i]), scales[i]);
      });
    },
  };
}

function shapePoint(
  free: Float64Array,
  { chains, last }: Bound,
  { scales, signs, least }: Steps,
): ConstraintPoint {
  const shares = free.map((x, i) => scales[i] > 0 ? logistic(x / scales[i]) : 1);
  const table = spanTable(free); // logits are free numbers as they are
  const steps = free.map((x, i) =>
    scales[i] > 0 ? signs[i] * (softplus(x, scales[i]) + least[i]) : x
  );
  const sums = steps.slice();
  for (const chain of chains) sumUp(chain, sums, table);
  const parameters = sums.slice();
  if (last) intoRange(last, parameters);
  return {
    parameters,
    pullBack(gradient) {
      if (last) rangePullBack(last, sums, gradient);
      for (const chain of chains) gather(chain, gradient, table, steps);
      for (let i = 0; i < gradient.length; i++) gradient[i] *= signs[i] * shares[i];
      return gradient;
    },
    push(vector) {
      const out = vector.map((v, i) => v * signs[i] * shares[i]);
      for (const chain of chains) sumUpChange(chain, out, table, steps, vector);
      if (last) rangePush(last, sums, out);
      return out;
    },
    bend(vector) {
      const out = vector.map((v, i) =>
        scales[i] > 0 ? signs[i] * shares[i] * (1 - shares[i]) / scales[i] * v * v : 0
      );
      for (const chain of chains) sumUp(chain, out, table);
      return out;
    },
  };
}

/** `s log(1 + exp(x / s))`. */
function softplus(x: number, s: number): number {
  const z = x / s;
  return z > 30 ? x : s * log1p(exp(z));
}

function logistic(z: number): number {
  return 1 / (1 + exp(-z));
}

/** The `x` of a step. */
function inverse(step: number, s: number): number {
  const z = step / s;
  return z > 30 ? step : s * log(expm1(z));
}

/** The scale of every step that must not be negative: the mean step of its kind. */
function stepsOf(parameters: Float64Array, { chains, signs: weights }: Bound): Steps {
  const n = parameters.length;
  const scales = new Float64Array(n), least = new Float64Array(n);
  const signs = new Float64Array(n).fill(1);
  const steps = parameters.slice(), table = spanTable(parameters);
  for (const chain of chains) takeApart(chain, steps, table);
  const groups = new Map<string, number[]>();
  const into = (key: string, i: number) => {
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  };
  for (const [i, sign] of weights) {
    into("weights", i);
    signs[i] = sign;
  }
  for (const { at, step, count, spans, rising, sign } of chains) {
    if (spans && rising) into("slopes", at + step);
    for (let k = spans ? 2 : 1; k < count; k++) into(spans ? "bends" : "steps", at + k * step);
    for (let k = spans && !rising ? 2 : 1; k < count; k++) signs[at + k * step] = sign;
  }
  for (const [key, group] of groups) {
    const mean = group.reduce((sum, i) => sum + Math.abs(steps[i]), 0) / group.length;
    for (const i of group) {
      scales[i] = Math.max(mean, 1e-6);
      if (key === "bends") least[i] = LEAST_BEND * scales[i];
    }
  }
  return { scales, signs, least };
}

/** What becomes of a slope that falls and should rise, in units of the scale. */
const MENDED_BEND = 0.1;

/** A step below this share of the scale is no rounding. */
const FALLS = -1e-6;

/**
 * Turns coefficients into steps, in place, and steps that fall into ones that rise. A chain that is
 * changed so keeps the range of its coefficients.
 */
function mend(
  chain: RisingChain,
  values: Float64Array,
  scales: Float64Array,
  table: SpanTable,
): void {
  const { at, step, count, spans, rising, sign } = chain;
  const [low, high] = chainRange(chain, values);
  takeApart(chain, values, table);
  let changed = false;
  for (let k = 1, i = at + step; k < count; k++, i += step) {
    if (spans && k === 1 && !rising) continue;
    const rise = sign * values[i];
    if (rise < FALLS * scales[i]) {
      changed = true;
      values[i] = spans && k > 1 ? sign * MENDED_BEND * scales[i] : -values[i];
    } else values[i] = sign * Math.max(0, rise);
  }
  if (!changed) return;
  const risen = values.slice();
  sumUp(chain, risen, table);
  const [from, to] = chainRange(chain, risen), factor = to > from ? (high - low) / (to - from) : 1;
  for (let k = 1, i = at + step; k < count; k++, i += step) values[i] *= factor;
  values[at] = low + factor * (values[at] - from);
}

/** The least and the largest coefficient of a chain. */
function chainRange(
  { at, step, count }: RisingChain,
  values: Float64Array,
): readonly [number, number] {
  let low = values[at], high = low;
  for (let k = 1, i = at + step; k < count; k++, i += step) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}
