/**
 * Sod's shock tube with viscosity and conduction of heat: a reference solution to many digits.
 *
 * @module
 */

import { tanh } from "../../numerics/inner.ts";
import { fastFourier } from "./fourier.ts";
import { evaluatePeriodic, type PeriodicModes } from "./periodic_solution.ts";

/** A tube of gas: `4/3` of the viscosity, half the width of the jump at the start, the last time. */
export interface ShockTube {
  readonly viscosity: number;
  readonly width: number;
  readonly end: number;
}

/** Which unknowns the equations are written for, and how fine: grid points (a power of two), steps. */
export interface ShockTubeResolution {
  readonly form: "conservative" | "primitive";
  readonly points: number;
  readonly steps: number;
  /** Times that are kept; between them polynomials through twelve of them. Default 600. */
  readonly times?: number;
}

/** Ratio of the specific heats. */
const GAMMA = 1.4;
/** Density and pressure at the left and at the right (Sod 1978). */
const LEFT = [1, 1] as const, RIGHT = [0.125, 0.1] as const;

/**
 * Prepares density, speed and temperature in a tube `[0, 1]` with closed ends that hand on no heat.
 *
 * The gas is a perfect one of gas constant 1, with Prandtl's number 3/4, so that its conductivity is
 * `gamma / (gamma - 1)` times `4/3` of its viscosity (Becker 1922). Reflected at its ends, density and
 * temperature are even and the speed is odd: Fourier's modes on `[-1, 1]`. In time Runge and Kutta's
 * classical method with twice the steps, whose error is taken out by Richardson's extrapolation.
 *
 * @returns Values at points `(t, x)`, shape `[rows, 3]`.
 */
export function shockTubeSolution(
  tube: ShockTube,
  resolution: ShockTubeResolution,
): (points: Float64Array) => Float64Array {
  const coarse = tubeModes(tube, resolution);
  const fine = tubeModes(tube, { ...resolution, steps: 2 * resolution.steps });
  const fields = fine.map((each, f): PeriodicModes => ({
    ...each,
    values: each.values.map((x, i) => (16 * x - coarse[f].values[i]) / 15),
  }));
  return (points) => {
    const at = points.map((value, i) => i % 2 === 0 ? value / tube.end : value);
    const columns = fields.map((field) => evaluatePeriodic(field, at));
    return Float64Array.from(
      { length: 3 * columns[0].length },
      (_, i) => columns[i % 3][Math.floor(i / 3)],
    );
  };
}

/** Density, speed and temperature at even times. */
function tubeModes(
  { viscosity, width, end }: ShockTube,
  { form, points: n, steps, times = 600 }: ShockTubeResolution,
): PeriodicModes[] {
  const modes = n / 2, transform = fastFourier(n), slopes = slopesOf(n);
  const isConservative = form === "conservative";
  const rates = (isConservative ? conservative : primitive)(n, viscosity, slopes);
  let state = firstState(n, width);
  if (isConservative) state = toConserved(state, n);
  const all = Array.from(
    { length: 3 },
    (): PeriodicModes => ({
      times: times,
      modes,
      values: new Float64Array((times + 1) * modes * 2),
    }),
  );
  const each = Math.ceil(steps / times), h = end / (each * times);
  const keep = (time: number): void => {
    const plain = isConservative ? fromConserved(state, n) : state;
    all.forEach(({ values }, f) => {
      const re = plain.slice(f * n, (f + 1) * n), im = new Float64Array(n);
      transform(re, im, -1);
      for (let k = 0; k < modes; k++) {
        values[(time * modes + k) * 2] = re[k] / n;
        values[(time * modes + k) * 2 + 1] = im[k] / n;
      }
    });
  };
  const at = new Float64Array(3 * n), sum = new Float64Array(3 * n), rate = new Float64Array(3 * n);
  keep(0);
  for (let step = 1; step <= each * times; step++) {
    rates(state, sum);
    rate.set(sum);
    for (const [share, weight] of [[0.5, 2], [0.5, 2], [1, 1]]) {
      for (let i = 0; i < 3 * n; i++) at[i] = state[i] + share * h * rate[i];
      rates(at, rate);
      for (let i = 0; i < 3 * n; i++) sum[i] += weight * rate[i];
    }
    for (let i = 0; i < 3 * n; i++) state[i] += h / 6 * sum[i];
    if (step % each === 0) keep(step / each);
  }
  return all;
}

/** Derivatives of two functions on a grid of `[0, 2)`. */
type Slopes = (f: Float64Array, g: Float64Array) => void;

/** By one transform of `f + i g`; both are overwritten. */
function slopesOf(n: number): Slopes {
  const transform = fastFourier(n);
  return (f, g) => {
    transform(f, g, -1);
    for (let k = 0; k < n; k++) {
      const mode = k < n / 2 ? k : k === n / 2 ? 0 : k - n, factor = Math.PI * mode / n;
      [f[k], g[k]] = [-factor * g[k], factor * f[k]];
    }
    transform(f, g, 1);
  };
}

/** Density, speed and temperature at the start, on the tube and its mirror image. */
function firstState(n: number, width: number): Float64Array {
  const state = new Float64Array(3 * n);
  for (let j = 0; j < n; j++) {
    const x = Math.min(2 * j / n, 2 - 2 * j / n), jump = tanh((x - 0.5) / width);
    const [density, pressure] = [0, 1].map((i) =>
      (LEFT[i] + RIGHT[i]) / 2 - (LEFT[i] - RIGHT[i]) / 2 * jump
    );
    state[j] = density;
    state[2 * n + j] = pressure / density;
  }
  return state;
}

/** Density, momentum and energy from density, speed and temperature. */
function toConserved(state: Float64Array, n: number): Float64Array {
  return state.map((value, i) => {
    const r = state[i % n], u = state[n + i % n], heat = state[2 * n + i % n];
    return i < n ? value : i < 2 * n ? r * u : r * (heat / (GAMMA - 1) + u * u / 2);
  });
}

/** The way back. */
function fromConserved(state: Float64Array, n: number): Float64Array {
  return state.map((value, i) => {
    const r = state[i % n], u = state[n + i % n] / r;
    return i < n ? value : i < 2 * n ? u : (GAMMA - 1) * (state[2 * n + i % n] / r - u * u / 2);
  });
}

/** Rates of change of density, momentum and energy: derivatives of fluxes. */
function conservative(n: number, viscosity: number, slopes: Slopes) {
  const conductivity = GAMMA / (GAMMA - 1) * viscosity;
  const [first, second, third, none] = Array.from({ length: 4 }, () => new Float64Array(n));
  return (state: Float64Array, out: Float64Array): void => {
    const plain = fromConserved(state, n), u = plain.subarray(n, 2 * n);
    first.set(u);
    second.set(plain.subarray(2 * n));
    slopes(first, second);
    for (let j = 0; j < n; j++) {
      const momentum = state[n + j], pressure = state[j] * plain[2 * n + j];
      const stress = pressure - viscosity * first[j];
      third[j] = (state[2 * n + j] + stress) * u[j] - conductivity * second[j];
      first[j] = momentum;
      second[j] = momentum * u[j] + stress;
    }
    none.fill(0);
    slopes(first, second);
    slopes(third, none);
    [first, second, third].forEach((flux, f) => {
      for (let j = 0; j < n; j++) out[f * n + j] = -flux[j];
    });
  };
}

/** Rates of change of density, speed and temperature, with second derivatives. */
function primitive(n: number, viscosity: number, slopes: Slopes) {
  const conductivity = GAMMA / (GAMMA - 1) * viscosity, heat = 1 / (GAMMA - 1);
  const [r1, u1, t1, u2, t2, none] = Array.from({ length: 6 }, () => new Float64Array(n));
  return (state: Float64Array, out: Float64Array): void => {
    r1.set(state.subarray(0, n));
    u1.set(state.subarray(n, 2 * n));
    t1.set(state.subarray(2 * n));
    none.fill(0);
    slopes(u1, t1);
    slopes(r1, none);
    u2.set(u1);
    t2.set(t1);
    slopes(u2, t2);
    for (let j = 0; j < n; j++) {
      const r = state[j], u = state[n + j], t = state[2 * n + j];
      out[j] = -(u * r1[j] + r * u1[j]);
      out[n + j] = -u * u1[j] + (viscosity * u2[j] - r1[j] * t - r * t1[j]) / r;
      out[2 * n + j] = -u * t1[j] +
        (viscosity * u1[j] ** 2 + conductivity * t2[j] - r * t * u1[j]) / (heat * r);
    }
  };
}
