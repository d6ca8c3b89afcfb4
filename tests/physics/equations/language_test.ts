import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  compileTape,
  differentiate,
  evaluateExpression,
  parseExpression,
  variablesOf,
} from "../../../lib/physics/inner.ts";
import { evaluateSolution, parsePde, pdeEngine, solvePde } from "../../../lib/physics/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";

const value = (text: string, at: Record<string, number> = {}) =>
  evaluateExpression(parseExpression(text), at);

Deno.test("formulas have comparisons, choices and the functions that people expect", () => {
  const cases: [string, number][] = [
    ["min(3, 2) + max(3, 2)", 5],
    ["if(1 < 2, 10, 20)", 10],
    ["if(2 <= 1, 10, 20)", 20],
    ["if(1 > 2, 1/0, 7)", 7], // what is not chosen does not count
    ["(3 >= 3) + (3 != 3) + (3 == 3)", 2],
    ["and(1, 2) + or(0, 0) + not(0)", 2],
    ["heaviside(0) + step(0) + heaviside(-1) + step(2)", 2.5],
    ["atan2(1, -1)", 3 * Math.PI / 4],
    ["asin(1) + acos(1) + atan(1)", 3 * Math.PI / 4],
    ["ln(exp(2)) + log10(1000) + log2(8)", 8],
    ["mod(-1, 3) + floor(-0.5) + ceil(0.5)", 2],
    ["pow(2, 10)", 1024],
    // Abramowitz and Stegun 1964, table 7.1
    ["erf(0.5)", 0.5204998778130465],
    ["erf(2)", 0.9953222650189527],
    ["erfc(1) + erf(1)", 1],
    ["erf(-9)", -1],
  ];
  for (const [text, right] of cases) assertAlmostEquals(value(text), right, 1e-14, text);
});

Deno.test("derivatives of all functions agree with differences, by formula and by tape", () => {
  const formulas = [
    ..."asin acos atan erf erfc ln log10 log2 sinh tanh".split(" ").map((f) => `${f}(x*y)`),
    ...["min(x, y^2)", "max(x, y^2)", "atan2(x, y)", "mod(x*7, y)", "pow(x, y)"],
    ...["if(x < y, sin(x*y), cos(x))", "if(x*3 > y, x^3, y^3)", "heaviside(x)*y + step(y - 1)*x"],
  ];
  const at = { x: 0.37, y: 0.81 }, h = 1e-5;
  for (const text of formulas) {
    const formula = parseExpression(text);
    const tape = compileTape(formula, 1);
    tape.variables.forEach((name, v) => tape.columns[v][0] = at[name as "x" | "y"]);
    assertAlmostEquals(tape.run()[0], evaluateExpression(formula, at), 1e-14, text);
    const pulled = tape.pull();
    tape.variables.forEach((name, v) => {
      const by = (own: string) => own === name ? parseExpression("1") : undefined;
      const slope = evaluateExpression(differentiate(formula, by), at);
      const moved = (sign: number) =>
        evaluateExpression(formula, { ...at, [name]: at[name as "x" | "y"] + sign * h });
      assertAlmostEquals(slope, (moved(1) - moved(-1)) / (2 * h), 1e-8, `${text} by ${name}`);
      assertAlmostEquals(pulled[v][0], slope, 1e-12, `${text} by ${name}`);
    });
  }
});

Deno.test("a function's name from elsewhere is answered with ours", () => {
  const cases = {
    "arctan(x)": "atan",
    "where(x, 1, 2)": "if",
    "Maximum(x, 1)": "max",
    "sni(x)": "sin",
  };
  for (const [text, ours] of Object.entries(cases)) {
    assertThrows(() => parseExpression(text), RangeError, `did you mean "${ours}"?`);
  }
  assertThrows(() => parseExpression("max(x)"), RangeError, "must have 2 arguments");
  assertThrows(() => parseExpression("d(x, x)"), RangeError, "equations and conditions alone");
});

const BOX = {
  domain: { x: [0, 2], y: [0, 1] } as Record<string, [number, number]>,
  conditions: [{ at: { x: [0, 2] }, equation: "u = 0" }, { at: { y: [0, 1] }, equation: "u = 0" }],
};

Deno.test("d(...) expands to the same residual as the product rule", async () => {
  const pairs = [
    ["d((1 + u^2)*u_x, x) = 1", "(1 + u^2)*u_xx + 2*u*u_x^2 = 1"],
    ["d(d(u, x), y) + d(u, y, y) = 0", "u_xy + u_yy = 0"],
    ["d(x*u, x) = y", "u + x*u_x = y"],
  ];
  for (const equations of pairs) {
    const losses = [];
    for (const equation of equations) {
      const problem = parsePde({ ...BOX, equations: [{ equation }], incomplete: true });
      const engine = pdeEngine(problem, { sampler: { kind: "grid", counts: [5, 4] } });
      const network = createNetwork({ widths: [2, 3, 1], degree: 4 }, { seed: 3 });
      const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
      losses.push((await evaluator.evaluate(network.parameters)).objective);
    }
    assertAlmostEquals(losses[0], losses[1], 1e-11 * losses[1]);
  }
  const wrong = { ...BOX, equations: [{ equation: "d(u, z) = 0" }] };
  assertThrows(() => parsePde(wrong), RangeError, "must differentiate by x, y");
});

Deno.test("beside a fixed coordinate two numbers are a part of the face, in any dimension", async () => {
  const points = async (at: unknown, domain: Record<string, [number, number]> = BOX.domain) => {
    const names = Object.keys(domain);
    const problem = parsePde({
      domain,
      incomplete: true,
      equations: [{ equation: names.map((name) => `u_${name}`).join(" + ") + " = 0" }],
      conditions: [{ at, equation: "u = 1", points: 16 }],
    });
    const engine = pdeEngine(problem, {
      sampler: { kind: "grid", counts: names.map(() => 2) },
      facePoints: 1,
    });
    const network = createNetwork({ widths: [names.length, 2, 1], degree: 4 }, { seed: 1 });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
    await evaluator.evaluate(network.parameters);
    const face = evaluator.residuals()[1].points, d = names.length;
    return Array.from({ length: face.length / d }, (_, r) => [...face.subarray(r * d, r * d + d)]);
  };
  const half = await points({ x: 0, y: [0, 0.5] });
  assert(half.length > 8 && half.every(([x, y]) => x === 0 && y >= 0 && y <= 0.5));
  assertEquals(half.at(-1), [0, 0.5]);
  assertEquals(await points({ x: 0, y: { points: [0, 0.5] } }), [[0, 0], [0, 0.5]]);
  assertEquals((await points({ x: [0, 2] })).length % 2, 0);
  assertEquals((await points({ x: 2, y: { range: [0.25, 0.75] } }))[0], [2, 0.25]);
  const cube = { a: [0, 1], b: [-1, 1], c: [2, 4] } as Record<string, [number, number]>;
  const part = await points({ a: 1, b: [-1, 0], c: [2, 3] }, cube);
  assert(part.every(([a, b, c]) => a === 1 && b <= 0 && c <= 3));
  assert(part.some(([, b, c]) => b === 0 && c === 3));
  const both = { x: 0, y: { points: [0], range: [0, 1] } };
  await assertRejects(() => points(both), TypeError, "points");
});

Deno.test("an equation that is not finite on the boundary leaves those points out, and says so", async () => {
  const lane = (factor: number) =>
    parsePde({
      domain: { x: [0, 5 * factor] },
      equations: [{ equation: `u_xx + 2/x*u_x + u/${factor}^2 = 0` }],
      conditions: [{ at: { x: 0 }, equation: "u = 1" }, { at: { x: 0 }, equation: "u_x = 0" }],
    });
  for (const factor of [1, 1e-3]) {
    const { network, notes } = await solvePde(lane(factor));
    assert(notes.some((note) => note.includes("is not finite at x = 0")), `${notes}`);
    const [[u]] = evaluateSolution(lane(factor), network, Float64Array.of(2 * factor));
    assertAlmostEquals(u, Math.sin(2) / 2, 1e-6);
  }
  const inside = { ...lane(1), domain: { x: [-1, 1] as const } };
  assertThrows(
    () => pdeEngine(inside, { sampler: { kind: "grid", counts: [3] } }),
    RangeError,
    "equation 1 (u_xx + 2/x*u_x + u/1^2 = 0) must be finite inside the domain, current value at x = 0",
  );
});

Deno.test("conditions that clash in a corner are noted", async () => {
  const problem = parsePde({
    ...BOX,
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      { name: "lid", at: { y: 1 }, equation: "u = 1" },
      { name: "walls", at: { x: [0, 2] }, equation: "u = 0" },
      { name: "floor", at: { y: 0 }, equation: "u = 0" },
    ],
  });
  const { notes } = await solvePde(problem, { timeLimit: 0.2 });
  assert(notes.includes(
    "lid asks u = 1 and walls u = 0 at x = 0, y = 1: no continuous solution does both",
  ));
  assertEquals(notes.filter((note) => note.includes("floor asks")).length, 0);
  assertEquals(variablesOf(parseExpression("x + y*x")), ["x", "y"]);
});
