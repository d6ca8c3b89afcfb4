// Spline layers with a penalty on their edges: the kernels of spline_many.ts and spline_one.ts on
// pieces, which also add |phi| of every edge up, and pull the penalty's slopes by these sums back.
//
// With `epsilon` (f64 at epsilonAt) not 0, |phi| is sqrt(phi^2 + epsilon^2). Where squaresAt is not 0
// norms are deviations: phi itself is added up, and phi^2 at squaresAt; back comes slope phi - shift,
// shifts at normShiftsAt. A base branch adds
// base[p, q] silu(u_p) to an edge's value: siluAt and siluSlopeAt hold silu and its derivative of all
// points (0: no branch), rows wStep apart; y has it from another kernel.

import { bytes, madd, sumLanes } from "./lanes";
import { powers } from "./local";

/** y += sum over inputs of the splines; norms [nIn, yStep] += |phi|. */
export function forwardEdges<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize,
  yAt: usize, yStep: usize, siluAt: usize, baseAt: usize, normsAt: usize, squaresAt: usize, epsilonAt: usize,
): void {
  const epsilon = <T>load<f64>(epsilonAt);
  if (degree == 3) {
    forwardSize<T>(
      4, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep, siluAt, baseAt, normsAt,
      squaresAt, epsilon,
    );
  } else if (degree == 2) {
    forwardSize<T>(
      3, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep, siluAt, baseAt, normsAt,
      squaresAt, epsilon,
    );
  } else {
    forwardSize<T>(
      0, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep, siluAt, baseAt, normsAt,
      squaresAt, epsilon,
    );
  }
}

/** Two kernels for each degree: one for plain splines that are not rounded. */
@inline
function forwardSize<T>(
  size: i32, rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, yAt: usize, yStep: usize, siluAt: usize, baseAt: usize, normsAt: usize,
  squaresAt: usize, epsilon: T,
): void {
  if (siluAt || squaresAt || epsilon != 0) {
    forwardRows<T>(
      size, false, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep, siluAt, baseAt,
      normsAt, squaresAt, epsilon,
    );
  } else {
    forwardRows<T>(
      size, true, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep, 0, 0, normsAt, 0, 0,
    );
  }
}

/** The polynomial of a piece, its rows `step` apart from c on; size 0: of any degree. */
@inline
function valueAt<T>(size: i32, degree: i32, c: usize, step: usize, w: v128): v128 {
  let at = c + <usize>(size == 0 ? degree : size - 1) * step;
  let value = v128.load(at);
  if (size == 0) {
    while (at > c) {
      at -= step;
      value = madd<T>(value, w, v128.load(at));
    }
    return value;
  }
  if (size > 3) value = madd<T>(value, w, v128.load(c + 2 * step));
  value = madd<T>(value, w, v128.load(c + step));
  return madd<T>(value, w, v128.load(c));
}

@inline
function forwardRows<T>(
  size: i32, plain: bool, rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize,
  wStep: usize, tableAt: usize, yAt: usize, yStep: usize, siluAt: usize, baseAt: usize,
  normsAt: usize, squaresAt: usize, epsilon: T,
): void {
  const toSquares = squaresAt - normsAt;
  const step = <usize>(degree + 1) * yStep, square = v128.splat<T>(epsilon * epsilon);
  const rounds = epsilon != 0;
  for (let p = 0; p < nIn; p++) {
    const norms = normsAt + <usize>p * yStep, base = baseAt + <usize>p * yStep;
    let at = <usize>p * sizeof<T>(), pieces = pieceAt + (<usize>p << 2), y = yAt;
    for (let r = 0; r < rows; r++) {
      const w = v128.load_splat<T>(wAt + at);
      const s = plain || !siluAt ? w : v128.load_splat<T>(siluAt + at);
      const c = tableAt + <usize>load<i32>(pieces) * step;
      for (let j: usize = 0; j < yStep; j += 16) {
        let phi = valueAt<T>(size, degree, c + j, yStep, w);
        v128.store(y + j, v128.add<T>(v128.load(y + j), phi));
        if (!plain && siluAt) phi = madd<T>(s, v128.load(base + j), phi);
        const magnitude = !plain && squaresAt
          ? phi
          : !plain && rounds
          ? v128.sqrt<T>(madd<T>(phi, phi, square))
          : v128.abs<T>(phi);
        v128.store(norms + j, v128.add<T>(v128.load(norms + j), magnitude));
        if (!plain && squaresAt) {
          const to = norms + toSquares + j;
          v128.store(to, madd<T>(phi, phi, v128.load(to)));
        }
      }
      y += yStep;
      at += wStep;
      pieces += <usize>nIn << 2;
    }
  }
}

/** `slope` times the derivative of |phi|: 0 at 0. */
@inline
function pullMagnitude<T>(rounds: bool, phi: v128, square: v128, slope: v128): v128 {
  if (rounds) {
    const magnitude = v128.sqrt<T>(madd<T>(phi, phi, square));
    return v128.mul<T>(slope, v128.div<T>(phi, magnitude));
  }
  const sign = v128.and(phi, sizeof<T>() == 8 ? f64x2.splat(-0.0) : f32x4.splat(-0.0));
  return v128.and(v128.xor(slope, sign), v128.ne<T>(phi, v128.splat<T>(0)));
}

/**
 * Adds to the moments of the pieces' polynomials the gradient by the values, yBar plus what the norms
 * bring: slopes [nIn, yStep] times the derivative of |phi|; adds the latter times silu to baseBar.
 * With `slopes` the local coordinates are overwritten by the gradient by the normalised inputs (that
 * of yBar through the base branch is another kernel's).
 */
export function backwardEdges<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize,
  momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool, siluAt: usize,
  siluSlopeAt: usize, baseAt: usize, baseBarAt: usize, normSlopesAt: usize, normShiftsAt: usize,
  epsilonAt: usize,
): void {
  const epsilon = <T>load<f64>(epsilonAt);
  if (degree == 3) {
    backwardSize<T>(
      4, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep,
      slopes, siluAt, siluSlopeAt, baseAt, baseBarAt, normSlopesAt, normShiftsAt, epsilon,
    );
  } else if (degree == 2) {
    backwardSize<T>(
      3, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep,
      slopes, siluAt, siluSlopeAt, baseAt, baseBarAt, normSlopesAt, normShiftsAt, epsilon,
    );
  } else {
    backwardSize<T>(
      0, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep,
      slopes, siluAt, siluSlopeAt, baseAt, baseBarAt, normSlopesAt, normShiftsAt, epsilon,
    );
  }
}

@inline
function backwardSize<T>(
  size: i32, rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
  siluAt: usize, siluSlopeAt: usize, baseAt: usize, baseBarAt: usize, normSlopesAt: usize,
  normShiftsAt: usize, epsilon: T,
): void {
  if (siluAt || normShiftsAt || epsilon != 0) {
    backwardRows<T>(
      size, false, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt,
      yStep, slopes, siluAt, siluSlopeAt, baseAt, baseBarAt, normSlopesAt, normShiftsAt, epsilon,
    );
  } else {
    backwardRows<T>(
      size, true, rows, nIn, degree, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt,
      yStep, slopes, 0, 0, 0, 0, normSlopesAt, 0, 0,
    );
  }
}

@inline
function addAt<T>(at: usize, value: v128): void {
  v128.store(at, v128.add<T>(v128.load(at), value));
}

/** Adds g w^k to the moments; gives `d` plus g times the polynomial's derivative. */
@inline
function addMoments<T>(
  size: i32, degree: i32, c: usize, m: usize, step: usize, w: v128, g: v128, d: v128,
): v128 {
  addAt<T>(m, g);
  if (size == 0) {
    let power = g, sum = d;
    for (let k = 1; k <= degree; k++) {
      c += step;
      m += step;
      sum = madd<T>(v128.mul<T>(power, v128.splat<T>(<T>k)), v128.load(c), sum);
      power = v128.mul<T>(power, w);
      addAt<T>(m, power);
    }
    return sum;
  }
  const square = v128.mul<T>(w, w), c1 = c + step, c2 = c1 + step;
  const m1 = m + step, m2 = m1 + step;
  let slope = madd<T>(v128.add<T>(w, w), v128.load(c2), v128.load(c1));
  v128.store(m1, madd<T>(g, w, v128.load(m1)));
  v128.store(m2, madd<T>(g, square, v128.load(m2)));
  if (size > 3) {
    const m3 = m2 + step;
    slope = madd<T>(v128.mul<T>(square, v128.splat<T>(<T>3)), v128.load(c2 + step), slope);
    v128.store(m3, madd<T>(v128.mul<T>(g, w), square, v128.load(m3)));
  }
  return madd<T>(g, slope, d);
}

@inline
function backwardRows<T>(
  size: i32, plain: bool, rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize,
  wStep: usize, tableAt: usize, momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize,
  slopes: bool, siluAt: usize, siluSlopeAt: usize, baseAt: usize, baseBarAt: usize,
  normSlopesAt: usize, normShiftsAt: usize, epsilon: T,
): void {
  const toShifts = normShiftsAt - normSlopesAt;
  const step = <usize>(degree + 1) * yStep, toMoments = momentsAt - tableAt;
  const square = v128.splat<T>(epsilon * epsilon), rounds = epsilon != 0;
  for (let p = 0; p < nIn; p++) {
    const row = <usize>p * yStep, norms = normSlopesAt + row;
    const base = baseAt + row, baseBar = baseBarAt + row;
    let at = <usize>p * sizeof<T>(), pieces = pieceAt + (<usize>p << 2), y = yBarAt;
    for (let r = 0; r < rows; r++) {
      const w = v128.load_splat<T>(wAt + at);
      const s = plain || !siluAt ? w : v128.load_splat<T>(siluAt + at);
      const piece = <usize>load<i32>(pieces), c = tableAt + piece * step;
      let d = v128.splat<T>(0), whole = d;
      for (let j: usize = 0; j < yStep; j += 16) {
        let phi = valueAt<T>(size, degree, c + j, yStep, w);
        if (!plain && siluAt) phi = madd<T>(s, v128.load(base + j), phi);
        const slope = v128.load(norms + j);
        const pull = !plain && normShiftsAt
          ? v128.sub<T>(v128.mul<T>(slope, phi), v128.load(norms + toShifts + j))
          : pullMagnitude<T>(!plain && rounds, phi, square, slope);
        if (!plain && siluAt) {
          v128.store(baseBar + j, madd<T>(pull, s, v128.load(baseBar + j)));
          whole = madd<T>(pull, v128.load(base + j), whole);
        }
        const g = v128.add<T>(v128.load(y + j), pull);
        d = addMoments<T>(size, degree, c + j, c + toMoments + j, yStep, w, g, d);
      }
      if (slopes) {
        const rate = load<f64>(originsAt + (piece << 4), 8);
        let slope = <f64>sumLanes<T>(d) * rate;
        if (!plain && siluAt) slope += <f64>(sumLanes<T>(whole) * load<T>(siluSlopeAt + at));
        store<T>(wAt + at, <T>slope);
      }
      y += yStep;
      at += wStep;
      pieces += <usize>nIn << 2;
    }
  }
}

/** y = sum over inputs of the splines of a layer with one output; norms [nIn] += |phi|. */
export function forwardEdge<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize,
  yAt: usize, yStep: usize, siluAt: usize, baseAt: usize, normsAt: usize, squaresAt: usize, epsilonAt: usize,
): void {
  const epsilon = <T>load<f64>(epsilonAt), square = epsilon * epsilon;
  if (degree < 4 && !siluAt && !squaresAt && epsilon == 0) {
    forwardPlain<T>(rows, nIn, pieceAt, wAt, wStep, tableAt, yAt, yStep, normsAt);
    return;
  }
  const size = bytes<T>(max(4, degree + 1));
  for (let r = 0; r < rows; r++) {
    let sum: T = 0;
    for (let p = 0; p < nIn; p++) {
      const at = bytes<T>(p), w = load<T>(wAt + at);
      let phi = polynomial<T>(degree, tableAt + <usize>load<i32>(pieceAt) * size, w);
      sum += phi;
      if (siluAt) phi += load<T>(siluAt + at) * load<T>(baseAt + at);
      const magnitude = squaresAt
        ? phi
        : epsilon == 0
        ? abs<T>(phi)
        : sqrt<T>(phi * phi + square);
      store<T>(normsAt + at, load<T>(normsAt + at) + magnitude);
      if (squaresAt) store<T>(squaresAt + at, load<T>(squaresAt + at) + phi * phi);
      pieceAt += 4;
    }
    store<T>(yAt, sum);
    yAt += yStep;
    wAt += wStep;
    if (siluAt) siluAt += wStep;
  }
}

/** The same up to degree 3, of plain splines that are not rounded. */
@inline
function forwardPlain<T>(
  rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize, normsAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let sum: T = 0, at = wAt, norm = normsAt;
    for (let p = 0; p < nIn; p++) {
      const phi = cubic<T>(tableAt + (<usize>load<i32>(pieceAt) << pieceShift<T>()), load<T>(at));
      sum += phi;
      store<T>(norm, load<T>(norm) + abs<T>(phi));
      at += sizeof<T>();
      norm += sizeof<T>();
      pieceAt += 4;
    }
    store<T>(yAt, sum);
    yAt += yStep;
    wAt += wStep;
  }
}

/** log2 of a piece's bytes, up to degree 3. */
@inline
function pieceShift<T>(): usize {
  return sizeof<T>() == 8 ? 5 : 4;
}

/** The value of a polynomial of up to degree 3. */
@inline
function cubic<T>(a: usize, w: T): T {
  if (sizeof<T>() == 8) {
    const square = v128.splat<T>(w * w);
    const halves = madd<T>(v128.load(a, 16), square, v128.load(a));
    return <T>(f64x2.extract_lane(halves, 0) + <f64>w * f64x2.extract_lane(halves, 1));
  }
  const high = load<T>(a, 2 * sizeof<T>()) + w * load<T>(a, 3 * sizeof<T>());
  return load<T>(a) + w * load<T>(a, sizeof<T>()) + w * w * high;
}

/** The value of a polynomial. */
@inline
function polynomial<T>(degree: i32, a: usize, w: T): T {
  if (degree < 4) {
    const high = load<T>(a, 2 * sizeof<T>()) + w * load<T>(a, 3 * sizeof<T>());
    return load<T>(a) + w * load<T>(a, sizeof<T>()) + w * w * high;
  }
  let value: T = 0;
  for (let k = degree; k >= 0; k--) value = value * w + load<T>(a + bytes<T>(k));
  return value;
}

/** What backwardEdges does, of a layer with one output. */
export function backwardEdge<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize,
  momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool, siluAt: usize,
  siluSlopeAt: usize, baseAt: usize, baseBarAt: usize, normSlopesAt: usize, normShiftsAt: usize,
  epsilonAt: usize,
): void {
  const epsilon = <T>load<f64>(epsilonAt), square = epsilon * epsilon;
  if (degree < 4 && !siluAt && !normShiftsAt && epsilon == 0) {
    if (slopes) {
      backwardPlain<T>(
        true, rows, nIn, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep,
        normSlopesAt,
      );
    } else {
      backwardPlain<T>(
        false, rows, nIn, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep,
        normSlopesAt,
      );
    }
    return;
  }
  const size = bytes<T>(max(4, degree + 1));
  for (let r = 0; r < rows; r++) {
    const g = load<T>(yBarAt);
    for (let p = 0; p < nIn; p++) {
      const at = bytes<T>(p), w = load<T>(wAt + at), piece = <usize>load<i32>(pieceAt);
      const a = tableAt + piece * size, mu = momentsAt + piece * size;
      let phi = polynomial<T>(degree, a, w);
      if (siluAt) phi += load<T>(siluAt + at) * load<T>(baseAt + at);
      const weight = load<T>(normSlopesAt + at);
      const pull = normShiftsAt
        ? weight * phi - load<T>(normShiftsAt + at)
        : epsilon != 0
        ? weight * (phi / sqrt<T>(phi * phi + square))
        : phi > 0
        ? weight
        : phi < 0
        ? -weight
        : <T>0;
      const bar = g + pull;
      const slope = addPowers<T>(degree, a, mu, w, bar);
      if (siluAt) store<T>(baseBarAt + at, load<T>(baseBarAt + at) + pull * load<T>(siluAt + at));
      if (slopes) {
        let whole = <f64>slope * load<f64>(originsAt + (piece << 4), 8);
        if (siluAt) whole += <f64>(pull * load<T>(baseAt + at) * load<T>(siluSlopeAt + at));
        store<T>(wAt + at, <T>whole);
      }
      pieceAt += 4;
    }
    yBarAt += yStep;
    wAt += wStep;
    if (siluAt) {
      siluAt += wStep;
      siluSlopeAt += wStep;
    }
  }
}

/** The same up to degree 3, of plain splines that are not rounded. */
@inline
function backwardPlain<T>(
  slopes: bool, rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize,
  momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, normSlopesAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const g = load<T>(yBarAt);
    let at = wAt, norm = normSlopesAt;
    for (let p = 0; p < nIn; p++) {
      const w = load<T>(at), piece = <usize>load<i32>(pieceAt);
      const a = tableAt + (piece << pieceShift<T>()), mu = momentsAt + (piece << pieceShift<T>());
      const phi = cubic<T>(a, w), pull = copysign<T>(load<T>(norm), phi);
      const bar = g + (phi == 0 ? <T>0 : load<T>(norm) < 0 ? -pull : pull);
      if (sizeof<T>() == 8) {
        const low = f64x2.replace_lane(f64x2.splat(<f64>bar), 1, <f64>bar * <f64>w);
        v128.store(mu, f64x2.add(v128.load(mu), low));
        v128.store(mu, madd<f64>(low, f64x2.splat(<f64>w * <f64>w), v128.load(mu, 16)), 16);
      } else {
        v128.store(mu, madd<f32>(powers<f32>(<f32>w, 0), f32x4.splat(<f32>bar), v128.load(mu)));
      }
      if (slopes) {
        const a2 = load<T>(a, 2 * sizeof<T>()), a3 = load<T>(a, 3 * sizeof<T>());
        const slope = load<T>(a, sizeof<T>()) + w * (a2 + a2 + <T>3 * w * a3);
        store<T>(at, <T>(<f64>(bar * slope) * load<f64>(originsAt + (piece << 4), 8)));
      }
      at += sizeof<T>();
      norm += sizeof<T>();
      pieceAt += 4;
    }
    yBarAt += yStep;
    wAt += wStep;
  }
}

/** Adds g w^k to the moments at mu; gives g times the polynomial's derivative. */
@inline
function addPowers<T>(degree: i32, a: usize, mu: usize, w: T, g: T): T {
  let power = g, slope: T = 0;
  store<T>(mu, load<T>(mu) + power);
  for (let k = 1; k <= degree; k++) {
    const at = bytes<T>(k);
    slope += <T>k * load<T>(a + at) * power;
    power *= w;
    store<T>(mu + at, load<T>(mu + at) + power);
  }
  return slope;
}
