/**
 * The report of a search.
 *
 * @module
 */

import type { SearchResult } from "./search.ts";

/** The HTML text of a search's report. */
export function searchReport(_result: SearchResult): string {
  throw new Error("not yet");
}
