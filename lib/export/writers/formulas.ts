/**
 * Formulas as expressions of code.
 *
 * @module
 */

import type { Formula } from "../../interpret/mod.ts";
import type { FormulasProgram } from "../program/program.ts";
import type { BraceCode, BraceWords } from "./braces.ts";
import { checkFormulas } from "./text.ts";

/** How a language writes formulas. */
export interface FormulaWords {
  number(value: number): string;
  /** The column of a variable. */
  column(index: number): string;
  power(base: string, exponent: string): string;
  /** A function of the library, or undefined where the language lacks it. */
  call(name: string): ((argument: string) => string) | undefined;
  /** What the language is called in messages. */
  readonly title: string;
}

/** Writes the formulas of a program, one expression each. */
export function writeFormulas(program: FormulasProgram, words: FormulaWords): string[] {
  checkFormulas(program, (name) => words.call(name) !== undefined, words.title);
  const place = new Map(program.variables.map((name, p) => [name, p]));
  const write = (node: Formula): string => {
    switch (node.kind) {
      case "number":
        return node.value < 0 ? `(${words.number(node.value)})` : words.number(node.value);
      case "variable":
        return words.column(place.get(node.name)!);
      case "sum":
        return `(${node.terms.map(write).join(" + ")})`;
      case "product":
        return `(${node.factors.map(write).join(" * ")})`;
      case "power":
        return power(node.base, node.exponent);
      case "call":
        return words.call(node.name)!(write(node.argument));
      case "spline":
        return "";
    }
  };
  function power(base: Formula, exponent: Formula): string {
    const inner = write(base), value = exponent.kind === "number" ? exponent.value : NaN;
    const one = words.number(1);
    const simple = base.kind === "number" || base.kind === "variable";
    if (simple && value === 2) return `(${inner} * ${inner})`;
    if (value === -1) return `(${one} / ${inner})`;
    if (value === 0.5 && words.call("sqrt")) return words.call("sqrt")!(inner);
    return words.power(inner, write(exponent));
  }
  return program.formulas.map(write);
}

/** Functions of math.h and of `Math` by the library's names. */
export const MATH_NAMES: Readonly<Record<string, string>> = {
  sqrt: "sqrt",
  exp: "exp",
  log: "log",
  sin: "sin",
  cos: "cos",
  tan: "tan",
  tanh: "tanh",
  sinh: "sinh",
  cosh: "cosh",
  arctan: "atan",
  arcsin: "asin",
  arccos: "acos",
  arctanh: "atanh",
  arcsinh: "asinh",
};

/** The exponents of the library's powers, `x^(3/2)`. */
export function namedPower(name: string): number | undefined {
  if (name === "inverse") return -1;
  const [, above, below = "1"] = /^x\^\(?(-?\d+)(?:\/(\d+))?\)?$/.exec(name) ?? [];
  return above === undefined ? undefined : Number(above) / Number(below);
}

const JAVASCRIPT_HELPERS: Readonly<Record<string, string>> = {
  besselj0: `function besselj0(x) {
  const n = Math.ceil(Math.abs(x) / 2) + 10;
  let sum = (1 + Math.cos(x)) / 2;
  for (let k = 1; k < n; k++) sum += Math.cos(x * Math.sin(Math.PI * k / (2 * n)));
  return sum / n;
}
`,
  erf: `function erf(x) {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  let term = size, sum = size;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= 2 * size * size / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-size * size) * sum;
}
`,
};

/** The code of formulas in JavaScript or C. */
export function bracedFormulas(
  program: FormulasProgram,
  language: "javascript" | "c",
  braces?: BraceWords,
): BraceCode {
  const functions = new Set<string>(),
    math = (name: string) => braces ? braces.math(name) : `Math.${name}`;
  const number = (value: number) => braces ? braces.number(value) : String(value);
  const call = (name: string): ((argument: string) => string) | undefined => {
    const exponent = namedPower(name);
    if (exponent !== undefined) return (x) => `${math("pow")}(${x}, ${number(exponent)})`;
    if (name in MATH_NAMES) return (x) => `${math(MATH_NAMES[name])}(${x})`;
    const helper = (text: string) => (x: string) => {
      functions.add(text);
      return `${name}(${x})`;
    };
    if (language === "javascript") {
      if (name in JAVASCRIPT_HELPERS) return helper(JAVASCRIPT_HELPERS[name]);
      if (name === "sign" || name === "abs") return (x) => `Math.${name}(${x})`;
    } else {
      if (name === "abs") return (x) => `${math("fabs")}(${x})`;
      if (name === "erf") return (x) => `${math("erf")}(${x})`;
      if (name === "sign") {
        const body = `return x > ${number(0)} ? ${number(1)} : x < ${number(0)} ? ${
          number(-1)
        } : x;`;
        return helper(`${braces!.scalar("sign")} {\n  ${body}\n}\n`);
      }
    }
    if (name === "gaussian") {
      const scalar = braces ? braces.scalar(name) : "function gaussian(x)";
      return helper(`${scalar} {\n  return ${math("exp")}(-x * x);\n}\n`);
    }
    if (name === "sigmoid") return (x) => `(${number(1)} / (${number(1)} + ${math("exp")}(-${x})))`;
    if (name === "x") return (x) => `(${x})`;
    return name === "constant" ? () => number(1) : undefined;
  };
  const expressions = writeFormulas(program, {
    title: language === "c" ? "C" : "JavaScript",
    number,
    column: (p) => `columns[${p}]`,
    power: (base, exponent) => `${math("pow")}(${base}, ${exponent})`,
    call,
  });
  return {
    tables: [],
    scratch: [],
    functions: [...functions],
    body: expressions.map((text, q) => `outputs[${q}] = ${text};`),
  };
}
