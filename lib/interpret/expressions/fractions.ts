/**
 * Fractions within fractions, cleared; numbers taken into sums; signs and powers as people write
 * them.
 *
 * @module
 */

import { complexityOf } from "./complexity.ts";
import { expandFormula } from "./expand.ts";
import {
  constant,
  type Formula,
  isNumber,
  mapFormula,
  type NumberNode,
  powerOf,
  type ProductNode,
  productOf,
  type SumNode,
} from "./formula.ts";
import { sigmoidOfLogarithm } from "./join_waves.ts";
import { isOne, negated, powerOfNumber } from "./numbers.ts";
import { addAll, keyOf, multiplyAll, ofTerm, powerParts, raise, termOf } from "./normal_form.ts";
import { exp } from "../../numerics/inner.ts";

/** What stands below the line in the terms of a sum: `a^2 b` of `x/a^2 + y/(a b)`. */
function denominatorOf({ terms }: SumNode): Formula[] {
  const found = new Map<string, { base: Formula; power: number }>();
  for (const term of terms) {
    for (const factor of termOf(term).factors) {
      const { base, exponent } = powerParts(factor);
      if (!isNumber(exponent) || exponent.free || !(exponent.value < 0)) continue;
      const key = keyOf(base), known = found.get(key);
      if (known === undefined || known.power < -exponent.value) {
        found.set(key, { base, power: -exponent.value });
      }
    }
  }
  return [...found.values()].map(({ base, power }) => raise(base, constant(power)));
}

/** A sum over one denominator: `x/a + y` as `(x + a y)/a`, in all ways of one step. */
export function commonDenominators(sum: SumNode): Formula[] {
  return denominatorOf(sum).map((below) => {
    const above = sum.terms.map((term) => {
      const { base } = powerParts(below),
        keep = termOf(term).factors.some((factor) =>
          keyOf(powerParts(factor).base) === keyOf(base) && isBelow(factor)
        );
      const product = multiplyAll([term, below]);
      return keep ? product : expandFormula(product);
    });
    return multiplyAll([addAll(above), raise(below, constant(-1))]);
  });
}

function isBelow(factor: Formula): boolean {
  const { exponent } = powerParts(factor);
  return isNumber(exponent) && exponent.value < 0;
}

/** How much longer a formula may become for a fraction within a fraction. */
const LONGER = 4.5;

/** No fraction stands below the line of another: `1/(1 + b/a)` is `a/(a + b)`. */
export function clearFractions(formula: Formula): Formula {
  return mapFormula(formula, (node) => {
    if (node.kind === "product") {
      const flat = node.factors.flatMap((each) => each.kind === "product" ? each.factors : [each]);
      return cleared({ kind: "product", factors: flat });
    }
    return node.kind === "power" ? cleared({ kind: "product", factors: [node] }) : node;
  });
}

function cleared(product: ProductNode): Formula {
  const factors = product.factors.flatMap((factor): Formula[] => {
    if (factor.kind !== "power" || factor.base.kind !== "sum" || !isNumber(factor.exponent)) {
      return [factor];
    }
    const { value, free } = factor.exponent;
    if (free || !(value < 0)) return [factor];
    const below = denominatorOf(factor.base);
    const plain = below.every((each) => Number.isInteger(value) || powerParts(each).base === each);
    if (below.length === 0 || !plain || !Number.isInteger(value)) return [factor];
    const sum = addAll(factor.base.terms.map((term) => multiplyAll([term, ...below])));
    return [...below.map((each) => raise(each, constant(-value))), raise(sum, factor.exponent)];
  });
  if (factors.length === product.factors.length) return productOf(product.factors);
  const next = multiplyAll(factors), before = productOf(product.factors);
  return complexityOf(next) <= complexityOf(before) + LONGER ? next : before;
}

/** `sqrt(2) sqrt(x/2 + y)` as `sqrt(x + 2 y)`, `6/(3 x - 2)` as `2/(x - 2/3)`. */
export function numbersInside({ factors }: ProductNode): Formula[] {
  const [first] = factors;
  const coefficient = isNumber(first) ? first : constant(1);
  if (coefficient.free) return [];
  return factors.flatMap((factor, at) => {
    const { base, exponent } = powerParts(factor);
    if (base.kind !== "sum" || !isNumber(exponent) || exponent.free) return [];
    const rest = factors.filter((each, i) => i !== at && each !== coefficient);
    const odd = Math.abs(exponent.value % 2) === 1;
    const inners = base.terms.map((term) => termOf(term).coefficient)
      .filter((each) => !each.free && !isOne(each) && (each.value > 0 || odd))
      .map((each) => powerOfNumber(each, constant(-1))!);
    const whole = coefficient.value > 0
      ? powerOfNumber(coefficient, constant(1 / exponent.value))
      : undefined;
    return [...inners, ...(whole && !whole.free ? [whole] : [])].flatMap((inner) => {
      const outer = powerOfNumber(inner, negated(exponent));
      if (outer === undefined) return [];
      const scaled = addAll(base.terms.map((term) => multiplyAll([inner, term])));
      const number = multiplyAll([coefficient, outer]);
      const power = isOne(exponent) ? scaled : powerOf(scaled, exponent);
      const plain = isNumber(number) && isOne(number);
      return [productOf([...(plain ? [] : [number]), ...rest, power])];
    });
  });
}

/** `x e^(a u^2 + b u)` with a measured constant before it as `x e^(a (u + b/(2 a))^2)`. */
export function squaresInside({ factors }: ProductNode): Formula[] {
  const [first, ...rest] = factors;
  if (!isNumber(first) || !first.free) return [];
  const at = rest.findIndex((each) => each.kind === "call" && each.name === "exp");
  const call = rest[at];
  if (call?.kind !== "call") return [];
  const argument = expandFormula(call.argument);
  if (argument.kind !== "sum") return [];
  let { value } = first, changed = false, left = [...argument.terms];
  for (const term of argument.terms) {
    const { coefficient: a, factors: [square, ...more] } = termOf(term);
    if (more.length > 0 || square?.kind !== "power" || !isNumber(square.exponent)) continue;
    if (square.exponent.value !== 2 || square.exponent.free) continue;
    const line = left.find((each) => {
      const parts = termOf(each).factors;
      return parts.length === 1 && keyOf(parts[0]) === keyOf(square.base);
    });
    if (line === undefined) continue;
    const b = termOf(line).coefficient, shift = b.value / (2 * a.value);
    const moved = exactRatio(b, a);
    const whole = ofTerm({
      coefficient: a,
      factors: [powerOf(addAll([square.base, moved]), 2)],
    });
    left = [...left.filter((each) => each !== line && each !== term), whole];
    value *= exp(-a.value * shift * shift);
    changed = true;
  }
  if (!changed) return [];
  const exponential: Formula = { kind: "call", name: "exp", argument: addAll(left) };
  const others = rest.filter((_, i) => i !== at);
  return [productOf([{ kind: "number", value, free: true }, ...others, exponential])];
}

/** `b / (2 a)`. */
function exactRatio(b: NumberNode, a: NumberNode): Formula {
  return multiplyAll([b, powerOfNumber(multiplied(a, 2), constant(-1))!]);
}

function multiplied(a: NumberNode, by: number): NumberNode {
  return multiplyAll([a, constant(by)]) as NumberNode;
}

/** Signs go into differences: `-x/(1 - y)` is `x/(y - 1)`; `exp(t log(u))` is `u^t`. */
export function asWritten(formula: Formula): Formula {
  return mapFormula(formula, (node) => {
    if (node.kind === "call" && node.name === "exp") return generalPower(node.argument) ?? node;
    if (node.kind === "call" && node.name === "sigmoid") {
      return sigmoidOfLogarithm(node.argument) ?? node;
    }
    if (node.kind !== "product") return node;
    const { coefficient, factors } = termOf(node);
    if (!(coefficient.value < 0)) return node;
    const at = factors.findIndex((factor) => {
      const { base, exponent } = powerParts(factor);
      if (base.kind !== "sum" || !isNumber(exponent) || exponent.free) return false;
      const signs = base.terms.map((term) => termOf(term).coefficient.value > 0);
      return Math.abs(exponent.value % 2) === 1 && new Set(signs).size === 2;
    });
    if (at < 0) return node;
    const { base, exponent } = powerParts(factors[at]);
    const turned = addAll((base as SumNode).terms.map((term) => multiplyAll([constant(-1), term])));
    const power = isNumber(exponent) && isOne(exponent) ? turned : powerOf(turned, exponent);
    return ofTerm({
      coefficient: negated(coefficient),
      factors: factors.map((factor, i) => i === at ? power : factor),
    });
  });
}

function generalPower(argument: Formula): Formula | undefined {
  const { coefficient, factors } = termOf(argument);
  const at = factors.findIndex((each) => each.kind === "call" && each.name === "log");
  const logarithm = factors[at];
  if (logarithm?.kind !== "call" || factors.length < 2) return undefined;
  return powerOf(
    logarithm.argument,
    ofTerm({ coefficient, factors: factors.filter((_, i) => i !== at) }),
  );
}
