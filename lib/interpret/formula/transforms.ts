/**
 * Outer functions that can be undone: `y = F(s)`, `s = F^-1(y)`.
 *
 * @module
 */

import { callOf, constant, type Formula, powerOf, productOf } from "../expressions/formula.ts";
import { acos, asin, atanh, cos, exp, log, rangeOf, sin, tan } from "../../numerics/inner.ts";

/** An outer function, and the target as it was before. */
export interface OuterFunction {
  readonly name: string;
  /** Puts the function around a formula. */
  around(inside: Formula): Formula;
  /** `F^-1(y)`. */
  readonly undone: Float64Array;
  /** `1 / |(F^-1)'(y)|`: with these weights the errors are those of `y`. */
  readonly weights: Float64Array;
}

interface Kind {
  readonly name: string;
  readonly applies: (least: number, most: number) => boolean;
  readonly undo: (y: number) => number;
  /** Derivative of `undo`. */
  readonly slope: (y: number) => number;
  readonly around: (inside: Formula) => Formula;
}

const call = (name: string) => (inside: Formula) => callOf(name, inside);
const power = (exponent: number) => (inside: Formula) => powerOf(inside, exponent);

const KINDS: readonly Kind[] = [
  {
    name: "exp",
    applies: (least) => least >= 0,
    undo: log,
    slope: (y) => 1 / y,
    around: call("exp"),
  },
  {
    name: "-exp",
    applies: (_, most) => most <= 0,
    undo: (y) => log(-y),
    slope: (y) => 1 / y,
    around: (inside) => productOf([constant(-1), callOf("exp", inside)]),
  },
  {
    name: "inverse",
    applies: () => true,
    undo: (y) => 1 / y,
    slope: (y) => 1 / (y * y),
    around: power(-1),
  },
  {
    name: "sqrt",
    applies: (least) => least >= 0,
    undo: (y) => y * y,
    slope: (y) => 2 * y,
    around: power(0.5),
  },
  {
    name: "x^(-1/2)",
    applies: (least) => least > 0,
    undo: (y) => 1 / (y * y),
    slope: (y) => -2 / (y * y * y),
    around: power(-0.5),
  },
  {
    name: "x^2",
    applies: (least) => least >= 0,
    undo: Math.sqrt,
    slope: (y) => 0.5 / Math.sqrt(y),
    around: power(2),
  },
  {
    name: "log",
    applies: (least, most) => most - least < 12 && Math.abs(most) < 30 && Math.abs(least) < 30,
    undo: exp,
    slope: exp,
    around: call("log"),
  },
  {
    name: "arcsin",
    applies: (least, most) => least >= -Math.PI / 2 && most <= Math.PI / 2,
    undo: sin,
    slope: cos,
    around: call("arcsin"),
  },
  {
    name: "arccos",
    applies: (least, most) => least >= 0 && most <= Math.PI && most > 1,
    undo: cos,
    slope: (y) => -sin(y),
    around: call("arccos"),
  },
  {
    name: "arctan",
    applies: (least, most) => least > -Math.PI / 2 && most < Math.PI / 2,
    undo: tan,
    slope: (y) => 1 + tan(y) ** 2,
    around: call("arctan"),
  },
  {
    name: "tanh",
    applies: (least, most) => least > -1 && most < 1,
    undo: atanh,
    slope: (y) => 1 / (1 - y * y),
    around: call("tanh"),
  },
  {
    name: "sin",
    applies: (least, most) => least >= -1 && most <= 1,
    undo: asin,
    slope: (y) => 1 / Math.sqrt(1 - y * y),
    around: call("sin"),
  },
  {
    name: "cos",
    applies: (least, most) => least >= -1 && most <= 1,
    undo: acos,
    slope: (y) => 1 / Math.sqrt(1 - y * y),
    around: call("cos"),
  },
];

/** The outer functions that a target allows; the first does nothing. */
export function outerFunctions(
  target: Float64Array,
  allowed: (name: string) => boolean,
): OuterFunction[] {
  const [least, most] = rangeOf(target);
  const identity: OuterFunction = {
    name: "x",
    around: (inside) => inside,
    undone: target,
    weights: new Float64Array(target.length).fill(1),
  };
  const others = KINDS.filter(({ name, applies }) =>
    allowed(name.replace(/^-/, "")) && applies(least, most)
  )
    .map(({ name, undo, slope, around }) => ({ name, around, ...undone(target, undo, slope) }));
  return [identity, ...others];
}

function undone(target: Float64Array, undo: (y: number) => number, slope: (y: number) => number) {
  const values = target.map(undo), weights = target.map((y) => 1 / Math.abs(slope(y)));
  for (let r = 0; r < target.length; r++) {
    if (Number.isFinite(values[r]) && Number.isFinite(weights[r])) continue;
    values[r] = 0;
    weights[r] = 0;
  }
  return { undone: values, weights };
}
