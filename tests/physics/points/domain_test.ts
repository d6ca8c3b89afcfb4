import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { parsePde } from "../../../lib/physics/mod.ts";
import { isInDomain } from "../../../lib/physics/inner.ts";
import {
  boundaryPoints,
  domainPoints,
  normalsAt,
  partInFaces,
} from "../../../lib/physics/points/domain.ts";

function shaped(shape: unknown, names = ["x", "y"]) {
  return parsePde({
    domain: Object.fromEntries(names.map((name) => [name, [-1, 1]])),
    shape,
    equations: [{ equation: "u_xx = 0" }],
    conditions: [{ on: "boundary", equation: "u = 0" }],
  });
}

const HOLE = { name: "hole", disk: { center: [0.2, 0], radius: 0.4 } };

Deno.test("points of a sequence in a shape are as many as asked for, and all inside", () => {
  for (const shape of [{ not: HOLE }, HOLE, { polygon: [[0, 0], [1, 0], [0, 1]] }]) {
    const problem = shaped(shape);
    const points = domainPoints(problem, { kind: "sobol", count: 500, seed: 3 });
    assertEquals(points.length, 1000);
    for (let r = 0; r < 500; r++) assert(isInDomain(problem, points.subarray(2 * r, 2 * r + 2)));
  }
});

Deno.test("areas of sets are those of geometry", () => {
  const share = (shape: unknown) => {
    const whole = { kind: "grid", counts: [201, 201] } as const;
    return 4 * domainPoints(shaped(shape), whole).length / 2 / 201 ** 2;
  };
  const half = { half: { point: [0.2, 0], normal: [1, 0] } };
  const circle = Math.PI * 0.16;
  assertAlmostEquals(share(HOLE), circle, 0.04);
  assertAlmostEquals(share({ not: HOLE }), 4 - circle, 0.06);
  assertAlmostEquals(share({ intersection: [HOLE, half] }), circle / 2, 0.03);
  assertAlmostEquals(share({ difference: [HOLE, half] }), circle / 2, 0.03);
  assertAlmostEquals(share({ union: [half, HOLE] }), 2.4 + circle / 2, 0.06);
  assertAlmostEquals(share({ polygon: [[-1, -1], [1, -1], [0, 1]] }), 2, 0.06);
});

Deno.test("boundaries are even by length, with normals out of the shape", () => {
  const problem = shaped({ not: HOLE });
  const circle = boundaryPoints(problem, "hole", 200);
  const { n_x: x, n_y: y } = normalsAt(problem, "hole", circle);
  for (let r = 0; r < 200; r++) {
    const [a, b] = [circle[2 * r] - 0.2, circle[2 * r + 1]];
    assertAlmostEquals(Math.hypot(a, b), 0.4, 1e-12);
    assertAlmostEquals(x[r], -a / 0.4, 1e-9); // out of the plate, into the hole
    assertAlmostEquals(y[r], -b / 0.4, 1e-9);
  }
  assertAlmostEquals(partInFaces(problem, "hole"), 2 * Math.PI * 0.4 / 2, 0.02);
  assertAlmostEquals(partInFaces(problem, "boundary"), (8 + 2 * Math.PI * 0.4) / 2, 0.1);
});

Deno.test("where a cut meets the domain's box there is no boundary, nor where bodies touch", () => {
  const cut = shaped({ not: { name: "corner", box: { x: [0, 1], y: [-1, 0] } } });
  const edges = boundaryPoints(cut, "corner", 300);
  for (let r = 0; r < 300; r++) assert(edges[2 * r] === 0 || edges[2 * r + 1] === 0);
  assertEquals([[1, -1], [1, -0.5], [0, -0.5]].map((p) => isInDomain(cut, p)), [
    false,
    false,
    true,
  ]);
  const two = shaped({ union: [{ box: { x: [-1, 0] } }, { box: { x: [0, 1], y: [0, 1] } }] });
  const around = boundaryPoints(two, "boundary", 400);
  for (let r = 0; r < 400; r++) {
    assert(!(around[2 * r] === 0 && around[2 * r + 1] > 0), "the common edge is inside");
  }
});

Deno.test("a ball has even points: as many in layers of equal height", () => {
  const ball = shaped({ disk: { center: [0, 0, 0], radius: 1 } }, ["x", "y", "z"]);
  const points = boundaryPoints(ball, "disk", 1000);
  const layers = [0, 0, 0, 0];
  for (let r = 0; r < 1000; r++) layers[Math.min(3, Math.floor(2 * (points[3 * r + 2] + 1)))]++;
  for (const count of layers) assertAlmostEquals(count, 250, 5);
});

Deno.test("shapes that cannot be are refused in one sentence", () => {
  const refused = (shape: object | undefined, part: string, more: Record<string, unknown> = {}) => {
    const { shape: _, ...base } = shaped({ not: HOLE });
    const error = assertThrows(() => parsePde({ ...base, ...shape && { shape }, ...more }), Error);
    assert(error.message.includes(part), error.message);
  };
  refused({}, "one of disk, box, polygon");
  refused({ disk: { center: [0, 0], radius: 0 } }, "a number > 0");
  refused({ disk: { center: [0], radius: 1 } }, "a number for each of x, y");
  refused({ disk: HOLE.disk, box: { x: [0, 1] } }, "one of disk, box, polygon");
  refused({ polygon: [[0, 0], [1, 1]] }, "polygon");
  refused({ half: { point: [0, 0], normal: [0, 0] } }, "not all 0");
  refused({ box: { z: [0, 1] } }, "of x, y only");
  refused({ ...HOLE, in: ["z"] }, "of x, y only");
  refused({ circle: HOLE.disk }, "of name, in, disk");
  const on = (part: string) => ({ conditions: [{ on: part, equation: "u = 0" }] });
  refused({ not: HOLE }, 'did you mean "hole"?', on("hoel"));
  refused(undefined, "where there is no shape", on("hole"));
  refused({ not: HOLE }, 'add one such as { "on": "boundary"', { conditions: [] });
});

Deno.test("a list of places covers all of a boundary, however much of it counts", () => {
  const problem = shaped({ not: { name: "hole", disk: { center: [0, 0], radius: 0.4 } } });
  const places = (_: unknown, count: number) => ({
    kind: "points" as const,
    points: Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count),
  });
  for (const part of ["domain", "hole"]) {
    const points = boundaryPoints(problem, part, 100, places);
    assertEquals(points.length, 200);
    const angles = Array.from(
      { length: 100 },
      (_, r) => Math.atan2(points[2 * r + 1], points[2 * r]),
    )
      .sort((a, b) => a - b);
    angles.push(angles[0] + 2 * Math.PI);
    const gaps = angles.slice(1).map((angle, i) => angle - angles[i]);
    assert(Math.max(...gaps) < 0.2, `${part}: ${Math.max(...gaps)}`);
  }
});
