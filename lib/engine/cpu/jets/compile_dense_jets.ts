/**
 * An MLP's jets at fixed points, forward and backward, in flat buffers allocated once.
 *
 * A derivative of a linear map is the linear map of the derivative, so all derivatives of all points
 * are lines of one matrix product; only the functions between the maps need the chain rule.
 *
 * @module
 */

import { type ActivationStage, findBlock, stagesOf } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import type { JetPoints, JetProgram } from "../../jets.ts";
import { PLAIN_DENSE_KERNELS, RELAXED_DENSE_KERNELS } from "../wasm/_dense_kernels.ts";
import { DENSE_KERNELS } from "../wasm/abi.ts";
import { kernelBinder } from "../wasm/exported_kernels.ts";
import { type Arena, createArena, type Reals } from "../wasm/memory.ts";
import { copyRows, createLines, type RowArray, setRows } from "../wasm/row_array.ts";
import { type ChainTables, checkGroups, layOutChain } from "./jet_groups.ts";

/** Rows of a group: one derivative of all nodes at one point. */
type Lines = RowArray<Reals>;

/** A linear map and the function after it. */
type Layer = ReturnType<typeof layOut>[number];

const createDenseKernels = kernelBinder(
  DENSE_KERNELS,
  RELAXED_DENSE_KERNELS,
  PLAIN_DENSE_KERNELS,
);

/** Compiles the jets of an MLP; see `compileJets` of ../../compile_jets.ts. */
export function compileDenseJets(network: Network, groups: readonly JetPoints[]): JetProgram {
  checkGroups(network, groups);
  const arena = createArena("float64");
  const shapes = groups.map((group) => layOutChain(group, arena));
  const scratch = arena.float64(SCRATCH);
  const layers = layOut(network, shapes, arena);
  const calls = layers.map((_, l) =>
    shapes.map((shape, g) => layerArguments(layers, l, shape, g, scratch.at))
  );
  const kernels = createDenseKernels(arena.makeMemory(false));
  const last = layers[layers.length - 1];
  const outputs = shapes.map(({ rows, channels }) => new Float64Array(rows * channels * last.nOut));
  groups.forEach(({ inputs }, g) => setRows(layers[0].inputs[g], inputs));

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
      last.sums.forEach((lines, g) => copyRows(lines, outputs[g]));
      return outputs;
    },
    backward(bars, gradientOut) {
      gradientOut.fill(0);
      bars.forEach((bar, g) => setRows(last.sumBars[g], bar));
      for (let l = layers.length - 1; l >= 0; l--) {
        const { nIn, nOut, weights, bias, sumBars, bars } = layers[l];
        bars.values.fill(0);
        shapes.forEach((shape, g) => {
          const { addProducts, before } = calls[l][g];
          kernels.addProducts(addProducts);
          if (bias >= 0) addSums(sumBars[g], shape, gradientOut.subarray(bias, bias + nOut));
          if (!before) return;
          kernels.multiply(before.multiply);
          kernels.unbend(before.unbend);
        });
        copyRows(bars, gradientOut.subarray(weights, weights + nIn * nOut));
      }
    },
    statistics: () => [],
    dispose() {},
  };
}

/** Vectors of the kernels' scratch: a function and its derivatives. */
const SCRATCH = 2 * 8;

/** The arguments of a layer's kernels on a group: forward, and back to the layer before. */
function layerArguments(
  layers: readonly Layer[],
  l: number,
  shape: ChainTables,
  g: number,
  scratch: number,
) {
  const { nIn, nOut, activation, matrix, transposed, bars, ...lines } = layers[l];
  const rows = shape.rows * shape.channels;
  const x = lines.inputs[g], y = lines.sums[g], yBar = lines.sumBars[g];
  const input = { rows, nIn, x: x.at, xStep: x.step };
  const next = layers[l + 1]?.inputs[g].at, before = layers[l - 1];
  return {
    multiply: { ...input, weights: matrix.at, y: y.at, yStep: y.step },
    bend: activation && { ...chainArguments(activation, shape, y), y: next, scratch },
    addProducts: { ...input, yBar: yBar.at, yStep: yBar.step, weightsBar: bars.at },
    before: before && pullArguments(before, lines.inputBars[g]),
  };

  function pullArguments({ activation, sums, sumBars }: Layer, xBar: Lines) {
    const bar = { rows, nIn: nOut, x: yBar.at, xStep: yBar.step };
    const chain = chainArguments(activation!, shape, sums[g]);
    return {
      multiply: { ...bar, weights: transposed.at, y: xBar.at, yStep: xBar.step },
      unbend: { ...chain, yBar: xBar.at, xBar: sumBars[g].at, scratch },
    };
  }
}

/** The chain rule of a group, and the function's inputs. */
function chainArguments(
  activation: ActivationStage["kind"],
  { rows, channels, order, terms, table, factors }: ChainTables,
  x: Lines,
) {
  const chain = { order, terms, table: table.at, factors: factors.at };
  return { rows, channels, step: x.step, ...chain, smooth: activation === "tanh", x: x.at };
}

/** Lays out all layers; vectors are padded to pairs. */
function layOut(network: Network, shapes: readonly ChainTables[], arena: Arena) {
  const stages = stagesOf(network.config);
  const perGroup = (columns: number): Lines[] =>
    shapes.map(({ rows, channels }) => createLines(arena, rows * channels, columns));
  return stages.flatMap((stage, s) => {
    if (stage.kind !== "linear") return [];
    const { name, nIn, nOut } = stage, next = stages[s + 1];
    return [{
      nIn,
      nOut,
      // Where weights, `[nIn, nOut]`, and bias (-1: none) begin in the parameter vector.
      weights: findBlock(network.layout, `${name}.weights`)!.offset,
      bias: findBlock(network.layout, `${name}.bias`)?.offset ?? -1,
      /** The function after the map; undefined after the last. */
      activation: next?.kind === "relu" || next?.kind === "tanh" ? next.kind : undefined,
      // Weights `[nIn, stride]`, their transpose `[nOut, stride]`, and the gradient by them.
      matrix: createLines(arena, nIn, nOut),
      transposed: createLines(arena, nOut, nIn),
      bars: createLines(arena, nIn, nOut),
      // Per group the inputs of the map, its outputs, and the gradients by both.
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
  const w = matrix.values, back = transposed.values;
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) {
      const weight = parameters[weights + p * nOut + q];
      w[p * matrix.stride + q] = weight;
      back[q * transposed.stride + p] = weight;
    }
  }
}

/** Adds the bias to the values; derivatives have none. */
function addBias(
  { values, stride }: Lines,
  { rows, channels }: ChainTables,
  bias: Float64Array,
): void {
  for (let r = 0, at = 0; r < rows; r++, at += channels * stride) {
    for (let q = 0; q < bias.length; q++) values[at + q] += bias[q];
  }
}

/** Adds the values' gradients to the gradient by the bias. */
function addSums(
  { values, stride }: Lines,
  { rows, channels }: ChainTables,
  biasBar: Float64Array,
): void {
  for (let r = 0, at = 0; r < rows; r++, at += channels * stride) {
    for (let q = 0; q < biasBar.length; q++) biasBar[q] += values[at + q];
  }
}
