import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  evaluateSolution,
  findPde,
  parsePde,
  type PdeProblem,
  solvePde,
} from "../../../lib/physics/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";

/** Problems that nobody here chose, in any units: `u` times `size`, coordinates times `length`. */
function problems(size: number, length: number): Record<string, PdeProblem> {
  const U = `${size}`, L = `${length}`;
  const all: Record<string, unknown> = {
    line: {
      domain: { x: [0, length] },
      equations: [{ equation: "u_xx = 0" }],
      conditions: [
        { at: { x: 0 }, equation: `u = 100*${U}` },
        { at: { x: length }, equation: `u = 50*${U}` },
      ],
      exact: { u: `${U}*(100 - 50*x/${L})` },
    },
    oscillator: {
      domain: { t: [0, 50 * length] },
      equations: [{ equation: `u_tt = -u/${L}^2` }],
      conditions: [
        { at: { t: 0 }, equation: `u = ${U}` },
        { at: { t: 0 }, equation: "u_t = 0" },
      ],
      exact: { u: `${U}*cos(t/${L})` },
    },
    couette: {
      domain: { r: [length, 2 * length] },
      equations: [{ equation: "u_rr + u_r/r - u/r^2 = 0" }],
      conditions: [
        { at: { r: length }, equation: `u = ${U}` },
        { at: { r: 2 * length }, equation: `u = ${U}/2` },
      ],
      exact: { u: `${U}*${L}/r` },
    },
    logistic: {
      domain: { t: [0, 10 * length] },
      constants: { K: 1000 * size },
      equations: [{ equation: `u_t = 1.5/${L}*u*(1 - u/K)` }],
      conditions: [{ at: { t: 0 }, equation: "u = K/100" }],
      exact: { u: `K/(1 + 99*exp(-1.5*t/${L}))` },
    },
    beam: {
      domain: { x: [0, length] },
      equations: [{ equation: `u_xxxx = -${U}/${L}^4` }],
      conditions: [
        { at: { x: [0, length] }, equation: "u = 0" },
        { at: { x: [0, length] }, equation: "u_x = 0" },
      ],
      exact: { u: `-${U}*(x/${L})^2*(1 - x/${L})^2/24` },
    },
    frequency: {
      domain: { x: [0, length] },
      constants: { w: 50 * Math.PI / length },
      equations: [{ equation: `u_xx = -${U}*w^2*sin(w*x)` }],
      conditions: [{ at: { x: [0, length] }, equation: "u = 0" }],
      exact: { u: `${U}*sin(w*x)` },
    },
  };
  return Object.fromEntries(Object.entries(all).map(([name, data]) => [name, parsePde(data)]));
}

Deno.test("default flags solve ordinary equations, and what is trained holds elsewhere", async () => {
  for (const [name, problem] of Object.entries(problems(1, 1))) {
    for (const seed of [1, 2]) {
      const { finished, verification, error } = await solvePde(problem, { seed });
      assertEquals(finished.status, "converged", `${name}: ${finished.reason}`);
      assert(error!.relativeL2 < 1e-4, `${name}: ${error!.relativeL2}`);
      assert(verification.fresh <= 1e-6, name);
      for (const { trained, fresh, kind } of verification.terms) {
        if (kind === "equation") assert(fresh.points >= 4 * trained.points, name);
      }
    }
  }
});

Deno.test("units do not matter: values and coordinates times 1e-6 to 1e6", async () => {
  for (const [size, length] of [[1e6, 1e-6], [1e-6, 1e6]]) {
    const plain = problems(1, 1);
    for (const [name, problem] of Object.entries(problems(size, length))) {
      const { error, finished } = await solvePde(problem);
      const usual = (await solvePde(plain[name])).error!.relativeL2;
      const label = `${name}, u times ${size}, coordinates times ${length}: ${error!.relativeL2}`;
      assertEquals(finished.status, "converged", label);
      assert(error!.relativeL2 <= 2 * usual + 1e-10, `${label}, usually ${usual}`);
    }
  }
});

Deno.test("a system over a long time is solved window by window, nonlinear or stiff", async () => {
  const lorenz = parsePde({
    domain: { t: [0, 3] },
    unknowns: ["x", "y", "z"],
    equations: [
      { equation: "x_t = 10*(y - x)" },
      { equation: "y_t = x*(28 - z) - y" },
      { equation: "z_t = x*y - 8/3*z" },
    ],
    conditions: ["x", "y", "z"].map((name) => ({ at: { t: 0 }, equation: `${name} = 1` })),
  });
  const { finished, network } = await solvePde(lorenz);
  assertEquals(finished.status, "converged");
  const [x, y, z] = evaluateSolution(lorenz, network, Float64Array.of(3));
  for (const [got, right] of [[x[0], LORENZ[0]], [y[0], LORENZ[1]], [z[0], LORENZ[2]]]) {
    assertAlmostEquals(got, right, 1e-4);
  }
});

/** Lorenz's system from (1, 1, 1) at t = 3: scipy.integrate.solve_ivp, DOP853, tolerances 1e-12. */
const LORENZ = [-7.45665826, -6.19099613, 27.44180651];

Deno.test("the same bits on one thread and two", async () => {
  const problem = findPde("lotka-volterra");
  const [one, two] = [
    await solvePde(problem, { threads: 1 }),
    await solvePde(problem, { threads: 2 }),
  ];
  assertEquals(one.network.parameters, two.network.parameters);
});

Deno.test("a contradiction, a free constant and coefficients that only meet are named", async () => {
  const ends = [{ at: { x: [0, 1] }, equation: "u_x = 0" }];
  const neumann = (source: string) =>
    parsePde({
      domain: { x: [0, 1] },
      equations: [{ equation: `-u_xx = ${source}` }],
      conditions: ends,
    });
  const wrong = await solvePde(neumann("1"));
  assertEquals(wrong.finished.status, "unresolved");
  assert(wrong.finished.reason.includes("they contradict each other"), wrong.finished.reason);
  const free = await solvePde(neumann("cos(pi*x)"));
  assertEquals(free.finished.status, "converged");
  assertEquals(free.notes, ["u is determined only up to a constant: fix it at one point"]);

  const times = [0, 0.25, 0.5, 0.75, 1];
  const product = parsePde({
    domain: { t: [0, 1] },
    coefficients: { a: 1, b: 2 },
    equations: [{ equation: "u_t = -a*b*u" }],
    conditions: [
      { at: { t: 0 }, equation: "u = 1" },
      { data: { t: times, v: times.map((t) => Math.exp(-3 * t)) }, equation: "u = v" },
    ],
  });
  const { notes } = await solvePde(product);
  assertEquals(notes, [
    "equations and measurements do not determine a and b separately: their product is 3",
  ]);
});

Deno.test("well-posed systems that counting per coordinate would refuse are solved", async () => {
  const firstOrder = parsePde({
    domain: { t: [0, 1] },
    unknowns: ["u", "v"],
    equations: [{ equation: "u_t = v" }, { equation: "v_t = -u" }],
    conditions: [{ at: { t: 0 }, equation: "u = 0" }, { at: { t: 1 }, equation: "u = sin(1)" }],
    exact: { u: "sin(t)", v: "cos(t)" },
  });
  const beam = parsePde({
    domain: { x: [0, 1] },
    unknowns: ["u", "w"],
    equations: [{ equation: "w = u_xx" }, { equation: "w_xx = -1" }],
    conditions: [
      { at: { x: [0, 1] }, equation: "u = 0" },
      { at: { x: [0, 1] }, equation: "w = 0" },
    ],
    exact: { u: "-(x^4 - 2*x^3 + x)/24", w: "-(x^2 - x)/2" },
  });
  for (const problem of [firstOrder, beam]) {
    const { error, notes } = await solvePde(problem);
    assert(error!.relativeL2 < 1e-6, `${error!.relativeL2}`);
    assertEquals(notes, []);
  }
  assertThrows(
    () => parsePde({ ...firstOrder, equations: [{ equation: "u_t = 1" }] }),
    RangeError,
    "equations must name v",
  );
});

Deno.test("a coefficient is found whatever its size, a positive one by its logarithm", async () => {
  for (const size of [1e-8, 1, 7.8e8]) {
    for (const positive of [true, false]) {
      const problem = parsePde({
        domain: { t: [0, 1] },
        coefficients: { k: { start: size * 3, positive } },
        constants: { s: size },
        equations: [{ equation: "u_t = -k/s*u^2" }],
        conditions: [
          { at: { t: 0 }, equation: "u = 1" },
          { data: { t: [0.5, 1], v: [1 / 1.5, 1 / 2] }, equation: "u = v" },
        ],
      });
      const { coefficients } = await solvePde(problem);
      assertAlmostEquals(coefficients.k / size, 1, 1e-5, `${size} ${positive}`);
    }
  }
  const wrong = { domain: { t: [0, 1] }, coefficients: { k: { start: -1, positive: true } } };
  assertThrows(
    () => parsePde({ ...wrong, equations: [{ equation: "u_t = k" }], conditions: [] }),
    RangeError,
    "a number > 0, as it is positive",
  );
});

Deno.test("too few points with free knots are found out", async () => {
  const { oscillator } = problems(1, 1);
  const { finished, verification } = await solvePde(oscillator, {
    network: { knots: "free", intervals: 40 },
    sampler: { kind: "grid", counts: [30] },
    schedule: multilevelSchedule([30]),
  });
  assertEquals(finished.status, "unresolved");
  assert(verification.fresh > 3 * verification.trained);
});
