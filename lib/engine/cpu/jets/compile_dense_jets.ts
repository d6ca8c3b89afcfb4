/**
 * An MLP's jets at fixed points, forward and backward, in flat buffers allocated once.
 *
 * A derivative of a linear map is the linear map of the derivative, so all derivatives of all points
 * are lines of one matrix product; only the functions between the maps need the chain rule.
 *
 * @module
 */

import { type ActivationStage, findBlock, type Network, stagesOf } from "../../../model/mod.ts";
import type { JetPoints, JetProgram } from "../../jets.ts";
import { type Arena, createArena, type Slot } from "../wasm/memory.ts";
import { createDenseKernels } from "./dense_kernels.ts";
import { type ChainTables, checkGroups, layOutChain } from "./jet_groups.ts";

/** Numbers `[lines, stride]` of a group: a line holds one derivative of all nodes at one point. */
interface Lines {
  readonly slot: Slot<Float64Array>;
  readonly stride: number;
}

/** A group of points as the loops see it. */
interface Group extends ChainTables {
  readonly rows: number;
  /** Derivatives, the value included. */
  readonly channels: number;
}

/** A linear map and the function after it. */
interface Layer {
  readonly nIn: number;
  readonly nOut: number;
  /** Index of the first weight, `[nIn, nOut]`, in the parameter vector. */
  readonly weights: number;
  /** Index of the first bias; -1 without. */
  readonly bias: number;
  /** The function after the map; undefined after the last. */
  readonly activation: ActivationStage["kind"] | undefined;
  /** Weights `[nIn, stride]`, their transpose `[nOut, stride]`, and the gradient by them. */
  readonly matrix: Lines;
  readonly transposed: Lines;
  readonly bars: Lines;
  /** Per group the inputs of the map, its outputs, and the gradients by both. */
  readonly inputs: readonly Lines[];
  readonly inputBars: readonly Lines[];
  readonly sums: readonly Lines[];
  readonly sumBars: readonly Lines[];
}

/** Compiles the jets of an MLP; see `compileJets` of ../../compile_jets.ts. */
export function compileDenseJets(network: Network, groups: readonly JetPoints[]): JetProgram {
  checkGroups(network, groups);
  const arena = createArena("float64");
  const shapes = groups.map((group): Group => ({
    rows: group.rows,
    channels: group.derivatives.length,
    ...layOutChain(group, arena),
  }));
  const scratch = arena.float64(SCRATCH);
  const layers = layOut(network, shapes, arena);
  const calls = layers.map((_, l) =>
    shapes.map((shape, g) => layerArguments(layers, l, shape, g, scratch.at))
  );
  const kernels = createDenseKernels(arena.makeMemory(false));
  const last = layers[layers.length - 1];
  const outputs = shapes.map(({ rows, channels }) => new Float64Array(rows * channels * last.nOut));
  groups.forEach(({ inputs }, g) => copyIn(inputs, layers[0].nIn, layers[0].inputs[g]));

  return {
    numParameters: network.parameters.length,
    forward(parameters) {
      layers.forEach((layer, l) => {
        setWeights(layer, parameters);
        const { nOut, bias, sums } = layer;
        shapes.forEach((shape, g) => {
          const { multiply, bend } = calls[l][g];
          kernels.multiply(multiply);
          if (bias >= 0) addBias(sums[g], shape, parameters.subarray(bias, bias + nOut));
          if (bend) kernels.bend(bend);
        });
      });
      last.sums.forEach((lines, g) => copyOut(lines, last.nOut, outputs[g]));
      return outputs;
    },
    backward(bars, gradientOut) {
      gradientOut.fill(0);
      bars.forEach((bar, g) => copyIn(bar, last.nOut, last.sumBars[g]));
      for (let l = layers.length - 1; l >= 0; l--) {
        const { nIn, nOut, weights, bias, sumBars, bars } = layers[l];
        bars.slot.values.fill(0);
        shapes.forEach((shape, g) => {
          const { addProducts, before } = calls[l][g];
          kernels.addProducts(addProducts);
          if (bias >= 0) addSums(sumBars[g], shape, gradientOut.subarray(bias, bias + nOut));
          if (!before) return;
          kernels.multiply(before.multiply);
          kernels.unbend(before.unbend);
        });
        copyOut(bars, nOut, gradientOut.subarray(weights, weights + nIn * nOut));
      }
    },
    statistics: () => [],
    dispose() {},
  };
}

/** Vectors of the kernels' scratch: a function and its derivatives. */
const SCRATCH = 2 * 6;

/** The arguments of a layer's kernels on a group: forward, and back to the layer before. */
function layerArguments(
  layers: readonly Layer[],
  l: number,
  shape: Group,
  g: number,
  scratch: number,
) {
  const { nIn, nOut, activation, matrix, transposed, bars, ...lines } = layers[l];
  const rows = shape.rows * shape.channels;
  const x = placeOf(lines.inputs[g]), y = placeOf(lines.sums[g]), yBar = placeOf(lines.sumBars[g]);
  const next = layers[l + 1]?.inputs[g].slot.at, before = layers[l - 1];
  const multiply = { rows, nIn, weights: matrix.slot.at, x: x.at, xStep: x.step };
  return {
    multiply: { ...multiply, y: y.at, yStep: y.step },
    bend: activation && { ...chainArguments(activation, shape, y), y: next, scratch },
    addProducts: {
      rows,
      nIn,
      x: x.at,
      xStep: x.step,
      yBar: yBar.at,
      yStep: yBar.step,
      weightsBar: bars.slot.at,
    },
    before: before && pullArguments(before, placeOf(lines.inputBars[g])),
  };

  function pullArguments({ activation, sums, sumBars }: Layer, xBar: { at: number; step: number }) {
    const weights = transposed.slot.at;
    const chain = chainArguments(activation!, shape, placeOf(sums[g]));
    return {
      multiply: {
        rows,
        nIn: nOut,
        weights,
        x: yBar.at,
        xStep: yBar.step,
        y: xBar.at,
        yStep: xBar.step,
      },
      unbend: { ...chain, yBar: xBar.at, xBar: sumBars[g].slot.at, scratch },
    };
  }
}

/** Address and bytes from line to line. */
function placeOf({ slot, stride }: Lines): { at: number; step: number } {
  return { at: slot.at, step: 8 * stride };
}

/** The chain rule of a group, and the function's inputs. */
function chainArguments(
  activation: ActivationStage["kind"],
  { rows, channels, order, terms, table, factors }: Group,
  x: { readonly at: number; readonly step: number },
) {
  const chain = { order, terms, table: table.at, factors: factors.at };
  return { rows, channels, step: x.step, ...chain, smooth: activation === "tanh", x: x.at };
}

/** Lays out all layers; vectors are padded to pairs. */
function layOut(network: Network, shapes: readonly Group[], arena: Arena): Layer[] {
  const stages = stagesOf(network.config);
  const create = (lines: number, columns: number): Lines => {
    const stride = 2 * Math.ceil(columns / 2);
    return { slot: arena.float64(lines * stride), stride };
  };
  const perGroup = (columns: number): Lines[] =>
    shapes.map(({ rows, channels }) => create(rows * channels, columns));
  return stages.flatMap((stage, s): Layer[] => {
    if (stage.kind !== "linear") return [];
    const { name, nIn, nOut } = stage, next = stages[s + 1];
    return [{
      nIn,
      nOut,
      weights: findBlock(network.layout, `${name}.weights`)!.offset,
      bias: findBlock(network.layout, `${name}.bias`)?.offset ?? -1,
      activation: next?.kind === "relu" || next?.kind === "tanh" ? next.kind : undefined,
      matrix: create(nIn, nOut),
      transposed: create(nOut, nIn),
      bars: create(nIn, nOut),
      inputs: perGroup(nIn),
      inputBars: s === 0 ? [] : perGroup(nIn),
      sums: perGroup(nOut),
      sumBars: perGroup(nOut),
    }];
  });
}

function setWeights(
  { nIn, nOut, weights, matrix, transposed }: Layer,
  parameters: Float64Array,
): void {
  const w = matrix.slot.values, back = transposed.slot.values;
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) {
      const weight = parameters[weights + p * nOut + q];
      w[p * matrix.stride + q] = weight;
      back[q * transposed.stride + p] = weight;
    }
  }
}

function copyIn(from: Float64Array, columns: number, { slot: { values }, stride }: Lines): void {
  for (let i = 0, to = 0; i < from.length; i += columns, to += stride) {
    for (let c = 0; c < columns; c++) values[to + c] = from[i + c];
  }
}

function copyOut({ slot: { values }, stride }: Lines, columns: number, to: Float64Array): void {
  for (let i = 0, from = 0; i < to.length; i += columns, from += stride) {
    for (let c = 0; c < columns; c++) to[i + c] = values[from + c];
  }
}

/** Adds the bias to the values; derivatives have none. */
function addBias(
  { slot: { values }, stride }: Lines,
  { rows, channels }: Group,
  bias: Float64Array,
): void {
  for (let r = 0, at = 0; r < rows; r++, at += channels * stride) {
    for (let q = 0; q < bias.length; q++) values[at + q] += bias[q];
  }
}

/** Adds the values' gradients to the gradient by the bias. */
function addSums(
  { slot: { values }, stride }: Lines,
  { rows, channels }: Group,
  biasBar: Float64Array,
): void {
  for (let r = 0, at = 0; r < rows; r++, at += channels * stride) {
    for (let q = 0; q < biasBar.length; q++) biasBar[q] += values[at + q];
  }
}
