/**
 * The flag `--model`, which every command that reads a network has.
 *
 * @module
 */

import type { GivenFlags } from "./parse.ts";
import { requiredFlag } from "./values.ts";

/** The file that `--model` names. */
export function modelFlag(given: GivenFlags): string {
  return requiredFlag(given, "model", "a file that freeknot train wrote");
}
