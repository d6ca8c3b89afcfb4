/**
 * A stage with its place in the chain: what it does in each phase.
 *
 * @module
 */

import { findBlock } from "../../../model/inner.ts";
import type { Network, NormalisationStatistics } from "../../../model/mod.ts";
import type { Reals } from "../wasm/memory.ts";
import type { EdgeMeasure } from "../../penalty.ts";
import type { LayerNorms } from "./edge_norms.ts";
import type { ConcludedPhase } from "./normaliser.ts";
import type { Call, Phase } from "../wasm/kernel_calls.ts";
import type { RowArray } from "../wasm/row_array.ts";

/** A stage between its input and its output. */
export interface Link {
  /** The output `y [rows, nOut]`. */
  readonly output: RowArray<Reals>;
  /** The gradient by the stage's input, after the backward pass; none at the data. */
  readonly inputBar: RowArray<Reals> | undefined;
  /** Takes the parameters of the next passes; tells whether tables of knots are new. */
  prepare(parameters: Float64Array): boolean;
  /** Fills tables from parameters in the memory, where knots are new and where they are not. */
  readonly fresh: readonly Call[];
  readonly build: readonly Call[];
  /** Measures the input's statistics: everything before must have run on all rows. */
  readonly measure: readonly ConcludedPhase[];
  /** Runs once per batch, after measuring: places points that never move. */
  readonly once: Phase;
  readonly forward: Phase;
  /** Sums for the parameters, and the gradient by normalised inputs. */
  backward(yBar: RowArray<Reals>): Phase;
  /** Turns the gradient by normalised inputs into the gradient by the input. */
  readonly pull: readonly ConcludedPhase[];
  /** Adds the sums of all blocks; turns those of splines into gradients in the memory. */
  readonly add: readonly Call[];
  /** Adds the parameters' other gradients, after all phases. */
  collect(gradient: Float64Array): void;
  /** Norms of the edges, of a spline layer with a penalty on them. */
  readonly edges?: LayerNorms | undefined;
  /** Normalisation statistics: one record of a spline layer, none of a linear map. */
  statistics(): NormalisationStatistics[];
  /** Of a spline layer under min-max: the rows that its statistics are of, see `BatchNormaliser`. */
  readonly extremeRows?: Int32Array | undefined;
}

/** Where a stage stands. */
export interface Position {
  /** The stage's input. */
  readonly input: RowArray<Reals>;
  /** Whether the input is the data. */
  readonly first: boolean;
  /** Whether nothing reads rows of this stage again once its chunk's backward pass is done. */
  readonly fused: boolean;
  /** Whether the output must be kept for all rows. */
  readonly keepsOutput: boolean;
  /** How edges are measured, of a layer with a penalty on them. */
  readonly measure: EdgeMeasure | undefined;
}

/** Gives the view of a parameter block on a flat vector; empty where there is no such block. */
export type BlockViews = (name: string) => (flat: Float64Array) => Float64Array;

/** The views of a network's blocks. */
export function blockViews({ layout }: Network): BlockViews {
  return (name) => {
    const block = findBlock(layout, name);
    const begin = block?.offset ?? 0, end = begin + (block?.size ?? 0);
    return (flat) => flat.subarray(begin, end);
  };
}
