/**
 * The affine maps of a ReLU network.
 *
 * @module
 */

import type { UnitChain, UnitStage } from "../_unit_chain.ts";
import type { ReluLayer } from "../relu_network.ts";
import { columnLists, type MatrixColumn } from "./cut_network.ts";

/** The affine map of the network around a point that lies on no kink. */
export function affineMap(
  { stages, last }: UnitChain,
  dimension: number,
): (x: Float64Array) => { readonly alpha: Float64Array; readonly beta: Float64Array } {
  const columnsOfMaps = stages.map(({ map }) => map && columnLists(map));
  const lastColumns = columnLists(last), width = dimension + 1;
  return (x) => {
    // per node the coefficients of x and the constant, [nodes, dimension + 1]
    let nodes: Float64Array = new Float64Array(dimension * width);
    for (let k = 0; k < dimension; k++) nodes[k * width + k] = 1;
    let units: UnitStage["units"] | undefined;
    const through = (columns: readonly MatrixColumn[], { nOut, bias }: ReluLayer): Float64Array => {
      const next = new Float64Array(nOut * width);
      for (let q = 0; q < nOut; q++) next[q * width + dimension] = bias[q];
      for (let p = 0; p < nodes.length / width; p++) {
        let value = nodes[p * width + dimension];
        for (let k = 0; k < dimension; k++) value += nodes[p * width + k] * x[k];
        if (units === undefined) addNode(next, columns[p], nodes, p, width, 1, 0);
        else {
          for (const { sign, place, column } of units[p]) {
            if (sign * (value - place) > 0) {
              addNode(next, columns[column], nodes, p, width, sign, place);
            }
          }
        }
      }
      return next;
    };
    stages.forEach((stage, k) => {
      if (stage.map !== undefined) nodes = through(columnsOfMaps[k]!, stage.map);
      units = stage.units;
    });
    const outputs = through(lastColumns, last);
    const alpha = new Float64Array(last.nOut * dimension), beta = new Float64Array(last.nOut);
    for (let q = 0; q < last.nOut; q++) {
      for (let k = 0; k < dimension; k++) alpha[q * dimension + k] = outputs[q * width + k];
      beta[q] = outputs[q * width + dimension];
    }
    return { alpha, beta };
  };
}

/** Adds `weight sign (node - place)` to the sums of a column. */
function addNode(
  sums: Float64Array,
  { rows, values }: MatrixColumn,
  nodes: Float64Array,
  p: number,
  width: number,
  sign: number,
  place: number,
): void {
  for (let i = 0; i < rows.length; i++) {
    const factor = sign * values[i], to = rows[i] * width;
    for (let k = 0; k < width; k++) sums[to + k] += factor * nodes[p * width + k];
    sums[to + width - 1] -= factor * place;
  }
}
