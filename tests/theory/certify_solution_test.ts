import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { createNetwork, createRandom, type Network, withStatistics } from "../../lib/model/mod.ts";
import {
  evaluateSolution,
  findPde,
  parsePde,
  pdeNetwork,
  type PdeProblem,
} from "../../lib/physics/mod.ts";
import { pdeInputs } from "../../lib/physics/inner.ts";
import { certifySolution } from "../../lib/theory/mod.ts";

/** A network for a problem, its statistics measured in the domain. */
function someNetwork(problem: PdeProblem, seed: number): Network {
  const random = createRandom(seed, "solutions");
  const network = createNetwork(pdeNetwork(problem, { intervals: 4 }), { seed });
  for (const { name, offset, size } of network.layout) {
    if (!name.endsWith("coefficients")) continue;
    for (let i = offset; i < offset + size; i++) network.parameters[i] += 0.1 * random.normal();
  }
  return withStatistics(network, pdeInputs(problem, pointsOf(problem, 300, 7), []).inputs);
}

function pointsOf({ domain }: PdeProblem, rows: number, seed: number): Float64Array {
  const ranges = Object.values(domain), random = createRandom(seed, "points");
  return Float64Array.from({ length: rows * ranges.length }, (_, k) => {
    const [a, b] = ranges[k % ranges.length];
    return Math.max(a, Math.min(b, a + (b - a) * (1.1 * random.uniform() - 0.05)));
  });
}

const sides = (equation: string) => equation.replace(/^(.*)=(.*)$/, "($1) - ($2)");

Deno.test("residual bounds of the gallery's problems are never violated", () => {
  const names = ["heat", "wave", "kdv", "advection", "poisson", "lotka-volterra", "burgers"];
  for (const name of [...names, "allen-cahn"]) {
    const problem = findPde(name), network = someNetwork(problem, 1);
    const certificate = certifySolution(problem, network, { boxes: 300, tolerance: 0.05 });
    const points = pointsOf(problem, 5000, 2), coordinates = Object.keys(problem.domain);
    certificate.terms.forEach((term) => {
      assert(term.reached <= term.bound && term.bound < Infinity, `${name}: ${term.name}`);
      const condition = problem.conditions.find((each) => each.name === term.name);
      const here = points.slice();
      if (condition?.at) { // the condition's first face
        const [[coordinate, place]] = Object.entries(condition.at), d = coordinates.length;
        const position = [place].flat()[0] as number;
        for (let r = 0; r < 5000; r++) here[r * d + coordinates.indexOf(coordinate)] = position;
      }
      const [values] = evaluateSolution(problem, network, here, [sides(term.text)]);
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      assert(most <= term.bound * (1 + 1e-9), `${name}: ${term.name} ${most} ${term.bound}`);
      const [at] = evaluateSolution(
        ...[problem, network, Float64Array.from(coordinates.map((each) => term.at[each]))] as const,
        [sides(term.text)],
      );
      assert(Math.abs(Math.abs(at[0]) - term.reached) <= 1e-6 * (1 + term.reached));
    });
    const unknowns = problem.unknowns ?? ["u"];
    const values = evaluateSolution(problem, network, points, unknowns);
    certificate.unknowns.forEach(({ lower, upper }, k) => {
      for (const value of values[k]) assert(value >= lower && value <= upper, name);
    });
    assertEquals(certificate.unknowns.length, unknowns.length);
  }
});

Deno.test("residual bounds are tight where solutions are smooth", () => {
  const problem = findPde("heat"), network = someNetwork(problem, 3);
  const { terms, unknowns: [u], exact } = certifySolution(problem, network);
  assertEquals(terms.map(({ status }) => status), ["tight", "tight", "tight"]);
  for (const { bound, reached } of terms) assertLess(bound, 1.0011 * reached);
  assertEquals([u.status, exact], ["tight", []]);
});

Deno.test("certifySolution() knows integrals, places elsewhere, parts of the domain and ansatz", () => {
  const problem = parsePde({
    domain: { x: [0, 1] },
    constants: { c: 2 },
    ansatz: { u: "1 + x*N" },
    equations: [{ equation: "u_x + at(u, x, x/2) = c*integral(u*y, y, 0, x)" }],
    conditions: [{ at: { x: 0 }, equation: "u = 1" }, {
      data: { x: [0.25, 0.5], v: [1, 2] },
      equation: "u = v",
    }],
  });
  const network = someNetwork(problem, 1);
  const { terms, exact } = certifySolution(problem, network, { tolerance: 0.01 });
  assertEquals(exact, ["condition 1"]);
  const points = pointsOf(problem, 1000, 1);
  const [values] = evaluateSolution(problem, network, points, [
    "u_x + at(u, x, x/2) - c*integral(u*y, y, 0, x)",
  ]);
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  assert(most <= terms[0].bound && terms[0].bound < 1.02 * most, `${most} ${terms[0].bound}`);
  const [there] = evaluateSolution(problem, network, Float64Array.of(0.25, 0.5), ["u"]);
  const distance = Math.max(Math.abs(there[0] - 1), Math.abs(there[1] - 2));
  assert(Math.abs(terms[1].bound - distance) < 1e-9 * distance);
  const part = certifySolution(problem, network, { box: { x: [0.5, 0.75] }, unknowns: false });
  assert(part.terms[0].bound <= terms[0].bound);
  assertEquals(part.unknowns, []);
});

Deno.test("jumps elsewhere, roots at 0 and poles end a search with what is true", () => {
  const problem = parsePde({
    domain: { x: [0, 1] },
    incomplete: true,
    equations: [
      { equation: "at(u_xx, x, x*x/2) + u_xx = sqrt(x)" },
      { equation: "u/x = 0" },
      { equation: "mod(x, 1/4) + max(u, 0.1) = floor(3*x)" },
    ],
    conditions: [],
  });
  const network = someNetwork(problem, 2);
  const coarse = createNetwork({ ...network.config, degree: 2 }, { seed: 2 });
  const random = createRandom(1, "jumps");
  for (const { name, offset, size } of coarse.layout) {
    if (!name.endsWith("coefficients")) continue;
    for (let i = offset; i < offset + size; i++) coarse.parameters[i] += 0.3 * random.normal();
  }
  const { terms: [jump, pole, steps] } = certifySolution(problem, coarse, { boxes: 20_000 });
  assertEquals([jump.status, pole.bound, steps.status], ["tight", Infinity, "tight"]);
  assertLess(pole.boxes, 5000);
  const points = pointsOf(problem, 5000, 2);
  for (const { text, bound } of [jump, steps]) {
    const [values] = evaluateSolution(problem, coarse, points, [sides(text)]);
    for (const value of values) assert(Math.abs(value) <= bound, `${text}: ${value} ${bound}`);
  }
});

Deno.test("certifySolution() refuses what it cannot prove", () => {
  const problem = findPde("heat"), network = someNetwork(problem, 1);
  const flat = createNetwork({ widths: [2, 3, 1], degree: 1 }, { seed: 1 });
  assertThrows(() => certifySolution(problem, flat), RangeError, "degree of the splines must be");
  const relu = createNetwork({ widths: [2, 3, 1], activation: "relu" }, { seed: 1 });
  assertThrows(() => certifySolution(problem, relu), RangeError, "activation must be spline");
  const wide = createNetwork({ widths: [3, 3, 1] }, { seed: 1 });
  assertThrows(() => certifySolution(problem, wide), RangeError, "must have 2 inputs");
  const box = { x: [-3, 1] as const };
  assertThrows(() => certifySolution(problem, network, { box }), RangeError, "must lie in the");
  const other = { z: [0, 1] as const };
  assertThrows(() => certifySolution(problem, network, { box: other }), RangeError, "must name");
  assertThrows(() => certifySolution(problem, network, { tolerance: 0 }), RangeError, "tolerance");
  assertThrows(() => certifySolution(problem, network, { boxes: 0 }), RangeError, "boxes must be");
});
