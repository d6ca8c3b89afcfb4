/**
 * Options of sparse training: what edges cost.
 *
 * @module
 */

import { checkOptions, defined } from "../numerics/inner.ts";
import { hasEdgePenalty } from "../engine/inner.ts";
import type { EdgePenalty } from "../engine/mod.ts";

/**
 * What makes networks sparse: the objective is the loss plus `lambda (l1 sum_l |Phi_l|_1 +
 * entropy sum_l S(Phi_l))`, see `EdgePenalty`.
 */
export interface Sparsity {
  /** `lambda`, the weight of all of it. */
  readonly lambda: number;
  /** `mu_1`, the weight of the sum of the edges' norms. Default 1. */
  readonly l1?: number;
  /** `mu_2`, the weight of the entropy of their shares. Default 1. */
  readonly entropy?: number;
  /** See `EdgePenalty`. Default `node`. */
  readonly units?: EdgePenalty["units"];
}

/**
 * What edges cost under an option; undefined: nothing.
 *
 * @throws {TypeError} If a field is not known.
 * @throws {RangeError} If a number is negative or not finite.
 */
export function resolveSparsity(option: number | Sparsity | undefined): EdgePenalty | undefined {
  if (option === undefined) return undefined;
  const sparsity: Sparsity = typeof option === "number" ? { lambda: option } : option;
  checkOptions("train", sparsity, "lambda l1 entropy units");
  const { lambda, l1 = 1, entropy = 1, units } = sparsity;
  for (const [name, value] of Object.entries({ lambda, l1, entropy })) {
    if (value >= 0 && value < Infinity) continue;
    throw new RangeError(
      `Cannot train: sparsity ${name} must be a number >= 0, current value is ${value}`,
    );
  }
  const penalty: EdgePenalty = {
    l1: lambda * l1,
    entropy: lambda * entropy,
    ...defined({ units }),
  };
  return hasEdgePenalty(penalty) ? penalty : undefined;
}
