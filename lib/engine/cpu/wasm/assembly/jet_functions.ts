// The functions of one point and input, their derivatives by u (`[m, i]`) and their jets by the
// chain rule (`[c, i]`), and the way back. All numbers are float64.

import {
  FUNCTION_BARS, FUNCTIONS, JET_BARS, JETS, JetLayer, PRODUCTS, Term, U,
} from "./_abi";
import { madd, sumLanes } from "./lanes";
import { exponential } from "./exponential";
import { intervalOf } from "./place";

@inline
export function at(base: usize, index: i32): f64 {
  return load<f64>(base + (<usize>index << 3));
}

@inline
export function put(base: usize, index: i32, value: f64): void {
  store<f64>(base + (<usize>index << 3), value);
}

@inline
export function n8(count: i32): usize {
  return <usize>count << 3;
}

/** Sets whole vectors to 0; memory.fill is slow for few bytes. */
@inline
export function clear(to: usize, size: usize): void {
  for (let v: usize = 0; v < size; v += 16) v128.store(to + v, f64x2.splat(0));
}

@inline
export function copy(to: usize, from: usize, size: usize): void {
  for (let v: usize = 0; v < size; v += 16) v128.store(to + v, v128.load(from + v));
}

/** silu and its derivatives 0 to top at u: numbers `m width` from `at` on. */
export function silu(u: f64, top: i32, functions: usize, width: i32): void {
  const s = 1 / (1 + exponential(-u)), s1 = s * (1 - s), s2 = s1 * (1 - 2 * s);
  const s3 = s1 * (1 - 6 * s1), s4 = s2 * (1 - 12 * s1);
  put(functions, 0, u * s);
  if (top >= 1) put(functions, width, s + u * s1);
  if (top >= 2) put(functions, 2 * width, 2 * s1 + u * s2);
  if (top >= 3) put(functions, 3 * width, 3 * s2 + u * s3);
  if (top >= 4) put(functions, 4 * width, 4 * s3 + u * s4);
  if (top < 5) return;
  const s5 = s1 * (1 + s1 * (-30 + 120 * s1));
  put(functions, 5 * width, 5 * s4 + u * s5);
  if (top < 6) return;
  const s6 = s2 * (1 + s1 * (-60 + 360 * s1));
  put(functions, 6 * width, 6 * s5 + u * s6);
  if (top < 7) return;
  put(functions, 7 * width, 7 * s6 + u * s1 * (1 + s1 * (-126 + s1 * (1680 - 5040 * s1))));
}

/** Powers of a piece's coordinate w, differentiated by u 0 to top times, and silu of u. */
@inline
export function evaluate(layer: JetLayer, w: f64, rate: f64, u: f64, top: i32, functions: usize): void {
  const row = n8(layer.padded), step = n8(layer.width);
  if (layer.size == 4) {
    const square = w * w;
    v128.store(functions, f64x2.replace_lane(f64x2.splat(1), 1, w));
    v128.store(functions, f64x2.replace_lane(f64x2.splat(square), 1, square * w), 16);
    if (top >= 1) {
      let to = functions + step;
      v128.store(to, f64x2.replace_lane(f64x2.splat(0), 1, rate));
      v128.store(to, f64x2.replace_lane(f64x2.splat(2 * w * rate), 1, 3 * square * rate), 16);
      for (let m = 2; m <= top; m++) {
        to += step;
        const scale = rate * rate * (m == 2 ? 1 : rate);
        v128.store(to, f64x2.splat(0));
        const last = m == 2 ? 6 * w * scale : m == 3 ? 6 * scale : 0;
        v128.store(to, f64x2.replace_lane(f64x2.splat(m == 2 ? 2 * scale : 0), 1, last), 16);
      }
    }
  } else {
    let scale: f64 = 1;
    for (let m = 0; m <= top; m++) {
      const falling = layer.fallingAt + <usize>m * row;
      let power = scale, to = functions + <usize>m * step;
      for (let k = 0; k < layer.padded; k++) {
        put(to, k, k < m || k >= layer.size ? 0 : at(falling, k) * power);
        if (k >= m) power *= w;
      }
      scale *= rate;
    }
  }
  if (layer.baseAt) silu(u, top, functions + row, layer.width);
}

/** Jets of the functions; keeps every term's product. */
@inline
export function compose(
  scratch: usize, width: usize, channels: i32, terms: i32, chainAt: usize, factorsAt: usize,
): void {
  const jets = scratch + JETS, functions = scratch + FUNCTIONS, u = scratch + U;
  copy(jets, functions, width);
  clear(jets + width, <usize>(channels - 1) * width);
  for (let s = 0; s < terms; s++) {
    const term = changetype<Term>(chainAt + <usize>s * offsetof<Term>());
    let product = at(factorsAt, s) * at(u, term.block0);
    if (term.blocks > 1) product *= at(u, term.block1);
    if (term.blocks > 2) product *= at(u, term.block2);
    if (term.blocks > 3) product *= at(u, term.block3);
    if (term.blocks > 4) product *= at(u, term.block4);
    if (term.blocks > 5) product *= at(u, term.block5);
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
export function turn(from: usize, width: usize, to: usize, channels: i32): void {
  const step = n8(channels);
  for (let c: usize = 0; c < step; c += 16) {
    let line = to + c;
    for (let v: usize = 0; v < width; v += 16) {
      const a = v128.load(from + v), b = v128.load(from + width + v);
      v128.store(line, v128.shuffle<f64>(a, b, 0, 2));
      v128.store(line + step, v128.shuffle<f64>(a, b, 1, 3));
      line += 2 * step;
    }
    from += 2 * width;
  }
}

@inline
export function dot(a: usize, b: usize, size: usize): f64 {
  let sum = f64x2.splat(0);
  for (let v: usize = 0; v < size; v += 16) {
    sum = madd<f64>(v128.load(a + v), v128.load(b + v), sum);
  }
  return sumLanes<f64>(sum);
}

/** Gradients by u's jets and by the functions from the gradient by the functions' jets. */
@inline
export function pullChain(
  scratch: usize, uBar: usize, width: usize, channels: i32, top: i32, terms: i32,
  chainAt: usize, factorsAt: usize,
): void {
  const functions = scratch + FUNCTIONS, bars = scratch + FUNCTION_BARS;
  const jetBars = scratch + JET_BARS, u = scratch + U;
  copy(bars, jetBars, width);
  clear(bars + width, <usize>top * width);
  clear(uBar, n8(channels));
  for (let s = 0; s < terms; s++) {
    const term = changetype<Term>(chainAt + <usize>s * offsetof<Term>());
    const from = jetBars + <usize>term.channel * width;
    const f = functions + <usize>term.order * width, to = bars + <usize>term.order * width;
    const product = f64x2.splat(at(scratch + PRODUCTS, s));
    let pair = f64x2.splat(0);
    for (let v: usize = 0; v < width; v += 16) {
      const bar = v128.load(from + v);
      pair = madd<f64>(bar, v128.load(f + v), pair);
      v128.store(to + v, madd<f64>(bar, product, v128.load(to + v)));
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

/** The normalised input, kept inside where every row lies in the domain. */
@inline
export function inputOf(layer: JetLayer, p: i32, x: usize): f64 {
  const map = layer.mapsAt + <usize>(24 * p);
  let u = load<f64>(map, 16) + (load<f64>(x) - load<f64>(map)) * load<f64>(map, 8);
  if (layer.covers) {
    const a = load<f64>(layer.domainAt), b = load<f64>(layer.domainAt, 8);
    u = u < a ? a : u;
    u = u > b ? b : u;
  }
  return u;
}

/** Whether u must not lie where it does. */
@inline
export function isRefused(layer: JetLayer, u: f64): bool {
  return layer.refuses && (u < load<f64>(layer.domainAt) || u > load<f64>(layer.domainAt, 8));
}

/** Writes the jets of u to the scratch; u is NaN there if it must not lie where it does. */
@inline
export function normalise(layer: JetLayer, p: i32, x: usize, channels: i32, scratch: usize): f64 {
  const u = inputOf(layer, p, x);
  const factor = v128.load64_splat(layer.mapsAt + <usize>(24 * p), 8);
  for (let v: usize = 0, end = n8(channels); v < end; v += 16) {
    v128.store(scratch + U + v, f64x2.mul(factor, v128.load(x + v)));
  }
  put(scratch + U, 0, isRefused(layer, u) ? NaN : u);
  return u;
}

/** Where the polynomials of a node's first edge begin, of a piece of all vectors. */
@inline
export function placeOf(layer: JetLayer, p: i32, piece: i32): usize {
  return n8((piece - (layer.vectors == 1 ? 0 : p * layer.pieces)) * layer.size);
}

/** The piece of a normalised input, an index into all of the layer. */
@inline
export function pieceOf(layer: JetLayer, p: i32, u: f64): i32 {
  const vector = layer.vectors == 1 ? 0 : p, base = vector * layer.pieces;
  if (u < load<f64>(layer.domainAt)) return base;
  if (u > load<f64>(layer.domainAt, 8)) return base + layer.pieces - 1;
  return base + 1 + intervalOf(
    u, load<f64>(layer.domainAt, 16), load<f64>(layer.domainAt, 24), <u32>(layer.buckets + 1),
    layer.recordsAt + <usize>(vector * (layer.buckets + 2)) * 16,
    layer.knotsAt + <usize>vector * layer.knotStep,
  );
}
