/**
 * Trains networks of nested families by the schedules and optimizers of all other networks.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Schedule } from "../multilevel/mod.ts";
import type { Optimizer } from "../train/mod.ts";
import { compileFamily, withFamilyRanges } from "./evaluator.ts";
import { type FamilyNetwork, prolongFamily } from "./network.ts";
import { log2 } from "../numerics/inner.ts";

/** Options of {@linkcode trainFamily}. */
export interface TrainFamilyOptions {
  /** Epochs per level: `multilevelSchedule`, `coarseSchedule`, or stages that refine by powers of 2. */
  readonly schedule: Schedule;
  /** L-BFGS, or Adam without mini-batches. */
  // deno-lint-ignore no-explicit-any
  readonly optimizer: Optimizer<any>;
  /** Ends training before its next epoch; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode trainFamily} reached. */
export interface FamilyRun {
  /** The best state of the last level, with its ranges. */
  readonly network: FamilyNetwork;
  /** Its mean squared error on the training rows. */
  readonly loss: number;
  /** Loss at each level's start and end. */
  readonly levels: readonly {
    /** Functions per edge. */
    readonly size: number;
    /** Loss before its first epoch. */
    readonly before: number;
    /** The lowest loss after one of its epochs. */
    readonly after: number;
  }[];
  /** Evaluations of loss and gradient. */
  readonly evaluations: number;
}

/**
 * Trains a network level by level: at a refinement it is prolonged exactly, and the optimizer begins
 * anew. The network begins at its level; a schedule's `startFactor` is not looked at.
 *
 * @param network Where it begins.
 * @param dataset Rows.
 * @param options Schedule and optimizer.
 * @returns The trained network and its losses.
 * @throws {RangeError} If a stage refines by another number than a power of 2.
 * @throws {TypeError} If network and dataset do not fit.
 *
 * @example
 * ```ts
 * import { findProblem, galleryDatasets, lbfgs, multilevelSchedule } from "@freeknot/freeknot";
 * import { chebyshev, createFamilyNetwork, trainFamily } from "@freeknot/freeknot/families";
 * import { assert } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 100 });
 * const network = createFamilyNetwork(chebyshev(), { widths: [2, 5, 1] });
 * const schedule = multilevelSchedule([4, 2]);
 * const { loss, levels } = await trainFamily(network, train, { schedule, optimizer: lbfgs() });
 * assert(loss < 0.05 && levels[1].size === 13);
 * ```
 */
export async function trainFamily(
  network: FamilyNetwork,
  dataset: Dataset,
  { schedule, optimizer, signal }: TrainFamilyOptions,
): Promise<FamilyRun> {
  let current = network, evaluations = 0;
  const levels: { size: number; before: number; after: number }[] = [];
  for (const { refine = 1, epochs } of schedule.stages) {
    const halvings = log2(refine);
    if (!Number.isInteger(halvings)) {
      throw new RangeError(
        `Cannot train network: refine must be a power of 2, current value is ${refine}`,
      );
    }
    for (let i = 0; i < halvings; i++) current = prolongFamily(current);
    const evaluator = compileFamily(current, dataset);
    const before = (await evaluator.evaluate(current.parameters)).loss;
    const state = optimizer.init(current.parameters, dataset.rows);
    let best = current.parameters, after = before;
    for (let epoch = 0; epoch < epochs; epoch++) {
      signal?.throwIfAborted();
      const status = await optimizer.epoch(state, evaluator);
      if (state.objective < after) {
        after = state.objective;
        best = state.parameters.slice();
      }
      if (status !== "running") break;
    }
    evaluator.dispose();
    evaluations += state.evaluations;
    current = { ...current, parameters: best };
    levels.push({ size: current.family.size(current.level), before, after });
  }
  return {
    ...{ network: withFamilyRanges(current, dataset), loss: levels.at(-1)!.after },
    ...{ levels, evaluations },
  };
}
