/**
 * Spectral solvers for periodic equations of evolution: reference solutions to many digits.
 *
 * @module
 */

import { cos, exp, hypot, pow, sin } from "../../numerics/inner.ts";
import { collocationMethod, collocationSteps } from "./split_collocation.ts";
import { fastFourier } from "./fourier.ts";

/** A periodic equation `u_t = L u + (N(u))_x^m`, `L` diagonal in Fourier modes `exp(i pi k x)`. */
export interface PeriodicEvolution {
  /** Rate of mode `k`: real and imaginary part of the eigenvalue of `L`. */
  rate(k: number): readonly [number, number];
  /** `N(u)`, point by point. */
  nonlinear(u: number): number;
  /** Derivatives by `x` of `N(u)`: 0 or 1. */
  readonly order: 0 | 1;
  /** Fourier coefficient of mode `k >= 0` at `t = 0`; real and imaginary part. */
  start(k: number): readonly [number, number];
}

/** Modes of a solution at even times. */
export interface PeriodicModes {
  /** Number of times but the first, over `[0, 1]`. */
  readonly times: number;
  /** Modes `0 .. modes - 1`. */
  readonly modes: number;
  /** Real and imaginary parts, shape `[times + 1, modes, 2]`. */
  readonly values: Float64Array;
}

/** How fine: grid points (a power of two), steps between two kept times, kept times. */
export interface PeriodicResolution {
  readonly points: number;
  readonly times: number;
  readonly steps: number;
}

/**
 * Solves on `x` in `[-1, 1)`, `t` in `[0, 1]`.
 *
 * Fourier modes, products on the grid with a third of the modes kept free against aliasing; in time
 * the exponential Runge-Kutta method ETDRK4 (Cox and Matthews 2002).
 */
export function solvePeriodic(
  equation: PeriodicEvolution,
  { points, times, steps }: PeriodicResolution,
): PeriodicModes {
  const modes = Math.floor(points / 3), force = spectralForce(equation, points);
  const { e, half, q, f1, f2, f3 } = exponentials(equation, modes, 1 / (times * steps));
  const size = 2 * modes, a = firstModes(equation, modes);
  const values = new Float64Array((times + 1) * size);
  values.set(a);
  const [na, nb, nc, nd, at, before] = Array.from({ length: 6 }, () => new Float64Array(size));
  for (let step = 1; step <= times * steps; step++) {
    force(a, na);
    combine(before, [[half, a], [q, na]]);
    force(before, nb);
    combine(at, [[half, a], [q, nb]]);
    force(at, nc);
    for (let i = 0; i < size; i++) nd[i] = 2 * nc[i] - na[i];
    combine(at, [[half, before], [q, nd]]);
    force(at, nd);
    for (let i = 0; i < size; i++) nb[i] = 2 * (nb[i] + nc[i]);
    combine(at, [[e, a], [f1, na], [f2, nb], [f3, nd]]);
    a.set(at);
    if (step % steps === 0) values.set(a, step / steps * size);
  }
  return { times, modes, values };
}

/**
 * Solves the same by collocation at Gauss's or Radau's nodes ({@linkcode collocationSteps}).
 */
export function collocatePeriodic(
  equation: PeriodicEvolution,
  { points, times, steps }: PeriodicResolution,
  { nodes, stages }: { readonly nodes: "gauss" | "radau"; readonly stages: number },
): PeriodicModes {
  const modes = Math.floor(points / 3), size = 2 * modes, force = spectralForce(equation, points);
  const values = new Float64Array((times + 1) * size);
  values.set(firstModes(equation, modes));
  collocationSteps(
    { rates: ratesOf(equation, modes), isComplex: true, force },
    collocationMethod(nodes, stages),
    values.subarray(0, size),
    Array.from({ length: times * steps + 1 }, (_, i) => i / (times * steps)),
    (i, end) => {
      if (i % steps === 0) values.set(end, i / steps * size);
    },
  );
  return { times, modes, values };
}

/** Rates of modes `0 .. modes - 1`, shape `[modes, 2]`. */
export function ratesOf(equation: PeriodicEvolution, modes: number): Float64Array {
  return Float64Array.from(Array.from({ length: modes }, (_, k) => equation.rate(k)).flat());
}

/** Modes `0 .. modes - 1` at the start, shape `[modes, 2]`. */
export function firstModes(equation: PeriodicEvolution, modes: number): Float64Array {
  return Float64Array.from(Array.from({ length: modes }, (_, k) => equation.start(k)).flat());
}

/** The nonlinear part: modes to modes by a grid, with a third of its modes kept free. */
export function spectralForce(
  equation: PeriodicEvolution,
  points: number,
): (a: Float64Array, out: Float64Array) => void {
  const modes = Math.floor(points / 3), transform = fastFourier(points);
  const re = new Float64Array(points), im = new Float64Array(points);
  return (a, out) => {
    re.fill(0);
    im.fill(0);
    for (let k = 0; k < modes; k++) {
      re[k] = a[2 * k];
      im[k] = a[2 * k + 1];
      if (k > 0) {
        re[points - k] = a[2 * k];
        im[points - k] = -a[2 * k + 1];
      }
    }
    transform(re, im, 1);
    for (let j = 0; j < points; j++) re[j] = equation.nonlinear(re[j]);
    im.fill(0);
    transform(re, im, -1);
    for (let k = 0; k < modes; k++) {
      const x = re[k] / points, y = im[k] / points, slope = Math.PI * k;
      out[2 * k] = equation.order === 0 ? x : -slope * y;
      out[2 * k + 1] = equation.order === 0 ? y : slope * x;
    }
  };
}

/** Sums of products of complex numbers, mode by mode. */
function combine(out: Float64Array, parts: readonly (readonly [Float64Array, Float64Array])[]) {
  for (let i = 0; i < out.length; i += 2) {
    let x = 0, y = 0;
    for (const [factor, vector] of parts) {
      x += factor[i] * vector[i] - factor[i + 1] * vector[i + 1];
      y += factor[i] * vector[i + 1] + factor[i + 1] * vector[i];
    }
    out[i] = x;
    out[i + 1] = y;
  }
}

/** `phi_1, phi_2, phi_3` of `z`: `phi_{j+1} = (phi_j - 1 / j!) / z`, `phi_0 = exp`. */
function phis(x: number, y: number): (readonly [number, number])[] {
  const isSmall = hypot(x, y) < 1;
  return [1, 2, 3].map((j) => {
    if (isSmall) {
      let term: [number, number] = [1 / [1, 1, 2, 6][j], 0], sum: [number, number] = [0, 0];
      for (let n = 1; n < 24; n++) {
        sum = [sum[0] + term[0], sum[1] + term[1]];
        term = [(term[0] * x - term[1] * y) / (n + j), (term[0] * y + term[1] * x) / (n + j)];
      }
      return sum;
    }
    let value: [number, number] = [exp(x) * cos(y), exp(x) * sin(y)];
    for (let i = 0; i < j; i++) {
      const u = value[0] - 1 / [1, 1, 2][i], v = value[1], square = x * x + y * y;
      value = [(u * x + v * y) / square, (v * x - u * y) / square];
    }
    return value;
  });
}

/** The factors of ETDRK4 for a step, per mode. */
function exponentials(equation: PeriodicEvolution, modes: number, step: number) {
  const [e, half, q, f1, f2, f3] = Array.from({ length: 6 }, () => new Float64Array(2 * modes));
  for (let k = 0; k < modes; k++) {
    const [x, y] = equation.rate(k).map((rate) => rate * step);
    const [one, two, three] = phis(x, y), [middle] = phis(x / 2, y / 2);
    for (let i = 0; i < 2; i++) {
      const turn = (angle: number) => i === 0 ? cos(angle) : sin(angle);
      e[2 * k + i] = exp(x) * turn(y);
      half[2 * k + i] = exp(x / 2) * turn(y / 2);
      q[2 * k + i] = step / 2 * middle[i];
      f1[2 * k + i] = step * (one[i] - 3 * two[i] + 4 * three[i]);
      f2[2 * k + i] = step * (two[i] - 2 * three[i]);
      f3[2 * k + i] = step * (4 * three[i] - two[i]);
    }
  }
  return { e, half, q, f1, f2, f3 };
}

/** Times that an interpolation takes. */
const NODES = 12;

/**
 * The solution at points `(t, x)`, shape `[rows, 2]`: its Fourier series, between kept times a
 * polynomial through twelve of them.
 */
export function evaluatePeriodic(
  { times, modes, values }: PeriodicModes,
  points: Float64Array,
): Float64Array {
  const nodes = Math.min(NODES, times + 1);
  return Float64Array.from({ length: points.length / 2 }, (_, r) => {
    const t = points[2 * r] * times, x = points[2 * r + 1];
    const first = Math.min(Math.max(Math.floor(t) - nodes / 2 + 1, 0), times + 1 - nodes);
    const weights = Array.from({ length: nodes }, (_, j) => {
      let product = 1;
      for (let i = 0; i < nodes; i++) if (i !== j) product *= (t - first - i) / (j - i);
      return product;
    });
    const turnCos = cos(Math.PI * x), turnSin = sin(Math.PI * x);
    let real = 1, imaginary = 0, sum = 0;
    for (let k = 0; k < modes; k++) {
      let re = 0, im = 0;
      for (let j = 0; j < nodes; j++) {
        if (weights[j] === 0) continue;
        const at = 2 * ((first + j) * modes + k);
        re += weights[j] * values[at];
        im += weights[j] * values[at + 1];
      }
      sum += (k === 0 ? 1 : 2) * (re * real - im * imaginary);
      [real, imaginary] = [
        real * turnCos - imaginary * turnSin,
        imaginary * turnCos + real * turnSin,
      ];
    }
    return sum;
  });
}

/** Korteweg and de Vries: `u_t + u u_x + mu^2 u_xxx = 0`, `u(0, x) = cos(pi x)`. */
export function kdvEvolution(mu: number): PeriodicEvolution {
  return {
    rate: (k) => [0, mu * mu * pow(Math.PI * k, 3)],
    nonlinear: (u) => -u * u / 2,
    order: 1,
    start: (k) => [k === 1 ? 0.5 : 0, 0],
  };
}

/** Allen and Cahn: `u_t = d u_xx + r (u - u^3)`, `u(0, x) = x^2 cos(pi x)`. */
export function allenCahnEvolution(d: number, r: number): PeriodicEvolution {
  // integral of x^2 cos(n pi x) over [-1, 1]
  const moment = (n: number) => n === 0 ? 2 / 3 : 4 * (n % 2 === 0 ? 1 : -1) / (n * Math.PI) ** 2;
  return {
    rate: (k) => [r - d * (Math.PI * k) ** 2, 0],
    nonlinear: (u) => -r * pow(u, 3),
    order: 0,
    start: (k) => [(moment(Math.abs(k - 1)) + moment(k + 1)) / 4, 0],
  };
}

/** Burgers: `u_t + u u_x = nu u_xx`, `u(0, x) = -sin(pi x)`. */
export function burgersEvolution(nu: number): PeriodicEvolution {
  return {
    rate: (k) => [-nu * (Math.PI * k) ** 2, 0],
    nonlinear: (u) => -u * u / 2,
    order: 1,
    start: (k) => [0, k === 1 ? 0.5 : 0],
  };
}

/**
 * Kuramoto and Sivashinsky on `y` in `[0, 2 pi]`, `y = pi (1 + x)`:
 * `u_t + a u u_y + b u_yy + c u_yyyy = 0`, `u(0, y) = cos(y) (1 + sin(y))`.
 */
export function kuramotoEvolution(a: number, b: number, c: number): PeriodicEvolution {
  return {
    rate: (k) => [b * k ** 2 - c * pow(k, 4), 0],
    nonlinear: (u) => -a * u * u / (2 * Math.PI),
    order: 1,
    // cos(y) = -cos(pi x), sin(2 y) / 2 = sin(2 pi x) / 2
    start: (k) => k === 1 ? [-0.5, 0] : [0, k === 2 ? -0.25 : 0],
  };
}
