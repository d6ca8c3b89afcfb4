// ReLU powers as polynomials on each interval, and their adjoint.
//
// f(u) = sum_i W_i ReLU(u - t_i)^d has at t_m the Taylor coefficients T_m (in u - t_m):
// T_0 = sum_{i <= 0} W_i C(d, k) (t_0 - t_i)^(d-k), then shift by h_m and add W_{m+1} to the highest
// one. In the local coordinate a_k = T_k h^k. No division: knots may coincide. This is Actor et al.
// 2025, eq. (7) in O(intervals); the adjoint differentiates the change of basis by the knots without
// forming it.

import { Edges } from "./_abi";
import { continueLines, firstOf, lastOf } from "./basis";

/** Number i of an array. */
@inline
function get(at: usize, i: i32): f64 {
  return load<f64>(at + (<usize>i << 3));
}

@inline
function put(at: usize, i: i32, value: f64): void {
  store<f64>(at + (<usize>i << 3), value);
}

@inline
function add(at: usize, i: i32, value: f64): void {
  put(at, i, get(at, i) + value);
}

/** Binomial coefficients C(n, k) at `n size + k`. */
function fillBinomials(at: usize, size: i32): void {
  memory.fill(at, 0, <usize>(size * size) << 3);
  for (let n = 0; n < size; n++) {
    put(at, n * size, 1);
    for (let k = 1; k <= n; k++) {
      const before = (n - 1) * size + k;
      put(at, n * size + k, get(at, before - 1) + (k < n ? get(at, before) : 0));
    }
  }
}

/** The knots of a vector. */
@inline
function knotsOf(e: Edges, vector: i32): usize {
  return e.knotsAt + <usize>vector * e.knotStep;
}

/** Writes the Taylor coefficients at every knot inside of the edge with weights from W on. */
function expand(e: Edges, t: usize, W: usize, binomials: usize, taylor: usize): void {
  const d = e.degree, size = d + 1;
  memory.fill(taylor, 0, <usize>size << 3);
  for (let i = 0; i <= d; i++) {
    const w = get(W, i * e.nOut);
    let power: f64 = 1; // (t_0 - t_i)^(d - k)
    for (let k = d; k >= 0; k--) {
      add(taylor, k, w * get(binomials, d * size + k) * power);
      power *= get(t, d) - get(t, i);
    }
  }
  for (let m = 1; m < e.intervals; m++) {
    const h = get(t, d + m) - get(t, d + m - 1), row = m * size, before = row - size;
    for (let k = 0; k < size; k++) {
      let power: f64 = 1, sum: f64 = 0;
      for (let j = k; j < size; j++) {
        sum += get(binomials, j * size + k) * power * get(taylor, before + j);
        power *= h;
      }
      put(taylor, row + k, sum);
    }
    add(taylor, row + d, get(W, (d + m) * e.nOut));
  }
}

/** Writes the polynomials of all edges of a node, at `a`. */
export function buildRelu(e: Edges, vector: i32, W: usize, a: usize, scratch: usize): void {
  const d = e.degree, size = d + 1, t = knotsOf(e, vector);
  const taylor = scratch + (<usize>(size * size) << 3);
  fillBinomials(scratch, size);
  for (let q = 0; q < e.nOut; q++) {
    expand(e, t, W, scratch, taylor);
    for (let m = 0; m < e.intervals; m++) {
      const h = get(t, d + m + 1) - get(t, d + m);
      let to = a + <usize>(m + 1) * e.pieceStep, power: f64 = 1;
      for (let k = 0; k < size; k++) {
        store<f64>(to, get(taylor, m * size + k) * power);
        to += e.powerStep;
        power *= h;
      }
    }
    if (e.powerStep == 8) continueEdges(e, vector, a, 1);
    W += 8;
    a += e.outputStep;
  }
  if (e.powerStep > 8) continueEdges(e, vector, a - <usize>e.nOut * e.outputStep, e.nOut);
}

@inline
function continueEdges(e: Edges, vector: i32, a: usize, columns: i32): void {
  const first = firstOf(e, vector), last = lastOf(e, vector);
  continueLines(e, vector, a, e.pieceStep, e.powerStep, columns, first, last);
}

/**
 * Adds to the gradients by a node's weights and, if `bars` is not 0, by the knots, from the gradient
 * `mu` by the intervals' polynomials.
 */
export function pullRelu(
  e: Edges, vector: i32, W: usize, mu: usize, WBar: usize, bars: usize, scratch: usize,
): void {
  const size = e.degree + 1, square = <usize>(size * size) << 3, row = <usize>size << 3;
  const next = scratch + square, bar = next + row, taylor = bar + row;
  fillBinomials(scratch, size);
  for (let q = 0; q < e.nOut; q++) {
    pullEdge(e, knotsOf(e, vector), W, mu, WBar, bars, scratch, next, bar, taylor);
    W += 8;
    WBar += 8;
    mu += e.outputStep;
  }
}

function pullEdge(
  e: Edges, t: usize, W: usize, mu: usize, WBar: usize, bars: usize,
  binomials: usize, next: usize, bar: usize, taylor: usize,
): void {
  const d = e.degree, size = d + 1;
  if (bars) expand(e, t, W, binomials, taylor);
  memory.fill(bar, 0, <usize>size << 3); // d L / d T_{m+1}
  for (let m = e.intervals - 1; m >= 0; m--) {
    const h = get(t, d + m + 1) - get(t, d + m), at = m * size;
    if (m + 1 < e.intervals) add(WBar, (d + m + 1) * e.nOut, get(bar, d));
    for (let j = 0; j < size; j++) {
      let sum: f64 = 0, power: f64 = 1;
      for (let k = j; k >= 0; k--) {
        sum += get(binomials, j * size + k) * power * get(bar, k);
        power *= h;
      }
      put(next, j, sum);
    }
    let power: f64 = 1, below: f64 = 0, hBar: f64 = 0; // h^k and h^(k-1)
    let from = mu + <usize>(m + 1) * e.pieceStep;
    for (let k = 0; k < size; k++) {
      const pieceBar = load<f64>(from);
      add(next, k, pieceBar * power);
      if (bars) {
        hBar += <f64>k * below * get(taylor, at + k) * pieceBar;
        // d shift / d h: T_{m+1,k}' = sum_{j > k} C(j, k) (j - k) h^(j-k-1) T_{m,j}
        let step: f64 = 1;
        for (let j = k + 1; j < size; j++) {
          hBar += get(bar, k) * get(binomials, j * size + k) * <f64>(j - k) * step *
            get(taylor, at + j);
          step *= h;
        }
      }
      below = power;
      power *= h;
      from += e.powerStep;
    }
    memory.copy(bar, next, <usize>size << 3);
    if (bars) {
      add(bars, d + m + 1, hBar);
      add(bars, d + m, -hBar);
    }
  }
  pullFirst(e, t, W, WBar, bars, binomials, bar);
}

/** Adds the gradients by what the first coefficients are made of; `bar` is theirs. */
function pullFirst(
  e: Edges, t: usize, W: usize, WBar: usize, bars: usize, binomials: usize, bar: usize,
): void {
  const d = e.degree, size = d + 1;
  for (let i = 0; i <= d; i++) {
    const y = get(t, d) - get(t, i), w = get(W, i * e.nOut);
    let power: f64 = 1, below: f64 = 0, sum: f64 = 0, slope: f64 = 0;
    for (let k = d; k >= 0; k--) {
      const factor = get(bar, k) * get(binomials, d * size + k);
      sum += factor * power;
      slope += factor * <f64>(d - k) * below;
      below = power;
      power *= y;
    }
    add(WBar, i * e.nOut, sum);
    if (bars) {
      add(bars, i, -w * slope);
      add(bars, d, w * slope);
    }
  }
}
