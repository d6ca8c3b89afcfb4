/**
 * Plain data as JSON beside tensors: what a checkpoint is made of.
 *
 * Plain are: objects without a class, arrays, typed arrays, strings, numbers (every one, also NaN
 * and -0), booleans, null and undefined. Arrays that share memory come back as separate ones.
 *
 * @module
 */

import { type Tensor, tensorDtype, type TensorValues } from "../model/inner.ts";

/** Keys that stand for what JSON has no word for; plain objects must not have them. */
const TENSOR = "$tensor", NUMBER = "$number", UNDEFINED = "$undefined";

/**
 * Takes the typed arrays out of plain data, `path` in messages and tensor names: JSON text, and the
 * tensors that it refers to by their names.
 *
 * @throws {TypeError} If something is not plain: a function, a class, a cycle.
 */
export function encodePlain(value: unknown, path: string): { json: string; tensors: Tensor[] } {
  const tensors: Tensor[] = [];
  const above = new Set<unknown>();

  function encode(part: unknown, at: string): unknown {
    if (part === null || typeof part === "string" || typeof part === "boolean") return part;
    if (part === undefined) return { [UNDEFINED]: true };
    if (typeof part === "number") return encodeNumber(part);
    if (tensorDtype(part) !== undefined) {
      const values = part as TensorValues;
      tensors.push({ name: at, shape: [values.length], values });
      return { [TENSOR]: at };
    }
    const plain = typeof part === "object" &&
      (Array.isArray(part) || [Object.prototype, null].includes(Object.getPrototypeOf(part)));
    if (!plain || above.has(part)) throw notPlain(part, at, above.has(part));
    above.add(part);
    const encoded = Array.isArray(part)
      ? part.map((each, i) => encode(each, `${at}.${i}`))
      : Object.fromEntries(
        Object.entries(part).map(([key, each]) => {
          if (key.startsWith("$")) throw notPlain(key, `${at}.${key}`, false);
          return [key, encode(each, `${at}.${key}`)];
        }),
      );
    above.delete(part);
    return encoded;
  }

  const json = JSON.stringify(encode(value, path));
  return { json, tensors };
}

/**
 * Puts the typed arrays back into the JSON text of {@linkcode encodePlain}, bit for bit.
 *
 * @throws {SyntaxError} If the text is not JSON or a tensor is missing.
 */
export function decodePlain(
  json: string,
  tensor: (name: string) => TensorValues | undefined,
): unknown {
  function decode(part: unknown): unknown {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(decode);
    const { [TENSOR]: name, [NUMBER]: number, [UNDEFINED]: none } = part as Record<string, unknown>;
    if (typeof number === "string") return Number(number);
    if (none === true) return undefined;
    if (typeof name === "string") {
      const values = tensor(name);
      if (values === undefined) throw new SyntaxError(`its tensor ${name} is missing`);
      return values;
    }
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, decode(each)]));
  }
  return decode(JSON.parse(json));
}

function encodeNumber(value: number): unknown {
  if (Object.is(value, -0)) return { [NUMBER]: "-0" };
  return Number.isFinite(value) ? value : { [NUMBER]: String(value) };
}

function notPlain(value: unknown, at: string, cycle: boolean): TypeError {
  const found = cycle
    ? "a cycle"
    : typeof value === "object" && value !== null
    ? `a ${value.constructor?.name ?? "special object"}`
    : typeof value === "string"
    ? "a key that begins with $"
    : `a ${typeof value}`;
  return new TypeError(
    `Cannot encode checkpoint: ${at} must be plain data (numbers, texts, typed arrays, lists and ` +
      `records of them), current value is ${found}`,
  );
}
