/**
 * One form for formulas that are the same: sums of coefficients times products of powers, numbers
 * in one place, so that no two constants can stand for each other.
 *
 * @module
 */

import {
  addUp,
  callOf,
  constant,
  type Formula,
  isNumber,
  type NumberNode,
  partsOf,
  powerOf,
  productOf,
  withParts,
} from "./formula.ts";
import { exactOf } from "./exact.ts";
import { addNumbers, isOne, isZero, multiplyNumbers, negated, powerOfNumber } from "./numbers.ts";
import { findSymbol, symbol } from "../symbols/library.ts";
import { exp, log } from "../../numerics/inner.ts";

const keys = new WeakMap<Formula, string>();

/** A text that is the same for the same formulas, values of free numbers included. */
export function keyOf(formula: Formula): string {
  const known = keys.get(formula);
  if (known !== undefined) return known;
  const key = makeKey(formula);
  keys.set(formula, key);
  return key;
}

function makeKey(formula: Formula): string {
  switch (formula.kind) {
    case "number":
      return `${formula.free ? "~" : ""}${formula.exact ?? formula.value}`;
    case "variable":
      return JSON.stringify(formula.name);
    case "spline":
      return `S${formula.edge ?? ""}[${formula.coefficients}](${keyOf(formula.argument)})`;
    case "call":
      return `${formula.name}(${keyOf(formula.argument)})`;
    default:
      return `${formula.kind}(${partsOf(formula).map(keyOf).join()})`;
  }
}

/** A coefficient and the rest of a term. */
export interface Term {
  readonly coefficient: NumberNode;
  readonly factors: readonly Formula[];
}

const ONE = constant(1);

/** Takes a term apart. */
export function termOf(formula: Formula): Term {
  if (isNumber(formula)) return { coefficient: formula, factors: [] };
  if (formula.kind !== "product") return { coefficient: ONE, factors: [formula] };
  const [first, ...rest] = formula.factors;
  return isNumber(first)
    ? { coefficient: first, factors: rest }
    : { coefficient: ONE, factors: formula.factors };
}

/** Puts a term together. */
export function ofTerm({ coefficient, factors }: Term): Formula {
  if (factors.length === 0) return coefficient;
  return productOf(isOne(coefficient) ? factors : [coefficient, ...factors]);
}

/** The terms of a formula: of a sum all, else the formula itself. */
export function termsOf(formula: Formula): readonly Formula[] {
  return formula.kind === "sum" ? formula.terms : [formula];
}

/** Base and exponent of a factor. */
export function powerParts(
  factor: Formula,
): { readonly base: Formula; readonly exponent: Formula } {
  return factor.kind === "power" ? factor : { base: factor, exponent: ONE };
}

/** Brings a formula to its normal form. */
export function normalForm(formula: Formula): Formula {
  const parts = partsOf(formula);
  if (parts.length === 0) return formula;
  return normalNode(withParts(formula, parts.map(normalForm)));
}

/** The normal form of a node whose parts have it. */
export function normalNode(node: Formula): Formula {
  switch (node.kind) {
    case "sum":
      return addAll(node.terms);
    case "product":
      return multiplyAll(node.factors);
    case "power":
      return raise(node.base, node.exponent);
    case "call":
      return applyFunction(node.name, node.argument);
    default:
      return node;
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Adds, and collects what is the same. */
export function addAll(formulas: readonly Formula[]): Formula {
  const terms = new Map<string, Term[]>();
  for (const each of formulas.flatMap(termsOf)) {
    const term = termOf(each), key = term.factors.map(keyOf).join("*");
    const list = terms.get(key) ?? [];
    // exact numbers of different kinds, 1 and pi, stand side by side
    const at = list.findIndex(({ coefficient }) =>
      addNumbers(coefficient, term.coefficient) !== undefined
    );
    if (at < 0) list.push(term);
    else {
      list[at] = { ...term, coefficient: addNumbers(list[at].coefficient, term.coefficient)! };
    }
    terms.set(key, list);
  }
  const sorted = [...terms].sort(([a], [b]) => order(sortKey(a), sortKey(b)))
    .flatMap(([, list]) => list).filter(({ coefficient }) => !isZero(coefficient));
  return addUp(sorted.map(ofTerm));
}

/** Constants first, then by the names of the columns. */
function sortKey(key: string): string {
  if (key === "") return "";
  const names = key.match(/"[^"]*"/g) ?? [];
  return `${[...new Set(names)].sort().join()}|${key.length.toString().padStart(6, "0")}|${key}`;
}

/** Multiplies, and collects powers of the same base and exponentials. */
export function multiplyAll(formulas: readonly Formula[]): Formula {
  let coefficient: NumberNode = ONE;
  const powers = new Map<string, { base: Formula; exponents: Formula[] }>();
  const exponents: Formula[] = [];
  function take(factor: Formula): void {
    if (factor.kind === "product") return factor.factors.forEach(take);
    if (isNumber(factor)) {
      coefficient = multiplyNumbers(coefficient, factor);
      return;
    }
    if (factor.kind === "call" && factor.name === "exp") {
      exponents.push(factor.argument);
      return;
    }
    const { base, exponent } = powerParts(factor), key = keyOf(base);
    const found = powers.get(key);
    if (found) found.exponents.push(exponent);
    else powers.set(key, { base, exponents: [exponent] });
  }
  formulas.forEach(take);
  const factors: Formula[] = [];
  let again = false;
  for (const { base, exponents: list } of powers.values()) {
    const factor = list.length === 1 ? rejoin(base, list[0]) : raise(base, addAll(list));
    again ||= list.length > 1 && (isNumber(factor) || factor.kind === "product");
    factors.push(factor);
  }
  if (exponents.length > 0) {
    const factor = exponents.length === 1
      ? callOf("exp", exponents[0])
      : applyFunction("exp", addAll(exponents));
    again ||= exponents.length > 1 && factor.kind !== "call";
    factors.push(factor);
  }
  if (isZero(coefficient)) return constant(0);
  if (again) return multiplyAll([coefficient, ...factors]);
  return finishProduct(coefficient, factors);
}

function rejoin(base: Formula, exponent: Formula): Formula {
  return isNumber(exponent) && isOne(exponent) ? base : powerOf(base, exponent);
}

/** The numbers of sums among the factors go to the coefficient; a number times a sum is a sum. */
function finishProduct(coefficient: NumberNode, factors: readonly Formula[]): Formula {
  if (factors.length === 1 && factors[0].kind === "sum") {
    if (isOne(coefficient)) return factors[0];
    return addUp(factors[0].terms.map((term) => scaled(term, coefficient)));
  }
  const kept = factors.map((factor) => {
    if (factor.kind !== "sum") return factor;
    const { content, rest } = contentOf(factor.terms, true);
    coefficient = multiplyNumbers(coefficient, content);
    return rest;
  });
  const sorted = kept.sort((a, b) => order(sortKey(keyOf(a)), sortKey(keyOf(b))));
  return ofTerm({ coefficient, factors: sorted });
}

function scaled(term: Formula, by: NumberNode): Formula {
  const { coefficient, factors } = termOf(term);
  return ofTerm({ coefficient: multiplyNumbers(coefficient, by), factors });
}

/** What can be taken out of a sum as a factor: a number; the rest has 1 in its place. */
export function contentOf(
  terms: readonly Formula[],
  signed: boolean,
): { readonly content: NumberNode; readonly rest: Formula } {
  const coefficients = terms.map((term) => termOf(term).coefficient);
  const anyFree = coefficients.some((each) => each.free);
  // exact coefficients stay unless all have the same size; of measured ones one becomes 1
  const [first] = coefficients;
  const alike = coefficients.every((each) =>
    Math.abs(Math.abs(each.value) - Math.abs(first.value)) <= 1e-15 * Math.abs(first.value)
  );
  const someExactOne = coefficients.some((each) => !each.free);
  if (first.value === 0 || (!alike && (!anyFree || someExactOne))) {
    return { content: ONE, rest: addUp(terms) };
  }
  const largest = coefficients.reduce((a, b) => Math.abs(b.value) > Math.abs(a.value) ? b : a);
  const pivot = Math.abs(first.value) > 1e-3 * Math.abs(largest.value) ? first : largest;
  const size = signed || pivot.value > 0 ? pivot : negated(pivot);
  if (isOne(size)) return { content: ONE, rest: addUp(terms) };
  const inverse = powerOfNumber(size, constant(-1))!;
  const rest = terms.map((term) => {
    const { coefficient, factors } = termOf(term);
    if (coefficient === pivot) {
      return ofTerm({ coefficient: constant(size === pivot ? 1 : -1), factors });
    }
    return ofTerm({ coefficient: multiplyNumbers(coefficient, inverse), factors });
  });
  return { content: size, rest: addUp(rest) };
}

/** Raises to a power. */
export function raise(base: Formula, exponent: Formula): Formula {
  if (!isNumber(exponent)) return powerOf(base, exponent);
  if (isZero(exponent)) return ONE;
  if (isOne(exponent)) return base;
  const whole = !exponent.free && Number.isInteger(exponent.value);
  if (isNumber(base)) return powerOfNumber(base, exponent) ?? powerOf(base, exponent);
  if (base.kind === "product") {
    const { coefficient, factors } = termOf(base);
    if (whole) {
      return multiplyAll([
        ...(isOne(coefficient) ? [] : [raise(coefficient, exponent)]),
        ...factors.map((factor) => raise(factor, exponent)),
      ]);
    }
    if (!isOne(coefficient) && coefficient.value !== -1) {
      const size = coefficient.value < 0 ? negated(coefficient) : coefficient;
      const sign = coefficient.value < 0 ? [constant(-1)] : [];
      return multiplyAll([
        raise(size, exponent),
        raise(ofTerm({ coefficient: sign[0] ?? ONE, factors }), exponent),
      ]);
    }
    return powerOf(base, exponent);
  }
  if (base.kind === "power" && isNumber(base.exponent)) {
    const inner = base.exponent, product = multiplyNumbers(inner, exponent);
    const even = !inner.free && Number.isInteger(inner.value) && inner.value % 2 === 0;
    if (whole || (!even && !(Number.isInteger(inner.value) && !inner.free))) {
      return raise(base.base, product);
    }
    if (even) return raise(applyFunction("abs", base.base), product);
  }
  if (base.kind === "call" && base.name === "exp") {
    return applyFunction("exp", multiplyAll([exponent, base.argument]));
  }
  if (base.kind === "call" && base.name === "abs" && whole && exponent.value % 2 === 0) {
    return raise(base.argument, exponent);
  }
  if (base.kind === "sum") {
    const { content, rest } = contentOf(base.terms, whole);
    if (!isOne(content)) {
      const outside = powerOfNumber(content, exponent);
      if (outside) return multiplyAll([outside, raise(rest, exponent)]);
    }
  }
  return powerOf(base, exponent);
}

const INVERSES: Readonly<Record<string, string>> = {
  exp: "log",
  sin: "arcsin",
  cos: "arccos",
  tan: "arctan",
  tanh: "arctanh",
  sinh: "arcsinh",
};

const onePlus = (sign: 1 | -1, u: Formula, exponent: number) =>
  raise(addAll([ONE, multiplyAll([constant(sign), raise(u, constant(2))])]), constant(exponent));

/** Waves of the angles of other waves: sides of a right triangle. */
const PYTHAGORAS: Readonly<Record<string, (u: Formula) => Formula>> = {
  "sin arctan": (u) => multiplyAll([u, onePlus(1, u, -0.5)]),
  "cos arctan": (u) => onePlus(1, u, -0.5),
  "sin arccos": (u) => onePlus(-1, u, 0.5),
  "cos arcsin": (u) => onePlus(-1, u, 0.5),
  "tan arcsin": (u) => multiplyAll([u, onePlus(-1, u, -0.5)]),
};

/** Applies a function of the library. */
export function applyFunction(name: string, argument: Formula): Formula {
  const found = symbol(name);
  if (name === "constant") return ONE;
  if (name === "x") return argument;
  if (found.power !== undefined) return raise(argument, constant(found.power));
  if (name === "gaussian") {
    return applyFunction("exp", multiplyAll([constant(-1), raise(argument, constant(2))]));
  }
  if (isNumber(argument)) {
    const value = found.value(argument.value);
    if (Number.isFinite(value) && (argument.free || value === Math.round(value))) {
      return argument.free ? { kind: "number", value, free: true } : constant(value);
    }
    return callOf(name, argument);
  }
  if (
    INVERSES[name] !== undefined && argument.kind === "call" && argument.name === INVERSES[name]
  ) {
    return argument.argument;
  }
  const opposite = argument.kind === "call" ? PYTHAGORAS[`${name} ${argument.name}`] : undefined;
  if (opposite && argument.kind === "call") return opposite(argument.argument);
  if (name === "exp") return exponential(argument);
  if (name === "log") return logarithm(argument);
  if (name === "abs") return absolute(argument);
  return oriented(turned(name, argument));
}

function exponential(argument: Formula): Formula {
  const outside: Formula[] = [], inside: Formula[] = [];
  for (const term of termsOf(argument)) {
    const { coefficient, factors } = termOf(term);
    if (factors.length === 0 && coefficient.free) {
      outside.push({ kind: "number", value: exp(coefficient.value), free: true });
    } else if (factors.length === 1 && factors[0].kind === "call" && factors[0].name === "log") {
      outside.push(raise(factors[0].argument, coefficient));
    } else inside.push(term);
  }
  if (outside.length === 0) return callOf("exp", argument);
  if (inside.length === 0) return multiplyAll(outside);
  return multiplyAll([...outside, callOf("exp", addAll(inside))]);
}

function logarithm(argument: Formula): Formula {
  const { coefficient, factors } = termOf(argument);
  if (factors.length === 1 && !isOne(coefficient) && coefficient.value > 0) {
    const number: Formula = coefficient.free
      ? { kind: "number", value: log(coefficient.value), free: true }
      : callOf("log", coefficient);
    return addAll([number, logarithm(factors[0])]);
  }
  if (argument.kind === "power" && isNumber(argument.exponent)) {
    const { base, exponent } = argument;
    const odd = !exponent.free && Math.abs(exponent.value % 2) === 1;
    if (odd || !Number.isInteger(exponent.value) || exponent.free) {
      return multiplyAll([exponent, logarithm(base)]);
    }
  }
  if (argument.kind === "call" && argument.name === "exp") return argument.argument;
  if (argument.kind === "sum") {
    const { content, rest } = contentOf(argument.terms, false);
    if (content.free) {
      return addAll([
        { kind: "number", value: log(content.value), free: true },
        callOf("log", rest),
      ]);
    }
  }
  return callOf("log", argument);
}

function absolute(argument: Formula): Formula {
  const { coefficient, factors } = termOf(argument);
  if (!isOne(coefficient)) {
    const size = coefficient.value < 0 ? negated(coefficient) : coefficient;
    return multiplyAll([size, absolute(productOf(factors))]);
  }
  if (argument.kind === "sum") {
    const { content, rest } = contentOf(argument.terms, true);
    if (!isOne(content)) {
      const size = content.value < 0 ? negated(content) : content;
      return multiplyAll([size, callOf("abs", rest)]);
    }
  }
  if (argument.kind === "call" && ["abs", "exp", "cosh"].includes(argument.name)) return argument;
  if (argument.kind === "power" && isNumber(argument.exponent) && !argument.exponent.free) {
    const { value } = argument.exponent;
    if (!Number.isInteger(value) || value % 2 === 0) return argument;
  }
  return callOf("abs", argument);
}

/** Turns of a quarter and more inside sin and cos; undefined where there is none. */
function turned(name: string, argument: Formula): Formula {
  if (name !== "sin" && name !== "cos") return callOf(name, argument);
  const terms = termsOf(argument);
  const at = terms.findIndex((term) => {
    const exact = isNumber(term) ? exactOf(term) : undefined;
    return exact && exact.pi === 1 && exact.root === 1 && exact.e === 0 && 2 % exact.below === 0;
  });
  if (at < 0) return callOf(name, argument);
  const exact = exactOf(terms[at] as NumberNode)!, rest = addUp(terms.filter((_, i) => i !== at));
  const quarters = (((2 / exact.below * exact.above) % 4) + 4) % 4;
  const shifted = (quarters + (name === "cos" ? 1 : 0)) % 4; // cos(u) = sin(u + pi/2)
  const inner = callOf(shifted % 2 === 0 ? "sin" : "cos", rest);
  return shifted < 2 ? inner : multiplyAll([constant(-1), inner]);
}

/** Odd and even functions take arguments with a positive first coefficient. */
function oriented(formula: Formula): Formula {
  const { coefficient, factors } = termOf(formula);
  const [call] = factors;
  if (factors.length !== 1 || call.kind !== "call") return formula;
  const { parity } = findSymbol(call.name) ?? {};
  const argument = call.argument.kind === "sum" && call.name === "sign"
    ? contentOf(call.argument.terms, false).rest
    : call.argument;
  const terms = termsOf(argument);
  const lead = terms.find((term) => termOf(term).factors.length > 0) ?? terms[0];
  if (parity === undefined || termOf(lead).coefficient.value >= 0) return formula;
  const flipped = callOf(call.name, multiplyAll([constant(-1), argument]));
  const sign = parity === "odd" ? negated(coefficient) : coefficient;
  return ofTerm({ coefficient: sign, factors: [flipped] });
}
