/**
 * From rows that were judged to what a page shows of them.
 *
 * @module
 */

import type { ScatterSeries } from "../training/data.ts";
import type { HeldOutRows, ShownPart } from "./data.ts";

/** Most targets whose charts are shown. */
const MOST_TARGETS = 6;

/** Predictions beside targets of evenly chosen rows. */
export function heldOutScatter(
  heldOut: HeldOutRows | undefined,
  most = 1500,
  part: ShownPart = "held-out",
): ScatterSeries[] {
  if (heldOut?.kind !== "numbers") return [];
  const { names, said, right } = heldOut, nOut = names.length, rows = said.length / nOut;
  const count = Math.min(rows, most);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(i * rows / count));
  return names.slice(0, MOST_TARGETS).map((name, q) => ({
    ...{ part, name },
    target: chosen.map((row) => right[row * nOut + q]),
    prediction: chosen.map((row) => said[row * nOut + q]),
  }));
}
