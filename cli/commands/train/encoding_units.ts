/**
 * One function of a large room, for those who load it when they need it: a bundle takes only that.
 *
 * @module
 */

export { encodingUnits } from "../../../lib/interpret/mod.ts";
