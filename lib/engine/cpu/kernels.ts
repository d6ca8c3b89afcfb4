/**
 * The inner loops over points: Horner forward, moments and slopes backward.
 *
 * Points outermost, then input nodes, then outputs; per edge and point the cubic forward loop does
 * 3 multiply-adds, the backward one 4 for the moments and 3 for the slope. Degrees 1 and 3 are
 * written out, others loop over the powers.
 *
 * @module
 */

/** What the loops read and write; all arrays are allocated once. */
export interface Points {
  readonly rows: number;
  readonly nIn: number;
  readonly nOut: number;
  readonly degree: number;
  /** Piece of each point and node, an index into `rates`, shape `[rows, nIn]`. */
  readonly piece: Int32Array;
  /** Local coordinate, shape `[rows, nIn]`. */
  readonly w: Float64Array;
  /** Shape `[pieces of all nodes, nOut, degree + 1]`. */
  readonly coefficients: Float64Array;
  /** As `coefficients`. */
  readonly moments: Float64Array;
  /** `dw/du`, shape `[pieces of all nodes]`. */
  readonly rates: Float64Array;
}

/** Overwrites `y`, shape `[rows, nOut]`, with the sums of all edges. */
export function splineForward(points: Points, y: Float64Array): void {
  if (points.degree === 3) forward3(points, y);
  else if (points.degree === 1) forward1(points, y);
  else forwardAny(points, y);
}

/**
 * Adds to the moments; overwrites `uBar`, shape `[rows, nIn]`, with the gradient by the
 * normalised inputs if it is given.
 */
export function splineBackward(points: Points, yBar: Float64Array, uBar?: Float64Array): void {
  if (!uBar) momentsOnly(points, yBar);
  else if (points.degree === 3) backward3(points, yBar, uBar);
  else if (points.degree === 1) backward1(points, yBar, uBar);
  else backwardAny(points, yBar, uBar);
}

function forward3({ rows, nIn, nOut, piece, w, coefficients: a }: Points, y: Float64Array): void {
  const stride = nOut * 4;
  if (nOut === 1) {
    for (let r = 0, i = 0; r < rows; r++) {
      let sum = 0;
      for (let p = 0; p < nIn; p++, i++) {
        const o = piece[i] * 4, x = w[i];
        sum += a[o] + x * (a[o + 1] + x * (a[o + 2] + x * a[o + 3]));
      }
      y[r] = sum;
    }
    return;
  }
  y.fill(0);
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i];
      let o = piece[i] * stride;
      for (let j = begin; j < end; j++, o += 4) {
        y[j] += a[o] + x * (a[o + 1] + x * (a[o + 2] + x * a[o + 3]));
      }
    }
  }
}

function forward1({ rows, nIn, nOut, piece, w, coefficients: a }: Points, y: Float64Array): void {
  const stride = nOut * 2;
  y.fill(0);
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i];
      let o = piece[i] * stride;
      for (let j = begin; j < end; j++, o += 2) y[j] += a[o] + x * a[o + 1];
    }
  }
}

function forwardAny(points: Points, y: Float64Array): void {
  const { rows, nIn, nOut, degree, piece, w, coefficients: a } = points;
  const size = degree + 1, stride = nOut * size;
  y.fill(0);
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i];
      let o = piece[i] * stride;
      for (let j = begin; j < end; j++, o += size) {
        let value = a[o + degree];
        for (let k = degree - 1; k >= 0; k--) value = value * x + a[o + k];
        y[j] += value;
      }
    }
  }
}

function backward3(points: Points, yBar: Float64Array, uBar: Float64Array): void {
  const { rows, nIn, nOut, piece, w, coefficients: a, moments, rates } = points;
  const stride = nOut * 4;
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i], x2 = x * x, x3 = x2 * x;
      let o = piece[i] * stride, slope = 0;
      for (let j = begin; j < end; j++, o += 4) {
        const g = yBar[j];
        moments[o] += g;
        moments[o + 1] += g * x;
        moments[o + 2] += g * x2;
        moments[o + 3] += g * x3;
        slope += g * (a[o + 1] + x * (2 * a[o + 2] + 3 * x * a[o + 3]));
      }
      uBar[i] = slope * rates[piece[i]];
    }
  }
}

function backward1(points: Points, yBar: Float64Array, uBar: Float64Array): void {
  const { rows, nIn, nOut, piece, w, coefficients: a, moments, rates } = points;
  const stride = nOut * 2;
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i];
      let o = piece[i] * stride, slope = 0;
      for (let j = begin; j < end; j++, o += 2) {
        const g = yBar[j];
        moments[o] += g;
        moments[o + 1] += g * x;
        slope += g * a[o + 1];
      }
      uBar[i] = slope * rates[piece[i]];
    }
  }
}

function backwardAny(points: Points, yBar: Float64Array, uBar: Float64Array): void {
  const { rows, nIn, nOut, degree, piece, w, coefficients: a, moments, rates } = points;
  const size = degree + 1, stride = nOut * size;
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i];
      let o = piece[i] * stride, slope = 0;
      for (let j = begin; j < end; j++, o += size) {
        let power = yBar[j];
        moments[o] += power;
        for (let k = 1; k < size; k++) {
          slope += k * a[o + k] * power;
          power *= x;
          moments[o + k] += power;
        }
      }
      uBar[i] = slope * rates[piece[i]];
    }
  }
}

/** For a first layer: nobody asks for the gradient by the data. */
function momentsOnly(points: Points, yBar: Float64Array): void {
  const { rows, nIn, nOut, degree, piece, w, moments } = points;
  const size = degree + 1, stride = nOut * size;
  for (let r = 0, i = 0; r < rows; r++) {
    const begin = r * nOut, end = begin + nOut;
    for (let p = 0; p < nIn; p++, i++) {
      const x = w[i], x2 = x * x, x3 = x2 * x;
      let o = piece[i] * stride;
      if (degree === 3) {
        for (let j = begin; j < end; j++, o += 4) {
          const g = yBar[j];
          moments[o] += g;
          moments[o + 1] += g * x;
          moments[o + 2] += g * x2;
          moments[o + 3] += g * x3;
        }
        continue;
      }
      for (let j = begin; j < end; j++, o += size) {
        let power = yBar[j];
        for (let k = 0; k < size; k++) {
          moments[o + k] += power;
          power *= x;
        }
      }
    }
  }
}
