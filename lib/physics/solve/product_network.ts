/**
 * Sums of products of functions of one variable, as networks of splines with one hidden layer.
 *
 * A product of `d` numbers is a sum of `2^(d - 1)` powers,
 * `y_1 ... y_d = sum_e e_2 ... e_d (y_1 + e_2 y_2 + ... + e_d y_d)^d / (2^(d - 1) d!)` over all signs
 * `e_k = +-1` (Fischer 1994); of two it is `((f + g)^2 - (f - g)^2) / 4`. Powers up to the degree are
 * splines, so that the network is the same function.
 *
 * @module
 */

import { createNetwork, type Network } from "../../model/mod.ts";
import { blockValues } from "../../model/inner.ts";
import { type KnotVector, numBasis, numIntervals } from "../../knots/mod.ts";
import { cos, multiply, pow } from "../../numerics/inner.ts";
import { designMatrix } from "../../basis/mod.ts";

/** A product of functions of one coordinate each. */
export interface Product {
  /** Number of the output that it belongs to. */
  readonly unknown: number;
  readonly size: number;
  /** Coefficients, one array per coordinate. */
  readonly factors: readonly Float64Array[];
}

/** Nodes of a product of `d` factors. */
function nodesOf(d: number): number {
  return pow(2, d - 1);
}

/** Parameters of products of `d` factors, with a number of basis functions per spline. */
export function productParameters(products: number, d: number, basis: number, nOut: number) {
  return nodesOf(d) * products * basis * (d + nOut);
}

/** What a node's values reach of `[-1, 1]`. */
export const NODE_REACH = 0.9;

/** Positions in `[-1, 1]`, dense at the ends. */
export function densePositions(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => -cos(Math.PI * (i + 0.5) / count));
}

/** The network of a sum of products, all splines on the same even knots over `[-1, 1]`. */
export function productNetwork(
  products: readonly Product[],
  knots: KnotVector,
  nOut: number,
): Network {
  const n = numBasis(knots), d = products[0].factors.length, each = nodesOf(d);
  const nodes = each * products.length;
  const network = createNetwork({
    ...{ widths: [d, nodes, nOut], firstLayer: "spline", degree: knots.degree },
    ...{ intervals: numIntervals(knots), knots: "uniform", normalisation: "none" },
    domain: [-1, 1],
  });
  network.parameters.fill(0);
  const inner = blockValues(network, "spline0.coefficients"); // [d, n, nodes]
  const outer = blockValues(network, "spline1.coefficients"); // [nodes, n, nOut]
  const power = powerCoefficients(knots, d), values = designMatrix(knots, densePositions(4 * n));
  const share = pow(d / NODE_REACH, d) /
    (each * Array.from({ length: d }).reduce<number>((f, _, i) => f * (i + 1), 1));
  products.forEach(({ unknown, size, factors }, r) => {
    const most = factors.map((factor) =>
      multiply(values, factor).reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) || 1
    );
    const height = most.reduce((product, x) => product * x, size);
    for (let side = 0; side < each; side++) {
      const node = each * r + side;
      let sign = 1;
      for (let k = 0; k < d; k++) {
        const turn = k > 0 && (side >> (k - 1)) & 1 ? -1 : 1;
        sign *= turn;
        for (let i = 0; i < n; i++) {
          inner[(k * n + i) * nodes + node] = turn * NODE_REACH / d * factors[k][i] / most[k];
        }
      }
      for (let i = 0; i < n; i++) {
        outer[(node * n + i) * nOut + unknown] = sign * height * share * power[i];
      }
    }
  });
  return network;
}

/** The coefficients of `x^d`: its blossom at the knots of each function. */
export function powerCoefficients(knots: KnotVector, d: number): Float64Array {
  const { values: t, degree } = knots;
  return Float64Array.from({ length: numBasis(knots) }, (_, i) => {
    // sums[k]: the elementary symmetric sum of order k of the knots, over that of ones
    const sums = new Float64Array(d + 1), counts = new Float64Array(d + 1);
    sums[0] = counts[0] = 1;
    for (let j = 1; j <= degree; j++) {
      for (let k = d; k > 0; k--) {
        sums[k] += t[i + j] * sums[k - 1];
        counts[k] += counts[k - 1];
      }
    }
    return sums[d] / counts[d];
  });
}
