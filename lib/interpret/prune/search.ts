/**
 * What a search for removals works with.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { Loss } from "../../engine/mod.ts";
import { rowLosses } from "../../engine/inner.ts";
import type { Network } from "../../model/mod.ts";
import { takeColumns } from "../../numerics/inner.ts";
import type { PrunedEdge, PrunedNode, PruneOptions, PruneTrial } from "./options.ts";
import { judgedLoss, refit } from "./refit.ts";

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
  const { nIn, inputs } = dataset, width = columns.length;
  if (width === nIn) return dataset;
  return { ...dataset, nIn: width, inputs: takeColumns(inputs, nIn, columns) };
}

/** The losses of the rows that judge. */
export function judgedRowLosses(
  { judge, loss }: PruneSearch,
  { network, kept }: PruneState,
): Float64Array {
  return rowLosses(network, withInputs(judge, kept[0]), loss);
}

/** Nodes that one state has and another has not. */
export function goneNodes(before: PruneState["kept"], after: PruneState["kept"]): PrunedNode[] {
  return before.flatMap((nodes, level) =>
    nodes.filter((node) => !after[level].includes(node)).map((node) => ({ level, node }))
  );
}

/** What is taken away, refitted. */
export interface Removal {
  /** The names of what was to go; more may go with it. */
  readonly keys: readonly string[];
  readonly nodes: readonly PrunedNode[];
  readonly edges: readonly PrunedEdge[];
  /** What is left. */
  readonly left: PruneState;
}

/** How {@linkcode removeAsLong} goes on. */
export interface Removing {
  /** Single removals that are refused one after the other before the end. */
  readonly patience: number;
  /** Names of what stays; what is refused is added. */
  readonly refused: Set<string>;
  /** Takes so many things away at most; undefined where nothing can go. */
  readonly attempt: (state: PruneState, most: number) => Promise<Removal | undefined>;
  /** Whether what a removal costs is little. */
  readonly accepts: (left: PruneState) => boolean;
}

/**
 * Removes as long as it costs little: many at once, half as many where that is refused, and so on
 * down to one; what is refused alone stays.
 */
export async function removeAsLong(
  search: PruneSearch,
  start: PruneState,
  { patience, refused, attempt, accepts }: Removing,
): Promise<PruneState> {
  let state = start, most = Infinity, refusals = 0;
  while (refusals < patience) {
    const removal = await attempt(state, most);
    if (removal === undefined) break;
    search.trials++;
    const { keys, nodes, edges, left } = removal, accepted = accepts(left);
    const record = { nodes, edges, before: state.loss, after: left.loss, accepted };
    search.options.onTrial?.(record);
    if (accepted) {
      search.removed.push(record);
      state = left;
      if (left.loss < search.best) {
        search.best = left.loss;
        search.lowest = judgedRowLosses(search, left);
      }
      refusals = 0;
    } else if (keys.length > 1) most = keys.length >> 1;
    else {
      refused.add(keys[0]);
      refusals++;
    }
  }
  return state;
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
