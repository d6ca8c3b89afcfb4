/**
 * An engine that renews points, weights and constants at the start of every stage.
 *
 * @module
 */

import { drawPoints, firstSampler } from "../points/adaptive_points.ts";
import { type PdeEngine, pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { checkRenewal, type Renewal } from "../points/renewal.ts";
import { createWeighting, meanOne, type Shares } from "../points/residual_weights.ts";

/**
 * Makes an engine that renews points, weights and constants whenever it compiles: for `train`, at
 * the start of every stage.
 *
 * @param problem The problem.
 * @param renewal What is renewed.
 * @param options Options of the engines; a sampler's points are those of the first stage, of all
 * stages where points are not renewed.
 * @returns An engine for one run, of more stages than a constant has factors (see
 * {@linkcode fitContinuation}).
 * @throws {RangeError} If a continued constant is not one of the problem's, or a number is out of
 * range.
 */
export function renewingEngine(
  problem: PdeProblem,
  renewal: Renewal,
  options: PdeEngineOptions = {},
): PdeEngine {
  checkRenewal(problem, renewal);
  const { points, weights } = renewal;
  const weighting = weights && createWeighting(weights, !points);
  let stage = -1;
  let sampler = firstSampler(points, options.sampler);
  return {
    ...pdeEngine(problem, { ...options, ...(sampler && { sampler }) }),
    async compile(network, loss, dataset) {
      stage++;
      const own = continued(problem, renewal, stage);
      let shares: Shares = [];
      if (points && stage > 0) {
        const drawn = drawPoints(own, network, points, stage + 1);
        sampler = { kind: "points", points: drawn.points };
        // a residual r at a point of density q counts as (r / q)^2: the mean estimates (int |r|)^2,
        // which does not grow with the steepness of the solution where points gather
        const weight = meanOne(drawn.density.map((q) => q ** -2));
        shares = own.equations.map(() => weight);
      }
      const drawnOptions: PdeEngineOptions = {
        ...options,
        ...(sampler && { sampler }),
        // statistics of other points would make another function of the same parameters
        ...(points && stage > 0 && { frozenStatistics: true }),
      };
      if (weighting) shares = await weighting(own, network, drawnOptions, shares, stage);
      return await pdeEngine(own, { ...drawnOptions, shares }).compile(network, loss, dataset);
    },
  };
}

/** The problem with its constants of a stage. */
function continued(problem: PdeProblem, { continuation }: Renewal, stage: number): PdeProblem {
  if (!continuation) return problem;
  const constants = { ...problem.constants };
  for (const [name, factors] of Object.entries(continuation)) {
    constants[name] *= factors[stage] ?? 1;
  }
  return { ...problem, constants };
}
