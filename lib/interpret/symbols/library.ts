/**
 * The library of symbols: functions of one variable that edges may become.
 *
 * @module
 */

import { besselJ0 } from "../../data/inner.ts";
import {
  acos,
  asin,
  asinh,
  atan,
  atanh,
  cos,
  cosh,
  erf,
  exp,
  log,
  pow,
  sin,
  sinh,
  tan,
  tanh,
} from "../../numerics/inner.ts";
import { besselJ1 } from "./bessel.ts";

/** A function of the library. */
export interface LibraryFunction {
  /** What the flag `--library` and formulas call it. */
  readonly name: string;
  value(x: number): number;
  derivative(x: number): number;
  /** How much more a formula has to be worth for it: 1 for the plainest. */
  readonly complexity: number;
  /** The exponent, if it is a power. */
  readonly power?: number;
  /**
   * What of `a f(b x + c) + d` another constant can do: of a power `b` (by `a`), of `exp` `c` (by
   * `a`), of `log` `b` (by `d`), of constants and `x` both.
   */
  readonly redundant?: "scale" | "shift" | "both";
  /** Arguments that it takes. Default: all. */
  readonly domain?: "positive" | "nonnegative" | "nonzero" | "unit" | "openUnit";
  /** Whether it oscillates: then many scales are tried. */
  readonly oscillates?: true;
  /** Whether `f(-x) = f(x)`, or `-f(x)`. */
  readonly parity?: "even" | "odd";
}

function powerFunction(power: number, complexity: number): LibraryFunction {
  const whole = Number.isInteger(power);
  const domain = whole ? power < 0 ? "nonzero" : undefined : power < 0 ? "positive" : "nonnegative";
  return {
    name: powerName(power),
    power,
    value: (x) => pow(x, power),
    derivative: (x) => power * pow(x, power - 1),
    complexity,
    redundant: "scale",
    ...(domain && { domain }),
    ...(whole && { parity: power % 2 === 0 ? "even" : "odd" }),
  };
}

/** The name of a power: `x^2`, `x^(-1/2)`. */
export function powerName(power: number): string {
  if (power === 0.5) return "sqrt";
  if (power === -1) return "inverse";
  const text = Number.isInteger(power) ? String(power) : `${power * 2}/2`;
  return power < 0 || !Number.isInteger(power) ? `x^(${text})` : `x^${text}`;
}

const GAUSS = 2 / Math.sqrt(Math.PI);

/** All symbols, the plainest first. */
export const LIBRARY: readonly LibraryFunction[] = [
  {
    name: "constant",
    value: () => 1,
    derivative: () => 0,
    complexity: 0,
    redundant: "both",
    parity: "even",
  },
  {
    name: "x",
    value: (x) => x,
    derivative: () => 1,
    complexity: 1,
    redundant: "both",
    parity: "odd",
  },
  powerFunction(2, 2),
  powerFunction(-1, 2),
  powerFunction(0.5, 2),
  {
    name: "exp",
    value: exp,
    derivative: exp,
    complexity: 2,
    redundant: "shift",
  },
  {
    name: "log",
    value: log,
    derivative: (x) => 1 / x,
    complexity: 2,
    redundant: "scale",
    domain: "positive",
  },
  {
    name: "sin",
    value: sin,
    derivative: cos,
    complexity: 2,
    oscillates: true,
    parity: "odd",
  },
  {
    name: "cos",
    value: cos,
    derivative: (x) => -sin(x),
    complexity: 2,
    oscillates: true,
    parity: "even",
  },
  powerFunction(3, 3),
  powerFunction(-2, 3),
  powerFunction(-0.5, 3),
  powerFunction(1.5, 3),
  powerFunction(4, 3),
  powerFunction(5, 4),
  powerFunction(-3, 4),
  powerFunction(2.5, 4),
  powerFunction(-1.5, 4),
  {
    name: "tan",
    value: tan,
    derivative: (x) => 1 + tan(x) ** 2,
    complexity: 3,
    parity: "odd",
  },
  {
    name: "tanh",
    value: tanh,
    derivative: (x) => 1 - tanh(x) ** 2,
    complexity: 3,
    parity: "odd",
  },
  { name: "sinh", value: sinh, derivative: cosh, complexity: 3, parity: "odd" },
  { name: "cosh", value: cosh, derivative: sinh, complexity: 3, parity: "even" },
  {
    name: "gaussian",
    value: (x) => exp(-x * x),
    derivative: (x) => -2 * x * exp(-x * x),
    complexity: 3,
    parity: "even",
  },
  {
    name: "arctan",
    value: atan,
    derivative: (x) => 1 / (1 + x * x),
    complexity: 3,
    parity: "odd",
  },
  {
    name: "arcsin",
    value: asin,
    derivative: (x) => 1 / Math.sqrt(1 - x * x),
    complexity: 3,
    domain: "unit",
    parity: "odd",
  },
  {
    name: "arccos",
    value: acos,
    derivative: (x) => -1 / Math.sqrt(1 - x * x),
    complexity: 3,
    domain: "unit",
  },
  {
    name: "arctanh",
    value: atanh,
    derivative: (x) => 1 / (1 - x * x),
    complexity: 4,
    domain: "openUnit",
    parity: "odd",
  },
  {
    name: "arcsinh",
    value: asinh,
    derivative: (x) => 1 / Math.sqrt(1 + x * x),
    complexity: 4,
    parity: "odd",
  },
  {
    name: "sigmoid",
    value: (x) => 1 / (1 + exp(-x)),
    derivative: (x) => 1 / (2 + exp(x) + exp(-x)),
    complexity: 3,
  },
  { name: "abs", value: Math.abs, derivative: Math.sign, complexity: 3, parity: "even" },
  { name: "sign", value: Math.sign, derivative: () => 0, complexity: 4, parity: "odd" },
  {
    name: "erf",
    value: erf,
    derivative: (x) => GAUSS * exp(-x * x),
    complexity: 4,
    parity: "odd",
  },
  {
    name: "besselj0",
    value: besselJ0,
    derivative: (x) => -besselJ1(x),
    complexity: 4,
    oscillates: true,
    parity: "even",
  },
];

const BY_NAME = new Map(LIBRARY.map((each) => [each.name, each]));

/** Other names that people use. */
const ALIASES: Readonly<Record<string, string>> = {
  "square": "x^2",
  "1/x": "inverse",
  "1/x^2": "x^(-2)",
  "1/x^3": "x^(-3)",
  "1/sqrt": "x^(-1/2)",
  "x^-1": "inverse",
  "x^-2": "x^(-2)",
  "x^-3": "x^(-3)",
  "x^0.5": "sqrt",
  "x^(1/2)": "sqrt",
  "x^1.5": "x^(3/2)",
  "x^2.5": "x^(5/2)",
  "ln": "log",
  "atan": "arctan",
  "asin": "arcsin",
  "acos": "arccos",
  "atanh": "arctanh",
  "asinh": "arcsinh",
  "sgn": "sign",
  "J0": "besselj0",
  "j0": "besselj0",
  "gauss": "gaussian",
  "0": "constant",
  "1": "constant",
};

/**
 * The names of the functions that formulas may have.
 *
 * @returns The names, the plainest function first.
 *
 * @example
 * ```ts
 * import { symbolNames } from "@freeknot/freeknot/interpret";
 * import { assert } from "@std/assert";
 *
 * assert(symbolNames().includes("besselj0"));
 * ```
 */
export function symbolNames(): string[] {
  return LIBRARY.map(({ name }) => name);
}

/** Finds a function by its name or one of its other names. */
export function findSymbol(name: string): LibraryFunction | undefined {
  return BY_NAME.get(name) ?? BY_NAME.get(ALIASES[name] ?? "");
}

/** A function that is there for sure. */
export function symbol(name: string): LibraryFunction {
  const found = findSymbol(name);
  if (found === undefined) {
    throw new RangeError(
      `Cannot read formula: the function must be one of ` +
        `${LIBRARY.map((each) => each.name).join(", ")}, current value is ${JSON.stringify(name)}`,
    );
  }
  return found;
}
