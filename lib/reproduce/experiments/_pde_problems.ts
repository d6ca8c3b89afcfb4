/**
 * Differential equations that others report errors of, with reference solutions.
 *
 * @module
 */

import { burgers, findPde, type PdeProblem, type SolveOptions } from "../../physics/mod.ts";
import {
  cavityReference,
  kdvReference,
  kuramotoReference,
  MU,
  RATES,
  RE,
  SOD,
  sodReference,
} from "./_pde_references.ts";

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

const kdv: PdeProblem = {
  name: "kdv-cosine",
  title: "Korteweg-de Vries equation from a cosine",
  domain: { t: [0, 1], x: [-1, 1] },
  constants: { mu: MU },
  equations: [{ equation: "u_t + u*u_x + mu^2*u_xxx = 0" }],
  conditions: [{ at: { t: 0 }, equation: "u = cos(pi*x)" }],
  periodic: ["x"],
  reference: kdvReference,
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

/** Poisson's equation in many dimensions, `u = sum cos(pi x_i)`. */
function poissonIn(names: readonly string[]): PdeProblem {
  const sum = names.map((name) => `cos(pi*${name})`).join(" + ");
  return {
    name: `poisson-${names.length}d`,
    title: `Poisson's equation in ${names.length} dimensions`,
    domain: Object.fromEntries(names.map((name) => [name, [0, 1]])),
    equations: [{
      equation: `${names.map((name) => `u_${name}${name}`).join(" + ")} = -pi^2*(${sum})`,
    }],
    conditions: names.map((name) => ({ at: { [name]: [0, 1] }, equation: `u = ${sum}` })),
    exact: { u: sum },
  };
}

/** Kovasznay's flow behind a grid at a Reynolds number of 20. */
function kovasznay(): PdeProblem {
  const decay = 10 - Math.sqrt(100 + 4 * Math.PI ** 2);
  const u = `1 - exp(${decay}*x)*cos(2*pi*y)`, p = `(1 - exp(2*${decay}*x))/2`;
  const v = `${decay}/(2*pi)*exp(${decay}*x)*sin(2*pi*y)`;
  return {
    name: "kovasznay",
    title: "Kovasznay's flow, Navier and Stokes, steady",
    domain: { x: [-0.5, 1], y: [-0.5, 1.5] },
    unknowns: ["u", "v", "p"],
    constants: { Re: 20 },
    equations: [
      { equation: "u*u_x + v*u_y = -p_x + (u_xx + u_yy)/Re" },
      { equation: "u*v_x + v*v_y = -p_y + (v_xx + v_yy)/Re" },
      { equation: "u_x + v_y = 0" },
    ],
    conditions: [
      ...[{ x: [-0.5, 1] }, { y: [-0.5, 1.5] }].flatMap((at) => [
        { at, equation: `u = ${u}` },
        { at, equation: `v = ${v}` },
      ]),
      { at: { x: 1 }, equation: `p = ${p}` },
    ],
    exact: { u, v, p },
  };
}

/** A soliton of `i h_t + h_xx / 2 + |h|^2 h = 0`, `h = u + i v`, of height and speed 1. */
function soliton(): PdeProblem {
  // the phase is x + (1 - 1) t / 2
  const u = "cos(x)/cosh(x - t)", v = "sin(x)/cosh(x - t)";
  return {
    name: "schroedinger-soliton",
    title: "a soliton of Schroedinger's nonlinear equation",
    domain: { t: [0, 1], x: [-5, 5] },
    unknowns: ["u", "v"],
    equations: [
      { equation: "u_t = -v_xx/2 - (u^2 + v^2)*v" },
      { equation: "v_t = u_xx/2 + (u^2 + v^2)*u" },
    ],
    conditions: [{ t: 0 }, { x: [-5, 5] }].flatMap((at) => [
      { at, equation: `u = ${u}` },
      { at, equation: `v = ${v}` },
    ]),
    exact: { u, v },
  };
}

/** A shock that travels, kept as wide as it is by viscosity. */
const shock: PdeProblem = {
  name: "viscous-shock",
  title: "a travelling shock with viscosity",
  domain: { t: [0, 1], x: [0, 1] },
  constants: { nu: 0.02 },
  equations: [{ equation: "u_t + u*u_x = nu*u_xx" }],
  conditions: [
    { at: { t: 0 }, equation: "u = (1 - tanh((x - 0.25)/(4*nu)))/2" },
    { at: { x: [0, 1] }, equation: "u = (1 - tanh((x - 0.25 - t/2)/(4*nu)))/2" },
  ],
  exact: { u: "(1 - tanh((x - 0.25 - t/2)/(4*nu)))/2" },
};

const kuramoto: PdeProblem = {
  name: "kuramoto-sivashinsky",
  title: "equation of Kuramoto and Sivashinsky, the way to disorder",
  domain: { t: [0, 1], x: [0, 2 * Math.PI] },
  constants: { a: RATES[0], b: RATES[1], c: RATES[2] },
  equations: [{ equation: "u_t + a*u*u_x + b*u_xx + c*u_xxxx = 0" }],
  conditions: [{ at: { t: 0 }, equation: "u = cos(x)*(1 + sin(x))" }],
  periodic: ["x"],
  reference: kuramotoReference,
};

/**
 * Sod's shock tube, its start smoothed, of a gas with viscosity and conduction of heat: density,
 * speed and temperature. A closed tube that hands on no heat.
 */
const sod: PdeProblem = {
  name: "sod-viscous",
  title: "Sod's shock tube of a gas with viscosity",
  domain: { t: [0, SOD.end], x: [0, 1] },
  unknowns: ["r", "u", "T"],
  constants: { m: SOD.viscosity, k: 3.5 * SOD.viscosity, w: SOD.width },
  equations: [
    { name: "mass", equation: "r_t + u*r_x + r*u_x = 0" },
    { name: "momentum", equation: "r*(u_t + u*u_x) + r_x*T + r*T_x = m*u_xx" },
    { name: "heat", equation: "2.5*r*(T_t + u*T_x) + r*T*u_x = m*u_x^2 + k*T_xx" },
  ],
  conditions: [
    { at: { t: 0 }, equation: "r = 0.5625 - 0.4375*tanh((x - 0.5)/w)" },
    { at: { t: 0 }, equation: "u = 0" },
    {
      at: { t: 0 },
      equation: "T = (0.55 - 0.45*tanh((x - 0.5)/w))/(0.5625 - 0.4375*tanh((x - 0.5)/w))",
    },
    { at: { x: [0, 1] }, equation: "u = 0" },
    { at: { x: [0, 1] }, equation: "T_x = 0" },
  ],
  reference: sodReference,
  source:
    "Sod 1978; the equations of Navier, Stokes and Fourier, Prandtl's number 3/4 (Becker 1922)",
};

/** A square cavity, its lid slower towards the ends, so that speeds do not jump in the corners. */
const cavity: PdeProblem = {
  name: "cavity-regularised",
  title: "flow in a cavity under a lid whose speed is 16 x^2 (1 - x)^2",
  domain: { x: [0, 1], y: [0, 1] },
  unknowns: ["s"],
  constants: { Re: RE },
  equations: [{
    equation: "s_y*(s_xxx + s_xyy) - s_x*(s_xxy + s_yyy) = (s_xxxx + 2*s_xxyy + s_yyyy)/Re",
  }],
  conditions: [
    { at: { x: [0, 1] }, equation: "s = 0" },
    { at: { x: [0, 1] }, equation: "s_x = 0" },
    { at: { y: [0, 1] }, equation: "s = 0" },
    { at: { y: 0 }, equation: "s_y = 0" },
    { at: { y: 1 }, equation: "s_y = 16*x^2*(1 - x)^2" },
  ],
  reference: cavityReference,
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
    problem: findPde("allen-cahn"),
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
    options: { tolerance: 1e-7 },
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
    problem: poissonIn([..."vwxyz"]),
    options: { tolerance: 1e-11, network: { hidden: [], degree: 9, intervals: 4 } },
    quick: { tolerance: 1e-6, network: { hidden: [], degree: 7, intervals: 2 } },
    published: [{ by: DSGNAR, error: 3.03e-16 }],
  },
  {
    name: "poisson-10d",
    title: "Poisson in ten dimensions",
    problem: poissonIn([..."klmnpqrstw"]),
    options: { tolerance: 1e-10, network: { hidden: [], degree: 9, intervals: 2 } },
    published: [{ by: DSGNAR, error: 5.96e-12 }],
  },
  {
    name: "kovasznay",
    title: "Kovasznay, Re = 20",
    problem: kovasznay(),
    options: { tolerance: 1e-8 },
    published: [],
  },
  {
    name: "soliton",
    title: "Schroedinger's soliton",
    problem: soliton(),
    options: { tolerance: 1e-7 },
    published: [],
  },
  {
    name: "viscous-shock",
    title: "travelling shock, nu = 0.02",
    problem: shock,
    options: { tolerance: 1e-7 },
    published: [],
  },
  {
    name: "sod",
    title: "Sod's shock tube, viscosity 0.005",
    problem: sod,
    options: { tolerance: 1e-5 },
    published: [],
  },
  {
    name: "kuramoto",
    title: "Kuramoto-Sivashinsky",
    problem: kuramoto,
    options: {},
    published: [
      { by: DSGNAR, error: 5.12e-7, seconds: 5227 },
      { by: "the best before, as the same paper quotes it", error: 6.51e-4, seconds: 130222 },
    ],
  },
  {
    name: "cavity-regularised",
    title: "cavity, lid 16 x^2 (1 - x)^2, Re = 100",
    problem: cavity,
    options: { tolerance: 1e-5 },
    published: [],
  },
];
