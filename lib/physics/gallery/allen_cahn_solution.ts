/**
 * A spectral solver for the Allen-Cahn equation: the reference of the gallery's problem.
 *
 * @module
 */

import { cos, exp, pow, sin } from "../../numerics/inner.ts";

/**
 * Computes the even, 2-periodic solution of `u_t = d u_xx + r (u - u^3)`, `u(0, x) = x^2 cos(pi x)`
 * (x in [-1, 1]), on a grid of `steps + 1` times `0..1` and `modes + 1` positions `0..1`.
 *
 * Cosine series at `modes + 1` points, products on the grid; in time the exponential Runge-Kutta
 * method ETDRK4 (Cox and Matthews 2002) with Kassam and Trefethen's contour means (2005).
 */
export function allenCahnGrid(
  diffusion: number,
  reaction: number,
  { modes = 256, steps = 400 }: { readonly modes?: number; readonly steps?: number } = {},
): { readonly steps: number; readonly modes: number; readonly values: Float64Array } {
  const n = modes, { toGrid, toModes } = cosineTransform(n);
  const { e, e2, q, f1, f2, f3 } = etdFactors(n, diffusion, 1 / steps);
  const grid = new Float64Array(n + 1);
  function reactionModes(a: Float64Array, out: Float64Array): void {
    toGrid(a, grid);
    for (let j = 0; j <= n; j++) grid[j] = reaction * (grid[j] - pow(grid[j], 3));
    toModes(grid, out);
  }
  const values = new Float64Array((steps + 1) * (n + 1));
  for (let j = 0; j <= n; j++) values[j] = (j / n) ** 2 * cos(Math.PI * j / n);
  const a = new Float64Array(n + 1);
  toModes(values.subarray(0, n + 1), a);
  const [nu, na, nb, nc, va, vb, vc] = Array.from({ length: 7 }, () => new Float64Array(n + 1));
  for (let step = 1; step <= steps; step++) {
    reactionModes(a, nu);
    for (let k = 0; k <= n; k++) va[k] = e2[k] * a[k] + q[k] * nu[k];
    reactionModes(va, na);
    for (let k = 0; k <= n; k++) vb[k] = e2[k] * a[k] + q[k] * na[k];
    reactionModes(vb, nb);
    for (let k = 0; k <= n; k++) vc[k] = e2[k] * va[k] + q[k] * (2 * nb[k] - nu[k]);
    reactionModes(vc, nc);
    for (let k = 0; k <= n; k++) {
      a[k] = e[k] * a[k] + f1[k] * nu[k] + 2 * f2[k] * (na[k] + nb[k]) + f3[k] * nc[k];
    }
    toGrid(a, values.subarray(step * (n + 1), (step + 1) * (n + 1)));
  }
  return { steps, modes, values };
}

/** Cosine series at `n + 1` points of `[0, 1]`, both ways. */
function cosineTransform(n: number) {
  const cosines = Float64Array.from({ length: 2 * n }, (_, i) => cos(Math.PI * i / n));
  const scratch = new Float64Array(n + 1);
  /** `u_j = sum_k a_k cos(pi j k / n)`. */
  function toGrid(a: Float64Array, out: Float64Array): void {
    for (let j = 0; j <= n; j++) {
      let sum = 0;
      for (let k = 0, at = 0; k <= n; k++) {
        sum += a[k] * cosines[at];
        at += j;
        if (at >= 2 * n) at -= 2 * n;
      }
      out[j] = sum;
    }
  }
  function toModes(u: Float64Array, out: Float64Array): void {
    for (let j = 0; j <= n; j++) scratch[j] = u[j] * (j === 0 || j === n ? 0.5 : 1) * 2 / n;
    toGrid(scratch, out);
    out[0] /= 2;
    out[n] /= 2;
  }
  return { toGrid, toModes };
}

/** The factors of ETDRK4 for a step h, per mode k with the rate `-diffusion (pi k)^2`. */
function etdFactors(n: number, diffusion: number, h: number) {
  const e = new Float64Array(n + 1), e2 = new Float64Array(n + 1), q = new Float64Array(n + 1);
  const f1 = new Float64Array(n + 1), f2 = new Float64Array(n + 1), f3 = new Float64Array(n + 1);
  for (let k = 0; k <= n; k++) {
    const z = -diffusion * (Math.PI * k) ** 2 * h;
    e[k] = exp(z);
    e2[k] = exp(z / 2);
    // Means over a circle of radius 1 around z: no cancellation near 0.
    const points = 32;
    for (let i = 0; i < points; i++) {
      const angle = Math.PI * (i + 0.5) / points; // upper half: the functions are real on the axis
      const [w, ew, eh] = [complex(z + cos(angle), sin(angle)), 1, 0.5].reduce(
        (list: Complex[], x) => typeof x === "number" ? [...list, complexExp(list[0], x)] : [x],
        [],
      );
      const cube = times(times(w, w), w);
      q[k] += h * over(minus(eh, complex(1, 0)), w).re / points;
      const square = times(w, w);
      f1[k] += h * over(
        plus(
          complex(-4 - w.re, -w.im),
          times(ew, complex(4 - 3 * w.re + square.re, -3 * w.im + square.im)),
        ),
        cube,
      ).re / points;
      f2[k] += h * over(
        plus(complex(2 + w.re, w.im), times(ew, complex(w.re - 2, w.im))),
        cube,
      ).re / points;
      f3[k] += h * over(
        plus(
          complex(-4 - 3 * w.re - square.re, -3 * w.im - square.im),
          times(ew, complex(4 - w.re, -w.im)),
        ),
        cube,
      ).re / points;
    }
  }
  return { e, e2, q, f1, f2, f3 };
}

interface Complex {
  readonly re: number;
  readonly im: number;
}

function complex(re: number, im: number): Complex {
  return { re, im };
}

function plus(a: Complex, b: Complex): Complex {
  return complex(a.re + b.re, a.im + b.im);
}

function minus(a: Complex, b: Complex): Complex {
  return complex(a.re - b.re, a.im - b.im);
}

function times(a: Complex, b: Complex): Complex {
  return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}

function over(a: Complex, b: Complex): Complex {
  const size = b.re * b.re + b.im * b.im;
  return complex((a.re * b.re + a.im * b.im) / size, (a.im * b.re - a.re * b.im) / size);
}

function complexExp(a: Complex, factor: number): Complex {
  const size = exp(factor * a.re);
  return complex(size * cos(factor * a.im), size * sin(factor * a.im));
}

/**
 * Interpolates values on the grid of {@linkcode allenCahnGrid} at points `(t, x)` of
 * `[0, 1] x [-1, 1]`, shape `[rows, 2]`, by cubic polynomials in both coordinates.
 */
export function interpolateEven(
  { steps, modes, values }: ReturnType<typeof allenCahnGrid>,
  points: Float64Array,
): Float64Array {
  const width = modes + 1;
  return Float64Array.from({ length: points.length / 2 }, (_, r) => {
    const s = points[2 * r] * steps, x = Math.abs(points[2 * r + 1]) * modes;
    const i = Math.min(Math.max(Math.floor(s) - 1, 0), steps - 3), j = Math.floor(x) - 1;
    let sum = 0;
    for (let k = 0; k < 4; k++) {
      let line = 0;
      for (let l = 0; l < 4; l++) {
        const mode = j + l, column = mode < 0 ? -mode : mode > modes ? 2 * modes - mode : mode; // even
        line += lagrange(x - j, l) * values[(i + k) * width + column];
      }
      sum += lagrange(s - i, k) * line;
    }
    return sum;
  });
}

/** The cubic through 0, 1, 2, 3 that is 1 at node k. */
function lagrange(x: number, k: number): number {
  let product = 1;
  for (let l = 0; l < 4; l++) if (l !== k) product *= (x - l) / (k - l);
  return product;
}
