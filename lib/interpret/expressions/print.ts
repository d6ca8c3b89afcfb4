/**
 * Formulas as text: plain, LaTeX, JavaScript, Python.
 *
 * @module
 */

import { symbol } from "../symbols/library.ts";
import { exactNotation, exactOf } from "./exact.ts";
import {
  type Formula,
  isNumber,
  type NumberNode,
  visitFormula,
  withFreeNumbers,
} from "./formula.ts";

/** How formulas are written. */
export type FormulaStyle = "plain" | "latex" | "javascript" | "python";

/** Options of printing. */
export interface PrintOptions {
  /** Digits of measured constants. Default 17: what float64 holds; plain and LaTeX 6. */
  readonly digits?: number;
}

/** Binding: sum 1, product 2, sign 2.5, power 3, atom 4. */
interface Printed {
  readonly text: string;
  readonly binding: number;
}

interface Dialect {
  readonly style: FormulaStyle;
  readonly digits: number;
}

/**
 * Writes a formula as an expression.
 *
 * @param formula The formula.
 * @param style Plain text, LaTeX, JavaScript or Python.
 * @param options Digits of measured constants.
 * @returns The text.
 *
 * @example
 * ```ts
 * import { printFormula, readFormula } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const exponent = { kind: "number", value: 0.5 }, base = { kind: "variable", name: "theta" };
 * const root = readFormula({ kind: "power", base, exponent });
 * assertEquals(printFormula(root), "sqrt(theta)");
 * assertEquals(printFormula(root, "latex"), "\\sqrt{\\theta}");
 * assertEquals(printFormula(root, "javascript"), "Math.sqrt(theta)");
 * ```
 */
export function printFormula(
  formula: Formula,
  style: FormulaStyle = "plain",
  options: PrintOptions = {},
): string {
  const digits = options.digits ?? (style === "plain" || style === "latex" ? 6 : 17);
  return print(formula, { style, digits }).text;
}

function wrap({ text, binding }: Printed, least: number, { style }: Dialect): string {
  if (binding >= least) return text;
  return style === "latex" ? `\\left(${text}\\right)` : `(${text})`;
}

function print(formula: Formula, dialect: Dialect): Printed {
  switch (formula.kind) {
    case "number":
      return printNumber(formula, dialect);
    case "variable":
      return { text: variableText(formula.name, dialect), binding: 4 };
    case "sum":
      return printSum(formula.terms, dialect);
    case "product":
      return printProduct(formula.factors, dialect);
    case "power":
      return printPower(formula.base, formula.exponent, dialect);
    case "call":
      return { text: printCall(formula.name, formula.argument, dialect), binding: 4 };
    case "spline": {
      const place = (formula.edge ?? []).join(dialect.style === "plain" ? "." : "_");
      const argument = print(formula.argument, dialect).text;
      const name = dialect.style === "latex" ? `S_{${place}}` : `spline${place && `_${place}`}`;
      return { text: `${name}(${argument})`, binding: 4 };
    }
  }
}

function variableText(name: string, { style }: Dialect): string {
  if (style === "plain") return /^[A-Za-z_]\w*$/.test(name) ? name : `[${name}]`;
  if (style !== "latex") return codeName(name);
  const [, head, digits] = /^([A-Za-z])_?(\d+)$/.exec(name) ?? [];
  if (head) return `${head}_{${digits}}`;
  const greek = /^(alpha|beta|gamma|delta|epsilon|theta|lambda|mu|nu|rho|sigma|tau|phi|omega)(\d*)$/
    .exec(name);
  if (greek) return `\\${greek[1]}${greek[2] && `_{${greek[2]}}`}`;
  const safe = name.replace(/[\\{}$&#^_%~]/g, (c) => "_%$&#{}".includes(c) ? `\\${c}` : " ");
  return name.length === 1 ? name : `\\mathrm{${safe}}`;
}

/** Words that are no names in JavaScript or Python. */
const RESERVED = new Set(
  ("and as assert async await break case catch class const continue debugger def default del " +
    "delete do elif else enum eval except export extends false finally for from function global " +
    "if import in instanceof is lambda let math new nonlocal not null or pass raise return super " +
    "switch this throw true try typeof var void while with yield f Math arguments").split(" "),
);

/** A column as a name in code. */
function codeName(name: string): string {
  const plain = name.replace(/\W/g, "_");
  return /^[A-Za-z_]/.test(plain) && !RESERVED.has(plain) ? plain : `_${plain}`;
}

function printNumber(node: NumberNode, { style, digits }: Dialect): Printed {
  const negative = node.value < 0 || Object.is(node.value, -0);
  const exact = node.exact ?? exactInteger(node.value, node.free);
  let text: string, binding = 4;
  if (exact === undefined) {
    text = numberText(node.value, digits, style);
    if (/e|\\cdot/.test(text) && style === "latex") binding = 2;
  } else {
    text = exactText(exact, style);
    binding = /[*/]|\\frac|\\pi|\\cdot/.test(text) && !/^\\frac/.test(text.replace(/^-/, ""))
      ? 2
      : 4;
    if (style === "latex" && /\\frac/.test(text)) binding = 2.2;
  }
  return { text, binding: negative ? Math.min(binding, 1.5) : binding };
}

function exactInteger(value: number, isFree: true | undefined): string | undefined {
  if (isFree) return undefined;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const exact = exactOf({ kind: "number", value });
  return exact && exactNotation(exact);
}

function numberText(value: number, digits: number, style: FormulaStyle): string {
  const text = digits >= 17 ? String(value) : String(Number(value.toPrecision(digits)));
  if (style !== "latex") return text;
  return text.replace(
    /e([+-])(\d+)/,
    (_, sign, power) => ` \\cdot 10^{${sign === "-" ? "-" : ""}${power}}`,
  );
}

/** `-3*pi/2`, `sqrt(2)/2` in another style. */
function exactText(exact: string, style: FormulaStyle): string {
  if (style === "plain") return exact;
  if (style === "javascript") {
    return exact.replace(/\bpi\b/g, "Math.PI").replace(/\be\b/g, "Math.E")
      .replace(/sqrt/g, "Math.sqrt");
  }
  if (style === "python") {
    return exact.replace(/\bpi\b/g, "math.pi").replace(/\be\b/g, "math.e")
      .replace(/sqrt/g, "math.sqrt");
  }
  const sign = exact.startsWith("-") ? "-" : "";
  const [above, below] = exact.replace(/^-/, "").split("/");
  const tex = (part: string) =>
    part.replace(/[()]/g, (c) => c === "(" ? "{" : "}").replace(/\*/g, " ").replace(
      /\bpi\b/g,
      "\\pi",
    ).replace(/sqrt/g, "\\sqrt").replace(/^\{(.*)\}$/, "$1");
  return below === undefined ? sign + tex(above) : `${sign}\\frac{${tex(above)}}{${tex(below)}}`;
}

function isNegative(text: string): boolean {
  return text.startsWith("-");
}

function printSum(terms: readonly Formula[], dialect: Dialect): Printed {
  const texts = terms.map((term) => {
    const printed = print(term, dialect);
    return printed.binding === 1 ? wrap(printed, 2, dialect) : printed.text;
  });
  const first = texts.findIndex((text) => !isNegative(text)); // 1 - x rather than -x + 1
  if (first > 0) texts.unshift(...texts.splice(first, 1));
  const text = texts.reduce((all, each) =>
    isNegative(each) ? `${all} - ${each.slice(1)}` : `${all} + ${each}`
  );
  return { text, binding: 1 };
}

/** Numbers first, the reciprocal powers below the line. */
function printProduct(factors: readonly Formula[], dialect: Dialect): Printed {
  const above: Formula[] = [], below: Formula[] = [];
  let sign = "";
  const numbers: NumberNode[] = [];
  for (const factor of factors) {
    if (isNumber(factor)) numbers.push(factor);
    else if (
      factor.kind === "power" && isNumber(factor.exponent) && !factor.exponent.free &&
      factor.exponent.value < 0
    ) below.push(reciprocal(factor.base, factor.exponent.value));
    else above.push(factor);
  }
  for (const number of numbers.reverse()) {
    const { exact } = number;
    const parts = /^(-?)(.+?)\/([\d.]+|\(.*\)|sqrt\(\d+\)|pi|e)$/.exec(exact ?? "");
    let rest: NumberNode = number;
    if (number.value < 0) {
      sign = sign === "-" ? "" : "-";
      rest = {
        ...number,
        value: -number.value,
        ...(exact !== undefined && { exact: exact.replace(/^-/, "") }),
      };
    }
    if (parts && above.length + below.length > 0) {
      const head = parts[2];
      if (head !== "1") above.unshift({ kind: "number", value: NaN, exact: head });
      const under = parts[3].replace(/^\((.*)\)$/, "$1");
      below.unshift({ kind: "number", value: NaN, exact: under });
    } else if (rest.value !== 1 || rest.free) above.unshift(rest);
  }
  const line = (parts: readonly Formula[]): Printed => {
    if (parts.length === 1) return print(parts[0], dialect);
    const texts = parts.map((part) => wrap(print(part, dialect), 2, dialect));
    return { text: joinFactors(texts, dialect), binding: 2 };
  };
  if (below.length === 0) {
    const { text, binding } = above.length === 0 ? { text: "1", binding: 4 } : line(above);
    return sign
      ? { text: `-${wrap({ text, binding }, 2, dialect)}`, binding: 1.5 }
      : { text, binding };
  }
  const top: Printed = above.length === 0 ? { text: "1", binding: 4 } : line(above);
  const bottom = line(below);
  if (dialect.style === "latex") {
    return {
      text: `${sign}\\frac{${top.text}}{${bottom.text}}`,
      binding: sign ? 1.5 : 2,
    };
  }
  const text = `${sign}${wrap(top, 2, dialect)}/${wrap(bottom, 2.5, dialect)}`;
  return { text, binding: sign ? 1.5 : 2 };
}

function reciprocal(base: Formula, exponent: number): Formula {
  if (exponent === -1) return base;
  return { kind: "power", base, exponent: { kind: "number", value: -exponent } };
}

function joinFactors(texts: readonly string[], { style }: Dialect): string {
  return style === "latex" ? texts.join(" \\, ") : texts.join("*");
}

function printPower(base: Formula, exponent: Formula, dialect: Dialect): Printed {
  const { style } = dialect;
  if (isNumber(exponent) && !exponent.free) {
    if (exponent.value < 0) {
      return printProduct([{ kind: "power", base, exponent }], dialect);
    }
    if (exponent.value === 0.5) {
      const inner = print(base, dialect).text;
      const name = { plain: "sqrt", latex: "\\sqrt", javascript: "Math.sqrt", python: "math.sqrt" };
      return {
        text: style === "latex" ? `\\sqrt{${inner}}` : `${name[style]}(${inner})`,
        binding: 4,
      };
    }
  }
  const plainPower = isNumber(exponent) && !exponent.free && exponent.exact === undefined;
  const value = plainPower ? exponentText(exponent.value) : print(exponent, dialect).text;
  if (style === "javascript") {
    return { text: `Math.pow(${print(base, dialect).text}, ${value})`, binding: 4 };
  }
  const below = wrap(print(base, dialect), 4, dialect);
  if (style === "latex") return { text: `${below}^{${value}}`, binding: 3 };
  const simple = /^\w+(\.\d+)?$/.test(value);
  return {
    text: `${below}${style === "python" ? "**" : "^"}${simple ? value : `(${value})`}`,
    binding: 3,
  };
}

function exponentText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Number.isInteger(2 * value)) return `${2 * value}/2`;
  if (Number.isInteger(3 * value)) return `${3 * value}/3`;
  return String(value);
}

const JAVASCRIPT: Readonly<Record<string, string>> = {
  arctan: "Math.atan",
  arcsin: "Math.asin",
  arccos: "Math.acos",
  arctanh: "Math.atanh",
  arcsinh: "Math.asinh",
};
const PYTHON: Readonly<Record<string, string>> = {
  arctan: "math.atan",
  arcsin: "math.asin",
  arccos: "math.acos",
  arctanh: "math.atanh",
  arcsinh: "math.asinh",
  abs: "abs",
};
const LATEX: Readonly<Record<string, string>> = {
  besselj0: "J_0",
  erf: "\\operatorname{erf}",
  sign: "\\operatorname{sgn}",
  arctanh: "\\operatorname{artanh}",
  arcsinh: "\\operatorname{arsinh}",
};

function printCall(name: string, argument: Formula, dialect: Dialect): string {
  const { style } = dialect, inner = print(argument, dialect).text;
  const squared = () =>
    print({ kind: "power", base: argument, exponent: { kind: "number", value: 2 } }, dialect).text;
  const { power } = symbol(name);
  if (name === "constant") return "1";
  if (name === "x") return `(${inner})`;
  if (power !== undefined) {
    const exponent: NumberNode = { kind: "number", value: power };
    return `(${print({ kind: "power", base: argument, exponent }, dialect).text})`;
  }
  if (style === "plain") return name === "gaussian" ? `exp(-${squared()})` : `${name}(${inner})`;
  if (style === "latex") {
    if (name === "gaussian") return `e^{-${squared()}}`;
    if (name === "exp") return `e^{${inner}}`;
    if (name === "abs") return `\\left|${inner}\\right|`;
    if (name === "sigmoid") return `\\frac{1}{1 + e^{-\\left(${inner}\\right)}}`;
    return `${LATEX[name] ?? `\\${name}`}\\left(${inner}\\right)`;
  }
  const math = style === "javascript" ? "Math" : "math";
  if (name === "gaussian") return `${math}.exp(-${squared()})`;
  if (name === "sigmoid") return `(1/(1 + ${math}.exp(-(${inner}))))`;
  if (style === "python") {
    if (name === "sign") return `math.copysign(1, ${inner})*(0 != (${inner}))`;
    if (name === "besselj0") return `besselj0(${inner})`;
    return `${PYTHON[name] ?? `math.${name}`}(${inner})`;
  }
  if (name === "erf" || name === "besselj0") return `${name}(${inner})`;
  return `${JAVASCRIPT[name] ?? `Math.${name}`}(${inner})`;
}

/** Functions that a language lacks, by what formulas call them. */
export const FORMULA_HELPERS: Readonly<
  Record<"javascript" | "python", Readonly<Record<string, string>>>
> = {
  javascript: {
    besselj0: "function besselj0(x) {\n  const n = Math.ceil(Math.abs(x) / 2) + 10;\n" +
      "  let sum = (1 + Math.cos(x)) / 2;\n  for (let k = 1; k < n; k++) {\n" +
      "    sum += Math.cos(x * Math.sin(Math.PI * k / (2 * n)));\n  }\n  return sum / n;\n}\n",
    erf: "function erf(x) {\n  const size = Math.abs(x);\n  if (size > 6) return Math.sign(x);\n" +
      "  let term = size, sum = size;\n  for (let n = 1; term > 1e-17 * sum; n++) {\n" +
      "    term *= 2 * size * size / (2 * n + 1);\n    sum += term;\n  }\n" +
      "  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-size * size) * sum;\n}\n",
  },
  python: {
    besselj0: "def besselj0(x):\n    n = math.ceil(abs(x) / 2) + 10\n" +
      "    return ((1 + math.cos(x)) / 2 + sum(math.cos(x * math.sin(math.pi * k / (2 * n)))\n" +
      "                                        for k in range(1, n))) / n\n\n",
  },
};

/**
 * Writes a formula as a whole function of its columns, with what the language lacks.
 *
 * @param formula The formula.
 * @param columns The function's parameters.
 * @param language JavaScript or Python.
 * @returns A program with a function `f`.
 * @throws {RangeError} If an edge is still a spline.
 *
 * @example
 * ```ts
 * import { formulaCode, readFormula } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const argument = { kind: "variable", name: "x" };
 * const code = formulaCode(readFormula({ kind: "call", name: "sin", argument }), ["x"], "javascript");
 * assertEquals(code, "function f(x) {\n  return Math.sin(x);\n}\n");
 * ```
 */
export function formulaCode(
  formula: Formula,
  columns: readonly string[],
  language: "javascript" | "python",
): string {
  const used = new Set<string>();
  visitFormula(formula, (node) => {
    if (node.kind === "call") used.add(node.name);
    if (node.kind === "spline") {
      throw new RangeError(
        "Cannot print formula: every edge must be a symbol, current value is a spline",
      );
    }
  });
  const helpers = Object.entries(FORMULA_HELPERS[language]).filter(([name]) => used.has(name))
    .map(([, text]) => text).join("");
  const names = columns.map(codeName).join(", "), body = printFormula(formula, language);
  return language === "javascript"
    ? `${helpers}function f(${names}) {\n  return ${body};\n}\n`
    : `import math\n\n${helpers}def f(${names}):\n    return ${body}\n`;
}

/** A formula with its measured constants rounded to the digits that are shown. */
export function shownFormula(formula: Formula, digits: number): Formula {
  return withFreeNumbers(formula, (node) => ({
    ...node,
    value: Number(node.value.toPrecision(Math.min(17, digits))),
  }));
}
