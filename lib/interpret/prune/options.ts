/**
 * How to prune, and what came of it.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { Engine, Loss } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Sparsity } from "../../train/mod.ts";

/** How to prune; all may be left out. */
export interface PruneOptions {
  /** The criterion. Default mean squared error. */
  readonly loss?: Loss | undefined;
  /**
   * Share of the judged loss that a removal may add to the best so far; losses below a millionth
   * of what a constant prediction has count as that millionth. Default 0.01; without limit where
   * `keepInputs`, `keepNodes`, `keepEdges` or `threshold` say what goes.
   */
  readonly tolerance?: number | undefined;
  /** Removes inputs until so many are left, and nothing else. */
  readonly keepInputs?: number | undefined;
  /** Removes hidden nodes until so many are left of every hidden layer, and nothing else. */
  readonly keepNodes?: readonly number[] | undefined;
  /**
   * Removes edges of spline layers until so many are left, and nodes that have no edge any more;
   * nothing else.
   */
  readonly keepEdges?: number | undefined;
  /** Whether edges may go, after inputs and nodes. Default true. */
  readonly edges?: boolean | undefined;
  /** Removes only what has a lower attribution. */
  readonly threshold?: number | undefined;
  /** Whether inputs may go. Default true. */
  readonly inputs?: boolean | undefined;
  /** Rows that judge; never trained on until the last refit. Default: a fifth of the dataset. */
  readonly judge?: Dataset | undefined;
  /** Epochs of every refit. Default 12 of Gauss-Newton, 4 of L-BFGS, and 4 of either without edges. */
  readonly epochs?: number | undefined;
  /** What edges cost while the network is refitted, as in its training. Default: nothing. */
  readonly sparsity?: number | Sparsity | undefined;
  /** What bends cost while the network is refitted, as in its training. Default 0. */
  readonly smoothness?: number | undefined;
  /** Draws the rows that judge. Default 1234. */
  readonly seed?: number | undefined;
  /** Where the arithmetic runs. Default `cpuEngine`. */
  readonly engine?: Engine | undefined;
  /** Hears of every trial. */
  readonly onTrial?: ((trial: PruneTrial) => void) | undefined;
}

/** An input or a hidden node of the network that is pruned. */
export interface PrunedNode {
  /** Which width it belongs to: 0 for inputs. */
  readonly level: number;
  /** Which node of that width, as they were at the start. */
  readonly node: number;
}

/** An edge of the network that is pruned. */
export interface PrunedEdge {
  /** Spline layer, from 0. */
  readonly layer: number;
  /** Input node of the layer, as it was at the start. */
  readonly input: number;
  /** Output node of the layer, as it was at the start. */
  readonly output: number;
}

/** A removal that was tried. */
export interface PruneTrial {
  /** Nodes that were taken away at once; beside edges those that had none any more. */
  readonly nodes: readonly PrunedNode[];
  /** Edges that were taken away at once. */
  readonly edges: readonly PrunedEdge[];
  /** Judged loss before and after, refitted. */
  readonly before: number;
  /** Judged loss after. */
  readonly after: number;
  /** Whether it was kept. */
  readonly accepted: boolean;
}

/** A pruned network, and what it cost. */
export interface Pruned {
  /** The smaller network; where edges went it has a mask, `config.edges`. */
  readonly network: Network;
  /** The nodes that are left, per width, as they were at the start. */
  readonly kept: readonly (readonly number[])[];
  /** What was taken away, in that order; removals that were refused are left out. */
  readonly removed: readonly PruneTrial[];
  /** Number of removals tried. */
  readonly trials: number;
  /** Judged loss of the network as it came, refitted on the other rows. */
  readonly before: number;
  /** Judged loss at the end, on the same rows, refitted on the other rows. */
  readonly after: number;
  /** Number of rows that judged. */
  readonly judged: number;
}
