/**
 * The table of terms.
 *
 * @module
 */

import type { AdditiveModel } from "./fit_additive.ts";

/**
 * Prints the terms of an additive model as a table: effective degrees of freedom, p-value, and from
 * where to where the term takes the prediction.
 *
 * @param model What `fitAdditive` found.
 * @param names Names of the columns. Default: `x1`, `x2`, ...
 * @param targets Names of the targets, where there are several. Default: `y1`, ...
 * @returns Lines; p-values below 1e-16 print as `< 1e-16`.
 *
 * @example
 * ```ts
 * import { fitAdditive, formatTerms } from "@freeknot/freeknot/additive";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const inputs = Array.from({ length: 100 }, (_, i) => i / 100);
 * const targets = inputs.map((x, i) => x * x + 0.1 * Math.sin(99 * i));
 * const table = formatTerms(fitAdditive(datasetOf({ inputs, targets })), ["speed"]);
 * assertStringIncludes(table.split("\n")[1], "speed");
 * ```
 */
export function formatTerms(
  { terms, totalEdf, deviance, nullDeviance }: AdditiveModel,
  names: readonly string[] = [],
  targets: readonly string[] = [],
): string {
  const several = terms.some(({ output }) => (output ?? 0) > 0);
  const rows = terms.map(({ column, output, kind, edf, pValue, least, most }) => [
    names[column] ?? `x${column + 1}`,
    ...several ? [targets[output!] ?? `y${output! + 1}`] : [],
    kind,
    edf.toFixed(2),
    pValue < 1e-16 ? "< 1e-16" : pValue.toPrecision(2),
    `${least.toPrecision(3)} to ${most.toPrecision(3)}`,
  ]);
  const head = ["term", ...several ? ["target"] : [], "kind", "edf", "p-value", "effect"];
  const table = [head, ...rows], left = head.indexOf("edf");
  const widths = head.map((_, c) => Math.max(...table.map((row) => row[c].length)));
  const lines = table.map((row) =>
    row.map((cell, c) => c < left ? cell.padEnd(widths[c]) : cell.padStart(widths[c])).join("  ")
  );
  const explained = nullDeviance > 0 ? 100 * (1 - deviance / nullDeviance) : 0;
  return [
    ...lines,
    `${totalEdf.toFixed(1)} effective degrees of freedom, ${explained.toFixed(1)} % of the ` +
    "deviance explained",
  ].join("\n");
}
