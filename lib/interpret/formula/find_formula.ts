/**
 * From rows, and what a trained network knows of them, to formulas.
 *
 * @module
 */

import { flatRows } from "../../data/inner.ts";
import { checkOptions, checkRecord, column } from "../../numerics/inner.ts";
import { complexityOf } from "../expressions/complexity.ts";
import { type Formula, freeNumbers } from "../expressions/formula.ts";
import { LIBRARY, type LibraryFunction, symbol } from "../symbols/library.ts";
import { descriptionLength, EXACT_SHARE, type FrontEntry } from "./front.ts";
import { roundConstants } from "./round_constants.ts";
import type { FormulaData, FormulaOptions, FormulaSearch, FoundFormula } from "./options.ts";
import { type FormulaRows, varianceOf } from "./rows.ts";
import { networkSlopes } from "../structure/network_slopes.ts";
import { separations, separationText } from "../structure/separability.ts";
import { usefulColumns } from "./useful_columns.ts";
import { createSearch, quickDictionary, type Search } from "./search.ts";
import { isNoise } from "./nothing_left.ts";
import { runStages } from "./stages.ts";

/**
 * Finds a formula for rows of numbers: candidates from sparse sums of a dictionary, from additive
 * splines and from the network's symmetries, all judged by the mean squared error of the whole
 * formula with all of its constants refitted together.
 *
 * @param data The rows.
 * @param options Network, library, longest formula.
 * @returns The best formula and the front: losses over complexities.
 * @throws {TypeError} If the rows are not rows of numbers, or an option is not known.
 * @throws {RangeError} If a function is not in the library, or there are too few rows.
 *
 * @example
 * ```ts
 * import { findFormula, printFormula } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
 * const targets = inputs.map(([x, y]) => 2 * x * y + Math.exp(x));
 * const { best, status } = await findFormula({ inputs, targets });
 * assertEquals(status, "exact");
 * assertEquals(printFormula(best.formula), "2*x*y + exp(x)");
 * ```
 */
export async function findFormula(
  data: FormulaData,
  options: FormulaOptions = {},
): Promise<FormulaSearch> {
  checkOptions("find formula", data, "inputs targets names");
  checkOptions("find formula", options, "network library complexity signal onStage units");
  const rows = formulaRows(data), { signal } = options;
  const library = chosenLibrary(options.library);
  let last = performance.now();
  const goOn = async () => {
    if (performance.now() - last > 30) {
      await new Promise((resolve) => setTimeout(resolve)); // Ctrl-C is heard
      last = performance.now();
    }
    return !signal?.aborted;
  };
  const useful = usefulColumns(rows);
  const search = createSearch(useful.data, library, goOn, options.complexity);
  const slopes = options.network && networkSlopes(options.network, rows);
  const findings = await runStages(search, {
    ...(slopes && { slopes: { ...slopes, slopes: useful.kept.map((c) => slopes.slopes[c]) } }),
    ...(options.units &&
      { units: [...useful.kept, rows.columns.size].map((c) => options.units![c]) }),
    ...(options.onStage && { onStage: options.onStage }),
  });
  const parts = options.network ? separations(options.network, rows) : [];
  const names = [...rows.columns.keys()];
  const said = parts.map((each) => separationText(each, names));
  return finished(search, [...useful.text, ...said, ...findings], signal?.aborted ?? false);
}

/** Rows as columns. */
export function formulaRows({ inputs, targets, names }: FormulaData): FormulaRows {
  checkRecord("find formula", "data", { inputs, targets }, "inputs and targets", [
    "inputs",
    "targets",
  ]);
  const x = flatRows("inputs", inputs), y = flatRows("targets", targets);
  if (y.rows !== x.rows || y.columns !== 1) {
    throw new TypeError(
      `Cannot find formula: targets must be ${x.rows} numbers, current value is ` +
        `${y.rows} x ${y.columns}`,
    );
  }
  const known = names ??
    (x.columns <= 2
      ? ["x", "y"].slice(0, x.columns)
      : Array.from({ length: x.columns }, (_, i) => `x${i + 1}`));
  if (known.length !== x.columns) {
    throw new TypeError(
      `Cannot find formula: names must be ${x.columns}, current value is ${known.length}`,
    );
  }
  if (x.rows < LEAST_ROWS) {
    throw new RangeError(
      `Cannot find formula: rows must be at least ${LEAST_ROWS}, current value is ${x.rows}`,
    );
  }
  const columns = known.map((name, c): [string, Float64Array] => [
    name,
    column(x.values, x.columns, c),
  ]);
  return { rows: x.rows, columns: new Map(columns), target: Float64Array.from(y.values) };
}

const LEAST_ROWS = 10;

function chosenLibrary(names: readonly string[] | undefined): readonly LibraryFunction[] {
  return names === undefined ? LIBRARY : [...new Set(names.map(symbol))];
}

/** Tells whether a formula leaves noise. */
export function noiseOf(
  data: FormulaRows,
  allowed: Search["allowed"] = () => true,
): (formula: Formula) => boolean {
  return (formula) => isNoise(formula, data, (rows) => quickDictionary(rows, allowed));
}

/** Most formulas of a front whose constants are rounded. */
const MOST_ROUNDED = 8;

function finished(
  { front, data, allowed }: Search,
  findings: readonly string[],
  stopped: boolean,
): FormulaSearch {
  const variance = varianceOf(data.target) || 1, entries = front.entries();
  const length = (entry: Pick<FrontEntry, "loss" | "parameters" | "complexity">) =>
    descriptionLength(entry, data.rows, variance);
  const likely = [...entries].sort((a, b) => length(a) - length(b)).slice(0, MOST_ROUNDED);
  const found = entries.map((entry): FoundFormula => {
    if (!likely.includes(entry)) return { ...entry, rounded: [] };
    const { formula, loss, rounded } = roundConstants(entry.formula, data, noiseOf(data, allowed));
    return {
      ...{ formula, loss, rounded, origin: entry.origin },
      complexity: complexityOf(formula),
      parameters: freeNumbers(formula).length,
    };
  });
  const best = found.reduce((a, b) => length(b) < length(a) ? b : a);
  const kept = found.sort((a, b) => a.complexity - b.complexity || a.loss - b.loss)
    .filter((each, i) =>
      each === best || found.slice(0, i).every((other) =>
        each.loss < other.loss * (1 - 1e-9) &&
        other.loss > EXACT_SHARE * variance
      )
    );
  const exact = best.loss <= EXACT_SHARE * variance;
  return {
    best,
    front: kept,
    status: exact ? "exact" : stopped ? "stopped" : "found",
    considered: front.considered,
    findings,
  };
}
