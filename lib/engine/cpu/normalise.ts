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
export function createNormaliser(stage: SplineStage, rows: number): BatchNormaliser {
  switch (stage.normalisation) {
    case "minmax":
      return minmax(stage, rows);
    case "batchnorm":
      return batchnorm(stage, rows);
    case "none":
      return {
        measure() {},
        from: new Float64Array(stage.nIn),
        scale: new Float64Array(stage.nIn).fill(1),
        origin: new Float64Array(stage.nIn),
        covers: false,
        pull() {},
        statistics: () => ({ kind: "none" }),
      };
  }
}

function minmax({ nIn, space: { domain: [a, b] } }: SplineStage, rows: number): BatchNormaliser {
  const minimum = new Float64Array(nIn), maximum = new Float64Array(nIn);
  const lowRow = new Int32Array(nIn), highRow = new Int32Array(nIn);
  const scale = new Float64Array(nIn), origin = new Float64Array(nIn);

  function measure(x: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      let low = x[p], high = low, atLow = 0, atHigh = 0;
      for (let r = 1, i = nIn + p; r < rows; r++, i += nIn) {
        const value = x[i];
        if (value < low) {
          low = value;
          atLow = r;
        } else if (value > high) {
          high = value;
          atHigh = r;
        }
      }
      minimum[p] = low;
      maximum[p] = high;
      lowRow[p] = atLow;
      highRow[p] = atHigh;
      const range = high - low;
      const constant = range <= CONSTANT_RANGE * Math.max(Math.abs(low), Math.abs(high));
      scale[p] = constant ? 0 : (b - a) / range;
      origin[p] = constant ? (a + b) / 2 : a;
    }
  }

  function pull(x: Float64Array, bar: Float64Array): void {
    for (let p = 0; p < nIn; p++) {
      const s = scale[p];
      if (s === 0) {
        for (let i = p; i < rows * nIn; i += nIn) bar[i] = 0;
        continue;
      }
      const low = minimum[p], inverse = 1 / (maximum[p] - low);
      let lowBar = 0, highBar = 0;
      // The extreme rows land on a and b whatever their values: their own slopes cancel.
      bar[lowRow[p] * nIn + p] = bar[highRow[p] * nIn + p] = 0;
      for (let i = p; i < rows * nIn; i += nIn) {
        const own = bar[i] * s, v = (x[i] - low) * inverse;
        lowBar -= own * (1 - v);
        highBar -= own * v;
        bar[i] = own;
      }
      bar[lowRow[p] * nIn + p] += lowBar;
      bar[highRow[p] * nIn + p] += highBar;
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

function batchnorm({ nIn }: SplineStage, rows: number): BatchNormaliser {
  const mean = new Float64Array(nIn), variance = new Float64Array(nIn);
  const scale = new Float64Array(nIn);

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
    origin: new Float64Array(nIn),
    covers: false,
    pull,
    statistics: () => ({ kind: "batchnorm", mean: mean.slice(), variance: variance.slice() }),
  };
}
