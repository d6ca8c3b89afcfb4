/**
 * Formulas as data: put together, evaluated, differentiated.
 *
 * @module
 */

import {
  acos,
  asin,
  atan,
  atan2,
  cos,
  cosh,
  exp,
  log,
  pow,
  sin,
  sinh,
  tan,
  tanh,
} from "../../numerics/inner.ts";
import { erf, heaviside, mod } from "./functions.ts";

/** A formula. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "variable"; readonly name: string }
  | {
    readonly kind: "call";
    readonly name: Operation;
    readonly arguments: readonly Expression[];
  };

/** Name of an operation: of two arguments, then functions of one. */
export type Operation =
  | "+"
  | "-"
  | "*"
  | "/"
  | "^"
  | "min"
  | "max"
  | "atan2"
  | "mod"
  | "<"
  | "<="
  | "=="
  /** `when(c, a)`: `a` where `c` is not 0, else 0. */
  | "when"
  | UnaryOperation;

/** Name of a function of one argument. */
export type UnaryOperation =
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "exp"
  | "log"
  | "sqrt"
  | "sinh"
  | "cosh"
  | "tanh"
  | "abs"
  | "sign"
  | "floor"
  | "erf"
  | "heaviside"
  /** Its argument, as one summand: so an integral, a sum over many points, counts as one. */
  | "whole";

const FUNCTIONS = {
  ...{ acos, asin, atan, cos, cosh, exp, log, sin, sinh, tan, tanh },
  ...{ abs: Math.abs, floor: Math.floor, sign: Math.sign, sqrt: Math.sqrt },
};

const one = number(1);

/** Minus a formula. */
export function negate(a: Expression): Expression {
  return apply("*", number(-1), a);
}

/** A number as a formula. */
export function number(value: number): Expression {
  return { kind: "number", value };
}

/** A variable as a formula. */
export function variable(name: string): Expression {
  return { kind: "variable", name };
}

/** Applies an operation; sums and products with 0 and 1 and operations on numbers are done. */
export function apply(name: Operation, ...operands: readonly Expression[]): Expression {
  const [a, b] = operands;
  if (operands.every((each) => each.kind === "number")) {
    return number(operate(name, value(a)!, value(b) ?? NaN));
  }
  const left = value(a), right = b && value(b);
  if (name === "+" && left === 0) return b;
  if ((name === "+" || name === "-") && right === 0) return a;
  if (name === "*" && (left === 0 || right === 0)) return number(0);
  if (name === "*" && left === 1) return b;
  if ((name === "*" || name === "/" || name === "^") && right === 1) return a;
  if (name === "/" && left === 0) return a;
  if (name === "^" && right === 0) return number(1);
  if (name === "when" && left !== undefined) return left === 0 ? number(0) : b;
  if (name === "when" && right === 0) return b;
  return { kind: "call", name, arguments: operands };
}

/** The value of an operation; the second argument counts only where there are two. */
export function operate(name: Operation, a: number, b: number): number {
  switch (name) {
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "atan2":
      return atan2(a, b);
    case "mod":
      return mod(a, b);
    case "erf":
      return erf(a);
    case "heaviside":
      return heaviside(a);
    case "whole":
      return a;
    case "<":
      return a < b ? 1 : 0;
    case "<=":
      return a <= b ? 1 : 0;
    case "==":
      return a === b ? 1 : 0;
    case "when":
      return a !== 0 ? b : 0;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "^":
      return pow(a, b);
    default:
      return FUNCTIONS[name](a);
  }
}

function value(expression: Expression): number | undefined {
  return expression?.kind === "number" ? expression.value : undefined;
}

/** The names of a formula's variables, each once, in the order in which they come. */
export function variablesOf(expression: Expression): string[] {
  if (expression.kind === "number") return [];
  if (expression.kind === "variable") return [expression.name];
  return [...new Set(expression.arguments.flatMap(variablesOf))];
}

/** Replaces variables by formulas; where the function returns nothing the variable stays. */
export function substitute(
  expression: Expression,
  replacement: (name: string) => Expression | undefined,
): Expression {
  if (expression.kind === "number") return expression;
  if (expression.kind === "variable") return replacement(expression.name) ?? expression;
  return apply(
    expression.name,
    ...expression.arguments.map((each) => substitute(each, replacement)),
  );
}

/** The value of a formula for values of its variables; NaN where a variable has none. */
export function evaluateExpression(
  expression: Expression,
  values: Readonly<Record<string, number>>,
): number {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "variable") return values[expression.name] ?? NaN;
  const [a, b] = expression.arguments.map((each) => evaluateExpression(each, values));
  return operate(expression.name, a, b);
}

/**
 * Differentiates a formula by the chain rule; `inner` gives the derivative of each variable,
 * nothing where it is 0.
 */
export function differentiate(
  expression: Expression,
  inner: (name: string) => Expression | undefined,
): Expression {
  if (expression.kind === "number") return number(0);
  if (expression.kind === "variable") return inner(expression.name) ?? number(0);
  const { name, arguments: [a, b] } = expression;
  const da = differentiate(a, inner), db = b ? differentiate(b, inner) : number(0);
  switch (name) {
    case "+":
    case "-":
      return apply(name, da, db);
    case "*":
      return apply("+", apply("*", da, b), apply("*", a, db));
    case "/":
      return apply("/", apply("-", da, apply("*", expression, db)), b);
    case "^": {
      const exponent = value(b);
      if (exponent !== undefined) {
        return apply("*", apply("*", b, apply("^", a, number(exponent - 1))), da);
      }
      // a^b (b' log a + b a' / a)
      const left = apply("*", db, apply("log", a)), right = apply("/", apply("*", b, da), a);
      return apply("*", expression, apply("+", left, right));
    }
    case "min":
      return apply("+", apply("when", apply("<=", a, b), da), apply("when", apply("<", b, a), db));
    case "max":
      return apply("+", apply("when", apply("<=", b, a), da), apply("when", apply("<", a, b), db));
    case "atan2": {
      const square = apply("+", apply("*", a, a), apply("*", b, b));
      return apply("/", apply("-", apply("*", b, da), apply("*", a, db)), square);
    }
    case "mod":
      return apply("-", da, apply("*", apply("floor", apply("/", a, b)), db));
    case "when":
      return apply("when", a, db);
    case "<":
    case "<=":
    case "==":
      return number(0);
    case "whole":
      return apply("whole", da);
    default:
      return apply("*", outerDerivative(expression, name, a), da);
  }
}

function outerDerivative(whole: Expression, name: Operation, a: Expression): Expression {
  const square = () => apply("*", a, a);
  switch (name) {
    case "sin":
      return apply("cos", a);
    case "cos":
      return apply("*", number(-1), apply("sin", a));
    case "tan":
      return apply("+", one, apply("*", whole, whole));
    case "asin":
      return apply("/", one, apply("sqrt", apply("-", one, square())));
    case "acos":
      return apply("/", number(-1), apply("sqrt", apply("-", one, square())));
    case "atan":
      return apply("/", one, apply("+", one, square()));
    case "erf":
      return apply("*", number(2 / Math.sqrt(Math.PI)), apply("exp", negate(square())));
    case "exp":
      return whole;
    case "log":
      return apply("/", one, a);
    case "sqrt":
      return apply("/", number(0.5), whole);
    case "sinh":
      return apply("cosh", a);
    case "cosh":
      return apply("sinh", a);
    case "tanh":
      return apply("-", one, apply("*", whole, whole));
    case "abs":
      return apply("sign", a);
    default:
      return number(0);
  }
}
