/**
 * Networks with masks of edges on engines for all edges: missing ones have coefficients 0, and their
 * gradients are not read.
 *
 * @module
 */

import { addMissingEdges, parameterPlaces, withAllEdges } from "../model/inner.ts";
import { countParameters, type Network } from "../model/mod.ts";
import type { Evaluator } from "./contract.ts";
import type { Jacobian, JetProgram, NormalMatrix } from "./jets.ts";
import type { EdgeCurvature } from "./edge_curvature.ts";

/** Creates the ways between the parameters of a network and those of the one with all edges. */
function edgeMaps({ config }: Network) {
  const places = parameterPlaces(config), n = places.length;
  const numAll = countParameters(withAllEdges(config));
  const all = new Float64Array(numAll), allBars = new Float64Array(numAll);
  return {
    places,
    /** Room for a gradient by all parameters. */
    allBars,
    /** The parameters of the network with all edges, overwritten by the next call. */
    spread(parameters: Float64Array): Float64Array {
      for (let i = 0; i < n; i++) all[places[i]] = parameters[i];
      return all;
    },
    /** Takes the gradient out of the room for one by all parameters. */
    gather(gradientOut: Float64Array): void {
      for (let i = 0; i < n; i++) gradientOut[i] = allBars[places[i]];
    },
  };
}

/**
 * Compiles a network as the one with all edges, for engines that know no masks.
 *
 * @param compile Compiles a network with all edges.
 * @returns An evaluator that offers evaluations and mini-batches, nothing that leaves parameters on a
 * device.
 */
export async function evaluatorOfEdges(
  network: Network,
  compile: (all: Network) => Promise<Evaluator>,
): Promise<Evaluator> {
  const evaluator = await compile(addMissingEdges(network));
  const maps = edgeMaps(network);
  return {
    numParameters: maps.places.length,
    ...(evaluator.bytes !== undefined && { bytes: evaluator.bytes }),
    ...(evaluator.batches && { batches: evaluator.batches }),
    async evaluate(parameters, gradientOut) {
      const all = maps.spread(parameters);
      const found = await evaluator.evaluate(all, gradientOut && maps.allBars);
      if (gradientOut) maps.gather(gradientOut);
      return found;
    },
    dispose: () => evaluator.dispose(),
  };
}

/**
 * Compiles the jets of a network as those of the one with all edges.
 *
 * @param compile Compiles a network with all edges.
 */
export function jetsOfEdges(network: Network, compile: (all: Network) => JetProgram): JetProgram {
  if (!network.config.edges) return compile(network);
  const program = compile(addMissingEdges(network));
  const maps = edgeMaps(network);
  return {
    ...program,
    numParameters: maps.places.length,
    forward: (parameters) => program.forward(maps.spread(parameters)),
    backward(bars, gradientOut) {
      program.backward(bars, maps.allBars);
      maps.gather(gradientOut);
    },
    ...(program.normalMatrix && {
      normalMatrix: matrixOfEdges(program.normalMatrix, maps.places, program.numParameters),
    }),
    ...(program.jacobian && {
      jacobian: rowsOfEdges(program.jacobian, maps.places, program.numParameters),
    }),
  };
}

/** The rows and columns of a matrix that are left of all; further unknowns come last in both. */
function matrixOfEdges(
  matrixOf: NormalMatrix,
  places: Int32Array,
  numAll: number,
): NormalMatrix {
  const n = places.length;
  let kept = new Float64Array(0);
  return (residuals, extra) => {
    const { values, stride } = matrixOf(residuals, extra), size = n + extra;
    if (kept.length !== size * size) kept = new Float64Array(size * size);
    const columns = Int32Array.from({ length: size }, (_, i) => i < n ? places[i] : numAll + i - n);
    for (let i = 0; i < size; i++) {
      const from = columns[i] * stride, to = i * size;
      for (let j = 0; j < size; j++) kept[to + j] = values[from + columns[j]];
    }
    return { values: kept, size, stride: size };
  };
}

/** The columns of rows that are left of all; further unknowns come last in both. */
function rowsOfEdges(rowsOf: Jacobian, places: Int32Array, numAll: number): Jacobian {
  return (residuals, extra) => {
    const all = rowsOf(residuals, extra), stride = numAll + extra, size = places.length + extra;
    const kept = new Float64Array(all.length / stride * size);
    for (let r = 0, from = 0; from < all.length; r++, from += stride) {
      for (let j = 0; j < size; j++) {
        kept[r * size + j] =
          all[from + (j < places.length ? places[j] : numAll + j - places.length)];
      }
    }
    return kept;
  };
}

/**
 * Computes curvatures of single edges with all edges, and takes those of the edges that exist.
 *
 * @param compute Is given the network with all edges.
 */
export function curvaturesOfEdges(
  network: Network,
  compute: (all: Network) => EdgeCurvature[],
): EdgeCurvature[] {
  if (!network.config.edges) return compute(network);
  const all = addMissingEdges(network);
  const numbers = new Int32Array(all.parameters.length).fill(-1);
  parameterPlaces(network.config).forEach((place, i) => numbers[place] = i);
  return compute(all).flatMap((curvature) => {
    const places = curvature.places.map((place) => numbers[place]);
    return places.some((place) => place < 0) ? [] : [{ ...curvature, places }];
  });
}

/**
 * Computes a value and its gradient with all edges, in the parameters of those that exist.
 *
 * @param compute Adds to a gradient by all parameters.
 */
export function valueOfEdges(
  network: Network,
  compute: (all: Float64Array, gradient?: Float64Array) => number,
): (parameters: Float64Array, gradient?: Float64Array) => number {
  if (!network.config.edges) return compute;
  const maps = edgeMaps(network), { places, allBars } = maps;
  return (parameters, gradient) => {
    const value = compute(maps.spread(parameters), gradient && allBars.fill(0));
    if (gradient) { for (let i = 0; i < places.length; i++) gradient[i] += allBars[places[i]]; }
    return value;
  };
}
