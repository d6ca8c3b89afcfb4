/**
 * A graph of ONNX operators that grows node by node.
 *
 * @module
 */

import type { NumberFormat } from "../writers/text.ts";
import { Message } from "./protobuf.ts";

/** The version of the operators. */
const OPSET = 17;

/** The version of the file format, the first that has these operators. */
const IR_VERSION = 8;

/** Types of tensors, by ONNX's numbers. */
const TYPES = { float32: 1, int64: 7, string: 8, bool: 9, float64: 11 } as const;

/** Types of attributes. */
const INTEGER = 2, INTEGERS = 7;

/** A value of the graph. */
export type Value = string & { readonly graphValue: true };

/** A tensor's shape; a text stands for a free dimension. */
type Shape = readonly (number | string)[];

/** An attribute of an operator. */
type Attribute = number | readonly number[];

/** Builds a graph. */
export class GraphBuilder {
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #constants = new Map<string, Value>();
  #count = 0;

  /** @param dtype Type of all numbers. */
  constructor(readonly dtype: NumberFormat) {}

  #name(hint: string): Value {
    return `${hint}_${this.#count++}` as Value;
  }

  /** Adds an operator with one result. */
  node(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    result: Value = this.#name(operator.toLowerCase()),
  ): Value {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    node.text(2, result).text(3, result).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().text(1, name);
      if (typeof value === "number") attribute.integer(3, value).integer(20, INTEGER);
      else {
        for (const each of value) attribute.integer(8, each);
        attribute.integer(20, INTEGERS);
      }
      node.message(5, attribute);
    }
    this.#nodes.push(node);
    return result;
  }

  #initializer(tensor: Message, shape: readonly number[], type: number, key?: string): Value {
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#name("table"), whole = new Message();
    for (const size of shape) whole.integer(1, size);
    whole.integer(2, type).text(8, name);
    this.#initializers.push(new Joined([whole, tensor]));
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** A table of numbers. */
  numbers(values: ArrayLike<number>, shape: readonly number[]): Value {
    const array = this.dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
    const raw = new Message().bytes(9, new Uint8Array(array.buffer));
    const key = array.length <= 8 ? `${shape}:${[...array]}` : undefined;
    return this.#initializer(raw, shape, TYPES[this.dtype], key);
  }

  /** A number. */
  number(value: number): Value {
    return this.numbers([value], []);
  }

  /** A table of integers. */
  integers(values: ArrayLike<number>, shape: readonly number[]): Value {
    const array = BigInt64Array.from(Array.from(values), BigInt);
    const raw = new Message().bytes(9, new Uint8Array(array.buffer));
    const key = array.length <= 8 ? `i${shape}:${[...array]}` : undefined;
    return this.#initializer(raw, shape, TYPES.int64, key);
  }

  /** A list of texts. */
  texts(values: readonly string[]): Value {
    const data = new Message();
    for (const value of values) data.text(6, value);
    return this.#initializer(data, [values.length], TYPES.string);
  }

  /** Casts truths to numbers, or numbers to integers. */
  cast(value: Value, to: "number" | "int64"): Value {
    return this.node("Cast", [value], { to: to === "int64" ? TYPES.int64 : TYPES[this.dtype] });
  }

  /** Declares the input. */
  input(name: string, shape: Shape): Value {
    this.#inputs.push(valueInfo(name, shape, TYPES[this.dtype]));
    return name as Value;
  }

  /** Makes a value an output of that name. */
  output(name: string, value: Value, shape: Shape, type: "number" | "string"): void {
    this.node("Identity", [value], {}, name as Value);
    this.#outputs.push(
      valueInfo(name, shape, type === "string" ? TYPES.string : TYPES[this.dtype]),
    );
  }

  /** The bytes of the model file. */
  encode(name: string, description: string, notes: Readonly<Record<string, string>>) {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, name);
    for (const tensor of this.#initializers) graph.message(5, tensor);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    const model = new Message().integer(1, IR_VERSION).text(2, "freeknot").text(6, description)
      .message(7, graph).message(8, new Message().text(1, "").integer(2, OPSET));
    for (const [key, value] of Object.entries(notes)) {
      model.message(14, new Message().text(1, key).text(2, value));
    }
    return model.encode();
  }
}

/** Two messages as one. */
class Joined extends Message {
  constructor(private readonly parts: readonly Message[]) {
    super();
  }

  override encode(): Uint8Array<ArrayBuffer> {
    const all = this.parts.map((part) => part.encode());
    const bytes = new Uint8Array(all.reduce((total, part) => total + part.length, 0));
    let at = 0;
    for (const part of all) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

function valueInfo(name: string, dimensions: Shape, type: number): Message {
  const shape = new Message();
  for (const size of dimensions) {
    const dimension = new Message();
    if (typeof size === "number") dimension.integer(1, size);
    else dimension.text(2, size);
    shape.message(1, dimension);
  }
  const tensor = new Message().integer(1, type).message(2, shape);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
