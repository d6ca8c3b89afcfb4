/**
 * Points that gather where a solution is steep or its residuals are large.
 *
 * @module
 */

import { nearbyOrder, takeRows } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { AdaptivePoints } from "./renewal.ts";
import { domainPoints } from "./domain.ts";
import type { Sampler } from "./sampling.ts";
import { meanOf } from "./residual_weights.ts";
import { evaluateSolution } from "../solve/solution.ts";

/** Candidates per point that is drawn. */
const CANDIDATES = 10;

/** Points of a run's first stage: the caller's, else even ones if points are renewed later. */
export function firstSampler(
  points: AdaptivePoints | undefined,
  sampler: Sampler | undefined,
): Sampler | undefined {
  return sampler ?? (points && evenPoints(points.count, 1));
}

/** Points without a preference. */
function evenPoints(count: number, seed: number): Sampler {
  return { kind: "sobol", count, seed };
}

/** Draws points with a density `q` of mean 1 over the box, proportional to `1 + m / mean m`. */
export function drawPoints(
  problem: PdeProblem,
  network: Network,
  { count, by }: AdaptivePoints,
  seed: number,
): { points: Float64Array; density: Float64Array } {
  const d = Object.keys(problem.domain).length;
  const candidates = domainPoints(problem, evenPoints(CANDIDATES * count, seed));
  const monitor = by === "slope"
    ? steepness(problem, network, candidates)
    : residualSizes(problem, network, candidates);
  const mean = meanOf(monitor);
  const densities = monitor.map((m) => mean > 0 && Number.isFinite(mean) ? (1 + m / mean) / 2 : 1);
  const total = densities.reduce((sum, q) => sum + q, 0);
  const points = new Float64Array(count * d), density = new Float64Array(count);
  let drawn = 0, reached = 0;
  densities.forEach((q, i) => { // every total / count of the sum draws one
    reached += q;
    for (; drawn < count && (drawn + 0.5) / count * total <= reached; drawn++) {
      points.set(candidates.subarray(i * d, (i + 1) * d), drawn * d);
      density[drawn] = q;
    }
  });
  const order = nearbyOrder(points, d); // neighbours meet the same pieces of splines
  return { points: takeRows(points, d, order), density: takeRows(density, 1, order) };
}

/** `sqrt(1 + |grad u|^2)`, coordinates in units of the box, unknowns in units of their range. */
function steepness(problem: PdeProblem, network: Network, points: Float64Array): Float64Array {
  const names = Object.keys(problem.domain), { unknowns = ["u"] } = problem;
  const sums = new Float64Array(points.length / names.length).fill(1);
  for (const unknown of unknowns) {
    const slopes = names.map((name) => `${unknown}_${name}`);
    const [values, ...partials] = evaluateSolution(problem, network, points, [unknown, ...slopes]);
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    names.forEach((name, i) => {
      const [a, b] = problem.domain[name], factor = high > low ? (b - a) / (high - low) : 0;
      partials[i].forEach((slope, r) => sums[r] += (factor * slope) ** 2);
    });
  }
  return sums.map(Math.sqrt);
}

/** Root mean square of the weighted equations' residuals. */
function residualSizes(problem: PdeProblem, network: Network, points: Float64Array): Float64Array {
  const formulas = problem.equations.map(({ equation }) => equation);
  const residuals = evaluateSolution(problem, network, points, formulas);
  return residuals[0].map((_, r) =>
    Math.sqrt(
      residuals.reduce(
        (sum, values, k) => sum + (problem.equations[k].weight ?? 1) * values[r] ** 2,
        0,
      ),
    )
  );
}
