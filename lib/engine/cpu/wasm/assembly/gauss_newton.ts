// Gauss-Newton rows. A piece holds its coefficients [nOut][degree + 1]; values
// of a row that belong to an input node of a spline layer are bar_q w^k, [nOut][degree + 1] too.

import { BUCKET, intervalOf } from "./place";

/**
 * exp by `x = k ln 2 + r` and Taylor's polynomial in r, to about 1e-16 of its size. The standard
 * one brings tables, which every thread's start would write over the shared memory again.
 */
export function exponential(x: f64): f64 {
  x = x < -700 ? -700 : x > 700 ? 700 : x;
  const k = nearest<f64>(x * 1.4426950408889634);
  const r = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
  let sum: f64 = 1;
  for (let i = 14; i > 0; i--) sum = 1 + sum * r / <f64>i;
  return sum * reinterpret<f64>((<i64>k + 1023) << 52);
}

/** Normalises points and finds their pieces, local coordinates and, if asked for, silu and slope. */
export function gnPlace(
  rows: i32, nIn: i32, xAt: usize, fromAt: usize, scaleAt: usize, originAt: usize,
  a: f64, b: f64, ends: i32, pieces: i32, vectors: i32, buckets: i32, recordsAt: usize,
  knotsAt: usize, knotStep: usize, originsAt: usize, ratesAt: usize, pieceAt: usize, wAt: usize,
  siluAt: usize,
): void {
  const perUnit = <f64>buckets / (b - a), shift = 0.5 - a * perUnit;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const node = <usize>p << 3;
      const vector = vectors == 1 ? 0 : p;
      let u = load<f64>(originAt + node) +
        (load<f64>(xAt) - load<f64>(fromAt + node)) * load<f64>(scaleAt + node);
      let piece: i32;
      if (ends != 0 && (u < a || u > b)) piece = u < a ? 0 : pieces - 1;
      else {
        u = u < a ? a : u > b ? b : u;
        const table = recordsAt + <usize>(vector * (buckets + 2)) * BUCKET;
        const t = knotsAt + <usize>vector * knotStep;
        piece = ends + intervalOf(u, perUnit, shift, <u32>(buckets + 1), table, t);
      }
      const at = <usize>(p * pieces + piece) << 3;
      store<i32>(pieceAt, piece);
      store<f64>(wAt, (u - load<f64>(originsAt + at)) * load<f64>(ratesAt + at));
      if (siluAt) {
        const s = 1 / (1 + exponential(-u));
        store<f64>(siluAt, u * s);
        store<f64>(siluAt, s * (1 + u * (1 - s)), 8);
        store<f64>(siluAt, u, 16);
        siluAt += 24;
      }
      xAt += 8;
      pieceAt += 4;
      wAt += 8;
    }
  }
}

/** y = sum over inputs of the pieces' polynomials, and of base weights times silu. */
export function gnForward(
  rows: i32, nIn: i32, nOut: i32, degree: i32, pieces: i32, pieceAt: usize, wAt: usize,
  coefficientsAt: usize, siluAt: usize, baseAt: usize, yAt: usize,
): void {
  const size = <usize>(degree + 1) << 3;
  for (let r = 0; r < rows; r++) {
    memory.fill(yAt, 0, <usize>nOut << 3);
    let base = baseAt;
    for (let p = 0; p < nIn; p++) {
      const w = load<f64>(wAt);
      let c = coefficientsAt + <usize>((p * pieces + load<i32>(pieceAt)) * nOut) * size;
      for (let q = 0; q < nOut; q++) {
        let value = load<f64>(c + size - 8);
        for (let k = degree - 1; k >= 0; k--) value = value * w + load<f64>(c + (<usize>k << 3));
        if (baseAt) {
          value += load<f64>(base) * load<f64>(siluAt);
          base += 8;
        }
        const y = yAt + (<usize>q << 3);
        store<f64>(y, load<f64>(y) + value);
        c += size;
      }
      siluAt += baseAt ? 24 : 0;
      pieceAt += 4;
      wAt += 8;
    }
    yAt += <usize>nOut << 3;
  }
}

/** y = x W + b; biasAt is 0 without a bias. */
export function gnLinear(
  rows: i32, nIn: i32, nOut: i32, weightsAt: usize, biasAt: usize, xAt: usize, yAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < nOut; q++) {
      let sum: f64 = biasAt ? load<f64>(biasAt + (<usize>q << 3)) : 0;
      for (let i = 0; i < nIn; i++) {
        sum += load<f64>(xAt + (<usize>i << 3)) *
          load<f64>(weightsAt + (<usize>(i * nOut + q) << 3));
      }
      store<f64>(yAt, sum);
      yAt += 8;
    }
    xAt += <usize>nIn << 3;
  }
}

/**
 * Writes a layer's values bar_q w^k, and xBar = the gradient by its raw inputs (statistics fixed)
 * if xBarAt is not 0. Pieces are pieceStep apart: bar may belong to some of their outputs only.
 * Values of different nodes are nodeStep bytes apart, rows of one node lie side by side.
 */
export function gnSplineRows(
  rows: i32, nIn: i32, nOut: i32, degree: i32, pieces: i32, pieceStep: i32, pieceAt: usize,
  wAt: usize, coefficientsAt: usize, ratesAt: usize, scaleAt: usize, barAt: usize, barStep: i32,
  valuesAt: usize, nodeStep: i32, xBarAt: usize,
): void {
  const valuesStep = <usize>(nOut * (degree + 1)) << 3;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      let values = valuesAt + <usize>p * <usize>nodeStep;
      const w = load<f64>(wAt);
      const piece = p * pieces + load<i32>(pieceAt);
      let c = coefficientsAt + <usize>piece * <usize>pieceStep;
      let slope: f64 = 0;
      for (let q = 0; q < nOut; q++) {
        let power = load<f64>(barAt + (<usize>q << 3));
        store<f64>(values, power);
        for (let k = 1; k <= degree; k++) {
          values += 8;
          c += 8;
          slope += <f64>k * load<f64>(c) * power;
          power *= w;
          store<f64>(values, power);
        }
        values += 8;
        c += 8;
      }
      if (xBarAt) {
        const rate = load<f64>(ratesAt + (<usize>piece << 3));
        store<f64>(xBarAt, slope * rate * load<f64>(scaleAt + (<usize>p << 3)));
        xBarAt += 8;
      }
      pieceAt += 4;
      wAt += 8;
    }
    barAt += barStep;
    valuesAt += valuesStep;
  }
}

/**
 * Writes the base branch's values bar_q silu(u_p), [nIn][nOut], then what it gives to the two
 * statistics of each node, s (da[0] + da[1] u) for s = sum_q bar_q base_pq silu'(u), and adds
 * scale s to xBar. factorsAt: [nIn][4].
 */
export function gnBaseRows(
  rows: i32, nIn: i32, nOut: i32, stride: i32, siluAt: usize, baseAt: usize, scaleAt: usize,
  factorsAt: usize, barAt: usize, barStep: i32, valuesAt: usize, statisticsAt: usize,
  xBarAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const value = load<f64>(siluAt), slope = load<f64>(siluAt, 8), u = load<f64>(siluAt, 16);
      let sum: f64 = 0;
      for (let q = 0; q < nOut; q++) {
        const g = load<f64>(barAt + (<usize>q << 3));
        store<f64>(valuesAt, g * value);
        sum += g * load<f64>(baseAt + (<usize>(p * stride + q) << 3));
        valuesAt += 8;
      }
      sum *= slope;
      if (statisticsAt) {
        const f = factorsAt + (<usize>p << 5);
        store<f64>(statisticsAt, sum * (load<f64>(f) + load<f64>(f, 8) * u));
        store<f64>(statisticsAt, sum * (load<f64>(f, 16) + load<f64>(f, 24) * u), 8);
        statisticsAt += 16;
      }
      if (xBarAt) {
        store<f64>(xBarAt, load<f64>(xBarAt) + sum * load<f64>(scaleAt + (<usize>p << 3)));
        xBarAt += 8;
      }
      siluAt += 24;
    }
    barAt += barStep;
  }
}

/** Writes a linear map's values x_i bar_q, [nIn][nOut], and bar_q after them for a bias. */
export function gnLinearRows(
  rows: i32, nIn: i32, nOut: i32, bias: bool, xAt: usize, barAt: usize, valuesAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < nIn; i++) {
      const x = load<f64>(xAt);
      for (let q = 0; q < nOut; q++) {
        store<f64>(valuesAt, x * load<f64>(barAt + (<usize>q << 3)));
        valuesAt += 8;
      }
      xAt += 8;
    }
    if (bias) {
      memory.copy(valuesAt, barAt, <usize>nOut << 3);
      valuesAt += <usize>nOut << 3;
    }
    barAt += <usize>nOut << 3;
  }
}
