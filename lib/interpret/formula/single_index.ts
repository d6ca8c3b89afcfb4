/**
 * One function of a sum of functions, `f(g_1(x_1) + g_2(x_2) + ...)`: the smallest network of splines,
 * trained by Gauss-Newton steps, whose edges become symbols.
 *
 * @module
 */

import { evaluateEdge, forward, type Network } from "../../model/mod.ts";
import { layerInputs, normalisationMap } from "../../model/inner.ts";
import { joinColumns } from "../../numerics/inner.ts";
import { fit } from "../../train/mod.ts";
import { addUp, type Formula, free, putInto } from "../expressions/formula.ts";
import { sampled } from "./additive.ts";
import { type CurveFormula, curveFormulas } from "./curve_formulas.ts";
import type { Curve } from "./curve_symbols.ts";
import { type FormulaRows, someRows, varianceOf } from "./rows.ts";
import { combinations, type Search } from "./search.ts";

/** Name of the sum. */
const SUM = "(sum)";
/** First guesses of the network. */
const SEEDS = [1, 2];

/** Searches for one function of a sum of functions. */
export async function searchSingleIndex(search: Search): Promise<void> {
  const { data, front, library, goOn } = search, names = [...data.columns.keys()];
  const rows = someRows(data, 1000);
  for (const seed of SEEDS) {
    if (!await goOn() || front.exact()) return;
    const network = await trained(rows, seed);
    if (network === undefined) continue;
    const { inner, outer } = edgesOf(network, rows);
    const lists = inner.map((curve, v) => curveFormulas(curve, names[v], library, 5));
    const outers = curveFormulas(outer, SUM, library, 6);
    for (const choice of ranked(combinations(lists, 8), outers)) {
      if (!await goOn()) return;
      front.consider(composedOf(choice.inside, choice.outside), "function of a sum");
      if (front.exact()) return;
    }
  }
}

function ranked(insides: readonly Formula[][], outers: readonly CurveFormula[]) {
  return insides.flatMap((inside, i) =>
    outers.map(({ formula }, k) => ({ inside, outside: formula, rank: (i + 1) * (k + 1) }))
  ).sort((a, b) => a.rank - b.rank).slice(0, 24);
}

function composedOf(inside: readonly Formula[], outside: Formula): Formula {
  const sum = addUp([...inside, free(0)]);
  return putInto(outside, new Map([[SUM, sum]]));
}

async function trained(rows: FormulaRows, seed: number): Promise<Network | undefined> {
  const columns = [...rows.columns.values()], n = columns.length;
  const values = joinColumns(columns, rows.rows);
  const { network } = await fit({
    inputs: { values, shape: [rows.rows, n] },
    targets: rows.target,
  }, { seed, network: { widths: [n, 1, 1], firstLayer: "spline" } });
  const said = forward(network, values, rows.rows);
  let rss = 0;
  for (let r = 0; r < rows.rows; r++) rss += (said[r] - rows.target[r]) ** 2 / rows.rows;
  return rss < 0.05 * varianceOf(rows.target) ? network : undefined;
}

/** The edges at the rows, in the units of the columns and of the sum. */
function edgesOf(network: Network, rows: FormulaRows) {
  const columns = [...rows.columns.values()];
  const [, second] = layerInputs(network, joinColumns(columns, rows.rows), rows.rows);
  const curve = (layer: number, input: number, x: Float64Array): Curve => {
    const { toDomain } = normalisationMap(network, layer, input);
    return sampled({
      x,
      y: x.map((each) => evaluateEdge(network, layer, input, 0, toDomain(each))),
    });
  };
  const inner = columns.map((column, c) => curve(0, c, column));
  return { inner, outer: curve(1, 0, second) };
}
