/**
 * Whether a trained network is a sum, or a product, of functions of fewer columns.
 *
 * @module
 */

import { forward } from "../../model/mod.ts";
import { column, joinColumns, log } from "../../numerics/inner.ts";
import type { TrainedNetwork } from "../formula/options.ts";
import { covariances, type FormulaRows, someRows } from "../formula/rows.ts";
import { scaledColumns } from "./network_slopes.ts";

/** Pairs of rows that are compared. */
const MOST_PAIRS = 200;
/** With more columns there are too many pairs. */
const MOST_COLUMNS = 12;
/** Columns that are more alike than this have no rows in which only one of them is changed. */
const ALIKE = 0.7;
/** Parts that act together by less than this share of what they do alone are apart. */
const APART = 0.05;

/** A network's groups of columns. */
export interface Separation {
  readonly kind: "sum" | "product";
  /** At least two; columns by their numbers. */
  readonly groups: readonly (readonly number[])[];
  /** The largest share of what acts together between groups. */
  readonly error: number;
}

/**
 * Finds the groups of columns that a network is a sum or a product of, by differences: for rows `r`
 * and `s`, `F(r) - F(r, i of s) - F(r, j of s) + F(r, i and j of s)` is 0 if `i` and `j` are in
 * different parts of a sum; of a product that of `log |F|` is. Shares are of the smaller of the
 * mean sizes of `F(r) - F(r, i of s)` and `F(r) - F(r, j of s)`.
 */
export function separations(trained: TrainedNetwork, data: FormulaRows): Separation[] {
  const names = [...data.columns.keys()], n = names.length;
  if (n < 2 || n > MOST_COLUMNS || trained.network.config.widths[0] !== n) return [];
  const rows = someRows(data, MOST_PAIRS), columns = [...rows.columns.values()];
  const apart = Math.floor(rows.rows / 2) + 1; // the row that is compared
  const said = (changed: readonly number[]) => valuesOf(trained, rows, apart, changed);
  const value = lineTo(said([]), rows.target);
  if (value === undefined) return [];
  const whole = value(said([]));
  const alone = names.map((_, i) => value(said([i])));
  const both = new Map<number, Float64Array>();
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) both.set(i * n + j, value(said([i, j])));
  }
  const alike = (i: number, j: number) => {
    const { xx, xy, yy } = covariances(columns[i], columns[j]);
    return xy * xy > ALIKE * ALIKE * xx * yy;
  };
  const positive = [whole, ...alone, ...both.values()].flatMap((each) => [...each]);
  const oneSign = positive.every((y) => y > 0) || positive.every((y) => y < 0);
  const found: Separation[] = [];
  for (const kind of oneSign ? ["sum", "product"] as const : ["sum"] as const) {
    const f = (values: Float64Array) =>
      kind === "sum" ? values : values.map((y) => log(Math.abs(y)));
    const groups = groupsOf(f(whole), alone.map(f), (i, j) => f(both.get(i * n + j)!), alike);
    if (groups !== undefined) found.push({ kind, ...groups });
  }
  return found;
}

/** Outputs with some columns from other rows. */
function valuesOf(
  { network, output = 0, scale = [] }: TrainedNetwork,
  { rows, columns }: FormulaRows,
  apart: number,
  changed: readonly number[],
): Float64Array {
  const mixed = [...columns.values()].map((values, c) =>
    changed.includes(c) ? values.map((_, r) => values[(r + apart) % rows]) : values
  );
  const outputs = forward(network, joinColumns(scaledColumns(mixed, scale), rows), rows);
  return column(outputs, outputs.length / rows, output);
}

/** The line from outputs to the target; undefined where the network explains too little. */
function lineTo(outputs: Float64Array, target: Float64Array) {
  const { mx, my, xx, xy, yy } = covariances(outputs, target);
  if (!(xy * xy > 0.9 * xx * yy)) return undefined;
  return (values: Float64Array) => values.map((y) => my + xy / xx * (y - mx));
}

/** The mean size: single rows that a network knows badly count less than in mean squares. */
function meanSize(rows: number, at: (row: number) => number): number {
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += Math.abs(at(r));
  return sum / rows;
}

function groupsOf(
  whole: Float64Array,
  alone: readonly Float64Array[],
  both: (i: number, j: number) => Float64Array,
  alike: (i: number, j: number) => boolean,
): Pick<Separation, "groups" | "error"> | undefined {
  const n = alone.length, rows = whole.length;
  const size = alone.map((other) => meanSize(rows, (r) => whole[r] - other[r]));
  const most = Math.max(...size), used = size.map((each) => each > 0.01 * most);
  const group = Array.from({ length: n }, (_, i) => i), errors: [number, number, number][] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (!used[i] || !used[j]) continue;
      const joint = both(i, j);
      const together = meanSize(rows, (r) => whole[r] - alone[i][r] - alone[j][r] + joint[r]);
      const error = together / Math.min(size[i], size[j]);
      if (error < APART && !alike(i, j)) errors.push([i, j, error]);
      else {
        const [from, to] = [group[j], group[i]];
        group.forEach((each, k) => group[k] = each === from ? to : each);
      }
    }
  }
  const groups = [...new Set(group)].map((each) =>
    group.flatMap((other, k) => other === each && used[k] ? [k] : [])
  ).filter((each) => each.length > 0);
  if (groups.length < 2) return undefined;
  const error = errors.reduce(
    (largest, [i, j, each]) => group[i] === group[j] ? largest : Math.max(largest, each),
    0,
  );
  return { groups, error };
}

/** In words: `the network is a sum of one function of x, y and one of z (to 1.2 %)`. */
export function separationText(
  { kind, groups, error }: Separation,
  names: readonly string[],
): string {
  const parts = groups.map((group) => group.map((c) => names[c]).join(", "));
  const list = `${parts.slice(0, -1).join("; one of ")} and one of ${parts[parts.length - 1]}`;
  return `the network is a ${kind} of one function of ${list} (to ${
    (100 * error).toPrecision(2)
  } %)`;
}
