/**
 * The first guess that a search for grids begins with, by the kind of the problem.
 *
 * @module
 */

import type { NetworkOptions } from "../../model/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { resolvePde } from "../equations/resolve.ts";
import { alternatingGuess, takesProducts } from "./alternating_guess.ts";
import { continuedGuess, continues } from "./continued_guess.ts";
import { march, marches } from "./march.ts";
import type { PdeRun } from "./piece_runs.ts";
import { smoothGuess } from "./smoothness.ts";
import { takesSheets } from "./sheet_collocation.ts";
import { takesTensors, tensorGuess } from "./tensor_guess.ts";
import { findEvolution } from "./window_problem.ts";

/** What a first guess is made with. */
export interface FirstGuessOptions {
  readonly network: NetworkOptions;
  readonly tolerance: number;
  readonly seed: number;
  /** Whether neither caller nor problem choose network, points or optimizer. */
  readonly isFree: boolean;
  /** Whether the caller has a network to begin with. */
  readonly hasStart: boolean;
  /** Begins a run without any guess. */
  begin(): PdeRun;
  /** Most parameters of the guess. */
  readonly mostParameters: number;
  readonly signal?: AbortSignal;
}

/** Whether a network is one spline per unknown, of one coordinate. */
export function isPlainNetwork({ widths, normalisation }: NetworkOptions): boolean {
  return widths.length === 2 && normalisation === "none";
}

/** A run that begins near the solution; undefined where the problem's kind has no such guess. */
export async function firstGuess(
  problem: PdeProblem,
  options: FirstGuessOptions,
): Promise<PdeRun | undefined> {
  const resolved = resolvePde(problem);
  const isPlain = isPlainNetwork(options.network) && !options.hasStart;
  if (problem.smooth) return await smoothGuess(problem, resolved, { ...options, isPlain });
  if (isPlain) {
    if (marches(problem, resolved)) return await march(problem, options);
    if (continues(resolved)) return await continuedGuess(problem, resolved, options);
  }
  if (!options.isFree) return undefined;
  if (takesTensors(problem, resolved)) {
    const hasOther = takesSheets(resolved) && !findEvolution(problem, resolved);
    return await tensorGuess(problem, resolved, { ...options, hasOther });
  }
  if (takesProducts(problem, resolved)) return await alternatingGuess(problem, resolved, options);
  return undefined;
}
