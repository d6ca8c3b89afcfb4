/**
 * The special functions of two variables that Liu et al. 2024 (arXiv 2404.19756, section 3.2) fit.
 *
 * @module
 */

import { besselI, besselJ, besselK, besselY } from "./bessel_order.ts";
import { ellipticE, ellipticF, jacobiSn } from "./elliptic.ts";
import { legendreP, sphericalHarmonic } from "./legendre.ts";

/** A special function on a box. */
export interface SpecialProblem {
  /** SciPy's name, with order and degree where it has them: `lpmv1`, `sph12`. */
  readonly name: string;
  /** What it is. */
  readonly title: string;
  /** Ranges of both variables; the paper prints none, these are ours. */
  readonly box: readonly [readonly [number, number], readonly [number, number]];
  /** Root mean square errors that the paper prints for its best KAN and its best MLP. */
  readonly paper: { readonly kan: number; readonly mlp: number };
  evaluate(x: number, y: number): number;
}

const PARAMETER = [0, 0.9] as const, ORDER = [0, 2] as const, BESSEL = [0.5, 5] as const;
const LEGENDRE = [[0, 3], [-0.9, 0.9]] as const, SPHERE = [[0, 2 * Math.PI], [0, Math.PI]] as const;

/** All of them, in the paper's order. */
export const specialProblems: readonly SpecialProblem[] = [
  {
    name: "ellipj",
    title: "Jacobi's sn(u | m)",
    box: [[0, 4], PARAMETER],
    paper: { kan: 1.33e-4, mlp: 6.48e-4 },
    evaluate: jacobiSn,
  },
  {
    name: "ellipkinc",
    title: "elliptic integral F(phi | m)",
    box: [[0, 1.5], PARAMETER],
    paper: { kan: 1.24e-4, mlp: 5.52e-4 },
    evaluate: ellipticF,
  },
  {
    name: "ellipeinc",
    title: "elliptic integral E(phi | m)",
    box: [[0, 1.5], PARAMETER],
    paper: { kan: 8.26e-5, mlp: 3.04e-4 },
    evaluate: ellipticE,
  },
  {
    name: "jv",
    title: "Bessel function J_v(x)",
    box: [[0, 5], [0.5, 10]],
    paper: { kan: 1.64e-3, mlp: 5.52e-3 },
    evaluate: besselJ,
  },
  {
    name: "yv",
    title: "Bessel function Y_v(x)",
    box: [ORDER, BESSEL],
    paper: { kan: 1.49e-5, mlp: 3.45e-4 },
    evaluate: besselY,
  },
  {
    name: "kv",
    title: "modified Bessel function K_v(x)",
    box: [ORDER, BESSEL],
    paper: { kan: 2.52e-5, mlp: 1.67e-4 },
    evaluate: besselK,
  },
  {
    name: "iv",
    title: "modified Bessel function I_v(x)",
    box: [ORDER, BESSEL],
    paper: { kan: 9.28e-3, mlp: 1.07e-2 },
    evaluate: besselI,
  },
  ...[[5.25e-5, 1.74e-2], [6.90e-4, 1.50e-3], [2.26e-4, 9.43e-4]].map(([kan, mlp], m) => ({
    name: `lpmv${m}`,
    title: `Legendre function P_v^${m}(x)`,
    box: LEGENDRE,
    paper: { kan, mlp },
    evaluate: (v: number, x: number) => legendreP(m, v, x),
  })),
  ...[
    [0, 1, 2.21e-7, 1.25e-6],
    [1, 1, 1.22e-4, 6.70e-4],
    [0, 2, 1.95e-7, 2.85e-6],
    [1, 2, 1.50e-5, 1.84e-3],
    [2, 2, 9.45e-5, 6.21e-4],
  ].map(([m, n, kan, mlp]) => ({
    name: `sph${m}${n}`,
    title: `spherical harmonic of order ${m}, degree ${n}, real part`,
    box: SPHERE,
    paper: { kan, mlp },
    evaluate: (azimuth: number, polar: number) => sphericalHarmonic(m, n, azimuth, polar),
  })),
];
