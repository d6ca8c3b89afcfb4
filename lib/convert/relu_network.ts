/**
 * ReLU networks as plain data: sparse affine maps with `max(0, x)` between them.
 *
 * @module
 */

import { checkArray, checkInteger, checkRecord } from "../numerics/inner.ts";

/**
 * One layer, `y = f(W x + b)`, the matrix in compressed rows (CSR): the entries of row `q` are
 * `values[k]` in columns `columns[k]`, `starts[q] <= k < starts[q + 1]`.
 */
export interface ReluLayer {
  /** Number of columns. */
  readonly nIn: number;
  /** Number of rows. */
  readonly nOut: number;
  /** Where each row begins, and where the last ends, shape `[nOut + 1]`. */
  readonly starts: Int32Array;
  /** Columns of the entries, increasing in each row. */
  readonly columns: Int32Array;
  /** The entries of `W` that are stored. */
  readonly values: Float64Array;
  /** `b`, shape `[nOut]`. */
  readonly bias: Float64Array;
  /** `f`: `max(0, x)^power`, or nothing. */
  readonly activation: "relu" | "none";
  /** The power, an integer of at least 1. Absent: 1. */
  readonly power?: number;
}

/**
 * A ReLU network: its layers, inputs first. Neighbouring layers without an activation between them
 * are kept apart where their product would have more entries.
 */
export interface ReluNetwork {
  /** At least one; each takes what the one before gives. */
  readonly layers: readonly ReluLayer[];
}

/** What {@linkcode reluSize} counts. */
export interface ReluSize {
  /** Affine maps once neighbours are multiplied: one more than the layers with ReLU. */
  readonly depth: number;
  /** Inputs, units of every layer with ReLU, outputs. */
  readonly widths: readonly number[];
  /** Entries and biases other than 0. */
  readonly nonzeros: number;
  /** Entries and biases other than 0, 1 and -1: the numbers that say what the function is. */
  readonly numbers: number;
  /** Entries of all matrices and biases if they were stored in full. */
  readonly dense: number;
  /** Bytes of the sparse form: 8 of a number, 4 of a column or of a row's begin. */
  readonly bytes: number;
}

/**
 * Evaluates a ReLU network.
 *
 * @param network The network.
 * @param inputs Shape `[rows, nIn]`, row-major.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns Outputs, shape `[rows, nOut]`.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { reluOutputs, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1], degree: 1 }, { seed: 1 });
 * const x = Float64Array.of(0.3, 7);
 * const [y] = reluOutputs(splinesToRelu(network), x);
 * assertAlmostEquals(y, forward(network, x)[0], 1e-14);
 * ```
 */
export function reluOutputs(
  network: ReluNetwork,
  inputs: Readonly<Float64Array>,
  rows?: number,
): Float64Array {
  checkReluNetwork("evaluate ReLU network", network);
  checkArray("evaluate ReLU network", "inputs", inputs, "an array of numbers");
  const nIn = network.layers[0].nIn, count = rows ?? inputs.length / nIn;
  if (!Number.isInteger(count) || inputs.length !== count * nIn) {
    throw new TypeError(
      `Cannot evaluate ReLU network: inputs must be rows x ${nIn} numbers, current value is ` +
        `${inputs.length} numbers${rows === undefined ? "" : ` for ${rows} rows`}`,
    );
  }
  const nOut = network.layers.at(-1)!.nOut, outputs = new Float64Array(count * nOut);
  for (let r = 0; r < count; r++) {
    let x = inputs.subarray(r * nIn, (r + 1) * nIn) as Readonly<Float64Array>;
    for (const layer of network.layers) x = layerOutputs(layer, x);
    outputs.set(x, r * nOut);
  }
  return outputs;
}

/** One layer at one point: `f(W x + b)`. */
export function layerOutputs(layer: ReluLayer, x: Readonly<Float64Array>): Float64Array {
  const { activation, power = 1 } = layer, y = affineOutputs(layer, x);
  if (activation === "none") return y;
  for (let q = 0; q < y.length; q++) {
    const base = Math.max(0, y[q]);
    let value = base;
    for (let k = 1; k < power; k++) value *= base;
    y[q] = value;
  }
  return y;
}

/** `W x + b` of one layer at one point. */
export function affineOutputs(
  { nOut, starts, columns, values, bias }: ReluLayer,
  x: Readonly<Float64Array>,
): Float64Array {
  const y = new Float64Array(nOut);
  for (let q = 0; q < nOut; q++) {
    let sum = bias[q];
    for (let k = starts[q]; k < starts[q + 1]; k++) sum += values[k] * x[columns[k]];
    y[q] = sum;
  }
  return y;
}

/**
 * Counts depth, widths, numbers and bytes of a ReLU network.
 *
 * @param network The network.
 * @returns The counts.
 *
 * @example The knots of an input are shared by its edges: 5 inputs x 4 pieces, not 5 x 3 x 5
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { reluSize, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 3], degree: 1, intervals: 4 }, { seed: 1 });
 * const { depth, widths } = reluSize(splinesToRelu(network));
 * assertEquals([depth, ...widths], [2, 2, 20, 3]);
 * ```
 */
export function reluSize(network: ReluNetwork): ReluSize {
  checkReluNetwork("measure ReLU network", network);
  const { layers } = network, widths = [layers[0].nIn];
  let nonzeros = 0, numbers = 0, dense = 0, bytes = 0;
  for (const { nIn, nOut, starts, columns, values, bias, activation } of layers) {
    if (activation === "relu") widths.push(nOut);
    for (const list of [values, bias]) {
      for (const value of list) {
        if (value === 0) continue;
        nonzeros++;
        if (Math.abs(value) !== 1) numbers++;
      }
    }
    dense += (nIn + 1) * nOut;
    bytes += 8 * (values.length + bias.length) + 4 * (columns.length + starts.length);
  }
  widths.push(layers[layers.length - 1].nOut);
  return { depth: widths.length - 1, widths, nonzeros, numbers, dense, bytes };
}

/** Most layers and units that are taken. */
const MOST_LAYERS = 10_000, MOST_UNITS = 50_000_000;

/** Throws a `TypeError` or `RangeError` unless an argument is a ReLU network. */
export function checkReluNetwork(verb: string, network: unknown): void {
  const rule = "a ReLU network { layers } (splinesToRelu makes one)";
  checkRecord(verb, "network", network, rule, ["layers"]);
  const { layers } = network as ReluNetwork;
  if (!Array.isArray(layers) || layers.length === 0 || layers.length > MOST_LAYERS) {
    throw new TypeError(
      `Cannot ${verb}: layers must be a list of at least one layer, current value is ` +
        `${Array.isArray(layers) ? `${layers.length} layers` : String(layers)}`,
    );
  }
  layers.forEach((layer: ReluLayer, l) => {
    const fault = layerFault(layer);
    const before = l === 0 ? undefined : layers[l - 1].nOut;
    if (fault !== undefined || (before !== undefined && before !== layer.nIn)) {
      throw new TypeError(
        `Cannot ${verb}: layers must fit together, current value is layer ${l + 1} ` +
          (fault ?? `with ${layer.nIn} inputs behind a layer of ${before}`),
      );
    }
  });
}

/** What is wrong with a layer; undefined if nothing is. */
function layerFault(layer: ReluLayer): string | undefined {
  if (typeof layer !== "object" || layer === null) return "that is no record";
  const { nIn, nOut, starts, columns, values, bias, activation, power = 1 } = layer;
  for (const size of [nIn, nOut]) {
    if (!Number.isInteger(size) || size < 1 || size > MOST_UNITS) return `of size ${size}`;
  }
  if (activation !== "relu" && activation !== "none") return `with activation ${activation}`;
  if (!Number.isInteger(power) || power < 1 || power > 16) return `with power ${power}`;
  if (!(starts instanceof Int32Array) || !(columns instanceof Int32Array)) {
    return "without Int32Arrays starts and columns";
  }
  if (!(values instanceof Float64Array) || !(bias instanceof Float64Array)) {
    return "without Float64Arrays values and bias";
  }
  if (starts.length !== nOut + 1 || bias.length !== nOut) return "with rows missing";
  if (starts[0] !== 0 || starts[nOut] !== values.length || columns.length !== values.length) {
    return "whose rows do not hold its entries";
  }
  for (let q = 0; q < nOut; q++) {
    if (starts[q + 1] < starts[q]) return "whose rows do not follow each other";
    for (let k = starts[q]; k < starts[q + 1]; k++) {
      const least = k === starts[q] ? 0 : columns[k - 1] + 1;
      if (columns[k] < least || columns[k] >= nIn) return "whose columns do not increase";
    }
  }
  if (!values.every(Number.isFinite) || !bias.every(Number.isFinite)) {
    return "with numbers that are not finite";
  }
  return undefined;
}

/**
 * Restricts a ReLU network to a line or plane: a network of the coordinates `s` on it, with
 * `x = origin + sum_j s_j directions_j`.
 *
 * @param network The network.
 * @param origin The point where all coordinates are 0, shape `[nIn]`.
 * @param directions One vector of shape `[nIn]` per coordinate.
 * @returns A network of as many inputs as there are directions.
 * @throws {TypeError} If a vector has another length.
 *
 * @example The second input stays at 0.5
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { reluOutputs, restrictInputs, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const relu = splinesToRelu(createNetwork({ widths: [2, 5, 1], degree: 1 }, { seed: 1 }));
 * const line = restrictInputs(relu, [0, 0.5], [[1, 0]]);
 * const [y] = reluOutputs(relu, Float64Array.of(0.3, 0.5));
 * assertAlmostEquals(reluOutputs(line, Float64Array.of(0.3))[0], y, 1e-15);
 * ```
 */
export function restrictInputs(
  network: ReluNetwork,
  origin: ArrayLike<number>,
  directions: readonly ArrayLike<number>[],
): ReluNetwork {
  checkReluNetwork("restrict inputs", network);
  const { nIn } = network.layers[0];
  checkInteger("restrict inputs", "directions", directions.length, 1);
  for (const vector of [origin, ...directions]) {
    if (vector.length === nIn) continue;
    throw new TypeError(
      `Cannot restrict inputs: origin and directions must have ${nIn} numbers, current value is ` +
        `${vector.length} numbers`,
    );
  }
  const rows = Array.from({ length: nIn }, (_, p) => directions.map((vector) => vector[p]));
  const map = rowsLayer(rows, Array.from(origin), "none");
  return { layers: [map, ...network.layers] };
}

/** A layer from rows of a full matrix; entries that are 0 are not stored. */
export function rowsLayer(
  rows: readonly ArrayLike<number>[],
  bias: ArrayLike<number>,
  activation: ReluLayer["activation"],
): ReluLayer {
  const entries = rows.map((row) =>
    Array.from(row, (value, p) => [p, value] as const).filter(([, value]) => value !== 0)
  );
  return entriesLayer(entries, rows[0].length, bias, activation);
}

/** A layer from the entries of its rows, `[column, value]`, columns increasing. */
export function entriesLayer(
  rows: readonly (readonly (readonly [number, number])[])[],
  nIn: number,
  bias: ArrayLike<number>,
  activation: ReluLayer["activation"],
  power = 1,
): ReluLayer {
  const size = rows.reduce((sum, row) => sum + row.length, 0);
  const starts = new Int32Array(rows.length + 1);
  const columns = new Int32Array(size), values = new Float64Array(size);
  let k = 0;
  rows.forEach((row, q) => {
    for (const [column, value] of row) {
      columns[k] = column;
      values[k++] = value;
    }
    starts[q + 1] = k;
  });
  return {
    ...{ nIn, nOut: rows.length, starts, columns, values },
    ...{ bias: Float64Array.from(bias), activation },
    ...(power === 1 ? {} : { power }),
  };
}

/** The map that changes nothing. */
export function identityLayer(size: number): ReluLayer {
  const rows = Array.from({ length: size }, (_, p) => [[p, 1] as const]);
  return entriesLayer(rows, size, new Float64Array(size), "none");
}

/** The entries of every column of a layer, as `[row, value]`. */
export function columnsOf(layer: ReluLayer): [row: number, value: number][][] {
  const { nIn, nOut, starts, columns, values } = layer;
  const lists: [number, number][][] = Array.from({ length: nIn }, () => []);
  for (let q = 0; q < nOut; q++) {
    for (let k = starts[q]; k < starts[q + 1]; k++) lists[columns[k]].push([q, values[k]]);
  }
  return lists;
}

/** The product of two affine maps, `second(first(x))`, with the second's activation. */
export function composed(first: ReluLayer, second: ReluLayer): ReluLayer {
  const sums = new Float64Array(first.nIn), touched: number[] = [];
  const seen = new Uint8Array(first.nIn), rows: [number, number][][] = [];
  const bias = second.bias.slice();
  for (let q = 0; q < second.nOut; q++) {
    for (let k = second.starts[q]; k < second.starts[q + 1]; k++) {
      const factor = second.values[k], p = second.columns[k];
      bias[q] += factor * first.bias[p];
      for (let j = first.starts[p]; j < first.starts[p + 1]; j++) {
        const column = first.columns[j];
        if (seen[column] === 0) {
          seen[column] = 1;
          touched.push(column);
        }
        sums[column] += factor * first.values[j];
      }
    }
    touched.sort((a, b) => a - b);
    rows.push(
      touched.map((column): [number, number] => [column, sums[column]])
        .filter(([, value]) => value !== 0),
    );
    for (const column of touched) sums[column] = seen[column] = 0;
    touched.length = 0;
  }
  return entriesLayer(rows, first.nIn, bias, second.activation, second.power);
}
