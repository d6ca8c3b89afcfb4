/**
 * A box cut along the kinks of a ReLU network.
 *
 * @module
 */

import { checkArray } from "../../numerics/inner.ts";
import type { UnitChain, UnitStage } from "../_unit_chain.ts";
import { columnsOf, type ReluLayer } from "../relu_network.ts";
import type { CutComplex } from "./cut_complex.ts";

/** What is nearer to a kink than this share of a node's range counts as on it. */
const NEAR = 2 ** -36;

/**
 * Cuts every cell of a complex where a node of the network meets one of its kinks.
 *
 * @param kept Functions that are affine on all cells and are to be known at new vertices, too.
 * @returns The outputs at the vertices, one list per output.
 */
export function cutNetwork(
  complex: CutComplex,
  { stages, last }: UnitChain,
  kept: readonly number[][] = [],
): number[][] {
  complex.carried = [...complex.coordinates.map((list) => [...list]), ...kept];
  stages.forEach((stage, l) => {
    if (stage.map !== undefined) applyMap(complex, stages[l - 1], stage.map, kept);
    stage.units.forEach((units, p) => cutAtUnits(complex, p, units.map(({ place }) => place)));
  });
  applyMap(complex, stages.at(-1), last, kept);
  return complex.carried.slice(0, last.nOut);
}

/** Throws unless a box fits a network of one to three inputs. */
export function checkBox(box: readonly (readonly [number, number])[], nIn: number): void {
  checkArray("find regions", "box", box, "a list of two numbers per input");
  if (nIn > 3) {
    throw new RangeError(
      "Cannot find regions: network must have 1 to 3 inputs (restrictInputs makes one on a plane), " +
        `current value is ${nIn} inputs`,
    );
  }
  const fits = box.length === nIn &&
    box.every((ends) => ends?.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1]);
  if (fits) return;
  throw new RangeError(
    `Cannot find regions: box must be ${nIn} pairs of finite numbers, the first less than the ` +
      `second, current value is ${JSON.stringify(box)}`,
  );
}

/** Replaces what is carried at the vertices by an affine map of the units of the stage before. */
function applyMap(
  complex: CutComplex,
  before: UnitStage | undefined,
  map: ReluLayer,
  kept: readonly number[][],
): void {
  const carried = complex.carried.slice(0, complex.carried.length - kept.length);
  const count = complex.vertices, columns = columnLists(map);
  const next = Array.from(
    { length: map.nOut },
    (_, q) => new Array<number>(count).fill(map.bias[q]),
  );
  const sums = new Float64Array(map.nOut);
  for (let v = 0; v < count; v++) {
    sums.set(map.bias);
    carried.forEach((list, p) => {
      if (before === undefined) addColumn(sums, columns[p], list[v]);
      else {
        for (const { sign, place, column } of before.units[p]) {
          const value = sign * (list[v] - place);
          if (value > 0) addColumn(sums, columns[column], value);
        }
      }
    });
    for (let q = 0; q < sums.length; q++) next[q][v] = sums[q];
  }
  complex.carried = [...next, ...kept];
}

/** Entries of one column of a matrix. */
export interface MatrixColumn {
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

/** The entries of a matrix, column by column. */
export function columnLists(layer: ReluLayer): MatrixColumn[] {
  return columnsOf(layer).map((list) => ({
    rows: Int32Array.from(list, ([q]) => q),
    values: Float64Array.from(list, ([, value]) => value),
  }));
}

function addColumn(sums: Float64Array, { rows, values }: MatrixColumn, factor: number): void {
  for (let k = 0; k < rows.length; k++) sums[rows[k]] += factor * values[k];
}

function cutAtUnits(complex: CutComplex, p: number, places: readonly number[]): void {
  const values = complex.carried[p];
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  const slack = NEAR * (high - low) + 2 ** -46 * size;
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  for (const place of sorted) if (place > low && place < high) complex.cut(p, place, slack);
}
