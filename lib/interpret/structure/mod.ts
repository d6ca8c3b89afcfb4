/**
 * What is explained, and which of its inputs can act together.
 *
 * @module
 */

export * from "./input_groups.ts";
export type { Explained } from "./output_function.ts";
export { encodingUnits, type ExplanationUnits, type OutputUnit } from "./units.ts";
