import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parsePde, solvePde } from "@freeknot/freeknot/physics";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { gradedLine } from "../../../lib/physics/solve/graded_line.ts";
import { sheetPoints } from "../../../lib/physics/solve/sheet_points.ts";

const at = (place: Record<string, unknown>, equation: string) => ({ at: place, equation });
const BOX = { x: [-1, 1], y: [-1, 1] };
const ANGLE = "2/pi*atan2(y, x)";
/** `r^(2/3) sin(2/3 theta)` around the corner of an L-shape. */
const CORNER = "if(x^2 + y^2 <= 0, 0, (x^2 + y^2)^(1/3)*" +
  "sin(2/3*if(y < 0, atan2(y, x) + 2*pi, atan2(y, x))))";
Deno.test("gradedLine(): pieces grow with the distance from positions, no piece is shorter than asked", () => {
  const grading = { shortest: 1e-4, growth: 0.5, pieces: 8 };
  for (const positions of [[0], [1], [0, 1], [0.3], [0.3, 0.30005, 1]]) {
    const { breakpoints } = gradedLine([0, 1], positions, grading);
    assertEquals([breakpoints[0], breakpoints.at(-1)], [0, 1]);
    for (const position of positions) assert(breakpoints.includes(position), `${position}`);
    for (let i = 1; i < breakpoints.length; i++) {
      const length = breakpoints[i] - breakpoints[i - 1];
      assert(length > 0 && length < 1.01 / 8, `${length}`);
      const near = Math.min(
        ...positions.map((x) =>
          Math.min(Math.abs(breakpoints[i] - x), Math.abs(breakpoints[i - 1] - x))
        ),
      );
      assert(length < 1.01 * Math.max(1e-4, 0.5 * (near + length)), `${length} at ${near}`);
    }
  }
  assertEquals(gradedLine([0, 2], [], grading).breakpoints.length, 9);
  assert(gradedLine([0, 1], [0, 1], grading).breakpoints.length < 45);
});

Deno.test("sheetPoints(): on the curves of a shape points integrate, between breakpoints exactly", () => {
  const resolved = resolvePde(parsePde({
    name: "ring",
    domain: BOX,
    shape: { not: { name: "hole", disk: { center: [0.1, 0.2], radius: 0.5 } } },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      { on: "hole", equation: "u = 0" },
      { on: "domain", equation: "u = 0" },
    ],
  }));
  const line = gradedLine([-1, 1], [], { shortest: 1, growth: 1, pieces: 8 });
  const mean = (term: number, f: (x: number, y: number) => number) => {
    const { points, shares } = sheetPoints(
      resolved,
      [line, line],
      [],
      resolved.terms[term],
      "solve",
    );
    return shares.reduce((sum, share, r) => sum + share * f(points[2 * r], points[2 * r + 1]), 0);
  };
  assertAlmostEquals(mean(1, () => 1), 1, 1e-12);
  assertAlmostEquals(mean(1, (x) => x), 0.1, 1e-9);
  assertAlmostEquals(mean(1, (x, y) => (x - 0.1) ** 2 - (y - 0.2) ** 2), 0, 1e-9);
  // x^2 on the sides of a square: 1 on two of them, 1/3 on the others
  assertAlmostEquals(mean(2, (x) => x * x), 2 / 3, 1e-12);
  assertAlmostEquals(mean(0, () => 1), 1, 1e-12);
});

/** Problems without derivatives in corners; solutions are known. */
const PROBLEMS: Readonly<Record<string, unknown>> = {
  "conditions that jump in a corner": {
    domain: { x: [0, 1], y: [0, 1] },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      at({ y: 0 }, "u = 0"),
      at({ x: 0 }, "u = 1"),
      at({ x: 1 }, `u = ${ANGLE}`),
      at({ y: 1 }, `u = ${ANGLE}`),
    ],
    exact: { u: ANGLE },
  },
  "a wall that is heated at once": {
    domain: { t: [0, 1], x: [0, 5] },
    equations: [{ equation: "u_t = u_xx" }],
    conditions: [
      at({ t: 0 }, "u = 1"),
      at({ x: 0 }, "u = 0"),
      at({ x: 5 }, "u = erf(5/(2*sqrt(t)))"),
    ],
    exact: { u: "if(x <= 0, 0, if(t <= 0, 1, erf(x/(2*sqrt(t)))))" },
  },
  "the corner of an L-shape": {
    domain: BOX,
    shape: { polygon: [[-1, -1], [0, -1], [0, 0], [1, 0], [1, 1], [-1, 1]] },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [{ on: "boundary", equation: `u = ${CORNER}` }],
    exact: { u: CORNER },
  },
  "an annulus": {
    domain: BOX,
    shape: {
      difference: [
        { name: "outer", disk: { center: [0, 0], radius: 1 } },
        { name: "inner", disk: { center: [0, 0], radius: 0.4 } },
      ],
    },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      { on: "outer", equation: "u = 1" },
      { on: "inner", equation: "u_n = -1/0.4" },
    ],
    exact: { u: "1 + log(max(x^2 + y^2, 0.01))/2" },
  },
};

for (const [name, data] of Object.entries(PROBLEMS)) {
  Deno.test(`solvePde() solves ${name} and says how well`, async () => {
    const problem = parsePde({ name: "corner", ...data as Record<string, unknown> });
    const { finished, error, errorEstimate } = await solvePde(problem, { tolerance: 2e-3 });
    assertEquals(finished.status, "converged", finished.reason);
    assert(error!.relativeL2 < 2e-3, `${error!.relativeL2}`);
    assert(errorEstimate! > error!.relativeL2 / 3, `${errorEstimate} of ${error!.relativeL2}`);
  });
}
