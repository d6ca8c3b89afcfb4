// Vectors of optimizers: float64, lengths a multiple of 8, padded with zeros; "bytes" is the length
// of one in bytes. Eight running sums, added in a fixed order: the same bits every time.

import { madd } from "./lanes";

@inline
function total(a: v128, b: v128, c: v128, d: v128): f64 {
  const sum = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** sum x_i y_i. */
export function dot(bytes: usize, xAt: usize, yAt: usize): f64 {
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
  for (const end = xAt + bytes; xAt < end; xAt += 64) {
    a = madd<f64>(v128.load(xAt), v128.load(yAt), a);
    b = madd<f64>(v128.load(xAt, 16), v128.load(yAt, 16), b);
    c = madd<f64>(v128.load(xAt, 32), v128.load(yAt, 32), c);
    d = madd<f64>(v128.load(xAt, 48), v128.load(yAt, 48), d);
    yAt += 64;
  }
  return total(a, b, c, d);
}

/** z += scale y, then sum x_i z_i of the new z, in one pass. */
@inline
function addScaledDot(bytes: usize, zAt: usize, scale: f64, yAt: usize, xAt: usize): f64 {
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
  const factor = f64x2.splat(scale);
  for (const end = zAt + bytes; zAt < end; zAt += 64) {
    const z0 = madd<f64>(factor, v128.load(yAt), v128.load(zAt));
    const z1 = madd<f64>(factor, v128.load(yAt, 16), v128.load(zAt, 16));
    const z2 = madd<f64>(factor, v128.load(yAt, 32), v128.load(zAt, 32));
    const z3 = madd<f64>(factor, v128.load(yAt, 48), v128.load(zAt, 48));
    v128.store(zAt, z0);
    v128.store(zAt, z1, 16);
    v128.store(zAt, z2, 32);
    v128.store(zAt, z3, 48);
    a = madd<f64>(v128.load(xAt), z0, a);
    b = madd<f64>(v128.load(xAt, 16), z1, b);
    c = madd<f64>(v128.load(xAt, 32), z2, c);
    d = madd<f64>(v128.load(xAt, 48), z3, d);
    yAt += 64;
    xAt += 64;
  }
  return total(a, b, c, d);
}

/** z = factor (z + scale y). */
@inline
function addScaled(bytes: usize, zAt: usize, factor: f64, scale: f64, yAt: usize): void {
  const f = f64x2.splat(factor), s = f64x2.splat(scale);
  for (const end = zAt + bytes; zAt < end; zAt += 16) {
    v128.store(zAt, f64x2.mul(f, madd<f64>(s, v128.load(yAt), v128.load(zAt))));
    yAt += 16;
  }
}

/**
 * z <- H z by the two-loop recursion, H from `count` >= 1 pairs in a ring of `capacity` slots, the
 * oldest in slot `first`. A slot holds s, then y. productsAt: y.s by slot. alphasAt: scratch, one
 * number a slot. `scale` I is the initial matrix. Each pair's update of z and the next pair's
 * product with z share a pass: z is read and written once a pair and loop.
 */
export function twoLoop(
  bytes: usize, capacity: i32, first: i32, count: i32, pairsAt: usize, productsAt: usize,
  alphasAt: usize, zAt: usize, scale: f64,
): void {
  const last = (first + count - 1) % capacity;
  let slot = last;
  let s = pairsAt + <usize>slot * (bytes << 1);
  let alpha = dot(bytes, s, zAt) / load<f64>(productsAt + (<usize>slot << 3));
  store<f64>(alphasAt + (<usize>slot << 3), alpha);
  for (let k = 1; k < count; k++) {
    const y = s + bytes;
    slot = slot == 0 ? capacity - 1 : slot - 1;
    s = pairsAt + <usize>slot * (bytes << 1);
    alpha = addScaledDot(bytes, zAt, -alpha, y, s) / load<f64>(productsAt + (<usize>slot << 3));
    store<f64>(alphasAt + (<usize>slot << 3), alpha);
  }
  addScaled(bytes, zAt, scale, -alpha, s + bytes);
  let beta = dot(bytes, s + bytes, zAt) / load<f64>(productsAt + (<usize>slot << 3));
  for (let k = 1; k < count; k++) {
    const share = load<f64>(alphasAt + (<usize>slot << 3)) - beta;
    slot = slot + 1 == capacity ? 0 : slot + 1;
    const next = pairsAt + <usize>slot * (bytes << 1);
    beta = addScaledDot(bytes, zAt, share, s, next + bytes) /
      load<f64>(productsAt + (<usize>slot << 3));
    s = next;
  }
  addScaled(bytes, zAt, 1, load<f64>(alphasAt + (<usize>slot << 3)) - beta, s);
}
