/**
 * Signs and roots of a ReLU network along a line in exact arithmetic: all numbers are integers times
 * a power of 2, one power per layer.
 *
 * @module
 */

import type { ReluLayer } from "../relu_network.ts";

/** A quotient, `denominator > 0`. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Affine functions `(alpha + beta t) 2^scale` of the position on the line. */
export interface ExactValues {
  readonly alpha: readonly bigint[];
  readonly beta: readonly bigint[];
}

/** Matrix and bias of a layer as integers times `2^exponent`. */
interface IntegerLayer {
  readonly values: readonly bigint[];
  readonly bias: readonly bigint[];
  readonly exponent: number;
}

/** The layers of a network in exact arithmetic, along the line from one point to another. */
export interface ExactLine {
  /**
   * The units before the activation of a layer, where `active` says of every layer before which
   * units pass on their value (absent: all).
   */
  values(layer: number, active: readonly (Uint8Array | undefined)[]): ExactValues;
}

/** Makes the exact layers; each is converted when it is first asked for. */
export function exactLine(
  layers: readonly ReluLayer[],
  from: Readonly<Float64Array>,
  to: Readonly<Float64Array>,
): ExactLine {
  const converted: IntegerLayer[] = [];
  const [ends, startScale] = integers([...from, ...to]);
  const start = {
    alpha: ends.slice(0, from.length),
    beta: ends.slice(from.length).map((end, p) => end - ends[p]),
  };
  return {
    values(layer, active) {
      let values: ExactValues = start, scale = startScale;
      for (let l = 0; l <= layer; l++) {
        converted[l] ??= integerLayer(layers[l]);
        values = product(layers[l], converted[l], values, l > 0 ? active[l - 1] : undefined, scale);
        scale += converted[l].exponent;
      }
      return values;
    },
  };
}

function product(
  { nOut, starts, columns }: ReluLayer,
  { values, bias }: IntegerLayer,
  { alpha, beta }: ExactValues,
  active: Uint8Array | undefined,
  scale: number,
): ExactValues {
  const nextAlpha: bigint[] = [], nextBeta: bigint[] = [], shift = BigInt(-scale);
  for (let q = 0; q < nOut; q++) {
    let a = bias[q] << shift, b = 0n;
    for (let k = starts[q]; k < starts[q + 1]; k++) {
      const p = columns[k];
      if (active !== undefined && active[p] === 0) continue;
      a += values[k] * alpha[p];
      b += values[k] * beta[p];
    }
    nextAlpha.push(a);
    nextBeta.push(b);
  }
  return { alpha: nextAlpha, beta: nextBeta };
}

function integerLayer({ values, bias }: ReluLayer): IntegerLayer {
  const [all, exponent] = integers([...values, ...bias]);
  return { values: all.slice(0, values.length), bias: all.slice(values.length), exponent };
}

/** Numbers as integers times `2^exponent`, the exponent at most 0. */
function integers(numbers: readonly number[]): [bigint[], number] {
  const parts = numbers.map(mantissa);
  let exponent = 0;
  for (const [m, e] of parts) if (m !== 0n && e < exponent) exponent = e;
  return [parts.map(([m, e]) => m === 0n ? 0n : m << BigInt(e - exponent)), exponent];
}

const VIEW = new DataView(new ArrayBuffer(8));

/** `x = m 2^e`, the mantissa `m` odd or 0. */
function mantissa(x: number): [bigint, number] {
  if (x === 0) return [0n, 0];
  VIEW.setFloat64(0, x);
  const bits = VIEW.getBigUint64(0), field = Number((bits >> 52n) & 0x7ffn);
  let m = bits & 0xfffffffffffffn, e = -1074;
  if (field > 0) {
    m |= 1n << 52n;
    e = field - 1075;
  }
  while ((m & 1n) === 0n) {
    m >>= 1n;
    e++;
  }
  return [x < 0 ? -m : m, e];
}

/** The root of `alpha + beta t`; `beta` is not 0. */
export function rootOf(alpha: bigint, beta: bigint): Ratio {
  return beta > 0n
    ? { numerator: -alpha, denominator: beta }
    : { numerator: alpha, denominator: -beta };
}

/** The sign of `alpha + beta t`. */
export function signAt(alpha: bigint, beta: bigint, { numerator, denominator }: Ratio): number {
  const value = alpha * denominator + beta * numerator;
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}

/** Below 0 if `a < b`, 0 if they are equal. */
export function compareRatios(a: Ratio, b: Ratio): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
