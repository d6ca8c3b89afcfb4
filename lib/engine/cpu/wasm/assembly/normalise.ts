// Statistics of columns, f64 [nIn], and the adjoints of normalisation.

import { bytes, madd } from "./lanes";

/** Prepares `extremes`. */
export function resetExtremes(nIn: i32, minimumAt: usize, maximumAt: usize): void {
  for (let p = 0; p < nIn; p++) {
    store<f64>(minimumAt + (<usize>p << 3), Infinity);
    store<f64>(maximumAt + (<usize>p << 3), -Infinity);
  }
}

/** Widens the extremes of each column, and keeps the lowest rows that have them. */
export function extremes<T>(
  rows: i32, nIn: i32, begin: i32, xAt: usize, xStep: usize, minimumAt: usize, maximumAt: usize,
  lowRowAt: usize, highRowAt: usize,
): void {
  const lanes = 16 / sizeof<T>();
  for (let p = 0; p < nIn; p += lanes) {
    const column = xAt + bytes<T>(p);
    const stop = min(nIn, p + lanes);
    // Vectors where rows are padded to whole ones; then only columns with new extremes are searched.
    const whole = xStep % 16 == 0;
    let low = v128.splat<T>(<T>Infinity), high = v128.splat<T>(-<T>Infinity);
    if (whole) {
      let x = column;
      for (let r = 0; r < rows; r++) {
        low = v128.pmin<T>(low, v128.load(x));
        high = v128.pmax<T>(high, v128.load(x));
        x += xStep;
      }
    }
    for (let c = p; c < stop; c++) {
      const word = <usize>c << 3;
      const before = load<f64>(minimumAt + word), after = load<f64>(maximumAt + word);
      const widens = <f64>lane<T>(low, c - p) < before || <f64>lane<T>(high, c - p) > after;
      if (whole && !widens) continue;
      let least = before, most = after;
      let x = xAt + bytes<T>(c);
      for (let r = 0; r < rows; r++) {
        const value = <f64>load<T>(x);
        if (value < least) {
          least = value;
          store<i32>(lowRowAt + (<usize>c << 2), begin + r);
        }
        if (value > most) {
          most = value;
          store<i32>(highRowAt + (<usize>c << 2), begin + r);
        }
        x += xStep;
      }
      store<f64>(minimumAt + word, least);
      store<f64>(maximumAt + word, most);
    }
  }
}

@inline
function lane<T>(x: v128, i: i32): T {
  if (sizeof<T>() == 8) {
    return <T>(i == 0 ? f64x2.extract_lane(x, 0) : f64x2.extract_lane(x, 1));
  }
  if (i < 2) return <T>(i == 0 ? f32x4.extract_lane(x, 0) : f32x4.extract_lane(x, 1));
  return <T>(i == 2 ? f32x4.extract_lane(x, 2) : f32x4.extract_lane(x, 3));
}

/**
 * Min-max adjoint: bar *= scale in place. The gradient by the extremes is added to sumsAt, [nIn, 2].
 * The extreme rows always land on the domain's ends, so their slopes cancel: they count as 0.
 */
export function pullExtremes<T>(
  rows: i32, nIn: i32, begin: i32, xAt: usize, barAt: usize, step: usize, scaleAt: usize,
  minimumAt: usize, maximumAt: usize, lowRowAt: usize, highRowAt: usize, sumsAt: usize,
): void {
  const lanes = 16 / sizeof<T>();
  for (let p = 0; p < nIn; p += lanes) {
    let scale = v128.splat<T>(0), minimum = scale, inverse = scale;
    for (let c = p; c < min(nIn, p + lanes); c++) {
      const word = <usize>c << 3;
      const low = load<f64>(minimumAt + word), rate = load<f64>(scaleAt + word);
      scale = withLane<T>(scale, c - p, <T>rate);
      minimum = withLane<T>(minimum, c - p, <T>low);
      inverse = withLane<T>(
        inverse, c - p, rate == 0 ? 0 : <T>(1 / (load<f64>(maximumAt + word) - low)),
      );
      clearRow<T>(barAt + bytes<T>(c), step, load<i32>(lowRowAt + (<usize>c << 2)) - begin, rows);
      clearRow<T>(barAt + bytes<T>(c), step, load<i32>(highRowAt + (<usize>c << 2)) - begin, rows);
    }
    let all = v128.splat<T>(0), high = all;
    let x = xAt + bytes<T>(p), bar = barAt + bytes<T>(p);
    for (let r = 0; r < rows; r++) {
      const xBar = v128.mul<T>(v128.load(bar), scale);
      const v = v128.mul<T>(v128.sub<T>(v128.load(x), minimum), inverse);
      all = v128.add<T>(all, xBar);
      high = madd<T>(xBar, v, high);
      v128.store(bar, xBar);
      x += step;
      bar += step;
    }
    for (let c = p; c < min(nIn, p + lanes); c++) {
      const sums = sumsAt + (<usize>c << 4);
      const above = <f64>lane<T>(high, c - p), below = <f64>lane<T>(all, c - p) - above;
      store<f64>(sums, load<f64>(sums) - below);
      store<f64>(sums, load<f64>(sums, 8) - above, 8);
    }
  }
}

@inline
function clearRow<T>(at: usize, step: usize, row: i32, rows: i32): void {
  if (row >= 0 && row < rows) store<T>(at + <usize>row * step, 0);
}

@inline
function withLane<T>(x: v128, i: i32, value: T): v128 {
  if (sizeof<T>() == 8) {
    return i == 0 ? f64x2.replace_lane(x, 0, <f64>value) : f64x2.replace_lane(x, 1, <f64>value);
  }
  if (i < 2) {
    return i == 0 ? f32x4.replace_lane(x, 0, <f32>value) : f32x4.replace_lane(x, 1, <f32>value);
  }
  return i == 2 ? f32x4.replace_lane(x, 2, <f32>value) : f32x4.replace_lane(x, 3, <f32>value);
}

/** Adds `sum (x - centre)` and `sum (x - centre)^2` of each column to sumsAt, [nIn, 2]. */
export function columnSums<T>(
  rows: i32, nIn: i32, xAt: usize, xStep: usize, centreAt: usize, sumsAt: usize,
): void {
  for (let p = 0; p < nIn; p++) {
    const centre = load<f64>(centreAt + (<usize>p << 3)), sums = sumsAt + (<usize>p << 4);
    let x = xAt + bytes<T>(p);
    let sum: f64 = 0, squares: f64 = 0;
    for (let r = 0; r < rows; r++) {
      const d = <f64>load<T>(x) - centre;
      sum += d;
      squares += d * d;
      x += xStep;
    }
    store<f64>(sums, load<f64>(sums) + sum);
    store<f64>(sums, load<f64>(sums, 8) + squares, 8);
  }
}

/** Adds `sum bar` and `sum bar u`, `u = (x - mean) scale`, of each column to sumsAt, [nIn, 2]. */
export function momentSums<T>(
  rows: i32, nIn: i32, xAt: usize, barAt: usize, step: usize, meanAt: usize, scaleAt: usize,
  sumsAt: usize,
): void {
  for (let p = 0; p < nIn; p++) {
    const mean = load<f64>(meanAt + (<usize>p << 3)), scale = load<f64>(scaleAt + (<usize>p << 3));
    const sums = sumsAt + (<usize>p << 4);
    let x = xAt + bytes<T>(p), bar = barAt + bytes<T>(p);
    let sum: f64 = 0, dot: f64 = 0;
    for (let r = 0; r < rows; r++) {
      const g = <f64>load<T>(bar);
      sum += g;
      dot += g * (<f64>load<T>(x) - mean) * scale;
      x += step;
      bar += step;
    }
    store<f64>(sums, load<f64>(sums) + sum);
    store<f64>(sums, load<f64>(sums, 8) + dot, 8);
  }
}

/** bar = scale (bar - m_0 - u m_1) in place; meansAt holds m, [nIn, 2]. */
export function pullMoments<T>(
  rows: i32, nIn: i32, xAt: usize, barAt: usize, step: usize, meanAt: usize, scaleAt: usize,
  meansAt: usize,
): void {
  for (let p = 0; p < nIn; p++) {
    const mean = load<f64>(meanAt + (<usize>p << 3)), scale = load<f64>(scaleAt + (<usize>p << 3));
    const m0 = load<f64>(meansAt + (<usize>p << 4)), m1 = load<f64>(meansAt + (<usize>p << 4), 8);
    let x = xAt + bytes<T>(p), bar = barAt + bytes<T>(p);
    for (let r = 0; r < rows; r++) {
      const u = (<f64>load<T>(x) - mean) * scale;
      store<T>(bar, <T>(scale * (<f64>load<T>(bar) - m0 - u * m1)));
      x += step;
      bar += step;
    }
  }
}
