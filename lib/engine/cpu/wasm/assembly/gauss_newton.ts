// Gauss-Newton rows and their products. A piece holds its coefficients [nOut][degree + 1]; values
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

/**
 * Adds the outer products of two groups of values to the block of their pieces. Steps of pieces
 * are in bytes of the array of pieces (0: the group has one piece), strides in bytes of the table.
 */
export function gnAddProducts(
  rows: i32, tableAt: usize, strideA: i32, strideB: i32,
  aAt: usize, lengthA: i32, pieceAAt: usize, stepA: i32,
  bAt: usize, lengthB: i32, pieceBAt: usize, stepB: i32,
): void {
  if (lengthA == 4 && lengthB == 4) {
    pair44(
      rows, tableAt, strideA, strideB, aAt, pieceAAt, stepA, bAt, pieceBAt, stepB,
    );
    return;
  }
  const pairs = lengthB >> 1, odd = (lengthB & 1) == 1;
  const row = <usize>lengthB << 3, rowA = <usize>lengthA << 3;
  for (let r = 0; r < rows; r++) {
    let table = tableAt;
    if (stepA) table += <usize>load<i32>(pieceAAt) * <usize>strideA;
    if (stepB) table += <usize>load<i32>(pieceBAt) * <usize>strideB;
    for (let i = 0; i < lengthA; i++) {
      const a = load<f64>(aAt + (<usize>i << 3));
      const splat = f64x2.splat(a);
      let b = bAt, t = table;
      for (let j = 0; j < pairs; j++) {
        v128.store(t, f64x2.add(v128.load(t), f64x2.mul(splat, v128.load(b))));
        b += 16;
        t += 16;
      }
      if (odd) store<f64>(t, load<f64>(t) + a * load<f64>(b));
      table += row;
    }
    aAt += rowA;
    bAt += row;
    pieceAAt += stepA;
    pieceBAt += stepB;
  }
}

/** Groups of four: cubic splines of one output. */
function pair44(
  rows: i32, tableAt: usize, strideA: i32, strideB: i32,
  aAt: usize, pieceAAt: usize, stepA: i32, bAt: usize, pieceBAt: usize, stepB: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const t = tableAt + <usize>load<i32>(pieceAAt) * <usize>strideA +
      <usize>load<i32>(pieceBAt) * <usize>strideB;
    const low = v128.load(bAt), high = v128.load(bAt, 16);
    let a = v128.load64_splat(aAt);
    v128.store(t, f64x2.add(v128.load(t), f64x2.mul(a, low)));
    v128.store(t, f64x2.add(v128.load(t, 16), f64x2.mul(a, high)), 16);
    a = v128.load64_splat(aAt, 8);
    v128.store(t, f64x2.add(v128.load(t, 32), f64x2.mul(a, low)), 32);
    v128.store(t, f64x2.add(v128.load(t, 48), f64x2.mul(a, high)), 48);
    a = v128.load64_splat(aAt, 16);
    v128.store(t, f64x2.add(v128.load(t, 64), f64x2.mul(a, low)), 64);
    v128.store(t, f64x2.add(v128.load(t, 80), f64x2.mul(a, high)), 80);
    a = v128.load64_splat(aAt, 24);
    v128.store(t, f64x2.add(v128.load(t, 96), f64x2.mul(a, low)), 96);
    v128.store(t, f64x2.add(v128.load(t, 112), f64x2.mul(a, high)), 112);
    aAt += 32;
    bAt += 32;
    pieceAAt += stepA;
    pieceBAt += stepB;
  }
}

/**
 * out = (T_A^T Z T_B)^T, shape [targetsB][targetsA], of a table Z [piecesA][piecesB][lengthA][lengthB]
 * and maps whose row m length + e has the entries starts[row] .. starts[row + 1] - 1; groups of rows
 * one after the other have the same columns. The scratch holds T_A^T Z [targetsA][piecesB lengthB],
 * its transpose, and lines of Z.
 */
export function gnMapPair(
  tableAt: usize, piecesA: i32, lengthA: i32, groupA: i32, startsAAt: usize, columnsAAt: usize,
  valuesAAt: usize, targetsA: i32, piecesB: i32, lengthB: i32, groupB: i32, startsBAt: usize,
  columnsBAt: usize, valuesBAt: usize, targetsB: i32, scratchAt: usize, outAt: usize,
): void {
  const width = piecesB * lengthB, block = <usize>(lengthA * lengthB) << 3;
  const rowBytes = <usize>width << 3, run = <usize>lengthB << 3;
  const half = scratchAt, turned = half + <usize>targetsA * rowBytes;
  const lines = turned + <usize>targetsA * rowBytes;
  memory.fill(half, 0, <usize>targetsA * rowBytes);
  memory.fill(outAt, 0, <usize>(targetsA * targetsB) << 3);
  for (let row = 0; row < piecesA * lengthA; row += groupA) {
    if (isEmpty(startsAAt, row)) continue;
    const m = row / lengthA;
    let first = piecesB, last = 0; // pieces in which the lines are not zero
    for (let n = 0; n < piecesB; n++) {
      let from = tableAt + <usize>(m * piecesB + n) * block + <usize>(row - m * lengthA) * run;
      let to = lines + <usize>n * run;
      const zero = isZero(from, groupA * lengthB);
      for (let k = 0; k < groupA; k++) {
        memory.copy(to, from, run);
        from += run;
        to += rowBytes;
      }
      if (zero) continue;
      if (first == piecesB) first = n;
      last = n + 1;
    }
    if (last == 0) continue;
    const begin = <usize>first * run;
    addRows(
      startsAAt, columnsAAt, valuesAAt, row, groupA, lines + begin, rowBytes, half + begin,
      (last - first) * lengthB,
    );
  }
  for (let i = 0; i < targetsA; i++) {
    for (let j = 0; j < width; j++) {
      store<f64>(
        turned + (<usize>(j * targetsA + i) << 3),
        load<f64>(half + (<usize>(i * width + j) << 3)),
      );
    }
  }
  const step = <usize>targetsA << 3;
  for (let row = 0; row < width; row += groupB) {
    const x = turned + <usize>row * step;
    if (isEmpty(startsBAt, row) || isZero(x, groupB * targetsA)) continue;
    addRows(startsBAt, columnsBAt, valuesBAt, row, groupB, x, step, outAt, targetsA);
  }
}

@inline
function isEmpty(startsAt: usize, row: i32): bool {
  const at = startsAt + (<usize>row << 2);
  return load<i32>(at) == load<i32>(at, 4);
}

/** y_c += sum of entry (row, c) times x_row over a group of rows, vectors `step` bytes apart. */
function addRows(
  startsAt: usize, columnsAt: usize, valuesAt: usize, row: i32, group: i32, x: usize, step: usize,
  y: usize, count: i32,
): void {
  const starts = startsAt + (<usize>row << 2);
  const from = load<i32>(starts), entries = load<i32>(starts, 4) - from;
  const next = <usize>entries << 3;
  for (let i = from; i < from + entries; i++) {
    const to = y + <usize>load<i32>(columnsAt + (<usize>i << 2)) * step;
    const shares = valuesAt + (<usize>i << 3);
    let k = 0;
    for (; k + 4 <= group; k += 4) {
      addScaled4(to, shares + <usize>k * next, next, x + <usize>k * step, step, count);
    }
    for (; k < group; k++) {
      addScaled(to, load<f64>(shares + <usize>k * next), x + <usize>k * step, count);
    }
  }
}

/** y += s_0 x_0 + s_1 x_1 + s_2 x_2 + s_3 x_3, in this order. */
function addScaled4(
  y: usize, sharesAt: usize, next: usize, x: usize, step: usize, count: i32,
): void {
  const a = load<f64>(sharesAt), b = load<f64>(sharesAt + next);
  const c = load<f64>(sharesAt + 2 * next), d = load<f64>(sharesAt + 3 * next);
  const aa = f64x2.splat(a), bb = f64x2.splat(b), cc = f64x2.splat(c), dd = f64x2.splat(d);
  const x1 = step, x2 = 2 * step, x3 = 3 * step, pairs = count >> 1;
  for (let i = 0; i < pairs; i++) {
    let sum = f64x2.add(v128.load(y), f64x2.mul(aa, v128.load(x)));
    sum = f64x2.add(sum, f64x2.mul(bb, v128.load(x + x1)));
    sum = f64x2.add(sum, f64x2.mul(cc, v128.load(x + x2)));
    v128.store(y, f64x2.add(sum, f64x2.mul(dd, v128.load(x + x3))));
    x += 16;
    y += 16;
  }
  if (count & 1) {
    const sum = load<f64>(y) + a * load<f64>(x) + b * load<f64>(x + x1) + c * load<f64>(x + x2);
    store<f64>(y, sum + d * load<f64>(x + x3));
  }
}

/** y += share x. */
function addScaled(y: usize, share: f64, x: usize, count: i32): void {
  const splat = f64x2.splat(share), pairs = count >> 1;
  for (let i = 0; i < pairs; i++) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(splat, v128.load(x))));
    x += 16;
    y += 16;
  }
  if (count & 1) store<f64>(y, load<f64>(y) + share * load<f64>(x));
}

function isZero(x: usize, count: i32): bool {
  for (let i = 0; i < count; i++) {
    if (load<f64>(x) != 0) return false;
    x += 8;
  }
  return true;
}

const TILE_COLUMNS = 512; // so that a row of a tile, a gradient and a half stay in the nearest cache

/**
 * Adds `sum over s of g_s h_s^T + h_s g_s^T` to the rows from .. to - 1 of the lower half of a
 * matrix with `columns` numbers in a row. Gradients g and halves h have the shape [count][n]; the
 * gradient s is zero from place lengths[s] on.
 */
export function gnSubstitute(
  matrixAt: usize, columns: i32, from: i32, to: i32, n: i32, count: i32, gradientsAt: usize,
  lengthsAt: usize, halvesAt: usize,
): void {
  const vector = <usize>n << 3, rowBytes = <usize>columns << 3;
  for (let j0 = 0; j0 < to; j0 += TILE_COLUMNS) {
    const tile = <usize>j0 << 3;
    for (let s = 0; s < count; s++) {
      const g = gradientsAt + <usize>s * vector, h = halvesAt + <usize>s * vector;
      const length = load<i32>(lengthsAt + (<usize>s << 2));
      for (let i = max(from, j0); i < to; i++) {
        const at = <usize>i << 3, end = min(i + 1, j0 + TILE_COLUMNS);
        const y = matrixAt + <usize>i * rowBytes + tile;
        if (i < length) addBoth(y, load<f64>(h + at), g + tile, load<f64>(g + at), h + tile, end - j0);
        else addScaled(y, load<f64>(h + at), g + tile, max(0, min(end, length) - j0));
      }
    }
  }
}

/** y += a x + b z, in this order. */
function addBoth(y: usize, a: f64, x: usize, b: f64, z: usize, count: i32): void {
  const aa = f64x2.splat(a), bb = f64x2.splat(b), pairs = count >> 1;
  for (let i = 0; i < pairs; i++) {
    const sum = f64x2.add(v128.load(y), f64x2.mul(aa, v128.load(x)));
    v128.store(y, f64x2.add(sum, f64x2.mul(bb, v128.load(z))));
    x += 16;
    y += 16;
    z += 16;
  }
  if (count & 1) store<f64>(y, load<f64>(y) + a * load<f64>(x) + b * load<f64>(z));
}
