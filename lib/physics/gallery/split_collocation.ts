/**
 * Implicit Runge-Kutta steps of high order for systems whose linear part is diagonal: reference
 * solutions to the last digits.
 *
 * @module
 */

import { gaussLegendre, hypot } from "../../numerics/inner.ts";

/** A system `a' = L a + f(a)`, `L` diagonal. */
export interface SplitSystem {
  /** Rates of real modes, shape `[n]`, or real and imaginary parts of complex ones, `[n, 2]`. */
  readonly rates: Float64Array;
  /** Whether modes are complex. */
  readonly isComplex: boolean;
  /** Writes `f(a)`; both have the rates' shape. */
  force(a: Float64Array, out: Float64Array): void;
}

/** Nodes `c` of a collocation method on `[0, 1]` and `A_ij`, the integral of `l_j` over `[0, c_i]`. */
export interface CollocationMethod {
  readonly nodes: Float64Array;
  /** Shape `[stages, stages]`. */
  readonly matrix: Float64Array;
  /** Integrals of `l_j` over `[0, 1]`; undefined where the last node is 1. */
  readonly weights: Float64Array | undefined;
}

/**
 * Gauss's nodes, of order `2 stages`, or Radau's right ones, of order `2 stages - 1` and with strong
 * damping of fast modes (Hairer and Wanner, Solving Ordinary Differential Equations II, 1996, IV.5).
 */
export function collocationMethod(kind: "gauss" | "radau", stages: number): CollocationMethod {
  const nodes = kind === "gauss"
    ? gaussLegendre(stages).nodes.map((x) => (1 + x) / 2)
    : radauNodes(stages);
  const { nodes: x, weights: w } = gaussLegendre(stages);
  const integral = (j: number, to: number) =>
    x.reduce((sum, at, q) => sum + to / 2 * w[q] * lagrangeAt(nodes, j, to * (1 + at) / 2), 0);
  const row = (to: number) => Array.from({ length: stages }, (_, j) => integral(j, to));
  return {
    nodes,
    matrix: Float64Array.from([...nodes].flatMap(row)),
    weights: kind === "gauss" ? Float64Array.from(row(1)) : undefined,
  };
}

/** The polynomial that is 1 at node `j` and 0 at the others. */
export function lagrangeAt(nodes: ArrayLike<number>, j: number, x: number): number {
  let product = 1;
  for (let i = 0; i < nodes.length; i++) {
    if (i !== j) product *= (x - nodes[i]) / (nodes[j] - nodes[i]);
  }
  return product;
}

/** Roots of `P_s(2 c - 1) - P_{s-1}(2 c - 1)` in `(0, 1]`. */
function radauNodes(stages: number): Float64Array {
  const f = (c: number) => {
    const x = 2 * c - 1;
    let before = 1, value = x;
    for (let k = 2; k <= stages; k++) {
      [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
    }
    return value - before;
  };
  const nodes: number[] = [], parts = 64 * stages ** 2;
  for (let i = 1; i < parts; i++) {
    let low = (i - 1) / parts, high = i / parts;
    if (f(low) * f(high) > 0) continue;
    for (let n = 0; n < 60; n++) {
      const middle = (low + high) / 2;
      if (f(low) * f(middle) <= 0) high = middle;
      else low = middle;
    }
    nodes.push((low + high) / 2);
  }
  return Float64Array.from([...nodes.slice(0, stages - 1), 1]);
}

/** Sweeps over the stages of a step before it counts as too long. */
const SWEEPS = 100;

/**
 * Steps from time to time. Stages are `z = a + h A (L z + f(z))`: `L` is solved for, mode by mode,
 * `f` is repeated until nothing changes.
 *
 * @param start Modes at the first time. Not changed.
 * @param times Increasing.
 * @param keep Hears of every step, from time `i - 1` to `i`, the modes at its stages `[stages, size]`
 * and at its end; they are overwritten.
 */
export function collocationSteps(
  system: SplitSystem,
  method: CollocationMethod,
  start: Float64Array,
  times: ArrayLike<number>,
  keep: (i: number, end: Float64Array, stages: Float64Array) => void,
): void {
  const { nodes, weights } = method, s = nodes.length, size = start.length;
  const a = start.slice(), z = new Float64Array(s * size), f = new Float64Array(s * size);
  const before = new Float64Array((s + 1) * size);
  let solve: StageSolver | undefined, length = 0;
  for (let i = 1; i < times.length; i++) {
    const h = times[i] - times[i - 1];
    if (solve === undefined || Math.abs(h - length) > 1e-12 * h) {
      solve = stageSolver(system, method, h);
    }
    if (i === 1) { for (let j = 0; j < s; j++) z.set(a, j * size); }
    else extrapolate(nodes, before, h / length, size, z);
    length = h;
    let change = Infinity;
    for (let sweep = 0;; sweep++) {
      for (let j = 0; j < s; j++) {
        system.force(z.subarray(j * size, (j + 1) * size), f.subarray(j * size, (j + 1) * size));
      }
      const last = change, largest = a.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-300);
      change = solve(a, f, z) / largest;
      if (change < 1e-16 || (change < 1e-13 && change >= last / 2)) break;
      if (sweep > SWEEPS || Number.isNaN(change)) {
        throw new RangeError(
          `Cannot solve the stages of a step: steps must be shorter, current value is ${h}`,
        );
      }
    }
    before.set(a);
    before.set(z, size);
    if (weights === undefined) a.set(z.subarray((s - 1) * size));
    else addIncrement(system, weights, h, z, f, a);
    keep(i, a, z);
  }
}

type StageSolver = (a: Float64Array, f: Float64Array, z: Float64Array) => number;

/** `a + h b (L z + f)`. */
function addIncrement(
  { rates, isComplex }: SplitSystem,
  weights: Float64Array,
  h: number,
  z: Float64Array,
  f: Float64Array,
  a: Float64Array,
): void {
  const size = a.length;
  weights.forEach((weight, j) => {
    for (let k = 0; k < size; k++) {
      const at = j * size + k;
      const rate = !isComplex
        ? rates[k] * z[at]
        : k % 2 === 0
        ? rates[k] * z[at] - rates[k + 1] * z[at + 1]
        : rates[k - 1] * z[at] + rates[k] * z[at - 1];
      a[k] += h * weight * (rate + f[at]);
    }
  });
}

/** First values of the stages: the polynomial of the step before, on its `[0, 1]`, goes on. */
function extrapolate(
  nodes: Float64Array,
  before: Float64Array,
  ratio: number,
  size: number,
  z: Float64Array,
): void {
  const known = [0, ...nodes];
  nodes.forEach((c, j) => {
    const to = z.subarray(j * size, (j + 1) * size);
    to.fill(0);
    known.forEach((_, i) => {
      const weight = lagrangeAt(known, i, 1 + ratio * c);
      for (let k = 0; k < size; k++) to[k] += weight * before[i * size + k];
    });
  });
}

/**
 * Solves `(I - h A L) (z - a) = h A (L a + f)` for every mode; returns the largest change of `z`.
 * The inverses times `h A` are kept: `s^2` numbers a mode.
 */
function stageSolver(
  { rates, isComplex }: SplitSystem,
  { matrix, nodes }: CollocationMethod,
  h: number,
): StageSolver {
  const s = nodes.length, width = isComplex ? 2 : 1, modes = rates.length / width;
  const inverses = new Float64Array(modes * s * s * width);
  for (let k = 0; k < modes; k++) {
    const rate: readonly [number, number] = isComplex
      ? [rates[2 * k], rates[2 * k + 1]]
      : [rates[k], 0];
    const { re, im } = dampedStages(matrix, s, h, rate);
    const at = k * s * s * width;
    for (let i = 0; i < s * s; i++) {
      inverses[at + width * i] = re[i];
      if (isComplex) inverses[at + 2 * i + 1] = im[i];
    }
  }
  const x = new Float64Array(s), y = new Float64Array(s);
  return isComplex ? complexSweep : realSweep;

  function realSweep(a: Float64Array, f: Float64Array, z: Float64Array): number {
    let most = 0;
    for (let k = 0, at = 0; k < modes; k++) {
      for (let j = 0; j < s; j++) x[j] = rates[k] * a[k] + f[j * modes + k];
      for (let i = 0; i < s; i++) {
        let sum = 0;
        for (let j = 0; j < s; j++) sum += inverses[at++] * x[j];
        const to = i * modes + k, value = a[k] + sum;
        most = Math.max(most, Math.abs(value - z[to]));
        z[to] = value;
      }
    }
    return most;
  }

  function complexSweep(a: Float64Array, f: Float64Array, z: Float64Array): number {
    let most = 0;
    const size = a.length;
    for (let k = 0, at = 0; k < size; k += 2) {
      const re = rates[k] * a[k] - rates[k + 1] * a[k + 1];
      const im = rates[k] * a[k + 1] + rates[k + 1] * a[k];
      for (let j = 0; j < s; j++) {
        x[j] = re + f[j * size + k];
        y[j] = im + f[j * size + k + 1];
      }
      for (let i = 0; i < s; i++) {
        let u = 0, v = 0;
        for (let j = 0; j < s; j++, at += 2) {
          u += inverses[at] * x[j] - inverses[at + 1] * y[j];
          v += inverses[at] * y[j] + inverses[at + 1] * x[j];
        }
        const to = i * size + k;
        most = Math.max(most, Math.abs(a[k] + u - z[to]), Math.abs(a[k + 1] + v - z[to + 1]));
        z[to] = a[k] + u;
        z[to + 1] = a[k + 1] + v;
      }
    }
    return most;
  }
}

/** `(I - h A rate)^-1 h A`, by Gaussian elimination with pivots in complex numbers. */
function dampedStages(
  matrix: Float64Array,
  s: number,
  h: number,
  [x, y]: readonly [number, number],
): { readonly re: Float64Array; readonly im: Float64Array } {
  const n = 2 * s; // left: the matrix, right: h A, which becomes the solution
  const re = new Float64Array(s * n), im = new Float64Array(s * n);
  for (let i = 0; i < s; i++) {
    for (let j = 0; j < s; j++) {
      const entry = h * matrix[i * s + j];
      re[i * n + j] = (i === j ? 1 : 0) - entry * x;
      im[i * n + j] = -entry * y;
      re[i * n + s + j] = entry;
    }
  }
  for (let j = 0; j < s; j++) {
    let pivot = j;
    for (let i = j + 1; i < s; i++) {
      const size = (row: number) => hypot(re[row * n + j], im[row * n + j]);
      if (size(i) > size(pivot)) pivot = i;
    }
    for (let l = 0; l < n; l++) {
      const a = j * n + l, b = pivot * n + l;
      [re[a], re[b], im[a], im[b]] = [re[b], re[a], im[b], im[a]];
    }
    const p = re[j * n + j], q = im[j * n + j], square = p * p + q * q;
    for (let l = j; l < n; l++) {
      const a = j * n + l, u = re[a], v = im[a];
      re[a] = (u * p + v * q) / square;
      im[a] = (v * p - u * q) / square;
    }
    for (let i = 0; i < s; i++) {
      if (i === j) continue;
      const u = re[i * n + j], v = im[i * n + j];
      for (let l = j; l < n; l++) {
        const a = i * n + l, b = j * n + l;
        re[a] -= u * re[b] - v * im[b];
        im[a] -= u * im[b] + v * re[b];
      }
    }
  }
  const part = (of: Float64Array) =>
    Float64Array.from({ length: s * s }, (_, i) => of[Math.floor(i / s) * n + s + i % s]);
  return { re: part(re), im: part(im) };
}
