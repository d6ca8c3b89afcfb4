/**
 * Formulas as data: a small tree that is its own JSON.
 *
 * @module
 */

/** A number. */
export interface NumberNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "number";
  /** In float64. */
  readonly value: number;
  /** Whether refits may move it: a measured constant. Absent: it is part of the structure. */
  readonly free?: true;
  /** How it is written where it was rounded to an exact constant: `"3*pi/2"`. */
  readonly exact?: string;
  /** Standard error of a measured constant. */
  readonly error?: number;
}

/** A column. */
export interface VariableNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "variable";
  /** Name of the column. */
  readonly name: string;
}

/** `terms[0] + terms[1] + ...`. */
export interface SumNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "sum";
  /** At least one. */
  readonly terms: readonly Formula[];
}

/** `factors[0] * factors[1] * ...`. */
export interface ProductNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "product";
  /** At least one. */
  readonly factors: readonly Formula[];
}

/** `base ^ exponent`. */
export interface PowerNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "power";
  /** What is raised. */
  readonly base: Formula;
  /** To what. */
  readonly exponent: Formula;
}

/** A function of the library, `sin` or `exp`. */
export interface CallNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "call";
  /** Name of the function. */
  readonly name: string;
  /** What it is applied to. */
  readonly argument: Formula;
}

/** A spline that is not a symbol yet: an edge of a network. */
export interface SplineNode {
  /** Tells the kinds of nodes apart. */
  readonly kind: "spline";
  /** What it is applied to. */
  readonly argument: Formula;
  /** All knots, `coefficients.length + degree + 1`. */
  readonly knots: readonly number[];
  /** Polynomial degree. */
  readonly degree: number;
  /** Of the B-splines. */
  readonly coefficients: readonly number[];
  /** Whether refits leave it as it is. */
  readonly locked?: true;
  /** Where it stood in the network: layer, input, output. */
  readonly edge?: readonly [number, number, number];
}

/** A formula: plain data, never changed in place. */
export type Formula =
  | NumberNode
  | VariableNode
  | SumNode
  | ProductNode
  | PowerNode
  | CallNode
  | SplineNode;

/** A number of the structure. */
export function constant(value: number): NumberNode {
  return { kind: "number", value };
}

/** A number that refits may move. */
export function free(value: number): NumberNode {
  return { kind: "number", value, free: true };
}

/** A column. */
export function columnNode(name: string): VariableNode {
  return { kind: "variable", name };
}

/** A sum; of one term the term, of none 0. */
export function addUp(terms: readonly Formula[]): Formula {
  return terms.length === 0 ? constant(0) : terms.length === 1 ? terms[0] : { kind: "sum", terms };
}

/** A product; of one factor the factor, of none 1. */
export function productOf(factors: readonly Formula[]): Formula {
  if (factors.length === 0) return constant(1);
  return factors.length === 1 ? factors[0] : { kind: "product", factors };
}

/** A power. */
export function powerOf(base: Formula, exponent: number | Formula): Formula {
  return {
    kind: "power",
    base,
    exponent: typeof exponent === "number" ? constant(exponent) : exponent,
  };
}

/** A function of the library. */
export function callOf(name: string, argument: Formula): CallNode {
  return { kind: "call", name, argument };
}

/** The parts of a node, in the order of printing. */
export function partsOf(formula: Formula): readonly Formula[] {
  switch (formula.kind) {
    case "sum":
      return formula.terms;
    case "product":
      return formula.factors;
    case "power":
      return [formula.base, formula.exponent];
    case "call":
    case "spline":
      return [formula.argument];
    default:
      return [];
  }
}

/** Puts other parts into a node. */
export function withParts(formula: Formula, parts: readonly Formula[]): Formula {
  switch (formula.kind) {
    case "sum":
      return { kind: "sum", terms: parts };
    case "product":
      return { kind: "product", factors: parts };
    case "power":
      return { kind: "power", base: parts[0], exponent: parts[1] };
    case "call":
    case "spline":
      return { ...formula, argument: parts[0] };
    default:
      return formula;
  }
}

/** Changes nodes from the leaves to the root. */
export function mapFormula(formula: Formula, change: (node: Formula) => Formula): Formula {
  const parts = partsOf(formula);
  if (parts.length === 0) return change(formula);
  const mapped = parts.map((part) => mapFormula(part, change));
  const same = mapped.every((part, i) => part === parts[i]);
  return change(same ? formula : withParts(formula, mapped));
}

/** Visits every node, parts after their whole. */
export function visitFormula(formula: Formula, visit: (node: Formula) => void): void {
  visit(formula);
  for (const part of partsOf(formula)) visitFormula(part, visit);
}

/** The free numbers, in the order of {@linkcode mapFormula}; coefficients of splines left out. */
export function freeNumbers(formula: Formula): NumberNode[] {
  const found: NumberNode[] = [];
  mapFormula(formula, (node) => {
    if (node.kind === "number" && node.free) found.push(node);
    return node;
  });
  return found;
}

/** Puts other free numbers into a formula, in the order of {@linkcode freeNumbers}. */
export function withFreeNumbers(
  formula: Formula,
  replace: (node: NumberNode, index: number) => NumberNode,
): Formula {
  let at = 0;
  return mapFormula(
    formula,
    (node) => node.kind === "number" && node.free ? replace(node, at++) : node,
  );
}

/** The columns that a formula reads, sorted. */
export function columnsRead(formula: Formula): string[] {
  const names = new Set<string>();
  visitFormula(formula, (node) => {
    if (node.kind === "variable") names.add(node.name);
  });
  return [...names].sort();
}

/** Whether a formula is a number, of any kind. */
export function isNumber(formula: Formula): formula is NumberNode {
  return formula.kind === "number";
}

/** Puts formulas in the place of variables. */
export function putInto(
  formula: Formula,
  replacements: ReadonlyMap<string, Formula>,
): Formula {
  return mapFormula(
    formula,
    (node) => node.kind === "variable" ? replacements.get(node.name) ?? node : node,
  );
}
