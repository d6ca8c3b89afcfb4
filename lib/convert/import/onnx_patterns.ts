/**
 * Functions of single numbers that ONNX files spell out: `x sigmoid(x)` and `x Phi(x)`.
 *
 * @module
 */

import type { ChainFunction } from "./mlp_chain.ts";
import type { OnnxGraph, OnnxNode } from "./onnx_graph.ts";

/** A function that some nodes make, and the name of what comes out. */
export interface FoundPattern {
  readonly activation: ChainFunction;
  readonly output: string;
}

/** Finds silu or gelu among the nodes that read a value; undefined if there is neither. */
export function findPattern(graph: OnnxGraph, current: string): FoundPattern | undefined {
  return findSilu(graph, current) ?? findGelu(graph, current);
}

function readers({ nodes }: OnnxGraph, name: string, operator: string): OnnxNode[] {
  return nodes.filter((node) => node.operator === operator && node.inputs.includes(name));
}

/** The product of two values. */
function productOf(graph: OnnxGraph, a: string, b: string): string | undefined {
  return readers(graph, a, "Mul").find(({ inputs }) => inputs.includes(b) && a !== b)?.output;
}

/** What a value becomes with a constant. */
function withConstant(
  graph: OnnxGraph,
  name: string,
  operator: "Mul" | "Div" | "Add",
  constant: number,
): string | undefined {
  return readers(graph, name, operator).find(({ inputs }) => {
    const other = inputs.find((each) => each !== name) ?? "", array = graph.arrays.get(other);
    if (operator === "Div" && inputs[0] !== name) return false;
    return array?.values.length === 1 && Math.abs(array.values[0] - constant) < 1e-6;
  })?.output;
}

function findSilu(graph: OnnxGraph, x: string): FoundPattern | undefined {
  for (const { output: sigmoid } of readers(graph, x, "Sigmoid")) {
    const output = productOf(graph, x, sigmoid);
    if (output !== undefined) return { activation: "silu", output };
  }
  return undefined;
}

/** `x (1 + erf(x / sqrt 2)) / 2`, the half in any of its places. */
function findGelu(graph: OnnxGraph, x: string): FoundPattern | undefined {
  const scaled = withConstant(graph, x, "Div", Math.SQRT2) ??
    withConstant(graph, x, "Mul", Math.SQRT1_2);
  const error = scaled && readers(graph, scaled, "Erf")[0]?.output;
  const sum = error && withConstant(graph, error, "Add", 1);
  if (!sum) return undefined;
  const product = productOf(graph, x, sum), halfX = withConstant(graph, x, "Mul", 0.5);
  const halfSum = withConstant(graph, sum, "Mul", 0.5);
  const output = (product && withConstant(graph, product, "Mul", 0.5)) ??
    (halfX && productOf(graph, halfX, sum)) ?? (halfSum && productOf(graph, x, halfSum));
  return output === undefined ? undefined : { activation: "gelu", output };
}
