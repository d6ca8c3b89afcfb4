/**
 * Networks as tables of integers, and the error that is proven for them.
 *
 * A number that enters a layer is a position: `low + unit * position`, 26 bits over the whole range
 * that can be reached, so that nothing is ever extrapolated. A layer of splines looks up, for every
 * input, the cell (the upper bits) and its two ends, and interpolates by the lower bits.
 *
 * The error of a position is carried from layer to layer: what enters times the largest slope of
 * the edge, plus what interpolation (`h^2 / 8` times the largest second derivative, `h / 4` times
 * kinks), rounded entries and shifts add.
 *
 * @module
 */

import { type EdgeBounds, edgeBounds, writeEdgeValues } from "../program/edges.ts";
import type { LinearStep, SplineStep } from "../program/program.ts";
import { log2, pow } from "../../numerics/inner.ts";

/** Bits of a raw column: 0 stands for its smallest value, `2^24` for its largest. */
export const COLUMN_BITS = 24;

/** Bits of a position inside the network. */
export const POSITION_BITS = 26;

/** Bits of an entry of a table. */
export type EntryBits = 16 | 32;

/** A number inside the network as an integer: `low + unit * position`, wrong by at most `error`. */
export interface NodeRange {
  readonly low: number;
  readonly unit: number;
  readonly error: number;
  /** The largest position. */
  readonly most: number;
}

/** A linear map of positions: `(sum_p factors[p][q] s_p + offsets[q]) >> shift`, not below 0. */
export interface LinearLayer {
  readonly kind: "linear";
  readonly nIn: number;
  readonly nOut: number;
  /** Shape `[nIn, nOut]`. */
  readonly factors: Int32Array;
  readonly offsets: readonly bigint[];
  readonly shift: number;
}

/**
 * A layer of tables: interpolated entries are summed in units of `2^-(positionBits - cellBits)`, the
 * sum loses `drop` bits, and `(sum factors[q] + offsets[q]) >> shifts[q]` is the position.
 */
export interface TableLayer {
  readonly kind: "tables";
  readonly nIn: number;
  readonly nOut: number;
  /** Upper bits of a position: cells are numbered by them. */
  readonly cellBits: number;
  /** Bits of the positions that enter. */
  readonly positionBits: number;
  readonly entryBits: EntryBits;
  /** Shape `[nIn, 2^cellBits + 1, nOut]`. */
  readonly table: Int32Array;
  readonly drop: number;
  readonly factors: readonly number[];
  readonly offsets: readonly bigint[];
  readonly shifts: readonly number[];
}

/** A layer of tables without its entries, and what comes out. */
export interface TablePlan {
  readonly layer: Omit<TableLayer, "table">;
  /** What an entry of 1 stands for, shape `[nOut]`. */
  readonly units: readonly number[];
  readonly outputs: readonly NodeRange[];
}

/** Floating-point rounding of bounds, far above it. */
const SAFE = 1 + 1e-9;

/** What a linear map makes of ranges, and the layer of integers. */
export function linearLayer(
  { nIn, nOut, weights, bias }: LinearStep,
  inputs: readonly NodeRange[],
): { readonly layer: LinearLayer; readonly outputs: NodeRange[] } {
  const lows = new Float64Array(nOut), highs = new Float64Array(nOut);
  const errors = new Float64Array(nOut);
  for (let q = 0; q < nOut; q++) {
    lows[q] = highs[q] = bias?.[q] ?? 0;
    for (let p = 0; p < nIn; p++) {
      const { low, unit, most, error } = inputs[p], weight = weights[p * nOut + q];
      const ends = [weight * low, weight * (low + unit * most)];
      lows[q] += Math.min(...ends);
      highs[q] += Math.max(...ends);
      errors[q] += Math.abs(weight) * error;
    }
  }
  const ranges = Array.from(lows, (low, q) => reached(low, highs[q], errors[q]));
  const slopes = Float64Array.from(weights, (weight, i) => {
    return weight * inputs[Math.floor(i / nOut)].unit / ranges[i % nOut].unit;
  });
  const largest = slopes.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300);
  const factorBits = Math.min(29, 60 - COLUMN_BITS - Math.ceil(log2(nIn + 1)));
  const shift = Math.max(0, Math.min(34, factorBits - Math.ceil(log2(largest))));
  const factors = Int32Array.from(slopes, (value) => Math.round(value * pow(2, shift)));
  const offsets = Array.from({ length: nOut }, (_, q) => {
    let start = (bias?.[q] ?? 0) - ranges[q].low;
    for (let p = 0; p < nIn; p++) start += weights[p * nOut + q] * inputs[p].low;
    return BigInt(Math.round((start / ranges[q].unit + 0.5) * pow(2, shift)));
  });
  const outputs = ranges.map((range, q) => {
    // rounded factors, half a unit of the shift, rounding of the offset, the last position
    const most = inputs.reduce((sum, input) => sum + input.most, 0);
    const positions = 0.5 * most / pow(2, shift) + 0.5 + pow(2, -shift) + 2 ** -20 + 1;
    return { ...range, error: SAFE * (errors[q] + range.unit * positions) };
  });
  return { layer: { kind: "linear", nIn, nOut, factors, offsets, shift }, outputs };
}

/** A range as positions, wide enough for the errors of what enters. */
function reached(low: number, high: number, error: number): NodeRange {
  const slack = error + 1e-9 * (Math.abs(low) + Math.abs(high)) + 1e-300;
  const most = pow(2, POSITION_BITS) - 1;
  return { low: low - slack, unit: (high - low + 2 * slack) / most, error, most };
}

/** What is known of the edges of a layer for the ranges of its inputs. */
export interface BoundedEdges {
  readonly step: SplineStep;
  readonly inputs: readonly NodeRange[];
  /** Bounds by `u`, shape `[nIn][nOut]`. */
  readonly bounds: readonly (readonly EdgeBounds[])[];
  /** Where the ranges begin and end, in `u`, shape `[nIn]`. */
  readonly ends: readonly Ends[];
  /** Where the bounds hold, shape `[nIn]`: a little further. */
  readonly bounded: readonly Ends[];
}

type Ends = readonly [number, number];

/** By how much bounds reach further than the ranges, so that they hold for others, too. */
const FURTHER = 0.01;

/** Bounds all edges of a layer; takes those of other ranges if they hold and are not much wider. */
export function boundEdges(
  step: SplineStep,
  inputs: readonly NodeRange[],
  others: BoundedEdges | undefined,
): BoundedEdges {
  const { maps, nOut } = step;
  const ends = inputs.map(({ low, unit, most }, p): Ends => {
    const [from, scale, origin] = maps.subarray(3 * p, 3 * p + 3);
    const [a, b] = [low, low + unit * (most + 1)].map((x) => (x - from) * scale + origin);
    return a <= b ? [a, b] : [b, a];
  });
  const hold = others?.bounded.every(([low, high], p) => {
    const [a, b] = ends[p];
    return low <= a && b <= high && high - low <= (1 + 5 * FURTHER) * (b - a);
  });
  if (others && hold) return { ...others, inputs, ends };
  const bounded = ends.map(([a, b]): Ends => [a - FURTHER * (b - a), b + FURTHER * (b - a)]);
  const bounds = bounded.map(([a, b], p) =>
    Array.from({ length: nOut }, (_, q) => edgeBounds(step, p, q, a, b))
  );
  return { step, inputs, bounds, ends, bounded };
}

/** How far a line between the ends of a cell of length `h` may lie from the edge. */
function interpolationError({ second, kinks }: EdgeBounds, from: number, h: number): number {
  const cells = new Map<number, number>();
  let worst = 0;
  for (const [at, jump] of kinks) {
    const cell = Math.floor((at - from) / h), sum = (cells.get(cell) ?? 0) + jump;
    cells.set(cell, sum);
    worst = Math.max(worst, sum);
  }
  return second * h * h / 8 + worst * h / 4;
}

/**
 * Lays out a layer of tables and proves its error.
 *
 * @param common Whether all outputs have one unit: logits, which are compared.
 */
export function planTableLayer(
  edges: BoundedEdges,
  cellBits: number,
  positionBits: number,
  entryBits: EntryBits,
  common: boolean,
): TablePlan {
  const { step: { nIn, nOut }, bounds } = edges, fraction = positionBits - cellBits;
  const units = Array.from({ length: nOut }, (_, q) => {
    const sizes = bounds.map((each) => Math.max(Math.abs(each[q].low), Math.abs(each[q].high)));
    return Math.max(1e-300, ...sizes) / (pow(2, entryBits - 1) - 2);
  });
  const errors = units.map((unit, q) =>
    SAFE * (enteringErrors(edges, cellBits, q) + nIn * unit / 2)
  );
  const total = (q: number, end: "low" | "high") =>
    bounds.reduce((sum, each) => sum + each[q][end], 0);
  let ranges = errors.map((error, q) => reached(total(q, "low"), total(q, "high"), error));
  if (common) {
    const low = Math.min(...ranges.map((range) => range.low));
    const high = Math.max(...ranges.map((range) => range.low + range.unit * range.most));
    ranges = ranges.map((range) => ({ ...range, ...reached(low, high, 0), error: range.error }));
  }
  const sumBits = entryBits - 1 + fraction + Math.ceil(log2(nIn + 1));
  const drop = Math.max(0, sumBits - 40);
  const factors: number[] = [], offsets: bigint[] = [], shifts: number[] = [];
  const outputs = ranges.map((range, q): NodeRange => {
    const { low, unit, most } = range, ratio = units[q] * pow(2, drop - fraction) / unit;
    const largest = Math.max(...(["low", "high"] as const).map((end) => Math.abs(total(q, end))));
    const positions = (largest + Math.abs(low)) / unit + most;
    const shift = Math.max(
      0,
      Math.min(22 - Math.ceil(log2(ratio)), 61 - Math.ceil(log2(positions)), 61),
    );
    factors.push(Math.round(ratio * pow(2, shift)));
    offsets.push(BigInt(Math.round((0.5 - low / unit) * pow(2, shift))));
    shifts.push(shift);
    // the rounded factor, the dropped bits, half a unit of the shift, the offset, the last position
    const rounding = 0.5 / pow(2, shift) * (largest / unit / ratio + 1) + ratio + 0.5 +
      pow(2, -shift) +
      1;
    const digits = 2 ** -50 * positions; // of the offset as a float64
    return { ...range, error: SAFE * (errors[q] + unit * (rounding + digits)) };
  });
  const shape = { kind: "tables", nIn, nOut, cellBits, positionBits, entryBits } as const;
  return { layer: { ...shape, drop, factors, offsets, shifts }, units, outputs };
}

/** What errors of the inputs, and interpolation, make of one output. */
function enteringErrors(
  { step: { maps }, inputs, bounds, ends }: BoundedEdges,
  bits: number,
  q: number,
) {
  let error = 0;
  inputs.forEach((input, p) => {
    const [a, b] = ends[p], edge = bounds[p][q];
    error += edge.slope * Math.abs(maps[3 * p + 1]) * input.error;
    if (b > a) error += interpolationError(edge, a, (b - a) / pow(2, bits));
  });
  return error;
}

/** Fills the table of a layer. */
export function fillTable({ step, ends }: BoundedEdges, { layer, units }: TablePlan): TableLayer {
  const { nIn, nOut, maps } = step, cells = pow(2, layer.cellBits);
  const table = new Int32Array(nIn * (cells + 1) * nOut), values = new Float64Array(nOut);
  for (let p = 0; p < nIn; p++) {
    const [a, b] = ends[p], falls = maps[3 * p + 1] < 0;
    for (let cell = 0; cell <= cells; cell++) {
      const share = cell / cells * (b - a), u = falls ? b - share : a + share;
      writeEdgeValues(step, p, u, values);
      for (let q = 0; q < nOut; q++) {
        table[(p * (cells + 1) + cell) * nOut + q] = Math.round(values[q] / units[q]);
      }
    }
  }
  return { ...layer, table };
}
