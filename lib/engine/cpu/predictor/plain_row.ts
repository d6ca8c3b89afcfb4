/**
 * The stages on one row in TypeScript: the plain twin of the kernel, faster for small networks.
 *
 * @module
 */

import { basisStride } from "../layer/coefficient_tables.ts";
import { ROW_STAGES } from "../wasm/abi.ts";
import { MAP_LENGTH, type RowSplines, type RowStage } from "./row_tables.ts";
import { exp, tanh } from "../../../numerics/inner.ts";

/** Runs a stage; false if it refuses an input. */
export type RunStage = () => boolean;

/** Makes the stage's code; its tables must be filled. */
export function createPlainStage(stage: RowStage): RunStage {
  const { record: { kind, nOut }, x: { values: x }, y: { values: y }, spline } = stage;
  if (spline) return kind === ROW_STAGES.ONE ? runOne(stage, spline) : runMany(stage, spline);
  if (kind === ROW_STAGES.LINEAR) return runLinear(stage);
  if (kind === ROW_STAGES.RELU) {
    return () => {
      for (let q = 0; q < nOut; q++) y[q] = Math.max(0, x[q]);
      return true;
    };
  }
  return () => {
    for (let q = 0; q < nOut; q++) y[q] = tanh(x[q]);
    return true;
  };
}

function runLinear({ record: { nIn, nOut }, x, y, table, stride, bias }: RowStage): RunStage {
  const input = x.values, output = y.values, rows = table.values;
  const start = bias?.values ?? new Float64Array(nOut);
  return () => {
    for (let q = 0; q < nOut; q++) {
      let sum = start[q];
      for (let p = 0, at = q; p < nIn; p++, at += stride) sum += input[p] * rows[at];
      output[q] = sum;
    }
    return true;
  };
}

/**
 * Finds the pieces of inputs; see layer/locator.ts. `locate(p)` gives the piece, counted over all
 * vectors, or -1 if the input is refused; `found` then holds the local coordinate and, with
 * a base branch, the input's silu: numbers that a call returns may be allocated.
 */
function createLocate({ record, x }: RowStage, spline: RowSplines) {
  const { vectors, pieces, buckets, refuses } = record, maps = spline.maps.values;
  const input = x.values, [a, b, perUnit] = spline.domain.values;
  const records = spline.records.values, places = spline.places.values, knots = spline.knots.values;
  const counts = new Int32Array(records.buffer, records.byteOffset, 2 * records.length);
  const found = new Float64Array(2);

  /** The interval where several knots lie in a bucket, by bisection. */
  function search(at: number, low: number, count: number, u: number): number {
    let high = low + count;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (u >= knots[at + middle]) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function locate(p: number): number {
    const map = MAP_LENGTH * p, value = input[p], vector = vectors === 1 ? 0 : p;
    let u = maps[map + 2] + (value - maps[map]) * maps[map + 1];
    let piece = 0;
    const outside = (u < a || u > b) && !(value >= maps[map + 3] && value <= maps[map + 4]);
    if (outside) {
      if (refuses) return -1;
      if (u > b) piece = pieces - 1;
    } else {
      u = u < a ? a : u > b ? b : u;
      const bucket = 2 * (vector * (buckets + 2) + ((u - a) * perUnit + 1 | 0));
      const low = counts[2 * bucket + 2], count = counts[2 * bucket + 3];
      piece = 1 +
        (count > 1
          ? search(vector * (pieces - 1), low, count, u)
          : low + (u >= records[bucket] ? 1 : 0));
    }
    const number = vector * pieces + piece;
    found[0] = (u - places[2 * number]) * places[2 * number + 1];
    if (spline.base) found[1] = u / (1 + exp(-u));
    return number;
  }

  return { locate, found };
}

function runOne(layer: RowStage, spline: RowSplines): RunStage {
  const { record: { nIn, degree, pieces }, y, table } = layer;
  const { locate, found } = createLocate(layer, spline);
  const rows = table.values, output = y.values, first = spline.first.values, size = degree + 1;
  const base = spline.base?.values, perNode = pieces * size;
  const cubic = degree === 3;
  return () => {
    let sum = 0;
    for (let p = 0; p < nIn; p++) {
      const piece = locate(p);
      if (piece < 0) return false;
      const w = found[0], at = p * perNode + first[piece];
      if (cubic) {
        sum += rows[at] + rows[at + 1] * w + (rows[at + 2] + rows[at + 3] * w) * (w * w);
      } else {
        let value = 0;
        for (let k = degree; k >= 0; k--) value = value * w + rows[at + k];
        sum += value;
      }
      if (base) sum += found[1] * base[2 * p];
    }
    output[0] = sum;
    return true;
  };
}

function runMany(layer: RowStage, spline: RowSplines): RunStage {
  const { record: { kind, nIn, nOut, degree, pieces, nodeStep }, y, table, stride } = layer;
  const { locate, found } = createLocate(layer, spline), size = degree + 1;
  const wide = basisStride(degree), perNode = nodeStep / 8, polynomials = spline.polynomials.values;
  const rows = table.values, output = y.values, first = spline.first.values;
  const base = spline.base?.values, factors = new Float64Array(size);

  /** Basis functions at the local coordinate. */
  function writeBasis(piece: number): void {
    const w = found[0], at = piece * size * wide;
    for (let i = 0; i < size; i++) {
      let value = 0;
      for (let k = degree, from = at + degree * wide + i; k >= 0; k--, from -= wide) {
        value = value * w + polynomials[from];
      }
      factors[i] = value;
    }
  }

  /** Powers of the local coordinate; of lines beyond the domain only two, which cannot overflow. */
  function writePowers(piece: number): void {
    const w = found[0], line = piece % pieces === 0 || piece % pieces === pieces - 1;
    let power = 1;
    for (let k = 0; k < size; k++) {
      factors[k] = power;
      power = line && k > 0 ? 0 : power * w;
    }
  }

  const functions = kind === ROW_STAGES.BASIS;
  return () => {
    output.fill(0);
    for (let p = 0; p < nIn; p++) {
      const piece = locate(p);
      if (piece < 0) return false;
      if (functions) writeBasis(piece);
      else writePowers(piece);
      let at = p * perNode + first[piece] * stride, i = 0;
      for (; i + 3 < size; i += 4, at += 4 * stride) {
        addFour(output, nOut, rows, at, stride, factors, i);
      }
      for (; i < size; i++, at += stride) {
        const factor = factors[i];
        for (let q = 0; q < nOut; q++) output[q] += factor * rows[at + q];
      }
      if (!base) continue;
      const value = found[1];
      for (let q = 0, from = p * stride; q < nOut; q++) output[q] += value * base[from + q];
    }
    return true;
  };
}

/** Adds four rows times factors. */
function addFour(
  output: Float64Array,
  nOut: number,
  rows: Float64Array,
  at: number,
  stride: number,
  factors: Float64Array,
  i: number,
): void {
  const f0 = factors[i], f1 = factors[i + 1], f2 = factors[i + 2], f3 = factors[i + 3];
  const at1 = at + stride, at2 = at1 + stride, at3 = at2 + stride;
  for (let q = 0; q < nOut; q++) {
    output[q] += f0 * rows[at + q] + f1 * rows[at1 + q] + f2 * rows[at2 + q] + f3 * rows[at3 + q];
  }
}
