/**
 * Networks of sums of products `f(t) g(x)` on breakpoints of any spacing.
 *
 * A product is two nodes, `f g = ((f + g)^2 - (f - g)^2) / 4`. Around a circle the inputs are
 * `c = cos(theta)` and `s = sin(theta)`, and every function is `g = e(c) + s h(c)`, `e` its even part and
 * `s h(c)` its odd one. `f s h` is four nodes, the cubes of `f + s + h` with all signs of `s` and `h`, over
 * 24 (see `product_network.ts`).
 *
 * @module
 */

import { cos, pow, sin } from "../../numerics/inner.ts";
import { knotsFromBreakpoints, type KnotVector, numBasis } from "../../knots/mod.ts";
import { createNetwork, type Network } from "../../model/mod.ts";
import { blockValues } from "../../model/inner.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import { gaussLegendre, multiply } from "../../basis/mod.ts";
import { NODE_REACH, powerCoefficients } from "./product_network.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";
import { largestValue, splineFit, type WindowProduct, type WindowSum } from "./window_products.ts";
import { type Line, ORDER, valuesOnLine } from "./window_space.ts";

/** Places of a piece at which even and odd parts are fitted. */
const PLACES = 4;

/** What a network of a sum needs to know. */
export interface SumInputs {
  /** Odd parts of products around a circle below this share of the largest are left out. */
  readonly cut: number;
  /** Number of the coordinate that is time, 0 or 1. */
  readonly time: number;
  readonly ranges: readonly (readonly [number, number])[];
}

/** A spline of one input of a layer, or none. */
type Edge = Float64Array | undefined;

/** A layer: breakpoints per input, and per node its edges. */
interface Layer {
  readonly knots: readonly KnotVector[];
  readonly nodes: readonly (readonly Edge[])[];
}

/** The network of the first products of a sum. */
export function windowNetwork(
  { timeKnots, products }: WindowSum,
  line: Line,
  inputs: SumInputs,
  unknowns: number,
): Network {
  const time = unitKnots(timeKnots, inputs.ranges[inputs.time]);
  const layers = line.isPeriodic
    ? layersAround(time, line, products, inputs, unknowns)
    : layersAcross(time, unitKnots(line.knots, inputs.ranges[1 - inputs.time]), products, {
      ...{ inputs, unknowns },
    });
  return networkOf(layers);
}

/** Knots of a range on `[-1, 1]`. */
function unitKnots(knots: KnotVector, [a, b]: readonly [number, number]): KnotVector {
  return clamped(breakpointsOf(knots).map((x) => 2 * ((x - a) / (b - a)) - 1));
}

function breakpointsOf({ values, degree }: KnotVector): Float64Array {
  return values.slice(degree, values.length - degree);
}

function clamped(points: ArrayLike<number>): KnotVector {
  const ends = Float64Array.from(points);
  ends[0] = -1;
  ends[ends.length - 1] = 1;
  return knotsFromBreakpoints(ends, { degree: TENSOR_DEGREE, outerKnots: "clamped" });
}

/** One piece on `[-1, 1]`: what powers need. */
const PLAIN = clamped([-1, 1]);

/** A function of a node, one of so many that share a node's reach, with its largest value. */
function scaled(knots: KnotVector, coefficients: Float64Array, factors: 2 | 3) {
  const most = largestValue(knots, coefficients), factor = NODE_REACH / factors / (most || 1);
  return { most, values: coefficients.map((c) => factor * c) };
}

/** A node of products: its edges, and the power of it that an unknown adds up. */
interface ProductNode {
  readonly unknown: number;
  readonly edges: readonly Edge[];
  readonly power: 2 | 3;
  readonly factor: number;
}

function signed(values: Float64Array, sign: number): Float64Array {
  return sign < 0 ? values.map((value) => -value) : values;
}

/** The nodes `f + g` and `f - g`, each factor within half of a node's reach. */
function pairOf(
  unknown: number,
  size: number,
  edgesOf: (sign: 1 | -1) => readonly Edge[],
): ProductNode[] {
  return ([1, -1] as const).map((sign) => ({
    ...{ unknown, edges: edgesOf(sign), power: 2, factor: sign * size / NODE_REACH ** 2 },
  }));
}

/** Two nodes a product, each of both coordinates. */
function layersAcross(
  time: KnotVector,
  space: KnotVector,
  products: readonly WindowProduct[],
  { inputs, unknowns }: { readonly inputs: SumInputs; readonly unknowns: number },
): Layer[] {
  const inOrder = <T>(atTime: T, along: T) => inputs.time === 0 ? [atTime, along] : [along, atTime];
  const nodes = products.flatMap(({ unknown, size, time: atTime, line }) => {
    const f = scaled(time, atTime, 2), g = scaled(space, line, 2);
    return pairOf(
      unknown,
      size * f.most * g.most,
      (sign) => inOrder(f.values, signed(g.values, sign)),
    );
  });
  return layersOf(inOrder(time, space), nodes, unknowns);
}

/** The nodes, and behind them sums of their powers. */
function layersOf(
  knots: readonly KnotVector[],
  nodes: readonly ProductNode[],
  unknowns: number,
): Layer[] {
  return [
    { knots, nodes: nodes.map(({ edges }) => edges) },
    {
      knots: nodes.map(() => PLAIN),
      nodes: Array.from(
        { length: unknowns },
        (_, u) =>
          nodes.map(({ unknown, power, factor }) =>
            unknown === u ? powerCoefficients(PLAIN, power).map((c) => factor * c) : undefined
          ),
      ),
    },
  ];
}

/** The even part of a function around a circle, and its odd part over the sine. */
interface CircleParts {
  readonly even: Float64Array;
  readonly odd: Float64Array;
}

/** Knots along the cosine, and a function's parts on them. */
function circleParts(line: Line): {
  readonly knots: KnotVector;
  parts(coefficients: Float64Array): CircleParts;
} {
  const { breakpoints, count } = line, pieces = breakpoints.length - 1;
  const a = breakpoints[0], length = breakpoints[pieces] - a, turn = 2 * Math.PI / length;
  const angles = Array.from(breakpoints, (x) => turn * (x - a))
    .map((angle) => Math.min(angle, 2 * Math.PI - angle)).sort((x, y) => x - y);
  const apart = angles.filter((angle, i) => i === 0 || angle - angles[i - 1] > 1e-9);
  if (Math.PI - apart.at(-1)! > 1e-9) apart.push(Math.PI);
  else apart[apart.length - 1] = Math.PI;
  const knots = clamped(apart.map(cos).reverse()), { nodes } = gaussLegendre(PLACES);
  const places = apart.slice(1).flatMap((to, i) =>
    Array.from(nodes, (x) => (apart[i] + to) / 2 + (to - apart[i]) / 2 * x)
  ).reverse();
  const fit = splineFit(knots, places.map(cos));
  const [forth, back] = [1, -1].map((sign) =>
    places.map((angle) =>
      valuesOnLine(line, a + (sign > 0 ? angle : 2 * Math.PI - angle) / turn, 0)
    )
  );
  return {
    knots,
    parts(coefficients) {
      const [f, g] = [forth, back].map((all) =>
        Float64Array.from(all, ({ piece, values }) => {
          let sum = 0;
          for (let i = 0; i < ORDER; i++) sum += values[i] * coefficients[(piece + i) % count];
          return sum;
        })
      );
      return {
        even: fit(f.map((x, i) => (x + g[i]) / 2)),
        odd: fit(f.map((x, i) => (x - g[i]) / 2 / sin(places[i]))),
      };
    },
  };
}

/** Two nodes for an even part and four for an odd one, of time, cosine and sine. */
function layersAround(
  time: KnotVector,
  line: Line,
  products: readonly WindowProduct[],
  { time: first, cut }: SumInputs,
  unknowns: number,
): Layer[] {
  const { knots: cosine, parts } = circleParts(line);
  const inOrder = <T>(atTime: T, c: T, s: T) => first === 0 ? [atTime, c, s] : [c, s, atTime];
  const sine = powerCoefficients(PLAIN, 1).map((c) => NODE_REACH / 3 * c);
  const most = Math.max(...products.map(({ size }) => size));
  const nodes = products.flatMap(({ unknown, size, time: atTime, line: along }): ProductNode[] => {
    const { even, odd } = parts(along), f = scaled(time, atTime, 2), g = scaled(cosine, even, 2);
    const h = scaled(cosine, odd, 3), third = scaled(time, atTime, 3);
    const isOdd = size * h.most > cut * most * Math.max(g.most, h.most);
    const pair = pairOf(
      unknown,
      size * f.most * g.most,
      (sign) => inOrder<Edge>(f.values, signed(g.values, sign), undefined),
    );
    if (!isOdd) return pair;
    const factor = size * f.most * h.most / (24 * pow(NODE_REACH / 3, 3));
    const cubes = [[1, 1], [1, -1], [-1, 1], [-1, -1]].map(([a, b]): ProductNode => ({
      ...{ unknown, power: 3, factor: a * b * factor },
      edges: inOrder<Edge>(third.values, signed(h.values, a), signed(sine, b)),
    }));
    return size * g.most > cut * most * Math.max(g.most, h.most) ? [...pair, ...cubes] : cubes;
  });
  if (nodes.every(({ power }) => power === 2)) {
    const nothing = new Float64Array(numBasis(PLAIN)); // every input has an edge
    const { edges } = nodes[0];
    nodes[0] = {
      ...nodes[0],
      edges: first === 0 ? [edges[0], edges[1], nothing] : [edges[0], nothing, edges[2]],
    };
  }
  return layersOf(inOrder(time, cosine, PLAIN), nodes, unknowns);
}

/** Halves the longest pieces until there are so many. */
function withPieces(knots: KnotVector, pieces: number): KnotVector {
  const points = [...breakpointsOf(knots)];
  while (points.length <= pieces) {
    let longest = 1;
    for (let i = 2; i < points.length; i++) {
      if (points[i] - points[i - 1] > points[longest] - points[longest - 1]) longest = i;
    }
    points.splice(longest, 0, (points[longest - 1] + points[longest]) / 2);
  }
  return clamped(points);
}

function networkOf(layers: readonly Layer[]): Network {
  const pieces = Math.max(
    ...layers.flatMap(({ knots }) => knots.map((each) => breakpointsOf(each).length - 1)),
  );
  const fine = layers.map(({ knots }) => knots.map((each) => withPieces(each, pieces)));
  const network = createNetwork({
    widths: [layers[0].knots.length, ...layers.map(({ nodes }) => nodes.length)],
    ...{ firstLayer: "spline", degree: TENSOR_DEGREE, intervals: pieces },
    ...{ knots: "fixed", outerKnots: "clamped", normalisation: "none", domain: [-1, 1] },
    edges: layers.map(({ knots, nodes }) =>
      knots.map((_, p) => nodes.map((node) => node[p] ? "1" : "0").join(""))
    ),
  }, {
    breakpoints: fine.map((each) => Float64Array.from(each.flatMap((k) => [...breakpointsOf(k)]))),
  });
  network.parameters.fill(0);
  layers.forEach(({ knots, nodes }, layer) => {
    const values = blockValues(network, `spline${layer}.coefficients`);
    const count = pieces + TENSOR_DEGREE, isWhole = !network.config.edges?.[layer];
    let edge = 0;
    knots.forEach((each, p) => {
      const matrix = prolongationMatrix(each, fine[layer][p]);
      nodes.forEach((node, q) => {
        const coefficients = node[p];
        if (!coefficients) return;
        const moved = multiply(matrix, coefficients);
        if (isWhole) {
          for (let i = 0; i < count; i++) values[(p * count + i) * nodes.length + q] = moved[i];
        } else values.set(moved, edge++ * count);
      });
    });
  });
  return network;
}
