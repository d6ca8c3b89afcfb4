/**
 * Problems that users of physics-informed networks know, with their true solutions.
 *
 * @module
 */

import { checkString, exp, sin } from "../../numerics/inner.ts";
import { didYouMean } from "../../data/inner.ts";
import { allenCahnSolution } from "./allen_cahn_solution.ts";
import { burgersSolution } from "./burgers_solution.ts";
import { lotkaVolterraSolution } from "./ode_solution.ts";
import type { PdeProblem } from "../equations/pde.ts";

const NU = 0.01 / Math.PI;

/** Steep layers: free knots in two hidden layers, on points that are renewed. */
const LAYERS = {
  hidden: [8, 4],
  firstLayer: "spline",
  normalisation: "none",
  knots: "free",
  intervals: 5,
  degree: 5,
} as const;

/**
 * The Burgers problem: `u_t + u u_x = (nu + e) u_xx + e u_tt`, `u(0, x) = -sin(pi x)`,
 * `u(t, +-1) = 0`.
 *
 * @param options Viscosity (default 0.01 / pi) and elliptic perturbation e (default 0; Actor et al.
 * 2025, section 6, mention a small one without its size; see {@linkcode table3}).
 * @returns The problem; with a perturbation its solution is not known.
 *
 * @example
 * ```ts
 * import { burgers } from "@freeknot/freeknot/physics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(burgers({ viscosity: 0.1 }).constants, { nu: 0.1 });
 * ```
 */
export function burgers(
  options: { readonly viscosity?: number; readonly perturbation?: number } = {},
): PdeProblem {
  const { viscosity: nu = NU, perturbation: e = 0 } = options;
  return {
    name: e === 0 ? "burgers" : "burgers-perturbed",
    title: e === 0
      ? "viscous Burgers equation: a sine wave steepens into a shock"
      : "the same with a small elliptic term, the paper's Table 3",
    domain: { t: [0, 1], x: [-1, 1] },
    constants: e === 0 ? { nu } : { nu, e },
    equations: [{
      name: "equation",
      equation: e === 0 ? "u_t + u*u_x = nu*u_xx" : "u_t + u*u_x = (nu + e)*u_xx + e*u_tt",
    }],
    conditions: [
      { name: "initial", at: { t: 0 }, equation: "u = -sin(pi*x)" },
      { name: "boundary", at: { x: [-1, 1] }, equation: "u = 0" },
    ],
    ...(e === 0 ? { reference: eachPoint((t, x) => burgersSolution(t, x, nu)) } : {
      incomplete: true, // e u_tt is there for stability; no condition at the end is given
    }),
    ...(e === 0
      ? {
        ansatz: { u: "-sin(pi*x) + t*(1 - x^2)*N" },
        renewal: {
          every: 15,
          points: { count: 5000, by: "slope" },
          continuation: { nu: [8, 4, 2] },
        },
        network: LAYERS,
        epochs: [45, 160],
      }
      : {
        grid: [64, 64],
        rawCoordinates: true,
        network: {
          hidden: [6, 6],
          firstLayer: "spline",
          normalisation: "batchnorm",
          knots: "free",
          intervals: 5,
          degree: 3,
        },
        epochs: [25, 30, 60],
      }),
    source: "Actor et al. 2025, section 6; Basdevant et al. 1986",
  };
}

/**
 * All problems of the gallery.
 *
 * @example
 * ```ts
 * import { pdeProblems } from "@freeknot/freeknot/physics";
 * import { assert } from "@std/assert";
 *
 * assert(pdeProblems.some(({ name }) => name === "poisson"));
 * ```
 */
export const pdeProblems: readonly PdeProblem[] = Object.freeze(
  [
    burgers(),
    burgers({ perturbation: 0.05 }),
    {
      name: "poisson",
      title: "Poisson's equation on a square",
      domain: { x: [-1, 1], y: [-1, 1] },
      equations: [{
        name: "equation",
        equation: "u_xx + u_yy = -pi^2*(1 + 4*y^2)*sin(pi*x)*sin(pi*y^2)" +
          " + 2*pi*sin(pi*x)*cos(pi*y^2)",
      }],
      conditions: [
        { name: "sides", at: { x: [-1, 1] }, equation: "u = 0" },
        { name: "bottom and top", at: { y: [-1, 1] }, equation: "u = 0" },
      ],
      ansatz: { u: "(1 - x^2)*(1 - y^2)*N" },
      exact: { u: "sin(pi*x)*sin(pi*y^2)" },
      source: "Liu et al. 2024, KAN: Kolmogorov-Arnold Networks",
    },
    {
      name: "helmholtz",
      title: "Helmholtz equation with one and four waves",
      domain: { x: [-1, 1], y: [-1, 1] },
      equations: [{
        name: "equation",
        equation: "u_xx + u_yy + u = (1 - 17*pi^2)*sin(pi*x)*sin(4*pi*y)",
      }],
      conditions: [
        { name: "sides", at: { x: [-1, 1] }, equation: "u = 0" },
        { name: "bottom and top", at: { y: [-1, 1] }, equation: "u = 0" },
      ],
      ansatz: { u: "(1 - x^2)*(1 - y^2)*N" },
      exact: { u: "sin(pi*x)*sin(4*pi*y)" },
      source: "Wang, Teng, Perdikaris 2021",
    },
    {
      name: "allen-cahn",
      title: "Allen-Cahn equation: two phases separate",
      domain: { t: [0, 1], x: [-1, 1] },
      constants: { d: 1e-4 },
      equations: [{ name: "equation", equation: "u_t = d*u_xx + 5*(u - u^3)" }],
      // not by an ansatz: at x = +-1 the start has a kink, which disappears at once
      conditions: [
        { name: "initial", at: { t: 0 }, equation: "u = x^2*cos(pi*x)", points: 257 },
      ],
      periodic: ["x"],
      reference: (points) => allenCahnReference()(points),
      renewal: { every: 15, points: { count: 6000, by: "slope" } },
      network: { ...LAYERS, degree: 4 },
      epochs: [60, 120],
      source: "Raissi, Perdikaris, Karniadakis 2019",
    },
    {
      name: "heat",
      title: "heat equation with two modes",
      domain: { t: [0, 1], x: [0, 1] },
      constants: { k: 0.1 },
      equations: [{ name: "equation", equation: "u_t = k*u_xx" }],
      conditions: [
        { name: "initial", at: { t: 0 }, equation: "u = sin(pi*x) + sin(3*pi*x)/2" },
        { name: "boundary", at: { x: [0, 1] }, equation: "u = 0" },
      ],
      exact: {
        u: "exp(-k*pi^2*t)*sin(pi*x) + exp(-9*k*pi^2*t)*sin(3*pi*x)/2",
      },
    },
    {
      name: "wave",
      title: "wave equation: a string with two modes",
      domain: { t: [0, 1], x: [0, 1] },
      equations: [{ name: "equation", equation: "u_tt = 4*u_xx" }],
      conditions: [
        { name: "initial", at: { t: 0 }, equation: "u = sin(pi*x) + sin(2*pi*x)/2" },
        { name: "initial speed", at: { t: 0 }, equation: "u_t = 0" },
        { name: "boundary", at: { x: [0, 1] }, equation: "u = 0" },
      ],
      exact: { u: "sin(pi*x)*cos(2*pi*t) + sin(2*pi*x)*cos(4*pi*t)/2" },
    },
    {
      name: "advection",
      title: "advection: a wave travels twice around a periodic domain",
      domain: { t: [0, 1], x: [0, 2 * Math.PI] },
      constants: { c: 4 * Math.PI },
      equations: [{ name: "equation", equation: "u_t + c*u_x = 0" }],
      conditions: [{ name: "initial", at: { t: 0 }, equation: "u = sin(x)" }],
      periodic: ["x"],
      exact: { u: "sin(x - c*t)" },
    },
    {
      name: "kdv",
      title: "Korteweg-de Vries equation: a soliton of speed 4, third derivatives",
      domain: { t: [0, 1], x: [-8, 8] },
      equations: [{ name: "equation", equation: "u_t + 6*u*u_x + u_xxx = 0" }],
      conditions: [
        { name: "initial", at: { t: 0 }, equation: "u = 2/cosh(x + 2)^2" },
        { name: "ends", at: { x: [-8, 8] }, equation: "u = 2/cosh(x - 4*t + 2)^2" },
        {
          name: "slope",
          at: { x: 8 },
          equation: "u_x = -4*sinh(x - 4*t + 2)/cosh(x - 4*t + 2)^3",
        },
      ],
      exact: { u: "2/cosh(x - 4*t + 2)^2" },
      network: { hidden: [8, 4], intervals: 5, knots: "free" },
    },
    {
      name: "lotka-volterra",
      title: "two ordinary differential equations: predators and prey",
      domain: { t: [0, 8] },
      unknowns: ["u", "v"],
      equations: [
        { name: "prey", equation: "u_t = u - u*v" },
        { name: "predators", equation: "v_t = u*v - v" },
      ],
      conditions: [
        { name: "prey at 0", at: { t: 0 }, equation: "u = 2" },
        { name: "predators at 0", at: { t: 0 }, equation: "v = 1" },
      ],
      ansatz: { u: "2 + t*N", v: "1 + t*N" },
      reference: (points) => lotkaVolterraSolution(points, [2, 1]),
    },
    {
      name: "inverse-diffusion",
      title: "inverse problem: find the diffusion coefficient k = 0.1 from 100 measurements",
      domain: { t: [0, 1], x: [0, 1] },
      coefficients: { k: 1 },
      equations: [{ name: "equation", equation: "u_t = k*u_xx" }],
      conditions: [{ name: "measurements", data: heatData(100), equation: "u = value" }],
      exact: { u: "exp(-0.1*pi^2*t)*sin(pi*x) + exp(-0.9*pi^2*t)*sin(3*pi*x)/2" },
    },
  ] satisfies readonly PdeProblem[],
);

/**
 * Finds a problem of the gallery.
 *
 * @param name Its name.
 * @returns The problem.
 * @throws {RangeError} If there is none of that name; the message lists those there are.
 *
 * @example
 * ```ts
 * import { findPde } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findPde("poisson").exact, { u: "sin(pi*x)*sin(pi*y^2)" });
 * ```
 */
export function findPde(name: string): PdeProblem {
  checkString("find problem", "name", name, "the name of a problem");
  const problem = pdeProblems.find((candidate) => candidate.name === name);
  if (problem) return problem;
  const names = pdeProblems.map((candidate) => candidate.name);
  throw new RangeError(
    `Cannot find problem: name must be one of ${names.join(", ")}, ` +
      `current value is ${JSON.stringify(name)}${didYouMean(name, names)}`,
  );
}

function eachPoint(f: (t: number, x: number) => number): (points: Float64Array) => Float64Array {
  return (points) =>
    Float64Array.from({ length: points.length / 2 }, (_, r) => f(points[2 * r], points[2 * r + 1]));
}

let allenCahn: ReturnType<typeof allenCahnSolution> | undefined;
function allenCahnReference(): ReturnType<typeof allenCahnSolution> {
  return allenCahn ??= allenCahnSolution(1e-4, 5);
}

/** Values of the heat problem's solution at the first points of a lattice. */
function heatData(count: number): Record<string, number[]> {
  const t: number[] = [], x: number[] = [], value: number[] = [];
  for (let i = 0; i < count; i++) {
    t[i] = (i + 0.5) / count;
    x[i] = (0.5 + i * 0.6180339887498949) % 1;
    value[i] = exp(-0.1 * Math.PI ** 2 * t[i]) * sin(Math.PI * x[i]) +
      exp(-0.9 * Math.PI ** 2 * t[i]) * sin(3 * Math.PI * x[i]) / 2;
  }
  return { t, x, value };
}
