/**
 * All experiments of the theory lab, by name.
 *
 * @module
 */

import { allExperiments } from "./all_experiments.ts";
import type { Experiment } from "./experiment.ts";
import { anderson } from "./experiments/anderson.ts";
import { complementarity } from "./experiments/complementarity.ts";
import { conditioning } from "./experiments/conditioning.ts";
import { continual } from "./experiments/continual.ts";
import { cost } from "./experiments/cost.ts";
import { derivatives } from "./experiments/derivatives.ts";
import { digits } from "./experiments/digits.ts";
import { firstGuesses } from "./experiments/first_guesses.ts";
import { highFrequencies } from "./experiments/high_frequencies.ts";
import { hyperplanes } from "./experiments/hyperplanes.ts";
import { imaging } from "./experiments/imaging.ts";
import { knotTheory } from "./experiments/knot_theory.ts";
import { nesting } from "./experiments/nesting.ts";
import { ntk } from "./experiments/ntk.ts";
import { poisson } from "./experiments/poisson.ts";
import { pde } from "./experiments/pde.ts";
import { preconditioner } from "./experiments/preconditioner.ts";
import { scaling } from "./experiments/scaling.ts";
import { sizes } from "./experiments/sizes.ts";
import { specialFunctions } from "./experiments/special_functions.ts";
import { spectralBias } from "./experiments/spectral_bias.ts";
import { transfer } from "./experiments/transfer.ts";
import { weightDecay } from "./experiments/weight_decay.ts";

/**
 * All experiments, in the order of their sources.
 *
 * @example
 * ```ts
 * import { experiments } from "@freeknot/freeknot/reproduce";
 * import { assert } from "@std/assert";
 *
 * assert(experiments.some(({ name }) => name === "conditioning"));
 * ```
 */
export const experiments: readonly Experiment[] = [
  hyperplanes as Experiment,
  preconditioner as Experiment,
  conditioning as Experiment,
  ntk as Experiment,
  nesting as Experiment,
  transfer as Experiment,
  weightDecay as Experiment,
  cost as Experiment,
  complementarity as Experiment,
  continual as Experiment,
  firstGuesses as Experiment,
  scaling as Experiment,
  derivatives as Experiment,
  specialFunctions as Experiment,
  poisson as Experiment,
  knotTheory as Experiment,
  imaging as Experiment,
  digits as Experiment,
  spectralBias as Experiment,
  highFrequencies as Experiment,
  sizes as Experiment,
  anderson as Experiment,
  pde as Experiment,
];

/**
 * Finds an experiment.
 *
 * @param name Its name, such as `conditioning`; `all` is all of them as one.
 * @returns The experiment, or undefined if there is none of this name.
 *
 * @example
 * ```ts
 * import { findExperiment } from "@freeknot/freeknot/reproduce";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findExperiment("conditioning")?.source.startsWith("Actor et al. 2025"), true);
 * ```
 */
export function findExperiment(name: string): Experiment | undefined {
  return [...experiments, ALL].find((experiment) => experiment.name === name);
}

const ALL = allExperiments(experiments);
