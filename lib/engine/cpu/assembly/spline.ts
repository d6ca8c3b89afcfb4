// Spline layers: Horner schemes forward, moments and slopes backward. Arguments ending in "At" are
// byte addresses.
//
// A piece holds its coefficients [ceil(nOut / 2)][degree + 1][2] (two outputs side by side in one
// vector), or [degree + 1] where there is one output. Arrays over points are [rows, n], unpadded:
// the last of an odd number of outputs is loaded and stored alone.

import { loadPair, storePair, sumLanes } from "./lanes";

const ONE: v128 = f64x2.splat(1);

/** y = sum over inputs of the pieces' polynomials. */
export function forward(
  rows: i32, nIn: i32, nOut: i32, degree: i32,
  pieceAt: usize, wAt: usize, coefficientsAt: usize, yAt: usize,
): void {
  if (nOut == 1) {
    if (degree == 3) forwardOne3(rows, nIn, pieceAt, wAt, coefficientsAt, yAt);
    else forwardOne(rows, nIn, degree, pieceAt, wAt, coefficientsAt, yAt);
  } else if (degree == 3) {
    forwardMany(rows, nIn, nOut, 3, pieceAt, wAt, coefficientsAt, yAt);
  } else if (degree == 1) {
    forwardMany(rows, nIn, nOut, 1, pieceAt, wAt, coefficientsAt, yAt);
  } else if (degree == 2) {
    forwardMany(rows, nIn, nOut, 2, pieceAt, wAt, coefficientsAt, yAt);
  } else {
    forwardMany(rows, nIn, nOut, degree, pieceAt, wAt, coefficientsAt, yAt);
  }
}

function forwardOne3(
  rows: i32, nIn: i32, pieceAt: usize, wAt: usize, coefficientsAt: usize, yAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let sum = f64x2.splat(0);
    for (let p = 0; p < nIn; p++) {
      const w = load<f64>(wAt);
      const a = coefficientsAt + (<usize>load<i32>(pieceAt) << 5);
      const even = f64x2.add(v128.load(a), f64x2.mul(v128.load(a, 16), f64x2.splat(w * w)));
      sum = f64x2.add(sum, f64x2.mul(even, f64x2.replace_lane(ONE, 1, w)));
      wAt += 8;
      pieceAt += 4;
    }
    store<f64>(yAt, sumLanes(sum));
    yAt += 8;
  }
}

function forwardOne(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, coefficientsAt: usize, yAt: usize,
): void {
  const size = <usize>(degree + 1) << 3;
  for (let r = 0; r < rows; r++) {
    let sum: f64 = 0;
    for (let p = 0; p < nIn; p++) {
      const w = load<f64>(wAt);
      const a = coefficientsAt + <usize>load<i32>(pieceAt) * size;
      let value = load<f64>(a + size - 8);
      for (let k = degree - 1; k >= 0; k--) value = value * w + load<f64>(a + (<usize>k << 3));
      sum += value;
      wAt += 8;
      pieceAt += 4;
    }
    store<f64>(yAt, sum);
    yAt += 8;
  }
}

@inline
function forwardMany(
  rows: i32, nIn: i32, nOut: i32, degree: i32,
  pieceAt: usize, wAt: usize, coefficientsAt: usize, yAt: usize,
): void {
  const size = <usize>(degree + 1) << 4;
  const pairs = (nOut + 1) >> 1;
  const stride = <usize>pairs * size;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const w = f64x2.splat(load<f64>(wAt));
      let a = coefficientsAt + <usize>load<i32>(pieceAt) * stride;
      let y = yAt;
      for (let j = 1; j <= pairs; j++) {
        let value = v128.load(a + size - 16);
        for (let k = degree - 1; k >= 0; k--) {
          value = f64x2.add(f64x2.mul(value, w), v128.load(a + (<usize>k << 4)));
        }
        const last = odd && j == pairs;
        storePair(y, p == 0 ? value : f64x2.add(loadPair(y, last), value), last);
        a += size;
        y += 16;
      }
      wAt += 8;
      pieceAt += 4;
    }
    yAt += row;
  }
}

/** Adds to the moments; uBar = the gradient by the normalised inputs (none if uBarAt is 0). */
export function backward(
  rows: i32, nIn: i32, nOut: i32, degree: i32,
  pieceAt: usize, wAt: usize, coefficientsAt: usize, momentsAt: usize, ratesAt: usize,
  yBarAt: usize, uBarAt: usize,
): void {
  if (nOut == 1) {
    if (degree == 3) {
      backwardOne3(rows, nIn, pieceAt, wAt, coefficientsAt, momentsAt, ratesAt, yBarAt, uBarAt);
    } else {
      backwardOne(
        rows, nIn, degree, pieceAt, wAt, coefficientsAt, momentsAt, ratesAt, yBarAt, uBarAt,
      );
    }
  } else if (degree == 3) {
    backwardMany3(
      rows, nIn, nOut, pieceAt, wAt, coefficientsAt, momentsAt, ratesAt, yBarAt, uBarAt,
    );
  } else {
    backwardMany(
      rows, nIn, nOut, degree, pieceAt, wAt, coefficientsAt, momentsAt, ratesAt, yBarAt, uBarAt,
    );
  }
}

function backwardOne3(
  rows: i32, nIn: i32, pieceAt: usize, wAt: usize, coefficientsAt: usize, momentsAt: usize,
  ratesAt: usize, yBarAt: usize, uBarAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const g = load<f64>(yBarAt);
    for (let p = 0; p < nIn; p++) {
      const w = load<f64>(wAt);
      const piece = <usize>load<i32>(pieceAt);
      const mu = momentsAt + (piece << 5);
      const low = f64x2.replace_lane(f64x2.splat(g), 1, g * w);
      v128.store(mu, f64x2.add(v128.load(mu), low));
      v128.store(mu, f64x2.add(v128.load(mu, 16), f64x2.mul(low, f64x2.splat(w * w))), 16);
      if (uBarAt) {
        const a = coefficientsAt + (piece << 5);
        const slope = load<f64>(a, 8) + w * (2 * load<f64>(a, 16) + 3 * w * load<f64>(a, 24));
        store<f64>(uBarAt, g * slope * load<f64>(ratesAt + (piece << 3)));
        uBarAt += 8;
      }
      wAt += 8;
      pieceAt += 4;
    }
    yBarAt += 8;
  }
}

function backwardOne(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, coefficientsAt: usize,
  momentsAt: usize, ratesAt: usize, yBarAt: usize, uBarAt: usize,
): void {
  const size = <usize>(degree + 1) << 3;
  for (let r = 0; r < rows; r++) {
    const g = load<f64>(yBarAt);
    for (let p = 0; p < nIn; p++) {
      const w = load<f64>(wAt);
      const piece = <usize>load<i32>(pieceAt);
      let mu = momentsAt + piece * size, a = coefficientsAt + piece * size;
      let power = g, slope: f64 = 0;
      store<f64>(mu, load<f64>(mu) + power);
      for (let k = 1; k <= degree; k++) {
        mu += 8;
        a += 8;
        slope += <f64>k * load<f64>(a) * power;
        power *= w;
        store<f64>(mu, load<f64>(mu) + power);
      }
      if (uBarAt) {
        store<f64>(uBarAt, slope * load<f64>(ratesAt + (piece << 3)));
        uBarAt += 8;
      }
      wAt += 8;
      pieceAt += 4;
    }
    yBarAt += 8;
  }
}

function backwardMany3(
  rows: i32, nIn: i32, nOut: i32, pieceAt: usize, wAt: usize, coefficientsAt: usize,
  momentsAt: usize, ratesAt: usize, yBarAt: usize, uBarAt: usize,
): void {
  const pairs = (nOut + 1) >> 1;
  const stride = <usize>pairs << 6;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const s = load<f64>(wAt);
      const w = f64x2.splat(s), w2 = f64x2.splat(s * s), w3 = f64x2.splat(s * s * s);
      const piece = <usize>load<i32>(pieceAt);
      let mu = momentsAt + piece * stride, y = yBarAt;
      if (uBarAt) {
        const twice = f64x2.splat(2 * s), thrice = f64x2.splat(3 * s * s);
        let a = coefficientsAt + piece * stride;
        let sum = f64x2.splat(0);
        for (let j = 1; j <= pairs; j++) {
          const g = loadPair(y, odd && j == pairs);
          v128.store(mu, f64x2.add(v128.load(mu), g));
          v128.store(mu, f64x2.add(v128.load(mu, 16), f64x2.mul(g, w)), 16);
          v128.store(mu, f64x2.add(v128.load(mu, 32), f64x2.mul(g, w2)), 32);
          v128.store(mu, f64x2.add(v128.load(mu, 48), f64x2.mul(g, w3)), 48);
          let slope = f64x2.add(v128.load(a, 16), f64x2.mul(v128.load(a, 32), twice));
          slope = f64x2.add(slope, f64x2.mul(v128.load(a, 48), thrice));
          sum = f64x2.add(sum, f64x2.mul(g, slope));
          mu += 64;
          a += 64;
          y += 16;
        }
        store<f64>(uBarAt, sumLanes(sum) * load<f64>(ratesAt + (piece << 3)));
        uBarAt += 8;
      } else {
        for (let j = 1; j <= pairs; j++) {
          const g = loadPair(y, odd && j == pairs);
          v128.store(mu, f64x2.add(v128.load(mu), g));
          v128.store(mu, f64x2.add(v128.load(mu, 16), f64x2.mul(g, w)), 16);
          v128.store(mu, f64x2.add(v128.load(mu, 32), f64x2.mul(g, w2)), 32);
          v128.store(mu, f64x2.add(v128.load(mu, 48), f64x2.mul(g, w3)), 48);
          mu += 64;
          y += 16;
        }
      }
      wAt += 8;
      pieceAt += 4;
    }
    yBarAt += row;
  }
}

function backwardMany(
  rows: i32, nIn: i32, nOut: i32, degree: i32, pieceAt: usize, wAt: usize, coefficientsAt: usize,
  momentsAt: usize, ratesAt: usize, yBarAt: usize, uBarAt: usize,
): void {
  const size = <usize>(degree + 1) << 4;
  const pairs = (nOut + 1) >> 1;
  const stride = <usize>pairs * size;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const w = f64x2.splat(load<f64>(wAt));
      const piece = <usize>load<i32>(pieceAt);
      let mu = momentsAt + piece * stride, a = coefficientsAt + piece * stride, y = yBarAt;
      let sum = f64x2.splat(0);
      for (let j = 1; j <= pairs; j++) {
        let power = loadPair(y, odd && j == pairs);
        v128.store(mu, f64x2.add(v128.load(mu), power));
        for (let k = 1; k <= degree; k++) {
          mu += 16;
          a += 16;
          sum = f64x2.add(sum, f64x2.mul(f64x2.mul(f64x2.splat(<f64>k), v128.load(a)), power));
          power = f64x2.mul(power, w);
          v128.store(mu, f64x2.add(v128.load(mu), power));
        }
        mu += 16;
        a += 16;
        y += 16;
      }
      if (uBarAt) {
        store<f64>(uBarAt, sumLanes(sum) * load<f64>(ratesAt + (piece << 3)));
        uBarAt += 8;
      }
      wAt += 8;
      pieceAt += 4;
    }
    yBarAt += row;
  }
}
