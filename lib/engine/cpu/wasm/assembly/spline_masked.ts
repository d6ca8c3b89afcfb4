// Spline layers with a mask of edges. A piece of an input holds the polynomials of the input's edges,
// two (f64) or four (f32) in the lanes of `size = degree + 1` vectors, one for each power of w. The first
// of these groups belong to outputs that lie side by side in a vector of y, the others to any: a list
// holds where each output lies, in bytes from the row of y. What fills the last group repeats its first
// output, with coefficients 0.

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

/** The polynomials of a group. */
@inline
function horner<T>(size: i32, c: usize, w: v128): v128 {
  if (size > 4) {
    let at = c + (<usize>(size - 1) << 4), value = v128.load(at);
    for (let k = 1; k < size; k++) {
      at -= 16;
      value = madd<T>(value, w, v128.load(at));
    }
    return value;
  }
  let value = size == 4 ? v128.load(c, 48) : size == 3 ? v128.load(c, 32) : v128.load(c, 16);
  if (size > 3) value = madd<T>(value, w, v128.load(c, 32));
  if (size > 2) value = madd<T>(value, w, v128.load(c, 16));
  return madd<T>(value, w, v128.load(c));
}

/** Their slopes by w, which is x in every lane; u and v are 2 x and 3 x^2. */
@inline
function hornerSlope<T>(size: i32, c: usize, w: v128, u: v128, v: v128): v128 {
  if (size > 4) {
    let at = c + (<usize>(size - 1) << 4);
    let value = v128.mul<T>(v128.splat<T>(<T>(size - 1)), v128.load(at));
    for (let k = size - 2; k > 0; k--) {
      at -= 16;
      value = madd<T>(value, w, v128.mul<T>(v128.splat<T>(<T>k), v128.load(at)));
    }
    return value;
  }
  let value = v128.load(c, 16);
  if (size > 2) value = madd<T>(v128.load(c, 32), u, value);
  if (size > 3) value = madd<T>(v128.load(c, 48), v, value);
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
  const perGroup: usize = 64 / sizeof<T>(), group = <usize>size << 4; // bytes of the list, of the table
  const lists = node.listAt, whole = lists + <usize>node.whole * perGroup;
  const end = lists + <usize>node.groups * perGroup, pieceBytes = node.piece;
  for (let r = 0; r < rows; r++) {
    const w = v128.load_splat<T>(wAt);
    let c = table + <usize>(load<i32>(at) - first) * pieceBytes, list = lists;
    for (; list < whole; list += perGroup) {
      const y = yAt + <usize>load<i32>(list);
      v128.store(y, v128.add<T>(v128.load(y), horner<T>(size, c, w)));
      c += group;
    }
    for (; list < end; list += perGroup) {
      put<T>(yAt, list, v128.add<T>(take<T>(yAt, list), horner<T>(size, c, w)));
      c += group;
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

/** Adds g w^k to the gradient by a group at m. */
@inline
function addMoments<T>(size: i32, m: usize, g: v128, w: v128, w2: v128, w3: v128): void {
  v128.store(m, v128.add<T>(v128.load(m), g));
  if (size > 4) {
    let power = w;
    for (let k = 1; k < size; k++) {
      m += 16;
      v128.store(m, madd<T>(power, g, v128.load(m)));
      power = v128.mul<T>(power, w);
    }
    return;
  }
  v128.store(m, madd<T>(w, g, v128.load(m, 16)), 16);
  if (size > 2) v128.store(m, madd<T>(w2, g, v128.load(m, 32)), 32);
  if (size > 3) v128.store(m, madd<T>(w3, g, v128.load(m, 48)), 48);
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
  const perGroup: usize = 64 / sizeof<T>(), group = <usize>size << 4;
  const lists = node.listAt, whole = lists + <usize>node.whole * perGroup;
  const end = lists + <usize>node.groups * perGroup, pieceBytes = node.piece;
  for (let r = 0; r < rows; r++) {
    const x = load<T>(wAt), piece = load<i32>(at);
    const w = v128.splat<T>(x), w2 = v128.mul<T>(w, w), w3 = v128.mul<T>(w2, w);
    const u = v128.add<T>(w, w), v = v128.mul<T>(v128.splat<T>(3), w2);
    let c = table + <usize>(piece - first) * pieceBytes, list = lists;
    let sum = v128.splat<T>(0);
    for (; list < whole; list += perGroup) {
      const g = v128.load(yBarAt + <usize>load<i32>(list));
      addMoments<T>(size, c + toBar, g, w, w2, w3);
      if (slopes) sum = madd<T>(g, hornerSlope<T>(size, c, w, u, v), sum);
      c += group;
    }
    for (; list < end; list += perGroup) {
      const g = take<T>(yBarAt, list);
      addMoments<T>(size, c + toBar, g, w, w2, w3);
      if (slopes) sum = madd<T>(g, hornerSlope<T>(size, c, w, u, v), sum);
      c += group;
    }
    if (slopes) {
      const rate = load<f64>(originsAt + (<usize>piece << 4), 8);
      store<T>(wAt, <T>(<f64>sumLanes<T>(sum) * rate));
    }
    at += pieceStep;
    wAt += wStep;
    yBarAt += yStep;
  }
}
