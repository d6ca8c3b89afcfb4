/**
 * The changes of a formula that growth tries.
 *
 * @module
 */

import type { FormulaProgram, NodeValues } from "../expressions/evaluate.ts";
import {
  addUp,
  callOf,
  columnNode,
  type Formula,
  free,
  isNumber,
  mapFormula,
  powerOf,
  productOf,
  visitFormula,
} from "../expressions/formula.ts";
import { rangeOf } from "../../numerics/inner.ts";
import { powerName } from "../symbols/library.ts";
import type { Allowed, Atom } from "./dictionary.ts";
import type { FormulaRows } from "./rows.ts";

/** Terms and factors of one formula that are tried: those that explain most of its residuals. */
const GUIDED = 50;
/** Of one node at most. */
const GUIDED_BY_NODE = 10;

/** Puts something in the place of the node of a number, counted parts first. */
function replaced(formula: Formula, at: number, by: (node: Formula) => Formula): Formula {
  let count = -1;
  return mapFormula(formula, (node) => {
    count++;
    return count === at ? by(node) : node;
  });
}

/** All changes of a formula, the guided ones first. */
export function changesOf(
  formula: Formula,
  program: FormulaProgram,
  data: FormulaRows,
  atoms: readonly Atom[],
  allowed: Allowed,
): Formula[] {
  const nodes = program.nodes().map(({ node, values, slope }) => ({
    ...{ node, values: values.slice(), slope: slope.slice() },
  }));
  return [
    ...guided(formula, program, nodes, data, { atoms, allowed }),
    ...(anyPower(allowed) ? powerTerms(formula, data) : []),
    ...nodes.flatMap((each, at) => structural(formula, each, at, data, allowed)),
  ];
}

/** A term more, `c x^p`, with a measured exponent. */
function powerTerms(formula: Formula, { columns }: FormulaRows): Formula[] {
  return [...columns].filter(([, values]) => rangeOf(values)[0] > 0).flatMap(([name]) =>
    [-2, 2].map((p) => addUp([formula, productOf([free(0), powerOf(columnNode(name), free(p))])]))
  );
}

interface Guided {
  readonly at: number;
  readonly atom: Atom;
  readonly factor: boolean;
  readonly gain: number;
}

/** Terms and factors by the share of the residuals that they explain, all constants moving along. */
function guided(
  formula: Formula,
  program: FormulaProgram,
  nodes: readonly NodeValues[],
  { target, rows }: FormulaRows,
  { atoms, allowed }: { readonly atoms: readonly Atom[]; readonly allowed: Allowed },
): Formula[] {
  const { values, derivatives } = program.jacobian();
  const basis = orthonormal(derivatives);
  const residual = without(target.map((y, r) => y - values[r]), basis);
  const size = dotOf(residual, residual), found: Guided[] = [];
  const direction = new Float64Array(rows);
  nodes.forEach(({ node, values: at, slope }, index) => {
    if (isNumber(node) && node !== formula) return;
    const here: Guided[] = [];
    for (const factor of isNumber(node) ? [false] : [false, true]) {
      for (const atom of atoms) {
        for (let r = 0; r < rows; r++) {
          direction[r] = slope[r] * atom.values[r] * (factor ? at[r] : 1);
        }
        const gain = gainOf(direction, residual, basis) / size;
        if (gain > 0.02) here.push({ at: index, atom, factor, gain: gain - 0.01 * atom.cost });
      }
    }
    const most = isNumber(node) ? GUIDED : GUIDED_BY_NODE;
    found.push(...here.sort((a, b) => b.gain - a.gain).slice(0, most));
  });
  return found.sort((a, b) => b.gain - a.gain).slice(0, GUIDED).flatMap(({ at, atom, factor }) =>
    (factor ? factorsOf(atom, allowed) : [undefined]).map((by) =>
      replaced(
        formula,
        at,
        (node) => by ? productOf([node, by]) : addUp([node, productOf([free(0), atom.formula])]),
      )
    )
  );
}

/** Factors near 1 that move as `1 + c A` does: `exp(c x)`, and a power for `1 + c log(x)`. */
function factorsOf({ formula, cost }: Atom, allowed: Allowed): Formula[] {
  const line = addUp([free(1), productOf([free(0.01), formula])]);
  if (formula.kind === "call" && formula.name === "log" && anyPower(allowed)) {
    return [line, powerOf(formula.argument, free(0.01))];
  }
  return cost > 2.5 || !allowed("exp")
    ? [line]
    : [line, callOf("exp", productOf([free(0.01), formula]))];
}

function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function without(vector: Float64Array, basis: readonly Float64Array[]): Float64Array {
  for (const each of basis) {
    const along = dotOf(vector, each);
    for (let r = 0; r < vector.length; r++) vector[r] -= along * each[r];
  }
  return vector;
}

function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const size = Math.sqrt(dotOf(vector, vector));
    if (!(size > 0) || !Number.isFinite(size)) continue;
    const rest = without(without(vector.map((each) => each / size), basis), basis);
    const left = Math.sqrt(dotOf(rest, rest));
    if (left > 1e-8) basis.push(rest.map((each) => each / left));
  }
  return basis;
}

/** What a direction explains of residuals that are at right angles to a basis. */
function gainOf(
  direction: Float64Array,
  residual: Float64Array,
  basis: readonly Float64Array[],
): number {
  const along = dotOf(direction, residual);
  let length = dotOf(direction, direction);
  if (!(length > 0) || !Number.isFinite(length)) return 0;
  const whole = length;
  for (const each of basis) length -= dotOf(direction, each) ** 2;
  return length > 1e-10 * whole ? along * along / length : 0;
}

/** Functions around a node, other columns and powers in its place, factors and denominators. */
function structural(
  formula: Formula,
  { node, values }: NodeValues,
  at: number,
  { columns }: FormulaRows,
  allowed: Allowed,
): Formula[] {
  const put = (by: Formula) => replaced(formula, at, () => by);
  if (isNumber(node)) {
    if (!node.free) return [];
    return [...columns.keys()].flatMap((name) => [
      put(productOf([node, columnNode(name)])),
      ...(allowed("inverse") ? [put(productOf([node, powerOf(columnNode(name), -1)]))] : []),
    ]);
  }
  const changes: Formula[] = [];
  const mayRaise = (power: number) => allowed(powerName(power)) || anyPower(allowed);
  for (const [name, column] of columns) {
    const x = columnNode(name);
    changes.push(put(productOf([node, x])));
    if (!column.includes(0) && allowed("inverse")) {
      changes.push(put(productOf([node, powerOf(x, -1)])));
    }
    if (node.kind === "variable" && node.name !== name) changes.push(put(x));
    changes.push(put(addUp([node, productOf([free(0), x])])));
  }
  changes.push(put(addUp([node, free(0)])));
  changes.push(...around(node, values, allowed).map(put));
  if (node.kind === "power" && isNumber(node.exponent) && !node.exponent.free) {
    const { base, exponent: { value } } = node;
    for (const other of [value + 1, value - 1, value / 2, 2 * value]) {
      if (other !== 0 && Math.abs(other) <= 6 && mayRaise(other)) {
        changes.push(put(powerOf(base, other)));
      }
    }
  }
  if (node.kind === "call") {
    changes.push(put(node.argument));
    for (const name of ["sin", "cos", "exp", "tanh", "log"]) {
      if (name !== node.name && allowed(name)) changes.push(put(callOf(name, node.argument)));
    }
  }
  if (node.kind === "sum" || node.kind === "product") {
    const parts = node.kind === "sum" ? node.terms : node.factors;
    parts.forEach((_, i) => {
      const rest = parts.filter((_, k) => k !== i);
      changes.push(put(node.kind === "sum" ? addUp(rest) : productOf(rest)));
    });
  }
  return changes;
}

/** `a f(b N + c)` with first guesses of its constants. */
function around(node: Formula, values: Float64Array, allowed: Allowed): Formula[] {
  const [low, high] = rangeOf(values), range = high - low;
  if (!(range > 0) || !Number.isFinite(range)) return [];
  const scaled = (k: number) => productOf([free(k), node]);
  const inner = (k: number, c: number) => addUp([scaled(k), free(c)]);
  const changes: Formula[] = [];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const add = (name: string, ...made: Formula[]) => {
    if (allowed(name)) changes.push(...made);
  };
  add("exp", ...[1.5 / range, -1.5 / range].map((k) => callOf("exp", scaled(k))));
  if (size < 20) add("exp", callOf("exp", node));
  for (const k of [2, 6, 14]) {
    add("sin", callOf("sin", inner(k / range, -k * low / range)));
    add("cos", callOf("cos", scaled(k / range)));
  }
  if (size < 15) add("sin", callOf("sin", node));
  if (size < 15) add("cos", callOf("cos", node));
  add("tanh", callOf("tanh", inner(4 / range, -2 * (low + high) / range)));
  if (low > 0) {
    if (anyPower(allowed) && !hasCalls(node)) changes.push(powerOf(node, free(1)));
    add("sqrt", powerOf(node, 0.5));
    add("log", callOf("log", node));
    add("inverse", powerOf(node, -1));
  } else if (high < 0) add("inverse", powerOf(node, -1));
  if (low > -1 && size < 3) add("log", callOf("log", addUp([free(1), node])));
  add("log", callOf("log", addUp([free(1 - low / range), productOf([free(1 / range), node])])));
  add("inverse", powerOf(inner(1 / range, 0.5 - low / range), -1));
  add("x^2", powerOf(node, 2));
  add("sqrt", powerOf(inner(1 / range, 0.1 - low / range), 0.5));
  if (low < 0 && high > 0) add("abs", callOf("abs", node));
  return changes;
}

/** Whether the library has all powers, so that exponents may be measured. */
function anyPower(allowed: Allowed): boolean {
  return ["sqrt", "inverse", "x^2", "x^3", "x^(5/2)", "x^(-3/2)"].every(allowed);
}

function hasCalls(formula: Formula): boolean {
  let found = false;
  visitFormula(formula, ({ kind }) => found ||= kind === "call");
  return found;
}

/** Functions of which one around the other is nothing that people write. */
const WAVES = new Set(["sin", "cos", "tanh", "tan", "arctan", "arcsin", "arccos", "sigmoid"]);

/** Whether a wave is all that another function is applied to, `sin(cos(x))`, `tanh(log(x))`. */
export function isOdd(formula: Formula): boolean {
  let found = false;
  visitFormula(formula, (node) => {
    if (node.kind !== "call" || !(WAVES.has(node.name) || node.name === "log")) return;
    const terms = node.argument.kind === "sum" ? node.argument.terms : [node.argument];
    const real = terms.filter((term) => !isNumber(term));
    const [inner, ...others] = real.length === 1 && real[0].kind === "product"
      ? real[0].factors.filter((factor) => !isNumber(factor))
      : real;
    if (inner?.kind !== "call" || others.length > 0) return;
    const { name } = inner;
    found ||= WAVES.has(node.name) ? WAVES.has(name) || name === "log" : name === "log";
  });
  return found;
}
