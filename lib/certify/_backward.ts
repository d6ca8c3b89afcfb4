/**
 * Upper bounds of an output by lines, from the output back to the inputs: a layer's remainders are
 * weighed by what they lead to, and a first layer of splines is added up as it is, node by node,
 * before it is bounded (H. Zhang et al., Efficient Neural Network Robustness Certification with
 * General Activation Functions, 2018, without the last step).
 *
 * @module
 */

import { blockValues, type NodeMap, type NodeStage, type Stage } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";
import { restrictPiece } from "./_bernstein.ts";
import type { NodeEdges } from "./_edges.ts";
import type { Forms } from "./_forms.ts";
import type { NoisyEdges } from "./_noise.ts";
import { SMALL, ULP } from "./_rounding.ts";
import { boundSmooth, emptyBound, SILU } from "./_smooth.ts";

/** Lines beside the edges of a stage on a box: `phi(u) in slope u + [low, high]`. */
export interface StageLines {
  /** Shape `[nIn, nOut]`; of functions of nodes `[nIn]`. */
  readonly slopes: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Positions in the domain, and how far they may be off, shape `[nIn]`. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly lapse: Float64Array;
}

/** A stage of a network, or the sigmoid behind it. */
export type CertifiedStage = Stage | NodeStage<"sigmoid">;

/** Makes room for the lines of a stage. */
export function makeLines({ kind, nIn, nOut }: CertifiedStage): StageLines {
  const make = (count: number) => new Float64Array(count);
  const edges = kind === "linear" ? 0 : kind === "spline" ? nIn * nOut : nIn;
  return {
    ...{ slopes: make(edges), low: make(edges), high: make(edges) },
    ...{ from: make(nIn), to: make(nIn), lapse: make(nIn) },
  };
}

/** A stage, its lines and its nodes. */
export interface BackwardStage {
  readonly stage: CertifiedStage;
  readonly lines: StageLines;
  readonly layer: NoisyEdges | undefined;
  /** What enters the stage. */
  readonly values: Forms;
}

/** The weights of a layer's nodes in a bound: with signs, and as sizes, which errors grow with. */
interface Weights {
  readonly signed: Float64Array;
  readonly sizes: Float64Array;
}

/** What a bound has gathered: a number, and the size of all terms, which its rounding is a share of. */
interface Gathered {
  sum: number;
  size: number;
  error: number;
}

/** An upper bound of `sign * output`, of the exact function, by the lines of the latest enclosure. */
export function upperByLines(
  network: Network,
  stages: readonly BackwardStage[],
  output: number,
  sign: number,
): number {
  const nOut = stages[stages.length - 1].stage.nOut,
    total: Gathered = { sum: 0, size: 0, error: 0 };
  let weights: Weights = { signed: new Float64Array(nOut), sizes: new Float64Array(nOut) };
  weights.signed[output] = sign;
  weights.sizes[output] = 1;
  let widths = 8;
  for (let k = stages.length - 1; k >= 0; k--) {
    const { stage, lines, layer, values } = stages[k];
    widths += stage.nIn + stage.nOut + 8;
    if (stage.kind === "spline" && k === 0) {
      layer!.edges.forEach((edges, p) => {
        addNode(edges, weights, lines.from[p], lines.to[p], total);
      });
      weights = { signed: new Float64Array(0), sizes: new Float64Array(0) };
    } else if (stage.kind === "spline") {
      weights = throughSplines(lines, layer!.maps, values, weights, total);
    } else if (stage.kind === "linear") weights = throughWeights(network, stage, weights, total);
    else weights = throughNodes(lines, weights, total);
  }
  const { values } = stages[0];
  weights.signed.forEach((w, p) => {
    const end = w > 0 ? values.high[p] : values.low[p];
    total.sum += w === 0 ? 0 : w * end;
    total.size += weights.sizes[p] * Math.max(Math.abs(values.low[p]), Math.abs(values.high[p]));
  });
  return total.sum + total.error + 4 * widths * (ULP * (total.size + total.error) + SMALL);
}

function throughWeights(
  network: Network,
  { name, nIn, nOut }: Stage & { readonly kind: "linear" },
  { signed, sizes }: Weights,
  total: Gathered,
): Weights {
  const w = blockValues(network, `${name}.weights`), b = blockValues(network, `${name}.bias`);
  const next = { signed: new Float64Array(nIn), sizes: new Float64Array(nIn) };
  for (let q = 0; q < nOut; q++) {
    if (b.length > 0) {
      total.sum += signed[q] * b[q];
      total.size += sizes[q] * Math.abs(b[q]);
    }
    for (let p = 0; p < nIn; p++) {
      next.signed[p] += signed[q] * w[p * nOut + q];
      next.sizes[p] += sizes[q] * Math.abs(w[p * nOut + q]);
    }
  }
  return next;
}

function throughNodes(
  { slopes, low, high }: StageLines,
  { signed, sizes }: Weights,
  total: Gathered,
): Weights {
  const next = { signed: new Float64Array(slopes.length), sizes: new Float64Array(slopes.length) };
  slopes.forEach((slope, p) => {
    addRemainder(signed[p], sizes[p], low[p], high[p], total);
    next.signed[p] = signed[p] * slope;
    next.sizes[p] = sizes[p] * Math.abs(slope);
  });
  return next;
}

function addRemainder(w: number, size: number, low: number, high: number, total: Gathered): void {
  total.sum += w === 0 ? 0 : w > 0 ? w * high : w * low;
  total.size += size === 0 ? 0 : size * Math.max(Math.abs(low), Math.abs(high));
}

function throughSplines(
  { slopes, low, high, lapse }: StageLines,
  maps: readonly NodeMap[],
  values: Forms,
  { signed, sizes }: Weights,
  total: Gathered,
): Weights {
  const nIn = maps.length, nOut = signed.length;
  const next = { signed: new Float64Array(nIn), sizes: new Float64Array(nIn) };
  for (let p = 0; p < nIn; p++) {
    let w = 0, size = 0;
    for (let q = 0; q < nOut; q++) {
      const edge = p * nOut + q;
      addRemainder(signed[q], sizes[q], low[edge], high[edge], total);
      w += signed[q] * slopes[edge];
      size += sizes[q] * Math.abs(slopes[edge]);
    }
    const { origin, from, scale } = maps[p];
    total.sum += w * (origin - from * scale);
    const reach = Math.max(Math.abs(values.low[p]), Math.abs(values.high[p]));
    total.size += size * (Math.abs(origin) + (Math.abs(from) + reach) * scale);
    total.error += size * lapse[p];
    next.signed[p] = w * scale;
    next.sizes[p] = size * scale;
  }
  return next;
}

const coefficients = new Float64Array(8), part = new Float64Array(8), silu = emptyBound();

/**
 * Adds the largest value of `sum_q w_q phi_q(u)`, `u` in `[l, h]`, of all edges that leave a node: one
 * spline on the node's knots.
 */
function addNode(
  edges: NodeEdges,
  { signed, sizes }: Weights,
  l: number,
  h: number,
  total: Gathered,
): void {
  const { pieces: { breaks, orders }, nOut, base } = edges, [table] = orders, { degree } = table;
  const last = breaks.length - 2;
  let tilt = 0, largest = -Infinity, size = 0, error = 0; // tilt: the slope of the base branch's line
  if (base) {
    let w = 0, weight = 0;
    for (let q = 0; q < nOut; q++) {
      w += signed[q] * base[q];
      weight += sizes[q] * Math.abs(base[q]);
    }
    boundSmooth(SILU, 0, l, h, silu);
    tilt = w * silu.slope;
    addRemainder(w, weight, silu.low, silu.high, total);
    size += weight * Math.abs(silu.slope) * (Math.abs(l) + Math.abs(h));
  }
  for (let k = 0; k <= last; k++) {
    if ((breaks[k + 1] < l && k < last) || (breaks[k] > h && k > 0)) continue;
    coefficients.fill(0);
    let sizeHere = 0, errorHere = 0;
    for (let q = 0; q < nOut; q++) {
      const cell = k * nOut + q;
      errorHere += sizes[q] * table.errors[cell];
      for (let j = 0; j <= degree; j++) {
        const c = table.coefficients[cell * (degree + 1) + j];
        coefficients[j] += signed[q] * c;
        sizeHere += sizes[q] * Math.abs(c);
      }
    }
    size = Math.max(size, sizeHere);
    error = Math.max(error, errorHere);
    const left = breaks[k], right = breaks[k + 1], width = right - left;
    if (k === 0 && l < left) {
      largest = Math.max(
        largest,
        outside(edges, signed, sizes, 0, l, Math.min(h, left), tilt, total),
      );
    }
    if (k === last && h > right) {
      largest = Math.max(
        largest,
        outside(edges, signed, sizes, k, Math.max(l, right), h, tilt, total),
      );
    }
    if (l > right || h < left) continue;
    const xa = Math.max(l, left), xb = Math.min(h, right);
    restrictPiece(
      ...[coefficients, 0, degree] as const,
      ...[xa === left ? 0 : (xa - left) / width, xb === right ? 1 : (xb - left) / width] as const,
      part,
    );
    const step = (xb - xa) / degree;
    for (let j = 0; j <= degree; j++) {
      largest = Math.max(largest, part[j] + tilt * (xa + step * j));
    }
  }
  total.sum += largest;
  total.size += 32 * (degree + 1) * size;
  total.error += error;
}

/** The larger end of the line, or the constant, beyond a piece at an end of the domain. */
function outside(
  { pieces: { breaks, orders: [values, slopes] }, nOut, extrapolation }: NodeEdges,
  signed: Float64Array,
  sizes: Float64Array,
  piece: number,
  xa: number,
  xb: number,
  tilt: number,
  total: Gathered,
): number {
  const before = xb <= breaks[0], e = before ? breaks[0] : breaks[piece + 1];
  const width = breaks[piece + 1] - breaks[piece];
  const reach = Math.max(Math.abs(xa - e), Math.abs(xb - e));
  let value = 0, slope = 0, error = 0;
  for (let q = 0; q < nOut; q++) {
    const cell = piece * nOut + q;
    const y = values.coefficients[cell * (values.degree + 1) + (before ? 0 : values.degree)];
    value += signed[q] * y;
    total.size += sizes[q] * Math.abs(y);
    if (extrapolation !== "linear") continue;
    const s = slopes.coefficients[cell * (slopes.degree + 1) + (before ? 0 : slopes.degree)];
    slope += signed[q] * s;
    total.size += sizes[q] * Math.abs(s) * reach;
    error += sizes[q] * (slopes.errors[cell] + 8 * values.errors[cell] / width) * reach;
  }
  total.error += error;
  const at = (x: number) => value + slope * (x - e) + tilt * x;
  return Math.max(at(xa), at(xb));
}
