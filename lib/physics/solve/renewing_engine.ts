/**
 * An engine that renews points, weights and constants at the start of every stage.
 *
 * @module
 */

import { checkPde, type PdeProblem } from "../equations/pde.ts";
import { checkOptions, pow } from "../../numerics/inner.ts";
import { drawPoints, firstSampler } from "../points/adaptive_points.ts";
import { type PdeEngine, pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import { readOnce } from "../equations/resolve.ts";
import { checkRenewal, type Renewal } from "../points/renewal.ts";
import { type Attention, meanOne, type Shares, weigh } from "../points/residual_weights.ts";

/** What an evaluator hands on: to the next stage, or by a checkpoint to the same one. */
interface Carried {
  readonly stage: number;
  /** The attention with which this stage weighs its points. */
  readonly attention?: Attention;
  /** The attention of the stage before. */
  readonly attentionBefore?: Attention;
}

/**
 * Makes an engine that renews points, weights and constants at the start of every stage: it is told
 * which one it compiles for.
 *
 * @param problem The problem.
 * @param renewal What is renewed.
 * @param options Options of the engines; a sampler gives the first stage its points, and every
 * stage where points are not renewed.
 * @returns An engine for runs of more stages than a constant has factors (see
 * {@linkcode fitContinuation}).
 * @throws {RangeError} If a continued constant is not one of the problem's, or a number is out of
 * range.
 *
 * @example
 * ```ts
 * import { createNetwork, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";
 * import { burgers, pdeNetwork, renewingEngine } from "@freeknot/freeknot/physics";
 * import { assert } from "@std/assert";
 *
 * const problem = burgers({ viscosity: 0.1 });
 * const engine = renewingEngine(problem, { points: { count: 100, by: "residual" } });
 * const network = createNetwork(pdeNetwork(problem, { hidden: [3], intervals: 3 }));
 * const { loss } = await trainToEnd(network, undefined, { engine, schedule: multilevelSchedule([3, 2]) });
 * assert(loss < 10);
 * ```
 */
export function renewingEngine(
  problem: PdeProblem,
  renewal: Renewal,
  options: PdeEngineOptions = {},
): PdeEngine {
  checkPde("solve", problem);
  checkOptions("solve", renewal, "every points weights continuation");
  checkRenewal(problem, renewal);
  const { points, weights } = renewal;
  const first = firstSampler(points, options.sampler);
  return {
    ...pdeEngine(problem, { ...options, ...(first && { sampler: first }) }),
    async compile(request) {
      const { network, stage = 0 } = request, known = request.carried as Carried | undefined;
      const staged = continued(problem, renewal, stage);
      let shares: Shares = [], sampler = first;
      if (points && stage > 0) {
        const drawn = drawPoints(staged, network, points, stage + 1);
        sampler = { kind: "points", points: drawn.points };
        // a residual r at a point of density q counts as (r / q)^2: the mean estimates (int |r|)^2,
        // which does not grow with the steepness of the solution where points gather
        const weight = meanOne(drawn.density.map((q) => pow(q, -2)));
        shares = staged.equations.map(() => weight);
      }
      const drawnOptions: PdeEngineOptions = {
        ...options,
        ...(sampler && { sampler }),
        // statistics of other points would make another function of the same parameters
        ...(points && stage > 0 && { frozenStatistics: true }),
      };
      // of the same stage, where training goes on from a checkpoint, else of the one before
      const attention = known?.stage === stage ? known.attentionBefore : known?.attention;
      const weighted = await weigh(weights, staged, network, drawnOptions, {
        ...{ shares, stage },
        attention: points ? undefined : attention,
      });
      const engine = pdeEngine(staged, { ...drawnOptions, shares: weighted.shares });
      const evaluator = await engine.compile(request);
      return {
        ...evaluator,
        carried: () => ({
          ...evaluator.carried!() as Carried,
          ...(weighted.attention && { attention: weighted.attention }),
          ...(attention && { attentionBefore: attention }),
        }),
      };
    },
  };
}

/** The problem with its constants of a stage. */
function continued(problem: PdeProblem, { continuation }: Renewal, stage: number): PdeProblem {
  if (!continuation) return readOnce(problem);
  const constants = { ...problem.constants };
  for (const [name, factors] of Object.entries(continuation)) {
    constants[name] *= factors[stage] ?? 1;
  }
  return readOnce({ ...problem, constants });
}
