/**
 * Options of sparse and smooth training: what edges, inputs, nodes and bends cost.
 *
 * @module
 */

import { checkNotNegative, checkOptions, defined } from "../numerics/inner.ts";
import { hasEdgePenalty, hasStructure, type StructurePenalty } from "../engine/inner.ts";
import type { EdgePenalty } from "../engine/mod.ts";

/**
 * What makes networks sparse: the objective is the loss plus `lambda (l1 sum_l |Phi_l|_1 +
 * entropy sum_l S(Phi_l) + inputs G + nodes H)`, the first two as of `EdgePenalty`, `G` and `H` the
 * sums of the norms of whole inputs and of whole hidden nodes (docs/mathematics.md).
 */
export interface Sparsity {
  /** `lambda`, the weight of all of it. */
  readonly lambda: number;
  /** `mu_1`, the weight of the sum of the edges' norms. Default 1. */
  readonly l1?: number;
  /** `mu_2`, the weight of the entropy of their shares. Default 1. */
  readonly entropy?: number;
  /** The weight of the norms of whole inputs. Default 0. */
  readonly inputs?: number;
  /** The weight of the norms of whole hidden nodes. Default 0. */
  readonly nodes?: number;
  /** See `EdgePenalty`. Default `node`. */
  readonly units?: "node" | "raw";
}

/** What edges cost, and what no row enters; undefined: nothing. */
export interface TrainingPenalties {
  /** The engine's part. */
  readonly penalty: EdgePenalty | undefined;
  /** The part beside the engine. */
  readonly structure: StructurePenalty | undefined;
}

/**
 * The penalties that options stand for.
 *
 * @throws {TypeError} If a field is not known.
 * @throws {RangeError} If a number is negative or not finite.
 */
export function resolvePenalties(
  option: number | Sparsity | undefined,
  smoothness = 0,
): TrainingPenalties {
  const sparsity: Sparsity = typeof option === "number" ? { lambda: option } : option ?? NONE;
  checkOptions("train", sparsity, "lambda l1 entropy inputs nodes units");
  const { lambda, l1 = 1, entropy = 1, inputs = 0, nodes = 0 } = sparsity;
  const units = defined({ units: sparsity.units });
  for (const [name, value] of Object.entries({ lambda, l1, entropy, inputs, nodes })) {
    checkNotNegative("train", `sparsity ${name}`, value);
  }
  checkNotNegative("train", "smoothness", smoothness);
  const penalty = { l1: lambda * l1, entropy: lambda * entropy, ...units };
  const structure = { inputs: lambda * inputs, nodes: lambda * nodes, smoothness, ...units };
  return {
    penalty: hasEdgePenalty(penalty) ? penalty : undefined,
    structure: hasStructure(structure) ? structure : undefined,
  };
}

const NONE: Sparsity = { lambda: 0 };
