/**
 * Exact constants: a rational number times a root of an integer and powers of pi and e.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import type { NumberNode } from "./formula.ts";

/** `above / below * sqrt(root) * pi^pi * e^e`. */
export interface ExactNumber {
  readonly above: number;
  readonly below: number;
  readonly root: number;
  readonly pi: number;
  readonly e: number;
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return Math.abs(a);
}

/** A rational number, or its product with a root and powers of pi and e, in lowest terms. */
export function exactNumber(
  above: number,
  below = 1,
  { root = 1, pi = 0, e = 0 }: { root?: number; pi?: number; e?: number } = {},
): ExactNumber {
  for (let k = 2; k * k <= root; k++) {
    while (root % (k * k) === 0) {
      root /= k * k;
      above *= k;
    }
  }
  const common = gcd(above, below) || 1, sign = below < 0 ? -1 : 1;
  return { above: sign * above / common, below: sign * below / common, root, pi, e };
}

/** The value in float64. */
export function exactValue({ above, below, root, pi, e }: ExactNumber): number {
  return above * Math.sqrt(root) * pow(Math.PI, pi) * pow(Math.E, e) / below;
}

/** `-3*pi/2`, `sqrt(2)/2`, `1/(4*pi)`. */
export function exactNotation({ above, below, root, pi, e }: ExactNumber): string {
  if (root === 1 && pi === 0 && e === 0 && below >= 5 && below !== 8) {
    if (1e6 % below === 0) return String(above / below); // 9.81
    const size = Math.abs(above), tenth = 1e6 % size === 0 ? String(below / size) : "";
    if (size > 4 && tenth.length > 0 && tenth.length < 8) {
      return `${above < 0 ? "-" : ""}1/${tenth}`;
    }
  }
  const powers = (name: string, power: number) =>
    power === 0.5 ? `sqrt(${name})` : power === 1 ? name : `${name}^${power}`;
  const top = [
    ...(root > 1 ? [`sqrt(${root})`] : []),
    ...(pi > 0 ? [powers("pi", pi)] : []),
    ...(e > 0 ? [powers("e", e)] : []),
  ];
  const bottom = [
    ...(below > 1 ? [String(below)] : []),
    ...(pi < 0 ? [powers("pi", -pi)] : []),
    ...(e < 0 ? [powers("e", -e)] : []),
  ];
  const size = Math.abs(above), sign = above < 0 ? "-" : "";
  const line = size === 1 && top.length > 0 ? top.join("*") : [String(size), ...top].join("*");
  if (bottom.length === 0) return sign + line;
  return `${sign}${line}/${bottom.length > 1 ? `(${bottom.join("*")})` : bottom[0]}`;
}

const PART = /^(?:(\d+(?:\.\d+)?)|sqrt\((\d+)\)|sqrt\((pi|e)\)|(pi|e)(?:\^([\d.]+))?)$/;

function decimal(text: string): ExactNumber {
  const [whole, places = ""] = text.split(".");
  return exactNumber(Number(whole + places), pow(10, places.length));
}

/** Reads {@linkcode exactNotation}'s text; undefined where it is none. */
export function parseExact(text: string): ExactNumber | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const [top, bottom, ...more] = text.replace(/^-/, "").split("/");
  if (more.length > 0) return undefined;
  let result = exactNumber(sign);
  for (const [line, power] of [[top, 1], [bottom, -1]] as const) {
    if (line === undefined) continue;
    for (const part of line.replace(/^\((.*)\)$/, "$1").split("*")) {
      const [found, number, root, rooted, plain, times = "1"] = PART.exec(part) ?? [];
      if (found === undefined) return undefined;
      const name = rooted ?? plain, exponent = rooted === undefined ? times : "0.5";
      const factor = number !== undefined
        ? decimal(number)
        : root !== undefined
        ? exactNumber(1, 1, { root: Number(root) })
        : exactNumber(1, 1, { [name as "pi" | "e"]: Number(exponent) });
      const next = multiplyExact(result, power === 1 ? factor : powerExact(factor, -1)!);
      if (next === undefined) return undefined;
      result = next;
    }
  }
  return result;
}

const MOST = 1e9;

function fits(number: ExactNumber): ExactNumber | undefined {
  const { above, below, root, pi, e } = number;
  const small = Math.abs(above) < MOST && below < MOST && root < MOST && Math.abs(pi) < 8 &&
    Math.abs(e) < 8;
  return small && Number.isInteger(above) && Number.isInteger(below) ? number : undefined;
}

/** The product; undefined where it grows too long. */
export function multiplyExact(a: ExactNumber, b: ExactNumber): ExactNumber | undefined {
  const { above, below, root, pi, e } = a;
  return fits(exactNumber(above * b.above, below * b.below, {
    ...{ root: root * b.root, pi: pi + b.pi, e: e + b.e },
  }));
}

/** The sum; undefined where it is no exact constant of this kind. */
export function addExact(a: ExactNumber, b: ExactNumber): ExactNumber | undefined {
  if (a.above === 0) return b;
  if (b.above === 0) return a;
  if (a.root !== b.root || a.pi !== b.pi || a.e !== b.e) return undefined;
  const { root, pi, e } = a;
  const above = a.above * b.below + b.above * a.below;
  return fits(exactNumber(above, a.below * b.below, above === 0 ? {} : { root, pi, e }));
}

/** A power with a whole or half exponent; undefined where it is no exact constant of this kind. */
export function powerExact(a: ExactNumber, exponent: number): ExactNumber | undefined {
  if (a.above === 0) return exponent > 0 ? a : undefined;
  if (exponent < 0) {
    const { above, below, root, pi, e } = a;
    // 1/sqrt(n) = sqrt(n)/n
    const inverse = fits(exactNumber(below, above * root, { root, pi: -pi, e: -e }));
    return inverse && powerExact(inverse, -exponent);
  }
  if (Number.isInteger(exponent)) {
    let result: ExactNumber | undefined = exactNumber(1);
    for (let k = 0; k < Math.min(exponent, 40) && result; k++) result = multiplyExact(result, a);
    return exponent > 40 ? undefined : result;
  }
  if (exponent !== 0.5 || a.root !== 1 || a.above < 0 || a.pi % 1 || a.e % 1) return undefined;
  return fits(exactNumber(1, a.below, { root: a.above * a.below, pi: a.pi / 2, e: a.e / 2 }));
}

/** The exact constant that a node of the structure stands for; undefined of free numbers. */
export function exactOf(node: NumberNode): ExactNumber | undefined {
  if (node.free) return undefined;
  if (node.exact !== undefined) return parseExact(node.exact);
  for (const below of [1, 2, 3, 4, 5, 6, 8, 10, 12]) {
    const above = node.value * below;
    if (Number.isInteger(above) && Math.abs(above) < MOST && above / below === node.value) {
      return exactNumber(above, below);
    }
  }
  return undefined;
}

/** A node of the structure. */
export function exactNode(number: ExactNumber): NumberNode {
  const value = exactValue(number) + 0;
  return Number.isInteger(value) && number.below === 1 && number.root === 1 && number.pi === 0 &&
      number.e === 0
    ? { kind: "number", value }
    : { kind: "number", value, exact: exactNotation(number) };
}
