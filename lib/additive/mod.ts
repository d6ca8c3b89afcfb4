/**
 * Additive models: sums of smooth functions of single columns, as smooth as the data say.
 *
 * @module
 */

export * from "./fit_additive.ts";
export * from "./format_terms.ts";
export * from "./merge_additive.ts";
export type { TermSummary } from "./_term_tests.ts";
export type { PenaltyScore } from "./_scores.ts";
