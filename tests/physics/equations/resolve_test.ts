import { assert, assertEquals, assertThrows } from "@std/assert";
import { findPde, type PdeProblem, pdeProblems } from "../../../lib/physics/mod.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";

const BURGERS = findPde("burgers");

function refused(change: Partial<PdeProblem>, part: string): void {
  assertThrows(() => resolvePde({ ...BURGERS, ...change }), RangeError, part);
}

Deno.test("resolvePde() refuses a wrong problem with what to add", () => {
  refused({ domain: { t: [0, Infinity], x: [-1, 1] } }, "cut an unbounded domain off");
  refused(
    { conditions: BURGERS.conditions.slice(1) },
    'add one such as { "at": { "t": 0 }, "equation": "u = ..." }',
  );
  refused({ conditions: BURGERS.conditions.slice(0, 1) }, "must hold 2 for u in x");
  refused({ equations: [{ equation: "u_t + u*u_x = mu*u_xx" }] }, "current value is mu");
  refused({ equations: [{ equation: "u_t = u_yy" }] }, "current value is u_yy");
  refused({ equations: [] }, "equations must hold one");
  refused(
    { conditions: [...BURGERS.conditions, { at: { x: 2 }, equation: "u = 0" }] },
    "x of u = 0 must be from -1 to 1, current value is 2",
  );
  refused(
    { conditions: [...BURGERS.conditions, { at: { z: 2 }, equation: "u = 0" }] },
    "a face of t,x",
  );
  refused({ equations: [{ equation: "u_t = u_xx", weight: -1 }] }, "weight must be a number > 0");
});

Deno.test("an axis and a factor that is 0 are as good as a condition, a singular source is not", () => {
  const radial = (equation: string, at: number | number[] = 1): PdeProblem => ({
    name: "radial",
    title: "radial",
    domain: { r: [0, 1] },
    equations: [{ equation }],
    conditions: [{ at: { r: at }, equation: "u = 0" }],
  });
  for (const equation of ["u_rr + u_r/r = -4", "r^2*u_rr + u = 1", "d(r*(2 - r)*u_r, r) = u^2"]) {
    assertEquals(resolvePde(radial(equation)).terms.length, 2, equation);
  }
  for (const equation of ["u_rr = 1/sqrt(r)", "u_rr + u_r = 1", "u_rr + u_r/(r + 1) = 1"]) {
    assertThrows(
      () => resolvePde(radial(equation)),
      RangeError,
      "must hold 2 for u in r",
    );
  }
  // a condition on the axis does not count twice
  assertThrows(
    () => resolvePde(radial("u_rr + u_r/r = 1", 0)),
    RangeError,
    "must hold 2 for u in r",
  );
});

Deno.test("resolvePde() takes a condition out of the loss that the ansatz fulfils", () => {
  const { ansatz: _, ...plain } = BURGERS;
  const soft = resolvePde(plain);
  assertEquals(soft.terms.map(({ name }) => name), ["equation", "initial", "boundary"]);
  const hard = resolvePde({ ...BURGERS, ansatz: { u: "-sin(pi*x) + t*(1 - x^2)*N" } });
  assertEquals([hard.terms.length, hard.hard], [1, ["initial", "boundary"]]);
  const half = resolvePde({ ...BURGERS, ansatz: { u: "(1 - x^2)*N" } });
  assertEquals(half.hard, ["boundary"]);
});

Deno.test("every problem of the gallery is complete, with derivatives up to its order", () => {
  const orders = pdeProblems.map((problem) => resolvePde(problem).order);
  assertEquals(orders, [2, 2, 2, 2, 2, 2, 2, 1, 3, 1, 2]);
  assert(new Set(pdeProblems.map(({ name }) => name)).size === pdeProblems.length);
  assertThrows(() => findPde("burger"), RangeError, "burgers");
});
