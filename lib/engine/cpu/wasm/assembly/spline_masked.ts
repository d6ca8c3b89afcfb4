// Spline layers with a mask of edges. Every input has rows of its own in the table, as long as it has
// edges: a piece is `size = degree + 1` rows, the polynomials of these edges by powers of w. The first
// vectors of a row belong to outputs that lie side by side in a vector of y, the others to any: a list
// holds where each output lies, in bytes from the row of y. What fills a row's last vector repeats its
// first output, with coefficients 0.

import { EdgeNode } from "./_abi";
import { bytes, madd, sumLanes } from "./lanes";

/** y += sum over inputs of the splines on their edges. */
export function forwardMasked<T>(
  rows: i32, nIn: i32, degree: i32, pieces: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, nodesAt: usize, yAt: usize, yStep: usize,
): void {
  const pieceStep = <usize>nIn << 2;
  for (let p = 0; p < nIn; p++) {
    const node = changetype<EdgeNode>(nodesAt), first = p * pieces;
    const w = wAt + bytes<T>(p), at = pieceAt + (<usize>p << 2), table = tableAt + node.table;
    if (degree == 3) forward3<T>(rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
    else if (degree == 2) {
      forward2<T>(rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
    } else if (degree == 1) {
      forward1<T>(rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
    } else forwardAny<T>(degree + 1, rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
    nodesAt += offsetof<EdgeNode>();
  }
}

function forward3<T>(
  rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize, table: usize,
  node: EdgeNode, yAt: usize, yStep: usize,
): void {
  forwardNode<T>(4, rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
}

function forward2<T>(
  rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize, table: usize,
  node: EdgeNode, yAt: usize, yStep: usize,
): void {
  forwardNode<T>(3, rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
}

function forward1<T>(
  rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize, table: usize,
  node: EdgeNode, yAt: usize, yStep: usize,
): void {
  forwardNode<T>(2, rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
}

function forwardAny<T>(
  size: i32, rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize,
  table: usize, node: EdgeNode, yAt: usize, yStep: usize,
): void {
  forwardNode<T>(size, rows, first, at, pieceStep, w, wStep, table, node, yAt, yStep);
}

/** The polynomials at a vector of a piece's rows. */
@inline
function horner<T>(size: i32, c: usize, step: usize, w: v128): v128 {
  if (size > 4) {
    let at = c + <usize>(size - 1) * step, value = v128.load(at);
    for (let k = 1; k < size; k++) {
      at -= step;
      value = madd<T>(value, w, v128.load(at));
    }
    return value;
  }
  const c1 = c + step, c2 = c1 + step, c3 = c2 + step;
  let value = v128.load(size == 4 ? c3 : size == 3 ? c2 : c1);
  if (size > 3) value = madd<T>(value, w, v128.load(c2));
  if (size > 2) value = madd<T>(value, w, v128.load(c1));
  return madd<T>(value, w, v128.load(c));
}

/** The slopes by w at a vector of a piece's rows. */
@inline
function hornerSlope<T>(size: i32, c: usize, step: usize, w: T): v128 {
  if (size > 4) {
    const x = v128.splat<T>(w);
    let at = c + <usize>(size - 1) * step;
    let value = v128.mul<T>(v128.splat<T>(<T>(size - 1)), v128.load(at));
    for (let k = size - 2; k > 0; k--) {
      at -= step;
      value = madd<T>(value, x, v128.mul<T>(v128.splat<T>(<T>k), v128.load(at)));
    }
    return value;
  }
  const c1 = c + step, c2 = c1 + step;
  let value = v128.load(c1);
  if (size > 2) value = madd<T>(v128.load(c2), v128.splat<T>(w + w), value);
  if (size > 3) value = madd<T>(v128.load(c2 + step), v128.splat<T>(<T>3 * w * w), value);
  return value;
}

/** The numbers of y, from `row` on, of the outputs in a vector's part of the list. */
@inline
function take<T>(row: usize, list: usize): v128 {
  let x = v128.load_zero<T>(row + <usize>load<i32>(list));
  x = v128.load_lane<T>(row + <usize>load<i32>(list, 4), x, 1);
  if (sizeof<T>() == 4) {
    x = v128.load_lane<T>(row + <usize>load<i32>(list, 8), x, 2);
    x = v128.load_lane<T>(row + <usize>load<i32>(list, 12), x, 3);
  }
  return x;
}

/** Puts them back, the first last: the others may repeat it. */
@inline
function put<T>(row: usize, list: usize, x: v128): void {
  if (sizeof<T>() == 4) {
    v128.store_lane<T>(row + <usize>load<i32>(list, 12), x, 3);
    v128.store_lane<T>(row + <usize>load<i32>(list, 8), x, 2);
  }
  v128.store_lane<T>(row + <usize>load<i32>(list, 4), x, 1);
  v128.store_lane<T>(row + <usize>load<i32>(list), x, 0);
}

@inline
function forwardNode<T>(
  size: i32, rows: i32, first: i32, at: usize, pieceStep: usize, wAt: usize, wStep: usize,
  table: usize, node: EdgeNode, yAt: usize, yStep: usize,
): void {
  const step = node.step, perVector: usize = 64 / sizeof<T>(); // bytes of a vector's part of the list
  const lists = node.listAt, whole = lists + <usize>node.whole * perVector;
  const end = lists + <usize>node.vectors * perVector, pieceBytes = <usize>size * step;
  for (let r = 0; r < rows; r++) {
    const w = v128.load_splat<T>(wAt);
    let c = table + <usize>(load<i32>(at) - first) * pieceBytes, list = lists;
    for (; list + perVector < whole; list += 2 * perVector) {
      const y = yAt + <usize>load<i32>(list), z = yAt + <usize>load<i32>(list, perVector);
      const a = v128.add<T>(v128.load(y), horner<T>(size, c, step, w));
      const b = v128.add<T>(v128.load(z), horner<T>(size, c + 16, step, w));
      v128.store(y, a);
      v128.store(z, b);
      c += 32;
    }
    if (list < whole) {
      const y = yAt + <usize>load<i32>(list);
      v128.store(y, v128.add<T>(v128.load(y), horner<T>(size, c, step, w)));
      list += perVector;
      c += 16;
    }
    for (; list < end; list += perVector) {
      put<T>(yAt, list, v128.add<T>(take<T>(yAt, list), horner<T>(size, c, step, w)));
      c += 16;
    }
    at += pieceStep;
    wAt += wStep;
    yAt += yStep;
  }
}

/**
 * Adds to the gradient by the table. With `slopes` the local coordinates are overwritten by the
 * gradient by the normalised inputs.
 */
export function backwardMasked<T>(
  rows: i32, nIn: i32, degree: i32, pieces: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, barAt: usize, nodesAt: usize, originsAt: usize, yBarAt: usize, yStep: usize,
  slopes: bool,
): void {
  const pieceStep = <usize>nIn << 2, toBar = barAt - tableAt;
  for (let p = 0; p < nIn; p++) {
    const node = changetype<EdgeNode>(nodesAt), first = p * pieces;
    const w = wAt + bytes<T>(p), at = pieceAt + (<usize>p << 2), table = tableAt + node.table;
    if (degree == 3) {
      backward3<T>(
        rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep, slopes,
      );
    } else if (degree == 2) {
      backward2<T>(
        rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep, slopes,
      );
    } else if (degree == 1) {
      backward1<T>(
        rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep, slopes,
      );
    } else {
      backwardAny<T>(
        degree + 1, rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt,
        yStep, slopes,
      );
    }
    nodesAt += offsetof<EdgeNode>();
  }
}

function backward3<T>(
  rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize, table: usize,
  toBar: usize, node: EdgeNode, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  backwardNode<T>(
    4, rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep, slopes,
  );
}

function backward2<T>(
  rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize, table: usize,
  toBar: usize, node: EdgeNode, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  backwardNode<T>(
    3, rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep, slopes,
  );
}

function backward1<T>(
  rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize, table: usize,
  toBar: usize, node: EdgeNode, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  backwardNode<T>(
    2, rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep, slopes,
  );
}

function backwardAny<T>(
  size: i32, rows: i32, first: i32, at: usize, pieceStep: usize, w: usize, wStep: usize,
  table: usize, toBar: usize, node: EdgeNode, originsAt: usize, yBarAt: usize, yStep: usize,
  slopes: bool,
): void {
  backwardNode<T>(
    size, rows, first, at, pieceStep, w, wStep, table, toBar, node, originsAt, yBarAt, yStep,
    slopes,
  );
}

/** Adds g w^k to the rows of the gradient at m. */
@inline
function addMoments<T>(size: i32, m: usize, step: usize, g: v128, w: v128): void {
  v128.store(m, v128.add<T>(v128.load(m), g));
  let power = w;
  for (let k = 1; k < size; k++) {
    m += step;
    v128.store(m, madd<T>(power, g, v128.load(m)));
    power = v128.mul<T>(power, w);
  }
}

/** The same up to degree 3. */
@inline
function addShort<T>(
  size: i32, m: usize, step: usize, g: v128, w: v128, w2: v128, w3: v128,
): void {
  v128.store(m, v128.add<T>(v128.load(m), g));
  const m1 = m + step, m2 = m1 + step, m3 = m2 + step;
  v128.store(m1, madd<T>(w, g, v128.load(m1)));
  if (size > 2) v128.store(m2, madd<T>(w2, g, v128.load(m2)));
  if (size > 3) v128.store(m3, madd<T>(w3, g, v128.load(m3)));
}

/** Adds a vector's part of the gradient by the table; with `slopes` sum + g c'. */
@inline
function pullVector<T>(
  size: i32, c: usize, toBar: usize, step: usize, g: v128, x: T, w: v128, w2: v128, w3: v128,
  slopes: bool, sum: v128,
): v128 {
  if (size > 4) addMoments<T>(size, c + toBar, step, g, w);
  else addShort<T>(size, c + toBar, step, g, w, w2, w3);
  return slopes ? madd<T>(g, hornerSlope<T>(size, c, step, x), sum) : sum;
}

@inline
function backwardNode<T>(
  size: i32, rows: i32, first: i32, at: usize, pieceStep: usize, wAt: usize, wStep: usize,
  table: usize, toBar: usize, node: EdgeNode, originsAt: usize, yBarAt: usize, yStep: usize,
  slopes: bool,
): void {
  if (slopes) {
    backwardRows<T>(
      size, rows, first, at, pieceStep, wAt, wStep, table, toBar, node, originsAt, yBarAt, yStep,
      true,
    );
  } else {
    backwardRows<T>(
      size, rows, first, at, pieceStep, wAt, wStep, table, toBar, node, originsAt, yBarAt, yStep,
      false,
    );
  }
}

@inline
function backwardRows<T>(
  size: i32, rows: i32, first: i32, at: usize, pieceStep: usize, wAt: usize, wStep: usize,
  table: usize, toBar: usize, node: EdgeNode, originsAt: usize, yBarAt: usize, yStep: usize,
  slopes: bool,
): void {
  const step = node.step, perVector: usize = 64 / sizeof<T>();
  const lists = node.listAt, whole = lists + <usize>node.whole * perVector;
  const end = lists + <usize>node.vectors * perVector, pieceBytes = <usize>size * step;
  for (let r = 0; r < rows; r++) {
    const x = load<T>(wAt), piece = load<i32>(at);
    const w = v128.splat<T>(x), w2 = v128.mul<T>(w, w), w3 = v128.mul<T>(w2, w);
    let c = table + <usize>(piece - first) * pieceBytes, list = lists;
    let sum = v128.splat<T>(0), other = sum;
    for (; list + perVector < whole; list += 2 * perVector) {
      const g = v128.load(yBarAt + <usize>load<i32>(list));
      const h = v128.load(yBarAt + <usize>load<i32>(list, perVector));
      sum = pullVector<T>(size, c, toBar, step, g, x, w, w2, w3, slopes, sum);
      other = pullVector<T>(size, c + 16, toBar, step, h, x, w, w2, w3, slopes, other);
      c += 32;
    }
    if (list < whole) {
      const g = v128.load(yBarAt + <usize>load<i32>(list));
      sum = pullVector<T>(size, c, toBar, step, g, x, w, w2, w3, slopes, sum);
      list += perVector;
      c += 16;
    }
    for (; list < end; list += perVector) {
      const g = take<T>(yBarAt, list);
      sum = pullVector<T>(size, c, toBar, step, g, x, w, w2, w3, slopes, sum);
      c += 16;
    }
    if (slopes) {
      const rate = load<f64>(originsAt + (<usize>piece << 4), 8);
      const slope = sumLanes<T>(v128.add<T>(sum, other));
      store<T>(wAt, <T>(<f64>slope * rate));
    }
    at += pieceStep;
    wAt += wStep;
    yBarAt += yStep;
  }
}
