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

/** The normalisation of one layer over one batch. */
export interface BatchNormaliser {
  /** Measures the statistics of `x`, shape `[rows, nIn]`. */
  measure(x: Float64Array): void;
  /** Per node: `u = origin + (x - from) * scale`; scale 0 for a constant column. */
  readonly from: Float64Array;
  readonly scale: Float64Array;
  readonly origin: Float64Array;
  /** Whether every row lies in the domain by construction. */
  readonly covers: boolean;
  /** Turns the gradient by `u` into the one by `x`, in place. */
  pull(x: Float64Array, bar: Float64Array): void;
  /** A copy of what was measured last. */
  statistics(): NormalisationStatistics;
}

/** Creates the normaliser of a stage for batches of `rows` rows. */
export function createNormaliser(
  stage: SplineStage,
  rows: number,
  memory: KernelMemory,
): BatchNormaliser {
  switch (stage.normalisation) {
    case "minmax":
      return minmax(stage, rows, memory);
    case "batchnorm":
      return batchnorm(stage, rows, memory);
    case "none":
      return {
        measure() {},
        from: memory.float64(stage.nIn),
        scale: memory.float64(stage.nIn).fill(1),
        origin: memory.float64(stage.nIn),
        covers: false,
        pull() {},
        statistics: () => ({ kind: "none" }),
      };
  }
}

function minmax(
  { nIn, space: { domain: [a, b] } }: SplineStage,
  rows: number,
  memory: KernelMemory,
): BatchNormaliser {
  const { kernels } = memory;
  const minimum = memory.float64(nIn), maximum = memory.float64(nIn);
  const lowRow = memory.int32(nIn), highRow = memory.int32(nIn);
  const scale = memory.float64(nIn), origin = memory.float64(nIn);

  function measure(x: Float64Array): void {
    kernels.extremes(
      rows,
      nIn,
      x.byteOffset,
      minimum.byteOffset,
      maximum.byteOffset,
      lowRow.byteOffset,
      highRow.byteOffset,
    );
    for (let p = 0; p < nIn; p++) {
      const low = minimum[p], high = maximum[p], range = high - low;
      const constant = range <= CONSTANT_RANGE * Math.max(Math.abs(low), Math.abs(high));
      scale[p] = constant ? 0 : (b - a) / range;
      origin[p] = constant ? (a + b) / 2 : a;
    }
  }

  function pull(x: Float64Array, bar: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      if (scale[p] === 0) {
        for (let i = p; i < rows * nIn; i += nIn) bar[i] = 0;
        continue;
      }
      // The extreme rows land on a and b whatever their values: their own slopes cancel.
      bar[lowRow[p] * nIn + p] = bar[highRow[p] * nIn + p] = 0;
      kernels.pullExtremes(
        rows,
        nIn,
        p,
        x.byteOffset,
        bar.byteOffset,
        scale[p],
        minimum[p],
        1 / (maximum[p] - minimum[p]),
        lowRow[p],
        highRow[p],
      );
    }
  }

  return {
    measure,
    from: minimum,
    scale,
    origin,
    covers: true,
    pull,
    statistics: () => ({ kind: "minmax", minimum: minimum.slice(), maximum: maximum.slice() }),
  };
}

function batchnorm({ nIn }: SplineStage, rows: number, memory: KernelMemory): BatchNormaliser {
  const mean = memory.float64(nIn), variance = new Float64Array(nIn);
  const scale = memory.float64(nIn);

  function measure(x: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      let sum = 0;
      for (let i = p; i < rows * nIn; i += nIn) sum += x[i];
      const centre = sum / rows;
      let square = 0;
      for (let i = p; i < rows * nIn; i += nIn) square += (x[i] - centre) ** 2;
      mean[p] = centre;
      variance[p] = square / rows;
      scale[p] = 1 / Math.sqrt(variance[p] + BATCH_NORM_EPSILON);
    }
  }

  function pull(x: Float64Array, bar: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      const centre = mean[p], s = scale[p];
      let sum = 0, dot = 0;
      for (let i = p; i < rows * nIn; i += nIn) {
        sum += bar[i];
        dot += bar[i] * (x[i] - centre) * s;
      }
      sum /= rows;
      dot /= rows;
      for (let i = p; i < rows * nIn; i += nIn) {
        bar[i] = s * (bar[i] - sum - (x[i] - centre) * s * dot);
      }
    }
  }

  return {
    measure,
    from: mean,
    scale,
    origin: memory.float64(nIn),
    covers: false,
    pull,
    statistics: () => ({ kind: "batchnorm", mean: mean.slice(), variance: variance.slice() }),
  };
}
