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

import {
  BATCH_NORM_EPSILON,
  CONSTANT_RANGE,
  type NormalisationStatistics,
  type SplineStage,
} from "../../model/mod.ts";
import type { KernelMemory } from "./memory.ts";
import { type Block, type Call, rowAddress } from "./program.ts";

/** The normalisation of one layer over one batch. */
export interface BatchNormaliser {
  /** Per node: `u = origin + (x - from) * scale`; scale 0 for a constant column. */
  readonly from: Float64Array;
  readonly scale: Float64Array;
  readonly origin: Float64Array;
  /** Whether every row lies in the domain by construction. */
  readonly covers: boolean;
  /** What a block does to measure `x`, before {@linkcode BatchNormaliser.measured}. */
  measureCalls(x: Float64Array, block: Block): Call[];
  /** Ends measuring, after all blocks. */
  measured(x: Float64Array): void;
  /** What a block does to turn its rows of the gradient by `u` into those by `x`, in place. */
  pullCalls(x: Float64Array, bar: Float64Array, block: Block): Call[];
  /** Ends the adjoint, after all blocks. */
  pulled(x: Float64Array, bar: Float64Array): void;
  /** A copy of what was measured last. */
  statistics(): NormalisationStatistics;
}

/** Creates the normaliser of a stage for batches cut into the given blocks. */
export function createNormaliser(
  stage: SplineStage,
  blocks: readonly Block[],
  memory: KernelMemory,
): BatchNormaliser {
  switch (stage.normalisation) {
    case "minmax":
      return minmax(stage, blocks, memory);
    case "batchnorm":
      return batchnorm(stage, memory);
    case "none":
      return {
        from: memory.float64(stage.nIn),
        scale: memory.float64(stage.nIn).fill(1),
        origin: memory.float64(stage.nIn),
        covers: false,
        measureCalls: () => [],
        measured() {},
        pullCalls: () => [],
        pulled() {},
        statistics: () => ({ kind: "none" }),
      };
  }
}

function minmax(
  { nIn, space: { domain: [a, b] } }: SplineStage,
  blocks: readonly Block[],
  memory: KernelMemory,
): BatchNormaliser {
  const count = blocks.length;
  const minimum = memory.float64(nIn), maximum = memory.float64(nIn);
  const lowRow = memory.int32(nIn), highRow = memory.int32(nIn);
  const scale = memory.float64(nIn), origin = memory.float64(nIn);
  // What each block finds, shape [blocks, nIn]; rows count from the block's first.
  const minima = memory.float64(count * nIn), maxima = memory.float64(count * nIn);
  const lowRows = memory.int32(count * nIn), highRows = memory.int32(count * nIn);
  const sums = memory.float64(count * nIn * 2); // what each block owes to the extremes

  function measured(): void {
    for (let p = 0; p < nIn; p++) {
      let low = minima[p], high = maxima[p], atLow = lowRows[p], atHigh = highRows[p];
      for (const { index, begin } of blocks) {
        const own = index * nIn + p;
        if (minima[own] < low) {
          low = minima[own];
          atLow = begin + lowRows[own];
        }
        if (maxima[own] > high) {
          high = maxima[own];
          atHigh = begin + highRows[own];
        }
      }
      const range = high - low;
      const constant = range <= CONSTANT_RANGE * Math.max(Math.abs(low), Math.abs(high));
      minimum[p] = low;
      maximum[p] = high;
      lowRow[p] = atLow;
      highRow[p] = atHigh;
      scale[p] = constant ? 0 : (b - a) / range;
      origin[p] = constant ? (a + b) / 2 : a;
    }
  }

  return {
    from: minimum,
    scale,
    origin,
    covers: true,
    measureCalls: (x, { index, begin, rows }) => [[
      "extremes",
      rows,
      nIn,
      rowAddress(x, nIn, begin),
      rowAddress(minima, nIn, index),
      rowAddress(maxima, nIn, index),
      rowAddress(lowRows, nIn, index),
      rowAddress(highRows, nIn, index),
    ]],
    measured,
    pullCalls: (x, bar, { index, begin, rows }) => [[
      "pullExtremes",
      rows,
      nIn,
      begin,
      rowAddress(x, nIn, begin),
      rowAddress(bar, nIn, begin),
      scale.byteOffset,
      minimum.byteOffset,
      maximum.byteOffset,
      lowRow.byteOffset,
      highRow.byteOffset,
      rowAddress(sums, 2 * nIn, index),
    ]],
    pulled(_, bar) {
      for (let p = 0; p < nIn; p++) {
        let low = 0, high = 0;
        for (let block = 0; block < count; block++) {
          low += sums[2 * (block * nIn + p)];
          high += sums[2 * (block * nIn + p) + 1];
        }
        if (scale[p] === 0) continue;
        bar[lowRow[p] * nIn + p] += low;
        bar[highRow[p] * nIn + p] += high;
      }
    },
    statistics: () => ({ kind: "minmax", minimum: minimum.slice(), maximum: maximum.slice() }),
  };
}

function batchnorm({ nIn }: SplineStage, memory: KernelMemory): BatchNormaliser {
  const mean = memory.float64(nIn), variance = new Float64Array(nIn);
  const scale = memory.float64(nIn);

  function measured(x: Float64Array): void {
    const rows = x.length / nIn;
    for (let p = 0; p < nIn; p++) {
      let sum = 0;
      for (let i = p; i < x.length; i += nIn) sum += x[i];
      const centre = sum / rows;
      let square = 0;
      for (let i = p; i < x.length; i += nIn) square += (x[i] - centre) ** 2;
      mean[p] = centre;
      variance[p] = square / rows;
      scale[p] = 1 / Math.sqrt(variance[p] + BATCH_NORM_EPSILON);
    }
  }

  function pulled(x: Float64Array, bar: Float64Array): void {
    const rows = x.length / nIn;
    for (let p = 0; p < nIn; p++) {
      const centre = mean[p], s = scale[p];
      let sum = 0, dot = 0;
      for (let i = p; i < x.length; i += nIn) {
        sum += bar[i];
        dot += bar[i] * (x[i] - centre) * s;
      }
      sum /= rows;
      dot /= rows;
      for (let i = p; i < x.length; i += nIn) {
        bar[i] = s * (bar[i] - sum - (x[i] - centre) * s * dot);
      }
    }
  }

  return {
    from: mean,
    scale,
    origin: memory.float64(nIn),
    covers: false,
    measureCalls: () => [],
    measured,
    pullCalls: () => [],
    pulled,
    statistics: () => ({ kind: "batchnorm", mean: mean.slice(), variance: variance.slice() }),
  };
}
