/**
 * A second network with one layer more, whose derivatives are smooth enough to show symmetries.
 *
 * @module
 */

import { joinColumns } from "../../numerics/inner.ts";
import { fit } from "../../train/mod.ts";
import { networkSlopes, type Slopes } from "../structure/network_slopes.ts";
import { type FormulaRows, someRows } from "./rows.ts";

/** Rows that it is trained on. */
const MOST_ROWS = 1500;

/** Trains it; undefined if it says nothing of the target. */
export async function deeperSlopes(data: FormulaRows): Promise<Slopes | undefined> {
  const rows = someRows(data, MOST_ROWS), columns = [...rows.columns.values()];
  const n = columns.length, values = joinColumns(columns, rows.rows);
  const { network } = await fit({
    inputs: { values, shape: [rows.rows, n] },
    targets: rows.target,
  }, { seed: 1, network: { widths: [n, n + 2, 4, 1] } });
  return networkSlopes({ network }, data);
}
