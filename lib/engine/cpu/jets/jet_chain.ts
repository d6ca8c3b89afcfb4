/**
 * The chain of stages that jets pass through, as its parts know each other.
 *
 * @module
 */

import type { LinearStage, Network, SplineStage } from "../../../model/mod.ts";
import type { JetPoints } from "../../jets.ts";
import type { Arena, Slot } from "../memory.ts";
import type { JetNormaliser } from "./jet_normaliser.ts";
import type { JetShape } from "./jet_shape.ts";
import type { JetTables } from "./jet_tables.ts";
import type { JetKernels } from "./kernels.ts";

/** A stage with its buffers; `inputs[g]` has shape `[rows, channels, nIn]`. */
export type JetStage =
  | {
    readonly kind: "linear";
    readonly stage: LinearStage;
    readonly weights: number;
    readonly bias: number;
    readonly inputs: Slot<Float64Array>[];
  }
  | {
    readonly kind: "spline";
    readonly stage: SplineStage;
    readonly tables: JetTables;
    readonly normaliser: JetNormaliser;
    readonly inputs: Slot<Float64Array>[];
    /** Normalised inputs. */
    readonly jets: Slot<Float64Array>[];
    /** Piece and first coefficient of every point and node. */
    readonly places: Slot<Int32Array>[];
  };

/** A layer's gradients in the memory, for one call of the backward kernel. */
export interface BackwardCall {
  readonly group: number;
  /** First row, and how many. */
  readonly row: number;
  readonly rows: number;
  readonly active: number;
  /** Byte addresses of the first of these rows. */
  readonly yBarAt: number;
  readonly uBarAt: number;
  readonly coefficientBarsAt: number;
  readonly baseBarsAt: number;
  readonly polynomialBarsAt: number;
  readonly placeBarsAt: number;
  readonly byNode: boolean;
}

/** The program's inside, as the Gauss-Newton matrix needs it. */
export interface JetChain {
  readonly network: Network;
  readonly stages: readonly JetStage[];
  readonly groups: readonly JetPoints[];
  readonly shapes: readonly JetShape[];
  readonly arena: Arena;
  readonly kernels: () => JetKernels;
  /** Parameters of the latest forward pass. */
  readonly parameters: Slot<Float64Array>;
  /** Runs the backward kernel on rows of a layer. */
  backward(own: Extract<JetStage, { kind: "spline" }>, call: BackwardCall): void;
  /**
   * Pulls gradients by the inputs of stage `end` (or, for `end = stages.length`, by the outputs)
   * back to the parameters, through the statistics of the stages before.
   *
   * @param fill Writes the bars, `[rows, channels, nIn of the stage]`, of a group.
   * @param values Whether only the values' entries (channel 0) of `bars` are not 0.
   */
  pull(
    end: number,
    fill: (bars: Float64Array, group: number) => void,
    values: boolean,
    gradientOut: Float64Array,
  ): void;
}
