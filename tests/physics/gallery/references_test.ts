import { assert, assertAlmostEquals } from "@std/assert";
import {
  allenCahnGrid,
  burgersSolution,
  compileTape,
  lotkaVolterraSolution,
} from "../../../lib/physics/inner.ts";
import { pdeProblems, trueSolution } from "../../../lib/physics/mod.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { fourthOrderDifference } from "../../support/gradient_check.ts";

Deno.test("burgersSolution() fulfils the equation and its conditions", () => {
  for (const nu of [0.1, 0.03]) {
    for (const [t, x] of [[0.2, 0.3], [0.7, -0.5], [0.5, 0.05], [1, 0.9]]) {
      const u = burgersSolution(t, x, nu);
      const slope = (f: (y: number) => number, at: number) => fourthOrderDifference(f, at, 2e-3);
      const ut = slope((s) => burgersSolution(s, x, nu), t);
      const ux = slope((y) => burgersSolution(t, y, nu), x);
      const uxx = slope((y) => slope((z) => burgersSolution(t, z, nu), y), x);
      assertAlmostEquals(ut + u * ux, nu * uxx, 1e-5);
    }
    assertAlmostEquals(burgersSolution(0.5, 1, nu), 0, 1e-12);
  }
  // Basdevant et al. 1986: |du/dx| at the origin is largest, 152.00516, at t = 1.6037 / pi.
  const nu = 0.01 / Math.PI;
  const steepest = fourthOrderDifference((x) => burgersSolution(1.6037 / Math.PI, x, nu), 0, 2e-4);
  assertAlmostEquals(steepest, -152.00516, 2e-3);
});

Deno.test("allenCahnGrid() converges: half the steps and modes change little", () => {
  const fine = allenCahnGrid(1e-2, 5, { modes: 96, steps: 120 });
  const coarse = allenCahnGrid(1e-2, 5, { modes: 48, steps: 60 });
  for (let j = 0; j <= 48; j++) {
    assertAlmostEquals(coarse.values[60 * 49 + j], fine.values[120 * 97 + 2 * j], 1e-4);
  }
});

Deno.test("lotkaVolterraSolution() keeps its invariant u - ln u + v - ln v", () => {
  const values = lotkaVolterraSolution(new Float64Array([8, 3, 0]), [2, 1]);
  const invariant = (row: number): number => {
    const [u, v] = values.subarray(2 * row);
    return u - Math.log(u) + v - Math.log(v);
  };
  assertAlmostEquals(invariant(0), invariant(2), 1e-12);
  assertAlmostEquals(invariant(1), invariant(2), 1e-12);
});

Deno.test("exact solutions of the gallery fulfil equations and conditions", () => {
  for (const problem of pdeProblems) {
    if (!problem.exact) continue;
    // The exact solution as an ansatz without network: every residual must vanish.
    const k = problem.coefficients ? { k: 0.1 } : {};
    const exact = { ...problem, ansatz: problem.exact, constants: { ...problem.constants, ...k } };
    const { coefficients: _, ...own } = { ...exact, coefficients: {} };
    const { formula, coordinates, ranges } = resolvePde({
      ...own,
      conditions: [],
      incomplete: true,
    });
    const texts = [
      ...problem.equations.map(({ equation }) => ({ equation, at: undefined })),
      ...problem.conditions.filter(({ at }) => at),
    ];
    for (const { equation, at } of texts) {
      const tape = compileTape(formula(equation), 20);
      tape.variables.forEach((name, v) => {
        const [a, b] = ranges[coordinates.indexOf(name)], face = at?.[name];
        for (let r = 0; r < 20; r++) {
          const free = a + (b - a) * ((0.5 + (r + 1) * (v ? 0.618 : 0.7548)) % 1);
          tape.columns[v][r] = face === undefined
            ? free
            : [face].flat()[r % [face].flat().length] as number;
        }
      });
      const worst = Math.max(...tape.run().map(Math.abs));
      assert(worst <= 1e-9, `${problem.name} ${equation}: ${worst}`);
    }
  }
});

Deno.test("trueSolution() interpolates the Allen-Cahn reference", () => {
  const problem = pdeProblems.find(({ name }) => name === "allen-cahn")!;
  const points = new Float64Array([0, 0.5, 0, -0.25, 1, 0]);
  const [a, b, c] = trueSolution(problem, points)!;
  assertAlmostEquals(a, 0, 1e-7);
  assertAlmostEquals(b, 0.0625 * Math.SQRT1_2, 1e-6);
  assert(Math.abs(c) < 1);
});
