import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parsePde, type PdeProblem, solvePde } from "@freeknot/freeknot/physics";
import { type ResolvedPde, resolvePde } from "../../../lib/physics/equations/resolve.ts";
import {
  collocateSheet,
  lossOfSheet,
  refineSheet,
  solveSheet,
  takesSheets,
} from "../../../lib/physics/solve/sheet_collocation.ts";
import { lineOn, valuesOnLine } from "../../../lib/physics/solve/window_space.ts";

const at = (place: Record<string, number | number[]>, equation: string) => ({
  at: place,
  equation,
});

Deno.test("polynomials of two unknowns come out, whichever coordinate is the longer one", () => {
  const problem = parsePde({
    name: "polynomials",
    domain: { x: [0, 1], y: [-1, 2] },
    unknowns: ["u", "v"],
    equations: [
      { equation: "u_xx + u_yy + v = 2*y + x*y^3" },
      { equation: "v_xx + v_yy - v = 6*x*y - x*y^3" },
    ],
    conditions: [
      at({ x: [0, 1] }, "u = x^2*y"),
      at({ y: [-1, 2] }, "u = x^2*y"),
      at({ x: [0, 1] }, "v = x*y^3"),
      at({ y: [-1, 2] }, "v = x*y^3"),
    ],
  });
  const resolved = resolvePde(problem), sizes = resolved.terms.map(() => 1);
  const few = Float64Array.of(0, 0.5, 1), many = Float64Array.of(0, 0.01, 0.1, 0.5, 0.8, 1);
  for (const [first, second] of [[few, many], [many, few]]) {
    const x = lineOn(first, false), y = lineOn(second.map((s) => 3 * s - 1), false);
    const on = collocateSheet(resolved, { lines: [x, y] }, sizes);
    const begin = new Float64Array(2 * x.count * y.count);
    const { coefficients, loss } = solveSheet(on, begin, { isLinear: true, mostWork: Infinity });
    assert(loss < 1e-18, `${loss}`);
    const [p, q] = [valuesOnLine(x, 0.4, 0), valuesOnLine(y, 1.5, 0)];
    const sums = [0, 0];
    p.values.forEach((f, i) =>
      q.values.forEach((g, j) =>
        sums.forEach((_, u) =>
          sums[u] += f * g * coefficients[((p.piece + i) * y.count + q.piece + j) * 2 + u]
        )
      )
    );
    assertAlmostEquals(sums[0], 0.4 * 0.4 * 1.5, 1e-9);
    assertAlmostEquals(sums[1], 0.4 * 1.5 * 1.5 * 1.5, 1e-9);
    const finer = [lineOn(many, false), lineOn(many.map((s) => 3 * s - 1), false)] as const;
    const same = refineSheet({ lines: [x, y], coefficients }, finer);
    assert(
      lossOfSheet(collocateSheet(resolved, { lines: finer }, sizes), same.coefficients) < 1e-16,
    );
  }
});

Deno.test("peaks and layers in two coordinates: pieces follow them, the estimate is right", async () => {
  const peak = "exp(-200*((x - 0.3)^2 + (y - 0.6)^2))";
  const layers = "x*y*(1 - exp((x - 1)/0.03))*(1 - exp((y - 1)/0.03))";
  const problems = [
    {
      name: "peak",
      domain: { x: [0, 1], y: [0, 1] },
      equations: [{ equation: `u_xx + u_yy = d(d(${peak}, x), x) + d(d(${peak}, y), y)` }],
      conditions: [at({ x: [0, 1] }, `u = ${peak}`), at({ y: [0, 1] }, `u = ${peak}`)],
      exact: { u: peak },
    },
    {
      name: "layers",
      domain: { x: [0, 1], y: [0, 1] },
      equations: [{
        equation: `-0.03*(u_xx + u_yy) + u_x + u_y = -0.03*(d(d(${layers}, x), x) + ` +
          `d(d(${layers}, y), y)) + d(${layers}, x) + d(${layers}, y)`,
      }],
      conditions: [at({ x: [0, 1] }, "u = 0"), at({ y: [0, 1] }, "u = 0")],
      exact: { u: layers },
    },
  ];
  for (const data of problems) {
    const { finished, error, errorEstimate } = await solvePde(parsePde(data), { tolerance: 1e-4 });
    assertEquals(finished.status, "converged", finished.reason);
    assert(error!.relativeL2 < 1e-4, `${error!.relativeL2}`);
    const ratio = errorEstimate! / error!.relativeL2;
    assert(ratio > 0.2 && ratio < 5, `ratio ${ratio}`);
  }
});

Deno.test("takesSheets(): faces that are tied to each other, and measurements, are for others", () => {
  const problem = (...conditions: PdeProblem["conditions"]): ResolvedPde =>
    resolvePde({
      name: "transport",
      title: "transport",
      domain: { t: [0, 1], x: [0, 1] },
      equations: [{ equation: "u_t + u_x = 0" }],
      conditions: [at({ t: 0 }, "u = sin(2*pi*x)"), ...conditions],
    });
  assertEquals(takesSheets(problem(at({ x: 0 }, "u = sin(-2*pi*t)"))), true);
  assertEquals(takesSheets(problem(at({ x: 0 }, "u = at(u, x, 1)"))), false);
});
