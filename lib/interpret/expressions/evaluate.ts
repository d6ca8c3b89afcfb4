/**
 * Formulas on rows: values, and derivatives by constants and columns in one backward sweep.
 *
 * @module
 */

import { writeBsplineBasis } from "../../basis/inner.ts";
import { evaluateSpline } from "../../basis/mod.ts";
import type { KnotVector } from "../../knots/mod.ts";
import { symbol } from "../symbols/library.ts";
import { type Formula, partsOf, type SplineNode } from "./formula.ts";
import { log, pow } from "../../numerics/inner.ts";

/** Columns of numbers by their names, all of one length. */
export interface Columns {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** A formula that is ready to be evaluated on some rows, over and over. */
export interface FormulaProgram {
  /** The free numbers, then the coefficients of splines that are not locked, as they stand. */
  readonly parameters: Float64Array;
  /** Values at the rows. */
  values(parameters?: Float64Array): Float64Array;
  /** Values, and derivatives by every parameter, one array of rows each. */
  jacobian(parameters?: Float64Array): {
    readonly values: Float64Array;
    readonly derivatives: Float64Array[];
  };
  /** Derivatives by a column, with the parameters as they stand. */
  gradient(column: string): Float64Array;
  /** Every node's values, and the formula's derivatives by them, parts before their whole. */
  nodes(): readonly NodeValues[];
}

/** A node at the rows. */
export interface NodeValues {
  readonly node: Formula;
  readonly values: Float64Array;
  /** Derivative of the formula by the node. */
  readonly slope: Float64Array;
}

interface Step {
  readonly node: Formula;
  readonly parts: readonly number[];
  /** First parameter of the node, or -1. */
  readonly parameter: number;
  readonly values: Float64Array;
}

/**
 * Prepares a formula for some rows.
 *
 * @throws {RangeError} If a column or a function is not known.
 */
export function compileFormula(formula: Formula, data: Columns): FormulaProgram {
  const { rows } = data, steps: Step[] = [], start: number[] = [];
  const late: { readonly step: number; readonly node: SplineNode }[] = [];
  function add(node: Formula): number {
    const parts = partsOf(node).map(add);
    let parameter = -1;
    if (node.kind === "number" && node.free) parameter = start.push(node.value) - 1;
    if (node.kind === "spline" && !node.locked) late.push({ step: steps.length, node });
    const values = node.kind === "variable" ? columnOf(data, node.name) : new Float64Array(rows);
    if (node.kind === "number") values.fill(node.value);
    if (node.kind === "call") symbol(node.name);
    return steps.push({ node, parts, parameter, values }) - 1;
  }
  add(formula);
  for (const { step, node } of late) {
    const parameter = start.length;
    start.push(...node.coefficients);
    steps[step] = { ...steps[step], parameter };
  }
  const parameters = Float64Array.from(start), root = steps[steps.length - 1];
  const forward = (at: Float64Array) => {
    for (const step of steps) evaluateStep(step, steps, at, rows);
  };
  const adjoints = steps.map(() => new Float64Array(0));
  function backward(at: Float64Array, derivatives: Float64Array[]): void {
    for (let s = 0; s < steps.length; s++) {
      if (adjoints[s].length !== rows) adjoints[s] = new Float64Array(rows);
      else adjoints[s].fill(0);
    }
    adjoints[steps.length - 1].fill(1);
    for (let s = steps.length - 1; s >= 0; s--) {
      propagate(steps[s], adjoints[s], { steps, adjoints, at, derivatives, rows });
    }
  }
  return {
    parameters,
    values(at = parameters) {
      forward(at);
      return root.values.slice();
    },
    jacobian(at = parameters) {
      forward(at);
      const derivatives = Array.from(parameters, () => new Float64Array(rows));
      backward(at, derivatives);
      return { values: root.values.slice(), derivatives };
    },
    gradient(column) {
      forward(parameters);
      backward(parameters, Array.from(parameters, () => new Float64Array(rows)));
      const gradient = new Float64Array(rows);
      steps.forEach(({ node }, s) => {
        if (node.kind !== "variable" || node.name !== column) return;
        for (let r = 0; r < rows; r++) gradient[r] += adjoints[s][r];
      });
      return gradient;
    },
    nodes() {
      forward(parameters);
      backward(parameters, Array.from(parameters, () => new Float64Array(rows)));
      return steps.map(({ node, values }, s) => ({ node, values, slope: adjoints[s] }));
    },
  };
}

/** Values of a formula at some rows. */
export function formulaValues(formula: Formula, data: Columns): Float64Array {
  return compileFormula(formula, data).values();
}

function columnOf({ columns }: Columns, name: string): Float64Array {
  const found = columns.get(name);
  if (found === undefined) {
    throw new RangeError(
      `Cannot evaluate formula: its columns must be among ${[...columns.keys()].join(", ")}, ` +
        `current value is ${name}`,
    );
  }
  return found;
}

function power(base: number, exponent: number): number {
  switch (exponent) {
    case 2:
      return base * base;
    case 0.5:
      return Math.sqrt(base);
    case -1:
      return 1 / base;
    case 3:
      return base * base * base;
    case -2:
      return 1 / (base * base);
    default:
      return pow(base, exponent);
  }
}

const knotVector = ({ knots, degree }: SplineNode): KnotVector => ({
  values: knots as unknown as Float64Array,
  degree,
});

function evaluateStep(
  { node, parts, parameter, values }: Step,
  steps: readonly Step[],
  at: Float64Array,
  rows: number,
): void {
  const inner = (part: number) => steps[parts[part]].values;
  switch (node.kind) {
    case "number":
      if (parameter >= 0) values.fill(at[parameter]);
      return;
    case "variable":
      return;
    case "sum":
      values.set(inner(0));
      for (let p = 1; p < parts.length; p++) {
        const other = inner(p);
        for (let r = 0; r < rows; r++) values[r] += other[r];
      }
      return;
    case "product":
      values.set(inner(0));
      for (let p = 1; p < parts.length; p++) {
        const other = inner(p);
        for (let r = 0; r < rows; r++) values[r] *= other[r];
      }
      return;
    case "power": {
      const base = inner(0), exponent = inner(1);
      for (let r = 0; r < rows; r++) values[r] = power(base[r], exponent[r]);
      return;
    }
    case "call": {
      const { value } = symbol(node.name), argument = inner(0);
      for (let r = 0; r < rows; r++) values[r] = value(argument[r]);
      return;
    }
    case "spline": {
      const knots = knotVector(node), argument = inner(0);
      const coefficients = coefficientsOf(node, parameter, at);
      for (let r = 0; r < rows; r++) {
        values[r] = Number.isFinite(argument[r])
          ? evaluateSpline(knots, coefficients, argument[r], { extrapolation: "linear" })
          : NaN;
      }
    }
  }
}

/** The coefficients of a spline: parameters, or locked. */
function coefficientsOf({ coefficients }: SplineNode, first: number, at: Float64Array) {
  return first < 0
    ? Float64Array.from(coefficients)
    : at.subarray(first, first + coefficients.length);
}

/** What the sweep from the formula back to its parts works with. */
interface Sweep {
  readonly steps: readonly Step[];
  /** The formula's derivatives by the values of every step. */
  readonly adjoints: readonly Float64Array[];
  /** The parameters, and the derivatives by them. */
  readonly at: Float64Array;
  readonly derivatives: readonly Float64Array[];
  readonly rows: number;
}

/** Adds what a step passes on to its parts and parameters. */
function propagate(step: Step, adjoint: Float64Array, sweep: Sweep): void {
  const { node, parts, parameter } = step, { steps, adjoints, derivatives, rows } = sweep;
  switch (node.kind) {
    case "number":
      if (parameter >= 0) {
        const target = derivatives[parameter];
        for (let r = 0; r < rows; r++) target[r] += adjoint[r];
      }
      return;
    case "variable":
      return;
    case "sum":
      for (const part of parts) {
        const target = adjoints[part];
        for (let r = 0; r < rows; r++) target[r] += adjoint[r];
      }
      return;
    case "product":
      for (const part of parts) {
        const target = adjoints[part];
        const others = parts.filter((other) => other !== part).map((other) => steps[other].values);
        for (let r = 0; r < rows; r++) {
          let product = adjoint[r];
          for (const other of others) product *= other[r];
          target[r] += product;
        }
      }
      return;
    case "power":
      return propagatePower(step, adjoint, sweep);
    case "call": {
      const { derivative } = symbol(node.name);
      const argument = steps[parts[0]].values, target = adjoints[parts[0]];
      for (let r = 0; r < rows; r++) target[r] += adjoint[r] * derivative(argument[r]);
      return;
    }
    case "spline":
      propagateSpline(node, step, adjoint, sweep);
  }
}

function propagatePower(
  { parts: [base, exponent], values }: Step,
  adjoint: Float64Array,
  { steps, adjoints, rows }: Sweep,
): void {
  const x = steps[base].values, p = steps[exponent].values;
  const toBase = adjoints[base], toExponent = adjoints[exponent];
  const node = steps[exponent].node, fixed = node.kind === "number" && !node.free;
  for (let r = 0; r < rows; r++) {
    toBase[r] += adjoint[r] * p[r] * power(x[r], p[r] - 1);
    if (!fixed) toExponent[r] += x[r] > 0 ? adjoint[r] * values[r] * log(x[r]) : 0;
  }
}

function propagateSpline(
  node: SplineNode,
  { parts: [part], parameter }: Step,
  adjoint: Float64Array,
  { steps, adjoints, at, derivatives, rows }: Sweep,
): void {
  const knots = knotVector(node), { degree } = node;
  const coefficients = coefficientsOf(node, parameter, at), count = coefficients.length;
  const argument = steps[part].values, target = adjoints[part];
  const a = node.knots[degree], b = node.knots[count], basis = new Float64Array(degree + 1);
  for (let r = 0; r < rows; r++) {
    const u = argument[r];
    const slope = evaluateSpline(knots, coefficients, u, {
      derivative: 1,
      extrapolation: "linear",
    });
    target[r] += adjoint[r] * slope;
    if (parameter < 0) continue;
    const inside = Math.min(b, Math.max(a, u));
    const first = writeBsplineBasis(knots, inside, basis) - degree;
    for (let i = 0; i <= degree; i++) {
      derivatives[parameter + first + i][r] += adjoint[r] * basis[i];
    }
  }
}
