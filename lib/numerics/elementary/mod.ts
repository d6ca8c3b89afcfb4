/**
 * The elementary functions, with the same bits on every machine and in every browser.
 *
 * @module
 */

export * from "./circular.ts";
export { cosh, exp, expm1, sinh, tanh } from "./exponential.ts";
export * from "./inverse_circular.ts";
export { acosh, asinh, atanh, log, log10, log1p, log2 } from "./logarithm.ts";
export * from "./power.ts";
