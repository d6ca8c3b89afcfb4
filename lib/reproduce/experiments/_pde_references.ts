/**
 * Reference solutions of recognised differential equations, each by two ways.
 *
 * @module
 */

import { cos, pow } from "../../numerics/inner.ts";
import {
  allenCahnEvolution,
  allenCahnSolution,
  burgersEvolution,
  burgersSolution,
  cavitySolution,
  collocatePeriodic,
  collocationMethod,
  collocationSteps,
  evaluatePeriodic,
  firstModes,
  kdvEvolution,
  kuramotoEvolution,
  lagrangeAt,
  type PeriodicEvolution,
  type PeriodicModes,
  type PeriodicResolution,
  ratesOf,
  type ShockTube,
  shockTubeSolution,
  solvePeriodic,
  spectralForce,
} from "../../physics/inner.ts";

/** `mu` of the equation of Korteweg and de Vries. */
export const MU = 0.022;
/** Rates of the equation of Kuramoto and Sivashinsky. */
export const RATES = [100 / 16, 100 / 16 ** 2, 100 / pow(16, 4)] as const;

/** Sod's shock tube: its shock is about 0.05 wide, the jump at the start 0.06. */
export const SOD: ShockTube = { viscosity: 0.005, width: 0.03, end: 0.2 };

/** Reynolds number of the cavity's flow. */
export const RE = 100;

/** Values at points `(t, x)`, shape `[rows, 2]`. */
type Values = (points: Float64Array) => Float64Array;

/** A reference solution and a second way to it. */
export interface CheckedReference {
  readonly name: string;
  readonly ways: string;
  readonly isQuick: boolean;
  /** How far they agree, relative L2. */
  readonly agreement: number;
  /** Values at points `(t, x)` of `[0, 1] x [-1, 1]` by both. */
  both(points: Float64Array): readonly [Float64Array, Float64Array];
}

/** Computes modes when they are asked for the first time. */
function once(compute: () => PeriodicModes): Values {
  let modes: PeriodicModes | undefined;
  return (points) => evaluatePeriodic(modes ??= compute(), points);
}

/** The solution of Korteweg and de Vries' equation from `cos(pi x)`. */
export const kdvReference: Values = once(() =>
  collocatePeriodic(kdvEvolution(MU), { points: 512, times: 800, steps: 1 }, {
    nodes: "gauss",
    stages: 6,
  })
);

const kuramotoModes: Values = once(() =>
  collocatePeriodic(kuramotoEvolution(...RATES), { points: 512, times: 800, steps: 1 }, {
    nodes: "radau",
    stages: 7,
  })
);

/** The solution of Kuramoto and Sivashinsky's equation at points `(t, y)`, `y` of `[0, 2 pi]`. */
export function kuramotoReference(points: Float64Array): Float64Array {
  return kuramotoModes(points.map((value, i) => i % 2 === 0 ? value : value / Math.PI - 1));
}

let cavity: Values | undefined;
/** The stream function of the cavity's flow at points `(x, y)`. */
export function cavityReference(points: Float64Array): Float64Array {
  cavity ??= cavitySolution(RE, { degree: 20, form: "galerkin" });
  return cavity(points);
}

let sod: Values | undefined;
/** Density, speed and temperature in Sod's tube at points `(t, x)`. */
export function sodReference(points: Float64Array): Float64Array {
  sod ??= shockTubeSolution(SOD, { form: "conservative", points: 512, steps: 3000 });
  return sod(points);
}

/**
 * The solution by ETDRK4 with the error of fourth order taken out: `(16 fine - coarse) / 15` of twice
 * the steps and these (Richardson).
 */
function extrapolated(
  equation: PeriodicEvolution,
  { points, times, steps }: PeriodicResolution,
): PeriodicModes {
  const coarse = solvePeriodic(equation, { points, times, steps });
  const fine = solvePeriodic(equation, { points, times, steps: 2 * steps });
  return { ...fine, values: fine.values.map((x, i) => (16 * x - coarse.values[i]) / 15) };
}

function coleHopf(nu: number, points: Float64Array): Float64Array {
  return Float64Array.from(
    { length: points.length / 2 },
    (_, r) => burgersSolution(points[2 * r], points[2 * r + 1], nu),
  );
}

/** Grid points, and the times of steps. */
interface Phase {
  readonly points: number;
  readonly times: readonly number[];
}

/**
 * The even solution at points by Radau's method in phases: modes that diffusion has damped away are
 * dropped at the end of each. Between the stages of a step values are those of its polynomial.
 */
function evenInPhases(
  equation: PeriodicEvolution,
  phases: readonly Phase[],
  at: Float64Array,
): Float64Array {
  const method = collocationMethod("radau", 7), known = [0, ...method.nodes];
  const out = new Float64Array(at.length / 2);
  let a = firstModes(equation, Math.floor(phases[0].points / 3));
  for (const { points, times } of phases) {
    const modes = Math.floor(points / 3), size = 2 * modes;
    const begin = a.slice(0, size);
    const system = {
      rates: ratesOf(equation, modes),
      isComplex: true,
      force: spectralForce(equation, points),
    };
    collocationSteps(system, method, begin.slice(), times, (i, end, stages) => {
      out.forEach((_, r) => {
        const t = at[2 * r], place = (t - times[i - 1]) / (times[i] - times[i - 1]);
        if (!(place > 0 && place <= 1)) return;
        const weights = known.map((_, j) => lagrangeAt(known, j, place));
        out[r] = 0;
        for (let k = 0; k < modes; k++) {
          let mode = weights[0] * begin[2 * k];
          for (let j = 1; j < known.length; j++) {
            mode += weights[j] * stages[(j - 1) * size + 2 * k];
          }
          out[r] += (k === 0 ? 1 : 2) * mode * cos(Math.PI * k * at[2 * r + 1]);
        }
      });
      begin.set(end);
    });
    a = begin;
  }
  return out;
}

/** Steps from 2^-26 to 1/64, each as long as all before; then eighty even ones. */
const ALLEN_CAHN_PHASES: readonly Phase[] = [
  { points: 32768, times: [0, ...Array.from({ length: 21 }, (_, i) => pow(2, i - 26))] },
  { points: 4096, times: Array.from({ length: 81 }, (_, i) => (1 + 63 * i / 80) / 64) },
];

/** How far two ways to a smooth solution agree at least. */
const AGREEMENT = 1e-12;

/** Reference solutions that are no formulas. */
export const REFERENCES: readonly CheckedReference[] = [
  ...([[0.01, 1024, true], [0.01 / Math.PI, 4096, false]] as const).map(
    ([nu, points, isQuick]): CheckedReference => ({
      name: isQuick ? "burgers-0.01" : "burgers",
      ways: `Cole-Hopf integral; ${points} points, Radau's method, 400 steps of 7 stages`,
      isQuick,
      agreement: AGREEMENT,
      both: (at) => {
        const modes = collocatePeriodic(burgersEvolution(nu), { points, times: 400, steps: 1 }, {
          nodes: "radau",
          stages: 7,
        });
        return [coleHopf(nu, at), evaluatePeriodic(modes, at)];
      },
    }),
  ),
  {
    name: "kdv",
    ways: "512 points, Gauss's method, 800 steps of 6 stages; " +
      "1024 points, ETDRK4, 25,000 and 50,000 steps extrapolated",
    isQuick: false,
    agreement: 1e-11,
    both: (at) => [
      kdvReference(at),
      evaluatePeriodic(
        extrapolated(kdvEvolution(MU), { points: 1024, times: 1000, steps: 25 }),
        at,
      ),
    ],
  },
  {
    name: "kuramoto",
    ways: "512 points, Radau's method, 800 steps of 7 stages; " +
      "1024 points, Gauss's method, 1,200 steps of 6 stages",
    isQuick: false,
    agreement: 1e-10,
    both: (at) => [
      kuramotoModes(at),
      evaluatePeriodic(
        collocatePeriodic(
          kuramotoEvolution(...RATES),
          { points: 1024, times: 1200, steps: 1 },
          { nodes: "gauss", stages: 6 },
        ),
        at,
      ),
    ],
  },
  {
    name: "allen-cahn",
    ways: "spectral elements of degree 16; Fourier modes of 32,768, then 4,096 points",
    isQuick: false,
    agreement: AGREEMENT,
    both: (at) => [
      allenCahnSolution(1e-4, 5)(at),
      evenInPhases(allenCahnEvolution(1e-4, 5), ALLEN_CAHN_PHASES, at),
    ],
  },
  {
    name: "sod",
    ways: "512 points, density, momentum and energy, 3,000 and 6,000 steps extrapolated; " +
      "1,024 points, density, speed and temperature, 12,000 and 24,000",
    isQuick: false,
    agreement: 2e-11,
    both: (at) => {
      const points = at.map((value, i) => i % 2 === 0 ? SOD.end * value : (1 + value) / 2);
      const fine = { points: 1024, steps: 12000, times: 800 } as const;
      const other = shockTubeSolution(SOD, { form: "primitive", ...fine });
      return [sodReference(points), other(points)];
    },
  },
  {
    name: "cavity-regularised",
    ways: "polynomials of degree 20 against test functions; of degree 28 at points",
    isQuick: false,
    agreement: 2e-5,
    both: (at) => {
      const points = at.map((value, i) => i % 2 === 0 ? value : (1 + value) / 2);
      const other = cavitySolution(RE, { degree: 28, form: "collocation" });
      return [cavityReference(points), other(points)];
    },
  },
];
