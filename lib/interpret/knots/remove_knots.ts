/**
 * Networks on the fewest knots that hardly change them: the local form of restriction.
 *
 * @module
 */

import { domainOf, type KnotVector } from "../../knots/mod.ts";
import {
  applyNodeMap,
  blockValues,
  checkNetwork,
  hasEdge,
  nodeMap,
  type SplineStage,
  splineStages,
  stagesOf,
  stageValues,
  throughAllEdges,
} from "../../model/inner.ts";
import {
  createNetwork,
  edgeSpline,
  forward,
  layerKnots,
  type Network,
  type NetworkConfig,
} from "../../model/mod.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import { checkOptions, column, moments, multiply } from "../../numerics/inner.ts";
import { countRows } from "../structure/output_function.ts";
import { type EdgePaths, edgePaths, edgePathsOn, oneSpline, splitWidest } from "./edge_paths.ts";
import {
  clampedKnots,
  type ReducedSplines,
  reduceKnots,
  type SplineGroup,
} from "./reduce_knots.ts";

/** Options of {@linkcode removeKnots}. */
export interface RemoveKnotsOptions {
  /**
   * Largest root mean square error of every edge over the rows, as a share of the standard deviation
   * of the node where it ends. Default 1e-3.
   */
  readonly tolerance?: number | undefined;
  /** Largest error of every edge anywhere in its domain, as such a share. Default: none. */
  readonly maximum?: number | undefined;
  /** Whether every edge is asked what it would need by itself. Default true. */
  readonly edges?: boolean | undefined;
  /**
   * Whether the edges of a node share its knots (`"node"`, the default) or each keeps only those that
   * it needs by itself (`"edge"`).
   */
  readonly grids?: "node" | "edge" | undefined;
}

/** What one knot vector needs. */
export interface KnotVectorNeed {
  /** Spline layer, from 0. */
  readonly layer: number;
  /** Input node of the layer; -1 where the layer shares one vector. */
  readonly input: number;
  /** Fewest intervals within the tolerances. */
  readonly needed: number;
  /** Breakpoints of these fewest intervals. */
  readonly breakpoints: readonly number[];
}

/** One edge on its new knots. */
export interface EdgeOnKnots {
  /** Spline layer, from 0. */
  readonly layer: number;
  /** Input node of the layer. */
  readonly input: number;
  /** Output node of the layer. */
  readonly output: number;
  /** Root mean square error over the rows, in the edge's own units. */
  readonly error: number;
  /** A bound of its error anywhere in the domain. */
  readonly bound: number;
  /** What the tolerance allows as error. */
  readonly allowed: number;
  /** Fewest intervals that would do for this edge by itself; absent where it was not asked. */
  readonly needed?: number;
}

/** A network on fewer knots. */
export interface RemovedKnots {
  /** The network: fixed knots with clamped ends, B-splines. */
  readonly network: Network;
  /** Intervals of every spline before and after. */
  readonly intervals: { readonly before: number; readonly after: number };
  /** One per knot vector. */
  readonly vectors: readonly KnotVectorNeed[];
  /** One per edge of every spline layer. */
  readonly edges: readonly EdgeOnKnots[];
  /** How the outputs changed at the rows: root mean square and largest difference. */
  readonly change: { readonly rms: number; readonly largest: number };
}

/**
 * Takes knots away where a network does not need them: from each knot vector the knot whose absence
 * costs least, as long as all edges on it stay within the tolerances; new coefficients are least
 * squares over the rows. The knots that are left are not even: they stay where functions bend.
 *
 * Splines of a network have one number of intervals. The result has the largest number that one of
 * its vectors needs, the others keep the best knots of as many; `vectors` and `edges` say what each
 * would need by itself. The base branch and everything else stay as they are.
 *
 * With `grids: "edge"` each edge is on the fewest knots that it needs by itself. A node's knots are then
 * those of any of its edges, and {@linkcode Network.edgeGrids} says which are whose: everything that
 * reads the network takes it as it is, and training moves only the coefficients on the edges' grids.
 *
 * @param network A network of splines; not changed.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options The tolerances.
 * @returns The network on fewer knots, and how far edges and outputs moved.
 * @throws {TypeError} If the inputs are not rows of the network, or it is an MLP.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, prolong } from "@freeknot/freeknot";
 * import { removeKnots } from "@freeknot/freeknot/interpret";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const fine = prolong(createNetwork({ widths: [2, 3, 1], intervals: 4 }, { seed: 1 }), 4);
 * const inputs = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i));
 * const { intervals, change } = removeKnots(fine, inputs, { tolerance: 1e-6 });
 * assertEquals(intervals, { before: 16, after: 4 }); // the knots that were put in are found
 * assert(change.largest < 1e-5);
 * ```
 */
export function removeKnots(
  network: Network,
  inputs: Float64Array,
  options: RemoveKnotsOptions = {},
): RemovedKnots {
  const verb = "remove knots";
  checkNetwork(verb, network);
  const { config } = network, { tolerance = 1e-3, maximum = Infinity, edges = true } = options;
  checkRemoval(config, { ...options, tolerance, maximum });
  const rows = countRows(verb, inputs, config.widths[0]);
  const values = stageValues(network, inputs, rows), stages = stagesOf(config);
  const splines = splineStages(config), each = options.grids === "edge";
  const layers = splines.map((stage) => {
    const k = stages.findIndex((each) => each.kind === "spline" && each.layer === stage.layer);
    return layerVectors(network, stage, [values[k], values[k + 1]], { tolerance, maximum, each });
  });
  const after = Math.max(...layers.flat().map(fewest));
  const vectors = layers.flatMap((each, layer) =>
    each.map((vector): KnotVectorNeed => ({
      ...{ layer, input: vector.shared ? -1 : vector.first, needed: fewest(vector) },
      breakpoints: vector.apart?.breakpoints ?? vector.path.at(-1)!.breakpoints,
    }))
  );
  const coarse = throughAllEdges(network, (all) => onKnots(all, layers, after));
  const outputs = forward(network, inputs, rows);
  const moved = forward(coarse, inputs, rows).map((value, i) => value - outputs[i]);
  const there = ({ layer, input, output }: EdgeOnKnots) => hasEdge(splines[layer], input, output);
  return {
    network: coarse,
    intervals: { before: config.intervals, after },
    vectors,
    edges: layers.flatMap((each, k) => edgeReports(each, k, after, edges)).filter(there),
    change: {
      rms: Math.sqrt(moved.reduce((sum, value) => sum + value ** 2, 0) / moved.length),
      largest: moved.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    },
  };
}

function checkRemoval(config: NetworkConfig, options: RemoveKnotsOptions): void {
  const verb = "remove knots", { grids = "node" } = options;
  checkOptions(verb, options, "tolerance maximum edges grids");
  if (grids !== "node" && grids !== "edge") {
    throw new RangeError(
      `Cannot ${verb}: grids must be node or edge, current value is ${JSON.stringify(grids)}`,
    );
  }
  if (config.activation !== "spline") {
    throw new TypeError(
      `Cannot ${verb}: network must have splines, current value is an MLP (${config.activation})`,
    );
  }
  for (const name of ["tolerance", "maximum"] as const) {
    if (options[name]! > 0) continue;
    throw new RangeError(
      `Cannot ${verb}: ${name} must be a number > 0, current value is ${options[name]}`,
    );
  }
}

/** A knot vector, its splines, and the steps of the way to fewer knots. */
interface VectorPath {
  readonly shared: boolean;
  /** The first input node on it. */
  readonly first: number;
  readonly degree: number;
  readonly breakpoints: readonly number[];
  readonly groups: readonly SplineGroup[];
  /** Empty where every edge has its own. */
  readonly path: readonly ReducedSplines[];
  /** The grids of the edges, where each has its own. */
  readonly apart?: EdgePaths | undefined;
}

/** The fewest intervals of a vector. */
function fewest({ apart, path }: Pick<VectorPath, "apart" | "path">): number {
  return (apart?.breakpoints ?? path.at(-1)!.breakpoints).length - 1;
}

function layerVectors(
  network: Network,
  stage: SplineStage,
  [x, y]: readonly Float64Array[],
  shares: { readonly tolerance: number; readonly maximum: number; readonly each: boolean },
): VectorPath[] {
  const { nIn, nOut, numKnotVectors, space: { degree } } = stage;
  const spread = Array.from({ length: nOut }, (_, q) => moments(column(y, nOut, q)).deviation);
  // A node that does not vary allows nothing; rounding must still be allowed.
  const least = 1e-12 * Math.max(...spread, 1e-300);
  const allowed = (share: number) => spread.map((deviation) => share * Math.max(deviation, least));
  const shared = numKnotVectors === 1;
  const members = shared
    ? [Array.from({ length: nIn }, (_, p) => p)]
    : Array.from({ length: nIn }, (_, p) => [p]);
  return members.map((nodes): VectorPath => {
    const knots = layerKnots(network, stage.layer, nodes[0]);
    const breakpoints = [...knots.values.subarray(degree, knots.values.length - degree)];
    const groups = nodes.map((p): SplineGroup => ({
      coefficients: clampedCoefficients(network, stage, knots, breakpoints, p),
      positions: positionsOf(network, stage, x, p),
      tolerances: allowed(shares.tolerance),
      bounds: allowed(shares.maximum),
    }));
    const apart = shares.each ? edgePaths(breakpoints, degree, groups) : undefined;
    const path = apart ? [] : reduceKnots(breakpoints, degree, groups);
    return { ...{ shared, first: nodes[0], degree, breakpoints, groups, path, apart } };
  });
}

/** The splines that leave an input node, on knots with clamped ends, shape `[numBasis, nOut]`. */
function clampedCoefficients(
  network: Network,
  { layer, nOut, numBasis }: SplineStage,
  knots: KnotVector,
  breakpoints: readonly number[],
  p: number,
): Float64Array {
  const coefficients = new Float64Array(numBasis * nOut);
  for (let q = 0; q < nOut; q++) {
    edgeSpline(network, layer, p, q).coefficients.forEach((c, i) => coefficients[i * nOut + q] = c);
  }
  return multiply(
    prolongationMatrix(knots, clampedKnots(breakpoints, knots.degree)),
    coefficients,
    nOut,
  );
}

function positionsOf(
  network: Network,
  { layer, nIn, space }: SplineStage,
  x: Float64Array,
  p: number,
): Float64Array {
  const map = nodeMap(network.statistics[layer], space.domain, p);
  const [a, b] = domainOf(layerKnots(network, layer, p));
  return column(x, nIn, p).map((value) =>
    Math.min(Math.max(applyNodeMap(map, space.domain, value), a), b)
  );
}

/** The step of a way that has so many intervals, or the finest that has not more. */
function stepWith(path: readonly ReducedSplines[], intervals: number): ReducedSplines {
  return path.find(({ breakpoints }) => breakpoints.length - 1 <= intervals)!;
}

/** What a knot vector and its splines have become. */
interface VectorOnKnots extends Pick<ReducedSplines, "breakpoints" | "coefficients"> {
  /** Which knots are whose, where every edge has its own. */
  readonly words?: readonly (readonly string[])[];
}

/** The same network on the chosen knots. */
function onKnots(
  network: Network,
  layers: readonly (readonly VectorPath[])[],
  intervals: number,
): Network {
  const { config } = network;
  const coarse: NetworkConfig = {
    ...config,
    ...{ intervals, knots: "fixed", outerKnots: "clamped", basis: "bspline" },
  };
  const steps = layers.map((each) =>
    each.map((vector): VectorOnKnots =>
      vector.apart
        ? edgePathsOn(vector.apart, vector.degree, intervals)
        : filled(vector, stepWith(vector.path, intervals), intervals)
    )
  );
  const created = createNetwork(coarse, {
    breakpoints: steps.map((each) => Float64Array.from(each.flatMap((step) => step.breakpoints))),
  });
  const result = {
    ...created,
    statistics: network.statistics,
    ...(layers[0][0].apart && {
      edgeGrids: steps.map((each) => each.flatMap(({ words }) => words!.flat())),
    }),
  };
  for (const { name } of result.layout) {
    if (!name.endsWith("coefficients")) {
      blockValues(result, name).set(blockValues(network, name));
      continue;
    }
    const layer = Number(/\d+/.exec(name)![0]);
    blockValues(result, name).set(
      steps[layer].flatMap(({ coefficients }) => coefficients.flatMap((each) => [...each])),
    );
  }
  return result;
}

/** A step with intervals halved where it has too few: of vectors whose knots nearly repeated. */
function filled(
  { degree }: VectorPath,
  { breakpoints, coefficients }: ReducedSplines,
  intervals: number,
): Pick<ReducedSplines, "breakpoints" | "coefficients"> {
  if (breakpoints.length - 1 === intervals) return { breakpoints, coefficients };
  const more = splitWidest(breakpoints, intervals);
  const matrix = prolongationMatrix(clampedKnots(breakpoints, degree), clampedKnots(more, degree));
  const columns = coefficients.map((each) => each.length / matrix.columns);
  return {
    breakpoints: more,
    coefficients: coefficients.map((each, g) => multiply(matrix, each, columns[g])),
  };
}

function edgeReports(
  vectors: readonly VectorPath[],
  layer: number,
  intervals: number,
  alone: boolean,
): EdgeOnKnots[] {
  return vectors.flatMap(({ path, groups, first, breakpoints, degree, apart }) => {
    const step = apart ? undefined : stepWith(path, intervals);
    return groups.flatMap((group, g) =>
      group.tolerances.map((allowed, output): EdgeOnKnots => {
        const single = apart?.splines[g][output];
        const needed = single
          ? fewest({ path: [single] })
          : alone
          ? fewest({ path: reduceKnots(breakpoints, degree, [oneSpline(group, output)]) })
          : undefined;
        return {
          ...{ layer, input: first + g, output, allowed },
          error: single?.errors[0][0] ?? step!.errors[g][output],
          bound: single?.bounds[0][0] ?? step!.bounds[g][output],
          ...(needed !== undefined && { needed }),
        };
      })
    );
  });
}
