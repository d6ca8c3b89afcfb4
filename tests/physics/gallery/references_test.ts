import { assert, assertAlmostEquals } from "@std/assert";
import {
  allenCahnEvolution,
  allenCahnSolution,
  burgersSolution,
  collocatePeriodic,
  compileTape,
  evaluatePeriodic,
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

Deno.test("allenCahnSolution() is that of Fourier modes once the kink is smoothed, on any mesh", () => {
  const [diffusion, reaction] = [1e-2, 5];
  const points = Float64Array.from(
    { length: 200 },
    (_, i) => i % 2 === 0 ? 0.05 + 0.95 * (i / 200) : 2 * (i * 0.309 % 1) - 1,
  );
  const values = allenCahnSolution(diffusion, reaction)(points);
  const other = allenCahnSolution(diffusion, reaction, { degree: 14, steps: 80 })(points);
  values.forEach((u, r) => assertAlmostEquals(u, other[r], 1e-12));
  // a start without its modes above 340, which diffusion has damped by exp(-5000 t)
  const equation = allenCahnEvolution(diffusion, reaction), size = { points: 1024, steps: 1 };
  const modes = collocatePeriodic(equation, { ...size, times: 400 }, { nodes: "radau", stages: 7 });
  evaluatePeriodic(modes, points).forEach((u, r) => assertAlmostEquals(u, values[r], 1e-9));
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

Deno.test("trueSolution() of the Allen-Cahn problem has its start", () => {
  const problem = pdeProblems.find(({ name }) => name === "allen-cahn")!;
  const points = new Float64Array([0, 0.5, 0, -0.25, 1, 0]);
  const [a, b, c] = trueSolution(problem, points)!;
  assertAlmostEquals(a, 0, 1e-14);
  assertAlmostEquals(b, 0.0625 * Math.SQRT1_2, 1e-14);
  assert(Math.abs(c) < 1);
});
