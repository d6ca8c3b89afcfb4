/**
 * Several additive networks as one.
 *
 * @module
 */

import { designMatrix } from "../basis/mod.ts";
import { knotsFromBreakpoints, type KnotVector } from "../knots/mod.ts";
import {
  createNetwork,
  createRandom,
  ensembleOutputs,
  layerKnots,
  type Network,
} from "../model/mod.ts";
import { solveSmall, toDense } from "../numerics/inner.ts";

/** The splines' domain. */
const DOMAIN = [-1, 1] as const;

/** Knots of two networks that are nearer than this are one. */
const ONE_KNOT = 1e-9;

/** Places at which both are compared, in the range of the inputs and beyond it. */
const PLACES = 200;

/** The largest difference, as a share of the largest output: rounding, and no more. */
const ROUNDING = 1e-9;

/**
 * Writes the mean of additive networks, each one layer of splines, as one network: a sum of functions
 * of single inputs, which `formula` of a model of a search takes for instance.
 *
 * The splines of every input get the knots of all networks together, so that they hold each of them;
 * their coefficients follow from values. Networks of another kind have no such sum: what is found is
 * compared with the mean at 200 places.
 *
 * @param networks All with the same inputs and outputs.
 * @returns The network; undefined unless the mean is such a sum, to rounding.
 *
 * @example
 * ```ts
 * import { fitAdditive, mergeAdditive } from "@freeknot/freeknot/additive";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { forward } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 100 }, (_, i) => [i / 100, Math.sin(i)]);
 * const dataset = datasetOf({ inputs, targets: inputs.map(([x, z]) => x * x + z) });
 * const two = [1, 6].map((intervals) => fitAdditive(dataset, { intervals }).network);
 * const one = mergeAdditive(two)!, x = Float64Array.of(0.3, 0.4);
 * assertAlmostEquals(forward(one, x)[0], (forward(two[0], x)[0] + forward(two[1], x)[0]) / 2, 1e-9);
 * ```
 */
export function mergeAdditive(networks: readonly Network[]): Network | undefined {
  const [first] = networks, { widths } = first.config, [nIn, nOut] = [widths[0], widths.at(-1)!];
  if (networks.length === 1 && widths.length === 2) return first;
  const ranges = commonRanges(networks);
  if (ranges === undefined || !networks.every((each) => isAdditive(each, nIn, nOut))) {
    return undefined;
  }
  const degree = Math.max(...networks.map(({ config }) => config.degree));
  const points = Array.from({ length: nIn }, (_, p) => breakpointsOf(networks, p));
  const intervals = Math.max(...points.map((each) => each.length)) - 1;
  const breakpoints = points.map((each) => withMore(each, intervals));
  const blank = createNetwork({
    ...{ widths: [nIn, nOut], firstLayer: "spline", degree, intervals, knots: "fixed" },
  }, { seed: 0, breakpoints: [Float64Array.from(breakpoints.flat())] });
  const parameters = blank.parameters.slice().fill(0), size = intervals + degree;
  const middle = Float64Array.from(ranges, ([low, high]) => (low + high) / 2);
  const base = ensembleOutputs(networks, middle, 1);
  for (let p = 0; p < nIn; p++) {
    const knots = knotsFromBreakpoints(breakpoints[p], { degree });
    const places = placesOf(knots), [low, high] = ranges[p];
    const inputs = new Float64Array(size * nIn);
    places.forEach((u, i) => {
      inputs.set(middle, i * nIn);
      inputs[i * nIn + p] = low + (high - low) * (u + 1) / 2;
    });
    const outputs = ensembleOutputs(networks, inputs, size);
    const matrix = toDense(designMatrix(knots, places));
    for (let q = 0; q < nOut; q++) {
      const right = Float64Array.from(
        { length: size },
        (_, i) => outputs[i * nOut + q] - base[q] * (nIn - 1) / nIn,
      );
      if (!solveSmall(matrix.slice(), right, size)) return undefined;
      right.forEach((c, i) => parameters[(p * size + i) * nOut + q] = c);
    }
  }
  const one: Network = {
    ...{ ...blank, parameters },
    statistics: [{
      kind: "minmax",
      minimum: Float64Array.from(ranges, ([low]) => low),
      maximum: Float64Array.from(ranges, ([, high]) => high),
    }],
  };
  return agrees(one, networks, ranges) ? one : undefined;
}

/** Whether a network is one layer of splines, which go on straight beyond their ends. */
function isAdditive({ config }: Network, nIn: number, nOut: number): boolean {
  const { widths, activation, basis, firstLayer, extrapolation, normalisation } = config;
  return widths.length === 2 && widths[0] === nIn && widths[1] === nOut &&
    activation === "spline" && basis === "bspline" && firstLayer === "spline" &&
    extrapolation === "linear" && normalisation === "minmax";
}

/** Range of every input, which all networks have in common. */
function commonRanges(networks: readonly Network[]): [number, number][] | undefined {
  const all = networks.map(({ statistics: [measured] }) =>
    measured?.kind === "minmax"
      ? Array.from(measured.minimum, (low, p): [number, number] => [low, measured.maximum[p]])
      : []
  );
  const [first] = all;
  const same = all.every((each) =>
    each.length > 0 && each.every(([low, high], p) => low === first[p][0] && high === first[p][1])
  );
  return same ? first : undefined;
}

/** Breakpoints of one input in all networks, each once, in ascending order. */
function breakpointsOf(networks: readonly Network[], input: number): number[] {
  const inner = networks.flatMap((network) => {
    const { values, degree } = layerKnots(network, 0, input);
    return [...values.subarray(degree + 1, values.length - 1 - degree)];
  }).sort((a, b) => a - b);
  const kept: number[] = [DOMAIN[0]];
  for (const place of inner) {
    const far = place - kept[kept.length - 1] > ONE_KNOT && DOMAIN[1] - place > ONE_KNOT;
    if (far) kept.push(place);
  }
  return [...kept, DOMAIN[1]];
}

/** As many intervals as wanted: the longest is halved until there are. */
function withMore(breakpoints: readonly number[], intervals: number): number[] {
  const all = [...breakpoints];
  while (all.length <= intervals) {
    let longest = 0;
    for (let i = 1; i + 1 < all.length; i++) {
      if (all[i + 1] - all[i] > all[longest + 1] - all[longest]) longest = i;
    }
    all.splice(longest + 1, 0, (all[longest] + all[longest + 1]) / 2);
  }
  return all;
}

/** Greville's abscissae of knots that end with the domain: one place for each spline, inside. */
function placesOf({ values, degree }: KnotVector): Float64Array {
  const [low, high] = DOMAIN;
  return Float64Array.from({ length: values.length - degree - 1 }, (_, i) => {
    let sum = 0;
    for (let k = 1; k <= degree; k++) sum += Math.min(high, Math.max(low, values[i + k]));
    return sum / degree;
  });
}

function agrees(
  one: Network,
  networks: readonly Network[],
  ranges: readonly (readonly [number, number])[],
): boolean {
  const random = createRandom(1, "merge"), nIn = ranges.length;
  const inputs = Float64Array.from({ length: PLACES * nIn }, (_, i) => {
    const [low, high] = ranges[i % nIn];
    return low + (high - low) * (1.5 * random.uniform() - 0.25);
  });
  const found = ensembleOutputs([one], inputs, PLACES);
  const wanted = ensembleOutputs(networks, inputs, PLACES);
  const size = wanted.reduce((most, y) => Math.max(most, Math.abs(y)), 1e-300);
  return found.every((y, i) => Math.abs(y - wanted[i]) <= ROUNDING * size);
}
