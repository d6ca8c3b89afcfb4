/**
 * Names of activations for people.
 *
 * @module
 */

import type { NetworkConfig } from "./network.ts";

/** Writes the name of an activation as people do: `ReLU`, `tanh` or `spline`. */
export function activationName(activation: NetworkConfig["activation"]): string {
  return activation === "relu" ? "ReLU" : activation;
}
