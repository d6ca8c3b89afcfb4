/**
 * A model as a graph of ONNX operators, all of them standard.
 *
 * @module
 */

import { SCALE_REACH } from "../../data/inner.ts";
import type {
  ClassesResult,
  ModelProgram,
  NetworkProgram,
  OutputScale,
  ProgramColumn,
  ProgramScale,
  ProgramStep,
  SplineStep,
  ValuesResult,
} from "../program/program.ts";
import {
  averagesProbabilities,
  countOutputs,
  fullMatrix,
  outputNames,
} from "../program/program.ts";
import { edgePolynomial } from "../program/edges.ts";
import { edgesByOutput, inputEdges } from "../program/wiring.ts";
import { headLines, type WriterOptions } from "../writers/text.ts";
import { onnxFormulas } from "./formulas.ts";
import { GraphBuilder, type Value } from "./graph.ts";
import { locatePieces } from "./locate.ts";
import { log } from "../../numerics/inner.ts";

/** Writes the bytes of the model file. */
export function writeOnnx(
  program: ModelProgram,
  { name, dtype }: WriterOptions,
): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder(dtype), { columns, result } = program;
  const raw = graph.input("columns", ["rows", columns.length]);
  const names = outputNames(program), count = countOutputs(program);
  if (program.kind === "formulas") {
    graph.output("outputs", onnxFormulas(program, raw, graph), ["rows", count], "number");
  } else if (result.kind === "classes") {
    const inputs = scaledInputs(columns, raw, graph);
    const shares = averagesProbabilities(program)
      ? mean(program, inputs, graph, result)
      : probabilities(mean(program, inputs, graph), result, graph);
    graph.output("probabilities", shares, ["rows", count], "number");
    const best = graph.node("ArgMax", [shares], { axis: 1, keepdims: 0 });
    const label = graph.node("Gather", [graph.texts(result.labels), best], { axis: 0 });
    graph.output("label", label, ["rows"], "string");
  } else {
    const outputs = mean(program, scaledInputs(columns, raw, graph), graph);
    const scaled = unscaledOutputs(result.scales, bounded(result, outputs, graph), graph);
    graph.output("outputs", scaled, ["rows", count], "number");
  }
  return graph.encode(name, headLines(program).join(" "), {
    columns: JSON.stringify(columns.map((column) => column.name)),
    outputs: JSON.stringify(names),
    ...(result.kind === "classes" ? { labels: JSON.stringify(result.labels) } : {}),
  });
}

/** The mean of the members' outputs, or of their probabilities. */
function mean(
  { members }: NetworkProgram,
  inputs: Value,
  graph: GraphBuilder,
  classes?: ClassesResult,
): Value {
  const outputs = members.map((steps) => {
    const value = steps.reduce((x, step) => addStep(step, x, graph), inputs);
    return classes ? probabilities(value, classes, graph) : value;
  });
  if (outputs.length === 1) return outputs[0];
  const total = outputs.reduce((a, b) => graph.node("Add", [a, b]));
  return graph.node("Div", [total, graph.number(outputs.length)]);
}

/** Outputs within their bounds; NaN stays. */
function bounded({ bounds }: ValuesResult, outputs: Value, graph: GraphBuilder): Value {
  if (bounds === undefined) return outputs;
  const [low, high] = [0, 1].map((k) =>
    graph.numbers(bounds.map((pair) => pair[k]), [1, bounds.length])
  );
  const below = graph.node("Less", [outputs, low]), above = graph.node("Greater", [outputs, high]);
  return graph.node("Where", [below, low, graph.node("Where", [above, high, outputs])]);
}

/** `1 / (1 + exp(-z))`. */
function sigmoid(z: Value, graph: GraphBuilder): Value {
  const one = graph.number(1);
  const power = graph.node("Exp", [graph.node("Neg", [z])]);
  return graph.node("Div", [one, graph.node("Add", [one, power])]);
}

function probabilities(logits: Value, { labels }: ClassesResult, graph: GraphBuilder): Value {
  if (labels.length === 2) {
    const both = graph.node("Mul", [logits, graph.numbers([-1, 1], [1, 2])]);
    return sigmoid(both, graph);
  }
  const most = graph.node("ReduceMax", [logits], { axes: [1], keepdims: 1 });
  const powers = graph.node("Exp", [graph.node("Sub", [logits, most])]);
  return graph.node("Div", [powers, reduceSum(powers, 1, true, graph)]);
}

function reduceSum(value: Value, axis: number, keep: boolean, graph: GraphBuilder): Value {
  const axes = graph.integers([axis], [1]);
  return graph.node("ReduceSum", [value, axes], { keepdims: keep ? 1 : 0 });
}

function addStep(step: ProgramStep, x: Value, graph: GraphBuilder): Value {
  if (step.kind === "relu") {
    const y = graph.node("Relu", [x]);
    let value = y;
    for (let k = 1; k < (step.power ?? 1); k++) value = graph.node("Mul", [value, y]);
    return value;
  }
  if (step.kind === "sparse") {
    const { nIn, nOut, bias } = step;
    const weights = graph.numbers(fullMatrix(step), [nIn, nOut]);
    return graph.node("Gemm", [x, weights, graph.numbers(bias, [nOut])]);
  }
  if (step.kind === "tanh") return graph.node("Tanh", [x]);
  if (step.kind === "splines") return addSplines(step, x, graph);
  const { nIn, nOut, weights, bias } = step;
  const product = graph.node("MatMul", [x, graph.numbers(weights, [nIn, nOut])]);
  return bias ? graph.node("Add", [product, graph.numbers(bias, [nOut])]) : product;
}

function addSplines(step: SplineStep, x: Value, graph: GraphBuilder): Value {
  const { nIn, nOut, pieces, grids, maps, limits, basis, silu, wiring } = step;
  const entry = (i: number) => {
    const values = Array.from({ length: nIn }, (_, p) => maps[3 * p + i]);
    return graph.numbers(values, [1, nIn]);
  };
  const moved = graph.node("Mul", [graph.node("Sub", [x, entry(0)]), entry(1)]);
  let u = graph.node("Add", [moved, entry(2)]);
  if (limits) {
    const limit = (i: number) =>
      graph.numbers(Array.from({ length: nIn }, (_, p) => limits[2 * p + i]), [1, nIn]);
    const outside = graph.node("Or", [
      graph.node("Less", [x, limit(0)]),
      graph.node("Greater", [x, limit(1)]),
    ]);
    u = graph.node("Where", [outside, graph.number(NaN), u]);
  }
  const piece = locatePieces(step, u, graph);
  const offsets = Array.from({ length: nIn }, (_, p) => p * pieces);
  const edge = graph.node("Add", [piece, graph.integers(offsets, [1, nIn])]);
  const vector = grids.length === 1 ? piece : edge; // where the grids' tables are read
  const of = (key: "origins" | "inverses") => {
    const values = grids.flatMap((grid) => [...grid[key]]);
    return graph.node("Gather", [graph.numbers(values, [values.length]), vector], { axis: 0 });
  };
  const w = graph.node("Mul", [graph.node("Sub", [u, of("origins")]), of("inverses")]);
  if (wiring) return wiredSum(step, u, w, piece, graph);
  let y = basis
    ? basisSum(step, w, vector, graph)
    : reduceSum(polynomials(step, w, edge, graph), 1, nOut === 1, graph);
  if (silu) {
    const branch = graph.node("Mul", [u, sigmoid(u, graph)]);
    const weighted = graph.node("MatMul", [branch, graph.numbers(silu, [nIn, nOut])]);
    y = graph.node("Add", [y, weighted]);
  }
  return y;
}

/** Horner's scheme on coefficients that are gathered power by power. */
function horner(degree: number, w: Value, power: (k: number) => Value, graph: GraphBuilder): Value {
  let value = power(degree);
  for (let k = degree - 1; k >= 0; k--) {
    value = graph.node("Add", [graph.node("Mul", [value, w]), power(k)]);
  }
  return value;
}

/** Values of all edges, shape `[rows, nIn]` of one output, `[rows, nIn, nOut]` of more. */
function polynomials(step: SplineStep, w: Value, edge: Value, graph: GraphBuilder): Value {
  const { nIn, nOut, degree, pieces, table } = step, size = degree + 1, count = nIn * pieces;
  const wide = nOut === 1 ? w : graph.node("Unsqueeze", [w, graph.integers([2], [1])]);
  return horner(degree, wide, (k) => {
    const values = new Float64Array(count * nOut);
    for (let row = 0; row < count; row++) {
      const at = (row * size + k) * nOut;
      values.set(table.subarray(at, at + nOut), row * nOut);
    }
    const shape = nOut === 1 ? [count] : [count, nOut];
    return graph.node("Gather", [graph.numbers(values, shape), edge], { axis: 0 });
  }, graph);
}

/**
 * The sums of a layer some of whose edges are missing: every output has the same number of places,
 * which hold its edges, and edges of input 0 that are 0 beyond them.
 */
function wiredSum(step: SplineStep, u: Value, w: Value, piece: Value, graph: GraphBuilder): Value {
  const { nOut, degree, pieces, silu } = step, size = degree + 1, lists = edgesByOutput(step);
  const most = Math.max(1, ...lists.map(({ length }) => length));
  const places = lists.flatMap((list) =>
    Array.from({ length: most }, (_, i): readonly [number, number] | undefined => list[i])
  );
  const inputs = graph.integers(places.map((edge) => edge?.[0] ?? 0), [places.length]);
  const of = (value: Value) => graph.node("Gather", [value, inputs], { axis: 1 });
  const first = graph.integers(places.map((_, e) => e * pieces), [1, places.length]);
  const entry = graph.node("Add", [of(piece), first]); // [rows, places]
  const polynomial = places.map((edge) =>
    Array.from(
      { length: pieces },
      (_, j) => edge ? edgePolynomial(step, edge[0], j, edge[1]) : new Array(size).fill(0),
    )
  ).flat();
  let values = horner(degree, of(w), (k) => {
    const table = polynomial.map((coefficients) => coefficients[k]);
    return graph.node("Gather", [graph.numbers(table, [table.length]), entry], { axis: 0 });
  }, graph);
  if (silu) {
    const weights = places.map((edge) =>
      edge ? silu[inputEdges(step, edge[0]).start + edge[1]] : 0
    );
    const branch = graph.node("Mul", [u, sigmoid(u, graph)]);
    const weighted = graph.node("Mul", [of(branch), graph.numbers(weights, [1, weights.length])]);
    values = graph.node("Add", [values, weighted]);
  }
  if (places.includes(undefined)) { // where input 0 is NaN, so would be edges that are 0
    const missing = places.map((edge) => edge ? 0 : 1);
    const none = graph.node("Greater", [
      graph.numbers(missing, [1, missing.length]),
      graph.number(0),
    ]);
    values = graph.node("Where", [none, graph.number(0), values]);
  }
  const shape = graph.integers([-1, nOut, most], [3]);
  return reduceSum(graph.node("Reshape", [values, shape]), 2, false, graph);
}

/** B-splines put into a matrix of zeros, times the coefficients. */
function basisSum(step: SplineStep, w: Value, vector: Value, graph: GraphBuilder): Value {
  const { nIn, nOut, degree, pieces, grids, table, rows } = step, size = degree + 1;
  const basis = step.basis!, count = grids.length * pieces;
  const axis = graph.integers([2], [1]), wide = graph.node("Unsqueeze", [w, axis]);
  const functions = horner(degree, wide, (k) => {
    const values = new Float64Array(count * size);
    for (let row = 0; row < count; row++) {
      const at = (row * size + k) * size;
      values.set(basis.polynomials.subarray(at, at + size), row * size);
    }
    return graph.node("Gather", [graph.numbers(values, [count, size]), vector], { axis: 0 });
  }, graph); // [rows, nIn, size]
  const first = graph.node("Gather", [graph.integers(basis.first, [count]), vector], { axis: 0 });
  const starts = Array.from(
    { length: nIn * size },
    (_, i) => Math.floor(i / size) * rows + i % size,
  );
  const places = graph.node("Add", [
    graph.node("Unsqueeze", [first, axis]),
    graph.integers(starts, [1, nIn, size]),
  ]);
  const flat = graph.integers([-1, nIn * size], [2]);
  const zeros = graph.node("Expand", [
    graph.number(0),
    graph.node("Concat", [
      graph.node("Shape", [w], { start: 0, end: 1 }),
      graph.integers([nIn * rows], [1]),
    ], { axis: 0 }),
  ]);
  const spread = graph.node("ScatterElements", [
    zeros,
    graph.node("Reshape", [places, flat]),
    graph.node("Reshape", [functions, flat]),
  ], { axis: 1 });
  return graph.node("MatMul", [spread, graph.numbers(table, [nIn * rows, nOut])]);
}

/** Raw columns on their scales. */
function scaledInputs(columns: readonly ProgramColumn[], raw: Value, graph: GraphBuilder): Value {
  const count = columns.length;
  if (columns.every(({ scale, offset }) => !scale && offset === undefined)) return raw;
  const list = (of: (column: ProgramColumn) => number) =>
    graph.numbers(columns.map(of), [1, count]);
  const shifted = columns.some(({ offset }) => offset !== undefined)
    ? graph.node("Sub", [raw, list(({ offset = 0 }) => offset)])
    : raw;
  if (columns.every(({ scale }) => scale?.map === undefined)) {
    const moved = graph.node("Sub", [shifted, list(({ scale }) => scale?.minimum ?? 0)]);
    const range = ({ scale }: ProgramColumn) => scale ? scale.maximum - scale.minimum : 1;
    const ranged = graph.node("Div", [moved, list((column) => range(column) || Infinity)]);
    if (columns.every((column) => range(column) !== 0)) return ranged;
    return graph.node("Add", [ranged, list((column) => range(column) === 0 ? 0.5 : 0)]);
  }
  return byColumns(shifted, columns.map(({ scale }) => scale), graph, scaled);
}

function unscaledOutputs(
  scales: readonly (OutputScale | undefined)[],
  outputs: Value,
  graph: GraphBuilder,
): Value {
  if (scales.every((scale) => scale === undefined)) return outputs;
  if (scales.some((scale) => scale?.map !== undefined)) {
    return byColumns(outputs, scales, graph, unscaled);
  }
  const list = (of: (scale: OutputScale | undefined) => number) =>
    graph.numbers(scales.map(of), [1, scales.length]);
  const ranged = graph.node("Mul", [
    outputs,
    list((scale) => scale ? scale.maximum - scale.minimum : 1),
  ]);
  return graph.node("Add", [ranged, list((scale) => scale?.minimum ?? 0)]);
}

/** Maps every column by itself. */
function byColumns<Scale extends OutputScale>(
  x: Value,
  scales: readonly (Scale | undefined)[],
  graph: GraphBuilder,
  map: (scale: Scale, x: Value, graph: GraphBuilder) => Value,
): Value {
  const parts = scales.map((scale, p) => {
    const column = graph.node("Gather", [x, graph.integers([p], [1])], { axis: 1 });
    return scale ? map(scale, column, graph) : column;
  });
  return graph.node("Concat", parts, { axis: 1 });
}

/** `sign(t) log(1 + |t| / r) r`. */
function slowed(t: Value, graph: GraphBuilder): Value {
  const size = graph.node("Div", [graph.node("Abs", [t]), graph.number(SCALE_REACH)]);
  const grown = graph.node("Log", [graph.node("Add", [graph.number(1), size])]);
  const signed = graph.node("Mul", [graph.node("Sign", [t]), graph.number(SCALE_REACH)]);
  return graph.node("Mul", [signed, grown]);
}

/** `sign(t) (exp(|t| / r) - 1) r`. */
function hastened(t: Value, graph: GraphBuilder): Value {
  const size = graph.node("Div", [graph.node("Abs", [t]), graph.number(SCALE_REACH)]);
  const grown = graph.node("Sub", [graph.node("Exp", [size]), graph.number(1)]);
  const signed = graph.node("Mul", [graph.node("Sign", [t]), graph.number(SCALE_REACH)]);
  return graph.node("Mul", [signed, grown]);
}

/** Linear interpolation between points. */
function through(
  from: readonly number[],
  to: readonly number[],
  x: Value,
  graph: GraphBuilder,
): Value {
  const inner = from.slice(1, -1), lines = from.length - 1;
  let low: Value;
  if (inner.length === 0) low = graph.cast(graph.node("Less", [x, x]), "int64");
  else {
    const above = graph.node("GreaterOrEqual", [x, graph.numbers(inner, [1, inner.length])]);
    low = reduceSum(graph.cast(above, "int64"), 1, true, graph);
  }
  const at = (values: readonly number[]) =>
    graph.node("Gather", [graph.numbers(values, [lines]), low], { axis: 0 });
  const slopes = inner.concat(0).map((_, i) => (to[i + 1] - to[i]) / (from[i + 1] - from[i]));
  const along = graph.node("Sub", [x, at(from.slice(0, -1))]);
  return graph.node("Add", [at(to.slice(0, -1)), graph.node("Mul", [along, at(slopes)])]);
}

function scaled({ minimum, maximum, map }: ProgramScale, x: Value, graph: GraphBuilder): Value {
  const low = graph.number(minimum);
  if (map === undefined) {
    const moved = graph.node("Sub", [x, low]);
    if (minimum === maximum) {
      return graph.node("Add", [graph.node("Mul", [moved, graph.number(0)]), graph.number(0.5)]);
    }
    return graph.node("Div", [moved, graph.number(maximum - minimum)]);
  }
  if (map.kind === "log") {
    const length = log(maximum / minimum);
    const tangent = graph.node("Div", [
      graph.node("Sub", [x, low]),
      graph.number(minimum * length),
    ]);
    const logarithm = graph.node("Log", [graph.node("Div", [x, low])]);
    return graph.node("Where", [
      graph.node("LessOrEqual", [x, low]),
      slowed(tangent, graph),
      graph.node("Div", [logarithm, graph.number(length)]),
    ]);
  }
  const place = through(map.values, map.positions, x, graph), one = graph.number(1);
  const beyond = slowed(graph.node("Sub", [place, one]), graph);
  const upper = graph.node("Where", [
    graph.node("Greater", [place, one]),
    graph.node("Add", [one, beyond]),
    place,
  ]);
  const below = graph.node("Less", [place, graph.number(0)]);
  return graph.node("Where", [below, slowed(place, graph), upper]);
}

function unscaled({ minimum, maximum, map }: OutputScale, x: Value, graph: GraphBuilder): Value {
  const low = graph.number(minimum), zero = graph.number(0), one = graph.number(1);
  if (map === undefined) {
    const ranged = graph.node("Mul", [x, graph.number(maximum - minimum)]);
    return graph.node("Add", [low, ranged]);
  }
  if (map.kind === "exp") {
    const power = graph.node("Exp", [graph.node("Mul", [x, graph.number(map.rate)])]);
    return graph.node("Mul", [power, graph.number(maximum)]);
  }
  if (map.kind === "sigmoid") {
    const power = graph.node("Exp", [graph.node("Neg", [x])]);
    return graph.node("Div", [one, graph.node("Add", [one, power])]);
  }
  if (map.kind === "log") {
    const length = log(maximum / minimum);
    const tangent = graph.node("Mul", [hastened(x, graph), graph.number(minimum * length)]);
    const power = graph.node("Exp", [graph.node("Mul", [x, graph.number(length)])]);
    return graph.node("Where", [
      graph.node("LessOrEqual", [x, zero]),
      graph.node("Add", [low, tangent]),
      graph.node("Mul", [low, power]),
    ]);
  }
  const beyond = hastened(graph.node("Sub", [x, one]), graph);
  const upper = graph.node("Where", [
    graph.node("Greater", [x, one]),
    graph.node("Add", [one, beyond]),
    x,
  ]);
  const below = graph.node("Less", [x, zero]);
  const place = graph.node("Where", [below, hastened(x, graph), upper]);
  return through(map.positions, map.values, place, graph);
}
