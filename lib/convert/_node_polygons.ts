/**
 * The edges that leave a node: their coefficients, and splines of degree 1 as polygons.
 *
 * @module
 */

import { blockValues, type SplineStage } from "../model/inner.ts";
import { layerKnots, type Network } from "../model/mod.ts";

/**
 * Copies the coefficients of one input node of a spline layer of a network with all edges, shape
 * `[numBasis, nOut]`.
 */
export function nodeCoefficients(network: Network, stage: SplineStage, p: number): Float64Array {
  const size = stage.numBasis * stage.nOut;
  return blockValues(network, `spline${stage.layer}.coefficients`).slice(p * size, (p + 1) * size);
}

/** The splines of one input node as polygons. */
export interface NodePolygons {
  /** `t_0 .. t_n`, strictly increasing. */
  readonly breakpoints: readonly number[];
  /** Values at the breakpoints, of every output. */
  readonly values: readonly Float64Array[];
  /** Slopes of the `n` pieces. */
  readonly slopes: readonly Float64Array[];
  /** Changes of slope at the breakpoints, where they are parameters themselves. */
  readonly jumps?: readonly Float64Array[];
  valueAt(u: number, q: number): number;
}

/** Finds the polygons of one input node of a layer of degree 1. */
export function nodePolygons(network: Network, stage: SplineStage, p: number): NodePolygons {
  const { layer, nOut, numBasis, basis } = stage;
  const knots = layerKnots(network, layer, p), t = knots.values;
  const block = nodeCoefficients(network, stage, p);
  const row = (i: number) => block.slice(i * nOut, (i + 1) * nOut);
  const breakpoints: number[] = [], values: Float64Array[] = [], slopes: Float64Array[] = [];
  let jumps: Float64Array[] | undefined;
  if (basis === "relu") {
    // sum_i w_i ReLU(u - t_i), the first knot beyond the domain: slopes are sums of weights
    jumps = [];
    let slope = row(0), value = row(0).map((w) => w * (t[1] - t[0]));
    for (let i = 1; i <= numBasis; i++) {
      const jump = i < numBasis ? row(i) : new Float64Array(nOut);
      if (i > 1) value = value.map((v, q) => v + slope[q] * (t[i] - t[i - 1]));
      slope = slope.map((s, q) => s + jump[q]);
      const last = breakpoints.length - 1;
      if (t[i] === breakpoints[last]) { // knots that coincide: their changes of slope add up
        jumps[last] = jumps[last].map((each, q) => each + jump[q]);
        if (i < numBasis) slopes[last] = slope.slice();
        continue;
      }
      breakpoints.push(t[i]);
      values.push(value);
      jumps.push(jump);
      if (i < numBasis) slopes.push(slope.slice());
    }
    slopes.length = breakpoints.length - 1;
  } else {
    let right: Float64Array | undefined; // values to the right of the last breakpoint
    for (let i = 0; i < numBasis;) {
      let j = i; // knots i .. j are at one place
      while (j + 1 < numBasis && t[j + 2] === t[i + 1]) j++;
      const inside = i > 0 && j < numBasis - 1;
      if (inside) checkJump(row(i), row(j), layer, p);
      const value = row(i === 0 ? j : i), at = t[i + 1];
      if (right !== undefined) {
        const from = right, length = at - breakpoints[breakpoints.length - 1];
        slopes.push(value.map((v, q) => (v - from[q]) / length));
      }
      breakpoints.push(at);
      values.push(value);
      right = value;
      i = j + 1;
    }
  }
  return {
    ...{ breakpoints, values, slopes },
    ...(jumps === undefined ? {} : { jumps }),
    valueAt(u, q) {
      let i = 0;
      while (i < slopes.length - 1 && u > breakpoints[i + 1]) i++;
      return values[i][q] + slopes[i][q] * (u - breakpoints[i]);
    },
  };
}

function checkJump(left: Float64Array, right: Float64Array, layer: number, p: number): void {
  if (left.every((value, q) => value === right[q])) return;
  throw new RangeError(
    `Cannot convert network: knots of spline layer ${layer}, input ${p}, must differ where its ` +
      "splines jump (a ReLU network is continuous), current value is two knots at one place",
  );
}
