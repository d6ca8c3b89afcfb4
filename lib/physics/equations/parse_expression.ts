/**
 * Formulas read from text.
 *
 * @module
 */

import { didYouMean } from "../../data/inner.ts";
import { apply, type Expression, negate, number, variable } from "./expression.ts";

const one = number(1);

/** Functions by name: how many arguments, and what they mean. */
const FUNCTIONS: Readonly<
  Record<string, readonly [number, (...operands: Expression[]) => Expression]>
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
export const RESERVED_NAMES: readonly string[] = Object.keys(FUNCTIONS);

/** What `d`, `at` and `integral` mean before a bracket; elsewhere they are names like others. */
export interface FormulaOperators {
  /** `d(formula, x, ...)`: the derivative. */
  readonly d: (formula: Expression, by: readonly string[]) => Expression;
  /** `at(formula, x, value)`: the formula where `x` has that value. */
  readonly at: (formula: Expression, coordinate: string, value: Expression) => Expression;
  /** `integral(formula, x, from, to)`: over `x`. */
  readonly integral: (
    formula: Expression,
    coordinate: string,
    from: Expression,
    to: Expression,
  ) => Expression;
}

/** Everything that may stand before a bracket. */
const CALLABLE: readonly string[] = [...RESERVED_NAMES, "d", "at", "integral"];

function not(a: Expression): Expression {
  return apply("==", a, number(0));
}

/** What functions are called elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...{ arcsin: "asin", arccos: "acos", arctan: "atan", arctan2: "atan2", power: "pow" },
  ...{ fabs: "abs", sgn: "sign", where: "if", maximum: "max", minimum: "min", theta: "heaviside" },
  ...{ fmod: "mod", ceiling: "ceil", diff: "d", grad: "d", dx: "d", log1p: "log", expm1: "exp" },
  ...{ int: "integral", integrate: "integral", quad: "integral", subs: "at", eval: "at" },
};

/** A formula in quotes; of a long one what stands around a place. */
function around(text: string, at: number): string {
  if (text.length <= 200) return JSON.stringify(text);
  const from = Math.max(0, at - 60), to = Math.min(text.length, at + 60);
  return `${from > 0 ? "... " : ""}${JSON.stringify(text.slice(from, to))}${
    to < text.length ? " ..." : ""
  }`;
}

/** Operations in each other and in all, shared ones counted as often as they occur. */
interface Extent {
  readonly depth: number;
  readonly size: number;
}

const extents = new WeakMap<Expression, Extent>();

function extentOf(part: Expression): Extent {
  if (part.kind !== "call") return { depth: 0, size: 1 };
  const known = extents.get(part);
  if (known) return known;
  const inner = part.arguments.map(extentOf);
  const extent = {
    depth: 1 + Math.max(...inner.map(({ depth }) => depth)),
    size: 1 + inner.reduce((sum, { size }) => sum + size, 0),
  };
  extents.set(part, extent);
  return extent;
}

/** Most operations of a formula in each other, and in all. */
const MOST_DEEP = 500, MOST_SIZE = 100_000;
/** Most words of a formula, and most of them in each other: what works on formulas is recursive. */
const MOST_WORDS = 4000, MOST_DEPTH = 400;

/** A formula that cannot be read. */
export class ExpressionError extends RangeError {
  /** Always `ExpressionError`. */
  override name = "ExpressionError";
}

/**
 * Reads a formula; an equation `left = right` becomes `left - right`.
 *
 * Numbers, names, `pi`, `+ - * / ^ ( )`, comparisons `< <= > >= == !=` (1 where they hold, else 0),
 * and the functions sin, cos, tan, asin, acos, atan, atan2(y, x), exp, log = ln, log10, log2, sqrt,
 * pow, sinh, cosh, tanh, erf, erfc, abs, sign, floor, ceil, mod(a, b) of the sign of b, min, max,
 * heaviside (1/2 at 0), step (1 at 0), if(c, a, b), and, or, not. `^` binds more tightly than a
 * sign before it: `-x^2` is `-(x^2)`. `d(formula, x, ...)`, `at(formula, x, value)` and
 * `integral(formula, x, from, to)` are what `operators` make of them, refused without.
 *
 * @throws {ExpressionError} If the text is not a formula; the message shows where.
 */
export function parseExpression(text: string, operators?: FormulaOperators): Expression {
  const tokens = [
    ...text.matchAll(
      /\s*([<>=!]=|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[A-Za-z_]\w*|\*\*|.)/gis,
    ),
  ]
    .map((match) => ({ word: match[1], at: match.index + match[0].length - match[1].length }))
    .filter(({ word }) => word.trim() !== "");
  if (tokens.length > MOST_WORDS) {
    throw new ExpressionError(
      `Cannot read formula: it must have at most ${MOST_WORDS} numbers, names and signs, current ` +
        `value is ${tokens.length}`,
    );
  }
  const reading: Reading = { text, tokens, operators, next: 0, depth: 0 };
  const left = readSum(reading);
  const whole = take(reading, "=") ? apply("-", left, readSum(reading)) : left;
  if (reading.next < tokens.length) fail(reading, "an operation or the end");
  return whole;
}

/** A formula while it is read, by recursive descent: one function for each kind of part. */
interface Reading {
  readonly text: string;
  readonly tokens: readonly { readonly word: string; readonly at: number }[];
  readonly operators: FormulaOperators | undefined;
  /** Number of the token to be read. */
  next: number;
  /** Brackets, signs and powers that are open. */
  depth: number;
}

function fail(reading: Reading, rule: string): never {
  const { text, tokens, next } = reading;
  const { word, at } = tokens[next] ?? { word: "the end", at: text.length };
  throw new ExpressionError(
    `Cannot read formula: ${around(text, at)} must have ${rule} at column ${at + 1}, ` +
      `current value is ${word}`,
  );
}

/** A part, if it is not too large for what works on formulas. */
function checked(reading: Reading, part: Expression): Expression {
  const { depth, size } = extentOf(part), { text, tokens, next } = reading;
  if (depth <= MOST_DEEP && size <= MOST_SIZE) return part;
  throw new ExpressionError(
    `Cannot read formula: ${around(text, tokens[next]?.at ?? text.length)} must have at most ` +
      `${MOST_DEEP} operations in each other (so many terms in a row count, too: put brackets ` +
      `around parts of them) and ${MOST_SIZE} in all, current value is ${depth} and ${size}`,
  );
}

function nextWord({ tokens, next }: Reading): string | undefined {
  return tokens[next]?.word;
}

/** Passes over the next word if it is one of these. */
function take(reading: Reading, ...words: string[]): string | undefined {
  const word = nextWord(reading);
  if (word === undefined || !words.includes(word)) return undefined;
  reading.next++;
  return word;
}

function readSum(reading: Reading): Expression {
  let left = readProduct(reading);
  for (let sign = take(reading, "+", "-"); sign; sign = take(reading, "+", "-")) {
    left = checked(reading, apply(sign as "+" | "-", left, readProduct(reading)));
  }
  return left;
}

function readProduct(reading: Reading): Expression {
  let left = readSigned(reading);
  for (let sign = take(reading, "*", "/"); sign; sign = take(reading, "*", "/")) {
    left = checked(reading, apply(sign as "*" | "/", left, readSigned(reading)));
  }
  return left;
}

function readSigned(reading: Reading): Expression {
  if (++reading.depth > MOST_DEPTH) {
    fail(reading, `at most ${MOST_DEPTH} brackets, signs and powers in each other`);
  }
  const read = take(reading, "-")
    ? negate(readSigned(reading))
    : take(reading, "+")
    ? readSigned(reading)
    : readPower(reading);
  reading.depth--;
  return read;
}

function readPower(reading: Reading): Expression {
  const base = readAtom(reading);
  return take(reading, "^", "**") ? checked(reading, apply("^", base, readSigned(reading))) : base;
}

function readAtom(reading: Reading): Expression {
  if (take(reading, "(")) {
    const inner = readComparison(reading);
    if (!take(reading, ")")) fail(reading, "a closing bracket");
    return inner;
  }
  const word = nextWord(reading);
  if (word === undefined) fail(reading, "a number, a name or a bracket");
  if (/^[\d.]/.test(word) && Number.isFinite(Number(word))) {
    reading.next++;
    return number(Number(word));
  }
  if (!/^[A-Za-z_]/.test(word)) fail(reading, "a number, a name or a bracket");
  reading.next++;
  if ((word === "d" || word === "at" || word === "integral") && nextWord(reading) === "(") {
    return readOperator(reading, word);
  }
  if (Object.hasOwn(FUNCTIONS, word)) return readFunction(reading, word);
  if (nextWord(reading) === "(") {
    throw new ExpressionError(
      `Cannot read formula: ${around(reading.text, 0)} must have * or one of ${
        CALLABLE.join(", ")
      } before the bracket at column ${
        reading.tokens[reading.next].at + 1
      }, current value is ${word}${
        ELSEWHERE[word.toLowerCase()]
          ? `; did you mean "${ELSEWHERE[word.toLowerCase()]}"?`
          : didYouMean(word, CALLABLE)
      }`,
    );
  }
  return word === "pi" ? number(Math.PI) : variable(word);
}

/** After the name of a function: its arguments. */
function readFunction(reading: Reading, word: string): Expression {
  const [count, make] = FUNCTIONS[word];
  if (!take(reading, "(")) fail(reading, `an opening bracket after ${word}`);
  const operands = [readComparison(reading)];
  while (take(reading, ",")) operands.push(readComparison(reading));
  if (!take(reading, ")")) fail(reading, "a closing bracket");
  if (operands.length !== count) {
    throw new ExpressionError(
      `Cannot read formula: ${word} in ${around(reading.text, 0)} must have ${count} argument${
        count > 1 ? "s" : ""
      }, current value is ${operands.length}`,
    );
  }
  return checked(reading, make(...operands));
}

/** After the name of an operator: a formula, coordinates, places. */
function readOperator(reading: Reading, word: keyof FormulaOperators): Expression {
  const { operators } = reading;
  reading.next++;
  const inner = readSum(reading);
  const names: string[] = [], places: Expression[] = [];
  while (take(reading, ",")) {
    if (word === "d" || names.length === 0) {
      const name = nextWord(reading) ?? "";
      if (!/^[A-Za-z_]/.test(name)) fail(reading, "a coordinate");
      names.push(name);
      reading.next++;
    } else places.push(readSum(reading));
  }
  if (names.length === 0) fail(reading, "a comma and a coordinate");
  const wanted = { d: 0, at: 1, integral: 2 }[word];
  if (places.length !== wanted) {
    fail(reading, ["", "a place", "two ends"][wanted] + ` in ${word}(...)`);
  }
  if (!take(reading, ")")) fail(reading, "a closing bracket");
  if (!operators) {
    throw new ExpressionError(
      `Cannot read formula: ${around(reading.text, 0)} must be without ${word}(...), which ` +
        `equations and conditions alone can have, current value is ${word}`,
    );
  }
  return checked(
    reading,
    word === "d"
      ? operators.d(inner, names)
      : word === "at"
      ? operators.at(inner, names[0], places[0])
      : operators.integral(inner, names[0], places[0], places[1]),
  );
}

function readComparison(reading: Reading): Expression {
  const left = readSum(reading);
  const sign = take(reading, "<", "<=", ">", ">=", "==", "!=");
  if (!sign) return left;
  const right = readSum(reading);
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
