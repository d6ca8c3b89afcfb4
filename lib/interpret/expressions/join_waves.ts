/**
 * Sums of waves as one wave: amplitudes and phases, squares of half angles, tanh as a sigmoid.
 *
 * @module
 */

import {
  callOf,
  constant,
  type Formula,
  free,
  isNumber,
  type NumberNode,
  productOf,
  type SumNode,
} from "./formula.ts";
import { multiplyNumbers, negated } from "./numbers.ts";
import { addAll, applyFunction, keyOf, multiplyAll, ofTerm, raise, termOf } from "./normal_form.ts";
import { atan2, hypot } from "../../numerics/inner.ts";

const HALF: NumberNode = { kind: "number", value: 0.5, exact: "1/2" };

/** Other ways to write a sum of waves, one step each. */
export function joinedWaves(sum: SumNode): Formula[] {
  return [...amplitudes(sum), ...halfAngles(sum), ...steps(sum)];
}

function waveOf(term: Formula, name: string) {
  const { coefficient, factors } = termOf(term);
  const at = factors.findIndex((each) => each.kind === "call" && each.name === name);
  const wave = factors[at];
  if (wave?.kind !== "call") return undefined;
  const rest = factors.filter((_, i) => i !== at);
  return { coefficient, wave, rest, key: keyOf(productOf(rest)) };
}

/** `a cos u + b sin u = r cos(u - p)`, if a constant is measured. */
function amplitudes({ terms }: SumNode): Formula[] {
  return terms.flatMap((first, i) => {
    const cosine = waveOf(first, "cos");
    if (cosine === undefined) return [];
    return terms.flatMap((second, j) => {
      const sine = waveOf(second, "sin");
      if (sine === undefined || i === j || sine.key !== cosine.key) return [];
      if (keyOf(sine.wave.argument) !== keyOf(cosine.wave.argument)) return [];
      const a = cosine.coefficient, b = sine.coefficient;
      if (!a.free && !b.free) return [];
      const phase = free(-atan2(b.value, a.value));
      const wave = callOf("cos", addAll([cosine.wave.argument, phase]));
      const joined = multiplyAll([free(hypot(a.value, b.value)), ...cosine.rest, wave]);
      return [addAll([...terms.filter((_, k) => k !== i && k !== j), joined])];
    });
  });
}

/** The place of the term with these factors and this coefficient, or -1. */
function placeOf(terms: readonly Formula[], key: string, coefficient: NumberNode): number {
  return terms.findIndex((term) => {
    const other = termOf(term);
    return !other.coefficient.free && other.coefficient.value === coefficient.value &&
      keyOf(productOf(other.factors)) === key;
  });
}

/** `1 + sign f(u) = 2 g(u)`, for both signs. */
function joinedWithOne(
  { terms }: SumNode,
  name: string,
  half: (argument: Formula, sign: number) => Formula,
): Formula[] {
  return terms.flatMap((term, i) => {
    const found = waveOf(term, name);
    if (found === undefined || found.coefficient.free) return [];
    const { coefficient, wave, rest, key } = found;
    return [1, -1].flatMap((sign) => {
      const partner = sign === 1 ? coefficient : negated(coefficient);
      const at = placeOf(terms, key, partner);
      if (at < 0 || at === i) return [];
      const twice = multiplyNumbers(constant(2), partner);
      const joined = multiplyAll([twice, ...rest, half(wave.argument, sign)]);
      return [addAll([...terms.filter((_, k) => k !== i && k !== at), joined])];
    });
  });
}

/** `1 - cos u = 2 sin^2(u/2)`, `1 + cos u = 2 cos^2(u/2)`. */
function halfAngles(sum: SumNode): Formula[] {
  return joinedWithOne(sum, "cos", (argument, sign) => {
    const wave = applyFunction(sign === 1 ? "cos" : "sin", multiplyAll([HALF, argument]));
    return raise(wave, constant(2));
  });
}

/** `1 + tanh u = 2 sigmoid(2 u)`, `1 - tanh u = 2 sigmoid(-2 u)`. */
function steps(sum: SumNode): Formula[] {
  return joinedWithOne(
    sum,
    "tanh",
    (argument, sign) => callOf("sigmoid", multiplyAll([constant(2 * sign), argument])),
  );
}

/** `sigmoid(c log(u) + d)` is `1/(1 + e^-d u^-c)`: a fraction of powers; undefined of others. */
export function sigmoidOfLogarithm(argument: Formula): Formula | undefined {
  const terms = argument.kind === "sum" ? argument.terms : [argument];
  const only = terms.filter((term) => !isNumber(term));
  if (only.length === 0) return undefined;
  const logs = only.every((term) => {
    const { factors } = termOf(term);
    return factors.length === 1 && factors[0].kind === "call" && factors[0].name === "log";
  });
  if (!logs) return undefined;
  const power = applyFunction("exp", ofTerm(termOf(multiplyAll([constant(-1), argument]))));
  const [base, below] = power.kind === "power" && isNumber(power.exponent) &&
      power.exponent.value < 0
    ? [raise(power, constant(-1)), true]
    : [power, false];
  // u^c / (1 + u^c) rather than 1 / (1 + u^-c)
  return below
    ? multiplyAll([base, raise(addAll([constant(1), base]), constant(-1))])
    : raise(addAll([constant(1), power]), constant(-1));
}
