import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parsePde } from "@freeknot/freeknot/physics";
import { contradictions, valueJumps } from "../../../lib/physics/equations/contradictions.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import {
  cornerFactors,
  solutionCorners,
  withoutJumps,
} from "../../../lib/physics/points/corners.ts";
import { domainCorners } from "../../../lib/physics/points/domain.ts";

const at = (place: Record<string, unknown>, equation: string) => ({ at: place, equation });
const BOX = { x: [-1, 1], y: [-1, 1] };

/** Laplace's equation in a shape. */
const inShape = (shape: unknown) =>
  parsePde({
    name: "laplace",
    domain: BOX,
    shape,
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [{ on: "boundary", equation: "u = 0" }],
  });

Deno.test("domainCorners(): where the inside has more than a straight angle, of any bodies", () => {
  const L = [[-1, -1], [0, -1], [0, 0], [1, 0], [1, 1], [-1, 1]];
  assertEquals(domainCorners(inShape({ polygon: L })), [[0, 0]]);
  assertEquals(domainCorners(inShape({ not: { box: { x: [0, 1], y: [-1, 0] } } })), [[0, 0]]);
  const square = { box: { x: [-0.5, 0.5], y: [-0.25, 0.25] } };
  const around = domainCorners(inShape({ not: square })).map((corner) => corner.join());
  assertEquals(around.sort(), ["-0.5,-0.25", "-0.5,0.25", "0.5,-0.25", "0.5,0.25"]);
  // a half plane cut out of a disk's outside: the two meet at (+-0.5, 0)
  const dome = { disk: { center: [0, 0], radius: 0.5 } };
  const half = { half: { point: [0, 0], normal: [0, 1] } };
  const corners = domainCorners(inShape({ union: [half, dome] }));
  assertEquals(corners.length, 2);
  for (const [x, y] of corners) {
    assertAlmostEquals(Math.abs(x), 0.5, 1e-9);
    assertAlmostEquals(y, 0, 1e-9);
  }
  assertEquals(domainCorners(inShape(dome)), []);
  assertEquals(domainCorners(inShape({ polygon: [[-1, -1], [1, -1], [0, 1]] })), []);
});

const step = (left: string, right = "u = 0") =>
  resolvePde(parsePde({
    name: "step",
    domain: { t: [0, 1], x: [-1, 1] },
    equations: [{ equation: "u_t = u_xx" }],
    conditions: [at({ t: 0 }, "u = if(x < 0.25, 0, 2)"), at({ x: -1 }, left), at({ x: 1 }, right)],
  }));

Deno.test("jumps are where conditions contradict each other, and where data jump along a face", () => {
  const found = contradictions(step("u = 0"));
  assertEquals(found.map(({ corner, jump }) => [corner, jump]), [[[0, 1], 1]]);
  found[0].values.forEach((value, k) => assertAlmostEquals(value, [2, 0][k], 1e-12));
  const inside = valueJumps(step("u = 0"), 1e-3);
  assertEquals(inside.length, 1);
  assertEquals(inside[0].place[0], 0);
  assertAlmostEquals(inside[0].place[1], 0.25, 1e-11);
  assertEquals(inside[0].jump, 1);
  assertEquals(solutionCorners(step("u = 1e-4", "u = 2")).length, 1); // 1e-4 is no jump that is felt
});

Deno.test("solutionCorners(): ends of a condition that holds on a part of a face", () => {
  const motz = resolvePde(parsePde({
    name: "motz",
    domain: { x: [-1, 1], y: [0, 1] },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      at({ y: 0, x: [-1, 0] }, "u = 0"),
      at({ y: 0, x: [0, 1] }, "u_y = 0"),
      at({ y: 1 }, "u_y = 0"),
      at({ x: { points: [-1, 1] } }, "u_x = 0"),
    ],
  }));
  assertEquals(solutionCorners(motz), [{ at: [0, 0], isJump: false }]);
});

Deno.test("cornerFactors(): powers of a distance that is measured as the equation does", () => {
  const resolved = step("u = 0", "u = 2"), [corner, ...others] = solutionCorners(resolved);
  assertEquals(others, []);
  // heat is invariant under t -> s^2 t, x -> s x: factors of equation and value scale by s^2 and s
  const points = (s: number) =>
    Float64Array.of(0.1 * s * s, corner.at[1] + 0.2 * s, 0.05 * s * s, corner.at[1] - 0.3 * s);
  const [equation, value] = resolved.terms;
  for (const [term, power] of [[equation, 2], [value, 1]] as const) {
    const [far, near] = [1, 0.5].map((s) => cornerFactors(resolved, [corner], term, points(s)));
    far.forEach((factor, r) => assertAlmostEquals(near[r] / factor, 0.5 ** power, 1e-12));
  }
  assertEquals(cornerFactors(resolved, [], equation, points(1)), new Float64Array([1, 1]));
  const kept = withoutJumps(resolved, Float64Array.of(...corner.at, 0.5, 0.5));
  assertEquals(kept, Float64Array.of(0.5, 0.5));
  assert(kept.length === 2);
});
