// Jets through a layer of splines, forward and backward. All numbers are float64; arguments ending
// in "At" are byte addresses. Jets of a node lie side by side, `[rows, nodes, channels]`, channels
// padded with zeros to an even number; coefficients are `[nIn, nOut, length]`, so that the functions
// of a point meet them side by side too. Per point and input: the piece's functions and their
// derivatives by u (`[m, i]`), and their jets by the chain rule (`[c, i]`).

import { madd, sumLanes } from "./lanes";
import { intervalOf } from "./place";
import { exponential } from "./normal";

/** A layer, as ../jets/jet_layer.ts writes it down. */
@unmanaged
export class Layer {
  nIn: i32;
  nOut: i32;
  /** Functions of a piece, and padded to an even number. */
  size: i32;
  padded: i32;
  /** Numbers from one order of derivatives to the next: `padded`, and 2 more with a base branch. */
  width: i32;
  /** Numbers of coefficients from one output to the next. */
  length: i32;
  coefficientsAt: usize;
  baseAt: usize;
  vectors: i32;
  pieces: i32;
  buckets: i32;
  bucketsAt: usize;
  knotsAt: usize;
  knotStep: usize;
  /** Origin and rate of every piece of every vector. */
  placesAt: usize;
  /** Polynomials `[piece, k, padded]`; bytes from piece to piece, 0 where all are the same. */
  polynomialsAt: usize;
  polynomialStep: usize;
  /** First coefficient of every piece of every vector, int32. */
  firstAt: usize;
  /** Per node: from, scale, origin. */
  mapsAt: usize;
  /** The domain's ends. */
  domainAt: usize;
  /** Whether every row lies in the domain, and whether none may lie outside. */
  covers: i32;
  refuses: i32;
  free: i32;
  /** Whether the statistics depend on parameters. */
  moves: i32;
  /** k (k-1) ... (k-m+1), `[m, k]` with `padded` numbers in a row. */
  fallingAt: usize;
  /** What a piece's polynomials and place do to the knots, `[piece, size padded + 4, 2 degree]`. */
  reachAt: usize;
}

/** Derivatives of a group of points, as ../jets/jet_shape.ts writes them down. */
@unmanaged
export class Shape {
  channels: i32;
  padded: i32;
  order: i32;
  terms: i32;
  termsAt: usize;
  factorsAt: usize;
}

/** One term of the chain rule. */
@unmanaged
class Term {
  channel: i32;
  order: i32;
  blocks: i32;
  block0: i32;
  block1: i32;
  block2: i32;
  block3: i32;
  unused: i32;
}

@inline
function at(base: usize, index: i32): f64 {
  return load<f64>(base + (<usize>index << 3));
}

@inline
function put(base: usize, index: i32, value: f64): void {
  store<f64>(base + (<usize>index << 3), value);
}

@inline
function n8(count: i32): usize {
  return <usize>count << 3;
}

/** Room of one thread, in bytes; ../jets/jet_shape.ts knows how many channels fit. */
const U: usize = 0; // jets of u: 64 numbers
const POWERS: usize = 512; // 64
const FUNCTIONS: usize = 1024; // up to 6 orders of 8
const FUNCTION_BARS: usize = 1536;
const POLYNOMIAL_BARS: usize = 2048; // up to 39
const JETS: usize = 2432; // 64 channels of 8
const JET_BARS: usize = 6528;
const TURNED: usize = 10624;
const PRODUCTS: usize = 14720; // one number per term

/** silu and its derivatives 0 to top at u: numbers `m width` from `at` on. */
function silu(u: f64, top: i32, functions: usize, width: i32): void {
  const s = 1 / (1 + exponential(-u)), s1 = s * (1 - s), s2 = s1 * (1 - 2 * s);
  const s3 = s1 * (1 - 6 * s1), s4 = s2 * (1 - 12 * s1);
  put(functions, 0, u * s);
  if (top >= 1) put(functions, width, s + u * s1);
  if (top >= 2) put(functions, 2 * width, 2 * s1 + u * s2);
  if (top >= 3) put(functions, 3 * width, 3 * s2 + u * s3);
  if (top >= 4) put(functions, 4 * width, 4 * s3 + u * s4);
  if (top >= 5) {
    put(functions, 5 * width, 5 * s4 + u * s1 * (1 + s1 * (-30 + 120 * s1)));
  }
}

/** The functions of a piece, differentiated 0 to top times. */
@inline
function evaluate(
  layer: Layer, polynomials: usize, w: f64, rate: f64, u: f64, top: i32, functions: usize,
): void {
  const row = n8(layer.padded), step = n8(layer.width), x = f64x2.splat(w);
  if (layer.size == 4) {
    const r1 = f64x2.splat(rate), r2 = f64x2.mul(r1, r1);
    const two = f64x2.splat(2), three = f64x2.splat(3), six = f64x2.splat(6);
    for (let v: usize = 0; v < 32; v += 16) {
      const p = polynomials + v, to = functions + v;
      const p0 = v128.load(p), p1 = v128.load(p, 32), p2 = v128.load(p, 64), p3 = v128.load(p, 96);
      v128.store(to, madd<f64>(madd<f64>(madd<f64>(p3, x, p2), x, p1), x, p0));
      if (top >= 1) {
        const twice = f64x2.mul(p2, two), thrice = f64x2.mul(p3, three);
        const slope = madd<f64>(madd<f64>(thrice, x, twice), x, p1);
        v128.store(to + step, f64x2.mul(r1, slope));
        if (top >= 2) {
          v128.store(to + 2 * step, f64x2.mul(r2, madd<f64>(f64x2.mul(p3, six), x, twice)));
          if (top >= 3) {
            v128.store(to + 3 * step, f64x2.mul(f64x2.mul(r1, r2), f64x2.mul(p3, six)));
            for (let m = 4; m <= top; m++) v128.store(to + <usize>m * step, f64x2.splat(0));
          }
        }
      }
    }
  } else {
    let scale: f64 = 1;
    for (let m = 0; m <= top; m++) {
      const falling = layer.fallingAt + <usize>m * row;
      for (let v: usize = 0; v < row; v += 16) {
        let sum = f64x2.splat(0);
        for (let k = layer.size - 1; k >= m; k--) {
          const p = f64x2.mul(
            v128.load64_splat(falling + n8(k)), v128.load(polynomials + <usize>k * row + v),
          );
          sum = madd<f64>(sum, x, p);
        }
        v128.store(functions + <usize>m * step + v, f64x2.mul(sum, f64x2.splat(scale)));
      }
      scale *= rate;
    }
  }
  if (layer.baseAt) silu(u, top, functions + row, layer.width);
}

/** Jets of the functions; keeps every term's product. */
@inline
function compose(
  scratch: usize, width: usize, channels: i32, terms: i32, termsAt: usize, factorsAt: usize,
): void {
  const jets = scratch + JETS, functions = scratch + FUNCTIONS, u = scratch + U;
  memory.copy(jets, functions, width);
  memory.fill(jets + width, 0, <usize>(channels - 1) * width);
  for (let s = 0; s < terms; s++) {
    const term = changetype<Term>(termsAt + (<usize>s << 5));
    let product = at(factorsAt, s) * at(u, term.block0);
    if (term.blocks > 1) product *= at(u, term.block1);
    if (term.blocks > 2) product *= at(u, term.block2);
    if (term.blocks > 3) product *= at(u, term.block3);
    put(scratch + PRODUCTS, s, product);
    const factor = f64x2.splat(product);
    const to = jets + <usize>term.channel * width, from = functions + <usize>term.order * width;
    for (let v: usize = 0; v < width; v += 16) {
      v128.store(to + v, madd<f64>(factor, v128.load(from + v), v128.load(to + v)));
    }
  }
}

/** `[c, i]` to `[i, c]`. */
@inline
function turn(from: usize, width: usize, to: usize, channels: i32): void {
  const step = n8(channels);
  for (let c: usize = 0; c < step; c += 16) {
    let own = to + c;
    for (let v: usize = 0; v < width; v += 16) {
      const a = v128.load(from + v), b = v128.load(from + width + v);
      v128.store(own, v128.shuffle<f64>(a, b, 0, 2));
      v128.store(own + step, v128.shuffle<f64>(a, b, 1, 3));
      own += 2 * step;
    }
    from += 2 * width;
  }
}

/** `y_qc += sum_i a_qi beta_ic` for `vectors` (1 or 2) pairs of channels. */
@inline
function addFour(
  vectors: i32, beta: usize, step: usize, nOut: i32, a: usize, length: usize, y: usize,
): void {
  const b0 = v128.load(beta), b1 = v128.load(beta + step);
  const b2 = v128.load(beta + 2 * step), b3 = v128.load(beta + 3 * step);
  let c0 = b0, c1 = b1, c2 = b2, c3 = b3;
  if (vectors == 2) {
    c0 = v128.load(beta, 16);
    c1 = v128.load(beta + step, 16);
    c2 = v128.load(beta + 2 * step, 16);
    c3 = v128.load(beta + 3 * step, 16);
  }
  for (let q = 0; q < nOut; q++) {
    const a0 = v128.load64_splat(a), a1 = v128.load64_splat(a, 8);
    const a2 = v128.load64_splat(a, 16), a3 = v128.load64_splat(a, 24);
    const first = madd<f64>(a1, b1, madd<f64>(a0, b0, v128.load(y)));
    v128.store(y, madd<f64>(a3, b3, madd<f64>(a2, b2, first)));
    if (vectors == 2) {
      const second = madd<f64>(a1, c1, madd<f64>(a0, c0, v128.load(y, 16)));
      v128.store(y, madd<f64>(a3, c3, madd<f64>(a2, c2, second)), 16);
    }
    a += length;
    y += step;
  }
}

/** The same for any number of functions, one pair of channels. */
@inline
function addAny(
  size: i32, beta: usize, step: usize, nOut: i32, a: usize, length: usize, y: usize,
): void {
  for (let q = 0; q < nOut; q++) {
    let sum = v128.load(y), b = beta;
    for (let i = 0; i < size; i++) {
      sum = madd<f64>(v128.load64_splat(a + n8(i)), v128.load(b), sum);
      b += step;
    }
    v128.store(y, sum);
    a += length;
    y += step;
  }
}

/** Where a point lies: writes the jets of u to the scratch, returns the piece. */
@inline
function locate(layer: Layer, p: i32, x: usize, channels: i32, scratch: usize): i32 {
  const map = layer.mapsAt + <usize>(24 * p);
  const scale = load<f64>(map, 8);
  const a = load<f64>(layer.domainAt), b = load<f64>(layer.domainAt, 8);
  let u = load<f64>(map, 16) + (load<f64>(x) - load<f64>(map)) * scale;
  const vector = layer.vectors == 1 ? 0 : p, base = vector * layer.pieces;
  if (layer.covers) {
    u = u < a ? a : u;
    u = u > b ? b : u;
  }
  const factor = f64x2.splat(scale);
  for (let v: usize = 0, end = n8(channels); v < end; v += 16) {
    v128.store(scratch + U + v, f64x2.mul(factor, v128.load(x + v)));
  }
  if (u < a || u > b) {
    put(scratch + U, 0, layer.refuses ? NaN : u);
    return u < a ? base : base + layer.pieces - 1;
  }
  put(scratch + U, 0, u);
  const perUnit = <f64>layer.buckets / (b - a);
  return base + 1 + intervalOf(
    u, perUnit, 0.5 - a * perUnit, <u32>(layer.buckets + 1),
    layer.bucketsAt + <usize>(vector * (layer.buckets + 2)) * 16,
    layer.knotsAt + <usize>vector * layer.knotStep,
  );
}

/** Overwrites a layer's outputs. */
export function forwardJets(
  rows: i32, layerAt: usize, shapeAt: usize, xAt: usize, pieceAt: usize, yAt: usize,
  scratch: usize,
): void {
  const layer = changetype<Layer>(layerAt), shape = changetype<Shape>(shapeAt);
  const nIn = layer.nIn, nOut = layer.nOut, size = layer.size, channels = shape.padded;
  const step = n8(channels), width = n8(layer.width), length = n8(layer.length);
  const functions = scratch + FUNCTIONS, jets = scratch + JETS, turned = scratch + TURNED;
  for (let r = 0; r < rows; r++) {
    memory.fill(yAt, 0, <usize>nOut * step);
    let a = layer.coefficientsAt, base = layer.baseAt;
    for (let p = 0; p < nIn; p++) {
      const piece = locate(layer, p, xAt, channels, scratch);
      store<i32>(pieceAt, piece);
      const place = layer.placesAt + (<usize>piece << 4), u = load<f64>(scratch + U);
      const rate = load<f64>(place, 8);
      evaluate(
        layer, layer.polynomialsAt + <usize>piece * layer.polynomialStep,
        (u - load<f64>(place)) * rate, rate, u, shape.order, functions,
      );
      compose(scratch, width, channels, shape.terms, shape.termsAt, shape.factorsAt);
      turn(jets, width, turned, channels);
      const own = a + n8(load<i32>(layer.firstAt + (<usize>piece << 2)));
      let c: usize = 0;
      if (size == 4) {
        for (; c + 32 <= step; c += 32) addFour(2, turned + c, step, nOut, own, length, yAt + c);
        if (c < step) addFour(1, turned + c, step, nOut, own, length, yAt + c);
      } else {
        for (; c < step; c += 16) addAny(size, turned + c, step, nOut, own, length, yAt + c);
      }
      if (layer.baseAt) {
        const row = turned + <usize>layer.padded * step;
        for (c = 0; c < step; c += 16) addAny(1, row + c, step, nOut, base, 8, yAt + c);
        base += n8(nOut);
      }
      a += <usize>nOut * length;
      xAt += step;
      pieceAt += 4;
    }
    yAt += <usize>nOut * step;
  }
}

/** `aBar_qi += sum_c g_qc beta_ci` for `count` (1, 2, 4) channels, `vectors` pairs of functions. */
@inline
function pullCoefficients(
  count: i32, vectors: i32, beta: usize, width: usize, nOut: i32, g: usize, gStep: usize,
  aBar: usize, length: usize,
): void {
  const z = f64x2.splat(0), b1 = beta + width, b2 = b1 + width, b3 = b2 + width;
  const b00 = v128.load(beta);
  const b01 = vectors > 1 ? v128.load(beta, 16) : z, b02 = vectors > 2 ? v128.load(beta, 32) : z;
  const b10 = count > 1 ? v128.load(b1) : z, b11 = count > 1 && vectors > 1 ? v128.load(b1, 16) : z;
  const b12 = count > 1 && vectors > 2 ? v128.load(b1, 32) : z;
  const b20 = count > 2 ? v128.load(b2) : z, b21 = count > 2 && vectors > 1 ? v128.load(b2, 16) : z;
  const b30 = count > 2 ? v128.load(b3) : z, b31 = count > 2 && vectors > 1 ? v128.load(b3, 16) : z;
  for (let q = 0; q < nOut; q++) {
    const g0 = v128.load64_splat(g);
    let s0 = madd<f64>(g0, b00, v128.load(aBar)), s1 = z, s2 = z;
    if (vectors > 1) s1 = madd<f64>(g0, b01, v128.load(aBar, 16));
    if (vectors > 2) s2 = madd<f64>(g0, b02, v128.load(aBar, 32));
    if (count > 1) {
      const g1 = v128.load64_splat(g, 8);
      s0 = madd<f64>(g1, b10, s0);
      if (vectors > 1) s1 = madd<f64>(g1, b11, s1);
      if (vectors > 2) s2 = madd<f64>(g1, b12, s2);
    }
    if (count > 2) {
      const g2 = v128.load64_splat(g, 16), g3 = v128.load64_splat(g, 24);
      s0 = madd<f64>(g3, b30, madd<f64>(g2, b20, s0));
      if (vectors > 1) s1 = madd<f64>(g3, b31, madd<f64>(g2, b21, s1));
    }
    v128.store(aBar, s0);
    if (vectors > 1) v128.store(aBar, s1, 16);
    if (vectors > 2) v128.store(aBar, s2, 32);
    g += gStep;
    aBar += length;
  }
}

/** `betaBar_ci = sum_q g_qc a_qi`, as above. */
@inline
function pullJets(
  count: i32, vectors: i32, betaBar: usize, width: usize, nOut: i32, g: usize, gStep: usize,
  a: usize, length: usize,
): void {
  const z = f64x2.splat(0);
  let b00 = z, b01 = z, b02 = z, b10 = z, b11 = z, b12 = z, b20 = z, b21 = z, b30 = z, b31 = z;
  for (let q = 0; q < nOut; q++) {
    const a0 = v128.load(a), a1 = vectors > 1 ? v128.load(a, 16) : z;
    const a2 = vectors > 2 ? v128.load(a, 32) : z;
    const g0 = v128.load64_splat(g);
    b00 = madd<f64>(g0, a0, b00);
    if (vectors > 1) b01 = madd<f64>(g0, a1, b01);
    if (vectors > 2) b02 = madd<f64>(g0, a2, b02);
    if (count > 1) {
      const g1 = v128.load64_splat(g, 8);
      b10 = madd<f64>(g1, a0, b10);
      if (vectors > 1) b11 = madd<f64>(g1, a1, b11);
      if (vectors > 2) b12 = madd<f64>(g1, a2, b12);
    }
    if (count > 2) {
      const g2 = v128.load64_splat(g, 16), g3 = v128.load64_splat(g, 24);
      b20 = madd<f64>(g2, a0, b20);
      b30 = madd<f64>(g3, a0, b30);
      if (vectors > 1) {
        b21 = madd<f64>(g2, a1, b21);
        b31 = madd<f64>(g3, a1, b31);
      }
    }
    g += gStep;
    a += length;
  }
  const to1 = betaBar + width, to2 = to1 + width, to3 = to2 + width;
  v128.store(betaBar, b00);
  if (vectors > 1) v128.store(betaBar, b01, 16);
  if (vectors > 2) v128.store(betaBar, b02, 32);
  if (count > 1) {
    v128.store(to1, b10);
    if (vectors > 1) v128.store(to1, b11, 16);
    if (vectors > 2) v128.store(to1, b12, 32);
  }
  if (count > 2) {
    v128.store(to2, b20);
    v128.store(to3, b30);
    if (vectors > 1) {
      v128.store(to2, b21, 16);
      v128.store(to3, b31, 16);
    }
  }
}

/** Both, for all channels that are not 0. */
@inline
function pullAll(
  vectors: i32, channels: i32, beta: usize, betaBar: usize, width: usize, nOut: i32, g: usize,
  gStep: usize, a: usize, length: usize, aBar: usize, barLength: usize,
): void {
  let c = 0;
  if (vectors < 3) {
    for (; channels - c > 2; c += 4) {
      const own = <usize>c * width, from = g + n8(c);
      pullCoefficients(4, vectors, beta + own, width, nOut, from, gStep, aBar, barLength);
      pullJets(4, vectors, betaBar + own, width, nOut, from, gStep, a, length);
    }
  }
  for (; channels - c > 1; c += 2) {
    const own = <usize>c * width, from = g + n8(c);
    pullCoefficients(2, vectors, beta + own, width, nOut, from, gStep, aBar, barLength);
    pullJets(2, vectors, betaBar + own, width, nOut, from, gStep, a, length);
  }
  if (c < channels) {
    const own = <usize>c * width, from = g + n8(c);
    pullCoefficients(1, vectors, beta + own, width, nOut, from, gStep, aBar, barLength);
    pullJets(1, vectors, betaBar + own, width, nOut, from, gStep, a, length);
  }
}

/** The base branch: `baseBar_q += sum_c g_qc beta_c`, `betaBar_c = sum_q g_qc base_q`. */
@inline
function pullBase(
  channels: i32, beta: usize, betaBar: usize, width: usize, nOut: i32, g: usize, gStep: usize,
  base: usize, baseBar: usize,
): void {
  for (let c = 0; c < channels; c++) {
    const own = load<f64>(beta);
    let sum: f64 = 0, from = g + n8(c);
    for (let q = 0; q < nOut; q++) {
      const bar = load<f64>(from);
      put(baseBar, q, at(baseBar, q) + bar * own);
      sum += bar * at(base, q);
      from += gStep;
    }
    store<f64>(betaBar, sum);
    beta += width;
    betaBar += width;
  }
}

@inline
function dot(a: usize, b: usize, size: usize): f64 {
  let sum = f64x2.splat(0);
  for (let v: usize = 0; v < size; v += 16) {
    sum = madd<f64>(v128.load(a + v), v128.load(b + v), sum);
  }
  return sumLanes<f64>(sum);
}

/** Gradients by u's jets, in place of these, and by the functions, from those by their jets. */
@inline
function pullChain(
  scratch: usize, uBar: usize, width: usize, channels: i32, top: i32, terms: i32,
  termsAt: usize, factorsAt: usize,
): void {
  const functions = scratch + FUNCTIONS, bars = scratch + FUNCTION_BARS;
  const jetBars = scratch + JET_BARS, u = scratch + U;
  memory.copy(bars, jetBars, width);
  memory.fill(bars + width, 0, <usize>top * width);
  memory.fill(uBar, 0, n8(channels));
  for (let s = 0; s < terms; s++) {
    const term = changetype<Term>(termsAt + (<usize>s << 5));
    const from = jetBars + <usize>term.channel * width;
    const f = functions + <usize>term.order * width, to = bars + <usize>term.order * width;
    const product = f64x2.splat(at(scratch + PRODUCTS, s));
    let pair = f64x2.splat(0);
    for (let v: usize = 0; v < width; v += 16) {
      const own = v128.load(from + v);
      pair = madd<f64>(own, v128.load(f + v), pair);
      v128.store(to + v, madd<f64>(own, product, v128.load(to + v)));
    }
    const bar = at(factorsAt, s) * sumLanes<f64>(pair);
    const b0 = term.block0, b1 = term.block1;
    if (term.blocks == 1) put(uBar, b0, at(uBar, b0) + bar);
    else if (term.blocks == 2) {
      const u0 = at(u, b0), u1 = at(u, b1);
      put(uBar, b0, at(uBar, b0) + bar * u1);
      put(uBar, b1, at(uBar, b1) + bar * u0);
    } else {
      const first = changetype<usize>(term) + offsetof<Term>("block0");
      for (let b = 0; b < term.blocks; b++) {
        let rest = bar;
        for (let other = 0; other < term.blocks; other++) {
          if (other != b) rest *= at(u, load<i32>(first + (<usize>other << 2)));
        }
        const to = load<i32>(first + (<usize>b << 2));
        put(uBar, to, at(uBar, to) + rest);
      }
    }
  }
}

/** `bars_ki += sum_m functionBar_mi (d/du)^m w^k`. */
@inline
function pullPolynomials(
  layer: Layer, scratch: usize, w: f64, rate: f64, top: i32, bars: usize,
): void {
  const row = n8(layer.padded), width = n8(layer.width), powers = scratch + POWERS;
  let power: f64 = 1;
  for (let k = 0; k < layer.size; k++) {
    put(powers, k, power);
    power *= w;
  }
  let scale: f64 = 1;
  for (let m = 0; m <= top && m < layer.size; m++) {
    const falling = layer.fallingAt + <usize>m * row;
    for (let k = m; k < layer.size; k++) {
      const factor = f64x2.splat(scale * at(falling, k) * at(powers, k - m));
      const from = scratch + FUNCTION_BARS + <usize>m * width, to = bars + <usize>k * row;
      for (let v: usize = 0; v < row; v += 16) {
        v128.store(to + v, madd<f64>(factor, v128.load(from + v), v128.load(to + v)));
      }
    }
    scale *= rate;
  }
}

/** `knots_j = sum_i bar_i reach_ij`, two at a time. */
@inline
function pullKnots(bars: usize, count: i32, reach: usize, knots: usize, step: usize): void {
  for (let v: usize = 0; v < step; v += 16) {
    let sum = f64x2.splat(0), from = reach + v;
    for (let i = 0; i < count; i++) {
      sum = madd<f64>(v128.load64_splat(bars + n8(i)), v128.load(from), sum);
      from += step;
    }
    v128.store(knots + v, sum);
  }
}

/**
 * The way back. Adds to gradients by coefficients and base weights; overwrites those by the inputs'
 * jets (xBarAt 0: does not). Adds to the node's sums what its normalisation needs,
 * `sum uBar_0` and `sum uBar_0 (x_0 - from) + uBar_1 x_1 + ...`. With free knots adds to gradients by
 * polynomials (polynomialBarsAt 0: none) and places of a piece.
 *
 * With rowStep (bytes) not 0 each row has its own numbers, overwritten, node p's nodeStep bytes
 * after those of p - 1 and all at coefficientBarsAt: gradients by coefficients `[nOut, padded]`, base
 * weights, knots, scale and shift of `u = scale x + shift`.
 *
 * With `values` only channel 0 of the outputs' gradient is not 0.
 */
export function backwardJets(
  rows: i32, layerAt: usize, shapeAt: usize, xAt: usize, pieceAt: usize, yBarAt: usize,
  xBarAt: usize, coefficientBarsAt: usize, baseBarsAt: usize, polynomialBarsAt: usize,
  placeBarsAt: usize, sumsAt: usize, rowStep: usize, nodeStep: usize, values: bool,
  scratch: usize,
): void {
  const layer = changetype<Layer>(layerAt), shape = changetype<Shape>(shapeAt);
  const nIn = layer.nIn, nOut = layer.nOut, size = layer.size, padded = layer.padded;
  const channels = shape.padded;
  const step = n8(channels), width = n8(layer.width), length = n8(layer.length), row = n8(padded);
  const functions = scratch + FUNCTIONS, jets = scratch + JETS, jetBars = scratch + JET_BARS;
  const uBar = scratch + TURNED, own = scratch + POLYNOMIAL_BARS;
  const active = values ? 1 : shape.channels, top = values ? 0 : shape.order;
  const terms = values ? 0 : shape.terms;
  const barLength = rowStep ? row : length;
  for (let r = 0; r < rows; r++) {
    if (values) {
      let q = 0;
      while (q < nOut && load<f64>(yBarAt + <usize>q * step) == 0) q++;
      if (q == nOut) {
        if (xBarAt) {
          memory.fill(xBarAt, 0, <usize>nIn * step);
          xBarAt += <usize>nIn * step;
        }
        xAt += <usize>nIn * step;
        pieceAt += <usize>nIn << 2;
        yBarAt += <usize>nOut * step;
        continue;
      }
    }
    let a = layer.coefficientsAt, base = layer.baseAt;
    let aBars = coefficientBarsAt, baseBars = baseBarsAt;
    for (let p = 0; p < nIn; p++) {
      const map = layer.mapsAt + <usize>(24 * p), scale = load<f64>(map, 8);
      const piece = load<i32>(pieceAt);
      locateAgain(layer, p, xAt, channels, scratch);
      const place = layer.placesAt + (<usize>piece << 4), u = load<f64>(scratch + U);
      const rate = load<f64>(place, 8), w = (u - load<f64>(place)) * rate;
      evaluate(
        layer, layer.polynomialsAt + <usize>piece * layer.polynomialStep, w, rate, u, top + 1,
        functions,
      );
      compose(scratch, width, active, terms, shape.termsAt, shape.factorsAt);
      if (active & 1) memory.fill(jets + <usize>active * width, 0, width);
      const shift = n8(load<i32>(layer.firstAt + (<usize>piece << 2)));
      let aBar = aBars + shift;
      if (rowStep) {
        aBar = aBars;
        memory.fill(aBar, 0, <usize>nOut * row);
      }
      if (padded == 4) {
        pullAll(
          2, active, jets, jetBars, width, nOut, yBarAt, step, a + shift, length, aBar, barLength,
        );
      } else if (padded == 6) {
        pullAll(
          3, active, jets, jetBars, width, nOut, yBarAt, step, a + shift, length, aBar, barLength,
        );
      } else {
        pullAll(
          1, active, jets, jetBars, width, nOut, yBarAt, step, a + shift, length, aBar, barLength,
        );
      }
      let rest = aBar + <usize>nOut * row; // of a row
      if (layer.baseAt) {
        let baseBar = baseBars;
        if (rowStep) {
          baseBar = rest;
          rest += n8((nOut + 1) & ~1);
          memory.fill(baseBar, 0, rest - baseBar);
        }
        for (let c = 0; c < active; c++) put(jetBars + <usize>c * width, padded + 1, 0);
        pullBase(
          active, jets + row, jetBars + row, width, nOut, yBarAt, step, base, baseBar,
        );
      }
      if (size < padded) {
        for (let c = 0; c < active; c++) put(jetBars + <usize>c * width, size, 0);
      }
      pullChain(scratch, uBar, width, channels, top, terms, shape.termsAt, shape.factorsAt);
      let slope: f64 = 0, whole: f64 = 0, rateBar: f64 = 0;
      for (let m = 0; m <= top; m++) {
        const bars = scratch + FUNCTION_BARS + <usize>m * width;
        const f = functions + <usize>m * width;
        slope += dot(bars, f + width, row);
        if (layer.baseAt) whole += load<f64>(bars + row) * load<f64>(f + width + row);
        if (layer.free && m > 0) rateBar += <f64>m * dot(bars, f, row);
      }
      store<f64>(uBar, load<f64>(uBar) + slope + whole);
      let scaleBar = dot(uBar, xAt, step);
      if (rowStep) {
        if (layer.free) {
          const count = size * padded;
          memory.fill(own, 0, n8(count));
          pullPolynomials(layer, scratch, w, rate, top, own);
          put(own, count, slope);
          put(own, count + 1, slope * w);
          put(own, count + 2, rateBar);
          const knots = n8(2 * size - 2);
          const reach = layer.reachAt + <usize>piece * <usize>(count + 3) * knots;
          pullKnots(own, count + 3, reach, rest, knots);
          rest += knots;
        }
        if (layer.moves) {
          store<f64>(rest, scaleBar);
          store<f64>(rest, load<f64>(uBar), 8);
        }
      } else {
        const sums = sumsAt + (<usize>p << 4);
        scaleBar -= load<f64>(uBar) * load<f64>(map);
        v128.store(
          sums,
          f64x2.add(
            v128.load(sums),
            f64x2.replace_lane(f64x2.splat(load<f64>(uBar)), 1, scaleBar),
          ),
        );
        if (layer.free) {
          const places = placeBarsAt + <usize>(24 * piece);
          put(places, 0, at(places, 0) + slope);
          put(places, 1, at(places, 1) + slope * w);
          put(places, 2, at(places, 2) + rateBar);
          if (polynomialBarsAt) {
            const bars = polynomialBarsAt + <usize>piece * <usize>size * row;
            pullPolynomials(layer, scratch, w, rate, top, bars);
          }
        }
      }
      if (xBarAt) {
        const factor = f64x2.splat(scale);
        for (let v: usize = 0; v < step; v += 16) {
          v128.store(xBarAt + v, f64x2.mul(factor, v128.load(uBar + v)));
        }
        xBarAt += step;
      }
      a += <usize>nOut * length;
      base += n8(nOut);
      aBars += rowStep ? nodeStep : <usize>nOut * length;
      baseBars += n8(nOut);
      xAt += step;
      pieceAt += 4;
    }
    yBarAt += <usize>nOut * step;
    coefficientBarsAt += rowStep;
  }
}

/** The jets of u again, whose piece is known. */
@inline
function locateAgain(layer: Layer, p: i32, x: usize, channels: i32, scratch: usize): void {
  const map = layer.mapsAt + <usize>(24 * p), scale = load<f64>(map, 8);
  const a = load<f64>(layer.domainAt), b = load<f64>(layer.domainAt, 8);
  let u = load<f64>(map, 16) + (load<f64>(x) - load<f64>(map)) * scale;
  if (layer.covers) {
    u = u < a ? a : u;
    u = u > b ? b : u;
  } else if (layer.refuses && (u < a || u > b)) u = NaN;
  const factor = f64x2.splat(scale);
  for (let v: usize = 0, end = n8(channels); v < end; v += 16) {
    v128.store(scratch + U + v, f64x2.mul(factor, v128.load(x + v)));
  }
  put(scratch + U, 0, u);
}
