/**
 * Weights of other systems: named arrays from JSON or safetensors.
 *
 * @module
 */

import { type TensorEntry, tensorValues } from "../../model/inner.ts";

/** A named array of weights. */
export interface WeightArray {
  /** Sizes, the last axis fastest. */
  readonly shape: readonly number[];
  /** In float64. */
  readonly values: Float64Array;
}

/** Arrays by their names, as PyTorch's `state_dict` has them. */
export type StateDict = ReadonlyMap<string, WeightArray>;

const DTYPES: readonly string[] = ["F64", "F32", "I64", "I32"];

/**
 * Reads weights from JSON, nested lists by name, or from a safetensors file.
 *
 * @param bytes The file.
 * @returns The arrays by name.
 * @throws {TypeError} If it is neither, or an array is not even.
 *
 * @example
 * ```ts
 * import { readStateDict } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode('{"w": [[1, 2], [3, 4], [5, 6]]}');
 * assertEquals(readStateDict(bytes).get("w")!.shape, [3, 2]);
 * ```
 */
export function readStateDict(bytes: Uint8Array): StateDict {
  const first = bytes.find((byte) => byte > 32);
  if (first === 0x7b && !bytes.subarray(0, 8).includes(0)) return fromJson(bytes);
  return fromSafetensors(bytes);
}

function fail(rule: string, value: string): never {
  throw new TypeError(`Cannot read weights: file must be ${rule}, current value is ${value}`);
}

function fromJson(bytes: Uint8Array): StateDict {
  let data: Record<string, unknown> = {};
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("JSON or safetensors", "broken JSON");
  }
  return new Map(Object.entries(data).map(([name, list]) => [name, arrayOf(name, list)]));
}

function arrayOf(name: string, list: unknown): WeightArray {
  const shape: number[] = [];
  for (let inner = list; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const values: number[] = [];
  const add = (part: unknown, depth: number): void => {
    if (depth === shape.length) {
      const number = typeof part === "boolean" ? Number(part) : part;
      if (typeof number !== "number") fail("lists of numbers", `${name} with ${typeof part}`);
      else values.push(number);
    } else if (!Array.isArray(part) || part.length !== shape[depth]) {
      fail("lists of equal lengths", `${name} with others`);
    } else for (const each of part) add(each, depth + 1);
  };
  add(list, 0);
  return { shape, values: Float64Array.from(values) };
}

function fromSafetensors(bytes: Uint8Array): StateDict {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (!(8 + length <= bytes.length)) fail("JSON or safetensors", "neither");
  let header: Record<string, TensorEntry> = {};
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  } catch {
    fail("JSON or safetensors", "a broken header");
  }
  const file = { entries: header, data: bytes.subarray(8 + length) };
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  return new Map(names.map((name) => {
    const { dtype, shape, data_offsets: range } = header[name] ?? {};
    const sizes = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!sizes(shape) || !sizes(range)) fail("JSON or safetensors", `${name} without a place`);
    if (!DTYPES.includes(dtype)) fail("of F32, F64, I32 or I64", `${name} of ${dtype}`);
    const [start, end] = range, count = shape.reduce((product, size) => product * size, 1);
    const values = tensorValues(file, name) as ArrayLike<number | bigint> | undefined;
    if (end > file.data.length || values?.length !== count) {
      fail("whole", `${name} with ${end - start} bytes for ${count} numbers`);
    }
    return [name, { shape, values: Float64Array.from(values, Number) }];
  }));
}
