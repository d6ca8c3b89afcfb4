/**
 * Normalisation of a whole batch, and its adjoint through the statistics.
 *
 * Min-max: `u = a + (x - lo) s`, `s = (b - a) / (hi - lo)`; with `v = (x - lo) / (hi - lo)`
 * `d u / d lo = -s (1 - v)` and `d u / d hi = -s v`, and `lo`, `hi` are values of the arg-min and
 * arg-max rows (ties: the lowest row). Batch normalisation:
 * `xBar = inv (uBar - mean(uBar) - u mean(uBar u))`.
 *
 * @module
 */

import { BATCH_NORM_EPSILON, CONSTANT_RANGE, type SplineStage } from "../../../model/inner.ts";
import type { NormalisationStatistics } from "../../../model/mod.ts";
import { call, FIRST_ROW, type Phase } from "../wasm/kernel_calls.ts";
import type { Reals } from "../wasm/memory.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import type { RowArray } from "../wasm/row_array.ts";

/** Something that needs all rows: a phase, then a conclusion. */
export interface ConcludedPhase {
  readonly phase: Phase;
  readonly conclude: () => void;
}

/** The normalisation of one layer over one batch. */
export interface BatchNormaliser {
  /** Addresses of the numbers of a node's map: `u = origin + (x - from) scale`; scale 0 where constant. */
  readonly from: number;
  readonly scale: number;
  readonly origin: number;
  /** Whether every row lies in the domain by construction. */
  readonly covers: boolean;
  /** Measures the input; none where statistics do not depend on it. */
  readonly measure: readonly ConcludedPhase[];
  /** Turns the gradient by `u` into the gradient by `x`, in place. */
  pull(bar: RowArray<Reals>): readonly ConcludedPhase[];
  /** A copy of the statistics measured last. */
  statistics(): NormalisationStatistics;
  /** By min-max: of every node the numbers of the rows with its minimum and maximum; -1: none. */
  readonly extremeRows?: Int32Array;
}

/** Creates the normaliser of a stage with input `x`. */
export function createNormaliser(
  stage: SplineStage,
  work: Workspace,
  x: RowArray<Reals>,
): BatchNormaliser {
  const { arena } = work;
  switch (stage.normalisation) {
    case "minmax":
      return minmax(stage, work, x);
    case "batchnorm":
      return batchnorm(stage, work, x);
    case "none":
      return {
        from: arena.float64(stage.nIn).at,
        scale: arena.float64(stage.nIn, (values) => values.fill(1)).at,
        origin: arena.float64(stage.nIn).at,
        covers: false,
        measure: [],
        pull: () => [],
        statistics: () => ({ kind: "none" }),
      };
  }
}

/** Minimum and maximum of the columns of x, and the lowest rows that have them. */
function createExtremes(nIn: number, { arena, blocks, pages }: Workspace, x: RowArray<Reals>) {
  const minimum = arena.float64(nIn), maximum = arena.float64(nIn);
  const lowRow = arena.int32(nIn), highRow = arena.int32(nIn);
  // What each block finds, shape [blocks, nIn].
  const minima = arena.float64(blocks.most * nIn), maxima = arena.float64(blocks.most * nIn);
  const lowRows = arena.int32(blocks.most * nIn), highRows = arena.int32(blocks.most * nIn);
  const extremeRows = new Int32Array(2 * nIn).fill(-1);
  const found = {
    minimum: { at: minima.at, perBlock: 8 * nIn },
    maximum: { at: maxima.at, perBlock: 8 * nIn },
  };
  const phase: Phase = {
    start: [call.resetExtremes({ nIn, ...found })],
    chunk: [call.extremes({
      ...{ nIn, begin: FIRST_ROW, x, xStep: x.step, ...found },
      lowRow: { at: lowRows.at, perBlock: 4 * nIn },
      highRow: { at: highRows.at, perBlock: 4 * nIn },
    })],
  };

  /** Takes what other processes have found. */
  function gather(): void {
    const slots = [minima, maxima, lowRows, highRows];
    const [begin, end] = blocks.share();
    for (let b = begin; b < end; b++) { // kernels count from the first row in the memory
      const first = blocks.firstRowOf(b);
      for (let i = b * nIn; i < (b + 1) * nIn; i++) {
        lowRows.values[i] += first;
        highRows.values[i] += first;
      }
    }
    blocks.gather(slots.map(({ values }) => ({ values, perBlock: nIn })));
  }

  /** Takes the extremes of all blocks. */
  function join(p: number): void {
    let low = Infinity, high = -Infinity, atLow = -1, atHigh = -1;
    for (const { index } of blocks.list()) {
      const place = index * nIn + p;
      if (minima.values[place] < low) {
        low = minima.values[place];
        atLow = lowRows.values[place];
      }
      if (maxima.values[place] > high) {
        high = maxima.values[place];
        atHigh = highRows.values[place];
      }
    }
    minimum.values[p] = low;
    maximum.values[p] = high;
    extremeRows.set([atLow, atHigh], 2 * p);
  }

  /** Tells the kernels where these rows are in the memory, if they are there. */
  function placeRows(): void {
    const first = blocks.firstRow();
    for (let p = 0; p < nIn; p++) {
      lowRow.values[p] = extremeRows[2 * p] - first;
      highRow.values[p] = extremeRows[2 * p + 1] - first;
    }
  }
  pages?.follow(placeRows);

  return { minimum, maximum, lowRow, highRow, extremeRows, phase, gather, join, placeRows };
}

function minmax(
  { nIn, space: { domain: [a, b] } }: SplineStage,
  work: Workspace,
  x: RowArray<Reals>,
): BatchNormaliser {
  const { arena, blocks, pages } = work;
  const extremes = createExtremes(nIn, work, x);
  const { minimum, maximum, lowRow, highRow, extremeRows, phase, gather, join, placeRows } =
    extremes;
  const scale = arena.float64(nIn), origin = arena.float64(nIn);
  const sums = arena.float64(blocks.most * nIn * 2); // contributions of each block to the gradient by the extremes
  const sumsOf = { at: sums.at, perBlock: 16 * nIn };

  function measured(): void {
    gather();
    for (let p = 0; p < nIn; p++) {
      join(p);
      const low = minimum.values[p], high = maximum.values[p], range = high - low;
      const constant = range <= CONSTANT_RANGE * Math.max(Math.abs(low), Math.abs(high));
      scale.values[p] = constant ? 0 : (b - a) / range;
      origin.values[p] = constant ? (a + b) / 2 : a;
    }
    placeRows();
  }

  /** Adds to the gradient by the input of a row, if it is here. */
  function addTo(bar: RowArray<Reals>, row: number, p: number, share: number): void {
    if (pages) return pages.addTo(bar, row, p, share);
    const place = row - blocks.firstRow();
    if (place >= 0 && place < work.rows) bar.values[place * bar.stride + p] += share;
  }

  function pulled(bar: RowArray<Reals>): void {
    blocks.gather([{ values: sums.values, perBlock: 2 * nIn }]);
    for (let p = 0; p < nIn; p++) {
      let low = 0, high = 0;
      for (const { index } of blocks.list()) {
        low += sums.values[2 * (index * nIn + p)];
        high += sums.values[2 * (index * nIn + p) + 1];
      }
      if (scale.values[p] === 0 || extremeRows[2 * p] < 0) continue;
      addTo(bar, extremeRows[2 * p], p, low);
      addTo(bar, extremeRows[2 * p + 1], p, high);
    }
  }

  return {
    from: minimum.at,
    scale: scale.at,
    origin: origin.at,
    covers: true,
    measure: [{ phase, conclude: measured }],
    pull: (bar) => [{
      phase: {
        start: [call.zero({ to: sumsOf, size: 16 * nIn })],
        chunk: [call.pullExtremes({
          ...{ nIn, begin: FIRST_ROW, x, bar, step: bar.step, scale: scale.at, sums: sumsOf },
          minimum: minimum.at,
          maximum: maximum.at,
          lowRow: lowRow.at,
          highRow: highRow.at,
        })],
      },
      conclude: () => pulled(bar),
    }],
    extremeRows,
    statistics: () => ({
      kind: "minmax",
      minimum: minimum.values.slice(),
      maximum: maximum.values.slice(),
    }),
  };
}

function batchnorm(
  { nIn }: SplineStage,
  { arena, blocks }: Workspace,
  x: RowArray<Reals>,
): BatchNormaliser {
  const mean = arena.float64(nIn), scale = arena.float64(nIn), variance = new Float64Array(nIn);
  const zeros = arena.float64(nIn);
  const sums = arena.float64(blocks.most * nIn * 2), means = arena.float64(2 * nIn);
  const sumsOf = { at: sums.at, perBlock: 16 * nIn };
  const start = [call.zero({ to: sumsOf, size: 16 * nIn })];

  const gather = () => blocks.gather([{ values: sums.values, perBlock: 2 * nIn }]);

  /** The mean over all rows of the sum kept at place `k` of a column's two. */
  function meanOf(p: number, k: number): number {
    let sum = 0, rows = 0;
    for (const { index, rows: blockRows } of blocks.list()) {
      sum += sums.values[2 * (index * nIn + p) + k];
      rows += blockRows;
    }
    return sum / rows;
  }
  function column(bar: RowArray<Reals>) {
    return { nIn, x, bar, step: bar.step, mean: mean.at, scale: scale.at };
  }
  function sumsAround(centre: number): Phase {
    return { start, chunk: [call.columnSums({ nIn, x, xStep: x.step, centre, sums: sumsOf })] };
  }

  return {
    from: mean.at,
    scale: scale.at,
    origin: zeros.at,
    covers: false,
    measure: [{
      phase: sumsAround(zeros.at),
      conclude() {
        gather();
        for (let p = 0; p < nIn; p++) mean.values[p] = meanOf(p, 0);
      },
    }, {
      phase: sumsAround(mean.at),
      conclude() {
        gather();
        for (let p = 0; p < nIn; p++) {
          variance[p] = meanOf(p, 1);
          scale.values[p] = 1 / Math.sqrt(variance[p] + BATCH_NORM_EPSILON);
        }
      },
    }],
    pull: (bar) => [{
      phase: {
        start,
        chunk: [call.momentSums({ ...column(bar), sums: sumsOf })],
      },
      conclude() {
        gather();
        for (let p = 0; p < nIn; p++) {
          means.values[2 * p] = meanOf(p, 0);
          means.values[2 * p + 1] = meanOf(p, 1);
        }
      },
    }, {
      phase: { chunk: [call.pullMoments({ ...column(bar), means: means.at })] },
      conclude() {},
    }],
    statistics: () => ({
      kind: "batchnorm",
      mean: mean.values.slice(),
      variance: variance.slice(),
    }),
  };
}
