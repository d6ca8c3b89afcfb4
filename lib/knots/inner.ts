/**
 * What other rooms may use of lib/knots besides its users' door.
 *
 * @module
 */

export { numKnotLogits } from "./free_knots.ts";
export { splitIntervals } from "./refine.ts";
export { splitLogits } from "./refine_logits.ts";
