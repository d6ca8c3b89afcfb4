/**
 * Arrays that L-BFGS works with beside its state: nothing is allocated from step to step.
 *
 * @module
 */

import { createPairMemory, type PairMemory } from "../../engine/inner.ts";
import type { OptimizerState } from "./optimizer.ts";
import { type SearchWork, searchWork } from "./search_along.ts";

/** A state with stored pairs. */
interface PairedState extends OptimizerState {
  steps: Float64Array[];
  differences: Float64Array[];
}

/** Work arrays of one state; what they hold between steps means nothing. */
export interface LbfgsWork extends SearchWork {
  /** The state's pairs, where the recursion's loops find them; the lists are the state's own. */
  readonly pairs: PairMemory;
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
  const work: LbfgsWork = { pairs, ...searchWork(n) };
  works.set(state, work);
  return work;
}
