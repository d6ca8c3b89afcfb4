/**
 * Formulas from JSON.
 *
 * @module
 */

import { MAX_DEGREE } from "../../knots/inner.ts";
import { findSymbol } from "../symbols/library.ts";
import { parseExact } from "./exact.ts";
import type { Formula } from "./formula.ts";

/** Deepest nesting that is read. */
const DEEPEST = 200;

/**
 * Checks that some data, usually from JSON, are a formula.
 *
 * @param data The tree: `{ kind: "sum", terms: [...] }` and so on.
 * @returns The formula: the data themselves, checked.
 * @throws {TypeError} If they are not; the message says where.
 *
 * @example
 * ```ts
 * import { printFormula, readFormula } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"kind":"call","name":"sin","argument":{"kind":"variable","name":"x"}}';
 * assertEquals(printFormula(readFormula(JSON.parse(text))), "sin(x)");
 * ```
 */
export function readFormula(data: unknown): Formula {
  check(data, "formula", 0);
  return data as Formula;
}

function fail(place: string, rule: string, value: unknown): never {
  const text = JSON.stringify(value)?.slice(0, 60) ?? String(value);
  throw new TypeError(`Cannot read formula: ${place} must be ${rule}, current value is ${text}`);
}

function check(data: unknown, place: string, depth: number): void {
  if (typeof data !== "object" || data === null) fail(place, "a record with a kind", data);
  if (depth > DEEPEST) fail(place, `nested at most ${DEEPEST} deep`, depth);
  const node = data as Record<string, unknown>, below = depth + 1;
  const list = (name: string) => {
    const parts = node[name];
    if (!Array.isArray(parts) || parts.length === 0) fail(`${place}.${name}`, "a list", parts);
    parts.forEach((part, i) => check(part, `${place}.${name}[${i}]`, below));
  };
  switch (node.kind) {
    case "number":
      return checkNumber(node, place);
    case "variable":
      if (typeof node.name !== "string") fail(`${place}.name`, "the name of a column", node.name);
      return;
    case "sum":
      return list("terms");
    case "product":
      return list("factors");
    case "power":
      check(node.base, `${place}.base`, below);
      return check(node.exponent, `${place}.exponent`, below);
    case "call":
      if (typeof node.name !== "string" || findSymbol(node.name)?.name !== node.name) {
        fail(`${place}.name`, "a function of the library", node.name);
      }
      return check(node.argument, `${place}.argument`, below);
    case "spline":
      checkSpline(node, place);
      return check(node.argument, `${place}.argument`, below);
    default:
      fail(`${place}.kind`, "number, variable, sum, product, power, call or spline", node.kind);
  }
}

function checkNumber({ value, exact }: Record<string, unknown>, place: string): void {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    fail(`${place}.value`, "a finite number", value);
  }
  if (exact === undefined) return;
  if (typeof exact !== "string" || parseExact(exact) === undefined) {
    fail(`${place}.exact`, 'an exact constant such as "3*pi/2"', exact);
  }
}

function checkSpline(
  { knots, coefficients, degree }: Record<string, unknown>,
  place: string,
): void {
  const numbers = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((each) => Number.isFinite(each));
  if (!numbers(coefficients)) fail(`${place}.coefficients`, "finite numbers", coefficients);
  const known = Number.isInteger(degree) && Number(degree) >= 1 && Number(degree) <= MAX_DEGREE;
  if (!known) fail(`${place}.degree`, `an integer from 1 to ${MAX_DEGREE}`, degree);
  const length = coefficients.length + Number(degree) + 1;
  const rising = numbers(knots) && knots.length === length &&
    knots.every((knot, i) => i === 0 || knot >= knots[i - 1]);
  if (!rising) fail(`${place}.knots`, `${length} numbers that do not fall`, knots);
}
