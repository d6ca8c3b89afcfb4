/**
 * What drawing needs of lib/numerics.
 *
 * @module
 */

export { checkOptions, checkRecord } from "../../lib/numerics/options.ts";
