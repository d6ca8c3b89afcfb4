/**
 * The version of the program, from its package file.
 *
 * @module
 */

import manifest from "../../deno.json" with { type: "json" };

/** Version of Freeknot, as in `deno.json`. */
export const VERSION: string = manifest.version;
