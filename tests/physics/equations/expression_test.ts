import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  compileTape,
  differentiate,
  evaluateExpression,
  parseExpression,
  variablesOf,
} from "../../../lib/physics/inner.ts";
import { ExpressionError } from "../../../lib/physics/mod.ts";
import { fourthOrderDifference } from "../../support/gradient_check.ts";

function at(text: string, values: Record<string, number> = {}): number {
  return evaluateExpression(parseExpression(text), values);
}

Deno.test("parseExpression() reads as mathematics does", () => {
  assertEquals(at("1 + 2*3 - 4/2"), 5);
  assertEquals(at("-2^2"), -4);
  assertEquals(at("2^-1"), 0.5);
  assertEquals(at("2^3^2"), 512);
  assertEquals(at("8/4/2"), 1);
  assertEquals(at("1.5e-1*2 + .5"), 0.8);
  assertEquals(at("sin(pi/2)**2"), 1);
  assertEquals(at("x = y", { x: 5, y: 3 }), 2);
  assertEquals(variablesOf(parseExpression("u_t + u*u_x = nu*u_xx")), [
    "u_t",
    "u",
    "u_x",
    "nu",
    "u_xx",
  ]);
});

Deno.test("parseExpression() says where a formula goes wrong", () => {
  const cases: [string, string][] = [
    ["u_t + ", "column 7"],
    ["(u_t", "a closing bracket"],
    ["u u_x", "column 3"],
    ["2 $ 3", "current value is $"],
    ["f(x)", "must have * or one of sin, cos"],
    ["u = sn(x)", 'before the bracket at column 7, current value is sn; did you mean "sin"?'],
    ["sin x", "an opening bracket after sin"],
    ["", "the end"],
    ["a = b = c", "column 7"],
  ];
  for (const [text, part] of cases) {
    assertThrows(() => parseExpression(text), ExpressionError, part);
  }
});

const FORMULAS = [
  "x*y + x/y - y",
  "x^3 + 2^x + x^y",
  "sin(x)*cos(y) + tan(x/4)",
  "exp(-x*y) * log(x + 3)",
  "sqrt(x^2 + y^2) + tanh(x - y)",
  "sinh(x)/cosh(y) + abs(x - 5)",
  "x*y/(x*y + 1) + (x*y)^2",
];

Deno.test("differentiate() and tapes agree with differences", () => {
  for (const text of FORMULAS) {
    const formula = parseExpression(text), values = { x: 0.7, y: 1.3 };
    const tape = compileTape(formula, 2);
    tape.variables.forEach((name, v) =>
      tape.columns[v].set([values[name as "x" | "y"], values[name as "x" | "y"] + 0.1])
    );
    assertAlmostEquals(tape.run()[0], evaluateExpression(formula, values), 1e-14);
    const partials = tape.pull();
    for (const by of ["x", "y"] as const) {
      const slope = differentiate(
        formula,
        (name) => name === by ? parseExpression("1") : undefined,
      );
      const difference = fourthOrderDifference(
        (moved) => evaluateExpression(formula, { ...values, [by]: moved }),
        values[by],
        1e-3,
      );
      assertAlmostEquals(evaluateExpression(slope, values), difference, 1e-9);
      assertAlmostEquals(partials[tape.variables.indexOf(by)][0], difference, 1e-9);
    }
  }
});

Deno.test("formulas that are too deep or too large are refused at once, long flat ones are read", () => {
  const row = (count: number) => new Array(count).fill("x").join("*");
  for (
    const text of [
      row(600),
      "(".repeat(500) + "x" + ")".repeat(500),
      "if(".repeat(40) + "x" + ", 1, 2)".repeat(40), // the condition counts twice, 40 times over
      new Array(5000).fill("1").join("+"),
    ]
  ) assertThrows(() => parseExpression(text), ExpressionError, "at most");
  const half = `(${row(400)})`;
  const slope = differentiate(parseExpression(`${half}*${half}`), () => parseExpression("1"));
  assertEquals(evaluateExpression(slope, { x: 1 }), 800);
});
