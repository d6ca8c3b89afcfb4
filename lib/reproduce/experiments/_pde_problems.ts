/**
 * Differential equations that others report errors of, with reference solutions.
 *
 * @module
 */

import {
  allenCahnEvolution,
  burgersEvolution,
  burgersSolution,
  evaluatePeriodic,
  kdvEvolution,
  type PeriodicEvolution,
  type PeriodicModes,
  type PeriodicResolution,
  solvePeriodic,
} from "../../physics/inner.ts";
import { burgers, findPde, type PdeProblem, type SolveOptions } from "../../physics/mod.ts";

/** What others report. */
export interface PublishedError {
  readonly by: string;
  readonly error: number;
  readonly parameters?: number;
  readonly seconds?: number;
}

/** A problem, how it is solved here, and how well others solve it. */
export interface RecognisedPde {
  readonly name: string;
  readonly title: string;
  readonly problem: PdeProblem;
  readonly options: SolveOptions;
  /** Options of the quick form, where it belongs to that. */
  readonly quick?: SolveOptions;
  readonly published: readonly PublishedError[];
}

const DSGNAR = "DSGNAR, H100 (arXiv 2607.02194)";
const MU = 0.022;

/** The two solutions by modes, kept once they were asked for. */
const kept = new Map<string, PeriodicModes>();

function periodic(name: string, compute: () => PeriodicModes): (at: Float64Array) => Float64Array {
  return (points) => {
    const modes = kept.get(name) ?? compute();
    kept.set(name, modes);
    return evaluatePeriodic(modes, points);
  };
}

/**
 * The solution with the error of fourth order taken out: `(16 fine - coarse) / 15` of twice the
 * steps and these (Richardson).
 */
function extrapolated(
  equation: PeriodicEvolution,
  { points, times, steps }: PeriodicResolution,
): PeriodicModes {
  const coarse = solvePeriodic(equation, { points, times, steps });
  const fine = solvePeriodic(equation, { points, times, steps: 2 * steps });
  return { ...fine, values: fine.values.map((x, i) => (16 * x - coarse.values[i]) / 15) };
}

const kdv: PdeProblem = {
  name: "kdv-cosine",
  title: "Korteweg-de Vries equation from a cosine",
  domain: { t: [0, 1], x: [-1, 1] },
  constants: { mu: MU },
  equations: [{ equation: "u_t + u*u_x + mu^2*u_xxx = 0" }],
  conditions: [{ at: { t: 0 }, equation: "u = cos(pi*x)" }],
  periodic: ["x"],
  reference: periodic(
    "kdv",
    () => extrapolated(kdvEvolution(MU), { points: 512, times: 400, steps: 20 }),
  ),
};

const wave: PdeProblem = {
  name: "wave-4",
  title: "wave equation of speed 2 with modes 1 and 4",
  domain: { t: [0, 1], x: [0, 1] },
  equations: [{ equation: "u_tt = 4*u_xx" }],
  conditions: [
    { at: { t: 0 }, equation: "u = sin(pi*x) + sin(4*pi*x)/2" },
    { at: { t: 0 }, equation: "u_t = 0" },
    { at: { x: [0, 1] }, equation: "u = 0" },
  ],
  exact: { u: "sin(pi*x)*cos(2*pi*t) + sin(4*pi*x)*cos(8*pi*t)/2" },
};

const kleinGordon: PdeProblem = {
  name: "klein-gordon",
  title: "Klein-Gordon equation with a cube",
  domain: { t: [0, 1], x: [0, 1] },
  equations: [{
    equation: "u_tt - u_xx + u^3 = -25*pi^2*x*cos(5*pi*t) + 6*x^3*t - 6*x*t^3 + " +
      "(x*cos(5*pi*t) + x^3*t^3)^3",
  }],
  conditions: [
    { at: { t: 0 }, equation: "u = x" },
    { at: { t: 0 }, equation: "u_t = 0" },
    { at: { x: 0 }, equation: "u = 0" },
    { at: { x: 1 }, equation: "u = cos(5*pi*t) + t^3" },
  ],
  exact: { u: "x*cos(5*pi*t) + x^3*t^3" },
};

/** Poisson's equation in five dimensions, `u = sum cos(pi x_i)`. */
function poisson5d(): PdeProblem {
  const names = ["v", "w", "x", "y", "z"];
  const sum = names.map((name) => `cos(pi*${name})`).join(" + ");
  return {
    name: "poisson-5d",
    title: "Poisson's equation in five dimensions",
    domain: Object.fromEntries(names.map((name) => [name, [0, 1]])),
    equations: [{
      equation: `${names.map((name) => `u_${name}${name}`).join(" + ")} = -pi^2*(${sum})`,
    }],
    conditions: names.map((name) => ({ at: { [name]: [0, 1] }, equation: `u = ${sum}` })),
    exact: { u: sum },
  };
}

const allenCahn: PdeProblem = {
  ...findPde("allen-cahn"),
  reference: periodic(
    "allen-cahn",
    () => solvePeriodic(allenCahnEvolution(1e-4, 5), { points: 2048, times: 400, steps: 2 }),
  ),
};

/** All of them. */
export const RECOGNISED: readonly RecognisedPde[] = [
  {
    name: "burgers",
    title: "Burgers, nu = 0.01/pi",
    problem: burgers(),
    options: {},
    published: [
      { by: "SSBroyden (arXiv 2501.16371)", error: 1.62e-8, parameters: 3021, seconds: 2878 },
      { by: "SOAP and PirateNet, as others quote it", error: 4.03e-5 },
    ],
  },
  {
    name: "burgers-0.01",
    title: "Burgers, nu = 0.01",
    problem: burgers({ viscosity: 0.01 }),
    options: {},
    published: [
      { by: `${DSGNAR}, its stored example`, error: 1.876e-12, parameters: 5125, seconds: 144 },
    ],
  },
  {
    name: "allen-cahn",
    title: "Allen-Cahn, d = 1e-4",
    problem: allenCahn,
    options: {},
    published: [
      { by: "SSBroyden, as others quote it", error: 9.43e-7 },
      { by: "PirateNet (jaxpi)", error: 2.24e-5 },
    ],
  },
  {
    name: "kdv",
    title: "KdV, cos(pi x), mu = 0.022",
    problem: kdv,
    options: { network: { hidden: [8, 4], knots: "free", intervals: 5 }, tolerance: 1e-7 },
    published: [
      { by: DSGNAR, error: 8.24e-11, parameters: 11285, seconds: 1210 },
      { by: "PirateNet (jaxpi)", error: 4.27e-4 },
    ],
  },
  {
    name: "wave",
    title: "wave, c = 2, modes 1 and 4",
    problem: wave,
    options: { tolerance: 1e-9 },
    published: [{ by: DSGNAR, error: 1.2e-15, parameters: 11225, seconds: 635 }],
  },
  {
    name: "helmholtz",
    title: "Helmholtz (1, 4)",
    problem: findPde("helmholtz"),
    options: { tolerance: 1e-9 },
    quick: { tolerance: 1e-3, network: { hidden: [8], degree: 9, intervals: 8 } },
    published: [
      { by: "SPRING (arXiv 2604.05230)", error: 2e-9, parameters: 2971, seconds: 540 },
      { by: "SSBroyden (the same paper)", error: 3.6e-9, parameters: 2971, seconds: 319 },
    ],
  },
  {
    name: "klein-gordon",
    title: "Klein-Gordon",
    problem: kleinGordon,
    options: { tolerance: 1e-9 },
    published: [],
  },
  {
    name: "poisson-5d",
    title: "Poisson in five dimensions",
    problem: poisson5d(),
    options: { tolerance: 1e-11, network: { hidden: [], degree: 9, intervals: 4 } },
    quick: { tolerance: 1e-6, network: { hidden: [], degree: 7, intervals: 2 } },
    published: [{ by: DSGNAR, error: 3.03e-16 }],
  },
];

/** A reference solution and a second way to it. */
export interface CheckedReference {
  readonly name: string;
  readonly ways: string;
  readonly isQuick: boolean;
  /** Values at points `(t, x)` by both. */
  both(points: Float64Array): readonly [Float64Array, Float64Array];
}

function coleHopf(nu: number, points: Float64Array): Float64Array {
  return Float64Array.from(
    { length: points.length / 2 },
    (_, r) => burgersSolution(points[2 * r], points[2 * r + 1], nu),
  );
}

/** Reference solutions that are no formulas. */
export const REFERENCES: readonly CheckedReference[] = [
  ...([[0.01, 1024, true], [0.01 / Math.PI, 2048, false]] as const).map(
    ([nu, points, isQuick]): CheckedReference => ({
      name: isQuick ? "burgers-0.01" : "burgers",
      ways: "Cole-Hopf integral, Fourier modes",
      isQuick,
      both: (at) => {
        const modes = solvePeriodic(burgersEvolution(nu), { points, times: 200, steps: 10 });
        return [coleHopf(nu, at), evaluatePeriodic(modes, at)];
      },
    }),
  ),
  {
    name: "kdv",
    ways: "512 points, steps of 1/8000 and 1/16000 extrapolated; half the steps",
    isQuick: false,
    both: (at) => [
      kdv.reference!(at),
      evaluatePeriodic(
        extrapolated(kdvEvolution(MU), { points: 512, times: 400, steps: 40 }),
        at,
      ),
    ],
  },
  {
    name: "allen-cahn",
    ways: "2048 points, steps of 1/800; 4096 points, 1/1600",
    isQuick: false,
    both: (at) => [
      allenCahn.reference!(at),
      evaluatePeriodic(
        solvePeriodic(allenCahnEvolution(1e-4, 5), { points: 4096, times: 800, steps: 2 }),
        at,
      ),
    ],
  },
];
