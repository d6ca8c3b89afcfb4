/**
 * Formulas as data: read from text, put together, differentiated.
 *
 * @module
 */

import { didYouMean } from "../data/mod.ts";
import { erf, heaviside, mod } from "./_functions.ts";

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
  | "heaviside";

const one = number(1);

/** Functions by name: how many arguments, and what they mean. */
const FUNCTIONS: Readonly<
  Record<string, readonly [number, (...given: Expression[]) => Expression]>
> = {
  ...Object.fromEntries(
    // deno-fmt-ignore
    ([
      "sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "sinh", "cosh", "tanh",
      "abs", "sign", "floor", "erf", "heaviside",
    ] as const).map((name) => [name, [1, (a: Expression) => apply(name, a)] as const]),
  ),
  ...Object.fromEntries(
    (["min", "max", "atan2", "mod"] as const).map((name) => [
      name,
      [2, (a: Expression, b: Expression) => apply(name, a, b)] as const,
    ]),
  ),
  ln: [1, (a) => apply("log", a)],
  log10: [1, (a) => apply("/", apply("log", a), number(Math.LN10))],
  log2: [1, (a) => apply("/", apply("log", a), number(Math.LN2))],
  erfc: [1, (a) => apply("-", one, apply("erf", a))],
  ceil: [1, (a) => negate(apply("floor", negate(a)))],
  step: [1, (a) => apply("<=", number(0), a)],
  pow: [2, (a, b) => apply("^", a, b)],
  if: [3, (c, a, b) => apply("+", apply("when", c, a), apply("when", not(c), b))],
  not: [1, not],
  and: [2, (a, b) => apply("*", not(not(a)), not(not(b)))],
  or: [2, (a, b) => apply("max", not(not(a)), not(not(b)))],
};

/** Names in formulas that cannot be names of anything else. */
export const FUNCTION_NAMES: readonly string[] = [...Object.keys(FUNCTIONS), "d"];

function negate(a: Expression): Expression {
  return apply("*", number(-1), a);
}

function not(a: Expression): Expression {
  return apply("==", a, number(0));
}

/** What functions are called elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...{ arcsin: "asin", arccos: "acos", arctan: "atan", arctan2: "atan2", power: "pow" },
  ...{ fabs: "abs", sgn: "sign", where: "if", maximum: "max", minimum: "min", theta: "heaviside" },
  ...{ fmod: "mod", ceiling: "ceil", diff: "d", grad: "d", dx: "d", log1p: "log", expm1: "exp" },
};

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
  if (name === "when" && left !== undefined) return left === 0 ? number(0) : b;
  if (name === "when" && right === 0) return b;
  return { kind: "call", name, arguments: given };
}

/** The value of an operation; the second argument counts only where there are two. */
export function operate(name: Operation, a: number, b: number): number {
  switch (name) {
    case "min":
    case "max":
    case "atan2":
      return Math[name](a, b);
    case "mod":
      return mod(a, b);
    case "erf":
      return erf(a);
    case "heaviside":
      return heaviside(a);
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
 * Numbers, names, `pi`, `+ - * / ^ ( )`, comparisons `< <= > >= == !=` (1 where they hold, else 0),
 * and the functions sin, cos, tan, asin, acos, atan, atan2(y, x), exp, log = ln, log10, log2, sqrt,
 * pow, sinh, cosh, tanh, erf, erfc, abs, sign, floor, ceil, mod(a, b) of the sign of b, min, max,
 * heaviside (1/2 at 0), step (1 at 0), if(c, a, b), and, or, not. `^` binds more tightly than a sign
 * before it: `-x^2` is `-(x^2)`. `d(formula, x, ...)` is a derivative, where `derivative` says what
 * that is.
 *
 * @param text The formula.
 * @param derivative What `d(formula, x, ...)` is. Default: it is refused.
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
export function parseExpression(
  text: string,
  derivative?: (formula: Expression, by: readonly string[]) => Expression,
): Expression {
  const tokens = [
    ...text.matchAll(
      /\s*([<>=!]=|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[A-Za-z_]\w*|\*\*|.)/gis,
    ),
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
      const inner = comparison();
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
    if (word === "d" && tokens[next]?.word === "(") return derived();
    if (Object.hasOwn(FUNCTIONS, word)) {
      const [count, make] = FUNCTIONS[word];
      if (!take("(")) fail(`an opening bracket after ${word}`);
      const given = [comparison()];
      while (take(",")) given.push(comparison());
      if (!take(")")) fail("a closing bracket");
      if (given.length !== count) {
        throw new ExpressionError(
          `Cannot read formula: ${word} in ${JSON.stringify(text)} must have ${count} argument${
            count > 1 ? "s" : ""
          }, current value is ${given.length}`,
        );
      }
      return make(...given);
    }
    if (tokens[next]?.word === "(") {
      throw new ExpressionError(
        `Cannot read formula: ${JSON.stringify(text)} must have * or one of ${
          FUNCTION_NAMES.join(", ")
        } before the bracket at column ${tokens[next].at + 1}, current value is ${word}${
          ELSEWHERE[word.toLowerCase()]
            ? `; did you mean "${ELSEWHERE[word.toLowerCase()]}"?`
            : didYouMean(word, FUNCTION_NAMES)
        }`,
      );
    }
    return word === "pi" ? number(Math.PI) : variable(word);
  }

  /** After `d`: a formula and coordinates. */
  function derived(): Expression {
    next++;
    const inner = sum(), by: string[] = [];
    while (take(",")) {
      const name = tokens[next]?.word ?? "";
      if (!/^[A-Za-z_]/.test(name)) fail("a coordinate");
      by.push(name);
      next++;
    }
    if (by.length === 0) fail("a comma and a coordinate");
    if (!take(")")) fail("a closing bracket");
    if (derivative) return derivative(inner, by);
    throw new ExpressionError(
      `Cannot read formula: ${JSON.stringify(text)} must be without d(...), which equations and ` +
        "conditions alone can have, current value is d",
    );
  }
  function comparison(): Expression {
    const left = sum();
    const sign = take("<", "<=", ">", ">=", "==", "!=");
    if (!sign) return left;
    const right = sum();
    switch (sign) {
      case ">":
        return apply("<", right, left);
      case ">=":
        return apply("<=", right, left);
      case "!=":
        return not(apply("==", left, right));
      default:
        return apply(sign as "<" | "<=" | "==", left, right);
    }
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
