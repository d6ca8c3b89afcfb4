/**
 * Shorter ways to write a sum: common factors, squares, sines and cosines of sums.
 *
 * @module
 */

import {
  callOf,
  constant,
  type Formula,
  isNumber,
  type NumberNode,
  powerOf,
  productOf,
  type SumNode,
} from "./formula.ts";
import { exactOf } from "./exact.ts";
import { commonDenominators } from "./fractions.ts";
import { joinedWaves } from "./join_waves.ts";
import { addNumbers, multiplyNumbers, negated, powerOfNumber } from "./numbers.ts";
import {
  addAll,
  applyFunction,
  contentOf,
  keyOf,
  multiplyAll,
  ofTerm,
  powerParts,
  raise,
  type Term,
  termOf,
} from "./normal_form.ts";

/** Numbers that measured constants leave equal. */
const CLOSE = 1e-9;

function equal(a: NumberNode, b: NumberNode): boolean {
  const size = Math.max(Math.abs(a.value), Math.abs(b.value));
  return Math.abs(a.value - b.value) <= (a.free || b.free ? CLOSE : 1e-15) * size;
}

/** Other ways to write a sum, one step each. */
export function factored(sum: SumNode): Formula[] {
  return [
    ...commonFactors(sum),
    ...squares(sum),
    ...angleSums(sum),
    ...sigmoids(sum),
    ...joinedWaves(sum),
    ...commonDenominators(sum),
    ...numberContent(sum),
  ];
}

/** `2 sigmoid(2 u) - 1` is `tanh(u)`. */
function sigmoids(sum: SumNode): Formula[] {
  return sum.terms.flatMap((term, at) => {
    const { coefficient, factors } = termOf(term), [call] = factors;
    if (factors.length !== 1 || call.kind !== "call" || call.name !== "sigmoid") return [];
    const half: NumberNode = { kind: "number", value: 0.5, exact: "1/2" };
    const amplitude = multiplyNumbers(coefficient, half);
    const tanh = applyFunction("tanh", multiplyAll([half, call.argument]));
    const rest = sum.terms.filter((_, i) => i !== at);
    return [addAll([...rest, amplitude, multiplyAll([amplitude, tanh])])];
  });
}

/** `2 x + 2 y` as `2 (x + y)`; only at the very end, for the normal form undoes it. */
function numberContent(sum: SumNode): Formula[] {
  const { content, rest } = contentOf(sum.terms, true);
  const bare = content.value === 1 || content.value === -1;
  return bare || content.free ? [] : [{ kind: "product", factors: [content, rest] }];
}

/** The factors that some terms have in common stand before a sum of the rests. */
function commonFactors(sum: SumNode): Formula[] {
  const terms = sum.terms.map(termOf);
  const bases = new Map<string, { base: Formula; members: { at: number; exponent: number }[] }>();
  terms.forEach(({ factors }, at) => {
    for (const factor of factors) {
      const { base, exponent } = powerParts(factor);
      const plain = isNumber(exponent) && !exponent.free;
      const [root, power] = plain ? [base, exponent.value] : [factor, 1];
      const key = keyOf(root), found = bases.get(key) ?? { base: root, members: [] };
      found.members.push({ at, exponent: power });
      bases.set(key, found);
    }
  });
  const results: Formula[] = [];
  for (const { base, members } of bases.values()) {
    for (const sign of [1, -1]) {
      const chosen = members.filter(({ exponent }) => Math.sign(exponent) === sign);
      if (chosen.length < 2) continue;
      const least = chosen.reduce((a, { exponent }) => Math.min(a, Math.abs(exponent)), Infinity);
      const taken = raise(base, constant(sign * least));
      const inside = chosen.map(({ at }) =>
        multiplyAll([sum.terms[at], raise(base, constant(-sign * least))])
      );
      const outside = sum.terms.filter((_, at) => !chosen.some((each) => each.at === at));
      results.push(addAll([...outside, multiplyAll([taken, addAll(inside)])]));
    }
  }
  return results;
}

/** `a u^2 + b u v + c v^2` with `b^2 = 4 a c` is a square; so is `u^2 + b u` but for a number. */
function squares(sum: SumNode): Formula[] {
  const terms = sum.terms.map(termOf), results: Formula[] = [];
  for (let cross = 0; cross < terms.length; cross++) {
    for (let i = 0; i < terms.length; i++) {
      const root = squareRoot(terms[i].factors);
      if (i === cross || root === undefined || terms[i].factors.length === 0) continue;
      const other = quotient(terms[cross].factors, root);
      if (other === undefined) continue;
      const a = terms[i].coefficient, b = terms[cross].coefficient;
      const ratio = multiplyNumbers(
        b,
        powerOfNumber(multiplyNumbers(a, constant(2)), constant(-1))!,
      );
      const rest = multiplyNumbers(a, multiplyNumbers(ratio, ratio));
      const square = keyOf(multiplyAll([other, other]));
      const last = terms.findIndex((term, j) =>
        j !== i && j !== cross && keyOf(productOf(term.factors)) === square &&
        term.coefficient.value * rest.value > 0
      );
      if (last < 0 || keyOf(other) === keyOf(root)) continue;
      const whole = multiplyAll([
        a,
        raise(addAll([root, multiplyAll([ratio, other])]), constant(2)),
      ]);
      const left = sum.terms.filter((_, at) => at !== i && at !== cross && at !== last);
      const difference = addNumbers(terms[last].coefficient, negated(rest));
      const remains = equal(terms[last].coefficient, rest) || difference === undefined
        ? []
        : [ofTerm({ coefficient: difference, factors: terms[last].factors })];
      const measured = a.free || b.free || terms[last].coefficient.free;
      if (remains.length > 0 && (measured || terms[last].factors.length > 0)) continue;
      results.push(addAll([...left, whole, ...remains]));
    }
  }
  return results;
}

function squareRoot(factors: readonly Formula[]): Formula | undefined {
  const roots: Formula[] = [];
  for (const factor of factors) {
    const { base, exponent } = powerParts(factor);
    if (!isNumber(exponent) || exponent.free || exponent.value % 2 !== 0) return undefined;
    roots.push(raise(base, constant(exponent.value / 2)));
  }
  return multiplyAll(roots);
}

/** `factors / by`, if nothing stays below the line that was not there. */
function quotient(factors: readonly Formula[], by: Formula): Formula | undefined {
  const keys = factors.map((factor) => keyOf(powerParts(factor).base));
  const { factors: divisors } = termOf(by);
  if (divisors.some((each) => !keys.includes(keyOf(powerParts(each).base)))) return undefined;
  return multiplyAll([...factors, raise(by, constant(-1))]);
}

/** `cos a cos b - sin a sin b = cos(a + b)`, `sin a cos b + cos a sin b = sin(a + b)`. */
function angleSums(sum: SumNode): Formula[] {
  const terms = sum.terms.map(termOf), results: Formula[] = [];
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      for (const joined of [angleSum(terms[i], terms[j]), waves(terms[i], terms[j])]) {
        if (joined === undefined) continue;
        results.push(addAll([...sum.terms.filter((_, at) => at !== i && at !== j), joined]));
      }
    }
  }
  return results;
}

function wavesOf({ factors }: Term) {
  const isWave = (factor: Formula): factor is Formula & { kind: "call" } =>
    factor.kind === "call" && (factor.name === "sin" || factor.name === "cos");
  return {
    waves: factors.filter(isWave),
    others: keyOf(multiplyAll(factors.filter((factor) => !isWave(factor)))),
    rest: factors.filter((factor) => !isWave(factor)),
  };
}

function angleSum(first: Term, second: Term): Formula | undefined {
  const a = wavesOf(first), b = wavesOf(second);
  if (a.waves.length !== 2 || b.waves.length !== 2 || a.others !== b.others) return undefined;
  const angles = a.waves.map(({ argument }) => argument);
  const other = (wave: Formula & { kind: "call" }, name: string) =>
    b.waves.some((each) => each.name === name && keyOf(each.argument) === keyOf(wave.argument));
  const swapped = a.waves.every((wave) => other(wave, wave.name === "sin" ? "cos" : "sin"));
  if (!swapped) return undefined;
  const same = equal(first.coefficient, second.coefficient);
  if (!same && !equal(first.coefficient, negated(second.coefficient))) return undefined;
  const names = a.waves.map(({ name }) => name);
  const minus = (u: Formula, v: Formula) => addAll([u, multiplyAll([constant(-1), v])]);
  const plus = (u: Formula, v: Formula) => addAll([u, v]);
  let wave: Formula, { coefficient } = first;
  if (names[0] === names[1]) { // cos cos and sin sin
    wave = applyFunction("cos", same ? minus(angles[0], angles[1]) : plus(angles[0], angles[1]));
    if (!same && names[0] === "sin") coefficient = second.coefficient;
  } else {
    const [sine, cosine] = names[0] === "sin" ? angles : [angles[1], angles[0]];
    wave = applyFunction("sin", same ? plus(sine, cosine) : minus(sine, cosine));
  }
  return multiplyAll([coefficient, ...a.rest, wave]);
}

/** `e^u + e^-u = 2 cosh u`, `e^u - e^-u = 2 sinh u`, `sin^2 + cos^2 = 1`. */
function waves(first: Term, second: Term): Formula | undefined {
  const split = ({ factors }: Term) => {
    const at = factors.findIndex((each) => each.kind === "call" && each.name === "exp");
    const call = factors[at];
    return call?.kind !== "call" ? undefined : {
      argument: call.argument,
      rest: factors.filter((_, i) => i !== at),
    };
  };
  const a = split(first), b = split(second);
  if (a && b && keyOf(productOf(a.rest)) === keyOf(productOf(b.rest))) {
    const opposite = keyOf(multiplyAll([constant(-1), b.argument])) === keyOf(a.argument);
    if (!opposite) return undefined;
    const coefficient = multiplyNumbers(first.coefficient, constant(2));
    if (equal(first.coefficient, second.coefficient)) {
      return multiplyAll([coefficient, ...a.rest, callOf("cosh", a.argument)]);
    }
    if (equal(first.coefficient, negated(second.coefficient))) {
      return multiplyAll([coefficient, ...a.rest, applyFunction("sinh", a.argument)]);
    }
    return undefined;
  }
  if (!equal(first.coefficient, second.coefficient)) return undefined;
  const squared = ({ factors }: Term) =>
    factors.length === 1 && factors[0].kind === "power" && factors[0].base.kind === "call" &&
      isNumber(factors[0].exponent) && factors[0].exponent.value === 2
      ? factors[0].base
      : undefined;
  const u = squared(first), v = squared(second);
  const names = [u?.name, v?.name].sort().join();
  return u && v && names === "cos,sin" && keyOf(u.argument) === keyOf(v.argument)
    ? first.coefficient
    : undefined;
}

/** Writes every product of two parts as `((u + v)^2 - (u - v)^2)/4`: sums of functions of one variable. */
export function productAsSquares(node: Formula): Formula {
  if (node.kind !== "product") return node;
  const { coefficient, factors } = termOf(node);
  if (factors.length < 2) return node;
  const product = factors.reduce((u, v) => {
    const square = (sign: 1 | -1): Formula =>
      powerOf({
        kind: "sum",
        terms: [u, sign === 1 ? v : { kind: "product", factors: [constant(-1), v] }],
      }, 2);
    return {
      kind: "product",
      factors: [{ kind: "number", value: 0.25, exact: "1/4" }, {
        kind: "sum",
        terms: [square(1), { kind: "product", factors: [constant(-1), square(-1)] }],
      }],
    };
  });
  return exactOf(coefficient)?.above === 1 && coefficient.value === 1
    ? product
    : { kind: "product", factors: [coefficient, product] };
}
