/**
 * Reads ONNX files and evaluates their graphs, as far as exports need it: for test runs without
 * ONNX Runtime. Arithmetic is in float64, rounded to float32 where the file's type is.
 *
 * @module
 */

type Data = number[] | string[];

/** A tensor. */
export interface PlainTensor {
  readonly dims: readonly number[];
  readonly data: Data;
  readonly type: number;
}

interface PlainNode {
  readonly inputs: string[];
  readonly output: string;
  readonly operator: string;
  readonly attributes: Map<string, number | number[]>;
}

/** A decoded file. */
export interface PlainModel {
  readonly opset: number;
  readonly domains: string[];
  readonly nodes: PlainNode[];
  readonly tables: Map<string, PlainTensor>;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly notes: Map<string, string>;
}

interface Field {
  readonly number: number;
  readonly value: bigint;
  readonly bytes: Uint8Array;
}

function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  while (at < bytes.length) {
    const key = Number(varint()), kind = key & 7;
    if (kind === 0) yield { number: key >> 3, value: varint(), bytes: new Uint8Array() };
    else if (kind === 2) {
      const length = Number(varint());
      yield { number: key >> 3, value: 0n, bytes: bytes.subarray(at, at + length) };
      at += length;
    } else throw new Error(`wire type ${kind}`);
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const FLOAT = 1, INT64 = 7, STRING = 8;

function tensor(bytes: Uint8Array): [string, PlainTensor] {
  const dims: number[] = [], texts: string[] = [];
  let type = 0, name = "", raw = new Uint8Array();
  for (const field of fields(bytes)) {
    if (field.number === 1) dims.push(Number(field.value));
    if (field.number === 2) type = Number(field.value);
    if (field.number === 6) texts.push(text(field.bytes));
    if (field.number === 8) name = text(field.bytes);
    if (field.number === 9) raw = field.bytes.slice();
  }
  const { buffer } = raw;
  const data = type === STRING
    ? texts
    : type === FLOAT
    ? [...new Float32Array(buffer)]
    : type === INT64
    ? [...new BigInt64Array(buffer)].map(Number)
    : [...new Float64Array(buffer)];
  return [name, { dims, data, type }];
}

function node(bytes: Uint8Array): PlainNode {
  const inputs: string[] = [], attributes = new Map<string, number | number[]>();
  let output = "", operator = "";
  for (const field of fields(bytes)) {
    if (field.number === 1) inputs.push(text(field.bytes));
    if (field.number === 2) output = text(field.bytes);
    if (field.number === 4) operator = text(field.bytes);
    if (field.number === 7 && field.bytes.length > 0) throw new Error("an operator of a domain");
    if (field.number !== 5) continue;
    let name = "", value = 0;
    const list: number[] = [];
    for (const each of fields(field.bytes)) {
      if (each.number === 1) name = text(each.bytes);
      if (each.number === 3) value = Number(each.value);
      if (each.number === 8) list.push(Number(each.value));
    }
    attributes.set(name, list.length > 0 ? list : value);
  }
  return { inputs, output, operator, attributes };
}

const nameOf = (bytes: Uint8Array) => text([...fields(bytes)].find((f) => f.number === 1)!.bytes);

/** Decodes a file. */
export function readOnnx(bytes: Uint8Array): PlainModel {
  const model: PlainModel = {
    opset: 0,
    domains: [],
    nodes: [],
    tables: new Map(),
    inputs: [],
    outputs: [],
    notes: new Map(),
  };
  let opset = 0;
  for (const field of fields(bytes)) {
    const inner = field.bytes;
    if (field.number === 8) {
      for (const each of fields(inner)) {
        if (each.number === 1) model.domains.push(text(each.bytes));
        else opset = Number(each.value);
      }
    }
    if (field.number === 14) {
      const [key, value] = [...fields(inner)].map((each) => text(each.bytes));
      model.notes.set(key, value);
    }
    if (field.number !== 7) continue;
    for (const part of fields(inner)) {
      if (part.number === 1) model.nodes.push(node(part.bytes));
      if (part.number === 5) model.tables.set(...tensor(part.bytes));
      if (part.number === 11) model.inputs.push(nameOf(part.bytes));
      if (part.number === 12) model.outputs.push(nameOf(part.bytes));
    }
  }
  return { ...model, opset };
}

const count = (dims: readonly number[]) => dims.reduce((product, size) => product * size, 1);

/** Applies a function with broadcasting. */
function each(
  operands: readonly PlainTensor[],
  f: (...values: number[]) => number,
  type = Math.min(...operands.map((one) => one.type)),
): PlainTensor {
  const rank = Math.max(...operands.map(({ dims }) => dims.length));
  const padded = operands.map(({ dims }) => [...new Array(rank - dims.length).fill(1), ...dims]);
  const dims = Array.from({ length: rank }, (_, i) => Math.max(...padded.map((each) => each[i])));
  const data = Array.from({ length: count(dims) }, (_, index) => {
    const places = operands.map(() => 0), steps = operands.map(() => 1);
    for (let axis = rank - 1, rest = index; axis >= 0; axis--) {
      const at = rest % dims[axis];
      rest = Math.floor(rest / dims[axis]);
      padded.forEach((shape, o) => {
        if (shape[axis] > 1) places[o] += at * steps[o];
        steps[o] *= shape[axis];
      });
    }
    const value = f(...operands.map((operand, o) => operand.data[places[o]] as number));
    return type === FLOAT ? Math.fround(value) : value;
  });
  return { dims, data, type };
}

const MATH: Readonly<Record<string, (...x: number[]) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: Math.pow,
  Neg: (a) => -a,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Abs: Math.abs,
  Sign: Math.sign,
  Sin: Math.sin,
  Cos: Math.cos,
  Tanh: Math.tanh,
  Floor: Math.floor,
  Relu: (a) => Math.max(0, a),
  Less: (a, b) => a < b ? 1 : 0,
  LessOrEqual: (a, b) => a <= b ? 1 : 0,
  Greater: (a, b) => a > b ? 1 : 0,
  GreaterOrEqual: (a, b) => a >= b ? 1 : 0,
  Or: (a, b) => a || b,
};

/** Takes along the last axis but `after` numbers, `size` long, to one of each. */
function reduce(
  { dims, data, type }: PlainTensor,
  axis: number,
  keep: boolean,
  f: (values: number[]) => number,
): PlainTensor {
  const size = dims[axis], after = count(dims.slice(axis + 1));
  const results = Array.from({ length: data.length / size }, (_, i) => {
    const start = Math.floor(i / after) * size * after + i % after;
    const values = Array.from({ length: size }, (_, k) => data[start + k * after] as number);
    const value = f(values);
    return type === FLOAT ? Math.fround(value) : value;
  });
  const shape = keep ? dims.with(axis, 1) : dims.toSpliced(axis, 1);
  return { dims: shape, data: results, type };
}

function gather(table: PlainTensor, indices: PlainTensor, axis: number): PlainTensor {
  const { dims, data, type } = table, size = dims[axis], after = count(dims.slice(axis + 1));
  const before = count(dims.slice(0, axis)), result: (number | string)[] = [];
  for (let b = 0; b < before; b++) {
    for (const index of indices.data as number[]) {
      if (!(index >= 0 && index < size)) throw new Error(`index ${index} of ${size}`);
      for (let a = 0; a < after; a++) result.push(data[(b * size + index) * after + a]);
    }
  }
  const shape = [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)];
  return { dims: shape, data: result as Data, type };
}

function matMul(a: PlainTensor, b: PlainTensor): PlainTensor {
  const [rows, inner] = a.dims, columns = b.dims[1];
  const data = Array.from({ length: rows * columns }, (_, i) => {
    const r = Math.floor(i / columns), c = i % columns;
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += (a.data[r * inner + k] as number) * (b.data[k * columns + c] as number);
    }
    return a.type === FLOAT ? Math.fround(sum) : sum;
  });
  return { dims: [rows, columns], data, type: a.type };
}

function concat(parts: readonly PlainTensor[], axis: number): PlainTensor {
  const before = count(parts[0].dims.slice(0, axis)), data: (number | string)[] = [];
  for (let b = 0; b < before; b++) {
    for (const { dims, data: from } of parts) {
      const step = count(dims.slice(axis));
      data.push(...from.slice(b * step, (b + 1) * step));
    }
  }
  const size = parts.reduce((sum, { dims }) => sum + dims[axis], 0);
  return { dims: parts[0].dims.with(axis, size), data: data as Data, type: parts[0].type };
}

function scatter(base: PlainTensor, indices: PlainTensor, updates: PlainTensor): PlainTensor {
  const data = [...base.data] as number[], width = base.dims[1], per = indices.dims[1];
  indices.data.forEach((index, i) => {
    data[Math.floor(i / per) * width + Number(index)] = updates.data[i] as number;
  });
  return { ...base, data };
}

function run({ operator, attributes }: PlainNode, x: readonly PlainTensor[]): PlainTensor {
  const integer = (name: string, fallback = 0) => Number(attributes.get(name) ?? fallback);
  if (operator in MATH) return each(x, MATH[operator]);
  switch (operator) {
    case "Identity":
      return x[0];
    case "Where":
      return each(x, (a, b, c) => a ? b : c, x[1].type);
    case "Cast":
      return { ...x[0], type: integer("to") };
    case "Gather":
      return gather(x[0], x[1], integer("axis"));
    case "MatMul":
      return matMul(x[0], x[1]);
    case "Gemm":
      return each([matMul(x[0], x[1]), x[2]], (a, b) => a + b);
    case "Concat":
      return concat(x, integer("axis"));
    case "Unsqueeze":
      return { ...x[0], dims: x[0].dims.toSpliced(Number(x[1].data[0]), 0, 1) };
    case "Shape":
      return { dims: [1], data: [x[0].dims[0]], type: INT64 };
    case "Expand": {
      const dims = x[1].data as number[];
      return { dims, data: new Array(count(dims)).fill(x[0].data[0]), type: x[0].type };
    }
    case "Reshape": {
      const [, ...others] = Array.from(x[1].data as number[], Number); // the first is -1
      const size = others.reduce((a, b) => a * b);
      return { ...x[0], dims: [x[0].data.length / size, ...others] };
    }
    case "ScatterElements":
      return scatter(x[0], x[1], x[2]);
    case "ReduceSum":
      return reduce(
        x[0],
        Number(x[1].data[0]),
        integer("keepdims", 1) === 1,
        (values) => values.reduce((a, b) => a + b),
      );
    case "ReduceMax":
      return reduce(
        x[0],
        (attributes.get("axes") as number[])[0],
        true,
        (values) => Math.max(...values),
      );
    case "ArgMax":
      return {
        ...reduce(
          x[0],
          integer("axis"),
          false,
          (values) => Math.max(0, values.indexOf(Math.max(...values))),
        ),
        type: INT64,
      };
    default:
      throw new Error(`no operator ${operator}`);
  }
}

/** Evaluates a decoded file on rows. */
export function evaluateOnnx(
  model: PlainModel,
  rows: readonly (readonly number[])[],
): Map<string, PlainTensor> {
  const [type] = [...model.tables.values()].map((one) => one.type).filter((one) => one !== INT64);
  const columns = { dims: [rows.length, rows[0].length], data: rows.flat(), type };
  const values = new Map<string, PlainTensor>([...model.tables, ["columns", columns]]);
  for (const each of model.nodes) {
    values.set(each.output, run(each, each.inputs.map((name) => values.get(name)!)));
  }
  return values;
}
