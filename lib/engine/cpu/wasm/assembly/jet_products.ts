// Products of jets with coefficients: `[nOut, length]`, so that the functions of a point meet them
// side by side; gradients of outputs and outputs are `[nOut, channels]`. The inner loops of jets.

import { at, n8, put } from "./jet_functions";
import { madd } from "./lanes";

/** `y_qc += sum_i a_qi beta_ic` for `vectors` (1 or 2) pairs of channels. */
@inline
export function addFour(
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
export function addAny(
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

/** `aBar_qi += sum_c g_qc beta_ci` for `count` (1, 2, 4) channels, `vectors` pairs of functions. */
@inline
export function pullCoefficients(
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
export function pullJets(
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
export function pullAll(
  vectors: i32, channels: i32, beta: usize, betaBar: usize, width: usize, nOut: i32, g: usize,
  gStep: usize, a: usize, length: usize, aBar: usize, barLength: usize,
): void {
  let c = 0;
  if (vectors < 3) {
    for (; channels - c > 2; c += 4) {
      const shift = <usize>c * width, from = g + n8(c);
      pullCoefficients(4, vectors, beta + shift, width, nOut, from, gStep, aBar, barLength);
      pullJets(4, vectors, betaBar + shift, width, nOut, from, gStep, a, length);
    }
  }
  for (; channels - c > 1; c += 2) {
    const shift = <usize>c * width, from = g + n8(c);
    pullCoefficients(2, vectors, beta + shift, width, nOut, from, gStep, aBar, barLength);
    pullJets(2, vectors, betaBar + shift, width, nOut, from, gStep, a, length);
  }
  if (c < channels) {
    const shift = <usize>c * width, from = g + n8(c);
    pullCoefficients(1, vectors, beta + shift, width, nOut, from, gStep, aBar, barLength);
    pullJets(1, vectors, betaBar + shift, width, nOut, from, gStep, a, length);
  }
}

/** The base branch: `baseBar_q += sum_c g_qc beta_c`, `betaBar_c = sum_q g_qc base_q`. */
@inline
export function pullBase(
  channels: i32, beta: usize, betaBar: usize, width: usize, nOut: i32, g: usize, gStep: usize,
  base: usize, baseBar: usize,
): void {
  for (let c = 0; c < channels; c++) {
    const value = load<f64>(beta);
    let sum: f64 = 0, from = g + n8(c);
    for (let q = 0; q < nOut; q++) {
      const bar = load<f64>(from);
      put(baseBar, q, at(baseBar, q) + bar * value);
      sum += bar * at(base, q);
      from += gStep;
    }
    store<f64>(betaBar, sum);
    beta += width;
    betaBar += width;
  }
}
