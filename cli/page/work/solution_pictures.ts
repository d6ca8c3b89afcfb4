/**
 * From a network that solves an equation to what the page's pictures show.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { isInDomain, pdeInputs, solutionPoints } from "../../../lib/physics/inner.ts";
import { evaluateSolution, type PdeProblem, trueSolution } from "../../../lib/physics/mod.ts";
import { chainNames, networkDrawing, networkKnots } from "../../../lib/report/inner.ts";
import { normalisationMap } from "../../../lib/model/inner.ts";
import type { FunctionPicture, Snapshot, SolutionPicture } from "../protocol.ts";

/** Points along each side of a map, and along a curve. */
const MAP = 56, CURVE = 401;
/** Points by which edges are scored. */
const SCORED = 256;
/** Most nodes whose knots are shown. */
const MOST_NODES = 6;

/** Draws a solution as it stands: places and true values are laid out once. */
export interface SolutionPictures {
  of(network: Network, coefficients: Readonly<Record<string, number>>):
    & Omit<Snapshot, "point" | "picture">
    & { readonly picture: SolutionPicture; readonly error?: number };
}

/** Lays out the pictures of a problem's solution. */
export function layOutSolution(problem: PdeProblem): SolutionPictures {
  const { domain, unknowns = ["u"], periodic = [] } = problem, names = Object.keys(domain);
  const points = placesOf(problem), rows = points.length / names.length;
  const inside = Array.from(
    { length: rows },
    (_, r) => isInDomain(problem, points.subarray(r * names.length, (r + 1) * names.length)),
  );
  const all = trueSolution(problem, points);
  const truth = all &&
    unknowns.map((_, k) =>
      Array.from({ length: rows }, (_, r) => inside[r] ? all[r * unknowns.length + k] : NaN)
    );
  const places = pdeInputs(problem, solutionPoints(problem), []);
  const few = places.inputs.slice(
    0,
    Math.min(places.rows, SCORED) * places.inputs.length / places.rows,
  );
  const inputs = names.flatMap((name) =>
    periodic.includes(name) ? [`cos ${name}`, `sin ${name}`] : [name]
  );
  const slice = sliceText(problem);
  return {
    of(network, coefficients) {
      const values = evaluateSolution(problem, network, points, unknowns, coefficients)
        .map((column) => Array.from(column, (value, r) => inside[r] ? value : NaN));
      const { config } = network;
      const chain = chainNames(config, inputs, unknowns);
      return {
        picture: {
          kind: "solution",
          panels: unknowns.map((unknown, k) =>
            panelOf(problem, unknown, points, values[k], {
              truth: truth?.[k],
              knots: () => knotsAlong(network, problem),
            })
          ),
          ...defined({ slice }),
        },
        ...defined({ error: truth && relativeError(values, truth) }),
        knots: (networkKnots(network)[0] ?? []).slice(0, MOST_NODES)
          .map((positions, node) => ({ name: chain[0]?.[node] ?? "", positions })),
        drawing: networkDrawing(network, few, {
          ...{ inputNames: inputs, outputNames: unknowns, most: 24 },
        }),
        parameters: network.parameters.length,
        intervals: config.intervals,
      };
    },
  };
}

/** A grid of the first two coordinates, the others in the middle; of one a row. */
function placesOf({ domain }: PdeProblem): Float64Array {
  const ranges = Object.values(domain), d = ranges.length;
  const along = ([a, b]: readonly [number, number], k: number, of: number) =>
    k === of - 1 ? b : a + (b - a) * k / (of - 1);
  if (d === 1) return Float64Array.from({ length: CURVE }, (_, k) => along(ranges[0], k, CURVE));
  const points = new Float64Array(d * MAP * MAP);
  for (let row = 0; row < MAP * MAP; row++) {
    const at = [row % MAP, Math.floor(row / MAP)];
    ranges.forEach(([a, b], i) => {
      points[row * d + i] = i < 2 ? along([a, b], at[i], MAP) : (a + b) / 2;
    });
  }
  return points;
}

function sliceText({ domain }: PdeProblem): string | undefined {
  const others = Object.entries(domain).slice(2);
  if (others.length === 0) return undefined;
  return others.map(([name, [a, b]]) => `${name} = ${+((a + b) / 2).toPrecision(4)}`).join(", ");
}

function panelOf(
  { domain }: PdeProblem,
  unknown: string,
  points: Float64Array,
  prediction: readonly number[],
  { truth, knots }: {
    readonly truth: readonly number[] | undefined;
    readonly knots: () => readonly number[];
  },
): FunctionPicture {
  const [first, second] = Object.entries(domain);
  if (!second) {
    return {
      ...{ kind: "curve", names: [first[0], unknown], x: [...points], prediction, rows: [] },
      ...{ knots: knots(), ...defined({ truth }) },
    };
  }
  return {
    ...{ kind: "map", names: [first[0], second[0]], target: unknown, size: MAP, prediction },
    ...{ x: first[1], y: second[1], solved: true, ...defined({ truth }) },
  };
}

/** Where pieces of the first layer meet, of a problem in one coordinate. */
function knotsAlong(network: Network, problem: PdeProblem): number[] {
  const { config } = network, [[name, [a, b]]] = Object.entries(problem.domain);
  const plain = config.activation === "spline" && config.firstLayer === "spline";
  if (!plain || problem.periodic?.includes(name)) return [];
  const { fromDomain } = normalisationMap(network, 0, 0);
  return (networkKnots(network)[0]?.[0] ?? []).slice(1, -1).map((t) => {
    const input = fromDomain(t);
    return problem.rawCoordinates ? input : a + (b - a) * (input + 1) / 2;
  }).filter((at) => at > a && at < b);
}

/** The relative L2 error at the picture's points. */
function relativeError(
  values: readonly (readonly number[])[],
  truth: readonly (readonly number[])[],
): number {
  let square = 0, size = 0;
  values.forEach((column, k) =>
    column.forEach((value, r) => {
      if (Number.isNaN(truth[k][r])) return;
      square += (value - truth[k][r]) ** 2;
      size += truth[k][r] ** 2;
    })
  );
  return Math.sqrt(square / size);
}
