/**
 * The solution of the Allen-Cahn equation from a start with a kink, to about 13 digits.
 *
 * @module
 */

import { cos, pow } from "../../numerics/inner.ts";
import { type SpectralElements, spectralElements } from "./spectral_elements.ts";
import { type CollocationMethod, collocationMethod, lagrangeAt } from "./split_collocation.ts";

/** How fine: degree of the elements, steps from 1/64 to 1, stages of a step. */
export interface AllenCahnResolution {
  readonly degree?: number;
  readonly steps?: number;
  readonly stages?: number;
}

/**
 * Prepares the even, 2-periodic solution of `u_t = d u_xx + r (u - u^3)`, `u(0, x) = x^2 cos(pi x)`
 * (x in [-1, 1]).
 *
 * Slopes at `x = 1` and `-1` do not meet at the start: `sqrt(d t)` wide, a layer smooths them. A front
 * stays at `x = 1/2`, where the start is 0. Spectral elements on `[0, 1]` with slope 0 at both ends are
 * short at both places; in time Radau's method, whose steps double from `2^-26` to `1/64`. Its stages
 * are found by sweeps from stage to stage, each an implicit Euler step with the triangular factor of
 * the method's matrix (spectral deferred corrections; Weiser 2015).
 *
 * @returns Values at points `(t, x)` of `[0, 1] x [-1, 1]`, shape `[rows, 2]`.
 */
export function allenCahnSolution(
  diffusion: number,
  reaction: number,
  { degree = 16, steps = 60, stages = 7 }: AllenCahnResolution = {},
): (points: Float64Array) => Float64Array {
  const front = Math.sqrt(2 * diffusion / reaction); // a front is tanh(x / front)
  const space = spectralElements(elementEnds(front), degree), n = space.nodes.length;
  const doublings = Array.from({ length: 21 }, (_, i) => pow(2, i - 26));
  const first = doublings.at(-1)!;
  const times = [
    0,
    ...doublings,
    ...Array.from({ length: steps }, (_, i) => first + (1 - first) * (i + 1) / steps),
  ];
  const method = collocationMethod("radau", stages), rows = stages + 1;
  const values = new Float64Array((times.length - 1) * rows * n);
  const sweep = stageSweeps(space, method, diffusion, reaction);
  const u = space.nodes.map((x) => x * x * cos(Math.PI * x));
  for (let i = 1; i < times.length; i++) {
    const step = values.subarray((i - 1) * rows * n, i * rows * n);
    step.set(u);
    sweep(step, times[i] - times[i - 1]);
    u.set(step.subarray(stages * n));
  }
  const known = [0, ...method.nodes];
  return (points) =>
    Float64Array.from({ length: points.length / 2 }, (_, r) => {
      const t = points[2 * r], { first, weights } = space.weightsAt(Math.abs(points[2 * r + 1]));
      let step = 1;
      while (step < times.length - 1 && t > times[step]) step++;
      const place = (t - times[step - 1]) / (times[step] - times[step - 1]);
      let sum = 0;
      for (let j = 0; j < rows; j++) {
        let line = 0;
        const at = ((step - 1) * rows + j) * n + first;
        weights.forEach((weight, i) => line += weight * values[at + i]);
        sum += lagrangeAt(known, j, place) * line;
      }
      return sum;
    });
}

/** Sweeps over the stages of a step before it counts as too long. */
const SWEEPS = 200;

/** Finds the stages of a step, shape `[stages + 1, n]`, from the start, which comes first in it. */
function stageSweeps(
  { nodes, bend, factor }: SpectralElements,
  { matrix, nodes: at }: CollocationMethod,
  diffusion: number,
  reaction: number,
): (step: Float64Array, h: number) => void {
  const s = at.length, n = nodes.length, lower = sweepMatrix(matrix, s);
  const fast = new Float64Array(s * n), slow = new Float64Array(s * n); // d u_xx, r (u - u^3)
  const before = new Float64Array(s * n),
    right = new Float64Array(n),
    bent = new Float64Array(n),
    sums = new Float64Array(s * n);
  let solvers: ((right: Float64Array) => void)[] = [], length = 0;

  function evaluate(u: Float64Array, j: number): void {
    bend(u, bent);
    for (let k = 0; k < n; k++) {
      fast[j * n + k] = diffusion * bent[k];
      slow[j * n + k] = reaction * (u[k] - u[k] * u[k] * u[k]);
    }
  }

  return (step, h) => {
    if (Math.abs(h - length) > 1e-12 * h) {
      solvers = Array.from({ length: s }, (_, i) => factor(h * lower[i * s + i] * diffusion));
      length = h;
    }
    const start = step.subarray(0, n),
      stage = (j: number) => step.subarray((j + 1) * n, (j + 2) * n);
    for (let j = 0; j < s; j++) {
      stage(j).set(start);
      evaluate(start, j);
    }
    for (let count = 0, last = Infinity;; count++) {
      for (let i = 0; i < s; i++) {
        const lack = sums.subarray(i * n, (i + 1) * n), u = stage(i);
        for (let k = 0; k < n; k++) lack[k] = start[k] - u[k];
        for (let j = 0; j < s; j++) {
          const share = h * matrix[i * s + j];
          for (let k = 0; k < n; k++) lack[k] += share * (fast[j * n + k] + slow[j * n + k]);
        }
      }
      let change = 0;
      before.set(fast);
      for (let i = 0; i < s; i++) {
        for (let k = 0; k < n; k++) right[k] = sums[i * n + k];
        for (let j = 0; j < i; j++) {
          const share = h * lower[i * s + j];
          for (let k = 0; k < n; k++) right[k] += share * (fast[j * n + k] - before[j * n + k]);
        }
        solvers[i](right); // the correction alone, so that the last one brings no rounding
        const u = stage(i);
        for (let k = 0; k < n; k++) {
          u[k] += right[k];
          change = Math.max(change, Math.abs(right[k]));
        }
        evaluate(u, i);
      }
      if (change < 1e-16 || (change < 1e-13 && change > 0.9 * last)) return;
      if (count > SWEEPS) {
        throw new RangeError(
          `Cannot solve the stages of a step: steps must be shorter, current value is ${h}`,
        );
      }
      last = change;
    }
  };
}

/** `U^T` where `A^T = L U`, `L` with ones on its diagonal. */
function sweepMatrix(matrix: Float64Array, s: number): Float64Array {
  const u = Float64Array.from(matrix, (_, i) => matrix[(i % s) * s + Math.floor(i / s)]);
  for (let j = 0; j < s; j++) {
    for (let i = j + 1; i < s; i++) {
      const factor = u[i * s + j] / u[j * s + j];
      for (let k = j; k < s; k++) u[i * s + k] -= factor * u[j * s + k];
    }
  }
  return u.map((_, i) => i % s <= Math.floor(i / s) ? u[(i % s) * s + Math.floor(i / s)] : 0);
}

/** Ends of elements on `[0, 1]`, growing with the distance from the front at `1/2` and from 1. */
function elementEnds(front: number): number[] {
  const below: number[] = [], above: number[] = [];
  const length = (fromFront: number) => Math.min(front + 0.6 * fromFront, 0.04);
  for (let x = 0.5; x > 0; below.push(x)) x = x < 0.02 ? 0 : x - Math.min(length(0.5 - x), x);
  for (let x = 0.5; x < 1; above.push(x)) {
    x = 1 - x < 1e-4 ? 1 : x + Math.min(length(x - 0.5), (1 - x) / 2);
  }
  return [...below.reverse(), 0.5, ...above];
}
