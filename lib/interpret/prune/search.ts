/**
 * What a search for removals works with.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { Loss } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { PruneOptions, PruneTrial } from "./options.ts";
import { judgedLoss, refit } from "./refit.ts";

/** Single removals that are refused one after the other before the end. */
export const PATIENCE = 6;

/** What a search for removals knows, and has found. */
export interface PruneSearch {
  readonly fitted: Dataset;
  readonly judge: Dataset;
  readonly options: PruneOptions;
  readonly goal: PruneGoal;
  readonly loss: Loss;
  /** What a loss may become where another is the lowest. */
  readonly allowed: (lowest: number) => number;
  /** The lowest judged loss so far, and the losses of the rows there. */
  best: number;
  lowest: Float64Array;
  trials: number;
  removed: PruneTrial[];
}

/** A network on the way, and its nodes as they were at the start. */
export interface PruneState {
  readonly network: Network;
  readonly kept: readonly (readonly number[])[];
  /** Judged. */
  readonly loss: number;
  /** The network that it comes from, on its fine grid, and the inputs of that network. */
  readonly origin: Network;
  readonly wanted: readonly number[];
}

/** What may go. */
export interface PruneGoal {
  /** Fewest nodes of every width. */
  readonly least: readonly number[];
  /** Whether edges may go. */
  readonly edges: boolean;
  /** Whether inputs may go. */
  readonly inputs: boolean;
  readonly tolerance: number;
}

/** A dataset with some of its input columns. */
export function withInputs(dataset: Dataset, columns: readonly number[]): Dataset {
  const { rows, nIn, inputs } = dataset, width = columns.length;
  if (width === nIn) return dataset;
  const taken = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < width; c++) taken[r * width + c] = inputs[r * nIn + columns[c]];
  }
  return { ...dataset, nIn: width, inputs: taken };
}

/**
 * Refits a network of which something was taken away, and judges it.
 *
 * @param limit What the judged loss may become.
 */
export async function refitted(
  start: Network,
  fitted: Dataset,
  judge: Dataset,
  options: PruneOptions,
  limit: number,
): Promise<Pick<PruneState, "network" | "loss">> {
  const { loss = { kind: "mse" } } = options;
  const trained = await refit(start, fitted, options, 1, limit);
  // A network that learns noise by heart gets worse by more of it: then it stays as it was. Refits on
  // classes have weight decay against that.
  const plain = loss.kind === "crossEntropy" ? Infinity : judgedLoss(start, judge, loss);
  const found = judgedLoss(trained, judge, loss);
  return { network: plain < found ? start : trained, loss: Math.min(plain, found) };
}
