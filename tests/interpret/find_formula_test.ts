import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createNetwork, fit, forward } from "@freeknot/freeknot";
import {
  evaluateFormula,
  findFormula,
  type FormulaOptions,
  networkFormula,
  printFormula,
} from "../../lib/interpret/mod.ts";
import {
  fixEdges,
  formulaRows,
  freeNumbers,
  noiseOf,
  pinConstants,
  pinnedValue,
  roundConstants,
  splineEdges,
  trainFormula,
} from "../../lib/interpret/inner.ts";
import {
  addUp,
  columnNode,
  constant,
  free,
  productOf,
} from "../../lib/interpret/expressions/formula.ts";
import { curveSymbols } from "../../lib/interpret/formula/curve_symbols.ts";
import { nothingLeft } from "../../lib/interpret/formula/nothing_left.ts";
import { createSearch, quickDictionary } from "../../lib/interpret/formula/search.ts";
import { growFormulas } from "../../lib/interpret/formula/grow.ts";
import { besselJ1 } from "../../lib/interpret/symbols/bessel.ts";
import { separations } from "../../lib/interpret/structure/separability.ts";
import { scaledInputs, unscaledOutput } from "../../lib/interpret/formula/scales.ts";
import { LIBRARY, symbol } from "../../lib/interpret/symbols/library.ts";
import { findHints } from "../../lib/interpret/structure/hints.ts";
import { networkSlopes } from "../../lib/interpret/structure/network_slopes.ts";
import { dimensionlessRows, parseUnit } from "../../lib/interpret/structure/dimensions.ts";
import { besselJ0 } from "../../lib/data/inner.ts";
import { generator, normal } from "../support/random.ts";

function draw(ranges: readonly (readonly [number, number])[], rows: number, seed = 1): number[][] {
  const random = generator(seed);
  return Array.from({ length: rows }, () => ranges.map(([a, b]) => a + (b - a) * random()));
}

async function found(
  f: (...x: number[]) => number,
  ranges: readonly (readonly [number, number])[],
  names: readonly string[],
  options: FormulaOptions = {},
  noise = 0,
) {
  const inputs = draw(ranges, 400), random = generator(9);
  const targets = inputs.map((row) => f(...row) + noise * normal(random));
  const search = await findFormula({ inputs, targets, names }, options);
  const fresh = draw(ranges, 100, 2), values = evaluateFormula(search.best.formula, fresh, names);
  const error = Math.max(...fresh.map((row, r) => Math.abs(f(...row) - values[r])));
  return { ...search, text: printFormula(search.best.formula), error };
}

/** A function, and how it is printed. */
type Case = readonly [
  text: string,
  names: string,
  ranges: readonly (readonly [number, number])[],
  f: (...x: number[]) => number,
];

const UNIT: readonly [number, number] = [-1, 1], PLUS: readonly [number, number] = [0.5, 2];

Deno.test("formulas are found exactly", async () => {
  const cases: readonly Case[] = [
    [
      "exp(sin(pi*x) + y^2)",
      "x y",
      [UNIT, UNIT],
      (x, y) => Math.exp(Math.sin(Math.PI * x) + y * y),
    ],
    ["x*y", "x y", [UNIT, UNIT], (x, y) => x * y],
    ["x/y", "x y", [UNIT, PLUS], (x, y) => x / y],
    ["sqrt(x^2 + y^2)", "x y", [UNIT, UNIT], (x, y) => Math.hypot(x, y)],
    ["x1*x2 + x3", "x1 x2 x3", [UNIT, UNIT, UNIT], (a, b, c) => a * b + c],
    ["(1 + a*b)/(1 + a)", "a b", [PLUS, PLUS], (a, b) => (1 + a * b) / (1 + a)],
    ["besselj0(20*x)", "x", [UNIT], (x) => besselJ0(20 * x)],
    ["(1 - a)/sqrt(1 - b^2)", "a b", [UNIT, [-0.9, 0.9]], (a, b) => (1 - a) / Math.sqrt(1 - b * b)],
  ];
  for (const [text, names, ranges, f] of cases) {
    const result = await found(f, ranges, names.split(" "));
    assertEquals([result.text, result.status], [text, "exact"]);
    assert(result.error < 1e-12, `${text}: ${result.error}`);
  }
});

Deno.test("a function of a sum is found by way of the smallest network", async () => {
  const { text } = await found((x, y) => Math.tanh(2 * x - y ** 3) + 0.5, [UNIT, UNIT], ["x", "y"]);
  assertEquals(text, "1/2 + tanh(2*x - y^3)");
});

Deno.test("with noise the form is right, and constants are rounded within their error bars", async () => {
  const { best, text, status } = await found(
    (x, y) => 0.7183 * Math.exp(x) + Math.PI * y,
    [UNIT, UNIT],
    ["x", "y"],
    { library: ["exp", "x", "sin", "x^2"] },
    0.01,
  );
  assertEquals(status, "found");
  assert(/^0\.7\d*\*exp\(x\) \+ pi\*y$/.test(text), text);
  const pi = best.rounded.find(({ exact }) => exact === "pi")!;
  assert(Math.abs(pi.measured - Math.PI) < 3.5 * pi.error, "within the error bars");
});

Deno.test("the front falls: longer formulas have less error", async () => {
  const { front, best } = await found(
    (x) => Math.sin(3 * x) + 0.1 * x ** 2,
    [UNIT],
    ["x"],
    {},
    0.05,
  );
  for (let i = 1; i < front.length; i++) {
    assert(front[i].complexity >= front[i - 1].complexity);
    assert(front[i].loss < front[i - 1].loss || front[i] === best);
  }
});

Deno.test("library and complexity are limits", async () => {
  const { front } = await found((x) => Math.sin(3 * x), [UNIT], ["x"], {
    library: ["x", "x^2", "x^3"],
    complexity: 9,
  });
  for (const { formula, complexity } of front) {
    assert(complexity <= 9 + 1e-9);
    assert(!printFormula(formula).includes("sin"));
  }
  const rows = { inputs: [[1], [2]], targets: [1, 2] };
  await assertRejects(() => findFormula(rows), RangeError, "rows must be at least 10");
  const more = { inputs: draw([UNIT], 20), targets: draw([UNIT], 20) };
  await assertRejects(
    () => findFormula(more, { library: ["sinus"] }),
    RangeError,
    "one of constant",
  );
});

Deno.test("the same rows give the same formula, and a signal ends the search with a front", async () => {
  const f = (x: number, y: number) => Math.sin(x * y * 3 + Math.cos(5 * y)) * Math.abs(x - 0.1);
  const options = { library: ["sin", "exp", "x^2"], complexity: 12 };
  const [a, b] = [
    await found(f, [UNIT, UNIT], ["x", "y"], options),
    await found(f, [UNIT, UNIT], ["x", "y"], options),
  ];
  assertEquals(a.front, b.front);
  const controller = new AbortController();
  const stopped = await found(f, [UNIT, UNIT], ["x", "y"], {
    signal: controller.signal,
    onStage: () => controller.abort(),
  });
  assertEquals(stopped.status, "stopped");
  assert(stopped.front.length > 0);
});

Deno.test("curveSymbols() finds a f(b x + c) + d", () => {
  const x = Float64Array.from({ length: 100 }, (_, i) => -1 + i / 50);
  const cases: readonly (readonly [string, (x: number) => number])[] = [
    ["sin", (t) => 2 * Math.sin(7 * t + 0.4) - 1],
    ["tanh", (t) => 0.3 * Math.tanh(4 * t - 1) + 2],
    ["exp", (t) => Math.exp(-2.5 * t)],
    ["log", (t) => Math.log(t + 1.7)],
    ["arctan", (t) => 3 * Math.atan(6 * t + 2)],
    ["x^(-2)", (t) => 1 / (t - 2) ** 2],
  ];
  for (const [name, f] of cases) {
    const [best] = curveSymbols({ x, y: x.map(f) }, LIBRARY, 3);
    assertEquals(best.symbol.name, name);
    assert(best.unexplained < 1e-9, `${name}: ${best.unexplained}`);
  }
});

Deno.test("a network is a formula of splines; edges become symbols, the rest is trained", async () => {
  const inputs = draw([UNIT, UNIT], 300), names = ["x", "y"];
  const targets = inputs.map(([x, y]) => Math.sin(2 * x) + y * y);
  const { network } = await fit({ inputs, targets }, {
    network: { widths: [2, 1], firstLayer: "spline", intervals: 4 },
  });
  const formula = networkFormula(network, names.map(columnNode));
  const values = evaluateFormula(formula, inputs, names), flat = Float64Array.from(inputs.flat());
  const said = forward(network, flat);
  values.forEach((value, r) => assertAlmostEquals(value, said[r], 1e-10));
  const rows = formulaRows({ inputs, targets, names });
  const half = fixEdges(formula, [{ edge: [0, 0, 0], name: "sin" }], rows);
  assertEquals(splineEdges(half).map(({ edge }) => edge), [[0, 1, 0]]);
  const trained = trainFormula(half, rows);
  assert(trained.loss < 1e-6, `${trained.loss}`);
  assertEquals(splineEdges(trained.formula).length, 1);
  assertEquals(splineEdges(formula).length, 2); // the first formula is as it was
  const whole = trainFormula(fixEdges(half, [{ edge: [0, 1, 0], name: "x^2" }], rows), rows);
  assert(whole.loss < 1e-20, `${whole.loss}`);
});

Deno.test("networkFormula() has the values of networks of every kind", () => {
  const rows = draw([UNIT, UNIT], 20), flat = Float64Array.from(rows.flat());
  for (
    const options of [
      { widths: [2, 3, 2, 1] },
      { widths: [2, 3, 1], firstLayer: "spline", base: "silu", knots: "uniform" },
      { widths: [2, 3, 1], basis: "relu", outerKnots: "even", normalisation: "none" },
      { widths: [2, 3, 1], activation: "tanh" },
      { widths: [2, 3, 1], activation: "relu" },
    ] as const
  ) {
    const network = createNetwork(options, { seed: 3 }), said = forward(network, flat);
    const values = evaluateFormula(networkFormula(network, ["x", "y"].map(columnNode)), rows, [
      "x",
      "y",
    ]);
    values.forEach((value, r) =>
      assertAlmostEquals(value, said[r], 1e-9 * Math.max(1, Math.abs(said[r])))
    );
  }
});

Deno.test("scales of tables are parts of formulas", () => {
  const [line, log] = scaledInputs(["x", "y"], [
    { name: "x", minimum: 1, maximum: 5 },
    { name: "y", minimum: 1, maximum: 100, map: { kind: "log" } },
  ]);
  assertAlmostEquals(evaluateFormula(line, [[2, 1]], ["x", "y"])[0], 0.25, 1e-14);
  assertAlmostEquals(evaluateFormula(log, [[2, 10]], ["x", "y"])[0], 0.5, 1e-14);
  const back = unscaledOutput(constant(0.5), { name: "z", minimum: 2, maximum: 4 });
  assertEquals(evaluateFormula(back, [[0]], ["x"])[0], 3);
});

Deno.test("a network's derivatives show symmetries and factors", async () => {
  const inputs = draw([PLUS, UNIT, UNIT], 600), names = ["a", "b", "c"];
  const targets = inputs.map(([a, b, c]) => a * a * Math.cos(b - c));
  const { network } = await fit({ inputs, targets });
  const rows = formulaRows({ inputs, targets, names });
  const hints = findHints(rows, networkSlopes({ network }, rows)!, 0.1);
  const texts = hints.map(({ text }) => text);
  assert(texts.includes("b and c matter through b - c only"), texts.join());
  assert(texts.includes("a^2 is a factor"), texts.join());
  const hint = hints.find(({ text }) => text.startsWith("b and c"))!,
    { data, back } = hint.reduce();
  assertEquals([...data.columns.keys()], ["b - c", "a"]);
  assertEquals(printFormula(back(columnNode("b - c"))), "b - c");
});

Deno.test("units: dimensions are read, and groups without a dimension found", () => {
  const text = (unit: string) =>
    [...parseUnit(unit)!].map(([base, n]) => `${base}${n}`).sort().join();
  assertEquals(text("kg m^2/s^2"), text("J"));
  assertEquals(text("N*m"), text("J"));
  assertEquals(text("km/h"), "m1,s-1");
  assertEquals(text("W/(m^2*K)"), "K-1,kg1,s-3");
  assertEquals(parseUnit("m^^2"), undefined);
  const inputs = draw([PLUS, PLUS, PLUS], 50), names = ["l", "g", "angle"];
  const targets = inputs.map(([l, g]) => Math.sqrt(l / g));
  const found = dimensionlessRows(formulaRows({ inputs, targets, names }), [
    "m",
    "m/s^2",
    "rad",
    "s",
  ])!;

  found.data.target.forEach((value) => assertAlmostEquals(value, 1, 1e-12));
  assertEquals(found.data.columns.size, 1);
  assertEquals(symbol("ln").name, "log");
});

Deno.test("nothingLeft() tells noise from a product of three columns, which no term explains", () => {
  const inputs = draw([UNIT, UNIT, [-3, 3]], 600), random = generator(4);
  const noise = inputs.map(() => random() + random() - random() - random());
  const left = (targets: readonly number[]) => {
    const rows = formulaRows({ inputs, targets, names: ["a", "b", "c"] });
    const formula = { kind: "variable", name: "a" } as const;
    const entry = { formula, loss: 1, complexity: 1, parameters: 0, origin: "test" };
    return nothingLeft(entry.formula, rows, (few) => quickDictionary(few, () => true));
  };
  assertEquals(left(inputs.map(([a], r) => a + 0.1 * noise[r])), true);
  assertEquals(left(inputs.map(([a, b, c]) => a + a * b * Math.cos(c))), false);
  assertEquals(left(inputs.map(([a, b], r) => a + b + 0.1 * noise[r])), false);
});

Deno.test("formulas grow by single changes: damped waves, shifts below the line, powers", async () => {
  const cases: readonly Case[] = [
    [
      "a*exp(-0.3*t)*cos(1/2 + 2*t)",
      "a t",
      [[1, 3], [0, 8]],
      (a, t) => a * Math.exp(-0.3 * t) * Math.cos(2 * t + 0.5),
    ],
    ["70*m^(3/4)", "m", [[0.1, 50]], (m) => 70 * m ** 0.75],
    ["exp(-2*exp(-0.8*t))", "t", [[0, 6]], (t) => Math.exp(-2 * Math.exp(-0.8 * t))],
  ];
  for (const [text, names, ranges, f] of cases) {
    const columns = names.split(" "), inputs = draw(ranges, 400);
    const rows = formulaRows({ inputs, targets: inputs.map((x) => f(...x)), names: columns });
    const search = createSearch(rows);
    search.front.consider(constant(0), "nothing");
    await growFormulas(search, { work: 1500, done: () => false });
    assert(search.front.exact(), text);
    const exact = search.front.entries().find(({ loss }) => loss < 1e-20)!;
    const { formula } = roundConstants(exact.formula, rows, () => false);
    assertEquals(printFormula(formula), text);
  }
});

Deno.test("constants stay measured where residuals are more than noise", () => {
  const inputs = draw([[0, 3]], 400), targets = inputs.map(([x]) => 2 * x + 0.1 * Math.sin(3 * x));
  const rows = formulaRows({ inputs, targets, names: ["x"] });
  const line = addUp([free(0), productOf([free(2), columnNode("x")])]);
  const { rounded, formula } = roundConstants(line, rows, noiseOf(rows));
  assertEquals(rounded, []);
  assertEquals(freeNumbers(formula).length, 2);
});

Deno.test("columns without change and copies are left out, and said so", async () => {
  const inputs = draw([UNIT], 200).map(([x]) => [x, 2, x]);
  const targets = inputs.map(([x]) => Math.sin(x) + x);
  const { best, findings } = await findFormula({ inputs, targets, names: ["x", "c", "twin"] });
  assertEquals(printFormula(best.formula), "x + sin(x)");
  assertEquals(findings, [
    "c is 2 in all rows: formulas leave it out",
    "twin is a copy of x: formulas leave it out",
  ]);
});

Deno.test("a network that is a sum or a product of functions is told", async () => {
  const inputs = draw([PLUS, PLUS, UNIT], 1000), names = ["x", "y", "z"];
  const tell = async (f: (...x: number[]) => number) => {
    const targets = inputs.map((x) => f(...x)), { network } = await fit({ inputs, targets });
    return separations({ network }, formulaRows({ inputs, targets, names }))
      .map(({ kind, groups }) => ({ kind, groups }));
  };
  assertEquals(await tell((x, y, z) => Math.sin(x * y) + z * z), [
    { kind: "sum", groups: [[0, 1], [2]] },
  ]);
  assertEquals(await tell((x, y, z) => (1 + x * y) * Math.exp(z)), [
    { kind: "product", groups: [[0, 1], [2]] },
  ]);
  assertEquals(await tell((x, y, z) => Math.exp(x * y * z)), []);
});

Deno.test("measured constants get values, and the others are fitted anew", () => {
  const inputs = draw([UNIT], 200), targets = inputs.map(([x]) => 2.1 * x + 1);
  const rows = formulaRows({ inputs, targets, names: ["x"] });
  const line = addUp([free(3), productOf([free(5), columnNode("x")])]);
  const pinned = pinConstants(line, [{ number: 2, value: pinnedValue("2.1")! }]);
  const { formula } = trainFormula(pinned, rows);
  assertEquals(printFormula(formula), "1 + 2.1*x");
  assertEquals(freeNumbers(formula).length, 1);
  assertEquals(pinnedValue("pi/2")!.value, Math.PI / 2);
  assertEquals(pinnedValue("x"), undefined);
  assertThrows(
    () => pinConstants(line, [{ number: 3, value: constant(1) }]),
    RangeError,
    "measured constants are c1 to c2, current value is c3",
  );
});

Deno.test("Bessel functions of large arguments join those of small ones, and end", () => {
  for (const f of [besselJ0, besselJ1]) assertAlmostEquals(f(999.9999999), f(1000.0000001), 1e-8);
  assert(Math.abs(besselJ0(1e15)) < 1e-6);
});
