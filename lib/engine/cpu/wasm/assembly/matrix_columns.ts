// From tables of pieces to columns of the Gauss-Newton matrix, and from statistics to parameters.

/**
 * out = (T_A^T Z T_B)^T, shape [targetsB][targetsA], of a table Z with the shape
 * [piecesA][piecesB][lengthA][lengthB] and maps whose row m length + e has the entries starts[row]
 * to starts[row + 1] - 1; groups of rows one after the other have the same columns. The scratch
 * holds T_A^T Z [targetsA][piecesB lengthB], its transpose, and lines of Z.
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
export function addScaled(y: usize, share: f64, x: usize, count: i32): void {
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

/** Columns of a tile: a row of it, a gradient and a half stay in the nearest cache. */
const TILE_COLUMNS = 512;

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
        const gi = load<f64>(g + at), hi = load<f64>(h + at);
        if (i < length) addBoth(y, hi, g + tile, gi, h + tile, end - j0);
        else addScaled(y, hi, g + tile, max(0, min(end, length) - j0));
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
