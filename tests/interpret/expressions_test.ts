import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  asSquares,
  complexityOf,
  evaluateFormula,
  type Formula,
  formulaCode,
  printFormula,
  readFormula,
  simplify,
} from "../../lib/interpret/mod.ts";
import { compileFormula } from "../../lib/interpret/expressions/evaluate.ts";
import { expandFormula } from "../../lib/interpret/expressions/expand.ts";
import {
  addUp,
  callOf,
  columnNode,
  constant,
  free,
  powerOf,
  productOf,
} from "../../lib/interpret/expressions/formula.ts";
import {
  exactNode,
  exactNotation,
  exactNumber,
  exactValue,
  parseExact,
} from "../../lib/interpret/expressions/exact.ts";
import { normalForm } from "../../lib/interpret/expressions/normal_form.ts";
import { LIBRARY } from "../../lib/interpret/symbols/library.ts";
import { nearestExact } from "../../lib/interpret/formula/round_constants.ts";

const NAMES = ["x", "y"];
const [x, y] = NAMES.map(columnNode);
const ROWS = Array.from({ length: 40 }, (_, i) => [
  0.2 + 1.7 * ((i * 0.618) % 1),
  0.3 + 1.1 * ((i * 0.414) % 1),
]);

/** Small formulas of columns that are positive. */
const formulas: fc.Arbitrary<Formula> = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom<Formula>(x, y),
    fc.integer({ min: -4, max: 4 }).map(constant),
    fc.double({ min: 0.2, max: 3, noNaN: true }).map(free),
    fc.array(tie("formula"), { minLength: 2, maxLength: 3 }).map(addUp),
    fc.array(tie("formula"), { minLength: 2, maxLength: 3 }).map(productOf),
    fc.tuple(tie("formula"), fc.constantFrom(2, 3, -1, 0.5, -2)).map(([base, p]) =>
      powerOf(base, p)
    ),
    fc.tuple(fc.constantFrom("sin", "cos", "exp", "log", "tanh", "abs", "gaussian"), tie("formula"))
      .map(([name, argument]) => callOf(name, argument)),
  ),
})).formula;

/** Two formulas have the same values where the first has any. */
function assertSame(a: Formula, b: Formula, what: string): void {
  const left = evaluateFormula(a, ROWS, NAMES), right = evaluateFormula(b, ROWS, NAMES);
  left.forEach((value, r) => {
    if (!Number.isFinite(value) || Math.abs(value) > 1e6) return;
    const text = `${what}: ${printFormula(a)} is ${value}, ${printFormula(b)} is ${right[r]}`;
    assertAlmostEquals(right[r], value, 1e-6 * Math.max(1, Math.abs(value)), text);
  });
}

/** Whether values change little with the last digits of the columns: else rounding decides. */
function isTame(formula: Formula): boolean {
  const here = evaluateFormula(formula, ROWS, NAMES);
  const near = evaluateFormula(formula, ROWS.map((row) => row.map((v) => v * (1 + 1e-12))), NAMES);
  return here.every((value, r) =>
    Number.isFinite(value) && Math.abs(near[r] - value) < 1e-8 * Math.max(1, Math.abs(value))
  );
}

Deno.test("normal forms, expansions and simplifications have the formula's values", () => {
  fc.assert(
    fc.property(formulas, (formula) => {
      if (!isTame(formula)) return;
      assertSame(formula, normalForm(formula), "normal form");
      assertSame(formula, expandFormula(formula), "expansion");
      assertSame(formula, simplify(formula), "simplification");
    }),
    { numRuns: 300, seed: 7 },
  );
});

Deno.test("simplify() finds short forms", () => {
  const minus = (f: Formula) => productOf([constant(-1), f]);
  const cases: readonly (readonly [Formula, string])[] = [
    [
      productOf([
        constant(0.25),
        addUp([powerOf(addUp([x, y]), 2), minus(powerOf(addUp([x, minus(y)]), 2))]),
      ]),
      "x*y",
    ],
    [asSquares(productOf([constant(3), x, y, columnNode("z")])), "3*x*y*z"],
    [callOf("exp", addUp([callOf("log", x), minus(callOf("log", y))])), "x/y"],
    [
      addUp([
        productOf([callOf("cos", x), callOf("cos", y)]),
        productOf([callOf("sin", x), callOf("sin", y)]),
      ]),
      "cos(x - y)",
    ],
    [addUp([powerOf(x, 2), productOf([constant(-2), x, y]), powerOf(y, 2)]), "(x - y)^2"],
    [addUp([powerOf(callOf("sin", x), 2), powerOf(callOf("cos", x), 2)]), "1"],
    [addUp([x, x, minus(productOf([constant(2), x]))]), "0"],
    [powerOf(powerOf(x, 2), 0.5), "abs(x)"],
    [addUp([callOf("exp", x), callOf("exp", minus(x))]), "2*cosh(x)"],
  ];
  for (const [formula, text] of cases) assertEquals(printFormula(simplify(formula)), text);
});

Deno.test("simplify() writes fractions, signs, waves and powers as people do", () => {
  const minus = (f: Formula) => productOf([constant(-1), f]);
  const ratio = (above: number, below: number) => exactNode(exactNumber(above, below));
  const inverse = (f: Formula) => powerOf(f, -1), twice = productOf([constant(2), x]);
  const cases: readonly (readonly [Formula, string])[] = [
    [productOf([y, inverse(addUp([constant(1), productOf([y, inverse(x)])]))]), "x*y/(x + y)"],
    [
      addUp([ratio(5, 2), productOf([ratio(-7, 4), inverse(addUp([ratio(7, 10), x]))])]),
      "5*x/(2*(0.7 + x))",
    ],
    [
      productOf([constant(-1), inverse(addUp([constant(1), minus(callOf("exp", x))]))]),
      "1/(exp(x) - 1)",
    ],
    [productOf([ratio(100, 981), x]), "x/9.81"],
    [addUp([ratio(1, 2), productOf([ratio(-1, 2), callOf("cos", twice)])]), "sin(x)^2"],
    [
      addUp([ratio(1, 2), productOf([ratio(1, 2), callOf("tanh", callOf("log", x))])]),
      "x^2/(1 + x^2)",
    ],
    [callOf("sin", callOf("arctan", x)), "x/sqrt(1 + x^2)"],
    [callOf("exp", productOf([y, callOf("log", addUp([constant(1), x]))])), "(1 + x)^y"],
    [
      productOf([
        constant(6),
        inverse(addUp([productOf([constant(-2), y]), productOf([constant(4), x])])),
      ]),
      "3/(2*x - y)",
    ],
  ];
  for (const [formula, text] of cases) assertEquals(printFormula(simplify(formula)), text);
  const phase = simplify(addUp([
    productOf([free(3), callOf("cos", x)]),
    productOf([free(4), callOf("sin", x)]),
  ]));
  assertEquals(printFormula(phase, "plain", { digits: 4 }), "5*cos(x - 0.9273)");
  const bell = simplify(productOf([
    free(2),
    callOf("exp", addUp([minus(powerOf(x, 2)), twice])),
  ]));
  assertEquals(printFormula(bell, "plain", { digits: 6 }), "5.43656*exp(-(x - 1)^2)");
});

Deno.test("simplify() does not lengthen", () => {
  fc.assert(
    fc.property(formulas, (formula) => {
      assert(complexityOf(simplify(formula)) <= complexityOf(normalForm(formula)) + 1e-9);
    }),
    { numRuns: 200, seed: 3 },
  );
});

Deno.test("derivatives by constants and columns are those of differences", () => {
  fc.assert(
    fc.property(formulas, (formula) => {
      const data = {
        rows: ROWS.length,
        columns: new Map(NAMES.map((name, c) => [name, Float64Array.from(ROWS, (row) => row[c])])),
      };
      const program = compileFormula(formula, data), at = program.parameters;
      const { derivatives, values } = program.jacobian();
      const step = 1e-5;
      const compare = (exact: Float64Array, ahead: Float64Array, back: Float64Array) => {
        exact.forEach((slope, r) => {
          const difference = (ahead[r] - back[r]) / (2 * step);
          const curved = Math.abs(ahead[r] + back[r] - 2 * values[r]) / step;
          if (!Number.isFinite(difference) || Math.abs(difference) > 1e4 || curved > 1e-2) return;
          assertAlmostEquals(slope, difference, 1e-3 * Math.max(1, Math.abs(difference)));
        });
      };
      derivatives.forEach((exact, i) => {
        const moved = (by: number) => program.values(at.map((v, k) => k === i ? v + by : v));
        compare(exact, moved(step), moved(-step));
      });
      const shifted = (by: number) =>
        evaluateFormula(formula, ROWS.map(([a, b]) => [a + by, b]), NAMES);
      compare(program.gradient("x"), shifted(step), shifted(-step));
    }),
    { numRuns: 200, seed: 5 },
  );
});

Deno.test("every function of the library has its derivative", () => {
  for (const { name, value, derivative } of LIBRARY) {
    for (const at of [0.13, 0.4, 0.77]) {
      const difference = (value(at + 1e-6) - value(at - 1e-6)) / 2e-6;
      assertAlmostEquals(
        derivative(at),
        difference,
        1e-7 * Math.max(1, Math.abs(difference)),
        name,
      );
    }
  }
  assert(LIBRARY.length >= 30);
});

Deno.test("printed JavaScript has the formula's values", () => {
  fc.assert(
    fc.property(formulas, (formula) => {
      const f = new Function(`${formulaCode(formula, NAMES, "javascript")}return f;`)();
      const values = evaluateFormula(formula, ROWS, NAMES);
      values.forEach((value, r) => {
        if (!Number.isFinite(value)) return;
        assertAlmostEquals(f(...ROWS[r]), value, 1e-9 * Math.max(1, Math.abs(value)));
      });
    }),
    { numRuns: 200, seed: 11 },
  );
});

Deno.test("printed Python has the formula's values, where Python is there", async () => {
  const everything = addUp(
    LIBRARY.filter(({ name }) => name !== "constant").map(({ name, power }) => {
      const argument = productOf([free(0.3), x]);
      return productOf([
        y,
        power === undefined ? callOf(name, argument) : powerOf(argument, power),
      ]);
    }),
  );
  const rows = ROWS.slice(0, 5), values = evaluateFormula(everything, rows, NAMES);
  const code = `${formulaCode(everything, NAMES, "python")}\n` +
    `for row in ${JSON.stringify(rows)}:\n    print(repr(f(*row)))\n`;
  let out: string;
  try {
    const { stdout, success } = await new Deno.Command("python3", { args: ["-c", code] }).output();
    assert(success);
    out = new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  out.trim().split("\n").forEach((text, r) =>
    assertAlmostEquals(Number(text), values[r], 1e-9 * Math.abs(values[r]))
  );
});

Deno.test("a formula is its own JSON; broken trees are refused", () => {
  fc.assert(
    fc.property(formulas, (formula) => {
      assertEquals(readFormula(JSON.parse(JSON.stringify(formula))), formula);
    }),
    { numRuns: 100, seed: 13 },
  );
  const refused: readonly (readonly [unknown, string])[] = [
    [null, "a record with a kind"],
    [{ kind: "call", name: "sinus", argument: x }, "a function of the library"],
    [{ kind: "sum", terms: [] }, "formula.terms must be a list"],
    [{ kind: "sum", terms: [x, { kind: "number", value: "1" }] }, "formula.terms[1].value"],
    [{ kind: "number", value: 3, exact: "pie" }, "an exact constant"],
    [{ kind: "spline", argument: x, knots: [0], degree: 1, coefficients: [1, 2] }, "knots"],
  ];
  for (const [data, words] of refused) assertThrows(() => readFormula(data), TypeError, words);
});

Deno.test("LaTeX and signs", () => {
  const negative = productOf([constant(-1), powerOf(x, 2)]);
  assertEquals(printFormula(addUp([negative, constant(1)])), "1 - x^2");
  assertEquals(printFormula(powerOf(negative, 2)), "(-x^2)^2");
  assertEquals(
    printFormula(productOf([x, powerOf(addUp([x, y]), -1)]), "latex"),
    "\\frac{x}{x + y}",
  );
  assertEquals(printFormula(columnNode("flow rate")), "[flow rate]");
});

Deno.test("exact constants are read as they are written, and near numbers are recognised", () => {
  for (const text of ["3*pi/2", "-sqrt(2)/2", "1/(4*pi)", "9.81", "sqrt(pi)", "e^2", "7"]) {
    assertEquals(exactNotation(parseExact(text)!), text);
  }
  const near = (value: number, distance: number) => {
    const found = nearestExact(value, distance);
    return found && exactNotation(found);
  };
  assertEquals(near(3.1416, 1e-3), "pi");
  assertEquals(near(0.99, 0.02), "1");
  assertEquals(near(1e-4, 1e-3), "0");
  assertEquals(near(0.3989422804014327, 1e-12), "sqrt(2)/(2*sqrt(pi))");
  assertEquals(near(0.7345, 0.01), undefined); // any fraction would be chance
  assertEquals(exactValue(parseExact("2*pi")!), 2 * Math.PI);
});
