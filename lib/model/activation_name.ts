/**
 * Names of activations for people.
 *
 * @module
 */

import type { NetworkConfig } from "./network.ts";

/**
 * Writes the name of an activation as people do.
 *
 * @param activation The `activation` of a configuration.
 * @returns `ReLU`, `tanh` or `spline`.
 *
 * @example
 * ```ts
 * import { activationName } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals((["relu", "tanh"] as const).map(activationName), ["ReLU", "tanh"]);
 * ```
 */
export function activationName(activation: NetworkConfig["activation"]): string {
  return activation === "relu" ? "ReLU" : activation;
}
