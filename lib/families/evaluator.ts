/**
 * Values and gradients of networks of nested families.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Evaluator } from "../engine/mod.ts";
import { CONSTANT_RANGE, measureStatistics } from "../model/inner.ts";
import type { FamilyLayer, FamilyNetwork, FamilyRange } from "./network.ts";

/** What a forward pass leaves behind for the backward pass, for one layer. */
interface LayerTrace {
  /** Inputs, shape `[rows, nIn]`. */
  inputs: Float64Array;
  /** Functions at the mapped inputs, shape `[rows, nIn, size]`; empty of linear layers. */
  readonly values: Float64Array;
  /** Their derivatives. */
  readonly slopes: Float64Array;
  /** Mapped inputs, shape `[rows, nIn]`. */
  readonly places: Float64Array;
  /** Ranges that they were mapped by. */
  range: FamilyRange | undefined;
  /** Outputs, shape `[rows, nOut]`. */
  readonly outputs: Float64Array;
}

function createTraces({ family, level, layers }: FamilyNetwork, rows: number): LayerTrace[] {
  const n = family.size(level);
  return layers.map(({ kind, nIn, nOut }) => ({
    inputs: new Float64Array(0),
    values: new Float64Array(kind === "linear" ? 0 : rows * nIn * n),
    slopes: new Float64Array(kind === "linear" ? 0 : rows * nIn * n),
    places: new Float64Array(kind === "linear" ? 0 : rows * nIn),
    range: undefined,
    outputs: new Float64Array(rows * nOut),
  }));
}

/** Runs a network; `ranges`: those to map by. Default: those of these very rows. */
function forwardPass(
  network: FamilyNetwork,
  parameters: Float64Array,
  inputs: Float64Array,
  rows: number,
  traces: readonly LayerTrace[],
  ranges?: readonly FamilyRange[],
): Float64Array {
  let current = inputs;
  network.layers.forEach((layer, i) => {
    const trace = traces[i];
    trace.inputs = current;
    if (layer.kind === "linear") linearForward(layer, parameters, current, rows, trace.outputs);
    else {
      trace.range = ranges?.[i - 1] ?? rangeOfInputs(current, rows, layer.nIn);
      familyForward(network, layer, parameters, rows, trace);
    }
    current = trace.outputs;
  });
  return current;
}

function rangeOfInputs(inputs: Float64Array, rows: number, nIn: number): FamilyRange {
  const found = measureStatistics("minmax", inputs, rows, nIn);
  if (found.kind !== "minmax") throw new TypeError("Cannot measure ranges");
  return found;
}

function linearForward(
  { nIn, nOut, offset }: FamilyLayer,
  parameters: Float64Array,
  x: Float64Array,
  rows: number,
  out: Float64Array,
): void {
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < nOut; q++) {
      let sum = parameters[offset + nIn * nOut + q];
      for (let p = 0; p < nIn; p++) sum += x[r * nIn + p] * parameters[offset + p * nOut + q];
      out[r * nOut + q] = sum;
    }
  }
}

/** `u = (x - minimum) scale - 1`; a scale of 0 stands for a constant input. */
function scaleOf({ minimum, maximum }: FamilyRange, p: number): number {
  const range = maximum[p] - minimum[p];
  const size = Math.max(Math.abs(minimum[p]), Math.abs(maximum[p]));
  return range > CONSTANT_RANGE * size ? 2 / range : 0;
}

function familyForward(
  { family, level }: FamilyNetwork,
  { nIn, nOut, offset }: FamilyLayer,
  parameters: Float64Array,
  rows: number,
  { inputs, values, slopes, places, range, outputs }: LayerTrace,
): void {
  const n = family.size(level);
  outputs.fill(0);
  for (let p = 0; p < nIn; p++) {
    const scale = scaleOf(range!, p), low = range!.minimum[p];
    for (let r = 0; r < rows; r++) {
      const i = r * nIn + p, u = scale === 0 ? 0 : (inputs[i] - low) * scale - 1;
      places[i] = u > 1 ? 1 : u < -1 ? -1 : u;
      family.evaluate(level, places[i], values, slopes, i * n);
      const first = offset + p * n * nOut, from = i * n;
      if (nOut === 1) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += values[from + k] * parameters[first + k];
        outputs[r] += sum;
        continue;
      }
      for (let k = 0; k < n; k++) {
        const value = values[from + k];
        if (value === 0) continue; // splines, hats and wavelets are local
        for (let q = 0, c = first + k * nOut; q < nOut; q++, c++) {
          outputs[r * nOut + q] += value * parameters[c];
        }
      }
    }
  }
}

/** Adds a linear layer's gradient; returns nothing for inputs, which have no parameters before. */
function linearBackward(
  { nIn, nOut, offset }: FamilyLayer,
  x: Float64Array,
  outputsBar: Float64Array,
  rows: number,
  gradient: Float64Array,
): void {
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < nOut; q++) {
      const bar = outputsBar[r * nOut + q];
      gradient[offset + nIn * nOut + q] += bar;
      for (let p = 0; p < nIn; p++) gradient[offset + p * nOut + q] += x[r * nIn + p] * bar;
    }
  }
}

/** Adds a family layer's gradient; its inputs' is returned, ranges included. */
function familyBackward(
  n: number,
  { nIn, nOut, offset }: FamilyLayer,
  parameters: Float64Array,
  { inputs, values, slopes, places, range }: LayerTrace,
  outputsBar: Float64Array,
  rows: number,
  gradient: Float64Array,
): Float64Array {
  const inputsBar = new Float64Array(rows * nIn);
  for (let p = 0; p < nIn; p++) {
    const scale = scaleOf(range!, p);
    let lowBar = 0, highBar = 0, lowest = -1, highest = -1;
    for (let r = 0; r < rows; r++) {
      const i = r * nIn + p;
      let bar = 0;
      const first = offset + p * n * nOut, from = i * n;
      const outBar = outputsBar[r];
      for (let k = 0; nOut === 1 && k < n; k++) {
        gradient[first + k] += values[from + k] * outBar;
        bar += slopes[from + k] * parameters[first + k];
      }
      if (nOut === 1) bar *= outBar;
      for (let k = 0; nOut > 1 && k < n; k++) {
        const value = values[from + k], slope = slopes[from + k];
        if (value === 0 && slope === 0) continue;
        for (let q = 0, c = first + k * nOut; q < nOut; q++, c++) {
          const qBar = outputsBar[r * nOut + q];
          gradient[c] += value * qBar;
          bar += slope * parameters[c] * qBar;
        }
      }
      inputsBar[i] = scale * bar;
      lowBar += bar * (places[i] - 1) * scale / 2;
      highBar -= bar * (places[i] + 1) * scale / 2;
      if (lowest < 0 && inputs[i] === range!.minimum[p]) lowest = i;
      if (highest < 0 && inputs[i] === range!.maximum[p]) highest = i;
    }
    inputsBar[lowest] += lowBar;
    inputsBar[highest] += highBar;
  }
  return inputsBar;
}

/**
 * Compiles a network for the optimizers of `./train`: mean squared error and its gradient, also
 * through the ranges that inputs of layers are mapped by. Plain loops of float64 on one thread.
 *
 * @param network Its shape counts; parameters come with every evaluation.
 * @param dataset Rows; weights must be absent.
 * @returns An evaluator without curvature and mini-batches: L-BFGS and Adam on all rows take it,
 * Gauss-Newton does not.
 * @throws {TypeError} If network and dataset do not fit, or rows have weights.
 *
 * @example
 * ```ts
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { chebyshev, compileFamily, createFamilyNetwork } from "@freeknot/freeknot/families";
 * import { assert } from "@std/assert";
 *
 * const network = createFamilyNetwork(chebyshev(), { widths: [1, 2, 1] });
 * const dataset = datasetOf({ inputs: [0, 0.5, 1], targets: [0, 1, 0] });
 * const { loss } = await compileFamily(network, dataset).evaluate(network.parameters);
 * assert(loss > 0);
 * ```
 */
export function compileFamily(network: FamilyNetwork, dataset: Dataset): Evaluator {
  const { rows, inputs, targets, nOut } = dataset, { layers, family, level } = network;
  if (dataset.nIn !== layers[0].nIn || nOut !== layers.at(-1)!.nOut || dataset.weights) {
    throw new TypeError(
      `Cannot compile network: dataset must have ${layers[0].nIn} inputs, ${layers.at(-1)!.nOut} ` +
        `targets and no weights, current value is [${dataset.nIn}, ${nOut}]` +
        (dataset.weights ? " with weights" : ""),
    );
  }
  const traces = createTraces(network, rows), n = family.size(level);
  const bars = new Float64Array(rows * nOut);
  return {
    numParameters: network.parameters.length,
    evaluate(parameters, gradientOut) {
      const outputs = forwardPass(network, parameters, inputs, rows, traces);
      let loss = 0;
      for (let i = 0; i < outputs.length; i++) {
        const error = outputs[i] - targets[i];
        loss += error * error / outputs.length;
        bars[i] = 2 * error / outputs.length;
      }
      if (gradientOut) {
        gradientOut.fill(Number.isFinite(loss) ? 0 : NaN);
        let bar: Float64Array = bars;
        for (let i = Number.isFinite(loss) ? layers.length - 1 : -1; i >= 0; i--) {
          if (layers[i].kind === "linear") {
            linearBackward(layers[i], traces[i].inputs, bar, rows, gradientOut);
          } else bar = familyBackward(n, layers[i], parameters, traces[i], bar, rows, gradientOut);
        }
      }
      return {
        ...{ objective: loss, loss },
        statistics: () =>
          traces.flatMap(({ range }) =>
            range ? [{ kind: "minmax" as const, ...copied(range) }] : []
          ),
        outputs: () => outputs.slice(),
      };
    },
    dispose() {},
  };
}

function copied({ minimum, maximum }: FamilyRange): FamilyRange {
  return { minimum: minimum.slice(), maximum: maximum.slice() };
}

/**
 * Measures the ranges of all layers on some rows, under the network's parameters.
 *
 * @param network Not changed.
 * @param dataset Rows; only their inputs matter.
 * @returns The network with these ranges.
 *
 * @example
 * ```ts
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { createFamilyNetwork, fourier, withFamilyRanges } from "@freeknot/freeknot/families";
 * import { assert } from "@std/assert";
 *
 * const network = createFamilyNetwork(fourier(), { widths: [1, 1, 1] });
 * const dataset = datasetOf({ inputs: [0, 1], targets: [0, 1] });
 * const [{ minimum, maximum }] = withFamilyRanges(network, dataset).ranges;
 * assert(maximum[0] > minimum[0]);
 * ```
 */
export function withFamilyRanges(network: FamilyNetwork, dataset: Dataset): FamilyNetwork {
  const traces = createTraces(network, dataset.rows);
  forwardPass(network, network.parameters, dataset.inputs, dataset.rows, traces);
  return {
    ...network,
    ranges: traces.flatMap(({ range }) => range ? [copied(range)] : []),
  };
}

/**
 * Computes the outputs of a network; inputs of layers beyond their kept ranges count as their ends.
 *
 * @param network The network, with the ranges it was trained with.
 * @param inputs Shape `[rows, nIn]`.
 * @param rows Number of rows.
 * @returns Shape `[rows, nOut]`.
 * @throws {TypeError} If `inputs` has another length.
 *
 * @example
 * ```ts
 * import { createFamilyNetwork, familyOutputs, splines } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createFamilyNetwork(splines(), { widths: [2, 3, 1] });
 * assertEquals(familyOutputs(network, [0, 0, 1, 1], 2).length, 2);
 * ```
 */
export function familyOutputs(
  network: FamilyNetwork,
  inputs: ArrayLike<number>,
  rows: number,
): Float64Array {
  const nIn = network.layers[0].nIn;
  if (inputs.length !== rows * nIn) {
    throw new TypeError(
      `Cannot compute outputs: inputs must have shape [${rows}, ${nIn}], ` +
        `current length is ${inputs.length}`,
    );
  }
  const traces = createTraces(network, rows), x = Float64Array.from(inputs);
  return forwardPass(network, network.parameters, x, rows, traces, network.ranges).slice();
}
