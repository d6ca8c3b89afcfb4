import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { parsePde, solveEigenvalues, solvePde } from "../../../lib/physics/mod.ts";

/** Solves, and checks values and that no error is ten times its estimate. */
function check(
  data: Record<string, unknown>,
  truth: readonly number[],
  tolerance: number,
  options = {},
): void {
  const { modes, isLowest } = solveEigenvalues(parsePde(data), {
    modes: truth.length,
    ...options,
  });
  assert(isLowest || "near" in options);
  modes.forEach(({ value, error }, i) => {
    assertAlmostEquals(value, truth[i], tolerance);
    assert(Math.abs(value - truth[i]) <= 10 * error, `${value} ${error}`);
  });
}

const ENDS = { x: [0, Math.PI] };
const STRING = {
  domain: ENDS,
  eigenvalue: "lambda",
  equations: [{ equation: "-u_xx = lambda*u" }],
};

Deno.test("eigenvalues of a string, held, free, or closed to a ring", () => {
  const held = { ...STRING, conditions: [{ at: ENDS, equation: "u = 0" }] };
  check(held, [1, 4, 9], 1e-7);
  check(held, [16, 25], 1e-6, { near: 20 });
  check({ ...STRING, conditions: [{ at: ENDS, equation: "u_x = 0" }] }, [0, 1, 4], 1e-7);
  check(
    {
      ...STRING,
      conditions: [
        { at: { x: 0 }, equation: "at(u, x, pi) = u" },
        { at: { x: 0 }, equation: "at(u_x, x, pi) = u_x" },
      ],
    },
    [0, 4, 4],
    1e-7,
  );
});

Deno.test("levels of the harmonic oscillator, and bound states below 0", () => {
  const ends = { x: [-8, 8] };
  check(
    {
      domain: ends,
      eigenvalue: "E",
      equations: [{ equation: "-u_xx/2 + x^2*u/2 = E*u" }],
      conditions: [{ at: ends, equation: "u = 0" }],
    },
    [0.5, 1.5, 2.5],
    1e-7,
  );
  check(
    {
      domain: ends,
      eigenvalue: "E",
      equations: [{ equation: "-u_xx - 12*u/cosh(x)^2 = E*u" }],
      conditions: [{ at: ends, equation: "u = 0" }],
    },
    [-9, -4],
    1e-5,
  );
});

Deno.test("a system, and a function whose square has the integral 1", () => {
  const problem = parsePde({
    ...STRING,
    unknowns: ["p", "q"],
    equations: [{ equation: "-p_xx + q = lambda*p" }, { equation: "-q_xx + p = lambda*q" }],
    conditions: [{ at: ENDS, equation: "p = 0" }, { at: ENDS, equation: "q = 0" }],
  });
  const { modes: [first] } = solveEigenvalues(problem, { modes: 1 });
  const [p, q] = first.evaluate(new Float64Array([Math.PI / 2]));
  assertAlmostEquals(Math.abs(p[0]), 1 / Math.sqrt(Math.PI), 1e-7);
  assertAlmostEquals(p[0], -q[0], 1e-9);
});

Deno.test("what is no eigenvalue problem is refused with what to change", async () => {
  const conditions = [{ at: ENDS, equation: "u = 0" }];
  const refuse = (change: Record<string, unknown>, text: string) =>
    assertThrows(
      () => solveEigenvalues(parsePde({ ...STRING, conditions, ...change })),
      RangeError,
      text,
    );
  refuse({ equations: [{ equation: "-u_xx = lambda*u + 1" }] }, "terms that all hold an unknown");
  refuse({ equations: [{ equation: "-u_xx = lambda*u^2" }] }, "linear in the unknowns");
  refuse({ coefficients: { k: 1 } }, "coefficients must be none");
  refuse({ periodic: ["x"], conditions: [] }, "periodic must be left out");
  const problem = parsePde({ ...STRING, conditions });
  assertThrows(() => solveEigenvalues(problem, { modes: 0 }), RangeError, "modes must be");
  const error = await solvePde(problem).catch((fault) => fault);
  assertEquals(error.message.includes("solveEigenvalues"), true);
});
