/**
 * Functions between the maps of MLPs, with what a proof needs of them.
 *
 * @module
 */

import { erf, exp, log1p, tanh } from "../../numerics/inner.ts";
import type { ChainFunction } from "./mlp_chain.ts";

/** A function of one number on the whole line. */
export interface ProvenFunction {
  readonly value: (x: number) => number;
  /** Its second derivative; of ReLU beside its kink. */
  readonly second: (x: number) => number;
  /** The size of its slope is no larger. */
  readonly slope: number;
  /** The size of its third derivative is no larger. */
  readonly third: number;
  /** Where it is least, and by how much; it falls before and rises behind. Absent: it rises. */
  readonly least?: readonly [at: number, value: number];
}

const sigmoid = (x: number) => 1 / (1 + exp(-x));
const density = (x: number) => exp(-x * x / 2) / Math.sqrt(2 * Math.PI);

/**
 * Bounds of derivatives: with `s = sigmoid`, `s' = s (1 - s)`, `|s''| <= 1 / (6 sqrt 3)`, `|s'''| <=
 * 1 / 8`; of `x s` the third is `3 s'' + x s'''` with `|x s'''| <= |x| exp(-|x|) <= 1 / e`; of
 * `x Phi(x)` it is `(x^3 - 4 x) phi(x)`, at most 0.78; of tanh `-2 (1 - t^2) (1 - 3 t^2)`.
 */
export const SMOOTH_FUNCTIONS: Readonly<Record<ChainFunction, ProvenFunction>> = {
  relu: { value: (x) => Math.max(0, x), second: () => 0, slope: 1, third: 0 },
  tanh: {
    value: tanh,
    second: (x) => -2 * tanh(x) * (1 - tanh(x) ** 2),
    slope: 1,
    third: 2,
  },
  sigmoid: {
    value: sigmoid,
    second: (x) => sigmoid(x) * sigmoid(-x) * (1 - 2 * sigmoid(x)),
    slope: 0.25,
    third: 0.125,
  },
  softplus: {
    value: (x) => Math.max(0, x) + log1p(exp(-Math.abs(x))),
    second: (x) => sigmoid(x) * sigmoid(-x),
    slope: 1,
    third: 0.0963,
  },
  silu: {
    value: (x) => x * sigmoid(x),
    second: (x) => {
      const s = sigmoid(x), first = s * sigmoid(-x);
      return 2 * first + x * first * (1 - 2 * s);
    },
    slope: 1.1,
    third: 0.66,
    least: [-1.2784645427610738, -0.2784645427610739],
  },
  gelu: {
    value: (x) => x / 2 * (1 + erf(x / Math.SQRT2)),
    second: (x) => density(x) * (2 - x * x),
    slope: 1.13,
    third: 0.78,
    least: [-0.7517915246935645, -0.16997120747990369],
  },
};

/** The smallest and largest value on an interval. */
export function functionRange(
  { value, least }: ProvenFunction,
  low: number,
  high: number,
): [number, number] {
  const ends = [value(low), value(high)];
  if (least && low < least[0] && least[0] < high) ends.push(least[1]);
  return [Math.min(...ends), Math.max(...ends)];
}
