/**
 * Arrays that L-BFGS works with beside its state: nothing is allocated from step to step.
 *
 * @module
 */

import { createPairMemory, type PairMemory } from "../../engine/inner.ts";
import type { OptimizerState } from "./optimizer.ts";

/** A state with stored pairs. */
interface PairedState extends OptimizerState {
  steps: Float64Array[];
  differences: Float64Array[];
}

/** Work arrays of one state; what they hold between steps means nothing. */
export interface LbfgsWork {
  /** The state's pairs, where the recursion's loops find them; the lists are the state's own. */
  readonly pairs: PairMemory;
  /** Where the search goes. */
  readonly direction: Float64Array;
  /** The lowest point of a search, and its gradient. */
  readonly found: Float64Array;
  readonly foundGradient: Float64Array;
  /** The latest point of a search, and its gradient. */
  readonly trial: Float64Array;
  readonly trialGradient: Float64Array;
  /** The gradient at the shortest step of a search. */
  readonly nearGradient: Float64Array;
}

const works = new WeakMap<PairedState, LbfgsWork>();

/**
 * Finds a state's work arrays. Pairs that came from elsewhere, such as a file, are copied into a
 * new memory, whose lists become the state's.
 */
export function workOf(state: PairedState, memory: number): LbfgsWork {
  const known = works.get(state);
  if (
    known?.pairs.steps === state.steps && known.pairs.differences === state.differences
  ) return known;
  const n = state.parameters.length;
  const pairs = createPairMemory(n, memory);
  state.steps.forEach((step, i) => pairs.add(step, state.differences[i]));
  state.steps = pairs.steps;
  state.differences = pairs.differences;
  const work: LbfgsWork = {
    pairs,
    direction: new Float64Array(n),
    found: new Float64Array(n),
    foundGradient: new Float64Array(n),
    trial: new Float64Array(n),
    trialGradient: new Float64Array(n),
    nearGradient: new Float64Array(n),
  };
  works.set(state, work);
  return work;
}
