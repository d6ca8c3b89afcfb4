/**
 * Arithmetic of the numbers in formulas: exact where both are, else measured.
 *
 * @module
 */

import { addExact, exactNode, exactOf, multiplyExact, powerExact } from "./exact.ts";
import { free, type NumberNode } from "./formula.ts";
import { pow } from "../../numerics/inner.ts";

/** The sum of two numbers; undefined where exact ones (1 and pi) stay apart. */
export function addNumbers(a: NumberNode, b: NumberNode): NumberNode | undefined {
  if (a.free || b.free) return free(a.value + b.value);
  const left = exactOf(a), right = exactOf(b), sum = left && right && addExact(left, right);
  return sum && exactNode(sum);
}

/** The product of two numbers. */
export function multiplyNumbers(a: NumberNode, b: NumberNode): NumberNode {
  if (isOne(a)) return b;
  if (isOne(b)) return a;
  if (a.free || b.free) return free(a.value * b.value);
  const left = exactOf(a),
    right = exactOf(b),
    product = left && right && multiplyExact(left, right);
  return product ? exactNode(product) : { kind: "number", value: a.value * b.value };
}

/** A power of a number; undefined where it has no value. */
export function powerOfNumber(a: NumberNode, exponent: NumberNode): NumberNode | undefined {
  const value = pow(a.value, exponent.value);
  if (!Number.isFinite(value)) return undefined;
  if (a.free || exponent.free) return free(value);
  const left = exactOf(a), result = left && powerExact(left, exponent.value);
  return result ? exactNode(result) : { kind: "number", value };
}

/** The negative of a number. */
export function negated(a: NumberNode): NumberNode {
  return multiplyNumbers(a, { kind: "number", value: -1 });
}

/** Whether a number is 1 for good. */
export function isOne(a: NumberNode): boolean {
  return a.value === 1 && !a.free;
}

/** Whether a number is 0 for good. */
export function isZero(a: NumberNode): boolean {
  return a.value === 0 && !a.free;
}
