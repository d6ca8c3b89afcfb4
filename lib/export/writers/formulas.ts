/**
 * Formulas as expressions of code.
 *
 * @module
 */

import { findSymbol, FORMULA_HELPERS } from "../../interpret/inner.ts";
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
    if (name in MATH_NAMES) return (x) => `${math(MATH_NAMES[name])}(${x})`;
    const exponent = findSymbol(name)?.power;
    if (exponent !== undefined) return (x) => `${math("pow")}(${x}, ${number(exponent)})`;
    const helper = (text: string) => (x: string) => {
      functions.add(text);
      return `${name}(${x})`;
    };
    if (language === "javascript") {
      const { [name]: lacking } = FORMULA_HELPERS.javascript;
      if (lacking !== undefined) return helper(lacking);
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
