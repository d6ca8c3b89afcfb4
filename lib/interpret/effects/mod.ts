/**
 * What inputs do: effects, derivatives, variances.
 *
 * @module
 */

export {
  type MainEffect,
  type PartialEffects,
  partialEffects,
  type PartialEffectsOptions,
} from "./partial_effects.ts";
export {
  type MixedDerivative,
  mixedDerivatives,
  type MixedDerivativesOptions,
  sensitivities,
  type Sensitivity,
  type SensitivityOptions,
} from "./sensitivities.ts";
export * from "./variance_indices.ts";
