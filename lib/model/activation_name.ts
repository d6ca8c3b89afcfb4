/**
 * What to call a network's activation.
 *
 * @module
 */

import type { NetworkConfig } from "./network.ts";

/**
 * Says an activation as people write it.
 *
 * @param activation The configuration's word.
 * @returns `ReLU`, `tanh` or `spline`.
 *
 * @example
 * ```ts
 * import { activationName } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals((["relu", "tanh"] as const).map(activationName), ["ReLU", "tanh"]);
 * ```
 */
export function activationName(activation: NetworkConfig["activation"]): string {
  return activation === "relu" ? "ReLU" : activation;
}
