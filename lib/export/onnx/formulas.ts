/**
 * Formulas as ONNX operators.
 *
 * @module
 */

import { findSymbol } from "../../interpret/inner.ts";
import type { Formula } from "../../interpret/mod.ts";
import type { FormulasProgram } from "../program/program.ts";
import { checkFormulas } from "../writers/text.ts";
import type { GraphBuilder, Value } from "./graph.ts";

/** Functions that runtimes have in both number formats. */
const PLAIN: Readonly<Record<string, string>> = {
  sqrt: "Sqrt",
  exp: "Exp",
  log: "Log",
  sin: "Sin",
  cos: "Cos",
  tanh: "Tanh",
  abs: "Abs",
  sign: "Sign",
};

/** Functions that runtimes have in float32 only. */
const SINGLE: Readonly<Record<string, string>> = {
  tan: "Tan",
  sinh: "Sinh",
  cosh: "Cosh",
  arctan: "Atan",
  arcsin: "Asin",
  arccos: "Acos",
  arctanh: "Atanh",
  arcsinh: "Asinh",
  erf: "Erf",
};

/** What is composed of the others. */
const COMPOSED = new Set(["tan", "sinh", "cosh", "arctanh", "arcsinh", "gaussian", "sigmoid", "x"]);

/** Values of all formulas, shape `[rows, formulas]`. */
export function onnxFormulas(program: FormulasProgram, raw: Value, graph: GraphBuilder): Value {
  const known = (name: string) =>
    name in PLAIN || COMPOSED.has(name) || findSymbol(name)?.power !== undefined ||
    (name in SINGLE && graph.dtype === "float32");
  checkFormulas(program, known, `ONNX in ${graph.dtype}`);
  const columns = new Map(program.variables.map((name, p) => [
    name,
    graph.node("Gather", [raw, graph.integers([p], [1])], { axis: 1 }),
  ]));
  const add = (node: Formula): Value => {
    switch (node.kind) {
      case "number":
        return graph.number(node.value);
      case "variable":
        return columns.get(node.name)!;
      case "sum":
        return node.terms.map(add).reduce((a, b) => graph.node("Add", [a, b]));
      case "product":
        return node.factors.map(add).reduce((a, b) => graph.node("Mul", [a, b]));
      case "power":
        return power(add(node.base), node.exponent);
      case "call":
        return call(node.name, add(node.argument));
      case "spline":
        throw new TypeError("a spline is no symbol"); // checked above
    }
  };
  function power(base: Value, exponent: Formula): Value {
    const value = exponent.kind === "number" ? exponent.value : NaN;
    if (value === 2) return graph.node("Mul", [base, base]);
    if (value === -1) return graph.node("Div", [graph.number(1), base]);
    if (value === 0.5) return graph.node("Sqrt", [base]);
    return graph.node("Pow", [base, add(exponent)]);
  }
  const exp = (x: Value) => graph.node("Exp", [x]), minus = (x: Value) => graph.node("Neg", [x]);
  const one = () => graph.number(1), half = () => graph.number(0.5);
  function call(name: string, x: Value): Value {
    if (name in PLAIN) return graph.node(PLAIN[name], [x]);
    const exponent = findSymbol(name)?.power;
    if (exponent !== undefined) return power(x, { kind: "number", value: exponent });
    if (name === "x") return x;
    if (name === "gaussian") return exp(minus(graph.node("Mul", [x, x])));
    if (name === "sigmoid") return graph.node("Div", [one(), sum(one(), exp(minus(x)))]);
    if (graph.dtype === "float32") return graph.node(SINGLE[name], [x]);
    if (name === "tan") {
      return graph.node("Div", [graph.node("Sin", [x]), graph.node("Cos", [x])]);
    }
    if (name === "sinh") return times(half(), difference(exp(x), exp(minus(x))));
    if (name === "cosh") return times(half(), sum(exp(x), exp(minus(x))));
    if (name === "arctanh") {
      const ratio = graph.node("Div", [sum(one(), x), difference(one(), x)]);
      return times(half(), graph.node("Log", [ratio]));
    }
    const size = graph.node("Abs", [x]); // arcsinh
    const root = graph.node("Sqrt", [sum(one(), times(x, x))]);
    return times(graph.node("Sign", [x]), graph.node("Log", [sum(size, root)]));
  }
  const sum = (a: Value, b: Value) => graph.node("Add", [a, b]);
  const difference = (a: Value, b: Value) => graph.node("Sub", [a, b]);
  const times = (a: Value, b: Value) => graph.node("Mul", [a, b]);
  const zero = graph.node("Mul", [
    graph.node("Gather", [raw, graph.integers([0], [1])], { axis: 1 }),
    graph.number(0),
  ]);
  // a constant formula has a value for each row, too
  return graph.node("Concat", program.formulas.map((formula) => sum(add(formula), zero)), {
    axis: 1,
  });
}
