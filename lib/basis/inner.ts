/**
 * What other rooms may use of lib/basis besides its users' door.
 *
 * @module
 */

export { writeBsplineBasis } from "./bspline.ts";
