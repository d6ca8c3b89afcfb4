/**
 * Networks of sums of products `f(t) g(x)` on breakpoints of any spacing.
 *
 * A product is two nodes, `f g = ((f + g)^2 - (f - g)^2) / 4`. Around a circle the inputs are
 * `c = cos(theta)` and `s = sin(theta)`, and every function is `g = e(c) + s h(c)`, `e` its even part and
 * `s h(c)` its odd one: a layer before makes `s h` of the squares of `s + h` and `s - h`, and passes on
 * `t` and `c`. Where all functions are even, `e(c)` is enough.
 *
 * @module
 */

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

/** A function of a node, with a factor that brings it within half of a node's reach. */
function scaled(knots: KnotVector, coefficients: Float64Array) {
  const most = largestValue(knots, coefficients) || 1, factor = NODE_REACH / 2 / most;
  return { most, values: coefficients.map((c) => factor * c) };
}

/** `(z^2 / NODE_REACH^2) size` with a sign: what a product's node adds. */
function square(size: number): Float64Array {
  return powerCoefficients(PLAIN, 2).map((c) => size / NODE_REACH ** 2 * c);
}

function negative(values: Float64Array): Float64Array {
  return values.map((value) => -value);
}

/** Two nodes a product, each of both coordinates. */
function layersAcross(
  time: KnotVector,
  space: KnotVector,
  products: readonly WindowProduct[],
  { inputs, unknowns }: { readonly inputs: SumInputs; readonly unknowns: number },
): Layer[] {
  const inOrder = <T>(atTime: T, along: T) => inputs.time === 0 ? [atTime, along] : [along, atTime];
  const parts = products.map((product) => ({
    product,
    f: scaled(time, product.time),
    g: scaled(space, product.line),
  }));
  return [
    {
      knots: inOrder(time, space),
      nodes: parts.flatMap(({ f, g }) => [
        inOrder(f.values, g.values),
        inOrder(f.values, negative(g.values)),
      ]),
    },
    outputLayer(
      parts.map(({ product, f, g }) => ({
        unknown: product.unknown,
        size: product.size * f.most * g.most,
      })),
      unknowns,
    ),
  ];
}

/** Sums the squares of products' nodes, plus and minus. */
function outputLayer(
  products: readonly { readonly unknown: number; readonly size: number }[],
  unknowns: number,
): Layer {
  return {
    knots: products.flatMap(() => [PLAIN, PLAIN]),
    nodes: Array.from(
      { length: unknowns },
      (_, u) =>
        products.flatMap(({ unknown, size }) =>
          unknown === u ? [square(size), square(-size)] : [undefined, undefined]
        ),
    ),
  };
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
  const knots = clamped(apart.map(Math.cos).reverse()), { nodes } = gaussLegendre(PLACES);
  const places = apart.slice(1).flatMap((to, i) =>
    Array.from(nodes, (x) => (apart[i] + to) / 2 + (to - apart[i]) / 2 * x)
  ).reverse();
  const fit = splineFit(knots, places.map(Math.cos));
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
        odd: fit(f.map((x, i) => (x - g[i]) / 2 / Math.sin(places[i]))),
      };
    },
  };
}

/** The layers where inputs are time, cosine and sine. */
function layersAround(
  time: KnotVector,
  line: Line,
  products: readonly WindowProduct[],
  { time: first, cut }: SumInputs,
  unknowns: number,
): Layer[] {
  const { knots: cosine, parts } = circleParts(line);
  const all = products.map((product) => {
    const { even, odd } = parts(product.line), f = scaled(time, product.time);
    const most = Math.max(largestValue(cosine, even), largestValue(cosine, odd)) || 1;
    return { product, f, most, even, odd, size: product.size * f.most * most };
  });
  const largest = Math.max(...all.map(({ size }) => size));
  const isOdd = all.map(({ odd, size, most }) =>
    size / most * largestValue(cosine, odd) > cut * largest
  );
  const inOrder = <T>(atTime: T, c: T, s: T) => first === 0 ? [atTime, c, s] : [c, s, atTime];
  const outputs = outputLayer(
    all.map(({ product, size }) => ({ unknown: product.unknown, size })),
    unknowns,
  );
  if (!isOdd.includes(true)) {
    const nothing = new Float64Array(numBasis(PLAIN)); // every input has an edge
    return [
      {
        knots: inOrder(time, cosine, PLAIN),
        nodes: all.flatMap(({ f, even, most }, k) => {
          const g = even.map((c) => NODE_REACH / 2 * c / most), s = k === 0 ? nothing : undefined;
          return [inOrder<Edge>(f.values, g, s), inOrder<Edge>(f.values, negative(g), undefined)];
        }),
      },
      outputs,
    ];
  }
  const half = NODE_REACH / 2, pass = powerCoefficients(PLAIN, 1);
  // s h(c): of (half s + half h / |h|)^2 - (half s - half h / |h|)^2 = 4 half^2 s h / |h|
  const odds = all.flatMap(({ odd, most }, k) => {
    if (!isOdd[k]) return [];
    const height = largestValue(cosine, odd);
    return [{ k, values: odd.map((c) => half * c / height), share: height / most }];
  });
  const sine = pass.map((c) => half * c);
  return [
    {
      knots: inOrder(PLAIN, cosine, PLAIN),
      nodes: [
        inOrder<Edge>(pass, undefined, undefined),
        inOrder<Edge>(undefined, identity(cosine), undefined),
        ...odds.flatMap(({ values }) => [
          inOrder<Edge>(undefined, values, sine),
          inOrder<Edge>(undefined, negative(values), sine),
        ]),
      ],
    },
    {
      knots: [time, cosine, ...odds.flatMap(() => [PLAIN, PLAIN])],
      nodes: all.flatMap(({ f, even, most }, k) => {
        // a sum e + s h may be as large as both together
        const g = even.map((c) => half / 2 * c / most);
        return [1, -1].map((sign): Edge[] => [
          f.values.map((c) => c / 2),
          g.map((c) => sign * c),
          ...odds.flatMap(({ k: of, share }): Edge[] => {
            if (of !== k) return [undefined, undefined];
            const each = powerCoefficients(PLAIN, 2)
              .map((c) => sign * half / 2 * share / (4 * half ** 2) * c);
            return [each, negative(each)];
          }),
        ]);
      }),
    },
    { ...outputs, nodes: outputs.nodes.map((node) => node.map((edge) => edge?.map((c) => 4 * c))) },
  ];
}

/** The coefficients of `x`. */
function identity(knots: KnotVector): Float64Array {
  return powerCoefficients(knots, 1);
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
    breakpoints: fine.map((each) => Float64Array.of(...each.flatMap((k) => [...breakpointsOf(k)]))),
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
