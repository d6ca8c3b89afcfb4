/**
 * A network as a formula whose edges are splines, and edges that become symbols.
 *
 * @module
 */

import { edgeSpline, layerKnots, type Network } from "../../model/mod.ts";
import {
  blockValues,
  edgeBaseWeight,
  hasEdge,
  nodeMap,
  numLayerEdges,
  type SplineStage,
  stagesOf,
} from "../../model/inner.ts";
import {
  addUp,
  callOf,
  constant,
  type Formula,
  free,
  freeNumbers,
  mapFormula,
  type NumberNode,
  productOf,
  type SplineNode,
  visitFormula,
  withFreeNumbers,
} from "../expressions/formula.ts";
import { exactNode, parseExact } from "../expressions/exact.ts";
import { formulaValues } from "../expressions/evaluate.ts";
import { symbol } from "../symbols/library.ts";
import { sampled } from "./additive.ts";
import { curveSymbols, symbolFormula } from "./curve_symbols.ts";
import { refitFormula, withErrors } from "./refit_formula.ts";
import { columnMean, type FormulaRows } from "./rows.ts";

/** Most edges of a network that is written as a formula. */
export const MOST_EDGES = 300;

/** Number of edges: functions of one variable, or weights of a linear map. */
export function countEdges({ config }: Network): number {
  return stagesOf(config).reduce(
    (sum, stage) =>
      sum +
      (stage.kind === "spline"
        ? numLayerEdges(stage)
        : stage.kind === "linear"
        ? stage.nIn * stage.nOut
        : 0),
    0,
  );
}

/**
 * Writes one output of a network as a formula: every spline an edge, every weight a measured
 * constant. It has the network's values.
 *
 * @param network The network.
 * @param inputs What enters it, a formula for each input.
 * @param output Which output. Default: the first.
 * @throws {RangeError} If the network has more than 300 edges.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { evaluateFormula, type Formula, networkFormula } from "@freeknot/freeknot/interpret";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
 * const inputs = ["x", "y"].map((name): Formula => ({ kind: "variable", name }));
 * const [value] = evaluateFormula(networkFormula(network, inputs), [[0.1, 0.2]], ["x", "y"]);
 * assertAlmostEquals(value, forward(network, Float64Array.of(0.1, 0.2))[0], 1e-12);
 * ```
 */
export function networkFormula(
  network: Network,
  inputs: readonly Formula[],
  output = 0,
): Formula {
  const edges = countEdges(network);
  if (edges > MOST_EDGES) {
    throw new RangeError(
      `Cannot write network as a formula: edges must be at most ${MOST_EDGES}, current value is ` +
        edges,
    );
  }
  let values: Formula[] = [...inputs];
  for (const stage of stagesOf(network.config)) {
    const before = values;
    if (stage.kind === "linear") {
      const weights = blockValues(network, `${stage.name}.weights`);
      const bias = blockValues(network, `${stage.name}.bias`);
      values = Array.from({ length: stage.nOut }, (_, q) =>
        addUp([
          ...before.map((x, p) => productOf([free(weights[p * stage.nOut + q]), x])),
          ...(stage.bias ? [free(bias[q])] : []),
        ]));
    } else if (stage.kind === "spline") values = splineLayer(network, stage, before);
    else if (stage.kind === "tanh") values = before.map((x) => callOf("tanh", x));
    else {
      values = before.map((x) => productOf([constant(0.5), addUp([x, callOf("abs", x)])]));
    }
  }
  return values[output];
}

function splineLayer(network: Network, stage: SplineStage, inputs: readonly Formula[]): Formula[] {
  const { layer, nOut, space } = stage;
  const placed = inputs.map((x, p) => {
    const map = nodeMap(network.statistics[layer], space.domain, p);
    if (map.scale === 1 && map.origin === map.from) return x;
    return addUp([
      productOf([constant(map.scale), x]),
      constant(map.origin - map.from * map.scale),
    ]);
  });
  return Array.from({ length: nOut }, (_, q) =>
    addUp(placed.flatMap((argument, p): Formula[] => {
      if (!hasEdge(stage, p, q)) return [];
      const { coefficients } = edgeSpline(network, layer, p, q);
      const { values, degree } = layerKnots(network, layer, p);
      const edge: SplineNode = {
        kind: "spline",
        argument,
        degree,
        knots: [...values],
        coefficients: [...coefficients],
        edge: [layer, p, q],
      };
      if (stage.base !== "silu") return [edge];
      const weight = free(edgeBaseWeight(network, stage, p, q));
      return [edge, productOf([weight, argument, callOf("sigmoid", argument)])];
    })));
}

/** An edge that becomes a symbol: `0.0.1=sin`. */
export interface EdgeSymbol {
  /** Spline layer, input and output of the edge, from 0. */
  readonly edge: readonly [layer: number, input: number, output: number];
  /** The function's name; `constant` takes the edge out. */
  readonly name: string;
}

/** The edges of a formula that are splines. */
export function splineEdges(formula: Formula): SplineNode[] {
  const found = new Map<string, SplineNode>();
  visitFormula(formula, (node) => {
    if (node.kind === "spline") found.set(String(node.edge), node);
  });
  return [...found.values()];
}

/** Puts symbols, fitted to the splines that were there, in the place of edges. */
export function fixEdges(
  formula: Formula,
  fixes: readonly EdgeSymbol[],
  data: FormulaRows,
): Formula {
  const edges = splineEdges(formula);
  const symbols = new Map(fixes.map(({ edge, name }) => {
    const node = edges.find((each) => String(each.edge) === String(edge));
    if (node === undefined) {
      throw new RangeError(
        `Cannot fix edge: the edge must be one of ` +
          `${edges.slice(0, 12).map((each) => each.edge?.join(".")).join(", ")}` +
          `${edges.length > 12 ? ", ..." : ""}, current value is ${edge.join(".")}`,
      );
    }
    return [String(edge), curveOf(node, symbol(name).name, data)] as const;
  }));
  return mapFormula(formula, (node) => {
    if (node.kind !== "spline") return node;
    return symbols.get(String(node.edge))?.(node.argument) ?? node;
  });
}

/** A measured constant that gets a value: the first is number 1. */
export interface PinnedConstant {
  readonly number: number;
  readonly value: NumberNode;
}

/** Reads the value of a constant, `0.8`, `pi/2`, `sqrt(2)`; undefined where it is none. */
export function pinnedValue(text: string): NumberNode | undefined {
  const exact = parseExact(text.replaceAll(" ", ""));
  if (exact !== undefined && Math.abs(exact.above) < 1e9) return exactNode(exact);
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? constant(value) : undefined;
}

/** Puts values in the place of measured constants, counted as they are printed. */
export function pinConstants(formula: Formula, pins: readonly PinnedConstant[]): Formula {
  const count = freeNumbers(formula).length;
  for (const { number } of pins) {
    if (number >= 1 && number <= count) continue;
    throw new RangeError(
      `Cannot fix constant: the formula's measured constants are ` +
        `${
          count === 0 ? "none" : count === 1 ? "c1" : `c1 to c${count}`
        }, current value is c${number}`,
    );
  }
  const values = new Map(pins.map(({ number, value }) => [number - 1, value]));
  return withFreeNumbers(formula, (node, index) => values.get(index) ?? node);
}

function curveOf(node: SplineNode, name: string, data: FormulaRows) {
  const x = formulaValues(node.argument, data), y = formulaValues(node, data);
  if (name === "constant") return () => free(columnMean(y));
  const [found] = curveSymbols(sampled({ x, y }), [symbol(name)], 1);
  if (found === undefined) {
    throw new RangeError(
      `Cannot fix edge: the function must have values where the edge has, current value is ${name}`,
    );
  }
  return (argument: Formula) => symbolFormula(found, argument);
}

/** Trains all that a formula leaves free, splines and constants, by Gauss-Newton steps. */
export function trainFormula(
  formula: Formula,
  data: FormulaRows,
  iterations = 60,
): { readonly formula: Formula; readonly loss: number } {
  const { formula: fitted, loss, errors } = refitFormula(formula, data, {
    ...{ iterations, errors: splineEdges(formula).length === 0 },
  });
  return { formula: withErrors(fitted, errors), loss };
}
