/**
 * What other rooms may use of lib/knots besides its users' door.
 *
 * @module
 */

export { MAX_DEGREE } from "./_check.ts";
export { numKnotLogits } from "./free_knots.ts";
export { splitIntervals } from "./refine.ts";
export { splitLogits } from "./refine_logits.ts";
