/**
 * Networks of sums of products `f(t) g(y)` on breakpoints of any spacing.
 *
 * A product is one node of the first layer and its square, `2 f g = (f + g)^2 - f^2 - g^2`: the squares of
 * all `f` together are one function of time, those of all `g` one of `y`. Both are added by nodes that
 * hand their input on to splines of the second layer, which have breakpoints of their own. Few
 * products are two nodes each, `4 f g = (f + g)^2 - (f - g)^2`.
 *
 * Around a circle `y` is `c = cos(theta)`, and every function is `e(t, c) + s v(t, c)` with
 * `s = sin(theta)`. Both sums are nodes of the second layer, and two layers more multiply:
 * `4 s v = (v + s)^2 - (v - s)^2`.
 *
 * @module
 */

import { designMatrix } from "../../basis/mod.ts";
import { type KnotVector, numBasis } from "../../knots/mod.ts";
import { createNetwork, type Network } from "../../model/mod.ts";
import { blockValues } from "../../model/inner.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import { multiply } from "../../numerics/inner.ts";
import { NODE_REACH, powerCoefficients } from "./product_network.ts";
import {
  breakpointsOf,
  gaussPoints,
  halvedKnots,
  largestValue,
  runCoefficients,
  splineFit,
  type SplineRun,
  splineRuns,
} from "./spline_fits.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";
import { type Axis, knotsToEnds, type WindowPart, type WindowSum } from "./window_products.ts";

/** How a sum is written. */
export interface SumInputs {
  /** Products below this share of the largest are left out. */
  readonly cut: number;
  /** Pieces of the splines. */
  readonly pieces: number;
  /** Number of the coordinate that is time, 0 or 1. */
  readonly time: number;
  readonly isPeriodic: boolean;
  readonly unknowns: number;
  /** Whether sums of squares, which are other splines' but for a small error, are avoided. */
  readonly isExact?: boolean;
}

/** A spline of one input of a layer, or none. */
type Edge = Float64Array | undefined;

/** A layer: knots per input, and per node its edges. */
interface Layer {
  readonly knots: readonly KnotVector[];
  readonly nodes: readonly (readonly Edge[])[];
}

/** One piece on `[-1, 1]`: what powers need. */
const PLAIN = knotsToEnds([-1, 1]);
/**
 * What nodes hand on of their input: at the ends rounding would lead out of a spline's domain, where it
 * goes on as a line. Pieces there may be as short as 1e-9, which this must not be felt by.
 */
const HANDED = 1 - 1e-13;
/** Each of two summands of a node reaches so far. */
const HALF = NODE_REACH / 2;
/** Sums may be so much larger elsewhere than where they are known. */
const MARGIN = 1.1;

/** Pieces of splines that finer ones are shared out among: more than a function of these has. */
const LEAST_PIECES = TENSOR_DEGREE + 3;

/** `factor x^power` on one piece. */
function powerOf(power: 1 | 2, factor: number): Float64Array {
  return powerCoefficients(PLAIN, power).map((c) => factor * c);
}

/** A coordinate's splines, and finer ones for sums of their squares. */
interface SumAxis {
  readonly knots: KnotVector;
  fit(values: Float64Array): Float64Array;
  readonly fine: KnotVector;
  readonly runs: readonly SplineRun[];
}

function sumAxis(axis: Axis, pieces: number): SumAxis {
  // values at samples say no more than the windows' pieces
  const knots = axis.knots(Math.min(pieces, axis.pieces)), halved = halvedKnots(halvedKnots(knots));
  const fine = knotsToEnds(breakpointsOf(halved).map((x) => HANDED * x));
  const runs = pieces < LEAST_PIECES ? [] : splineRuns(fine, pieces);
  return { knots, fit: splineFit(knots, axis.samples), fine, runs };
}

/** A part as nodes of time and the other coordinate, whose squares are summed up with factors. */
interface PartNodes extends Pick<WindowPart, "unknown" | "isOdd" | "largest"> {
  readonly nodes: readonly (readonly Float64Array[])[];
  readonly factors: readonly number[];
  /** What the squares have too much: per coordinate coefficients on the fine knots. */
  readonly rest: readonly Float64Array[] | undefined;
}

/** The network of the products of a sum that count. */
export function windowNetwork(sum: WindowSum, inputs: SumInputs): Network {
  const { pieces, isPeriodic, cut, unknowns } = inputs;
  const largest = Math.max(...sum.parts.map(({ products }) => products[0]?.size ?? 0));
  const kept = sum.parts.map((part): WindowPart => ({
    ...part,
    products: part.products.filter(({ size }) => size > cut * largest),
  })).filter(({ products }) => products.length > 0);
  const axes = [sum.time, sum.line].map((axis) => sumAxis(axis, pieces));
  const count = kept.reduce((all, { products }) => all + products.length, 0);
  const runs = axes.flatMap((axis) => axis.runs);
  const isSquare = !inputs.isExact && pieces >= LEAST_PIECES &&
    runs.length * (1 + kept.length) < 3 * count;
  const parts = kept.map((part) => partNodes(part, axes, isSquare));
  const inOrder = (time: Edge, along: Edge, sine?: Edge): Edge[] => {
    const others = isPeriodic ? [along, sine] : [along];
    return inputs.time === 0 ? [time, ...others] : [...others, time];
  };
  const handed = axes.map(({ knots }) =>
    multiply(prolongationMatrix(PLAIN, knots), powerOf(1, HANDED))
  );
  const hasOdd = kept.some(({ isOdd }) => isOdd);
  const first: Edge[][] = parts.flatMap(({ nodes }) => nodes.map(([f, g]) => inOrder(f, g)));
  if (isSquare) {
    axes[0].runs.forEach(() => first.push(inOrder(handed[0], undefined)));
    axes[1].runs.forEach(() => first.push(inOrder(undefined, handed[1])));
  }
  if (hasOdd) first.push(inOrder(undefined, undefined, powerOf(1, HALF)));
  const knots = inOrder as unknown as (...each: KnotVector[]) => KnotVector[];
  const layers: Layer[] = [{ knots: knots(axes[0].knots, axes[1].knots, PLAIN), nodes: first }];
  const behind: KnotVector[] = [
    ...parts.flatMap(({ nodes }) => nodes.map(() => PLAIN)),
    ...(isSquare ? runs.map((run) => run.knots) : []),
    ...(hasOdd ? [PLAIN] : []),
  ];
  const sums = sumsOf(parts, axes, behind.length, hasOdd);
  if (hasOdd) {
    sums.push(behind.map((_, i) => i === behind.length - 1 ? powerOf(1, 1) : undefined));
    layers.push({ knots: behind, nodes: sums }, ...sineLayers(parts, unknowns));
  } else layers.push({ knots: behind, nodes: perUnknown(parts, sums, unknowns) });
  return networkOf(layers);
}

function partNodes(
  { products, unknown, isOdd, largest }: WindowPart,
  axes: readonly SumAxis[],
  isSquare: boolean,
): PartNodes {
  const scaled = products.map(({ size, time, line }) => {
    const factors = axes.map(({ knots, fit }, k) => {
      const coefficients = fit(k === 0 ? time : line), most = largestValue(knots, coefficients);
      return { most, values: coefficients.map((c) => HALF * c / (most || 1)) };
    });
    return {
      size: size * factors[0].most * factors[1].most,
      of: factors.map((each) => each.values),
    };
  });
  const known = { unknown, isOdd, largest: MARGIN * largest };
  if (!isSquare) {
    return {
      ...known,
      nodes: scaled.flatMap(({ of: [f, g] }) => [[f, g], [f, g.map((c) => -c)]]),
      factors: scaled.flatMap(({ size }) => [1, -1].map((sign) => sign * size / (4 * HALF ** 2))),
      rest: undefined,
    };
  }
  // by turns of either sign, so that what they have too much stays small
  const signs = scaled.map((_, i) => i % 2 === 0 ? 1 : -1);
  const factors = scaled.map(({ size }, i) => signs[i] * size / (2 * HALF ** 2));
  const rest = axes.map(({ knots, fine }, k) => {
    const points = gaussPoints(fine, 3);
    const matrix = designMatrix(knots, points.map((x) => Math.max(-1, Math.min(1, x / HANDED))));
    const sum = new Float64Array(points.length);
    scaled.forEach(({ of: both }, i) =>
      multiply(matrix, both[k]).forEach((x, s) => sum[s] -= factors[i] * x * x)
    );
    return splineFit(fine, points)(sum);
  });
  return {
    ...{ ...known, factors, rest },
    nodes: scaled.map(({ of: [f, g] }, i) => [f, signs[i] > 0 ? g : g.map((c) => -c)]),
  };
}

/** Per part its sum's edges; of odd and even ones in units that nodes reach, of others in their own. */
function sumsOf(
  parts: readonly PartNodes[],
  axes: readonly SumAxis[],
  inputs: number,
  hasOdd: boolean,
): Edge[][] {
  const count = parts.reduce((all, { nodes }) => all + nodes.length, 0);
  let from = 0;
  return parts.map(({ nodes, factors, rest, isOdd, largest }) => {
    const edges: Edge[] = new Array(inputs).fill(undefined);
    const unit = !hasOdd ? 1 : (isOdd ? HALF : NODE_REACH) / largest;
    factors.forEach((factor, i) => edges[from + i] = powerOf(2, unit * factor));
    from += nodes.length;
    let at = count;
    rest?.forEach((coefficients, k) =>
      axes[k].runs.forEach((run) =>
        edges[at++] = runCoefficients(run, coefficients).map((c) => unit * c)
      )
    );
    return edges;
  });
}

/** Sums as outputs; of unknowns that are 0 as well. */
function perUnknown(
  parts: readonly PartNodes[],
  sums: readonly Edge[][],
  unknowns: number,
): Edge[][] {
  return Array.from({ length: unknowns }, (_, unknown) => {
    const k = parts.findIndex((part) => part.unknown === unknown);
    return k >= 0 ? sums[k] : zeros(sums[0].length);
  });
}

/** A node that is 0. */
function zeros(inputs: number): Edge[] {
  return Array.from({ length: inputs }, (_, i) => i === 0 ? powerOf(1, 0) : undefined);
}

/** Even parts handed on beside `v + s` and `v - s`, and behind them the outputs. */
function sineLayers(parts: readonly PartNodes[], unknowns: number): Layer[] {
  const inputs = parts.length + 1, handed = powerOf(1, 1), nodes: Edge[][] = [];
  const outputs = Array.from({ length: unknowns }, (): Edge[] => []);
  parts.forEach(({ unknown, isOdd, largest }, k) => {
    for (const sign of isOdd ? [1, -1] : [0]) {
      nodes.push(
        Array.from(
          { length: inputs },
          (_, i) =>
            i === k ? handed : i === parts.length && sign !== 0 ? powerOf(1, sign) : undefined,
        ),
      );
      outputs[unknown][nodes.length - 1] = isOdd
        ? powerOf(2, sign * largest / (4 * HALF ** 2))
        : powerOf(1, largest / NODE_REACH);
    }
  });
  const whole = outputs.map((edges): Edge[] =>
    edges.length === 0 ? zeros(nodes.length) : Array.from(nodes, (_, i) => edges[i])
  );
  return [
    { knots: new Array(inputs).fill(PLAIN), nodes },
    { knots: nodes.map(() => PLAIN), nodes: whole },
  ];
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
  return knotsToEnds(points);
}

/** Layers as a network, all of whose splines have the most pieces of any; every input has an edge. */
function networkOf(layers: readonly Layer[]): Network {
  const pieces = Math.max(
    ...layers.map(({ knots }) =>
      knots.reduce((most, each) => Math.max(most, breakpointsOf(each).length - 1), 0)
    ),
  );
  const whole = layers.map(({ knots, nodes }): Layer => ({
    knots,
    nodes: nodes.map((node, q) =>
      q > 0
        ? node
        : node.map((edge, p) =>
          edge ?? (nodes.some((each) => each[p]) ? undefined : new Float64Array(numBasis(knots[p])))
        )
    ),
  }));
  const fine = whole.map(({ knots }) => knots.map((each) => withPieces(each, pieces)));
  const network = createNetwork({
    widths: [layers[0].knots.length, ...layers.map(({ nodes }) => nodes.length)],
    ...{ firstLayer: "spline", degree: TENSOR_DEGREE, intervals: pieces },
    ...{ knots: "fixed", outerKnots: "clamped", normalisation: "none", domain: [-1, 1] },
    edges: whole.map(({ knots, nodes }) =>
      knots.map((_, p) => nodes.map((node) => node[p] ? "1" : "0").join(""))
    ),
  }, {
    breakpoints: fine.map((each) => Float64Array.from(each.flatMap((k) => [...breakpointsOf(k)]))),
  });
  network.parameters.fill(0);
  whole.forEach(({ knots, nodes }, layer) => {
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
