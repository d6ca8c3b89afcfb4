/**
 * Graphs of ONNX files: the wire format of Protocol Buffers, read as far as MLPs need it.
 *
 * @module
 */

import type { WeightArray } from "./state_dict.ts";

/** An operator. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Those that are numbers. */
  readonly attributes: ReadonlyMap<string, number>;
}

/** A graph of one input and one output. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Constants by name. */
  readonly arrays: ReadonlyMap<string, WeightArray>;
  readonly input: string;
  readonly output: string;
}

function fail(rule: string, value: string): never {
  throw new TypeError(`Cannot import network: file must be ${rule}, current value is ${value}`);
}

/** A field of a message: an integer, four bytes, or a length and bytes. */
interface WireField {
  readonly number: number;
  readonly value: bigint;
  readonly bytes: Uint8Array;
}

/** The fields of a message, one after the other. */
function* wireFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) fail("a whole ONNX model", "one that is cut off");
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
    fail("an ONNX model", "something else");
  };
  const take = (length: number): Uint8Array => {
    if (!(length >= 0 && at + length <= bytes.length)) {
      fail("a whole ONNX model", "something else, or one that is cut off");
    }
    return bytes.subarray(at, at += length);
  };
  while (at < bytes.length) {
    const key = Number(varint()), number = key >> 3, kind = key & 7, none = bytes.subarray(0, 0);
    if (kind === 0) yield { number, value: varint(), bytes: none };
    else if (kind === 1) yield { number, value: 0n, bytes: take(8) };
    else if (kind === 2) yield { number, value: 0n, bytes: take(Number(varint())) };
    else if (kind === 5) yield { number, value: 0n, bytes: take(4) };
    else fail("an ONNX model", "something else");
  }
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Types of tensors, by ONNX's numbers. */
const FLOAT = 1, DOUBLE = 11;

function readTensor(bytes: Uint8Array): [string, WeightArray | undefined] {
  const shape: number[] = [];
  let name = "", type = 0, raw: Uint8Array | undefined, packed: Uint8Array | undefined;
  for (const field of wireFields(bytes)) {
    if (field.number === 1) {
      if (field.bytes.length === 0) shape.push(Number(field.value));
      else fail("of sizes one by one", "packed sizes");
    }
    if (field.number === 2) type = Number(field.value);
    if (field.number === 4 || field.number === 10) packed = field.bytes;
    if (field.number === 8) name = textOf(field.bytes);
    if (field.number === 9) raw = field.bytes;
    if (field.number === 14 && field.value === 1n) fail("whole", "one with data elsewhere");
  }
  if (type !== FLOAT && type !== DOUBLE) return [name, undefined]; // shapes of Reshape and others
  const data = raw ?? packed ?? new Uint8Array(), size = type === FLOAT ? 4 : 8;
  const count = shape.reduce((product, each) => product * each, 1);
  if (data.length !== count * size) fail("whole", `one with ${data.length} bytes of ${name}`);
  const { buffer } = data.slice();
  const values = type === FLOAT ? new Float32Array(buffer) : new Float64Array(buffer);
  return [name, { shape, values: Float64Array.from(values) }];
}

function readNode(bytes: Uint8Array, arrays: Map<string, WeightArray>): OnnxNode {
  const inputs: string[] = [], attributes = new Map<string, number>();
  let output = "", operator = "";
  const constants: WeightArray[] = [];
  for (const { number, bytes: inner } of wireFields(bytes)) {
    if (number === 1) inputs.push(textOf(inner));
    if (number === 2 && output === "") output = textOf(inner);
    if (number === 4) operator = textOf(inner);
    if (number !== 5) continue;
    let name = "", value: number | undefined;
    for (const field of wireFields(inner)) {
      if (field.number === 1) name = textOf(field.bytes);
      if (field.number === 2 && field.bytes.length === 4) {
        value = new DataView(field.bytes.slice().buffer).getFloat32(0, true);
      }
      if (field.number === 3) value = Number(field.value);
      if (field.number === 4 && name === "approximate") {
        value = textOf(field.bytes) === "none" ? 0 : 1;
      }
      if (field.number === 5) {
        const [, array] = readTensor(field.bytes);
        if (array) constants.push(array);
      }
    }
    if (value !== undefined) attributes.set(name, value);
  }
  if (operator === "Constant" && constants.length > 0) arrays.set(output, constants[0]);
  return { operator, inputs, output, attributes };
}

function nameIn(bytes: Uint8Array): string {
  for (const { number, bytes: inner } of wireFields(bytes)) if (number === 1) return textOf(inner);
  return "";
}

/** Reads a graph of one input and one output. */
export function readOnnxGraph(bytes: Uint8Array): OnnxGraph {
  const nodes: OnnxNode[] = [], arrays = new Map<string, WeightArray>();
  const inputs: string[] = [], outputs: string[] = [];
  for (const { number, bytes: graph } of wireFields(bytes)) {
    if (number !== 7) continue;
    for (const { number: part, bytes: inner } of wireFields(graph)) {
      if (part === 1) nodes.push(readNode(inner, arrays));
      if (part === 5) {
        const [name, array] = readTensor(inner);
        if (array) arrays.set(name, array);
      }
      if (part === 11) inputs.push(nameIn(inner));
      if (part === 12) outputs.push(nameIn(inner));
    }
  }
  const [input, ...more] = inputs.filter((name) => !arrays.has(name));
  if (input === undefined || more.length > 0 || outputs.length !== 1) {
    fail("an ONNX model of one input and one output", "another");
  }
  return { nodes, arrays, input, output: outputs[0] };
}
