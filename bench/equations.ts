/**
 * What `solve` reaches by its defaults: the gallery of equations, and problems that people bring.
 *
 * `deno run --allow-read bench/equations.ts [NAME...]`, with `--seed N` before the names.
 */

import { parseArgs } from "@std/cli/parse-args";
import { parsePde, type PdeProblem, pdeProblems, solvePde } from "@freeknot/freeknot";
import { markdown } from "./_table.ts";

/** Kovasznay's exponent at Reynolds number 20. */
const KOVASZNAY = 10 - Math.sqrt(100 + 4 * Math.PI ** 2);

/** A product of sines over the unit cube of some coordinates. */
const bump = (names: string) => [...names].map((name) => `sin(pi*${name})`).join("*");

/** Values on both ends of every coordinate, which have the same unit range. */
const walls = (names: string) =>
  [...names].map((name) => ({ at: { [name]: [0, 1] }, equation: "u = 0" }));

const unit = (names: string) =>
  Object.fromEntries([...names].map((name) => [name, [0, 1] as const]));

const BROUGHT: readonly PdeProblem[] = [
  {
    name: "klein-gordon",
    domain: { x: [0, 1], t: [0, 1] },
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
  },
  {
    name: "kovasznay",
    domain: { x: [-0.5, 1], y: [-0.5, 1.5] },
    unknowns: ["u", "v", "p"],
    constants: { Re: 20, k: KOVASZNAY },
    equations: [
      { equation: "u*u_x + v*u_y = -p_x + (u_xx + u_yy)/Re" },
      { equation: "u*v_x + v*v_y = -p_y + (v_xx + v_yy)/Re" },
      { equation: "u_x + v_y = 0" },
    ],
    conditions: [
      ...[{ x: [-0.5, 1] }, { y: [-0.5, 1.5] }].flatMap((at) => [
        { at, equation: "u = 1 - exp(k*x)*cos(2*pi*y)" },
        { at, equation: "v = k/(2*pi)*exp(k*x)*sin(2*pi*y)" },
      ]),
      { at: { x: 1 }, equation: "p = 0.5*(1 - exp(2*k*x))" },
    ],
    exact: {
      u: "1 - exp(k*x)*cos(2*pi*y)",
      v: "k/(2*pi)*exp(k*x)*sin(2*pi*y)",
      p: "0.5*(1 - exp(2*k*x))",
    },
  },
  {
    name: "heat of steel in SI units",
    domain: { t: [0, 30], x: [0, 0.04] },
    unknowns: ["T"],
    constants: { rho: 8000, cp: 500, k: 200 },
    equations: [{ equation: "rho*cp*T_t = k*T_xx" }],
    conditions: [
      { at: { t: 0 }, equation: "T = 300 + 700*sin(pi*x/0.04)" },
      { at: { x: [0, 0.04] }, equation: "T = 300" },
    ],
    exact: { T: "300 + 700*exp(-k/(rho*cp)*(pi/0.04)^2*t)*sin(pi*x/0.04)" },
  },
  {
    name: "Poisson in three dimensions",
    domain: unit("xyz"),
    equations: [{ equation: `u_xx + u_yy + u_zz = -3*pi^2*${bump("xyz")}` }],
    conditions: walls("xyz"),
    exact: { u: bump("xyz") },
  },
  {
    name: "heat in four dimensions",
    domain: { t: [0, 0.5], ...unit("abcd") },
    constants: { k: 0.1 },
    equations: [{ equation: "u_t = k*(u_aa + u_bb + u_cc + u_dd)" }],
    conditions: [{ at: { t: 0 }, equation: `u = ${bump("abcd")}` }, ...walls("abcd")],
    exact: { u: `exp(-4*k*pi^2*t)*${bump("abcd")}` },
  },
  {
    name: "oscillator to t = 50",
    domain: { t: [0, 50] },
    equations: [{ equation: "u_tt = -u" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }, { at: { t: 0 }, equation: "u_t = 0" }],
    exact: { u: "cos(t)" },
  },
].map(parsePde);

const { _: names, seed } = parseArgs(Deno.args, { default: { seed: 1234 } });
const all = [...pdeProblems.filter(({ name }) => name !== "burgers-perturbed"), ...BROUGHT];
const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
const rows: string[][] = [];
for (const problem of chosen) {
  const { network, finished, verification, error } = await solvePde(problem, {
    seed: Number(seed),
  });
  rows.push([
    problem.name,
    `${network.parameters.length}`,
    error?.relativeL2.toExponential(1) ?? "-",
    verification.fresh.toExponential(1),
    finished.status,
    finished.seconds.toFixed(finished.seconds < 10 ? 1 : 0),
  ]);
  console.error(rows.at(-1)!.join("  "));
}
console.log(
  markdown(["problem", "parameters", "relative L2 error", "residual", "status", "seconds"], rows),
);
