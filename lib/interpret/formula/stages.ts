/**
 * The stages of a search, from the cheapest to the most thorough; an exact formula ends it.
 *
 * @module
 */

import { constant, type Formula, free } from "../expressions/formula.ts";
import { findHints, type Hint, type Reduction } from "../structure/hints.ts";
import type { Slopes } from "../structure/network_slopes.ts";
import { type DimensionlessRows, dimensionlessRows } from "../structure/dimensions.ts";
import { deeperSlopes } from "./deeper_network.ts";
import { growFormulas } from "./grow.ts";
import { searchSingleIndex } from "./single_index.ts";
import { nothingLeft } from "./nothing_left.ts";
import { columnMean, type FormulaRows } from "./rows.ts";
import {
  createSearch,
  quickDictionary,
  type Search,
  searchAdditive,
  searchSparse,
} from "./search.ts";
import { searchWaves } from "./wave_terms.ts";

/** Hints with larger errors are none. */
const MOST_ERROR = 0.35;
/** Hints below this error are told. */
const SURE = 0.05;

/** What stages are told. */
export interface StageOptions {
  /** A network's values and derivatives at the rows. */
  readonly slopes?: Slopes;
  /** Units of the columns and, last, of the target. */
  readonly units?: readonly (string | undefined)[];
  /** Hears of every stage. */
  readonly onStage?: (stage: string) => void;
}

/** Runs the stages; tells what the network's derivatives say. */
export async function runStages(search: Search, options: StageOptions): Promise<string[]> {
  const { front, data, goOn } = search;
  front.consider(free(columnMean(data.target)), "the mean");
  front.consider(constant(0), "nothing");
  const { slopes } = options;
  const start: Reduction | undefined = slopes && { data, slopes, back: (formula) => formula };
  const hints = start && data.columns.size > 1 ? findHints(data, start.slopes, MOST_ERROR) : [];
  const units = options.units && dimensionlessRows(data, options.units);
  const quick = (rows: FormulaRows) => quickDictionary(rows, search.allowed);
  const leftNothing = () => {
    const best = front.best();
    if (best === undefined || best.parameters > FEW_CONSTANTS) return false; // shorter ones may do
    return nothingLeft(best.formula, data, quick);
  };
  const wide = data.columns.size > MOST_GROWN, sure = hints.filter(({ error }) => error < SURE);
  const same = (formula: Formula) => formula;
  const deeper = ["symmetries of a deeper network", () => searchDeeper(search)] as const;
  const stages: readonly (readonly [string, () => Promise<void>])[] = [
    ...(units ? [["units", () => searchUnits(search, units)] as const] : []),
    ["sums of terms", () => searchSparse(search, false)],
    ["sums and products of functions", () => searchAdditive(search)],
    ["powers times waves", () => searchWaves(search)],
    ["symmetries and factors", () => searchHints(search, wide ? sure : hints, same, 3)],
    ...(wide ? [deeper] : []),
    ["a function of a sum", () => searchSingleIndex(search)],
    ...(wide ? [["unclear symmetries", () => searchHints(search, hints, same, 2)] as const] : []),
    ["single changes", () => growFormulas(search, { work: GROWTH, done: leftNothing })],
    ...(data.columns.size > 2 && !wide ? [deeper] : []),
    ["sums of products", () => searchSparse(search, true)],
  ];
  for (const [name, run] of stages) {
    if (front.exact() || !await goOn()) break;
    options.onStage?.(name);
    await run();
    if (name !== "units" && leftNothing()) break;
  }
  return [
    ...(units ? [`units: ${units.text}`] : []),
    ...hints.filter(({ error }) => error < SURE)
      .map(({ text, error }) =>
        `the network's derivatives: ${text} (to ${(100 * error).toPrecision(2)} %)`
      ),
  ];
}

/** Searches with groups of columns that have no dimension. */
async function searchUnits(search: Search, { data, back }: DimensionlessRows): Promise<void> {
  const { front, library, goOn } = search;
  front.consider(back(free(columnMean(data.target))), "units");
  if (data.columns.size === 0) return;
  const inner = createSearch(data, library, goOn);
  const stages = [
    () => searchSparse(inner, false),
    () => searchAdditive(inner),
    () => searchSparse(inner, true),
  ];
  for (const stage of stages) {
    if (front.exact() || !await goOn()) return;
    await stage();
    for (const { formula, origin } of inner.front.entries()) {
      front.consider(back(formula), `${origin}, of groups without dimension`);
    }
  }
}

/** Constants of a formula that ends a search where it leaves noise. */
const FEW_CONSTANTS = 4;

/** Columns up to which growth comes before a second network. */
const MOST_GROWN = 4;

/** Searches by the symmetries of a second network, if it shows any that are sure. */
async function searchDeeper(search: Search): Promise<void> {
  const { data } = search, slopes = await deeperSlopes(data);
  if (slopes === undefined || !await search.goOn()) return;
  const hints = findHints(data, slopes, UNCLEAR);
  if (hints.length > 0) await searchHints(search, hints, (formula) => formula, 4);
}

/** Hints of the second network with larger errors are none. */
const UNCLEAR = 0.15;

/** Work of growth, in millions. */
const GROWTH = 1500;

/** Hints that are followed, at every depth. */
const MOST_HINTS = 3;

/** Searches with fewer columns. */
async function searchHints(
  search: Search,
  hints: readonly Hint[],
  back: (formula: Formula) => Formula,
  depth: number,
): Promise<void> {
  for (const hint of hints.slice(0, MOST_HINTS)) {
    if (search.front.exact() || !await search.goOn()) return;
    const { data, slopes, back: ownBack } = hint.reduce();
    if (data.rows < 20) continue;
    const all = (formula: Formula) => back(ownBack(formula));
    const inner = createSearch(data, search.library, search.goOn);
    const stages = [
      () => searchSparse(inner, false),
      () => searchAdditive(inner),
      ...(data.columns.size <= 3 ? [() => searchSparse(inner, true)] : []),
    ];
    const next = depth > 1 && data.columns.size > 1 ? findHints(data, slopes, MOST_ERROR) : [];
    if (data.columns.size > 2 && next.length > 0) { // fewer columns first
      await searchHints(search, next, all, depth - 1);
      if (search.front.exact()) return;
    }
    for (const stage of stages) {
      await stage();
      for (const { formula, origin } of inner.front.entries()) {
        search.front.consider(all(formula), `${origin}, ${hint.text}`);
      }
      if (search.front.exact() || inner.front.exact()) break;
    }
  }
}
