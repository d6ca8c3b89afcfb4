/**
 * The stages of a search, from the cheapest to the most thorough; an exact formula ends it.
 *
 * @module
 */

import { constant, free } from "../expressions/formula.ts";
import type { FormulaOptions } from "./options.ts";
import { type Search, searchAdditive, searchSparse } from "./search.ts";

/** Runs the stages; tells what the network's derivatives say. */
export async function runStages(search: Search, options: FormulaOptions): Promise<string[]> {
  const { front, data, goOn } = search, findings: string[] = [];
  const mean = data.target.reduce((sum, y) => sum + y / data.rows, 0);
  front.consider(free(mean), "the mean");
  if (front.exact()) return findings;
  front.consider(constant(0), "nothing");
  const stages: readonly (readonly [string, () => Promise<void>])[] = [
    ["sums of terms", () => searchSparse(search, false)],
    ["sums of functions", () => searchAdditive(search)],
    ["sums of products", () => searchSparse(search, true)],
  ];
  for (const [name, run] of stages) {
    if (front.exact() || !await goOn()) break;
    options.onStage?.(name);
    await run();
  }
  return findings;
}
