/**
 * Formulas as data: read from text, put together, differentiated.
 *
 * @module
 */

import { didYouMean } from "../data/mod.ts";

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
  | "sin"
  | "cos"
  | "tan"
  | "exp"
  | "log"
  | "sqrt"
  | "sinh"
  | "cosh"
  | "tanh"
  | "abs"
  | "sign";

// deno-fmt-ignore
const FUNCTIONS: readonly string[] = [
  "sin", "cos", "tan", "exp", "log", "sqrt", "sinh", "cosh", "tanh", "abs", "sign",
];

/** A formula that cannot be read. */
export class ExpressionError extends RangeError {
  /** Always `ExpressionError`. */
  override name = "ExpressionError";
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
export function apply(name: Operation, ...given: readonly Expression[]): Expression {
  const [a, b] = given;
  if (given.every((each) => each.kind === "number")) {
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
  return { kind: "call", name, arguments: given };
}

/** The value of an operation; the second argument counts only where there are two. */
export function operate(name: Operation, a: number, b: number): number {
  switch (name) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "^":
      return a ** b;
    default:
      return Math[name](a);
  }
}

function value(expression: Expression): number | undefined {
  return expression?.kind === "number" ? expression.value : undefined;
}

/**
 * Reads a formula; an equation `left = right` becomes `left - right`.
 *
 * Numbers, names, `+ - * / ^ ( )`, `pi`, and sin, cos, tan, exp, log, sqrt, sinh, cosh, tanh, abs,
 * sign. `^` binds more tightly than a sign before it: `-x^2` is `-(x^2)`.
 *
 * @param text The formula.
 * @returns The expression.
 * @throws {ExpressionError} If the text is not a formula; the message shows where.
 *
 * @example
 * ```ts
 * import { evaluateExpression, parseExpression } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(evaluateExpression(parseExpression("-x^2 + 3*y = 1"), { x: 2, y: 5 }), 10);
 * ```
 */
export function parseExpression(text: string): Expression {
  const tokens = [
    ...text.matchAll(/\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[A-Za-z_]\w*|\*\*|.)/gis),
  ]
    .map((match) => ({ word: match[1], at: match.index + match[0].length - match[1].length }))
    .filter(({ word }) => word.trim() !== "");
  let next = 0;

  function fail(rule: string): never {
    const { word, at } = tokens[next] ?? { word: "the end", at: text.length };
    throw new ExpressionError(
      `Cannot read formula: ${JSON.stringify(text)} must have ${rule} at column ${at + 1}, ` +
        `current value is ${word}`,
    );
  }
  function take(...words: string[]): string | undefined {
    const word = tokens[next]?.word;
    if (word === undefined || !words.includes(word)) return undefined;
    next++;
    return word;
  }
  function sum(): Expression {
    let left = product();
    for (let sign = take("+", "-"); sign; sign = take("+", "-")) {
      left = apply(sign as "+" | "-", left, product());
    }
    return left;
  }
  function product(): Expression {
    let left = signed();
    for (let sign = take("*", "/"); sign; sign = take("*", "/")) {
      left = apply(sign as "*" | "/", left, signed());
    }
    return left;
  }
  function signed(): Expression {
    if (take("-")) return apply("*", number(-1), signed());
    return take("+") ? signed() : power();
  }
  function power(): Expression {
    const base = atom();
    return take("^", "**") ? apply("^", base, signed()) : base;
  }
  function atom(): Expression {
    if (take("(")) {
      const inner = sum();
      if (!take(")")) fail("a closing bracket");
      return inner;
    }
    const word = tokens[next]?.word;
    if (word === undefined) fail("a number, a name or a bracket");
    if (/^[\d.]/.test(word) && Number.isFinite(Number(word))) {
      next++;
      return number(Number(word));
    }
    if (!/^[A-Za-z_]/.test(word)) fail("a number, a name or a bracket");
    next++;
    if (FUNCTIONS.includes(word)) {
      if (!take("(")) fail(`an opening bracket after ${word}`);
      const inner = sum();
      if (!take(")")) fail("a closing bracket");
      return apply(word as Operation, inner);
    }
    if (tokens[next]?.word === "(") {
      throw new ExpressionError(
        `Cannot read formula: ${JSON.stringify(text)} must have * or one of ${
          FUNCTIONS.join(", ")
        } before the bracket at column ${tokens[next].at + 1}, current value is ${word}${
          didYouMean(word, FUNCTIONS)
        }`,
      );
    }
    return word === "pi" ? number(Math.PI) : variable(word);
  }

  const left = sum();
  const whole = take("=") ? apply("-", left, sum()) : left;
  if (next < tokens.length) fail("an operation or the end");
  return whole;
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

/**
 * The value of a formula.
 *
 * @param expression The formula.
 * @param values Values of its variables.
 * @returns The value; NaN where a variable has none.
 */
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
 * Differentiates a formula by the chain rule.
 *
 * @param expression The formula.
 * @param inner The derivative of each variable; nothing where it is 0.
 * @returns The derivative as a formula.
 *
 * @example `d/dx sin(x^2)`
 * ```ts
 * import { differentiate, evaluateExpression, parseExpression } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const one = { kind: "number", value: 1 } as const;
 * const slope = differentiate(parseExpression("sin(x^2)"), (name) => name === "x" ? one : undefined);
 * assertAlmostEquals(evaluateExpression(slope, { x: 2 }), 4 * Math.cos(4));
 * ```
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
    default:
      return apply("*", outerDerivative(expression, name, a), da);
  }
}

function outerDerivative(whole: Expression, name: Operation, a: Expression): Expression {
  const one = number(1);
  switch (name) {
    case "sin":
      return apply("cos", a);
    case "cos":
      return apply("*", number(-1), apply("sin", a));
    case "tan":
      return apply("+", one, apply("*", whole, whole));
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
