/**
 * The two regression problems of J. A. Actor, G. Harper, B. Southworth and E. C. Cyr, Leveraging
 * KANs for Expedient Training of Multichannel MLPs via Preconditioning and Geometric Refinement,
 * 2025 (section 6 and appendix D), with the results of Tables 1 and 2.
 *
 * @module
 */

import type { PaperRow, Problem } from "./problem.ts";
import { cos, sin, tanh } from "../numerics/inner.ts";

/** Radians: both nonsmooth functions are turned about the origin by this angle. */
const ANGLE = 0.175;
const COSINE = cos(ANGLE), SINE = sin(ANGLE);

const SQUARE = [[0.0001, 0.9999], [0.0001, 0.9999]] as const;

/** Actor et al. 2025, eq. (23). */
function waves(u: number, v: number): number {
  return cos(4 * Math.PI * u) + sin(Math.PI * v) + sin(2 * Math.PI * v) +
    Math.abs(sin(3 * Math.PI * v * v));
}

const WAVES = "cos(4 pi u) + sin(pi v) + sin(2 pi v) + |sin(3 pi v^2)|";

/** What both nonsmooth problems have in common. */
const TURNED = {
  nIn: 2,
  domain: SQUARE,
  rows: 20_000,
  defaults: { widths: [2, 5, 1], firstLayer: "linear", bias: true },
  seeds: [1234, 1235, 1236, 1237, 1238],
} as const;

/**
 * Actor et al. 2025, eq. (23), at the point `u = x cos t - y sin t`, `v = x sin t + y cos t`: its
 * graph is turned clockwise, the paper's the other way. More of its kinks lie in the square.
 */
export const nonsmooth: Problem = {
  ...TURNED,
  name: "nonsmooth",
  title: "Kinks along curves: rotated waves and the size of a wave",
  formula: `${WAVES}, u = x cos t - y sin t, v = x sin t + y cos t, t = 0.175`,
  source: "after Actor, Harper, Southworth, Cyr, eq. (23), turned the other way",
  evaluate: (x, offset = 0) =>
    waves(
      x[offset] * COSINE - x[offset + 1] * SINE,
      x[offset] * SINE + x[offset + 1] * COSINE,
    ),
};

/**
 * The problem of Table 1 of Actor et al. 2025, eq. (23) at the point `u = x cos t + y sin t`,
 * `v = -x sin t + y cos t`: axes, and with them the graph, are turned counterclockwise.
 */
export const nonsmoothLeft: Problem = {
  ...TURNED,
  name: "nonsmooth-left",
  title: "The paper's: nonsmooth turned counterclockwise",
  formula: `${WAVES}, u = x cos t + y sin t, v = -x sin t + y cos t, t = 0.175`,
  source: "Actor, Harper, Southworth, Cyr, eq. (23), Table 1",
  evaluate: (x, offset = 0) =>
    waves(
      x[offset] * COSINE + x[offset + 1] * SINE,
      x[offset + 1] * COSINE - x[offset] * SINE,
    ),
  paper: {
    table: "Table 1",
    rows: [
      kan([2, 5, 1], "relu", "coarse", "uniform", 55, 1.10e-2, 8.32e-3),
      kan([2, 5, 1], "relu", "fine", "uniform", 230, 1.35, 1.50e-1),
      kan([2, 5, 1], "relu", "multilevel", "uniform", 230, 1.06e-2, 8.03e-3),
      kan([2, 5, 1], "bspline", "coarse", "uniform", 55, 1.65e-3, 4.18e-5),
      kan([2, 5, 1], "bspline", "fine", "uniform", 230, 2.54e-3, 5.64e-3),
      kan([2, 5, 1], "bspline", "multilevel", "uniform", 230, 3.67e-5, 7.19e-5),
      kan([2, 5, 1], "relu", "coarse", "free", 110, 1.75e-3, 1.23e-3),
      kan([2, 5, 1], "relu", "fine", "free", 460, 9.71e-1, 1.74e-1),
      kan([2, 5, 1], "bspline", "coarse", "free", 110, 1.84e-4, 2.18e-4),
      kan([2, 5, 1], "bspline", "fine", "free", 460, 2.52e-5, 3.18e-5),
      mlp([2, 5, 1], 20, 2.94e-2, 1.60e-2),
      mlp([2, 30, 1], 120, 1.02e-3, 9.42e-4),
      mlp([2, 20, 20, 1], 500, 3.33e-4, 2.92e-4),
    ],
  },
};

/** Actor et al. 2025, eq. (24). */
export const xor: Problem = {
  name: "xor",
  title: "A smoothed exclusive or: steep ramps along two crossing lines",
  formula: "tanh(20 x - 10) tanh(20 x - 40 y + 10)",
  source: "Actor, Harper, Southworth, Cyr, eq. (24), Table 2",
  nIn: 2,
  domain: SQUARE,
  rows: 20_000,
  evaluate(x, offset = 0) {
    const ramp = 20 * x[offset];
    return tanh(ramp - 10) * tanh(ramp - 40 * x[offset + 1] + 10);
  },
  defaults: { widths: [2, 5, 5, 1], firstLayer: "linear", bias: false },
  seeds: [1232, 1233, 1234, 1235, 1236],
  paper: {
    table: "Table 2",
    rows: [
      kan([2, 5, 5, 1], "relu", "coarse", "uniform", 250, 2.13e-3, 1.09e-3),
      kan([2, 5, 5, 1], "relu", "fine", "uniform", 1300, 1.46, 3.16e-1),
      kan([2, 5, 5, 1], "relu", "multilevel", "uniform", 1300, 3.18e-3, 1.12e-3),
      kan([2, 5, 5, 1], "bspline", "coarse", "uniform", 250, 1.37e-4, 5.31e-5),
      kan([2, 5, 5, 1], "bspline", "fine", "uniform", 1300, 2.78e-2, 3.84e-2),
      kan([2, 5, 5, 1], "bspline", "multilevel", "uniform", 1300, 2.79e-6, 1.24e-6),
      kan([2, 5, 5, 1], "relu", "coarse", "free", 360, 1.98e-2, 3.73e-2),
      kan([2, 5, 5, 1], "relu", "fine", "free", 1760, 1.34, 2.44e-1),
      kan([2, 5, 5, 1], "bspline", "coarse", "free", 360, 4.62e-6, 2.11e-6),
      kan([2, 5, 5, 1], "bspline", "fine", "free", 1760, 4.96e-2, 4.05e-2),
      mlp([2, 5, 5, 1], 50, 3.54e-2, 2.86e-2),
      mlp([2, 40, 40, 1], 1800, 3.49e-5, 1.69e-5),
    ],
  },
};

/** A published row of splines or ReLU powers. */
export function kan(
  widths: readonly number[],
  basis: "relu" | "bspline",
  fidelity: "coarse" | "fine" | "multilevel",
  knots: "uniform" | "free",
  parameters: number,
  mse: number,
  deviation: number,
): PaperRow {
  const name = basis === "relu" ? "ReLU" : "spline";
  const label = `${name}, ${fidelity}${knots === "free" ? ", free knots" : ""}`;
  return { label, network: "kan", widths, basis, fidelity, knots, parameters, mse, deviation };
}

/** A published row of an MLP. */
export function mlp(
  widths: readonly number[],
  parameters: number,
  mse: number,
  deviation: number,
): PaperRow {
  const label = `MLP [${widths.join(", ")}]`;
  return { label, network: "mlp", widths, parameters, mse, deviation };
}
