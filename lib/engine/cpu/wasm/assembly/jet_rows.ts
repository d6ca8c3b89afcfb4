// Linear maps of jets and the statistics of their values. Jets are `[rows, nodes, channels]`,
// channels padded with zeros to an even number.

import { madd, sumLanes } from "./lanes";

/** Overwrites `y_qc = sum_p x_pc W_pq`, and a bias (biasAt not 0) in channel 0. */
export function linearJets(
  rows: i32, nIn: i32, nOut: i32, channels: i32, weightsAt: usize, biasAt: usize, xAt: usize,
  yAt: usize,
): void {
  const step = <usize>channels << 3, line = <usize>nOut << 3;
  for (let r = 0; r < rows; r++) {
    for (let q: usize = 0; q < line; q += 8) {
      for (let c: usize = 0; c < step; c += 16) {
        let sum = f64x2.splat(0), x = xAt + c, w = weightsAt + q;
        if (biasAt && c == 0) sum = f64x2.replace_lane(sum, 0, load<f64>(biasAt + q));
        for (let p = 0; p < nIn; p++) {
          sum = madd<f64>(v128.load64_splat(w), v128.load(x), sum);
          x += step;
          w += line;
        }
        v128.store(yAt + c, sum);
      }
      yAt += step;
    }
    xAt += <usize>nIn * step;
  }
}

/**
 * Adds the gradients by weights and bias, `sum_c x_pc g_qc`; with rowStep (bytes) not 0 each row has
 * its own, weights then bias, overwritten.
 */
export function pullLinearJets(
  rows: i32, nIn: i32, nOut: i32, channels: i32, hasBias: bool, xAt: usize, yBarAt: usize,
  barAt: usize, rowStep: usize,
): void {
  const step = <usize>channels << 3;
  for (let r = 0; r < rows; r++) {
    let to = barAt;
    for (let p = 0; p < nIn; p++) {
      let g = yBarAt;
      for (let q = 0; q < nOut; q++) {
        let sum = f64x2.splat(0);
        for (let c: usize = 0; c < step; c += 16) {
          sum = madd<f64>(v128.load(xAt + c), v128.load(g + c), sum);
        }
        const product = sumLanes<f64>(sum);
        store<f64>(to, rowStep ? product : load<f64>(to) + product);
        g += step;
        to += 8;
      }
      xAt += step;
    }
    for (let q = 0; q < nOut; q++) {
      if (hasBias) store<f64>(to, load<f64>(yBarAt) + (rowStep ? 0 : load<f64>(to)));
      yBarAt += step;
      to += 8;
    }
    barAt += rowStep;
  }
}

/** Sets a block's extremes to none. */
export function resetJetExtremes(nIn: i32, foundAt: usize): void {
  for (let p = 0; p < nIn; p++) {
    store<f64>(foundAt, Infinity);
    store<f64>(foundAt, -Infinity, 8);
    foundAt += 32;
  }
}

/** Per node: minimum, maximum, and the addresses of the first rows that have them. */
export function jetExtremes(rows: i32, nIn: i32, channels: i32, xAt: usize, foundAt: usize): void {
  const step = <usize>channels << 3;
  for (let r = 0; r < rows; r++) {
    let to = foundAt;
    for (let p = 0; p < nIn; p++) {
      const x = load<f64>(xAt);
      if (x < load<f64>(to)) {
        store<f64>(to, x);
        store<f64>(to, <f64>xAt, 16);
      }
      if (x > load<f64>(to, 8)) {
        store<f64>(to, x, 8);
        store<f64>(to, <f64>xAt, 24);
      }
      xAt += step;
      to += 32;
    }
  }
}

/**
 * Per node: rows so far, their mean, the sum of squares around it. Two passes over these rows, then
 * both parts are joined (Chan, Golub, LeVeque 1979).
 */
export function jetMoments(rows: i32, nIn: i32, channels: i32, xAt: usize, foundAt: usize): void {
  const step = <usize>channels << 3, line = <usize>nIn * step;
  const count = <f64>rows;
  for (let p = 0; p < nIn; p++) {
    let sum: f64 = 0, squares: f64 = 0, x = xAt;
    for (let r = 0; r < rows; r++) {
      sum += load<f64>(x);
      x += line;
    }
    const mean = sum / count;
    x = xAt;
    for (let r = 0; r < rows; r++) {
      const d = load<f64>(x) - mean;
      squares += d * d;
      x += line;
    }
    const before = load<f64>(foundAt), all = before + count, apart = mean - load<f64>(foundAt, 8);
    store<f64>(foundAt, all);
    store<f64>(foundAt, load<f64>(foundAt, 8) + apart * (count / all), 8);
    store<f64>(
      foundAt, load<f64>(foundAt, 16) + squares + apart * apart * (before * count / all), 16,
    );
    xAt += step;
    foundAt += 24;
  }
}

/** Adds `mean + spread (x_0 - from)` to the gradient's values; shares are `[nIn]` triples. */
export function pullJetMoments(
  rows: i32, nIn: i32, channels: i32, xAt: usize, barAt: usize, sharesAt: usize,
): void {
  const step = <usize>channels << 3;
  for (let r = 0; r < rows; r++) {
    let share = sharesAt;
    for (let p = 0; p < nIn; p++) {
      const around = load<f64>(xAt) - load<f64>(share, 16);
      store<f64>(barAt, load<f64>(barAt) + load<f64>(share) + load<f64>(share, 8) * around);
      xAt += step;
      barAt += step;
      share += 24;
    }
  }
}
