// The loops over points, in AssemblyScript with SIMD; `deno task kernels` compiles them into
// ../_kernels.ts. All arguments ending in "At" are byte addresses in the one linear memory.
//
// A piece holds its coefficients [ceil(nOut / 2)][degree + 1][2] (two outputs side by side in one
// vector), or [degree + 1] where there is one output. Arrays over points are [rows, n], unpadded:
// the last of an odd number of outputs is loaded and stored alone.

const ONE: v128 = f64x2.splat(1);

@inline
function loadPair(at: usize, last: bool): v128 {
  return last ? v128.load64_zero(at) : v128.load(at);
}

@inline
function storePair(at: usize, value: v128, last: bool): void {
  if (last) v128.store64_lane(at, value, 0);
  else v128.store(at, value);
}

@inline
function sumLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Narrows an interval range to at most 4. */
function bisect(t: usize, low: i32, high: i32, u: f64): i32 {
  while (high - low > 4) {
    const middle = (low + high + 1) >> 1;
    if (u >= load<f64>(t + (<usize>middle << 3))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows that are placed together: their inputs stay in the first-level cache. */
const BLOCK: i32 = 256;

/** Normalises points and finds their pieces and local coordinates; see locate.ts. */
export function place(
  rows: i32, nIn: i32, xAt: usize, fromAt: usize, scaleAt: usize, originAt: usize,
  a: f64, b: f64, covers: bool, refuses: bool,
  buckets: i32, firstAt: usize, knotsAt: usize, lastAt: usize, vectors: i32, knotStep: i32,
  degree: i32, pieces: i32, originsAt: usize, ratesAt: usize,
  pieceAt: usize, wAt: usize, uAt: usize,
): void {
  const perUnit = <f64>buckets / (b - a);
  for (let begin = 0; begin < rows; begin += BLOCK) {
    const end = min(begin + BLOCK, rows);
    for (let p = 0; p < nIn; p++) {
      const vector = vectors == 1 ? 0 : p;
      const from = load<f64>(fromAt + (<usize>p << 3));
      const scale = load<f64>(scaleAt + (<usize>p << 3));
      const origin = load<f64>(originAt + (<usize>p << 3));
      const first = firstAt + (<usize>(vector * (buckets + 1)) << 2);
      const t = knotsAt + (<usize>(vector * knotStep + degree) << 3);
      const last = load<i32>(lastAt + (<usize>vector << 2));
      const offset = p * pieces;
      for (let i = begin * nIn + p, stop = end * nIn; i < stop; i += nIn) {
        const word = <usize>i << 3;
        let u = origin + (load<f64>(xAt + word) - from) * scale;
        if (uAt) store<f64>(uAt + word, u);
        if (covers) {
          u = u < a ? a : u;
          u = u > b ? b : u;
        }
        let own = offset;
        let refused = false;
        if (u < a || u > b) {
          if (u > b) own += pieces - 1;
          refused = refuses;
        } else {
          // Rounds to an integer in the low bits; what NaN gives is clamped.
          let bucket = <i32>reinterpret<i64>((u - a) * perUnit - 0.5 + 6755399441055744.0);
          bucket = bucket < 0 ? 0 : bucket;
          bucket = bucket >= buckets ? buckets - 1 : bucket;
          const edge = first + (<usize>bucket << 2);
          let low = load<i32>(edge);
          const high = load<i32>(edge, 4);
          if (high - low > 4) low = bisect(t, low, high, u);
          low += <i32>(u >= load<f64>(t + (<usize>low << 3), 8)) & <i32>(low < last);
          while (low < last && u >= load<f64>(t + (<usize>low << 3), 8)) low++;
          if (u < load<f64>(t + (<usize>low << 3)) && low > 0) low--;
          own += 1 + low;
        }
        const at = <usize>own << 3;
        const w = (u - load<f64>(originsAt + at)) * load<f64>(ratesAt + at);
        store<i32>(pieceAt + (<usize>i << 2), own);
        store<f64>(wAt + word, refused ? NaN : w);
      }
    }
  }
}

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

/** Extremes of each column and the lowest rows that have them. */
export function extremes(
  rows: i32, nIn: i32, xAt: usize, minimumAt: usize, maximumAt: usize, lowRowAt: usize,
  highRowAt: usize,
): void {
  for (let p = 0; p < nIn; p++) {
    const step = <usize>nIn << 3;
    let at = xAt + (<usize>p << 3);
    let low = load<f64>(at), high = low, lowRow = 0, highRow = 0;
    for (let r = 1; r < rows; r++) {
      at += step;
      const x = load<f64>(at);
      if (x < low) {
        low = x;
        lowRow = r;
      } else if (x > high) {
        high = x;
        highRow = r;
      }
    }
    store<f64>(minimumAt + (<usize>p << 3), low);
    store<f64>(maximumAt + (<usize>p << 3), high);
    store<i32>(lowRowAt + (<usize>p << 2), lowRow);
    store<i32>(highRowAt + (<usize>p << 2), highRow);
  }
}

/**
 * Min-max adjoint of a block: bar *= scale in place. What the extremes owe goes to sumsAt, shape
 * [nIn, 2]. The extreme rows land on the domain's ends whatever their values, so their own slopes
 * cancel: they count as 0. lowRowAt and highRowAt hold rows of the batch, the block begins at
 * `begin`.
 */
export function pullExtremes(
  rows: i32, nIn: i32, begin: i32, xAt: usize, barAt: usize, scaleAt: usize, minimumAt: usize,
  maximumAt: usize, lowRowAt: usize, highRowAt: usize, sumsAt: usize,
): void {
  const step = <usize>nIn << 3;
  for (let p = 0; p < nIn; p++) {
    const column = <usize>p << 3;
    const scale = load<f64>(scaleAt + column), minimum = load<f64>(minimumAt + column);
    const inverse = 1 / (load<f64>(maximumAt + column) - minimum);
    let x = xAt + column, bar = barAt + column;
    let low: f64 = 0, high: f64 = 0;
    if (scale == 0) {
      for (let r = 0; r < rows; r++) {
        store<f64>(bar, 0);
        bar += step;
      }
    } else {
      const lowRow = load<i32>(lowRowAt + (<usize>p << 2)) - begin;
      const highRow = load<i32>(highRowAt + (<usize>p << 2)) - begin;
      if (lowRow >= 0 && lowRow < rows) store<f64>(bar + <usize>lowRow * step, 0);
      if (highRow >= 0 && highRow < rows) store<f64>(bar + <usize>highRow * step, 0);
      for (let r = 0; r < rows; r++) {
        const own = load<f64>(bar) * scale, v = (load<f64>(x) - minimum) * inverse;
        low -= own * (1 - v);
        high -= own * v;
        store<f64>(bar, own);
        x += step;
        bar += step;
      }
    }
    store<f64>(sumsAt + (column << 1), low);
    store<f64>(sumsAt + (column << 1), high, 8);
  }
}

/** Sum of squared errors to sumAt; bar = 2 scale (y - target) where barAt is not 0. */
export function squares(
  count: i32, yAt: usize, targetsAt: usize, barAt: usize, scale: f64, sumAt: usize,
): void {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    const e = load<f64>(yAt) - load<f64>(targetsAt);
    sum += e * e;
    if (barAt) {
      store<f64>(barAt, 2 * scale * e);
      barAt += 8;
    }
    yAt += 8;
    targetsAt += 8;
  }
  store<f64>(sumAt, sum);
}

/** Sets numbers to 0. */
export function zero(at: usize, count: i32): void {
  memory.fill(at, 0, <usize>count << 3);
}

/** Adds the tables of all later blocks to the first one's, in the order of the blocks. */
export function addTables(at: usize, count: i32, blocks: i32, stride: usize): void {
  for (let i = 0; i < count; i++) {
    let sum = load<f64>(at);
    let other = at;
    for (let b = 1; b < blocks; b++) {
      other += stride;
      sum += load<f64>(other);
    }
    store<f64>(at, sum);
    at += 8;
  }
}

/** y = x W + b; biasAt is 0 without a bias. */
export function linearForward(
  rows: i32, nIn: i32, nOut: i32, weightsAt: usize, biasAt: usize, xAt: usize, yAt: usize,
): void {
  const pairs = (nOut + 1) >> 1;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3, inputs = <usize>nIn << 3;
  for (let r = 0; r < rows; r++) {
    for (let j = 1; j <= pairs; j++) {
      const last = odd && j == pairs;
      const column = <usize>(j - 1) << 4;
      let sum = biasAt ? loadPair(biasAt + column, last) : f64x2.splat(0);
      let w = weightsAt + column;
      for (let x = xAt, end = xAt + inputs; x < end; x += 8) {
        sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(x), loadPair(w, last)));
        w += row;
      }
      storePair(yAt + column, sum, last);
    }
    xAt += inputs;
    yAt += row;
  }
}

/** weightsBar += x^T yBar, biasBar += column sums (biasBarAt 0: none). */
export function linearBackward(
  rows: i32, nIn: i32, nOut: i32, xAt: usize, yBarAt: usize, weightsBarAt: usize, biasBarAt: usize,
): void {
  const pairs = (nOut + 1) >> 1;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3, inputs = <usize>nIn << 3;
  for (let r = 0; r < rows; r++) {
    for (let j = 1; j <= pairs; j++) {
      const last = odd && j == pairs;
      const column = <usize>(j - 1) << 4;
      const g = loadPair(yBarAt + column, last);
      if (biasBarAt) {
        const b = biasBarAt + column;
        storePair(b, f64x2.add(loadPair(b, last), g), last);
      }
      let w = weightsBarAt + column;
      for (let x = xAt, end = xAt + inputs; x < end; x += 8) {
        storePair(w, f64x2.add(loadPair(w, last), f64x2.mul(v128.load64_splat(x), g)), last);
        w += row;
      }
    }
    xAt += inputs;
    yBarAt += row;
  }
}
