/**
 * What is explained: one network, or the mean of several.
 *
 * @module
 */

import { compilePredictor } from "../../engine/mod.ts";
import { checkNetwork, numSplineEdges, withAllEdges } from "../../model/inner.ts";
import { forward, type Network } from "../../model/mod.ts";

/** A network, or several whose mean output is explained. */
export type Explained = Network | readonly Network[];

/** Outputs of what is explained, for rows of inputs. */
export interface OutputFunction {
  readonly networks: readonly Network[];
  readonly nIn: number;
  readonly nOut: number;
  /** Inputs of shape `[rows, nIn]` to outputs of shape `[rows, nOut]`. */
  evaluate(inputs: Float64Array): Float64Array;
}

/** The networks of what is explained, checked. */
export function networksOf(verb: string, explained: Explained): readonly Network[] {
  const networks = Array.isArray(explained) ? explained as readonly Network[] : [explained];
  if (networks.length === 0) {
    throw new RangeError(`Cannot ${verb}: networks must be at least one, current value is none`);
  }
  for (const network of networks) checkNetwork(verb, network);
  return networks as readonly Network[];
}

/** Makes outputs ready to be computed again and again. */
export function outputFunction(verb: string, explained: Explained): OutputFunction {
  const networks = networksOf(verb, explained), { widths } = networks[0].config;
  const parts = networks.map(rowFunction);
  return {
    networks,
    nIn: widths[0],
    nOut: widths[widths.length - 1],
    evaluate(inputs) {
      const [first, ...others] = parts;
      const outputs = first(inputs);
      if (others.length === 0) return outputs;
      for (const other of others) other(inputs).forEach((value, i) => outputs[i] += value);
      return outputs.map((value) => value / parts.length);
    },
  };
}

/** Least share of edges that a predictor is quicker for: it walks through missing ones, too. */
const SHARE = 0.2;

/** Outputs of one network: where a mask leaves few edges, by those that are left. */
function rowFunction(network: Network): (inputs: Float64Array) => Float64Array {
  const { config } = network;
  const few = config.edges && numSplineEdges(config) < SHARE * numSplineEdges(withAllEdges(config));
  if (few) return (inputs) => forward(network, inputs);
  const predictor = compilePredictor(network);
  return (inputs) => predictor.predictRows(inputs);
}

/** Throws unless inputs are rows of a network, and returns their number. */
export function countRows(verb: string, inputs: Float64Array, nIn: number): number {
  const rows = inputs.length / nIn;
  if (!(inputs instanceof Float64Array) || !Number.isInteger(rows) || rows < 1) {
    throw new TypeError(
      `Cannot ${verb}: inputs must be rows of ${nIn} numbers in a Float64Array, current value is ` +
        `${inputs?.length} numbers`,
    );
  }
  return rows;
}

/** At most `most` rows, evenly chosen, in their order; all where there are not more. */
export function spreadRows(inputs: Float64Array, nIn: number, most: number): Float64Array {
  const rows = inputs.length / nIn;
  if (rows <= most) return inputs;
  const chosen = new Float64Array(most * nIn);
  for (let i = 0; i < most; i++) {
    const row = Math.floor(i * rows / most);
    chosen.set(inputs.subarray(row * nIn, (row + 1) * nIn), i * nIn);
  }
  return chosen;
}
