/**
 * Equations of every kind by default flags with a tolerance of 1e-4: status, estimate of the error
 * beside the true one, seconds of processor time.
 *
 * ```sh
 * deno run -A bench/tolerance.ts [NAME,...] [--tolerance R]
 * ```
 */

import process from "node:process";
import { parsePde, solvePde } from "../lib/physics/mod.ts";
import { textTable } from "../cli/terminal/text_table.ts";
import more from "./cases/equations.json" with { type: "json" };

/** The solution of `two-layers-2d`. */
const LAYERS = "x*y*(1 - exp((x-1)/0.01))*(1 - exp((y-1)/0.01))";

const PROBLEMS = [
  {
    name: "boundary-layer-2d",
    domain: { x: [0, 1], y: [0, 1] },
    constants: { e: 0.05 },
    equations: [{
      equation: "-e*(u_xx + u_yy) + u_x = e*pi^2*(x - (exp((x-1)/e) - exp(-1/e))/(1 - exp(-1/e)))" +
        "*sin(pi*y) + sin(pi*y)",
    }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }, {
      at: { y: [0, 1] },
      equation: "u = 0",
    }],
    exact: { u: "(x - (exp((x-1)/e) - exp(-1/e))/(1 - exp(-1/e)))*sin(pi*y)" },
  },
  {
    name: "heat-source-variable",
    domain: { t: [0, 1], x: [0, 2] },
    equations: [{
      equation: "u_t = d((1 + x/2)*u_x, x) + exp(-t)*(-cos(2*x) + sin(2*x) + 4*(1 + x/2)*cos(2*x))",
    }],
    conditions: [
      { at: { t: 0 }, equation: "u = cos(2*x)" },
      { at: { x: 0 }, equation: "u_x = 0" },
      { at: { x: 2 }, equation: "u = exp(-t)*cos(4)" },
    ],
    exact: { u: "exp(-t)*cos(2*x)" },
  },
  {
    name: "wave-2d",
    domain: { t: [0, 1], x: [0, 1], y: [0, 1] },
    equations: [{ equation: "u_tt = u_xx + u_yy" }],
    conditions: [
      { at: { t: 0 }, equation: "u = sin(pi*x)*sin(pi*y)" },
      { at: { t: 0 }, equation: "u_t = 0" },
      { at: { x: [0, 1] }, equation: "u = 0" },
      { at: { y: [0, 1] }, equation: "u = 0" },
    ],
    exact: { u: "sin(pi*x)*sin(pi*y)*cos(sqrt(2)*pi*t)" },
  },
  {
    name: "poisson-3d",
    domain: { x: [0, 1], y: [0, 1], z: [0, 1] },
    equations: [{
      equation: "u_xx + u_yy + u_zz = exp(x)*sin(2*y)*cos(z)*(1 - 4 - 1)",
    }],
    conditions: [
      { at: { x: [0, 1] }, equation: "u = exp(x)*sin(2*y)*cos(z)" },
      { at: { y: [0, 1] }, equation: "u = exp(x)*sin(2*y)*cos(z)" },
      { at: { z: [0, 1] }, equation: "u = exp(x)*sin(2*y)*cos(z)" },
    ],
    exact: { u: "exp(x)*sin(2*y)*cos(z)" },
  },
  {
    name: "schroedinger-two-fields",
    domain: { t: [0, 1], x: [-5, 5] },
    unknowns: ["p", "q"],
    equations: [{ equation: "p_t = -q_xx/2 - (p^2 + q^2)*q" }, {
      equation: "q_t = p_xx/2 + (p^2 + q^2)*p",
    }],
    conditions: [
      { at: { t: 0 }, equation: "p = 1/cosh(x)*cos(x)" },
      { at: { t: 0 }, equation: "q = 1/cosh(x)*sin(x)" },
      { at: { x: [-5, 5] }, equation: "p = 1/cosh(x - t)*cos(x)" },
      { at: { x: [-5, 5] }, equation: "q = 1/cosh(x - t)*sin(x)" },
    ],
    exact: { p: "1/cosh(x - t)*cos(x)", q: "1/cosh(x - t)*sin(x)" },
  },
  {
    name: "inverse-reaction",
    domain: { t: [0, 1], x: [0, 1] },
    coefficients: { D: 1, r: 0 },
    equations: [{ equation: "u_t = D*u_xx + r*u" }],
    conditions: [
      { at: { t: 0 }, equation: "u = sin(pi*x) + 0.5*sin(2*pi*x)" },
      { at: { x: [0, 1] }, equation: "u = 0" },
      {
        data: inverseData(),
        equation: "u = value",
      },
    ],
    exact: { u: "exp((0.5 - 0.1*pi^2)*t)*sin(pi*x) + 0.5*exp((0.5 - 0.4*pi^2)*t)*sin(2*pi*x)" },
  },
  {
    name: "periodic-advection-diffusion",
    domain: { t: [0, 1], x: [0, 1] },
    periodic: ["x"],
    equations: [{ equation: "u_t + u_x = 0.02*u_xx" }],
    conditions: [{ at: { t: 0 }, equation: "u = sin(2*pi*x) + 0.3*cos(4*pi*x)" }],
    exact: {
      u: "exp(-0.08*pi^2*t)*sin(2*pi*(x-t)) + 0.3*exp(-0.32*pi^2*t)*cos(4*pi*(x-t))",
    },
  },
  {
    name: "fredholm",
    domain: { x: [0, 1] },
    equations: [{ equation: "u = exp(x) - x + x*integral(s*at(u, x, s), s, 0, 1)" }],
    conditions: [],
    exact: { u: "exp(x)" },
  },
  {
    name: "singular-perturbation-turning",
    domain: { x: [-1, 1] },
    constants: { e: 0.001 },
    equations: [{ equation: "e*u_xx + 2*x*u_x = 0" }],
    conditions: [{ at: { x: -1 }, equation: "u = -1" }, { at: { x: 1 }, equation: "u = 1" }],
    exact: { u: "erf(x/sqrt(e))/erf(1/sqrt(e))" },
  },
  {
    name: "stiff-flame",
    domain: { t: [0, 1] },
    unknowns: ["y"],
    equations: [{ equation: "y_t = 50*(y^2 - y^3)" }],
    conditions: [{ at: { t: 0 }, equation: "y = 0.05" }],
  },
  {
    name: "blow-up",
    domain: { t: [0, 0.95] },
    equations: [{ equation: "u_t = u^2" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }],
    exact: { u: "1/(1 - t)" },
  },
  {
    name: "ode-system",
    domain: { t: [0, 10] },
    unknowns: ["x", "v", "w"],
    equations: [{ equation: "x_t = v" }, { equation: "v_t = -x + 0.1*w" }, {
      equation: "w_t = -w + x",
    }],
    conditions: [
      { at: { t: 0 }, equation: "x = 1" },
      { at: { t: 0 }, equation: "v = 0" },
      { at: { t: 0 }, equation: "w = 0" },
    ],
  },
  {
    name: "annulus",
    domain: { x: [-1, 1], y: [-1, 1] },
    shape: {
      difference: [
        { name: "outer", disk: { center: [0, 0], radius: 1 } },
        { name: "inner", disk: { center: [0, 0], radius: 0.4 } },
      ],
    },
    equations: [{ equation: "u_xx + u_yy = 4" }],
    conditions: [{ on: "outer", equation: "u = 1 + x" }, { on: "inner", equation: "u = 0.16 + x" }],
    exact: { u: "x^2 + y^2 + x" },
  },
  {
    name: "nonlinear-elliptic",
    domain: { x: [0, 1], y: [0, 1] },
    equations: [{
      equation: "u_xx + u_yy - u^3 = -2*pi^2*sin(pi*x)*sin(pi*y) - (sin(pi*x)*sin(pi*y))^3",
    }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }, {
      at: { y: [0, 1] },
      equation: "u = 0",
    }],
    exact: { u: "sin(pi*x)*sin(pi*y)" },
  },
  {
    name: "burgers-travelling",
    domain: { t: [0, 1], x: [-1, 1] },
    constants: { nu: 0.05 },
    equations: [{ equation: "u_t + u*u_x = nu*u_xx" }],
    conditions: [
      { at: { t: 0 }, equation: "u = 0.5 - 0.5*tanh(x/(4*nu))" },
      { at: { x: -1 }, equation: "u = 0.5 - 0.5*tanh((-1 - t/2)/(4*nu))" },
      { at: { x: 1 }, equation: "u = 0.5 - 0.5*tanh((1 - t/2)/(4*nu))" },
    ],
    exact: { u: "0.5 - 0.5*tanh((x - t/2)/(4*nu))" },
  },
  {
    name: "stokes-like",
    domain: { x: [0, 1], y: [0, 1] },
    unknowns: ["u", "v", "p"],
    equations: [
      { equation: "-(u_xx + u_yy) + p_x = 2*pi^2*sin(pi*x)*cos(pi*y) + 1" },
      { equation: "-(v_xx + v_yy) + p_y = -2*pi^2*cos(pi*x)*sin(pi*y)" },
      { equation: "u_x + v_y = 0" },
    ],
    conditions: [
      { at: { x: [0, 1] }, equation: "u = 0" },
      { at: { x: [0, 1] }, equation: "v = -cos(pi*x)*sin(pi*y)" },
      { at: { y: [0, 1] }, equation: "v = 0" },
      { at: { y: [0, 1] }, equation: "u = sin(pi*x)*cos(pi*y)" },
      { at: { x: 0, y: { points: [0] } }, equation: "p = 0" },
    ],
    exact: { u: "sin(pi*x)*cos(pi*y)", v: "-cos(pi*x)*sin(pi*y)", p: "x" },
  },
  {
    name: "blasius",
    domain: { x: [0, 8] },
    unknowns: ["f"],
    equations: [{ equation: "f_xxx + 0.5*f*f_xx = 0" }],
    conditions: [
      { at: { x: 0 }, equation: "f = 0" },
      { at: { x: 0 }, equation: "f_x = 0" },
      { at: { x: 8 }, equation: "f_x = 1" },
    ],
  },
  {
    name: "inverse-growth",
    domain: { t: [0, 5] },
    unknowns: ["y"],
    coefficients: { r: 1, K: 5 },
    equations: [{ equation: "y_t = r*y*(1 - y/K)" }],
    conditions: [{ at: { t: 0 }, equation: "y = 0.5" }, {
      data: growthData(),
      equation: "y = value",
    }],
    exact: { y: "8/(1 + 15*exp(-1.7*t))" },
  },
  {
    name: "robertson",
    domain: { t: [0, 1e6] },
    unknowns: ["a", "b", "c"],
    equations: [
      { equation: "a_t = -0.04*a + 1e4*b*c" },
      { equation: "b_t = 0.04*a - 1e4*b*c - 3e7*b^2" },
      { equation: "c_t = 3e7*b^2" },
    ],
    conditions: [
      { at: { t: 0 }, equation: "a = 1" },
      { at: { t: 0 }, equation: "b = 0" },
      { at: { t: 0 }, equation: "c = 0" },
    ],
  },
  {
    name: "relaxation",
    domain: { t: [0, 200] },
    unknowns: ["x", "v"],
    equations: [{ equation: "x_t = v" }, { equation: "v_t = 100*(1 - x^2)*v - x" }],
    conditions: [{ at: { t: 0 }, equation: "x = 2" }, { at: { t: 0 }, equation: "v = 0" }],
  },
  {
    name: "layer-convection",
    domain: { x: [0, 1] },
    equations: [{ equation: "-1e-5*u_xx + u_x = 1" }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }],
    exact: { u: "x - exp((x-1)/1e-5)" },
  },
  {
    name: "layers-reaction",
    domain: { x: [0, 1] },
    equations: [{ equation: "-1e-6*u_xx + u = 1 + x" }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }],
    exact: { u: "1 + x - exp(-x/0.001) - 2*exp((x-1)/0.001)" },
  },
  {
    name: "front-middle",
    domain: { x: [-1, 1] },
    equations: [{ equation: "0.01*u_xx + u - u^3 = 0" }],
    conditions: [
      { at: { x: -1 }, equation: "u = -tanh(1/sqrt(0.02))" },
      { at: { x: 1 }, equation: "u = tanh(1/sqrt(0.02))" },
    ],
    exact: { u: "tanh(x/sqrt(0.02))" },
  },
  {
    name: "shock-middle",
    domain: { x: [-1, 1] },
    equations: [{ equation: "0.05*u_xx = u*u_x" }],
    conditions: [
      { at: { x: -1 }, equation: "u = tanh(10)" },
      { at: { x: 1 }, equation: "u = -tanh(10)" },
    ],
    exact: { u: "-tanh(10*x)" },
  },
  {
    name: "exit-time",
    domain: { x: [-1, 1] },
    equations: [{ equation: "0.01*u_xx = x*u_x" }],
    conditions: [{ at: { x: -1 }, equation: "u = 0" }, { at: { x: 1 }, equation: "u = 1" }],
    exact: { u: "0.5" },
  },
  {
    name: "long-oscillator",
    domain: { t: [0, 100] },
    equations: [{ equation: "u_tt + 9*u = 0" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }, { at: { t: 0 }, equation: "u_t = 0" }],
    exact: { u: "cos(3*t)" },
  },
  {
    name: "peak",
    domain: { x: [0, 1], y: [0, 1] },
    equations: [{
      equation: "-(u_xx + u_yy) = (400 - 40000*((x-0.3)^2 + (y-0.6)^2))" +
        "*exp(-100*((x-0.3)^2 + (y-0.6)^2))",
    }],
    conditions: [
      { at: { x: [0, 1] }, equation: "u = exp(-100*((x-0.3)^2 + (y-0.6)^2))" },
      { at: { y: [0, 1] }, equation: "u = exp(-100*((x-0.3)^2 + (y-0.6)^2))" },
    ],
    exact: { u: "exp(-100*((x-0.3)^2 + (y-0.6)^2))" },
  },
  {
    name: "two-layers-2d",
    domain: { x: [0, 1], y: [0, 1] },
    equations: [{
      equation: "-0.01*(u_xx + u_yy) + u_x + u_y = -0.01*(" +
        `d(d(${LAYERS}, x), x) + d(d(${LAYERS}, y), y)) + d(${LAYERS}, x) + d(${LAYERS}, y)`,
    }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }, {
      at: { y: [0, 1] },
      equation: "u = 0",
    }],
    exact: { u: LAYERS },
  },
  {
    name: "coherent-state",
    domain: { t: [0, 3], x: [-6, 6] },
    unknowns: ["a", "b"],
    equations: [{ equation: "a_t = -b_xx/2 + x^2/2*b" }, {
      equation: "b_t = a_xx/2 - x^2/2*a",
    }],
    conditions: [
      { at: { t: 0 }, equation: "a = exp(-(x - 1)^2/2)" },
      { at: { t: 0 }, equation: "b = 0" },
      { at: { x: [-6, 6] }, equation: "a = 0" },
      { at: { x: [-6, 6] }, equation: "b = 0" },
    ],
    exact: {
      a: "exp(-(x - cos(t))^2/2)*cos(t/2 + x*sin(t) - sin(2*t)/4)",
      b: "-exp(-(x - cos(t))^2/2)*sin(t/2 + x*sin(t) - sin(2*t)/4)",
    },
  },
];

/** Values of the solution of `inverse-growth` at 12 times. */
function growthData() {
  const t = Array.from({ length: 12 }, (_, i) => 0.3 + 4.7 * i / 11);
  return { t, value: t.map((each) => 8 / (1 + 15 * Math.exp(-1.7 * each))) };
}

/** Values of the solution of `inverse-reaction` at 20 places. */
function inverseData() {
  const t: number[] = [], x: number[] = [], value: number[] = [];
  for (let i = 0; i < 20; i++) {
    t.push((i % 4 + 1) / 4);
    x.push((Math.floor(i / 4) + 1) / 6);
    value.push(
      Math.exp((0.5 - 0.1 * Math.PI ** 2) * t[i]) * Math.sin(Math.PI * x[i]) +
        0.5 * Math.exp((0.5 - 0.4 * Math.PI ** 2) * t[i]) * Math.sin(2 * Math.PI * x[i]),
    );
  }
  return { t, x, value };
}

const at = Deno.args.indexOf("--tolerance");
const tolerance = at < 0 ? 1e-4 : Number(Deno.args[at + 1]);
const wanted = Deno.args[0]?.startsWith("-") ? undefined : Deno.args[0]?.split(",");
const rows = [[
  "problem",
  "parameters",
  "network",
  "status",
  "fresh",
  "estimate",
  "error",
  "CPU s",
]];
const short = (value: number | undefined) => value === undefined ? "-" : value.toExponential(1);
for (const data of [...PROBLEMS, ...more]) {
  if (wanted && !wanted.includes(data.name)) continue;
  const before = process.cpuUsage();
  try {
    const problem = parsePde(data);
    const { network, finished, error, errorEstimate, verification } = await solvePde(problem, {
      tolerance,
      threads: 1,
    });
    const after = process.cpuUsage();
    const seconds = (after.user - before.user + after.system - before.system) / 1e6;
    const { widths, degree, intervals } = network.config;
    rows.push([
      data.name,
      `${network.parameters.length}`,
      `[${widths}] ${degree} ${intervals}`,
      finished.status,
      short(verification.fresh),
      short(errorEstimate),
      short(error?.relativeL2),
      seconds.toFixed(1),
    ]);
  } catch (error) {
    rows.push([data.name, "", "", (error as Error).message.slice(0, 70), "", "", "", ""]);
  }
  console.error(rows.at(-1)!.join("  "));
}
console.log(textTable(rows, "lrllrrrr"));
